"""How characters look, as terminals are told of it (SGR), and the shortest way from one look to another."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, STRIKE = 1, 2, 3, 4, 5, 7, 9
OFF = {BOLD: "22", DIM: "22", ITALIC: "23", UNDERLINE: "24", BLINK: "25", REVERSE: "27", STRIKE: "29"}
SEEN_ON_BLANKS = frozenset({UNDERLINE, REVERSE, STRIKE})


class Look(NamedTuple):
    attributes: frozenset[int] = frozenset()
    colour: str | None = ""  # as SGR parameters; "" is the terminal's own, None is any: of a blank nobody sees it
    ground: str = ""


PLAIN = Look()


@lru_cache(4096)
def after(look: Look, parameters: str) -> Look | None:
    """The look after an SGR sequence. None where it has something that is not known here."""
    attributes, colour, ground = set(look.attributes), look.colour, look.ground
    left = [int(word or 0) for word in parameters.split(";")][::-1]
    while left:
        code = left.pop()
        if code == 0:
            attributes, colour, ground = set(), "", ""
        elif code in OFF:
            attributes.add(code)
        elif code in (38, 48):
            value = _extended(code, left)
            if value is None:
                return None
            colour, ground = (value, ground) if code == 38 else (colour, value)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            colour = str(code)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            ground = str(code)
        elif code == 39:
            colour = ""
        elif code == 49:
            ground = ""
        else:
            return None
    return Look(frozenset(attributes), colour, ground)


def _extended(code: int, left: list[int]) -> str | None:
    """One of 256 colours, or red, green and blue; taken from the end of ``left``."""
    count = {5: 1, 2: 3}.get(left[-1] if left else 0)
    if count is None or len(left) <= count:
        return None
    return ";".join(str(number) for number in (code, left.pop(), *(left.pop() for _ in range(count))))


@lru_cache(4096)
def blank(look: Look) -> Look:
    """The look of a space: nobody sees what colour it would have."""
    return look if look.attributes & SEEN_ON_BLANKS else Look(frozenset(), None, look.ground)


@lru_cache(4096)
def change(old: Look, new: Look) -> tuple[str, Look]:
    """What turns one look into the other, and the look that it then is."""
    if new.colour is None:
        new = Look(old.attributes - SEEN_ON_BLANKS, old.colour, new.ground)
    if old == new:
        return "", new
    if new == PLAIN:
        return "\x1b[m", new
    gone = old.attributes - new.attributes
    kept = old.attributes - gone
    if gone & {BOLD, DIM}:  # one code ends both
        kept -= {BOLD, DIM}
    words = sorted({OFF[code] for code in gone}) + [str(code) for code in sorted(new.attributes - kept)]
    words += [new.colour or "39"] if old.colour != new.colour else []
    words += [new.ground or "49"] if old.ground != new.ground else []
    return f"\x1b[{';'.join(words)}m", new
