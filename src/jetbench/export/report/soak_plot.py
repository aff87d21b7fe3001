"""The drawing of a soak: its passes and the temperature over one time axis, with both onsets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jetbench.analysis.soak import points, temperatures
from jetbench.domain.observed import SOAK, ObservedCase
from jetbench.domain.results import SoakResult
from jetbench.session.state import SessionState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_POINTS = 4000


def draw_soak(figure: Figure, state: SessionState, record: ObservedCase, soak: SoakResult) -> None:
    axes = figure.add_subplot()
    places = [place for place, purpose in enumerate(record.purpose) if purpose == SOAK]
    places = places[:: max(1, len(places) // MOST_POINTS)]
    seconds = [(record.start[at] - soak.begin) * 1e-9 for at in places]
    axes.plot(seconds, [record.duration[at] * 1e-6 for at in places], ".", markersize=2, color="tab:blue")
    axes.set(xlabel="s since the soak began", ylabel="latency, ms")
    if soak.latency_onset is not None:
        _mark(axes, soak.seconds_to(soak.latency_onset), "L", "tab:orange", "-")
    if soak.onsets:
        _mark(axes, soak.seconds_to(soak.onsets[0]), "S", "tab:red", "--")
    end = soak.begin + int(soak.seconds * 1e9)
    heat = temperatures(state.observed, (soak.begin, end))
    if heat is None:
        return
    seen = points(heat[1], (soak.begin, end))
    seen = seen[:: max(1, len(seen) // MOST_POINTS)]
    beside = axes.twinx()
    beside.grid(visible=False)
    beside.plot([t for t, _ in seen], [celsius for _, celsius in seen], color="tab:gray", linewidth=1)
    beside.set_ylabel("\N{DEGREE SIGN}C" + (" (dotted: without throttling)" if soak.onsets else ""))
    found = soak.prediction
    if found is not None and seen:
        since = soak.seconds_to(soak.onsets[0]) if soak.onsets else soak.seconds  # where what was fitted ends
        gap = found.final_c - found.now_c
        curve = [(t, found.final_c - gap * math.exp(-(t - since) / found.tau_s)) for t, _ in seen]
        curve = [(t, celsius) for t, celsius in curve if celsius >= seen[0][1]]
        beside.plot([t for t, _ in curve], [celsius for _, celsius in curve], ":", color="tab:gray", linewidth=1)


def _mark(axes: Axes, at: float, letter: str, color: str, style: str) -> None:
    """A letter above the axes: inside there may be passes."""
    axes.axvline(at, color=color, linewidth=1, linestyle=style)
    axes.annotate(letter, (at, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
                  ha="center", color=color)  # fmt: skip
