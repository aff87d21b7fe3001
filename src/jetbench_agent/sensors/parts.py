"""The sources of one module: found at the start, and found again when the kernel has renumbered them."""

import time
from typing import Any, Dict, List, Optional, Tuple

from . import cooling
from .aside import Aside, Hung, innermost
from .files import KeptFile, Reading, Root
from .source import Source

_PATIENCE = 3  # ticks that a source is gone before it is looked for; twice as many each time it is not found
_LONGEST = 600

Key = Tuple[str, int]


class Part:
    def __init__(self, root: Root, module: Any) -> None:
        """Raises whatever ``discover`` raises."""
        self.name = module.__name__.rsplit(".", 1)[-1]
        self._root, self._module = root, module
        self.sources: List[Source] = []
        self._files: List[KeptFile] = []
        self._lost, self._patience = 0, _PATIENCE
        self.sources, self._files = self._found()
        self.channels = [column for source in self.sources for column in source.channels]
        self._keys = _keys(self.sources)

    def _found(self) -> Tuple[List[Source], List[KeptFile]]:
        mark = self._root.mark()
        return self._module.discover(self._root), self._root.since(mark)

    def rediscovered(self) -> bool:
        """To be called in ticks in which something could not be read. True: the sources are others now."""
        if self.is_whole():
            self._lost, self._patience = 0, _PATIENCE
            return False
        self._lost += 1
        if self._lost < self._patience:
            return False
        self._lost, self._patience = 0, min(_LONGEST, 2 * self._patience)
        try:
            found, files = self._found()
        except Exception:  # half of a device is there
            return False
        if not found:
            self._root.forget(files)
            return False
        for source in self.sources:
            if isinstance(source, Aside):
                source.end()
        self._root.forget(self._files)
        self._files = files
        self.sources = [Replaced(self.channels, self._keys, found, self._root)]
        return True

    def is_whole(self) -> bool:
        return not any(source.gone() for source in self.sources)


class Replaced(Source):
    """Sources that were found again: their columns stay where they were, by id."""

    def __init__(self, channels: List[Dict[str, Any]], keys: List[Key], sources: List[Source], root: Root) -> None:
        Source.__init__(self, channels)
        places = {key: place for place, key in enumerate(_keys(sources))}
        self._places = [places.get(key) for key in keys]
        self._sources, self._root = sources, root
        self.knows_throttle = any(source.knows_throttle for source in sources)

    def read(self) -> List[Reading]:
        readings: List[Reading] = []
        for source in self._sources:
            readings += source.read()
        return ["read_error" if place is None else readings[place] for place in self._places]

    @property
    def throttle(self) -> Optional[tuple]:  # type: ignore[override]
        states = [source.throttle for source in self._sources if source.knows_throttle]
        return cooling.merged(states, self._root) if any(state is not None for state in states) else None

    def gone(self) -> bool:
        return None in self._places or any(source.gone() for source in self._sources)


def cost_us(source: Source) -> float:
    """Microseconds of wall clock that a read takes: the median of three."""
    if isinstance(source, (Hung, Aside)):  # its own thread knows
        return source.cost_ns / 1e3
    source = innermost(source)
    costs = []
    for _ in range(3):
        begun = time.perf_counter()
        try:
            source.read()
        except Exception:  # its columns say so
            pass
        costs.append(time.perf_counter() - begun)
    return sorted(costs)[1] * 1e6


def _keys(sources: List[Source]) -> List[Key]:
    """(id, how many had it before) of every column, as its module named it."""
    counts: Dict[str, int] = {}
    keys = []
    for source in sources:
        for column in source.channels:
            ident = column["id"]
            keys.append((ident, counts.get(ident, 0)))
            counts[ident] = counts.get(ident, 0) + 1
    return keys
