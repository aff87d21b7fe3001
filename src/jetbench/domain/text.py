"""Names, errors and log lines are data: what of them may reach a terminal."""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 500
_MORE = "\N{HORIZONTAL ELLIPSIS}"

# Escape sequences as a whole (CSI, OSC and the like, single characters), so that no "[31m" is left.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
_SPACE = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_PLAIN = re.compile(r"[ -~]*")
# Control, format (bidirectional overrides, zero width), surrogate, private use, unassigned.
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))


def printable(text: object, limit: int = MAX_TEXT) -> str:
    """One line without control characters, at most ``limit`` characters long."""
    raw = _clean(text, 8 * limit)
    return raw if len(raw) <= limit else raw[: limit - 1] + _MORE


def shortened(name: object, limit: int) -> str:
    """Like ``printable``, but cut in the middle: the end of a path, a layer or a long name says most."""
    raw = _clean(name, 8 * MAX_TEXT)
    head = limit // 4
    return raw if len(raw) <= limit else raw[:head] + _MORE + raw[len(raw) + 1 + head - limit :]


def _clean(text: object, most: int) -> str:
    raw = (text if isinstance(text, str) else str(text))[:most]
    if not _PLAIN.fullmatch(raw):
        raw = _SPACE.sub(" ", _SEQUENCE.sub("", raw))
        raw = "".join(c for c in raw if unicodedata.category(c) not in _DROPPED)
    return raw
