"""The cases that are over: a table, one of them in full, lines along batch or input size, points of two measures."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from jetbench.analysis.measures import BY_NAME, MEASURES, PLOTTED, Measure, finished
from jetbench.analysis.series import ALONG
from jetbench.domain.results import CaseResult
from jetbench.session.snapshot import Snapshot
from jetbench.tui.bindings import KEYS, action, stepping
from jetbench.tui.draw import plot
from jetbench.tui.draw import results as draw
from jetbench.tui.draw.details import details
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.results import Layout, Sorting
from jetbench.tui.draw.status import simulated
from jetbench.tui.playing import Mode
from jetbench.tui.row import Row
from jetbench.tui.text import plural
from jetbench.tui.widgets.canvas import Canvas
from jetbench.tui.widgets.models import scrolled

Shown = Literal["table", "lines", "scatter"]
SHOWN: tuple[Shown, ...] = ("table", "lines", "scatter")
HINTS = {
    "table": "< > sort  d turn  enter details  esc back",
    "lines": "y measure  b batch or input  esc back",
    "scatter": "y x measures  up down case  esc back",
}
IN_FULL = "left right other case  esc back"
LEAST_FULL = 8  # rows below the table from which a case may have room in full
LEAST_PLOT = 24  # rows of a copied plot at least


class Choice(msgspec.Struct):
    """What a person chose with keys and mouse."""

    shown: Shown = "table"
    in_full: bool = False
    sorting: Sorting = Sorting()
    first: int = 1  # place of the first measure in view beside the model
    case: int | None = None  # id of the one under the cursor
    y: Measure = BY_NAME["latency_p50"]
    x: Measure = BY_NAME["macs"]  # items/s is the reciprocal of p50
    along: str = ALONG[0]
    all: bool = True  # in a recording: also those that ended after the moment that is looked at


class ResultsPane(Canvas, can_focus=True):
    title = ("r", "Results")

    def __init__(self) -> None:
        super().__init__(id="results")
        self.choice = Choice()
        self.mode: Mode = "live"
        self.results: tuple[CaseResult, ...] = ()  # in the order of the plan
        self.order: list[CaseResult] = []
        self._layout = Layout(0, ())
        self._top = self._below = 0
        self._tabs: list[tuple[int, int, Shown]] = []
        self._titles: list[draw.Spot] = []
        self._spots: dict[tuple[int, int], int] = {}  # cell of a letter in a plot: id of its case
        self._lines: tuple[int, int] = (0, 0)  # rows of the table in the pane: first and last + 1

    # -- what there is

    def take(self, snapshot: Snapshot, mode: Mode) -> None:
        """Draws if a case began, ended or was analysed anew, else nothing."""
        found = finished(snapshot.cases)
        alike = len(found) == len(self.results) and all(a is b for a, b in zip(found, self.results, strict=True))
        same = alike and len(snapshot.cases) == len(self.snapshot.cases) and mode == self.mode
        self.snapshot, self.results, self.mode = snapshot, found, mode
        if not same:
            self.sort()

    def sort(self) -> None:
        self.order = self.choice.sorting.of(self.results)
        self.redraw()

    @property
    def current(self) -> CaseResult | None:
        return self.order[self._index] if self.order else None

    @property
    def _index(self) -> int:
        return next((i for i, result in enumerate(self.order) if result.case.id == self.choice.case), 0)

    def hint(self) -> str:
        return IN_FULL if self.choice.in_full else HINTS[self.choice.shown]

    def more(self) -> str:
        if not self.order:
            return ""
        if self.choice.in_full and (self._below or self._top):
            return f"down  {self._below} below" if self._below else f"up  {self._top} above"
        words = f"{self._index + 1} of {len(self.order)}, {self.choice.sorting.words}"
        hidden = len(MEASURES) - 1 - self._layout.last
        if self.choice.shown == "table" and not self.choice.in_full and hidden:
            words += f"  right  {plural(hidden, 'column')} more"
        return words

    # -- drawing

    def rows(self, room: Room) -> list[Row]:
        head = self._head(room)
        room = Room(room.width, room.height - 1, room.glyphs)
        here, choice = self.current, self.choice
        if here is None:
            later = self.mode != "live" and not choice.all
            text = "none was over at this moment: a shows all" if later else "no case is over yet"
            return [head, room.row(), *room.paragraph(text, "muted")]
        if choice.in_full:
            return [head, *self._in_full(here, room)]
        if choice.shown == "table":
            return [head, *self._table(room)]
        room = Room(room.width, min(room.height, max(LEAST_PLOT, self.room.height - 1)), room.glyphs)
        if choice.shown == "lines":
            drawn = plot.along(self.results, choice.y, choice.along, room, here)
        else:
            drawn = plot.scattered(self.results, choice.x, choice.y, room, here)
        self._spots = {(x, y + 1): result.case.id for (x, y), result in drawn.spots.items()}
        return [head, *drawn.rows]

    def _head(self, room: Room) -> Row:
        row = room.row()
        self._tabs = []
        for number, shown in enumerate(SHOWN, 1):
            begin, here = row.used, shown == self.choice.shown
            row.put(str(number), "key").put(f" {shown}", "title" if here else "muted")
            self._tabs.append((begin, row.used, shown))
            row.gap(2)
        over = f"{len(self.results)} of {plural(len(self.snapshot.cases), 'case')}"
        if self.mode != "live":
            over = f"a all: {over}" if self.choice.all else f"a until here: {over}"
        words = [("SIMULATED", "warn")] if simulated(self.snapshot) else []
        words.append((over, "muted"))
        width = sum(len(text) + 2 for text, _ in words) - 2
        if width <= row.left:
            row.to(room.width - width)
            for text, role in words:
                row.put(text, role).gap(2)
        return row

    def _table(self, room: Room) -> list[Row]:
        sorting, index = self.choice.sorting, self._index
        self._layout = self._in_view(room)
        head, self._titles = draw.header(self._layout, sorting, room)
        foot = self._below_table(self.order[index], room)
        height = max(1, room.height - 1 - len(foot))
        self._top = scrolled(self._top, index, index + 1, len(self.order), height)
        rows = [
            draw.line(self.order[place], self._layout, room, place == index)
            for place in range(self._top, min(len(self.order), self._top + height))
        ]
        self._lines = (2, 2 + len(rows))
        if room.height < len(self.order) + len(foot) + 1 or len(foot) == 1:
            rows += [room.row() for _ in range(min(height, room.height) - len(rows))]
        return [head, *rows, *foot]

    def _below_table(self, result: CaseResult, room: Room) -> list[Row]:
        """All of the case under the cursor where it has room, else its name and what it lacks."""
        spare = room.height - 2 - len(self.order)
        if spare >= LEAST_FULL:
            rows = details(result, Room(room.width, spare, room.glyphs))
            if len(rows) <= spare:
                return [room.row().put(room.glyphs.axis * room.width, "frame"), *rows]
            told = draw.about(result, self._layout, room, padded=False)
            most = spare - len(told)
            if most >= 3:
                return [*told, *rows[1:most], room.row().put("enter", "key").put(f" {len(rows) - most} more", "muted")]
        return draw.about(result, self._layout, room)

    def _in_view(self, room: Room) -> Layout:
        """Columns from the first one chosen; from further right only if all of them fit at the left too."""
        layout = draw.laid_out(self.results, room, self.choice.first)
        while layout.last == len(MEASURES) - 1 and self.choice.first > 1:
            further = draw.laid_out(self.results, room, self.choice.first - 1)
            if further.last < layout.last:
                break
            self.choice.first -= 1
            layout = further
        return layout

    def _in_full(self, result: CaseResult, room: Room) -> list[Row]:
        rows = details(result, room)
        self._top = min(self._top, max(0, len(rows) - room.height))
        self._below = max(0, len(rows) - room.height - self._top)
        return rows[self._top :]

    # -- keys and mouse

    def show_as(self, shown: Shown) -> None:
        choice = self.choice
        choice.shown, choice.in_full, self._top = shown, False, 0
        if shown == "scatter" and choice.x is choice.y:  # which was chosen for lines
            choice.x = next(measure for measure in PLOTTED if measure is not choice.y)
        self.redraw()

    def move(self, by: int) -> None:
        """The cursor; in a case that is shown in full its lines."""
        if self.choice.in_full:
            self._top = min(self._top + self._below, max(0, self._top + by))
            self.redraw()
        else:
            self.point_at(self._index + by)

    def point_at(self, index: int) -> None:
        if self.order:
            self.choice.case = self.order[min(len(self.order) - 1, max(0, index))].case.id
            self.redraw()

    def across(self, by: int) -> None:
        """Other columns; in a case that is shown in full the case beside it."""
        if self.choice.in_full:
            self._top = 0
            self.point_at(self._index + by)
        elif self.choice.shown == "table" and not (by > 0 and self._layout.last == len(MEASURES) - 1):
            self.choice.first = max(1, self.choice.first + by)
            self.redraw()

    def sort_by(self, sorting: Sorting) -> None:
        """Its column comes into view."""
        choice, place = self.choice, sorting.place
        choice.sorting = sorting
        if place:
            choice.first = min(choice.first, place)
            while draw.laid_out(self.results, self.room, choice.first).last < place:
                choice.first += 1
        self.sort()

    def open(self) -> None:
        if self.order:
            self.choice.case = self.order[self._index].case.id
            self.choice.in_full, self._top = True, 0
            self.redraw()

    def close(self) -> bool:
        """Whether a case was shown in full."""
        was, self.choice.in_full, self._top = self.choice.in_full, False, 0
        self.redraw()
        return was

    async def on_click(self, event: events.Click) -> None:
        """A title sorts; a line or a letter takes the cursor, twice opens it; the words at the top change the view."""
        x, y = event.x - 2, event.y - 1  # inside the frame
        if y == 0:
            for begin, end, shown in self._tabs:
                if begin <= x < end:
                    self.show_as(shown)
        elif self.choice.shown == "table" and not self.choice.in_full:
            if y == 1:
                for begin, end, place in self._titles:
                    if begin <= x < end:
                        self.sort_by(self.choice.sorting.by(place))
            elif self._lines[0] <= y < self._lines[1]:
                self._take(self._top + y - self._lines[0], event.chain > 1)
        elif not self.choice.in_full:
            near = [spot for spot in self._spots if abs(spot[0] - x) <= 1 and spot[1] == y]
            if near:
                case = self._spots[min(near, key=lambda spot: abs(spot[0] - x))]
                self._take(next(i for i, each in enumerate(self.order) if each.case.id == case), event.chain > 1)

    def _take(self, index: int, opened: bool) -> None:
        self.point_at(index)
        if opened:
            self.open()


class ResultsScreen(Screen[None]):
    CSS_PATH = "results.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("less_than_sign", "sort(-1)", show=False),
        Binding("greater_than_sign", "sort(1)", show=False),
        Binding("d", "turn", show=False),
        Binding("left", "across(-1)", show=False),
        Binding("right", "across(1)", show=False),
        *(Binding(key, run, show=False) for key, run in stepping()),
        Binding("enter", "open", show=False),
        Binding("1", "view('table')", show=False),
        Binding("2", "view('lines')", show=False),
        Binding("3", "view('scatter')", show=False),
        Binding("y", "measure('y')", show=False),
        Binding("x", "measure('x')", show=False),
        Binding("b", "along", show=False),
        Binding("a", "all", show=False),
        Binding("escape,q", "back", show=False),
        *(
            Binding(key.keys, "dismiss" if key.id == "results" else action(key), id=key.id, show=False)
            for key in KEYS
            if key.id in ("results", "copy", "export", "theme", "help")
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.pane = ResultsPane()
        self._pictures: tuple[Snapshot, Snapshot, Mode] = (Snapshot(), Snapshot(), "live")

    def compose(self) -> ComposeResult:
        yield self.pane

    def focused_pane(self) -> Canvas:
        return self.pane

    def follow(self, looked_at: Snapshot, newest: Snapshot, mode: Mode) -> None:
        self._pictures = (looked_at, newest, mode)
        self.pane.take(newest if self.pane.choice.all else looked_at, mode)

    def action_all(self) -> None:
        if self._pictures[2] != "live":
            self.pane.choice.all = not self.pane.choice.all
            self.follow(*self._pictures)
            self.pane.redraw()

    def action_sort(self, by: int) -> None:
        self.pane.sort_by(self.pane.choice.sorting.next(by))

    def action_turn(self) -> None:
        self.pane.sort_by(self.pane.choice.sorting.turned())

    def action_across(self, by: int) -> None:
        self.pane.across(by)

    def action_move(self, by: int) -> None:
        self.pane.move(by)

    def action_open(self) -> None:
        self.pane.open()

    def action_view(self, shown: Shown) -> None:
        self.pane.show_as(shown)

    def action_measure(self, axis: str) -> None:
        """The next one, which is not the one of the other axis."""
        choice = self.pane.choice
        own, other = (choice.y, choice.x) if axis == "y" else (choice.x, choice.y)
        if choice.shown == "table" or (choice.shown == "lines" and axis == "x"):
            return
        taken = other if choice.shown == "scatter" else None
        places = [measure for measure in PLOTTED if measure is own or measure is not taken]
        setattr(choice, axis, places[(places.index(own) + 1) % len(places)])
        self.pane.redraw()

    def action_along(self) -> None:
        if self.pane.choice.shown == "lines":
            self.pane.choice.along = ALONG[1 - ALONG.index(self.pane.choice.along)]
            self.pane.redraw()

    def action_back(self) -> None:
        if not self.pane.close():
            self.dismiss()
