"""The closed vocabulary of the stream: what the agent sends, what a recording holds.

Every event is one JSON object on one line. ``k`` names its kind, ``n`` is the agent's sequence
number (0 for events the screen side adds), ``t`` is CLOCK_MONOTONIC in nanoseconds on the machine
measured. Times and readings are integers on the wire: exact, and several times cheaper than floats
in the standard library's JSON, which is all that the board side has.
"""

from __future__ import annotations

from functools import cache

import msgspec

from jetbench.domain.board_events import (
    Board,
    Channel,
    ModelEntry,
    Models,
    PackFile,
    PowerRule,
    Remote,
    Settings,
    Software,
    Telemetry,
    Throttle,
)
from jetbench.domain.check_events import Check
from jetbench.domain.event_base import Event, Natural, Whole
from jetbench.domain.model_events import Count, Layer, Model
from jetbench.domain.plan_events import Case, Fault, Overhead, Protocol, Ready, RunEnd, RunStart
from jetbench.domain.recording_events import Checkpoint, Header, Mark, Part, Resume
from jetbench.domain.variant_events import Agreement, Data, Hits
from jetbench.domain.why_events import Calibration, Experiment, OpClass, Profile

__all__ = [
    "Agreement",
    "AnyEvent",
    "Board",
    "Calibration",
    "Case",
    "CaseEnd",
    "CaseStart",
    "Channel",
    "Check",
    "Checkpoint",
    "Count",
    "Data",
    "Event",
    "Experiment",
    "Fault",
    "Forecast",
    "Header",
    "Hits",
    "Latency",
    "Layer",
    "Log",
    "Mark",
    "Memory",
    "Model",
    "ModelEntry",
    "Models",
    "OpClass",
    "Overhead",
    "PackFile",
    "Part",
    "PowerRule",
    "Profile",
    "Protocol",
    "Ready",
    "Remedy",
    "Remote",
    "Resume",
    "Rule",
    "RunEnd",
    "RunStart",
    "Settings",
    "Software",
    "Stage",
    "Telemetry",
    "Throttle",
    "Transfer",
    "decode",
    "encode",
]


class CaseStart(Event, tag="case", frozen=True):
    c: int
    r: int = 0
    pid: int | None = None


class Stage(Event, tag="stage", frozen=True):
    """A named part of a case. Without ``ns`` it begins, with ``ns`` it is over."""

    c: int | None = None  # None: belongs to the parent that all cases share
    r: int = 0
    # spawn, import, torchvision, fork, context, load, to_device, first, warmup, measure, idle, energy, soak, cooldown,
    # data
    name: str = ""
    ns: int | None = None
    major_faults: int | None = None
    swap_in_kib: int | None = None  # of the whole system meanwhile
    read_kib: int | None = None  # by this process from a disk, page faults on files included
    cache_kib: int | None = None  # growth of the caches of compiled kernels


class Latency(Event, tag="lat", frozen=True):
    """Passes of one case: starts relative to ``b`` and durations, both in nanoseconds."""

    c: int
    r: int = 0
    i: Natural = 0  # index of the first one within case and round
    b: Natural = 0
    s: tuple[Natural, ...] = ()
    d: tuple[Natural, ...] = ()
    flags: str = ""  # of all passes of this batch: "W" warm-up, "E" the block for energy, "L" the soak
    # What disturbed single passes, as pairs that begin with the offset of the pass within s and d.
    faults: tuple[tuple[Natural, Natural], ...] = ()  # offset, major page faults
    # offset, involuntary switches, ns it waited for a core (-1: unknown)
    waits: tuple[tuple[Natural, Natural, Whole], ...] = ()
    gc: tuple[Natural, ...] = ()  # offsets of passes in which Python collected garbage
    swap_in_kib: Natural = 0  # of the whole system during these passes
    steal_ms: Natural = 0  # taken by the hypervisor from the cores of the case during these passes
    device: tuple[Natural, ...] = ()  # ns by events of the accelerator; as long as d, or empty
    # Of the second and third pass, alone in their batch, as of a stage: major_faults, read_kib, ...
    spent: dict[str, Natural] = {}
    parts: dict[str, tuple[Natural, ...]] = {}  # end to end: read, decode, prepare, h2d, d2h; each as long as d


class Memory(Event, tag="memory", frozen=True):
    c: int
    r: int = 0
    peak_rss_kib: int | None = None
    base_rss_kib: int | None = None
    peak_cuda_kib: int | None = None


class Transfer(Event, tag="transfer", frozen=True):
    """Copies of the case's input to the device and of its output back, timed apart from the passes."""

    c: int
    r: int = 0
    direction: str = ""  # h2d, d2h
    bytes: int = 0
    d: tuple[int, ...] = ()  # ns


class Rule(Event, tag="rule", frozen=True):
    """A rule of the protocol was applied, and what it came to."""

    c: int
    r: int = 0
    name: str = ""  # warmup measure cooldown energy soak
    outcome: str = ""  # count interval time passes flat not_flat cool cap probe settled abort stopped
    text: str = ""  # one line
    passes: int | None = None
    ns: int | None = None
    value: float | None = None  # what was reached (relative half width, slope, degrees, ratio to the probe's baseline)
    target: float | None = None


class Remedy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    text: str
    need_kib: int | None = None  # predicted


class Forecast(Event, tag="forecast", frozen=True):
    """Memory a case will need at its peak, told before it begins."""

    c: int
    r: int = 0
    verdict: str = "unknown"  # green tight refused unknown
    need_kib: int | None = None
    available_kib: int | None = None
    swap_free_kib: int | None = None
    bound: str = ""  # what sets the limit: MemAvailable, cgroup
    parts: dict[str, int] = {}  # KiB: base weights load input activations slack context
    text: str = ""
    remedies: tuple[Remedy, ...] = ()
    forced: bool = False


class CaseEnd(Event, tag="case_end", frozen=True):
    c: int
    r: int = 0
    status: str = "measured"  # measured failed refused skipped interrupted
    error: str | None = None
    stop: str | None = None  # the rule that ended measuring
    cause: str | None = None  # oom oom_probable oom_device killed signal timeout error memory_forecast
    evidence: tuple[str, ...] = ()  # what the cause was told from
    remedies: tuple[Remedy, ...] = ()


class Log(Event, tag="log", frozen=True):
    level: str = "info"  # debug info warning error
    source: str = "agent"  # agent, bench, model (what the model or a library printed), screen
    text: str = ""


AnyEvent = (
    Board | Telemetry | Throttle | Software | Models | RunStart | CaseStart | Stage | Model | Latency | Memory
    | Transfer | Rule | Forecast | CaseEnd | Log | Mark | Fault | Overhead | RunEnd | PackFile | Ready | Header | Part
    | Resume | Remote | Settings | Checkpoint | Check | Calibration | Profile | Experiment
    | Agreement | Data | Hits
)  # fmt: skip

_encoder = msgspec.json.Encoder()


@cache
def _decoder() -> msgspec.json.Decoder[AnyEvent]:
    """Made with the first line: it takes longer than all the rest of this module, and the first paint reads none."""
    return msgspec.json.Decoder(AnyEvent)


def decode(line: bytes) -> AnyEvent:
    """One line of the stream. Raises msgspec.DecodeError (a ValueError) when it is none."""
    return _decoder().decode(line)


def encode(event: Event) -> bytes:
    """One line, without its end."""
    return _encoder.encode(event)
