"""A soak in the app and on the command line: live, on the time axis, among the details of its case."""

from __future__ import annotations

import io
import math
import random

import fakes
import msgspec
import pytest

from jetbench.cli.progress import Printer
from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.export.document import document
from jetbench.export.remarks import remarks
from jetbench.session.picture import picture
from jetbench.session.soaking import soaking
from jetbench.session.state import SessionState
from jetbench.tui.draw import details, happened, status, timeaxis
from jetbench.tui.draw.frame import Room
from jetbench.tui.glyphs import ASCII, BRAILLE, Glyphs

S, MS = fakes.S, 1_000_000
BEGIN = fakes.T0 + 40 * S
PLAN = Plan(models=("resnet18",), k=50, soak=120.0)
BOARD = ev.Board(
    model="a board",
    channels=(
        ev.Channel(
            id="temp.cpu", quantity="temperature", name="cpu", unit="C", scale=1e-3, limit=80.0, critical=100.0
        ),
        ev.Channel(id="clock.cpu.policy0", quantity="clock", name="policy0", unit="MHz", scale=1e-3),
    ),
)  # fmt: skip


def events(until: float, throttles_at: float | None = 60.0, tires_at: float | None = None) -> list[ev.Event]:
    """A case, and its soak up to so many seconds: 90 C are where it would come to, in time constants of 40 s.
    ``tires_at``: where its passes get slower, if not when it throttles.
    """
    draw = random.Random(4)
    start = fakes.start(PLAN)
    found: list[ev.Event] = [BOARD, start, *fakes.measured(start.cases[0], fakes.T0 + 31 * S, 50, 20.0)[:-2]]
    hot = throttles_at if throttles_at is not None else math.inf
    found.append(ev.Stage(t=BEGIN, c=0, name="soak"))
    for second in range(int(until)):
        t = BEGIN + second * S
        celsius = 90 - 50 * math.exp(-min(second, hot) / 40) + draw.gauss(0, 0.05)
        clock = 1200_000 if second >= hot else 1479_000
        if second == int(hot) if hot < math.inf else False:
            found.append(ev.Throttle(t=t, now=True, active=("cpu-throttle-alert",)))
        d = [int((25 if second >= (tires_at or hot) else 20) * MS * draw.gauss(1, 0.01)) for _ in range(40)]
        s = [place * 25 * MS for place in range(40)]
        found += [
            ev.Telemetry(t=t, v=(int(celsius * 1e3), clock)),
            ev.Latency(t=t + S, c=0, i=40 * second, b=t, s=tuple(s), d=tuple(d), flags="L"),
        ]
    return found


def ended(throttles_at: float | None = 60.0, tires_at: float | None = None) -> list[ev.Event]:
    t = BEGIN + 121 * S
    return [
        *events(120, throttles_at, tires_at),
        ev.Stage(t=t, c=0, name="soak", ns=120 * S),
        ev.Rule(t=t, c=0, name="soak", outcome="time", text="time: 120 s were over", passes=4800, ns=120 * S),
        ev.CaseEnd(t=t, c=0, status="measured", stop="count: 50 passes"),
        ev.RunEnd(t=t, status="done", measured=1),
    ]


def folded(told: list[ev.Event]) -> SessionState:
    state = SessionState()
    for event in told:
        state.apply(event)
    return state


def test_while_it_runs_the_final_temperature_is_told_with_its_time(monkeypatch) -> None:
    snapshot = picture(folded(events(45)))
    now = soaking(snapshot)
    assert now is not None and now.prediction is not None
    assert now.prediction.final_c == pytest.approx(90, abs=2)
    assert now.prediction.limit_eta_s == pytest.approx(40 * math.log(5) - 45, abs=5), "80 C are not far"
    line = status.draw(msgspec.structs.replace(snapshot, status="running"), 200, BRAILLE, "12:00").text
    assert f"soak 0:45/2:00 towards {now.prediction.final_c:.0f} \N{DEGREE SIGN}C in" in line
    assert "throttling at 80" in line
    for width in (40, 80):
        assert len(status.draw(snapshot, width, ASCII, "12:00").text) <= width
    out = io.StringIO()
    monkeypatch.setattr(out, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    Printer(out, quiet=False).update(snapshot)
    assert "case 1/1 resnet18 b1: soak 45 s of 2:00 min, 73." in out.getvalue()
    assert f"towards {now.prediction.final_c:.0f} C in" in out.getvalue()
    assert snapshot.progress.seconds_left == pytest.approx(75, abs=2)


def test_without_a_terminal_there_is_a_line_a_minute() -> None:
    out = io.StringIO()
    printer = Printer(out, quiet=False)
    for second in (20, 40, 61, 62, 90, 115):
        printer.update(picture(folded(events(second, throttles_at=None))))
    (line,) = out.getvalue().splitlines()
    assert line.startswith("case 1/1 resnet18 b1: soak 61 s of 2:00 min, ")
    assert "towards 90 C in" in line


def test_while_it_throttles_nothing_is_predicted() -> None:
    now = soaking(picture(folded(events(100))))
    assert now is not None
    assert now.prediction is None and now.celsius == pytest.approx(90 - 50 * math.exp(-1.5), abs=0.3)


@pytest.mark.parametrize(("width", "glyphs"), [(100, BRAILLE), (36, ASCII)])
def test_a_finished_one_stands_among_the_details(width: int, glyphs: Glyphs) -> None:
    snapshot = picture(folded(ended()))
    rows = [row.text for row in details.details(snapshot.cases[0], Room(width, 60, glyphs))]
    said = " ".join(" ".join(rows).split())
    assert "burst 20.0" in said and "sustained 25.0" in said and "retention 0.8" in said
    assert "throttled after 60 s by the state the board tells" in said
    assert "by the latencies alone it is slower after 60 s" in said
    assert "apart: clean p50 20" in said
    assert all(len(row) <= width for row in rows)


@pytest.mark.parametrize("told", [events(100, tires_at=80.0), ended(tires_at=80.0)], ids=["running", "ended"])
def test_both_onsets_stand_on_the_time_axis(told: list[ev.Event]) -> None:
    """The sensors see it after 60 s, the passes get slower 20 s later: neither is told from the other."""
    snapshot = picture(folded(told))
    axis = timeaxis.time_axis(snapshot, 100, BRAILLE, timeaxis.WHOLE)
    found = happened.happened(snapshot, axis)
    sensors, latency = axis.column(BEGIN + 60 * S), axis.column(BEGIN + 80 * S)
    assert found.lines[sensors] == happened.BY_SENSORS
    assert happened.BY_LATENCY in (found.lines.get(latency), found.lines.get(latency - 1))
    drawn = happened.line(found, axis, Room(100, 1, BRAILLE)).text
    assert drawn.index("S") < drawn.index("L")


def test_what_was_not_lost_is_said_too() -> None:
    state = folded(ended(throttles_at=None))
    told = [remark.text for remark in remarks(document(state), ())]
    (first,) = [text for text in told if "resnet18 soak: burst 20" in text]
    assert "retention 1.00" in first or "retention 0.99" in first
    assert any("no throttling was seen" in text or "N/A" in text for text in told)
    assert any("it would come to 90 C" in text for text in told)
