"""Words and numbers for people: cleaned, cut to a width, with the digits that matter."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def clip(text: str, width: int, more: str = "…") -> str:
    """At most ``width`` cells; where something is cut, a sign says so."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + more if width > 0 else ""


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` cells, broken between words where there are any."""
    lines, line = [], ""
    for word in text.split(" "):
        trial = f"{line} {word}" if line else word
        if cell_len(trial) <= width:
            line = trial
            continue
        if line:
            lines.append(line)
        while cell_len(word) > width > 0:
            head = set_cell_size(word, width).rstrip() or word[:1]
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line or not lines else lines


def significant(value: float, digits: int = 3) -> str:
    """``digits`` significant ones, never an exponent: 0.812, 7.98, 41.2, 412, 1234."""
    size = abs(value)
    places = digits - 1
    while size >= 10 and places > 0:
        size /= 10
        places -= 1
    return f"{value:.{places}f}"


def ms(seconds: float) -> str:
    return significant(seconds * 1e3)


def si(value: float) -> str:
    """1.81 G, 11.7 M, 312 k."""
    for unit, scale in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= scale:
            return f"{significant(value / scale)} {unit}"
    return significant(value)


def size(count: float) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count:.0f} B"


def mib(value: float) -> str:
    return f"{value / 1024:.1f} GiB" if value >= 1024 else f"{value:.0f} MiB"


def clock(seconds: float) -> str:
    """0:12, 3:46, 1:02:03."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
