"""Every key once: the key bar, the help screen and the table in the README are made from this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

When = Literal["always", "idle", "busy"]


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    keys: str  # as Textual names them, comma separated
    shown: str  # as a person names them
    label: str  # in the key bar
    help: str  # one sentence
    group: str
    bar: int = 0  # place by importance in the key bar; 0: not there
    when: When = "always"


KEYS: tuple[Key, ...] = (
    Key("start", "s", "s", "start", "Measure the picked models.", "Run", 1, "idle"),
    Key(
        "stop", "x", "x", "stop", "Stop after the pass being timed; once more ends the case at once.", "Run", 2, "busy"
    ),
    Key("export", "e", "e", "export", "Write cases, samples and telemetry as CSV.", "Run", 5),
    Key("pick", "space,enter", "space", "pick", "Pick or drop the model under the cursor.", "Plan", 3, "idle"),
    Key("filter", "slash", "/", "filter", "Narrow the list of models while you type; esc clears.", "Plan", 4),
    Key("batch", "b", "b", "batch", "Set the batches to measure, such as 1,2,4.", "Plan", 9, "idle"),
    Key("input", "i", "i", "input", "Set the input sizes, such as 224 or 240x320, or 'own'.", "Plan", 10, "idle"),
    Key("passes", "k", "k", "passes", "Set passes a case, or the precision to reach, such as 1%.", "Plan", 11, "idle"),
    Key(
        "energy",
        "j",
        "j",
        "joules",
        "Measure joules too: a block of passes with idle before and after.",
        "Plan",
        12,
        "idle",
    ),
    Key("pane-1", "1", "1", "models", "Go to the models.", "View"),
    Key("pane-2", "2", "2", "log", "Go to the log.", "View"),
    Key("pane-3", "3", "3", "latency", "Go to latency.", "View"),
    Key("pane-4", "4", "4", "power", "Go to power and temperature.", "View"),
    Key("next-pane", "tab", "tab", "next pane", "Go to the next pane; shift+tab goes back.", "View"),
    Key("zoom", "z", "z", "zoom", "Give the pane all the room, and back.", "View", 6),
    Key("follow", "f", "f", "follow", "Keep the newest line of the log in view, or hold still.", "View"),
    Key("theme", "t", "t", "theme", "Next theme.", "View", 8),
    Key("help", "question_mark", "?", "help", "This page.", "App", 7),
    Key("quit", "q", "q", "quit", "Leave; asks first while a run goes on.", "App", 1),
)

# Keys that a focused list answers by itself; shown in the help, bound in the widgets.
MOVING = (("up down", "Move by a line."), ("pgup pgdn", "Move by a page."), ("home end", "First and last line."))

# Actions of the bench screen; all others are the app's.
SCREEN_ACTIONS = {
    "pane-1": "pane('models')",
    "pane-2": "pane('log')",
    "pane-3": "pane('latency')",
    "pane-4": "pane('power')",
    "next-pane": "next_pane",
    "filter": "filter",
    "zoom": "zoom",
    "follow": "follow",
}
EDITED = ("batch", "input", "passes")


def action(key: Key) -> str:
    """What a key runs, as Textual names it."""
    if key.id in EDITED:
        return f"app.edit('{key.id}')"
    return SCREEN_ACTIONS.get(key.id) or f"app.{key.id}"


def groups() -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for key in KEYS:
        found.setdefault(key.group, []).append(key)
    return found


def markdown() -> str:
    """The table in the README."""
    rows = ["| key | what it does |", "|---|---|"]
    rows += [f"| `{key.shown}` | {key.help} |" for key in KEYS]
    rows += [f"| `{shown}` | {text} |" for shown, text in MOVING]
    return "\n".join(rows) + "\n"
