"""A form for the settings that have no key of their own. A bad value says why beside its field, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from jetbench.domain.plan import Plan, PlanError
from jetbench.domain.text import printable
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.palette import Palette
from jetbench.tui.settings import SETTINGS, Setting
from jetbench.tui.widgets.line_input import LineInput
from jetbench.tui.widgets.scrolled import Scrolled

Changes = dict[str, object]
FOOT = "[@click=screen.take]enter takes all[/]  [@click=screen.dismiss]esc leaves all[/]  tab and arrows move"


class PlanFormScreen(ModalScreen[Changes]):
    """Dismissed with attributes of the plan that ``check`` let pass, all together, or with None."""

    CSS_PATH = "plan_form.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("down,tab", "move(1)", show=False, priority=True),
        Binding("up,shift+tab", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, plan: Plan, check: Callable[[Changes], object], palette: Palette) -> None:
        super().__init__()
        self.plan = plan
        self.check = check
        self.palette = palette

    def compose(self) -> ComposeResult:
        with Scrolled(classes="form", can_focus=False) as form:
            form.border_title, form.border_subtitle = "Settings", FOOT
            for setting in SETTINGS:
                with Horizontal(classes="setting"):
                    yield Static(setting.label, classes="label", markup=False)
                    yield LineInput(setting.text(self.plan), max_length=setting.length, id=f"set-{setting.name}")
                    yield Static(self._beside(setting), classes="beside", id=f"say-{setting.name}", markup=False)

    def dress(self, palette: Palette, glyphs: Glyphs) -> None:
        self.palette = palette
        for setting in SETTINGS:
            self._say(setting)

    def on_mount(self) -> None:
        self.set_focus(self._field(SETTINGS[0]))

    def _field(self, setting: Setting) -> LineInput:
        return self.query_one(f"#set-{setting.name}", LineInput)

    def _beside(self, setting: Setting, text: str | None = None) -> Text:
        """What may be written, or what is wrong with what is."""
        wrong = None if text is None else self.wrong(setting, text)
        if wrong is None:
            return Text(setting.hint, self.palette.style("muted"))
        return Text(f"! {wrong}", self.palette.style("bad"))

    def wrong(self, setting: Setting, text: str) -> str | None:
        try:
            self.check(self._needed(setting) | setting.read(text))
        except PlanError as error:
            return printable(str(error), 90)
        return None

    def _needed(self, setting: Setting) -> Changes:
        """What the field that this one hangs on says now."""
        needed = next((each for each in SETTINGS if each.name == setting.needs), None)
        return {} if needed is None else needed.read(self._field(needed).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        for setting in SETTINGS:
            if event.input.id in (f"set-{setting.name}", f"set-{setting.needs}"):
                self._say(setting)

    def _say(self, setting: Setting) -> None:
        self.query_one(f"#say-{setting.name}", Static).update(self._beside(setting, self._field(setting).value))

    def on_input_submitted(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        """All that was written, or the cursor in the first field that is wrong."""
        changes: Changes = {}
        for setting in SETTINGS:
            text = self._field(setting).value
            if self.wrong(setting, text) is not None:
                self.set_focus(self._field(setting))
                return
            changes |= setting.read(text)
        self.dismiss(changes)

    def action_move(self, by: int) -> None:
        here = next((i for i, each in enumerate(SETTINGS) if self._field(each) is self.focused), 0)
        self.set_focus(self._field(SETTINGS[(here + by) % len(SETTINGS)]))  # at once: letters may follow the key
