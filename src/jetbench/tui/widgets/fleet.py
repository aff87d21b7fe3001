"""The boards of a fleet side by side: a table, bars of one case on all boards, points of latency and energy."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from textual import events
from textual.message import Message

from jetbench.analysis import across
from jetbench.analysis.across import LATENCY, Fronts
from jetbench.analysis.measures import Measure
from jetbench.domain.plan_events import Case
from jetbench.session.fleet_snapshot import BoardState, FleetSnapshot
from jetbench.session.snapshot import Snapshot
from jetbench.tui.draw import fleet as draw
from jetbench.tui.draw import fleet_plot, fleet_status, status
from jetbench.tui.draw.fleet import Layout
from jetbench.tui.draw.frame import Room
from jetbench.tui.playing import View
from jetbench.tui.row import Row
from jetbench.tui.widgets.canvas import Canvas
from jetbench.tui.widgets.models import scrolled

Shown = Literal["table", "bars", "points"]
SHOWN: tuple[Shown, ...] = ("table", "bars", "points")
HINTS = {
    "table": "enter board  y figure",
    "bars": "enter board  y figure  up down case",
    "points": "enter board  up down case",
}
PERIOD = 0.95  # seconds between two pictures of readings; what turns is drawn at once
LEAST_BARS = 6  # lines below the table from which there are bars of the case under the cursor
WATCHED = ("board", "cases", "latency", "status", "telemetry")


class Choice(msgspec.Struct):
    """What a person chose with keys and mouse."""

    shown: Shown = "table"
    board: int = 0  # place of the one under the cursor
    case: across.Key | None = None
    first: int = 0  # place of the first board in view
    measure: Measure | None = None  # None: as there is room for, and as is known


class FleetPane(Canvas, can_focus=True):
    title = ("", "Fleet")

    class Opened(Message):
        """A board is asked for."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, planned: Callable[[], Sequence[Case]]) -> None:
        """``planned``: what would be measured, while no run has begun."""
        super().__init__(id="fleet")
        self.choice = Choice()
        self.fleet = FleetSnapshot()
        self.lines: tuple[across.Row, ...] = ()
        self._planned = planned
        self._fronts = Fronts()
        self._layout = Layout(0, (), ())
        self._top = self._below = self._bars_top = 0
        self._tabs: list[tuple[int, int, Shown]] = []
        self._body = (0, 0)  # rows of cases in the pane: first and last + 1
        self._bar_rows, self._ranked = 0, list[int]()  # the first bar's row, and whose bars they are
        self._spots: dict[tuple[int, int], int] = {}  # cell of a letter among the points: whose it is
        self._seen: tuple[object, ...] = ()

    # -- what there is

    def take(self, fleet: FleetSnapshot, now: float, jumped: bool = False) -> None:
        """Draws at once what turned, readings once a second, and nothing where nothing is new."""
        turned = [(board.state, board.trouble) for board in fleet.boards]
        before = [(board.state, board.trouble) for board in self.fleet.boards]
        self.fleet = fleet
        if not (jumped or turned != before):
            seen = self._revisions()
            if seen == self._seen or now - self._drawn_at < PERIOD:
                return
        self._drawn_at = now
        self.redraw()

    def redraw(self) -> None:
        self.gather()
        super().redraw()

    def gather(self) -> None:
        self._seen = self._revisions()
        results = [board.snapshot.cases for board in self.fleet.boards]
        measured = {result.case.model for each in results for result in each}
        further = [case for case in self._planned() if case.model not in measured]
        self.lines = across.rows(results, further)

    def _revisions(self) -> tuple[object, ...]:
        """What a picture depends on: of boards out of view only their cases."""
        seen = {column.place for column in self._layout.columns} | {self.choice.board}
        return tuple(
            tuple(board.snapshot.revisions.get(part, 0) for part in (WATCHED if place in seen else ("cases",)))
            for place, board in enumerate(self.fleet.boards)
        )

    @property
    def boards(self) -> Sequence[BoardState]:
        return self.fleet.boards

    @property
    def board(self) -> BoardState | None:
        """The one under the cursor."""
        return self.boards[self._place] if self.boards else None

    @property
    def _place(self) -> int:
        return min(self.choice.board, max(0, len(self.boards) - 1))

    @property
    def _index(self) -> int:
        return next((i for i, line in enumerate(self.lines) if line.key == self.choice.case), 0)

    @property
    def line(self) -> across.Row | None:
        return self.lines[self._index] if self.lines else None

    def hint(self) -> str:
        return HINTS[self.choice.shown]

    def more(self) -> str:
        hidden = len(self.boards) - len(self._layout.columns)
        if self.choice.shown != "table":
            return f"case {self._index + 1} of {len(self.lines)}" if self.lines else ""
        words = [f"case {self._index + 1} of {len(self.lines)}"] if self._below or self._top else []
        if hidden:
            first, last = self._layout.columns[0].place, self._layout.last
            words.append(f"boards {first + 1} to {last + 1} of {len(self.boards)}  left right")
        return "  ".join(words)

    # -- drawing

    def rows(self, room: Room) -> list[Row]:
        head, self._ranked = self._head(room), []
        board = self.board
        if board is None:
            return [head, *room.paragraph("no board", "muted")]
        inner = Room(room.width, room.height - 1, room.glyphs)
        if self.choice.shown == "table":
            return [head, *self._table(board, inner)]
        if self.line is None:
            return [head, *room.paragraph("no case is planned", "muted")]
        if self.choice.shown == "points":
            return [head, *self._points(inner)]
        return [head, *self._bars(inner, self.choice.measure or LATENCY)]

    def _head(self, room: Room) -> Row:
        row = room.row()
        self._tabs = []
        for number, shown in enumerate(SHOWN, 1):
            begin = row.used
            row.put(str(number), "key").put(f" {shown}", "title" if shown == self.choice.shown else "muted")
            self._tabs.append((begin, row.used, shown))
            row.gap(2)
        if self.choice.shown == "table":
            best = any(self._fronts.of(line).best for line in self.lines)
            row.end(f"{draw.BEST} unbeaten by another board" if best else "", "muted", keep=2)
        return row

    def _table(self, board: BoardState, room: Room) -> list[Row]:
        self._layout = self._in_view(room)
        here, line = self._place, self.line
        rows = [*draw.head(self.boards, self._layout, room, here), draw.titles(self._layout, room)]
        won = self._fronts.tally(self.lines, here)
        most = 1 if room.height < 12 else 2 if room.height < 16 else 4 if room.height < 24 else 7
        foot = draw.about(line, board, won, room, most)
        height = max(1, room.height - len(rows) - len(foot) - (1 if most > 2 else 0))
        self._top = scrolled(self._top, self._index, self._index + 1, len(self.lines), height)
        self._below = max(0, len(self.lines) - self._top - height)
        body = [
            draw.line(each, self.boards, self._layout, room, self._fronts, here if each is line else None)
            for each in self.lines[self._top : self._top + height]
        ] or room.paragraph("no model is picked: space", "muted", indent=draw.CURSOR)
        self._body = (1 + len(rows), 1 + len(rows) + len(body))
        spare = height - len(body)
        if line is not None and spare > LEAST_BARS:
            below = Room(room.width, spare - 1, room.glyphs)
            measure = self._layout.measures[-1] if self.choice.measure is not None else LATENCY
            body += [room.row(), *self._bars(below, measure, self._body[1] + 1)]
        body += [room.row() for _ in range(height - len(body))]
        rule = [room.row().put(room.glyphs.axis * room.width, "frame")] if most > 2 else []
        return [*rows, *body, *rule, *foot]

    def _in_view(self, room: Room) -> Layout:
        """The board under the cursor is; from further right only if all that is left of them fits."""
        choice, place = self.choice, self._place
        shown = draw.measures(choice.measure, self.boards, room.width)
        choice.first = min(choice.first, place)

        def laid(first: int) -> Layout:
            return draw.laid_out(self.boards, self.lines, room, first, shown)

        layout = laid(choice.first)
        while layout.last < place:
            choice.first += 1
            layout = laid(choice.first)
        while choice.first and layout.last == len(self.boards) - 1:
            further = laid(choice.first - 1)
            if further.last < layout.last:
                break
            choice.first -= 1
            layout = further
        return layout

    def _bars(self, room: Room, measure: Measure, begin: int = 1) -> list[Row]:
        """With the one of the board under the cursor among them. ``begin``: the pane's row that they begin in."""
        assert self.line is not None
        ranked = [bar.place for bar in fleet_plot.ranked(self.line, self.boards, measure, room)]
        here, height = ranked.index(self._place), max(1, room.height - 1)
        self._bars_top = scrolled(self._bars_top, here, here + 1, len(ranked), height)
        self._bar_rows, self._ranked = begin + 1, ranked[self._bars_top : self._bars_top + height]
        return fleet_plot.bars(self.line, self.boards, measure, room, self._fronts, self._place, self._bars_top)

    def _points(self, room: Room) -> list[Row]:
        assert self.line is not None
        drawn = fleet_plot.points(self.line, self.boards, room, self._fronts, self._place)
        self._spots = {} if drawn is None else {
            spot: place for spot, result in drawn.spots.items()
            for place, known in enumerate(self.line.results) if known is result
        }  # fmt: skip
        if drawn is not None:
            return drawn.rows
        why = fleet_plot.without_energy(self.line, room)
        return [*why, *self._bars(Room(room.width, room.height - len(why), room.glyphs), LATENCY, 1 + len(why))]

    # -- keys and mouse

    def show_as(self, shown: Shown) -> None:
        self.choice.shown, self._top, self._bars_top = shown, 0, 0
        self.redraw()

    def next_measure(self) -> None:
        choice, known = self.choice, draw.MEASURED
        if choice.shown == "points":
            return
        here = choice.measure
        if here is None:  # what is shown of itself
            here = self._layout.measures[-1] if choice.shown == "table" and self._layout.measures else LATENCY
        choice.measure = known[(known.index(here) + 1) % len(known)]
        self.redraw()

    def move(self, by: int) -> None:
        """The cursor among the cases."""
        if self.lines:
            self.choice.case = self.lines[min(len(self.lines) - 1, max(0, self._index + by))].key
            self.redraw()

    def across(self, by: int) -> None:
        """The cursor among the boards."""
        self.point_at(self._place + by)

    def point_at(self, place: int) -> None:
        self.choice.board = min(max(0, len(self.boards) - 1), max(0, place))
        self.redraw()

    def open(self) -> None:
        if self.board is not None:
            self.post_message(self.Opened(self.board.member.name))

    async def on_click(self, event: events.Click) -> None:
        """A board or a case takes the cursor, twice opens it; the words at the top change the view."""
        x, y = event.x - 2, event.y - 1  # inside the frame
        if y < 0:
            await super().on_click(event)
        elif y == 0:
            for begin, end, shown in self._tabs:
                if begin <= x < end:
                    self.show_as(shown)
        else:
            place = self._board_at(x, y)
            if self.choice.shown == "table" and self._body[0] <= y < self._body[1] and self.lines:
                self.choice.case = self.lines[self._top + y - self._body[0]].key
            self.point_at(self._place if place is None else place)
            if place is not None and event.chain > 1:
                self.open()

    def _board_at(self, x: int, y: int) -> int | None:
        if self._bar_rows <= y < self._bar_rows + len(self._ranked):
            return self._ranked[y - self._bar_rows]
        if self.choice.shown == "points":
            near = [spot for spot in self._spots if abs(spot[0] - x) <= 1 and spot[1] == y - 1]
            return self._spots[min(near, key=lambda spot: abs(spot[0] - x))] if near else None
        shown = self._layout.columns if self.choice.shown == "table" else ()
        return next((c.place for c in shown if c.begin - draw.GAP <= x < c.begin + c.width), None)


class FleetStatus(Canvas):
    framed = False

    def __init__(self) -> None:
        super().__init__(id="status")
        self.fleet = FleetSnapshot()
        self.view = View()

    def take(self, fleet: FleetSnapshot, snapshot: Snapshot, view: View) -> None:
        """``snapshot``: of the fleet as if it were one board, for a moment that is looked at."""
        self.fleet, self.snapshot, self.view = fleet, snapshot, view
        self.redraw()

    def rows(self, room: Room) -> list[Row]:
        if self.view.mode != "live":
            of = fleet_status.of_recording(self.fleet)
            return [status.moved(self.snapshot, self.view, room.width, room.glyphs, of)]
        return [fleet_status.draw(self.fleet, room.width, room.glyphs, time.strftime("%H:%M"))]
