"""A board and what is added to it from outside: an external meter, jtop, powertop. The same interface as the board."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

from .bounds import raw_bounds
from .files import Reading
from .source import channel

TOTAL = "power.total"
OWN = "power.board"  # the total that the board itself has, where an external meter gives another


class Addition(object):
    """Something beside the board that gives readings. It is started before it is asked and never blocks in ``read``."""

    channels: Sequence[Dict[str, Any]] = ()
    facts: Dict[str, Any] = {}
    problems: Sequence[str] = ()
    method: Optional[str] = None  # set where it can give the total power
    scope: Optional[str] = None
    source = ""
    hint: Optional[str] = None  # what to look at where it gives no total
    monitor: Dict[str, Any] = {}  # update_ms and accuracy of its total, as far as they are known
    replaces = False  # the board's own total, where it has one

    def read(self) -> List[Reading]:
        """One reading a channel, in their order."""
        return []

    def row(self, values: List[Optional[int]], why: Dict[str, str]) -> None:
        """The board's own readings of this tick, before anything is asked."""

    def watts(self) -> Reading:
        """Microwatts of the total."""
        return "no_sensor"

    def close(self) -> None:
        pass


class ExtendedBoard(object):
    def __init__(self, board: Any, additions: Sequence[Addition]) -> None:
        self._board = board
        self._additions = list(additions)
        self._described = board.describe()
        own = next((column for column in self._described["channels"] if column["id"] == TOTAL), None)
        has_own = own is not None and "reason" not in own
        self._meter = next((a for a in self._additions if a.method and (a.replaces or not has_own)), None)
        self._own = dict(own, id=OWN, name="board") if has_own and self._meter is not None else None
        if self._own is not None:
            self._own.update(hint="the board's own total: %s" % self._described["power"].get("scope"))
        self._columns = self._described["channels"] + ([self._own] if self._own else []) + self._added()
        self._total = next((place for place, column in enumerate(self._columns) if column["id"] == TOTAL), None)
        self._bounds = [raw_bounds(column) for column in self._columns]

    def _added(self) -> List[Dict[str, Any]]:
        """A name that the board has already is numbered."""
        taken = {column["id"] for column in self._described["channels"]}
        columns = []
        for addition in self._additions:
            for column in addition.channels:
                ident, number = column["id"], 1
                while ident in taken:
                    number += 1
                    ident = "%s-%d" % (column["id"], number)
                taken.add(ident)
                columns.append(dict(column, id=ident))
        return columns

    def describe(self) -> Dict[str, Any]:
        described = dict(self._described, channels=list(self._columns))
        described["facts"] = dict(described["facts"])
        described["problems"] = list(described["problems"])
        for addition in self._additions:
            described["facts"].update(addition.facts)
            described["problems"] += addition.problems
        meter = self._meter
        if meter is not None:
            unresolved = described["power"].get("reason_text")
            described["problems"] = [text for text in described["problems"] if text != unresolved]
            described["power"] = {"method": meter.method, "scope": meter.scope, "reason": None, "reason_text": None}
            total = channel(TOTAL, "power", "W", 1e-6, meter.source or meter.method or "", hint=meter.hint)
            described["channels"] = [total if c["id"] == TOTAL else c for c in described["channels"]]
            # Neither the rails nor the energy counters of the board's own total belong to this one.
            described["facts"]["power"] = dict(meter.monitor, meter=meter.method)
        return described

    def settings(self) -> Dict[str, Any]:
        found = dict(self._board.settings())
        for addition in self._additions:
            found.update(getattr(addition, "settings", dict)())
        return found

    def read(self, fresh: bool = False) -> Tuple[List[Optional[int]], Dict[str, str]]:
        values, why = self._board.read(fresh)
        row: List[Any] = list(values)
        if self._meter is not None and self._total is not None:
            missing = why.pop(TOTAL, "read_error")
            own, row[self._total] = row[self._total], _safely(self._meter, values, why)
            if self._own is not None:
                row.append(missing if own is None else own)
        for addition in self._additions:
            try:
                row += addition.read()
            except Exception:  # what is added must not cost the board its row
                row += ["read_error"] * len(addition.channels)
        for place, (low, high) in enumerate(self._bounds):
            reading = row[place]
            if type(reading) is int and not low <= reading <= high:
                reading = row[place] = "read_error"
            if type(reading) is str:
                why[self._columns[place]["id"]] = reading
                row[place] = None
        return row, why

    def overdue(self) -> bool:
        """As of the board."""
        overdue = getattr(self._board, "overdue", None)
        return bool(overdue and overdue())

    def throttle(self) -> Any:
        return self._board.throttle()

    def set_load(self, share: float) -> None:
        set_load = getattr(self._board, "set_load", None)
        if set_load is not None:
            set_load(share)

    def take_logs(self) -> List[str]:
        """What the board has to say since it was asked last."""
        return getattr(self._board, "take_logs", list)()

    def close(self) -> None:
        for addition in self._additions:
            addition.close()
        self._board.close()


def _safely(meter: Addition, values: List[Optional[int]], why: Dict[str, str]) -> Reading:
    try:
        meter.row(values, why)
        return meter.watts()
    except Exception:
        return "read_error"
