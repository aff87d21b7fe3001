"""What is drawn in each pane, and which keys are for it: the first part of the help."""

from __future__ import annotations

from jetbench.tui.glyphs import Glyphs

Line = tuple[str, str, str]  # sign or word, its role, what it means

PANE_KEYS = {
    "models": ("pick", "filter", "start", "stop", "batch", "input", "passes", "expect", "energy", "zoom", "copy"),
    "log": ("follow", "zoom", "copy"),
    "latency": ("histogram", "window", "zoom", "copy"),
    "power": ("window", "zoom", "copy"),
}
NAMES = {"models": "Models", "log": "Log", "latency": "Latency", "power": "Power and temperature"}


def drawn(pane: str, glyphs: Glyphs) -> list[Line]:
    """The signs and figures of a pane."""
    return {"models": _models, "log": _log, "latency": _latency, "power": _power}[pane](glyphs)


def _models(g: Glyphs) -> list[Line]:
    return [
        (g.picked, "accent", "picked for the next run"),
        ("p50 ms", "strong", "median of the passes after the first; while a case runs, of its newest ones"),
        ("A to D", "text", "how far the figures can be trusted; the case itself says why"),
        (g.done, "good", "measured"),
        (g.running, "running", "running now"),
        (g.queued, "faint", "waiting for its turn"),
        (g.failed, "bad", "failed or refused; the reason stands below it"),
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
        (g.mark, "accent", "a case, a mark or a fault, through all charts"),
        ("N/A", "bad", "no value, with the reason beside it; never 0"),
    ]


def clipboard() -> list[Line]:
    """How copying reaches the user's own machine."""
    return [
        ("OSC 52", "text", "the copy goes to the terminal you sit at; some ask first, some must be told to allow it"),
        ("tmux", "text", "needs 'set -g set-clipboard on', or 'allow-passthrough on' for a tmux inside another"),
        ("the file", "text", "is written in any case, beside the recordings; its name is said"),
        ("mouse", "text", "hold shift to select with the terminal itself, or start with --no-mouse"),
    ]
