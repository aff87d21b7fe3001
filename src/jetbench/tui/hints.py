"""Keys that stand in the frame of a pane, for the mouse: which one is under it, and how Textual names it."""

from __future__ import annotations

import re

NAMED = {"esc": "escape", "<": "less_than_sign", ">": "greater_than_sign", "/": "slash", "?": "question_mark"}
WORDS = ("enter", "space", "left", "right", "up", "down", "home", "end", "tab")
_GROUP = re.compile(r"\S+(?: \S+)*")  # keys and the word for what they do; two spaces before the next
_WORD = re.compile(r"\S+")


def key_at(hint: str, place: int) -> str | None:
    """The key of ``esc back`` wherever one points at it; of ``< > sort`` the nearer one."""
    group = next((found for found in _GROUP.finditer(hint) if found.start() <= place < found.end()), None)
    if group is None:
        return None
    found: str | None = None
    for word in _WORD.finditer(group.group()):
        key = _key(word.group())
        if key is None or (found is not None and group.start() + word.start() > place):
            break
        found = key
    return found


def _key(word: str) -> str | None:
    if word in WORDS or (len(word) == 1 and word.isalnum()):
        return word
    return NAMED.get(word)
