"""Latency over time as a chart for the stack: from the shortest to the longest pass of every column."""

from __future__ import annotations

from jetbench.session.snapshot import Snapshot
from jetbench.tui.draw.axis import axis
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.stack import Chart
from jetbench.tui.draw.timeaxis import TimeAxis, of_passes
from jetbench.tui.text import significant

TITLES = ("Latency over time  ", "Over time  ")
FAR = 8.0  # the longest pass by the shortest one: beyond, only a logarithmic scale shows both


def passes(snapshot: Snapshot, grid: TimeAxis, room: Room, log: bool) -> Chart:
    extents = of_passes(snapshot.lane, grid)
    shown = [extent for extent in extents if extent is not None]
    low = min((extent[0] for extent in shown), default=0.0)
    high = max((extent[1] for extent in shown), default=1.0)
    log = bool(shown) and low > 0 and (log or high > FAR * low)
    words = "no pass in this stretch"
    if shown:
        newest = next(extent for extent in reversed(extents) if extent is not None)
        words = f"{' to '.join(dict.fromkeys(significant(value) for value in newest))} ms"
    title = next((each for each in TITLES if len(each) + len(words) <= room.width), "")
    head = room.row().put(title, "muted")
    if shown:
        head.put(words, "series").gap(2)
        head.put("log scale" if log else "", "muted")
    else:
        head.fit(words, room.width, "muted", room.glyphs.more)
    scale, labels = axis(low, high, 2), ("", "")
    if log:
        low, high, labels = low / 1.05, high * 1.05, (significant(low), significant(high))
    elif shown:
        low, high, labels = scale.low, scale.high, (scale.label(scale.low), scale.label(scale.high))
    return Chart(head=head, role="series", extents=extents, low=low, high=high, labels=labels, log=log, weight=3)
