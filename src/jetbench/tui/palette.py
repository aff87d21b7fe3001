"""From a theme to the styles that drawing asks for by role."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

BOLD = frozenset({"strong", "title", "key", "live"})
# Where there is no colour, what else tells roles and grounds apart.
PLAIN = {"focus": "bold", "bad": "bold", "warn": "bold", "faint": "dim"}
PLAIN_GROUNDS = {"cursor": "reverse", "bar": "reverse", "throttled": "underline"}


def rich_colour(text: str) -> str:
    """A colour as Rich names it: hexadecimal, or one of the terminal's own sixteen."""
    if text.startswith("ansi_"):
        return text[5:]
    return Color.parse(text).hex6.lower()


def _mix(first: str, second: str, share: float) -> str:
    if first.startswith("ansi_") or second.startswith("ansi_"):
        return "ansi_bright_black"
    return Color.parse(first).blend(Color.parse(second), share).hex6


class Palette:
    """Every style has a foreground and a background: NO_COLOR's filter needs both."""

    def __init__(self, theme: Theme, colour: bool = True) -> None:
        self.theme = theme
        self.colour = colour
        named = _named(theme)
        roles, grounds = _roles(theme, named), _grounds(theme, named)
        self.roles = {role: rich_colour(colour) for role, colour in roles.items()}
        self.grounds = {ground: rich_colour(colour) for ground, colour in grounds.items()}
        self._styles: dict[tuple[str, str], Style] = {}

    def style(self, role: str, ground: str = "ground") -> Style:
        """``role@ground`` has a ground of its own within a line."""
        found = self._styles.get((role, ground))
        if found is None and "@" in role:
            found = self._styles[(role, ground)] = self.style(*role.split("@", 1))
        if found is None:
            colour = self.roles.get(role) or self.roles["text"]
            found = Style(color=colour, bgcolor=self.grounds[ground], bold=True if role in BOLD else None)
            if not self.colour:
                found += Style.parse(f"{PLAIN.get(role, '')} {PLAIN_GROUNDS.get(ground, '')}".strip() or "none")
            self._styles[(role, ground)] = found
        return found


def _named(theme: Theme) -> Callable[[str], str]:
    """Colours of Textual by name; what the theme leaves out is generated, which takes milliseconds."""
    generated: dict[str, str] = {}

    def named(key: str) -> str:
        value: str | None = getattr(theme, key)
        if not value:
            generated.update(generated or theme.to_color_system().generate())
            value = generated.get(key) or theme.primary
        return value.split()[0]

    return named


def _roles(theme: Theme, named: Callable[[str], str]) -> Mapping[str, str]:
    own = theme.variables
    text, ground = named("foreground"), named("background")
    muted = own.get("jb-muted") or _mix(text, ground, 0.4)
    faint = own.get("jb-faint") or _mix(text, ground, 0.65)
    primary, accent = named("primary"), named("accent")
    good, warn, bad = named("success"), named("warning"), named("error")
    roles = {
        "text": text, "strong": text, "muted": muted, "faint": faint,
        "title": text, "frame": own.get("jb-frame") or faint, "focus": accent,
        "key": accent, "accent": accent, "live": good, "good": good, "warn": warn, "bad": bad,
        "running": primary, "bars": primary, "series": primary,
        "p50": good, "p95": warn, "p99": bad, "power": warn, "temperature": accent, "limit": bad,
    }  # fmt: skip
    roles.update({name[9:]: colour for name, colour in own.items() if name.startswith("jb-chart-")})
    return roles


def _grounds(theme: Theme, named: Callable[[str], str]) -> Mapping[str, str]:
    ground = named("background")
    return {
        "ground": ground,
        "cursor": theme.variables.get("jb-cursor") or named("panel"),
        "bar": theme.variables.get("jb-bar") or named("surface"),
        "throttled": ground if ground.startswith("ansi_") else _mix(ground, (theme.warning or "#d7af5f"), 0.22),
    }
