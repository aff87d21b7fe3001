"""One case on all boards: bars of a measure, the best first, or points of latency and energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len

from jetbench.analysis.across import ENERGY, LATENCY, Fronts
from jetbench.analysis.across import Row as Line
from jetbench.analysis.measures import Measure
from jetbench.domain.results import CaseResult
from jetbench.domain.text import printable
from jetbench.tui.draw import plot
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.fleet import BEST, WORDS, sign_of
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.models import state
from jetbench.tui.draw.plot import Drawn
from jetbench.tui.draw.results import cell
from jetbench.tui.row import Row
from jetbench.tui.text import plural

if TYPE_CHECKING:
    from jetbench.session.fleet_snapshot import BoardState

NAME, FIGURE, LEAST_BAR = 20, 8, 8  # cells


class Bar(msgspec.Struct, frozen=True):
    place: int  # of the board
    value: float | None
    text: str  # the value, or why there is none
    role: str


def ranked(of: Line, boards: Sequence[BoardState], measure: Measure, room: Room) -> list[Bar]:
    """The best board first; those without a value in the order of the fleet, last."""
    bars = [_bar(place, of.results[place], board, measure, room) for place, board in enumerate(boards)]
    sign = -1 if measure.better > 0 else 1
    known = [bar for bar in bars if bar.value is not None]
    return sorted(known, key=lambda bar: sign * (bar.value or 0.0)) + [bar for bar in bars if bar.value is None]


def _bar(place: int, result: CaseResult | None, board: BoardState, measure: Measure, room: Room) -> Bar:
    value = measure.number(result) if result is not None else None
    if result is not None and value is not None:
        return Bar(place, value, cell(result, measure, Room(0, 0, room.glyphs)), "text")
    word, role = WORDS.get(board.state, (board.state, "text"))
    if result is None:
        return Bar(place, None, f"{sign_of(board, room)} {word}{_because(board)}", role)
    if result.latency is None:
        error = f": {printable(result.error)}" if result.error else ""
        return Bar(place, None, f"{' '.join(state(result, room)[:2])}{error}", state(result, room)[2])
    return Bar(place, None, f"N/A: {printable(measure.why(result))}", "muted")


def _because(board: BoardState) -> str:
    return f": {printable(board.trouble)}" if board.trouble else ""


def bars(
    of: Line, boards: Sequence[BoardState], measure: Measure, room: Room, fronts: Fronts, here: int, top: int
) -> list[Row]:
    """From the bar ``top`` on, in the room that is there."""
    head = room.row().put(of.name, "strong").gap(3).put("y", "key").put(f" {measure.title}", "strong")
    head.end("most first" if measure.better > 0 else "least first", "muted", keep=2)
    found, best = ranked(of, boards, measure, room), fronts.of(of).best
    most = max((bar.value for bar in found if bar.value is not None), default=0.0)
    width = min(NAME, max(cell_len(printable(board.member.name)) for board in boards))
    rows = [head]
    for bar in found[top : top + max(1, room.height - 1)]:
        own = bar.place == here
        row = room.row("cursor" if own else "ground").put(room.glyphs.cursor if own else " ", "key").gap()
        row.fit(boards[bar.place].member.name, width, "strong" if own else "text", room.glyphs.more)
        gone = bar.value is not None and boards[bar.place].state in ("failed", "lost")
        row.gap().put(room.glyphs.failed if gone else " ", "bad")
        if bar.value is None:
            row.gap().fit(bar.text, row.left, bar.role, room.glyphs.more)
        else:
            row.right(bar.text, FIGURE, "strong").put(f"{BEST if bar.place in best else ' '} ", "good")
            if row.left >= LEAST_BAR and most > 0:
                full, rest = gauge(bar.value / most, row.left, room.glyphs)
                row.put(full, "series").put(rest if room.glyphs.name == "ascii" else " " * len(rest), "faint")
        rows.append(row)
    return rows


def points(of: Line, boards: Sequence[BoardState], room: Room, fronts: Fronts, here: int) -> Drawn | None:
    """Latency against energy, a letter a board. None where no board tells both."""
    places = [place for place, result in enumerate(of.results) if result is not None and _tells_both(result)]
    if not places:
        return None
    results = [result for place in places if (result := of.results[place]) is not None]
    best = fronts.of(of).best
    own = of.results[here]
    drawn = plot.scattered(
        results, ENERGY, LATENCY, room, own,
        [boards[place].member.name for place in places],
        frozenset(index for index, place in enumerate(places) if place in best),
    )  # fmt: skip
    head = room.row().put(of.name, "strong")
    missing = len(boards) - len(places)
    if missing:
        head.gap(3).put(f"{plural(missing, 'board')} without joules", "warn")
    if best:
        text = "CAPITAL: none is better in both"
        head.end(text if len(text) + 2 <= head.left else "CAPITAL: best", "muted", keep=2)
    return Drawn([head, *drawn.rows[1:]], drawn.spots)  # its own head names keys that choose measures


def _tells_both(result: CaseResult) -> bool:
    return LATENCY.of(result) is not None and ENERGY.of(result) is not None


def without_energy(of: Line, room: Room) -> list[Row]:
    """Why there are no points: the reasons that boards give."""
    reasons = dict.fromkeys(
        printable(ENERGY.why(result)) for result in of.results if result is not None and result.latency is not None
    )
    text = "; ".join(reasons) or "no board has measured it yet"
    return room.paragraph(f"energy N/A: {text}. By latency alone:", "muted")[:3]
