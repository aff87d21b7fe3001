"""The part of the app that is its looks: themes and their files, signs, the user's keys, no colour at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from jetbench.tui import theme as themes
from jetbench.tui.bindings import KEYS, Key
from jetbench.tui.config import Config
from jetbench.tui.glyphs import ASCII, Glyphs, choose
from jetbench.tui.palette import Palette
from jetbench.tui.theme import Themes

MOST_TOLD = 6  # problems of the config and of themes, a toast each
WATCH_S = 1.0


@runtime_checkable
class Dressed(Protocol):
    """A screen with texts of its own in our colours, beside canvases."""

    def dress(self, palette: Palette, glyphs: Glyphs) -> None:
        """Anew, in these."""


class WithoutColour(LineFilter):
    """Leaves bold, reverse and the like. Textual's own filter for NO_COLOR makes greys of colours."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, style.without_color if style else style, control) for text, style, control in segments]


class LooksApp(App[None]):
    glyphs: Glyphs
    palette: Palette
    keys: tuple[Key, ...] = KEYS
    _themes: Themes

    def dress(self, theme: str | None, glyphs: str, config: Config) -> None:
        """Before anything is drawn. Without a name the theme is the terminal's own colours where it has but 16."""
        self.glyphs = choose(glyphs)
        self.set_class(self.glyphs is ASCII, "-ascii")
        self.no_color = bool(os.environ.get("NO_COLOR"))  # an empty one means nothing
        self._plain = (WithoutColour(),)
        self._themes = themes.load_all()
        self._watch = themes.Watch(themes.user_folder())
        problems = [*config.problems]
        for known in self._themes.found.values():
            self.register_theme(known)
        if theme is not None and theme not in self.available_themes:
            self._themes.problems.append(f"no theme is called {theme!r}; {themes.DEFAULT} is used")
        standard = themes.standard(os.environ)
        self.theme = theme if theme in self.available_themes else standard if theme is None else themes.DEFAULT
        self.palette = Palette(self.current_theme, not self.no_color)
        if config.keys:
            from jetbench.tui.keymap import resolve

            keymap = resolve(config.keys)
            self.keys = keymap.keys
            problems += keymap.problems
            self.set_keymap(dict(keymap.changed))
        self._problems = [*problems, *(f"theme {problem}" for problem in self._themes.problems)]

    def say(self, text: str, severity: str = "information") -> None:
        raise NotImplementedError

    def redraw(self) -> None:
        """Everything anew: other colours or signs."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        for problem in self._problems[:MOST_TOLD]:
            self.say(problem, "warning")
        if len(self._problems) > MOST_TOLD:
            self.say(f"and {len(self._problems) - MOST_TOLD} more like these", "warning")
        self.set_interval(WATCH_S, self._look_for_themes)

    def refresh_css(self, animate: bool = True) -> None:
        """Textual asks for it for the first theme, too: while no screen is there, the sheet would be read twice."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        return self._plain if self.no_color else super().get_line_filters()

    # -- themes

    @property
    def own_themes(self) -> list[str]:
        return sorted(self._themes.found)

    def action_theme(self) -> None:
        own = self.own_themes
        here = own.index(self.theme) if self.theme in own else -1
        self.wear(own[(here + 1) % len(own)])

    def wear(self, name: str) -> None:
        self.theme = name
        self.say(f"theme {name}" + (": NO_COLOR is set, none of its colours show" if self.no_color else ""))

    def _theme_changed(self, theme: Theme) -> None:
        if theme is self.palette.theme:
            return  # Textual tells of the first one, too, when all is drawn with it
        self.palette = Palette(theme, not self.no_color)
        self.redraw()

    def _look_for_themes(self) -> None:
        """While a person edits one: the good ones are put on, of a broken one the last good state stays."""
        for file in self._watch.changed():
            try:
                theme = themes.read(file)
            except themes.ThemeError as error:
                self.say(f"theme {file.name}: {error}", "warning")
                continue
            self._themes.found[theme.name] = theme
            self.register_theme(theme)
            if theme.name == self.theme:
                self.mutate_reactive(LooksApp.theme)
            else:
                self.say(f"theme {theme.name} was read; t goes to it")

    # -- signs

    def use_glyphs(self, name: str) -> None:
        self.glyphs = choose(name)
        self.set_class(self.glyphs is ASCII, "-ascii")
        self.redraw()
