"""Words and numbers for people: cleaned, cut to a width, with the digits that matter."""

from __future__ import annotations

import math

from rich.cells import cell_len, set_cell_size


def clip(text: str, width: int, more: str = "…") -> str:
    """At most ``width`` cells; where something is cut, a sign says so."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + more if width > 0 else ""


# A name cut to less than this keeps its end alone: two letters of a beginning tell nothing.
_HEAD_FROM = 16


def shortened(text: str, width: int, more: str = "…") -> str:
    """Like ``clip``, but cut in the middle: the end of a path or a long name says most."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    head = set_cell_size(text, width // 4).rstrip() if width >= _HEAD_FROM else ""
    left = width - cell_len(head) - 1
    tail = text[max(0, len(text) - left) :] if left else ""
    while cell_len(tail) > left:
        tail = tail[1:]
    return head + more + tail


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


def with_error(value: float, error: float | None, sign: str = "±") -> str:
    """``0.84 ± 0.05``: the error with one digit, with two where the first is a 1, and the value as far as that."""
    if error is None or not error > 0:
        return significant(value)
    exponent = math.floor(math.log10(error))
    lead = error / 10.0**exponent
    places = max(0, -exponent + (1 if lead < 1.95 else 0) - (1 if lead >= 9.5 else 0))
    return f"{value:.{places}f} {sign} {error:.{places}f}"


def joules(value: float, error: float | None, sign: str = "±") -> str:
    """0.84 ± 0.05 J, 41 ± 3 mJ."""
    unit, scale = ("J", 1.0) if abs(value) >= 0.1 else ("mJ", 1e-3) if abs(value) >= 1e-4 else ("uJ", 1e-6)
    return f"{with_error(value / scale, None if error is None else error / scale, sign)} {unit}"


def seconds(value: float) -> str:
    """149 s, 2.81 s, 0.21 s, 21.3 ms."""
    return f"{significant(value)} s" if value >= 0.1 else f"{significant(value * 1e3)} ms"


def percent(share: float) -> str:
    """20 %, 0.4 %; neither 0 % of something nor 100 % of nearly all."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{100 * share:.1f} %" if share < 0.01 else f"{100 * share:.0f} %"


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


def spaced(number: int) -> str:
    """12 400."""
    return f"{number:,}".replace(",", " ")


def plural(count: int, one: str, many: str = "") -> str:
    """1 case, 2 cases."""
    return f"{spaced(count)} {one if count == 1 else many or one + 's'}"


def left(duration: float, cooling: bool = False) -> str:
    """What a run still takes. None takes 0:00: below half a second it is about to end.

    ``cooling``: how long the board takes to cool down nobody knows, so that comes on top.
    """
    if cooling:
        return f"then {clock(duration)} left"
    return f"{clock(duration)} left" if duration > 0.5 else "about to end"


def clock(duration: float) -> str:
    """0:12, 3:46, 1:02:03."""
    whole = max(0, round(duration))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
