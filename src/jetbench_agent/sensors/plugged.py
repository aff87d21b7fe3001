"""Sensors of other packages (docs/extending.md), each in a thread of its own from its first line on.

What one raises costs its own columns. One that does not come back at the start is left out; later its readings go
stale, and the others go on. Their channels take no part in the total power, in the cool-down or in any flag.
"""

import math
import re
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from jetbench_agent import plugins

from .aside import Aside
from .files import LARGEST, MEANINGS, Reading, Root, clean, monotonic_ns, reason_of
from .source import Source, channel

PREFIX = "plugin."  # of the ids of their channels; none of ours begins so
QUANTITY = "other"  # whatever it is: nothing is concluded from it
PATIENCE_S = 5.0  # to be imported and to give its first readings
RESOLUTION = 1e-3
MOST_CHANNELS = 64
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")


def begin(root: Root) -> Tuple[List["Asked"], List[str]]:
    """What is installed, asked meanwhile: a module of sensors each, and what is wrong with others."""
    found, wrong = plugins.look(plugins.SENSORS)
    return [Asked(plugin, root.prefix) for plugin in found], wrong


class Asked:
    """A plug-in as a module of sensors: sensor_board.MODULES has such."""

    def __init__(self, plugin: Any, prefix: str) -> None:
        self.__name__ = "plug-in " + plugin.name
        self._plugin, self._prefix = plugin, prefix
        self._found: List[Tuple[Source, int, List[Reading]]] = []
        self._error: Optional[str] = None
        self._until = time.monotonic() + PATIENCE_S
        self._thread = threading.Thread(target=self._ask, name=self.__name__, daemon=True)
        self._thread.start()

    def discover(self, _root: Root) -> List[Source]:
        """Raises PluginError."""
        self._thread.join(max(0.0, self._until - time.monotonic()))
        if self._thread.is_alive():
            text = "%s: it has not answered within %.0f s: left out"
            raise plugins.PluginError(text % (plugins.called(self._plugin), PATIENCE_S))
        if self._error is not None:
            raise plugins.PluginError(clean(self._error))
        return [Aside(*found) for found in self._found]

    def facts(self, _root: Root) -> Dict[str, Any]:
        return {"plugins": {self._plugin.name: plugins.told(self._plugin)}}

    def _ask(self) -> None:
        try:
            given = plugins.load(self._plugin)(self._prefix)
            for source in _sources(self._plugin, given):
                begun = monotonic_ns()
                readings = source.read()
                self._found.append((source, monotonic_ns() - begun, readings))
        except plugins.PluginError as error:
            self._error = str(error)
        except (Exception, SystemExit) as error:
            self._error = "%s: %s" % (plugins.called(self._plugin), plugins.said(error))


def _sources(plugin: Any, given: Any) -> List["Given"]:
    """Raises whatever something else than ``[(channels, read), ...]`` leads to."""
    made, names = [], set()
    for channels, read in given:
        if not callable(read):
            raise TypeError("read is a %s, which cannot be called" % type(read).__name__)
        columns = [_column(plugin, one) for one in channels]
        for column in columns:
            if column["id"] in names or len(names) >= MOST_CHANNELS:
                raise ValueError("channel %s: named twice, or one of over %d" % (column["name"], MOST_CHANNELS))
            names.add(column["id"])
        if columns:
            made.append(Given(plugin, columns, read))
    return made


def _column(plugin: Any, one: Dict[str, Any]) -> Dict[str, Any]:
    name, resolution = one["name"], float(one.get("resolution", RESOLUTION))
    if not _NAME.match(name):
        raise ValueError("a channel's name is letters, digits, _ and -, 40 at most: %r" % (name,))
    if not 1e-9 <= resolution <= 1e9:
        raise ValueError("channel %s: no such resolution: %r" % (name, resolution))
    where = clean(str(one.get("source", "")))
    source = "%s %s%s" % (plugin.package, plugin.version, ": " + where if where else "")
    ident = "%s%s.%s" % (PREFIX, plugin.name, name)
    return channel(ident, QUANTITY, clean(str(one.get("unit", "")))[:12], resolution, source)


class Given(Source):
    """Channels that a plug-in reads together. ``read()`` gives a value each, in their units."""

    def __init__(self, plugin: Any, columns: List[Dict[str, Any]], read: Callable[[], Any]) -> None:
        Source.__init__(self, columns)
        self._called, self._read = plugins.called(plugin), read

    def read(self) -> List[Reading]:
        try:
            values = list(self._read())
            if len(values) != len(self.channels):
                raise ValueError("read gave %d values for %d channels" % (len(values), len(self.channels)))
        except OSError as error:
            return [reason_of(error)] * len(self.channels)
        except (Exception, SystemExit) as error:
            self.problems = (clean("%s: %s" % (self._called, plugins.said(error))),)
            return ["read_error"] * len(self.channels)
        return [_reading(value, column["scale"]) for value, column in zip(values, self.channels)]


def _reading(value: Any, scale: float) -> Reading:
    """A value in its unit as a reading; a reason code stays one; what is neither is an error."""
    if isinstance(value, str):
        return value if value in MEANINGS else "read_error"
    try:
        number = float(value) / scale
    except (TypeError, ValueError, OverflowError):
        return "read_error"
    return int(round(number)) if math.isfinite(number) and abs(number) < LARGEST else "read_error"
