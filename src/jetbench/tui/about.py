"""What is drawn in each pane, and which keys are for it: the first part of the help."""

from __future__ import annotations

from jetbench.tui.bindings import IN_FLEET, IN_RESULTS
from jetbench.tui.glyphs import Glyphs

Line = tuple[str, str, str]  # sign or word, its role, what it means

PANE_KEYS = {
    "models": (
        "pick",
        "filter",
        "start",
        "stop",
        "batch",
        "input",
        "passes",
        "settings",
        "sheet",
        "expect",
        "energy",
        "write",
        "zoom",
        "copy",
    ),
    "log": ("follow", "zoom", "copy"),
    "latency": ("histogram", "window", "zoom", "copy"),
    "power": ("window", "zoom", "copy"),
    "results": ("results", "copy", "export"),
    "sheet": ("start", "sheet", "copy"),
    "fleet": ("start", "stop", "pick", "export", "copy"),
}
NAMES = {
    "models": "Models",
    "log": "Log",
    "latency": "Latency",
    "power": "Power and temperature",
    "results": "Results",
    "sheet": "Before the start",
    "fleet": "Fleet",
}
OWN_KEYS = {"results": IN_RESULTS, "fleet": IN_FLEET}  # bound in the pane's own screen


def drawn(pane: str, glyphs: Glyphs) -> list[Line]:
    """The signs and figures of a pane."""
    made = {"models": _models, "log": _log, "latency": _latency, "power": _power, "results": _results, "sheet": _sheet,
            "fleet": _fleet}  # fmt: skip
    return made[pane](glyphs)


def _models(g: Glyphs) -> list[Line]:
    return [
        (g.picked, "accent", "picked for the next run"),
        ("p50 ms", "strong", "median of the passes after the first; while a case runs, of its newest ones"),
        ("A to D", "text", "how far the figures can be trusted; the case itself says why"),
        (g.done, "good", "measured"),
        (g.running, "running", "running now"),
        (g.queued, "faint", "waiting for its turn"),
        (g.failed, "bad", "failed; the reason stands below it"),
        (g.refused, "bad", "refused: it would not fit into memory"),
        (g.stopped, "warn", "stopped before its passes were over"),
        (g.skipped, "faint", "skipped: the run ended before its turn"),
        (g.warn, "warn", "throttled while it was measured"),
        ("params", "muted", "on the right before a run: parameters, as published"),
    ]


def _log(g: Glyphs) -> list[Line]:
    return [
        ("12:34", "faint", "on the left: minutes and seconds since the session began"),
        (g.warn, "warn", "a warning: throttling, a fault, a sensor that is lost"),
        ("held", "muted", "in the frame: you scrolled up, newer lines wait below"),
    ]


def _latency(g: Glyphs) -> list[Line]:
    return [
        (g.levels[-1], "bars", "passes that took that long: one bar a stretch of milliseconds"),
        ("p50", "p50", "half of the passes took no longer"),
        ("p95", "p95", "95 of 100 took no longer"),
        ("p99", "p99", "99 of 100 took no longer"),
        ("?", "muted", "behind a percentile: too few passes to tell it"),
        (g.plus_minus, "power", "behind joules and watts: their uncertainty, about 95 %"),
        ("ECDF", "muted", "h goes to it: share of the passes that took no longer, from 0 to 1"),
    ]


def _power(g: Glyphs) -> list[Line]:
    return [
        ("W", "power", "what the board takes: which part of it is said in the frame"),
        ("C", "temperature", "the warmest zone; the others stand below"),
        (g.limit, "limit", "a dashed line: the temperature at which the board throttles"),
        (g.warn, "warn", "below the charts: throttled in that column"),
        ("S L", "bad", "below the charts: a soak began to throttle, by the sensors; by its latencies alone"),
        (g.mark, "accent", "a case, a mark or a fault, through all charts"),
        ("N/A", "bad", "no value, with the reason beside it; never 0"),
    ]


def _results(g: Glyphs) -> list[Line]:
    return [
        ("^ v", "accent", "beside a title: sorted by it, rising or falling; N/A stands last either way"),
        ("?", "muted", "behind a percentile: too few passes to tell it"),
        ("N/A", "muted", "no value; the reason stands below the table or the plot, never 0"),
        ("a b c", "series", "in a plot: a letter a line or a model, named below it"),
        ("A B C", "series", "no other case is better in both measures"),
        ("*", "text", "several cases in one place; up and down tell them apart"),
        (f"{g.mark} {g.axis}", "series", "through a letter: the interval of its value, about 95 %"),
        ("log", "faint", "beside an axis: by the logarithm, where values are far apart"),
    ]


def _sheet(g: Glyphs) -> list[Line]:
    return [
        (g.failed, "bad", "bad: figures of a run that begins now are spoilt"),
        (g.warn, "warn", "a warning: they may be"),
        ("mend", "accent", "the command that mends it, for another terminal; the sheet follows within seconds"),
        ("?", "muted", "unknown: the board does not tell it to this user"),
        (g.done, "good", "nothing to be mended"),
        ("time", "text", "from what was measured before, and what it cannot exceed; never a guess"),
    ]


def _fleet(g: Glyphs) -> list[Line]:
    return [
        (g.running, "running", "the board runs, and how far it is"),
        (g.queued, "muted", "it waits: another one of its power group runs"),
        (g.failed, "bad", "LOST: it did not answer, or ended in the middle; FAILED: it answered and could not run"),
        ("line down", "bad", "the line to it is down; the board goes on, and what it measured comes later"),
        ("*", "good", "no other board is better in latency and energy; where these are not known, in latency"),
        ("unbeaten", "muted", "in so many of the cases that another board has measured as well"),
        (g.warn, "warn", "behind a figure: throttled while it was measured"),
        ("A B C", "series", "in the points: boards that no other one beats in both"),
        ("N/A", "muted", "no value; the reason stands below"),
    ]


def clipboard() -> list[Line]:
    """How copying reaches the user's own machine."""
    return [
        ("OSC 52", "text", "the copy goes to the terminal you sit at; some ask first, some must be told to allow it"),
        ("tmux", "text", "needs 'set -g set-clipboard on', or 'allow-passthrough on' for a tmux inside another"),
        ("the file", "text", "is written in any case, beside the recordings; its name is said"),
        ("mouse", "text", "hold shift to select with the terminal itself, or start with --no-mouse"),
    ]
