"""NVIDIA graphics cards through NVML, the library of the driver (docs.nvidia.com/deploy/nvml-api).

Loaded with ctypes, and of the running machine only. A card counts once it has answered with something that can be true:
on Orin the library starts well and then every query is "not supported". Where the GPU of a Jetson Thor hides its load
from sysfs, it stands here.
"""

from typing import Any, Callable, Dict, List, Optional, Tuple

from . import gpu
from .accuracy import assumed
from .board import tree_strings
from .files import Reading, Root, clean
from .source import Slow, Source, channel

LIBRARY = "libnvidia-ml.so.1"
DRIVER = "nvml"
ALONE = "the graphics card is not throttled (NVML); of the processor nothing is visible"
MOST_CARDS = 16

_NODES = ("dev/nvidiactl", "dev/nvidia0", "dev/dxg", "proc/driver/nvidia/version", "dev/nvhost-ctrl-gpu")
_SM = 1  # nvmlClockType_t
_CORE = 0  # nvmlTemperatureSensors_t
_REASONS = (  # nvmlClocksEventReasons; the others (idle, application clocks, sync boost, display) slow nothing down
    (0x4, "power cap (NVML)"),
    (0x8, "hardware slowdown (NVML)"),
    (0x20, "thermal slowdown by software (NVML)"),
    (0x40, "thermal slowdown by hardware (NVML)"),
    (0x80, "power brake (NVML)"),
)
_CODES = {3: "no_sensor", 4: "no_permission"}

Query = Callable[[], Reading]


class Card(Source):
    """One card: a column a query that gave a value when it was found."""

    driver = DRIVER
    alone = ALONE
    update_ms = 100

    def __init__(self, columns: List[Dict[str, Any]], queries: List[Query], reasons: Optional[Query]) -> None:
        Source.__init__(self, columns)
        self._queries = queries
        self._reasons = reasons
        self.knows_throttle = reasons is not None
        if columns and columns[0]["quantity"] == "power":
            self.rail = columns[0]["name"]

    def read(self) -> List[Reading]:
        if self._reasons is not None:
            bits = self._reasons()
            active = [] if type(bits) is str else [name for bit, name in _REASONS if bits & bit]
            self.throttle = (True, active, [], None) if active else None
        return [query() for query in self._queries]

    def accuracy(self) -> Dict[str, Any]:
        return assumed("power of a graphics card through NVML")


class Library:
    """The functions of NVML that are used, each a call that returns its figure or a reason code."""

    def __init__(self, path: str) -> None:
        """Raises OSError where there is no such library, or it does not start."""
        import ctypes

        self._c = ctypes
        self._dll = ctypes.CDLL(path)
        status = self._start()
        if status != 0:
            raise OSError("NVML does not start: %d" % status)

    def _start(self) -> int:
        call = self._function("nvmlInit_v2", "nvmlInit")
        return 1 if call is None else call()

    def close(self) -> None:
        call = self._function("nvmlShutdown")
        if call is not None:
            call()

    def _function(self, *names: str) -> Any:
        """The first of these that the driver has; it may be older than any of them."""
        for name in names:
            try:
                return getattr(self._dll, name)
            except AttributeError:
                pass
        return None

    def cards(self) -> List[Any]:
        count = self._c.c_uint(0)
        call = self._function("nvmlDeviceGetCount_v2", "nvmlDeviceGetCount")
        get = self._function("nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex")
        if call is None or get is None or call(self._c.byref(count)) != 0:
            return []
        found = []
        for place in range(min(count.value, MOST_CARDS)):
            handle = self._c.c_void_p()
            if get(self._c.c_uint(place), self._c.byref(handle)) == 0:
                found.append(handle)
        return found

    def name(self, handle: Any) -> str:
        text = self._c.create_string_buffer(96)
        call = self._function("nvmlDeviceGetName")
        if call is None or call(handle, text, self._c.c_uint(96)) != 0:
            return ""
        return clean(text.value.decode("utf-8", "replace"))

    def query(self, handle: Any, names: Tuple[str, ...], lowest: int, highest: int, **how: Any) -> Query:
        """A call that asks one number. ``argument`` goes before it, ``wide`` is 64 bits, ``factor`` makes it raw."""
        call = self._function(*names)
        if call is None:
            return lambda: "no_sensor"
        answer = (self._c.c_ulonglong if how.get("wide") else self._c.c_uint)()
        here = self._c.byref(answer)
        arguments = (handle, here) if "argument" not in how else (handle, self._c.c_uint(how["argument"]), here)
        factor = how.get("factor", 1)

        def ask() -> Reading:
            status = call(*arguments)
            if status != 0:
                return _CODES.get(status, "read_error")
            return answer.value * factor if lowest <= answer.value <= highest else "read_error"

        return ask

    def load(self, handle: Any) -> Query:
        """nvmlUtilization_t is (gpu, memory) in per cent."""
        call = self._function("nvmlDeviceGetUtilizationRates")
        if call is None:
            return lambda: "no_sensor"
        answer = (self._c.c_uint * 2)()

        def ask() -> Reading:
            status = call(handle, answer)
            if status != 0:
                return _CODES.get(status, "read_error")
            return answer[0] * 10 if answer[0] <= 100 else "read_error"

        return ask


def discover(root: Root, path: Optional[str] = None) -> List[Source]:
    path = path or library(root)
    if path is None:
        return []
    try:
        nvml = Library(path)
    except OSError:
        return []
    root.closing.append(nvml.close)
    handles = nvml.cards()
    found: List[Source] = []
    for place, handle in enumerate(handles):
        card = _card(root, nvml, handle, "gpu" if len(handles) == 1 else "gpu%d" % place)
        if card is not None:
            found.append(Slow(card, 0.09, root.clock))
    return found


def library(root: Root) -> Optional[str]:
    """What to load. Jetsons before Thor have nothing to tell, and other machines are spared the ctypes."""
    chips = [name for name in tree_strings(root, "compatible") if name.startswith("nvidia,tegra")]
    useless = bool(chips) and "nvidia,tegra264" not in chips
    if not root.is_real or useless or not any(root.exists(node) for node in _NODES):
        return None
    return LIBRARY


def _card(root: Root, nvml: Library, handle: Any, label: str) -> Optional[Source]:
    def ask(name: str, lowest: int, highest: int, **how: Any) -> Query:
        return nvml.query(handle, (name,), lowest, highest, **how)

    def column(kind: str, quantity: str, unit: str, scale: float, **more: Any) -> Dict[str, Any]:
        return channel(kind + "." + label, quantity, unit, scale, "nvml " + label, **more)

    own = gpu.node(root) is not None  # its clock stands in sysfs
    power = ask("nvmlDeviceGetPowerUsage", 100, 5000000, factor=1000)
    energy = ask("nvmlDeviceGetTotalEnergyConsumption", 1, 1 << 52, wide=True)
    heat = ask("nvmlDeviceGetTemperature", 1, 150, argument=_CORE, factor=1000)
    clock = ask("nvmlDeviceGetClockInfo", 1, 10000, argument=_SM, factor=1000000)
    highest = nvml.query(handle, ("nvmlDeviceGetMaxClockInfo",), 1, 10000, argument=_SM, factor=1000000)()
    load = nvml.load(handle)
    if all(type(query()) is str for query in (power, heat, clock)):
        return None
    limit = highest / 1e6 if type(highest) is int else None
    wanted = [
        (power, column("power", "power", "W", 1e-6)),
        (energy, column("energy", "energy", "J", 1e-3)),
        (heat, column("temp", "temperature", "C", 1e-3)),
        (None if own else clock, column("clock", "clock", "MHz", 1e-6, limit=limit)),
        (None if own and _has_load(root) else load, column("load", "load", "%", 0.1)),
    ]
    kept = [(query, made) for query, made in wanted if query is not None and type(query()) is int]
    reasons = nvml.query(handle, _EVENTS, 0, (1 << 64) - 1, wide=True)
    source = Card([made for _, made in kept], [q for q, _ in kept], reasons if type(reasons()) is int else None)
    name = nvml.name(handle) or label
    source.facts = {"nvml": {label: name}}
    if not own and label in ("gpu", "gpu0"):
        maximum = highest if type(highest) is int else None
        source.facts["gpu"] = {"name": name, "min_hz": None, "max_hz": maximum, "governor": None}
    return source


_EVENTS = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")


def _has_load(root: Root) -> bool:
    folder = gpu.node(root)
    places = ([folder + "/device"] if folder else []) + list(gpu.ALIASES)
    return any(root.exists(place + "/load") for place in places)
