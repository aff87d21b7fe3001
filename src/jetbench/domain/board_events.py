"""Events that say what the board and its software are, and what its sensors read."""

from __future__ import annotations

from typing import Any

import msgspec

from jetbench.domain.event_base import Event, Whole


class Channel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured quantity of the board. A reading is an integer; times ``scale`` it is in ``unit``."""

    id: str  # "power.total", "power.VDD_IN", "temp.cpu-thermal", "clock.cpu.policy0", ...
    quantity: str  # power voltage current energy temperature clock load fan memory state counter other
    name: str  # as the board names it: "VDD_IN", "cpu-thermal", "policy0"
    unit: str  # W V A J C MHz % rpm MiB count
    scale: float = 1.0
    source: str = ""  # path or tool
    reason: str | None = None  # reason code why the channel can give no value at all
    hint: str | None = None  # one sentence: what that means, what to do
    limit: float | None = None  # in ``unit``: a passive trip of a zone, the highest clock
    critical: float | None = None  # of a zone: where the kernel shuts the board down


class PowerRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the total power of this board comes about, or why there is none."""

    method: str | None = None
    scope: str | None = None
    reason: str | None = None
    reason_text: str | None = None


class Board(Event, tag="board", frozen=True):
    """Sent once, when the agent starts. ``channels`` fixes the columns of every telemetry row."""

    model: str | None = None
    kind: str = "unknown"  # jetson rpi x86 arm container unknown
    soc: str | None = None
    os: str | None = None  # "Debian GNU/Linux 12", "L4T R36.4.3"
    kernel: str | None = None
    hostname: str | None = None
    machine: str | None = None  # aarch64, x86_64
    cpu_model: str | None = None
    cpus: int = 0
    memory_mib: int | None = None
    power: PowerRule = PowerRule()
    channels: tuple[Channel, ...] = ()
    facts: dict[str, Any] = {}  # cpu policies, gpu, power mode: what is constant over a session
    problems: tuple[str, ...] = ()
    root: str | None = None  # set when another root than / was read
    agent: dict[str, Any] = {}  # version, python, pid of the agent


class Settings(Event, tag="settings", frozen=True):
    """What of the board's facts a person may have changed since it was told: on request, and at the begin of a run."""

    facts: dict[str, Any] = {}  # power_mode, power_modes, cpu, jtop, gpu_users


class Telemetry(Event, tag="tel", frozen=True):
    """One tick: a reading for every channel of the board, None where there is none."""

    v: tuple[Whole | None, ...] = ()
    why: dict[str, str] = {}  # channel id -> reason code, where a reading is missing just now


class Throttle(Event, tag="throttle", frozen=True):
    """The throttle state; sent first with the board, then only when it changes."""

    now: bool | None = None  # None: unknown, then ``reason`` says why
    active: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    reason: str | None = None


class Remote(Event, tag="remote", frozen=True):
    """The board is another machine than the one that records. Sent when it is reached, and when its clock has moved.

    Every ``t`` is on the board's clock: what the screen side adds is stamped with its own plus ``offset_ns``.
    """

    host: str = ""  # as it was named
    offset_ns: int = 0  # the board's CLOCK_MONOTONIC less that of the screen's machine
    delay_ns: int = 0  # the quickest round trip, which told it: it is sure to half of that
    rounds: int = 0


class Software(Event, tag="software", frozen=True):
    """The interpreter that measures and what it holds."""

    python: str = ""
    executable: str = ""
    torch: str | None = None
    torchvision: str | None = None
    ptflops: str | None = None
    cuda: bool = False  # a kernel ran on the GPU and its result agreed with the CPU
    cuda_device: str | None = None
    cuda_reason: str | None = None  # why not
    build: dict[str, Any] = {}  # blas, mkldnn, threads, torchvision_error, ...


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    family: str = "classification"
    size: int | None = None  # input height = width, as published
    input: str | None = None  # of one item, in words
    params: int | None = None  # as published with the weights


class Models(Event, tag="models", frozen=True):
    models: tuple[ModelEntry, ...] = ()
    executable: str = ""
    torchvision: str | None = None
    of: tuple[str, ...] = ()  # the sources or places that were asked for; none: all that has a name of its own


class PackFile(Event, tag="file", frozen=True):
    """One file of the board, for a bug report: its text, where it points, or why it gives nothing."""

    path: str = ""
    text: str | None = None
    link: str | None = None
    error: str | None = None
