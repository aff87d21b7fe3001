"""Counters of throttling: one that rose within the last tick says that the board was slowed down in it.

A total from before says nothing, so the first reading is where counting begins.
"""

from typing import Any, Dict, List, Tuple

from .files import KeptFile, Reading
from .source import Source

Counter = Tuple[Dict[str, Any], List[KeptFile], str]  # column, the files it is the sum of, cause ("" for none)


class Counters(Source):
    """Counters that are read together. ``tells_no``: that none rose means that nothing was slowed down."""

    knows_throttle = True

    def __init__(self, counters: List[Counter], tells_no: bool = False) -> None:
        Source.__init__(self, [column for column, _, _ in counters])
        self._sums = [files for _, files, _ in counters]
        self._causes = [cause for _, _, cause in counters]
        self._before: List[Any] = [None] * len(counters)
        self._quiet = (False, [], [], None) if tells_no else None
        self._unreadable = (None, [], [], "the throttle counters cannot be read") if tells_no else None

    def read(self) -> List[Reading]:
        readings = [_sum(files) for files in self._sums]
        rose = []
        for place, reading in enumerate(readings):
            if type(reading) is int:
                before, self._before[place] = self._before[place], reading
                if self._causes[place] and before is not None and reading > before:
                    rose.append(self._causes[place])
        if rose:
            self.throttle = (True, list(dict.fromkeys(rose)), [], None)
        else:
            readable = any(type(reading) is int for reading in readings)
            self.throttle = self._quiet if readable else self._unreadable
        return readings

    def repeated(self) -> None:
        if self.throttle is not None and self.throttle[0]:
            self.throttle = self._quiet

    def files(self) -> List[KeptFile]:
        return [file for files in self._sums for file in files]


def _sum(files: List[KeptFile]) -> Reading:
    """One that cannot be read: no sum, or the next one would seem to have risen."""
    total = 0
    for file in files:
        value = file.integer()
        if type(value) is str:
            return value
        if value < 0:
            return "read_error"
        total += value
    return total
