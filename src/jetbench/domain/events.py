"""The closed vocabulary of the stream: what the agent sends, what a recording holds.

Every event is one JSON object on one line. ``k`` names its kind, ``n`` is the agent's sequence
number (0 for events the screen side adds), ``t`` is CLOCK_MONOTONIC in nanoseconds on the machine
measured. Times and readings are integers on the wire: exact, and several times cheaper than floats
in the standard library's JSON, which is all that the board side has.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", omit_defaults=True):
    n: int = 0
    t: int = 0


class Channel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured quantity of the board. A reading is an integer; times ``scale`` it is in ``unit``."""

    id: str  # "power.total", "power.VDD_IN", "temp.cpu-thermal", "clock.cpu.policy0", ...
    quantity: str  # power voltage current energy temperature clock load fan memory state counter
    name: str  # as the board names it: "VDD_IN", "cpu-thermal", "policy0"
    unit: str  # W V A J C MHz % rpm MiB count
    scale: float = 1.0
    source: str = ""  # path or tool
    reason: str | None = None  # reason code why the channel can give no value at all
    hint: str | None = None  # one sentence: what that means, what to do
    limit: float | None = None  # in ``unit``: a passive trip of a zone, the highest clock


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


class Telemetry(Event, tag="tel", frozen=True):
    """One tick: a reading for every channel of the board, None where there is none."""

    v: tuple[int | None, ...] = ()
    why: dict[str, str] = {}  # channel id -> reason code, where a reading is missing just now


class Throttle(Event, tag="throttle", frozen=True):
    """The throttle state; sent first with the board, then only when it changes."""

    now: bool | None = None  # None: unknown, then ``reason`` says why
    active: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    reason: str | None = None


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
    params: int | None = None  # as published with the weights


class Models(Event, tag="models", frozen=True):
    models: tuple[ModelEntry, ...] = ()
    executable: str = ""
    torchvision: str | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model in one variant at one sweep point on one device."""

    id: int
    model: str
    variant: str = "fp32"
    device: str = "cpu"
    batch: int = 1
    size: tuple[int, int] | None = None  # (height, width); None: the model's own
    threads: int = 1
    weights: str | None = None
    weights_sha256: str | None = None  # of the checkpoint, or of the entry's file in torch's cache
    code_sha256: str | None = None  # of the file with the user's own model


class Protocol(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings every case of a run is measured with."""

    k: int | None = 10  # passes after the first; None: by the interval
    until: float | None = None  # relative half width of the median's 95 % interval
    max_time_s: float = 60.0
    case_timeout_s: float = 600.0
    warmup: int | None = 0  # passes; None: until the series is flat
    cooldown_s: float = 0.0  # longest wait before a case until the board is as cool as it was; 0: none
    energy: bool = False  # a block of passes for the power sensor, with idle before and after
    energy_s: float = 10.0  # least length of that block
    idle_s: float = 15.0  # idle before it, with the model loaded; a third of it after
    force: bool = False  # run what the pre-flight would refuse
    end_to_end: bool = False  # read, decode and prepare images as well, each part timed apart
    images: str | None = None  # folder of them; None: made for the purpose
    rounds: int = 1
    seed: int = 0
    fresh: bool = False
    screen_cores: tuple[int, ...] = ()
    bench_cores: tuple[int, ...] = ()
    shared_cores: bool = False  # the cases run on the screen's core as well
    telemetry_period_ms: int = 0


class RunStart(Event, tag="run", frozen=True):
    cases: tuple[Case, ...] = ()
    order: tuple[tuple[int, ...], ...] = ()  # a row a round: case ids in the order they are run
    protocol: Protocol = Protocol()


class CaseStart(Event, tag="case", frozen=True):
    c: int
    r: int = 0
    pid: int | None = None


class Stage(Event, tag="stage", frozen=True):
    """A named part of a case. Without ``ns`` it begins, with ``ns`` it is over."""

    c: int | None = None  # None: belongs to the parent that all cases share
    r: int = 0
    name: str = ""  # spawn import torchvision fork context load to_device first warmup measure idle energy cooldown
    ns: int | None = None
    major_faults: int | None = None
    swap_in_kib: int | None = None  # of the whole system meanwhile
    read_kib: int | None = None  # by this process from a disk, page faults on files included
    cache_kib: int | None = None  # growth of the caches of compiled kernels


class Count(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way of counting multiply-adds, and what it came to."""

    method: str  # "dispatch", "ptflops", "hooks"
    macs: int | None = None  # of the whole batch
    coverage: float | None = None  # share of the weights that lie in modules it gave a figure for
    unknown: tuple[str, ...] = ()  # operators it has no formula for and that may multiply
    elementwise: int | None = None  # of macs: normalisation, activations, pooling; where the ways differ by over 1 %
    error: str | None = None


class Layer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A module that computes itself (a leaf, or one with work of its own)."""

    name: str  # "features.0.0"
    kind: str  # "Conv2d"
    output: tuple[int, ...] = ()  # shape of its first output
    params: int = 0  # of its own, each counted once, at the first module that has it
    macs: int = 0
    weight_bytes: int = 0
    activation_bytes: int = 0  # of what it writes
    calls: int = 1


class Model(Event, tag="model", frozen=True):
    """What the model is: counted in a child, never timed."""

    c: int | None = None
    name: str = ""
    input: tuple[int, ...] = ()  # shape of one input batch
    params: int | None = None  # unique
    params_trainable: int | None = None
    params_shared: int | None = None  # elements reached by more than one name, beyond the first
    buffers: int | None = None
    macs: int | None = None  # of the whole batch
    flops: int | None = None
    bytes: int | None = None  # parameters and buffers
    method: str | None = None  # that ``macs`` was counted by
    coverage: float | None = None
    error: str | None = None
    counts: tuple[Count, ...] = ()  # every way of counting
    layers: tuple[Layer, ...] = ()  # only where they were asked for
    bytes_by_dtype: dict[str, int] = {}  # parameters and buffers
    input_bytes: int | None = None
    output_bytes: int | None = None
    activation_bytes: int | None = None  # written by all operators of a pass
    peak_activation_bytes: int | None = None  # alive at once, input and output among them
    traffic_bytes: int | None = None  # inputs, weights and outputs of every operator: nothing fused, nothing cached
    ops: int | None = None  # operators dispatched in a pass


class Latency(Event, tag="lat", frozen=True):
    """Passes of one case: starts relative to ``b`` and durations, both in nanoseconds."""

    c: int
    r: int = 0
    i: int = 0  # index of the first one within case and round
    b: int = 0
    s: tuple[int, ...] = ()
    d: tuple[int, ...] = ()
    flags: str = ""  # of all passes of this batch: "W" warm-up, "E" the block for energy
    # What disturbed single passes, as pairs that begin with the offset of the pass within s and d.
    faults: tuple[tuple[int, int], ...] = ()  # offset, major page faults
    waits: tuple[tuple[int, int, int], ...] = ()  # offset, involuntary switches, ns it waited for a core (-1: unknown)
    gc: tuple[int, ...] = ()  # offsets of passes in which Python collected garbage
    swap_in_kib: int = 0  # of the whole system during these passes
    steal_ms: int = 0  # taken by the hypervisor from the cores of the case during these passes
    device: tuple[int, ...] = ()  # ns by events of the accelerator; as long as d, or empty
    spent: dict[
        str, int
    ] = {}  # second and third pass, alone in their batch: as of a stage (major_faults, read_kib, ...)
    parts: dict[str, tuple[int, ...]] = {}  # end to end: read, decode, prepare, h2d, d2h; each as long as d


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
    name: str = ""  # warmup measure cooldown energy
    outcome: str = ""  # count interval time passes flat not_flat cool cap probe stopped
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


class Mark(Event, tag="mark", frozen=True):
    """A moment the person watching wanted to find again."""

    at: int | None = None  # where it is earlier than ``t``, when the key was pressed
    text: str = ""


class Fault(Event, tag="fault", frozen=True):
    """The request could not be carried out at all."""

    code: str = ""  # no_torch unknown_model bad_request agent_lost
    text: str = ""
    hint: str | None = None


class Overhead(Event, tag="overhead", frozen=True):
    """CPU seconds our own processes took during the run."""

    who: str = "agent"  # agent, screen
    cpu_s: float = 0.0
    wall_s: float = 0.0


class RunEnd(Event, tag="run_end", frozen=True):
    status: str = "done"  # done, interrupted
    measured: int = 0
    failed: int = 0


class PackFile(Event, tag="file", frozen=True):
    """One file of the board, for a bug report: its text, where it points, or why it gives nothing."""

    path: str = ""
    text: str | None = None
    link: str | None = None
    error: str | None = None


class Ready(Event, tag="ready", frozen=True):
    """The agent waits for a command again."""

    what: str = ""  # the op that is over


class Header(Event, tag="header", frozen=True):
    """First line of a recording."""

    format: str = ""
    version: int = 0
    jetbench: str = ""
    created: str = ""  # ISO 8601, UTC
    wall_ns: int = 0  # wall clock at ``t``
    command: tuple[str, ...] = ()
    plan: dict[str, Any] = {}
    board: Board | None = None
    boot: str | None = None  # id of the boot that ``t`` counts from


class Part(Event, tag="part", frozen=True):
    """A later part of a session: what follows was written by another process, on a clock of its own if it started anew.

    ``wall_ns`` and ``t`` are a clock pair, as in the header.
    """

    number: int = 1  # 1: the first that was resumed
    after: int = 0  # t of the newest event before it, on the clock of the header
    jetbench: str = ""
    created: str = ""
    wall_ns: int = 0
    command: tuple[str, ...] = ()
    board: Board | None = None
    boot: str | None = None


class Resume(Event, tag="resume", frozen=True):
    """The run goes on; in place of a second ``run``. What it measures is measured anew, as if never begun."""

    left: tuple[tuple[int, ...], ...] = ()  # a row a round: case ids in the order they are run
    protocol: Protocol = Protocol()


class Checkpoint(Event, tag="checkpoint", frozen=True):
    """State in brief, and where the earlier checkpoints begin."""

    events: int = 0
    offsets: tuple[int, ...] = ()
    brief: dict[str, Any] = {}
    marks: int | None = None  # lines before it that a person jumps to
    parts: tuple[int, ...] = ()  # where later parts of the session begin


AnyEvent = (
    Board | Telemetry | Throttle | Software | Models | RunStart | CaseStart | Stage | Model | Latency | Memory
    | Transfer | Rule | Forecast | CaseEnd | Log | Mark | Fault | Overhead | RunEnd | PackFile | Ready | Header | Part
    | Resume | Checkpoint
)  # fmt: skip

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder()


def decode(line: bytes) -> AnyEvent:
    """One line of the stream. Raises msgspec.DecodeError (a ValueError) when it is none."""
    return _decoder.decode(line)


def encode(event: Event) -> bytes:
    """One line, without its end."""
    return _encoder.encode(event)
