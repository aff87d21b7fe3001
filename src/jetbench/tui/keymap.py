"""The user's keys: which of them can be had, and the table of bindings with them in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key

from jetbench.tui.bindings import FURTHER, KEYS, PREVIOUS_PANE, Key

# What sits between keyboard and app and keeps the key for itself, or sends the same byte for another one.
TAKEN = {
    "ctrl+b": "tmux takes it", "ctrl+a": "screen takes it",
    "ctrl+s": "flow control takes it", "ctrl+q": "flow control takes it",
    "ctrl+z": "it suspends programs", "ctrl+backslash": "it kills programs", "ctrl+c": "it interrupts programs",
    "ctrl+h": "it is Backspace", "ctrl+i": "it is Tab", "ctrl+j": "it is Enter", "ctrl+m": "it is Enter",
    "ctrl+left_square_bracket": "it is Esc", "f10": "terminals open their menu with it",
    "f11": "terminals go full screen with it",
}  # fmt: skip
# Lists and fields answer these before the screen does.
IN_LISTS = ("up", "down", "pageup", "pagedown", "home", "end", "escape", "ctrl+u", "backspace", "delete")
MODIFIERS = ("ctrl", "shift", "alt")
NAMED = frozenset(key.value for key in Keys if "<" not in key.value)


class Keymap(msgspec.Struct, frozen=True):
    """``changed`` is what Textual is given; ``keys`` the table with it; ``problems`` a line for what was refused."""

    keys: tuple[Key, ...] = KEYS
    changed: Mapping[str, str] = msgspec.field(default_factory=dict)
    problems: tuple[str, ...] = ()


def defaults() -> dict[str, tuple[str, ...]]:
    """Every binding that has an id, with its keys."""
    found = {key.id: tuple(key.keys.split(",")) for key in KEYS}
    found |= {name: (keys,) for keys, _, name in (*FURTHER, PREVIOUS_PANE)}
    return found


def resolve(wanted: Mapping[str, str]) -> Keymap:
    """What of the user's keys can be had. Of two that clash the later one is refused."""
    standard, problems = defaults(), []
    mine: dict[str, tuple[str, ...]] = {}
    for action, text in wanted.items():
        wrong = _wrong(action, text, standard)
        if wrong is None:
            mine[action] = named(text)
        else:
            problems.append(f"keys: {wrong}")
    while (clash := _clash(standard | mine, mine)) is not None:
        action, key, other = clash
        del mine[action]
        problems.append(f"keys: {action[:40]} cannot be {shown(key)}: that is {other}")
    keys = tuple(_with(key, mine[key.id]) if key.id in mine else key for key in KEYS)
    return Keymap(keys, {action: ",".join(names) for action, names in mine.items()}, tuple(problems))


def named(text: str) -> tuple[str, ...]:
    """``"s, ?"`` as Textual names keys: s, question_mark. A comma alone is the key."""
    parts = [text.strip()] if text.strip() == "," else text.split(",")
    return tuple(dict.fromkeys(_name(part.strip()) for part in parts))


def shown(key: str) -> str:
    """As a person names it."""
    *modifiers, last = key.split("+")
    plain = {"pageup": "pgup", "pagedown": "pgdn", "escape": "esc", "left": "left", "right": "right"}
    plain |= {"up": "up", "down": "down", "enter": "enter", "backspace": "backspace"}
    return "+".join([*modifiers, plain.get(last) or format_key(last)])


def _name(key: str) -> str:
    if len(key) == 1 and not key.isalnum():
        name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
        return KEY_NAME_REPLACEMENTS.get(name, name)
    return key if len(key) == 1 else key.lower()


def _wrong(action: str, text: str, standard: Mapping[str, object]) -> str | None:
    if action not in standard:
        return f"no action is called {action[:40]!r}"
    for key in named(text):
        if not _exists(key):
            return f"{action}: no key is called {key[:40]!r}"
        if key in TAKEN:
            return f"{action} cannot be {shown(key)}: {TAKEN[key]}"
        if key in IN_LISTS:
            return f"{action} cannot be {shown(key)}: lists and fields use it"
    return None


def _exists(key: str) -> bool:
    *modifiers, last = key.split("+")
    if not last or any(each not in MODIFIERS for each in modifiers):
        return False
    if len(last) == 1:
        return last.isprintable() and last != " "
    return key in NAMED or last in NAMED or last == "space" or len(format_key(last)) == 1


def _clash(all_keys: Mapping[str, Iterable[str]], mine: Mapping[str, object]) -> tuple[str, str, str] | None:
    """The last of the user's actions with a key that another has as well: action, key, the other one."""
    owners: dict[str, list[str]] = {}
    for action, keys in all_keys.items():
        for key in keys:
            owners.setdefault(key, []).append(action)
    order = list(mine)
    shared = [(key, names) for key, names in owners.items() if len(names) > 1 and any(name in mine for name in names)]
    if not shared:
        return None
    key, names = max(shared, key=lambda each: max(order.index(name) for name in each[1] if name in mine))
    action = max((name for name in names if name in mine), key=order.index)
    return action, key, next(name for name in names if name != action)


def _with(key: Key, names: Sequence[str]) -> Key:
    return msgspec.structs.replace(key, keys=",".join(names), shown=shown(names[0]))
