"""A fleet: a column a board, a line a case; above them how each board fares, below them what is under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len

from jetbench.analysis.across import ENERGY, LATENCY, Fronts
from jetbench.analysis.across import Row as Line
from jetbench.analysis.latency import percentile
from jetbench.analysis.measures import BY_NAME, Measure
from jetbench.domain.results import CaseResult
from jetbench.domain.text import printable
from jetbench.tui.draw import readings
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.models import STAGES, state
from jetbench.tui.draw.results import cell
from jetbench.tui.row import Row
from jetbench.tui.text import clip, ms, percent

if TYPE_CHECKING:
    from jetbench.session.fleet_snapshot import BoardState

MEASURED: tuple[Measure, ...] = tuple(
    BY_NAME[key] for key in ("latency_p50", "energy", "throughput_ips", "latency_p99", "power", "peak_memory")
)
CURSOR, GAP = 2, 1
FIGURE, SIGNS, LEAST_COLUMN = 7, 3, 10  # cells of a value, of the signs behind them, of a column in all
LEAST_NAME, MOST_NAME = 12, 24
BOTH_FROM = 74  # cells of a pane: two figures a board; below, one
SILENT = ("waiting", "connecting", "failed", "lost")  # nothing is read from a board that is one of these
BAD = ("failed", "lost", "running")  # a trouble of one that is one of these
BEST = "*"  # behind a figure: no other board is better
Spot = tuple[int, int, int]  # first cell, last + 1, place of a board

WORDS = {
    "idle": ("ready", "good"),
    "waiting": ("waiting", "muted"),
    "connecting": ("connecting", "warn"),
    "running": ("running", "running"),
    "done": ("done", "good"),
    "interrupted": ("stopped", "warn"),
    "failed": ("FAILED", "bad"),
    "lost": ("LOST", "bad"),
}


class Column(msgspec.Struct, frozen=True):
    place: int  # of the board
    begin: int  # its first cell, after the gap
    width: int


class Layout(msgspec.Struct, frozen=True):
    name: int  # cells of a case's name
    columns: tuple[Column, ...]
    measures: tuple[Measure, ...]

    @property
    def last(self) -> int:
        """Place of the last board in view."""
        return self.columns[-1].place if self.columns else 0


def measures(chosen: Measure | None, boards: Sequence[BoardState], width: int) -> tuple[Measure, ...]:
    """What each column tells: latency and what was chosen, where there is room for two; else that alone.

    None was chosen: energy, if anybody knows it or it was asked for.
    """
    both = width >= BOTH_FROM
    if chosen is None:
        return (LATENCY, ENERGY) if both and any(map(_tells_energy, boards)) else (LATENCY,)
    return (LATENCY, chosen) if both and chosen is not LATENCY else (chosen,)


def _tells_energy(board: BoardState) -> bool:
    protocol = board.snapshot.protocol
    asked = protocol is not None and protocol.energy
    return asked or any(result.power.energy_j is not None for result in board.snapshot.cases)


def cells(measure: Measure) -> int:
    """Of its figures: as wide as its title."""
    return max(FIGURE, len(measure.title))


def laid_out(
    boards: Sequence[BoardState], lines: Sequence[Line], room: Room, first: int, shown: tuple[Measure, ...]
) -> Layout:
    """From the board ``first`` on; long names of cases give way so that one more fits."""
    width = max(LEAST_COLUMN, sum(map(cells, shown)) + len(shown) - 1 + SIGNS)
    longest = max([9, *(cell_len(printable(line.name)) for line in lines)])
    fits = max(1, (room.width - CURSOR - min(longest, LEAST_NAME)) // (GAP + width))
    count = min(len(boards) - first, fits)
    name = max(min(longest, LEAST_NAME), min(longest, MOST_NAME, room.width - CURSOR - count * (GAP + width)))
    columns = [Column(first + n, CURSOR + name + GAP + n * (GAP + width), width) for n in range(count)]
    return Layout(name, tuple(columns), shown)


# -- above the cases: how each board fares


def head(boards: Sequence[BoardState], layout: Layout, room: Room, here: int) -> list[Row]:
    """Names, states, readings: fewer lines where the pane is low."""
    rows = [_names(boards, layout, room, here)]
    told: list[tuple[str, Callable[[BoardState, int, Room], tuple[str, str]]]] = [("", _state)]
    if room.height >= 14:
        told += [("now", _now), (f"{room.glyphs.degree}C", _temperature), ("W", _power), ("throttled", _throttled)]
    else:
        told += [(f"{room.glyphs.degree}C", _temperature), ("throttled", _throttled)]
    for label, tell in told:
        row = room.row().gap(CURSOR).fit(label or "board", layout.name, "muted")
        for column in layout.columns:
            text, role = tell(boards[column.place], column.width, room)
            row.to(column.begin).fit(text, column.width, role, room.glyphs.more)
        rows.append(row)
    return rows


def _names(boards: Sequence[BoardState], layout: Layout, room: Room, here: int) -> Row:
    row = room.row()
    for column in layout.columns:
        own = column.place == here
        row.to(column.begin - 1).put(room.glyphs.cursor if own else " ", "key")
        row.fit(boards[column.place].member.name, column.width, "strong@cursor" if own else "strong", room.glyphs.more)
    return row


def sign_of(board: BoardState, room: Room) -> str:
    """A shape of its own for each state."""
    glyphs = room.glyphs
    known = {
        "idle": glyphs.live, "waiting": glyphs.queued, "connecting": glyphs.more, "running": glyphs.running,
        "done": glyphs.done, "interrupted": glyphs.stopped,
    }  # fmt: skip
    return known.get(board.state, glyphs.failed)


def _state(board: BoardState, width: int, room: Room) -> tuple[str, str]:
    word, role = WORDS.get(board.state, (board.state, "text"))
    if board.trouble is not None and board.state == "running":
        word, role = "line down", "bad"
    now = board.snapshot.progress
    words = f"{sign_of(board, room)} {word}"
    if board.state == "running" and now.total and cell_len(words) + 3 + len(str(now.total)) * 2 <= width:
        words += f" {min(now.finished + 1, now.total)}/{now.total}"
    return (words if cell_len(words) <= width else word), role


def _now(board: BoardState, width: int, room: Room) -> tuple[str, str]:
    """The case that runs and how far it is."""
    now = board.snapshot.progress
    if board.state != "running":
        return "", "muted"
    share = ""
    if now.case is not None and now.stage == "measure" and now.target:
        share = f"{min(100, 100 * now.samples // now.target)} %"
    word = STAGES.get(now.stage or "", now.stage or "") if not share else now.case.model if now.case else ""
    if not word:
        return ("between cases" if now.finished else "starting"), "muted"
    return (f"{clip(word, width - len(share) - 1, room.glyphs.more)} {share}".rstrip()), "muted"


def _temperature(board: BoardState, _width: int, _room: Room) -> tuple[str, str]:
    if board.state in SILENT:
        return "N/A", "faint"
    text = readings.figure(readings.temperature(board.snapshot))
    return text, "faint" if text == "N/A" or board.trouble else "temperature"


def _power(board: BoardState, _width: int, _room: Room) -> tuple[str, str]:
    if board.state in SILENT:
        return "N/A", "faint"
    text = readings.figure(readings.power(board.snapshot))
    return text, "faint" if text == "N/A" or board.trouble else "power"


def _throttled(board: BoardState, width: int, room: Room) -> tuple[str, str]:
    if board.state in SILENT or board.snapshot.throttled is None:
        return "unknown", "faint"
    if not board.snapshot.throttled:
        return "no", "good"
    causes = ", ".join(board.snapshot.throttle_active)
    return f"{room.glyphs.warn} {causes if causes and width > LEAST_COLUMN else 'yes'}", "warn"


# -- the cases


def titles(layout: Layout, room: Room) -> Row:
    row = room.row().gap(CURSOR).fit("case", layout.name, "muted")
    for column in layout.columns:
        row.to(column.begin)
        for index, measure in enumerate(layout.measures):
            row.gap(1 if index else 0).right(measure.title, cells(measure), "muted")
    return row


def line(of: Line, boards: Sequence[BoardState], layout: Layout, room: Room, fronts: Fronts, here: int | None) -> Row:
    """``here``: the board under the cursor, if this is its line."""
    row = room.row("cursor" if here is not None else "ground")
    row.put(room.glyphs.cursor if here is not None else " ", "key").to(CURSOR)
    row.fit(of.name, layout.name, "strong" if here is not None else "text", room.glyphs.more)
    best = fronts.of(of).best
    for column in layout.columns:
        result, board = of.results[column.place], boards[column.place]
        row.to(column.begin)
        for index, measure in enumerate(layout.measures):
            text, role = _figure(result, board, measure, room, first=index == 0)
            winner = column.place in best and role == "text"
            width = cells(measure)
            text = clip(text, width, room.glyphs.more)
            row.gap(1 if index else 0).right(text, width, "strong" if winner else role)
        row.gap().put(BEST if column.place in best else " ", "good")
        sign, role = _sign(result, room)
        row.put(sign, role)
    return row


def _figure(result: CaseResult | None, board: BoardState, measure: Measure, room: Room, first: bool) -> tuple[str, str]:
    """A value, or the word for why there is none yet."""
    if result is None or result.status == "queued":
        return "", "faint"
    if result.status == "running":
        recent = board.snapshot.recent_ns if measure is LATENCY else ()
        return (ms(percentile(sorted(recent), 0.5) * 1e-9) if recent else ""), "muted"
    if measure.of(result) is not None:
        return cell(result, measure, Room(0, 0, room.glyphs)), "text"
    if result.latency is not None:
        return "N/A", "muted"
    return (state(result, room)[1], "muted") if first else ("", "muted")


def _sign(result: CaseResult | None, room: Room) -> tuple[str, str]:
    if result is None:
        return " ", "faint"
    sign, _, role = state(result, room)
    return (" ", "text") if result.status == "measured" and not result.throttled else (sign, role)


# -- below them: what is under the cursor, in words


def about(of: Line | None, board: BoardState, won: tuple[int, int], room: Room, most: int) -> list[Row]:
    """At most so many lines: the board, what is wrong with it, and the case with the reasons of what it lacks."""
    if most == 1 and board.trouble:
        row = _named(board, room).gap(2)
        return [row.fit(board.trouble, row.left, "bad" if board.state in BAD else "warn", room.glyphs.more)]
    rows = [_board(board, won, room)]
    if board.trouble:
        rows += room.paragraph(printable(board.trouble), "bad" if board.state in BAD else "warn")
    if of is not None:
        rows += _case(of, board, room)
    if len(rows) > most:
        rows = rows[:most]
        rows[-1] = room.row().fit(f"{rows[-1].text.rstrip()} {room.glyphs.more}", room.width, "muted", room.glyphs.more)
    return rows


def _named(board: BoardState, room: Room) -> Row:
    word, role = WORDS.get(board.state, (board.state, "text"))
    row = room.row().put(f"{clip(printable(board.member.name), 24, room.glyphs.more)} ", "strong")
    return row.put(f"{sign_of(board, room)} {word}", role)


def _board(board: BoardState, won: tuple[int, int], room: Room) -> Row:
    member, known = board.member, board.snapshot.board
    row = _named(board, room)
    words = []
    if known is not None:
        words.append(printable(known.model or known.hostname or known.kind))
    if member.kind != "local" and member.address != member.name:
        words.append(f"{member.kind} {printable(member.address)}")
    if member.power_group:
        words.append(f"power group {printable(member.power_group)}")
    if won[1]:
        words.insert(0, f"unbeaten in {won[0]} of {won[1]}")
    for word in words:
        if len(word) + 2 <= row.left:
            row.gap(2).put(word, "muted")
    return row


def _case(of: Line, board: BoardState, room: Room) -> list[Row]:
    result = next((each for each in board.snapshot.cases if any(each is other for other in of.results)), None)
    if result is None:
        return room.paragraph(f"{of.name}: not begun", "muted")
    if result.latency is None:
        error = f": {printable(result.error)}" if result.error else ""
        return room.paragraph(f"{of.name}: {state(result, room)[1]}{error}", "muted")
    words = [f"{of.name} on {result.case.device}"]
    lacking: dict[str, list[str]] = {}
    for measure in MEASURED:
        if measure.of(result) is None:
            lacking.setdefault(printable(measure.why(result)), []).append(measure.metric.title)
        else:
            words.append(f"{measure.metric.title} {cell(result, measure, room)} {measure.metric.heading_unit}".rstrip())
    if result.grade is not None:
        words.append(f"grade {result.grade.letter}")
    if result.throttled:
        words.append("throttled")
    elif result.flagged_share:
        words.append(f"{percent(result.flagged_share)} disturbed")
    rows = room.paragraph(", ".join(words), "text")
    for reason, names in lacking.items():
        rows += room.paragraph(f"{', '.join(names)} N/A: {reason}", "muted")
    return rows
