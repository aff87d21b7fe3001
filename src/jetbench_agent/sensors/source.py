"""What a source of readings is: the seam at which a new sensor is added.

A module of a source has ``discover(root) -> list of Source`` and, where it knows something that stays the same for a
session, ``facts(root) -> dict``; it is listed in ``sensor_board.MODULES``. Nothing else has to know it.
"""

from typing import Any, Dict, List, Optional, Tuple

from .accuracy import assumed
from .files import KeptFile, Reading


def channel(
    ident: str,
    quantity: str,
    unit: str,
    scale: float = 1.0,
    source: str = "",
    reason: Optional[str] = None,
    hint: Optional[str] = None,
    limit: Optional[float] = None,
    name: str = "",
    critical: Optional[float] = None,
) -> Dict[str, Any]:
    """A column of the telemetry row, in the shape of ``Channel`` in the stream.

    A reading times ``scale`` is in ``unit``, and so are ``limit`` and ``critical``. ``reason`` says that
    the column can never give a value here. The name is what stands behind the first dot of the id, if not given.
    """
    made = {"id": ident, "quantity": quantity, "name": name or ident.split(".", 1)[1], "unit": unit, "scale": scale}
    more = {"source": source or None, "reason": reason, "hint": hint, "limit": limit, "critical": critical}
    made.update((key, value) for key, value in more.items() if value is not None)
    return made


class Source:
    """Columns that are read together. ``read`` gives one reading a column, in their order, and does not raise.

    ``rail``: the label of a power rail, for the total; its power is then the first column. A source of several rails
    overrides ``rails``. ``throttle``: (now, active, notices, reason) as of the last read, of a source that
    ``knows_throttle``; None where it has nothing to say just now, which alone is no "not throttled".
    """

    knows_throttle = False
    rail: Optional[str] = None
    driver: Optional[str] = None
    throttle: Optional[tuple] = None
    no_power: Optional[Tuple[str, str]] = None  # (reason code, sentence): why this board has no total power
    alone: Optional[str] = None  # why the throttle state is unknown where no other source knows it
    problems: Tuple[str, ...] = ()  # what a person should know before measuring
    update_ms: Optional[int] = None  # how often a monitor of power has something new, as far as it is known

    def __init__(self, channels: List[Dict[str, Any]]) -> None:
        self.channels = channels
        self.facts: Dict[str, Any] = {}

    def read(self) -> List[Reading]:
        raise NotImplementedError

    def repeated(self) -> None:
        """A tick passed without a read: what happened in the tick before is over."""

    def rails(self) -> List[Tuple[str, Optional[str], int]]:
        """(label, driver, column) of each power rail."""
        return [] if self.rail is None else [(self.rail, self.driver, 0)]

    def accuracy(self) -> Dict[str, Any]:
        """How well its power is known: accuracy.py says in which shape."""
        return assumed("this sensor")

    def files(self) -> List[KeptFile]:
        """The files without which there is nothing to read."""
        return []

    def gone(self) -> bool:
        """Whether all of its files were there and are no more."""
        files = self.files()
        return bool(files) and all(file.gone for file in files)


class OneFile(Source):
    """A column that is the integer in a file."""

    def __init__(self, column: Dict[str, Any], file: KeptFile) -> None:
        Source.__init__(self, [column])
        self.file = file

    def read(self) -> List[Reading]:
        return [self.file.integer()]

    def files(self) -> List[KeptFile]:
        return [self.file]


class Silent(Source):
    """Columns that exist on the board and can give no value; each says why."""

    def read(self) -> List[Reading]:
        return [column["reason"] for column in self.channels]


class Lacking(Source):
    """No column, and why this board has no total power."""

    def __init__(self, reason: str, text: str) -> None:
        Source.__init__(self, [])
        self.no_power = (reason, text)

    def read(self) -> List[Reading]:
        return []


class Wrapped(Source):
    """Another source, with all that it is."""

    def __init__(self, source: Source) -> None:
        Source.__init__(self, source.channels)
        self.source = source
        self.knows_throttle, self.alone, self.no_power = source.knows_throttle, source.alone, source.no_power
        self.rail, self.driver = source.rail, source.driver
        self.facts, self.problems, self.update_ms = source.facts, source.problems, source.update_ms

    @property
    def throttle(self) -> Optional[tuple]:  # type: ignore[override]
        return self.source.throttle

    def repeated(self) -> None:
        self.source.repeated()

    def rails(self) -> List[Tuple[str, Optional[str], int]]:
        return self.source.rails()

    def accuracy(self) -> Dict[str, Any]:
        return self.source.accuracy()

    def files(self) -> List[KeptFile]:
        return self.source.files()


class Slow(Wrapped):
    """Another source, read at most once in ``seconds``; in between its last readings are repeated."""

    def __init__(self, source: Source, seconds: float, clock) -> None:
        Wrapped.__init__(self, source)
        self.due = clock()  # type: int
        self._period = int(seconds * 1e9)
        self._clock = clock
        self._last: Optional[List[Reading]] = None

    @property
    def period(self) -> float:
        """Seconds."""
        return self._period / 1e9

    def refresh(self) -> None:
        """The next read is a real one."""
        self.due = 0
        if isinstance(self.source, Slow):
            self.source.refresh()

    def read(self) -> List[Reading]:
        now = self._clock()
        if self._last is None or now >= self.due:
            self._last = self.source.read()
            self.due = now + self._period
        else:
            self.source.repeated()
        return list(self._last)
