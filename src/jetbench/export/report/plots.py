"""The pictures of a report, drawn by matplotlib (extra ``report``) from sessions: SVG or PNG, of any size.

Names from a recording become text of the drawing; matplotlib's own mathematics ($...$) is off for them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from jetbench.analysis.telemetry import TOTAL_POWER, headline_temperature
from jetbench.domain.observed import COUNTS
from jetbench.export.report import accuracy
from jetbench.export.report.blocks import Picture
from jetbench.export.report.soak_plot import draw_soak
from jetbench.export.report.tables import named
from jetbench.session.state import SessionState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOT_INSTALLED = "plots need matplotlib: pip install 'jetbench-tui[report]'"
FORMATS = ("svg", "png")
MOST_CASES = 12  # with a histogram or a timeline of their own
MOST_POINTS = 4000  # of a line; more would only make the file larger
Sessions = Sequence[tuple[SessionState, Mapping[str, Any]]]  # each with its results document
Draw = Callable[["Figure"], None]


def available() -> bool:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def pictures(sessions: Sessions) -> Iterator[Picture]:
    """Every plot that these sessions give, as SVG. Without matplotlib: their captions, and why there is no drawing."""
    for name, caption, draw in drawings(sessions):
        if available():
            yield Picture(name, caption, svg=drawn(draw, "svg").decode("utf-8"))
        else:
            yield Picture(name, caption, missing=NOT_INSTALLED)


def drawings(sessions: Sessions) -> Iterator[tuple[str, str, Draw]]:
    """(name, caption, what draws it)."""
    made = [document for _, document in sessions]
    cases = [(name, case) for name, case in named(made) if case["latency_s"]]
    if len(cases) > 1:
        yield "scatter", "Median latency against multiply-adds of one item", lambda figure: _scatter(figure, cases)
    for by, name, caption in (
        ("batch", "latency-batch", "Median latency against batch size"),
        ("input", "latency-size", "Median latency against input size"),
    ):
        lines = _swept(made, by)
        if lines:
            yield name, caption, lambda figure, lines=lines, by=by: _lines(figure, lines, by)  # type: ignore[misc]
    against = [(name, case) for name, case in cases if (case["why"] or {}).get("roofline")]
    if against:
        caption = "Reached FLOP/s against FLOP/byte, below the roofs of the device"
        yield "roofline", caption, lambda figure: _roofline(figure, against)
    yield from accuracy.drawings(cases)
    yield from _of_cases(sessions)
    for number, (state, _) in enumerate(sessions, 1):
        if state.run is not None and (len(state.history) or len(state.lane)):
            caption = "Latency, power, temperature and clock over the run"
            yield f"timeline:{number}", caption, lambda figure, state=state: _timeline(figure, state)  # type: ignore[misc]


def _of_cases(sessions: Sessions) -> Iterator[tuple[str, str, Draw]]:
    """A histogram a case, and its soak."""
    names = iter(named([document for _, document in sessions]))
    drawn_so_far = 0
    for state, document in sessions:
        for record, _ in zip(state.records.values(), document["cases"], strict=True):
            name, _ = next(names)
            passes = [d * 1e-6 for d, p in zip(record.duration, record.purpose, strict=True) if p == COUNTS]
            if len(passes) < 2 or drawn_so_far == MOST_CASES:
                continue
            drawn_so_far += 1
            found = state.result(record).soak
            if found is not None:
                caption = f"Soak of {name}: latency and temperature; onset by sensors (S) and by latencies alone (L)"
                yield f"soak:{drawn_so_far}", caption, partial(draw_soak, state=state, record=record, soak=found)
            caption = f"Latency of {name}, {len(passes)} passes"
            yield f"histogram:{drawn_so_far}", caption, lambda figure, p=passes: _histogram(figure, p)  # type: ignore[misc]


def drawn(draw: Draw, form: str) -> bytes:
    """One picture in a format of FORMATS. The same drawing gives the same bytes."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.hashsalt": "jetbench",
        "svg.fonttype": "path",
        "text.parse_math": False,
        "font.size": 9,
        "axes.grid": True,
        "grid.alpha": 0.3,
    }
    with rc_context(settings):
        figure = Figure(figsize=(7.2, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        out = io.BytesIO()
        figure.savefig(out, format=form, dpi=150, metadata={"Date": None} if form == "svg" else {"Software": None})
    return out.getvalue()


def _scatter(figure: Figure, cases: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    axes = figure.add_subplot()
    for name, case in cases:
        if case["macs"]:
            x, y = case["macs"] / case["batch"] * 1e-9, case["latency_s"]["p50"] / case["batch"] * 1e3
            axes.plot([x], [y], "o")
            axes.annotate(name, (x, y), (4, 4), textcoords="offset points", fontsize=7)
    axes.set(xlabel="GMACs an item", ylabel="p50 an item, ms", xscale="log", yscale="log")
    for one in (axes.xaxis, axes.yaxis):  # matplotlib would write powers of ten as mathematics
        one.set_major_formatter(lambda value, _: f"{value:g}")
        one.set_minor_formatter(lambda *_: "")
    axes.margins(0.2)


def _roofline(figure: Figure, cases: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """After Williams, Waterman and Patterson (CACM 2009). Cases with roofs of their own have each a line."""
    from matplotlib.ticker import LogLocator

    axes = figure.add_subplot()
    lines = [case["why"]["roofline"] for _, case in cases]
    intensities = [line["intensity"] for line in lines if line["intensity"] > 0]
    ridges = [line["peak_flops_per_s"] / line["bandwidth_bytes_per_s"] for line in lines]
    low, high = min((*intensities, *ridges)) / 4, max((*intensities, *ridges)) * 4
    for peak, bandwidth in dict.fromkeys((line["peak_flops_per_s"], line["bandwidth_bytes_per_s"]) for line in lines):
        xs = [low, peak / bandwidth, high]
        axes.plot(xs, [min(peak, x * bandwidth) * 1e-9 for x in xs], "-", linewidth=1.2)
    for (name, _), line in zip(cases, lines, strict=True):
        if line["intensity"] > 0:
            x, y = line["intensity"], line["flops"] / line["measured_s"] * 1e-9
            axes.plot([x], [y], "o")
            axes.annotate(name, (x, y), (4, -8), textcoords="offset points", fontsize=7)
    axes.set(xlabel="FLOP/byte", ylabel="GFLOP/s", xscale="log", yscale="log")
    for one in (axes.xaxis, axes.yaxis):  # matplotlib would write powers of ten as mathematics
        one.set_major_locator(LogLocator(subs=(1, 2, 5)))
        one.set_major_formatter(lambda value, _: f"{value:g}")
        one.set_minor_formatter(lambda *_: "")


def _swept(made: Sequence[Mapping[str, Any]], by: str) -> dict[str, list[tuple[float, Mapping[str, Any]]]]:
    """Cases of each model along one setting; only models with two points or more."""
    found: dict[str, dict[float, Mapping[str, Any]]] = {}
    for name, case in named(made, without=by):
        shape = case["input"] or []
        point = case["batch"] if by == "batch" else shape[2] if len(shape) == 4 else None
        if case["latency_s"] and point is not None:
            found.setdefault(name, {})[float(point)] = case["latency_s"]
    return {name: sorted(points.items()) for name, points in found.items() if len(points) > 1}


def _lines(figure: Figure, lines: Mapping[str, Sequence[tuple[float, Mapping[str, Any]]]], by: str) -> None:
    axes = figure.add_subplot()
    for name, points in lines.items():
        middle = [latency["p50"] * 1e3 for _, latency in points]
        edges = [latency["ci95"] or [latency["p50"]] * 2 for _, latency in points]
        down = [max(0.0, m - low * 1e3) for m, (low, _) in zip(middle, edges, strict=True)]
        up = [max(0.0, high * 1e3 - m) for m, (_, high) in zip(middle, edges, strict=True)]
        axes.errorbar([x for x, _ in points], middle, yerr=[down, up], marker="o", capsize=3, label=name)
    axes.set(xlabel="batch" if by == "batch" else "input height, pixels", ylabel="p50 of a pass, ms")
    axes.set_xscale("log", base=2)
    axes.set_xticks(sorted({x for points in lines.values() for x, _ in points}))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.minorticks_off()
    axes.legend(fontsize=7)


def _histogram(figure: Figure, milliseconds: Sequence[float]) -> None:
    axes = figure.add_subplot()
    ordered = sorted(milliseconds)
    top = ordered[min(len(ordered) - 1, int(0.995 * len(ordered)))]
    shown = [value for value in ordered if value <= top]
    axes.hist(shown, bins=min(60, max(5, len(shown) // 4)), color="tab:blue")
    for share, colour in ((0.5, "tab:green"), (0.95, "tab:orange"), (0.99, "tab:red")):
        at = ordered[min(len(ordered) - 1, int(share * len(ordered)))]
        if at <= top:
            axes.axvline(at, color=colour, linewidth=1, label=f"p{100 * share:g} {at:.4g} ms")
    beyond = len(ordered) - len(shown)
    axes.set(xlabel="ms" + (f" ({beyond} slower ones up to {ordered[-1]:.4g} are not shown)" if beyond else ""))
    axes.set(ylabel="passes")
    axes.legend(fontsize=7)


def _timeline(figure: Figure, state: SessionState) -> None:
    """One time axis for all: a slow pass and its cause stand in the same place."""
    assert state.run is not None
    begin = state.run.t
    rows = [("latency, ms", _passes(state, begin)), *_channels(state, begin)]
    for number, (label, (times, values)) in enumerate(rows, 1):
        axes = figure.add_subplot(len(rows), 1, number)
        axes.plot(times, values, "." if number == 1 else "-", markersize=2, linewidth=1)
        axes.set_ylabel(label, fontsize=7)
        axes.set_xlim(0, max(1e-9, (state.t - begin) * 1e-9))
        _throttled(axes, state, begin)
        if number < len(rows):
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel("s since the run began (throttled spells shaded)")


def _passes(state: SessionState, begin: int) -> tuple[list[float], list[float]]:
    found = [
        ((start - begin) * 1e-9, duration * 1e-6)
        for record in state.records.values()
        for start, duration in zip(record.start, record.duration, strict=True)
    ]
    found = found[:: max(1, len(found) // MOST_POINTS)]
    return [t for t, _ in found], [value for _, value in found]


def _channels(state: SessionState, begin: int) -> Iterator[tuple[str, tuple[list[float], list[float]]]]:
    board = state.board
    if board is None:
        return
    row = state.history.row()
    newest = [row.get(c.id) for c in board.channels]
    clock = next((c.id for c in board.channels if c.id in ("clock.gpu",) or c.id.startswith("clock.cpu.")), None)
    for name, label in (
        (TOTAL_POWER, "power, W"),
        (headline_temperature(board, newest), "\N{DEGREE SIGN}C"),
        (clock, "clock, MHz"),
    ):
        known = [(t, v) for t, v in state.history.series(name or "") if v is not None and t >= begin]
        known = known[:: max(1, len(known) // MOST_POINTS)]
        if known:
            yield label, ([(t - begin) * 1e-9 for t, _ in known], [v for _, v in known])


def _throttled(axes: Axes, state: SessionState, begin: int) -> None:
    states = sorted(state.observed.throttle, key=lambda told: told.t)
    for index, told in enumerate(states):
        if told.now is True:
            end = states[index + 1].t if index + 1 < len(states) else state.t
            axes.axvspan((told.t - begin) * 1e-9, (end - begin) * 1e-9, color="tab:red", alpha=0.15)
