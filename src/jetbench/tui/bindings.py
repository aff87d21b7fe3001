"""Every key once: the key bar, the help screen and the table in the README are made from this."""

from __future__ import annotations

from typing import Literal

import msgspec

When = Literal["always", "idle", "busy"]
Mode = Literal["live", "frozen", "replay"]


class Key(msgspec.Struct, frozen=True):
    id: str
    keys: str  # as Textual names them, comma separated
    shown: str  # as a person names them
    label: str  # in the key bar
    help: str  # one sentence
    group: str
    bar: int = 0  # place by importance in the key bar; 0: not there
    when: When = "always"
    frozen: int = 0  # the same while the view is frozen
    replay: int = 0  # and in a recording
    replay_label: str = ""  # there, where it is another word
    frozen_label: str = ""

    def place(self, mode: Mode) -> int:
        return {"live": self.bar, "frozen": self.frozen, "replay": self.replay}[mode]

    def word(self, mode: Mode) -> str:
        return {"live": "", "frozen": self.frozen_label, "replay": self.replay_label}[mode] or self.label


KEYS: tuple[Key, ...] = (
    Key("start", "s", "s", "start", "Measure the picked models.", "Run", 1, "idle"),
    Key(
        "stop",
        "x",
        "x",
        "stop",
        "Stop after the pass being timed; once more ends the case at once.",
        "Run",
        2,
        "busy",
        9,
    ),
    Key(
        "explain",
        "E",
        "E",
        "explain",
        "Why the case under the cursor is as fast as it is: profile it, and test that by A/B trials.",
        "Run",
        10,
        "idle",
    ),
    Key("export", "e", "e", "export", "Write cases, samples and telemetry as CSV.", "Run", 5, replay=7),
    Key(
        "pick",
        "space,enter",
        "space",
        "pick",
        "Pick or drop the model under the cursor; in a recording play or pause.",
        "Plan",
        3,
        "idle",
        replay=2,
        replay_label="play",
    ),
    Key(
        "filter",
        "slash",
        "/",
        "filter",
        "Narrow the list of models, or name one: timm:NAME, net.pt, net.py:build; esc clears.",
        "Plan",
        4,
    ),
    Key("batch", "b", "b", "batch", "Set the batches to measure, such as 1,2,4.", "Plan", 9, "idle"),
    Key("input", "i", "i", "input", "Set the input sizes, such as 224 or 240x320, or 'own'.", "Plan", 10, "idle"),
    Key("passes", "k", "k", "passes", "Set passes a case, or the precision to reach, such as 1%.", "Plan", 11, "idle"),
    Key(
        "settings",
        "v",
        "v",
        "settings",
        "Format, device, threads, warm-up, rounds, labelled images.",
        "Plan",
        16,
        "idle",
    ),
    Key("sheet", "u", "u", "check-up", "State of the board, what mends it, and what will be run.", "Plan"),
    Key("write", "W", "W", "write plan", "Write the plan as a file beside the recordings.", "Plan"),
    Key("expect", "y", "y", "expect", "Write what you expect; it is scored when the run is over.", "Plan", 0, "idle"),
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
    Key(
        "freeze",
        "p",
        "p",
        "freeze",
        "Freeze the view while the run goes on; once more follows it.",
        "Time",
        6,
        frozen=2,
        frozen_label="follow",
    ),
    Key("step-back", "comma", ",", "back", "Back to the pass or reading before.", "Time", frozen=5, replay=9),
    Key("step-on", "full_stop", ".", "on", "On to the next pass or reading.", "Time", frozen=4, replay=8),
    Key("second-back", "left", "left", "-1 s", "One second back; shift+left ten.", "Time", frozen=6, replay=11),
    Key("second-on", "right", "right", "+1 s", "One second on; shift+right ten.", "Time", frozen=7, replay=12),
    Key(
        "next-event",
        "n",
        "n",
        "next event",
        "Next event: begin or end of a case, throttling, a mark, a fault.",
        "Time",
        frozen=3,
        replay=3,
    ),
    Key("previous-event", "N", "N", "event before", "Event before.", "Time", frozen=8, replay=10),
    Key("seek", "g", "g", "go to", "Go to a time: 90, 1:30, -10s, 50%.", "Time", frozen=9, replay=5),
    Key(
        "slower", "left_square_bracket", "[", "slower", "A recording plays half as fast, down to 1/4.", "Time", replay=6
    ),
    Key("faster", "right_square_bracket", "]", "faster", "Twice as fast, up to 64.", "Time", replay=4),
    Key("mark", "m", "m", "mark", "Mark this moment, with a note if you like.", "Time", 13, "busy", frozen=10),
    Key("recordings", "o", "o", "recordings", "What was recorded: replay one, compare two.", "App", 8, replay=13),
    Key("results", "r", "r", "results", "Cases that are over: table, plots, one in full.", "View", 6, "always", 11, 6),
    Key("pane-1", "1", "1", "models", "Go to the models.", "View"),
    Key("pane-2", "2", "2", "log", "Go to the log.", "View"),
    Key("pane-3", "3", "3", "latency", "Go to latency.", "View"),
    Key("pane-4", "4", "4", "power", "Go to power and temperature.", "View"),
    Key("next-pane", "tab", "tab", "next pane", "Go to the next pane; shift+tab goes back.", "View"),
    Key("zoom", "z", "z", "zoom", "Give the pane all the room, and back.", "View", 7),
    Key("follow", "f", "f", "follow", "Keep the newest line of the log in view, or hold still.", "View"),
    Key("window", "w", "w", "window", "Show 60 s, 5 min, 10 min or all, in every chart.", "View"),
    Key("histogram", "h", "h", "histogram", "Draw passes linear, logarithmic, or as ECDF.", "View"),
    Key("whole", "H", "H", "whole case", "Draw all clean passes of a case, or the newest ones.", "View"),
    Key("theme", "t", "t", "theme", "Next theme.", "View", 14),
    Key(
        "copy",
        "c,C",
        "c",
        "copy",
        "Copy what this pane shows to the clipboard, over SSH too, and to a file beside the recordings.",
        "App",
        15,
        frozen=12,
        replay=15,
    ),
    Key(
        "commands",
        "colon,ctrl+p",
        ":",
        "commands",
        "Every action, model and theme by its words.",
        "App",
        4,
        frozen=2,
        replay=2,
    ),
    Key("suspend", "ctrl+z", "ctrl+z", "suspend", "Back to the shell; a run goes on, and fg comes back.", "App"),
    Key("repaint", "ctrl+l", "ctrl+l", "repaint", "Draw it anew, should something else have written there.", "App"),
    Key(
        "help",
        "question_mark",
        "?",
        "help",
        "The pane that has the focus, then every key.",
        "App",
        1,
        frozen=1,
        replay=1,
    ),
    Key(
        "quit",
        "q",
        "q",
        "quit",
        "Leave, or go back from a recording; asks first while a run goes on.",
        "App",
        1,
        frozen=1,
        replay=1,
    ),
)

# Keys that a focused list answers by itself; shown in the help, bound in the widgets.
MOVING = (("up down", "Move by a line."), ("pgup pgdn", "Move by a page."), ("home end", "First and last line."))

# Keys of the results screen alone, bound there.
IN_RESULTS = (
    ("1 2 3", "The table, lines along batch or input size, points of two measures."),
    ("< >", "Sort by the column before or after; a click on its title does too, d turns the direction."),
    ("left right", "Other columns; in a case that is shown in full the case beside it."),
    ("enter", "The case under the cursor in full; esc goes back."),
    ("y x", "Next measure for the upright and for the lower axis of a plot."),
    ("b", "Lines along batch or along input size."),
    ("a", "In a recording or a frozen view: all cases, or those that were over at its moment."),
)

# Keys of the fleet's screen: these of the table above, and its own, bound there.
IN_FLEET_TOO = frozenset(
    ("start", "stop", "export", "pick", "batch", "input", "passes", "settings", "energy", "next-event",
     "previous-event", "seek", "slower", "faster", "theme", "copy", "commands", "suspend", "repaint", "help", "quit")
)  # fmt: skip
IN_FLEET = (
    ("left right", "The board before or after; home and end the first and the last."),
    ("up down", "The case before or after."),
    ("enter", "The board under the cursor as if it were alone; esc comes back."),
    ("1 2 3", "All cases, bars of one case on all boards, latency against energy."),
    ("y", "Next figure: latency, energy, throughput, p99, power, memory."),
    (", .", "In a recording one second back or on; shift+left and shift+right ten."),
)

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
    "window": "window",
    "histogram": "histogram",
    "whole": "whole",
}
EDITED = ("batch", "input", "passes", "expect")
TIME_ACTIONS = {
    "step-back": "app.step(-1)",
    "step-on": "app.step(1)",
    "second-back": "app.move(-1)",
    "second-on": "app.move(1)",
    "next-event": "app.jump(1)",
    "previous-event": "app.jump(-1)",
    "slower": "app.faster(-1)",
    "faster": "app.faster(1)",
}
# Told in the sentences of other keys.
FURTHER = (("shift+left", "app.move(-10)", "ten-back"), ("shift+right", "app.move(10)", "ten-on"))
PREVIOUS_PANE = ("shift+tab", "next_pane(-1)", "previous-pane")


def action(key: Key) -> str:
    """What a key runs, as Textual names it."""
    if key.id in EDITED:
        return f"app.edit('{key.id}')"
    return SCREEN_ACTIONS.get(key.id) or TIME_ACTIONS.get(key.id) or f"app.{key.id}"


def groups(keys: tuple[Key, ...] = KEYS) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for key in keys:
        found.setdefault(key.group, []).append(key)
    return found


def markdown() -> str:
    """The table in the README."""
    rows = ["| key | what it does |", "|---|---|"]
    rows += [f"| `{key.shown}` | {key.help} |" for key in KEYS]
    rows += [f"| `{shown}` | {text} |" for shown, text in MOVING]
    rows += [f"| `{shown}` | In the results: {text[0].lower()}{text[1:]} |" for shown, text in IN_RESULTS]
    rows += [f"| `{shown}` | In a fleet: {text[0].lower()}{text[1:]} |" for shown, text in IN_FLEET]
    return "\n".join(rows) + "\n"


def stepping(action: str = "move", down: int = 1) -> tuple[tuple[str, str], ...]:
    """(key, action) of every list that is moved through by lines. ``down``: what the action takes for one line down."""
    steps = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10, "home": -100_000, "end": 100_000}
    return tuple((key, f"{action}({step * down})") for key, step in steps.items())
