"""A session without an agent: events are fed by hand, what the app asks for is written down."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.session.moment import Looker
from jetbench.session.picture import picture, span
from jetbench.session.playhead import Span
from jetbench.session.snapshot import Snapshot
from jetbench.session.state import SessionState

S = 1_000_000_000
MS = 1_000_000
T0 = 5000 * S
NO_POWER = "no power sensor on this board: the Jetson Nano 2GB carries no INA3221"
MODELS = ("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "mnasnet1_0",
          "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "regnet_y_400mf", "resnet18", "resnet34",
          "resnet50", "resnet101", "resnet152", "shufflenet_v2_x1_0", "squeezenet1_0", "squeezenet1_1", "swin_t",
          "vgg11", "vgg16", "vgg19_bn", "vit_b_16", "wide_resnet50_2")  # fmt: skip


class ScriptedSession:
    """`SessionControl`, for tests."""

    def __init__(self, *events: ev.Event) -> None:
        self.state = SessionState()
        self.plans: list[Plan] = []
        self.stops: list[bool] = []
        self.marks: list[str] = []
        self.is_replay = False
        self.looker = Looker()
        self.models_asked = self.settings_asked = self.closed = self.pulls = 0
        self.refuse: str | None = None
        self.extra: dict[str, object] = {}
        self.feed(*events)

    def feed(self, *events: ev.Event) -> None:
        for event in events:
            self.state.apply(event)

    def snapshot(self) -> Snapshot:
        self.pulls += 1
        return msgspec.structs.replace(picture(self.state), **self.extra)  # type: ignore[arg-type]

    def run(self, plan: Plan) -> None:
        if self.refuse:
            raise RuntimeError(self.refuse)
        self.plans.append(plan)

    def stop(self, force: bool = False) -> None:
        self.stops.append(force)

    def look(self, t: int) -> Snapshot:
        return self.looker.at(self.state, self.snapshot(), t)

    def span(self) -> Span:
        return span(self.state)

    def read(self, function: Callable[[SessionState], Any]) -> Any:
        return function(self.state)

    def mark(self, text: str = "", at: int | None = None) -> None:
        if self.refuse:
            raise RuntimeError(self.refuse)
        self.marks.append(text)
        self.feed(ev.Mark(t=self.state.t, at=at, text=text))

    def begin(self) -> None:
        """Nothing was put off."""

    def request_settings(self) -> None:
        self.settings_asked += 1

    def request_models(self) -> None:
        self.models_asked += 1

    def leave(self) -> bool:
        self.left = True
        return True

    def close(self) -> None:
        self.closed += 1


def channel(ident: str, quantity: str, unit: str, limit: float | None = None, **more: str) -> ev.Channel:
    return ev.Channel(id=ident, quantity=quantity, name=more.pop("name", ident.split(".", 1)[1]), unit=unit, scale=1e-3,
                      limit=limit, **more)  # fmt: skip


def orin() -> ev.Board:
    return ev.Board(
        t=T0, model="NVIDIA Jetson Orin Nano Developer Kit", kind="jetson", soc="tegra234", cpus=6, memory_mib=7620,
        power=ev.PowerRule(method="rail VDD_IN", scope="module input"),
        channels=(
            channel("power.total", "power", "W", name="VDD_IN"),
            channel("temp.cpu-thermal", "temperature", "C", 99.0),
            channel("temp.tj-thermal", "temperature", "C", 85.0),
            channel("clock.cpu.policy0", "clock", "MHz", 1510.0),
            channel("clock.gpu", "clock", "MHz", 624.0),
            channel("load.cpu", "load", "%"),
            channel("load.gpu", "load", "%"),
            channel("fan.pwm", "fan", "%"),
            channel("mem.available", "memory", "MiB"),
        ),
    )  # fmt: skip


def nano() -> ev.Board:
    """A Nano 2GB: no power sensor of any kind."""
    return ev.Board(
        t=T0, model="NVIDIA Jetson Nano 2GB Developer Kit", kind="jetson", soc="tegra210", cpus=4, memory_mib=1980,
        power=ev.PowerRule(reason="no_sensor", reason_text=NO_POWER),
        channels=(
            channel("power.total", "power", "W", reason="no_sensor", hint=NO_POWER),
            channel("temp.AO-therm", "temperature", "C"),
            channel("temp.CPU-therm", "temperature", "C", 97.0),
            channel("clock.cpu.policy0", "clock", "MHz", 1479.0),
            channel("clock.gpu", "clock", "MHz", 921.6),
            channel("load.cpu", "load", "%"),
            channel("fan.pwm", "fan", "%"),
            channel("mem.available", "memory", "MiB"),
        ),
    )  # fmt: skip


def telemetry(board: ev.Board, seconds: int, hot: bool = False, seed: int = 7) -> Iterator[ev.Telemetry]:
    """A row a second; warming up, then level, with a dip of the clock where it is hot."""
    rng = random.Random(seed)
    for i in range(seconds):
        warm = 1 - 0.97**i
        dip = hot and i % 40 > 32
        values = {
            "power.total": 4.9 + 9.5 * warm * (0.55 if dip else 1) + rng.random(),
            "temp.cpu-thermal": 44 + 26 * warm + rng.random(),
            "temp.tj-thermal": 46 + (40 if hot else 27) * warm + rng.random() - (4 if dip else 0),
            "temp.AO-therm": 44.5 + 6 * warm + rng.random(),
            "temp.CPU-therm": 38.0 + 20 * warm + rng.random(),
            "clock.cpu.policy0": 1036.8 if dip else 1510.4,
            "clock.gpu": 306.0 if dip else 624.75,
            "load.cpu": 80 + 15 * rng.random(),
            "load.gpu": 0.0,
            "fan.pwm": 62.0,
            "mem.available": board.memory_mib * 0.55 - 200 * warm,
        }
        row = tuple(None if c.reason else round(values[c.id] * 1000) for c in board.channels)
        yield ev.Telemetry(t=T0 + i * S, v=row)


def models(t: int = T0 + S) -> ev.Models:
    rng = random.Random(3)
    entries = tuple(ev.ModelEntry(name=n, size=224, params=int(rng.uniform(1.2e6, 140e6))) for n in MODELS)
    return ev.Models(t=t, models=entries, executable="/usr/bin/python3", torchvision="0.20.0")


def software() -> ev.Software:
    return ev.Software(t=T0, python="3.10.12", executable="/usr/bin/python3", torch="2.5.0", torchvision="0.20.0")


def idle(board: ev.Board | None = None, seconds: int = 30) -> list[ev.Event]:
    board = board or orin()
    return [board, ev.Throttle(t=T0, now=False), software(), models(), *telemetry(board, seconds),
            ev.Log(t=T0 + S, text="sensors: 9 channels, power from rail VDD_IN"),
            ev.Log(t=T0 + 2 * S, text="python 3.10.12, torch 2.5.0, no CUDA: the CPU is measured"),
            ]  # fmt: skip


def start(plan: Plan, t: int = T0 + 30 * S, shared: bool = False) -> ev.RunStart:
    protocol = msgspec.structs.replace(plan.protocol(), shared_cores=shared, screen_cores=(0,), bench_cores=(1, 2, 3))
    cases = plan.cases()
    return ev.RunStart(t=t, cases=cases, order=(tuple(c.id for c in cases),), protocol=protocol)


def passes(c: int, t: int, count: int, typical_ms: float, seed: int = 1, first: int = 0) -> ev.Latency:
    rng = random.Random(seed)
    d = tuple(
        int(typical_ms * MS * rng.lognormvariate(0, 0.035) * (1.5 if rng.random() < 0.012 else 1)) for _ in range(count)
    )
    starts, at = [], 0
    for duration in d:
        starts.append(at)
        at += duration + 1000
    return ev.Latency(t=t + at, c=c, i=first, b=t, s=tuple(starts), d=d)


def measured(case: ev.Case, t: int, count: int, typical_ms: float) -> list[ev.Event]:
    """A case from its begin to its end."""
    lat = passes(case.id, t + 2 * S, count, typical_ms, seed=case.id)
    end = lat.t
    return [
        ev.Model(t=t, c=case.id, name=case.model, input=(case.batch, 3, 224, 224), params=11_689_512,
                 bytes=46_758_048, input_bytes=602_112 * case.batch, output_bytes=4_000 * case.batch,
                 macs=1_814_073_344 * case.batch, flops=2 * 1_814_073_344 * case.batch),
        ev.CaseStart(t=t, c=case.id, pid=4711),
        *(ev.Stage(t=t, c=case.id, name=name, ns=int(s * S)) for name, s in
          (("fork", 0.02), ("load", 0.31), ("to_device", 0.01), ("first", 0.212))),
        ev.Stage(t=t + 2 * S, c=case.id, name="measure"),
        lat,
        ev.Memory(t=end, c=case.id, peak_rss_kib=412_000, base_rss_kib=180_000),
        ev.CaseEnd(t=end, c=case.id, status="measured", stop=f"k = {count}"),
        ev.Log(t=end, text=f"{case.model} batch {case.batch}: {count} passes, median {typical_ms:.1f} ms"),
    ]  # fmt: skip


def running(plan: Plan, board: ev.Board | None = None, count: int = 1500, hot: bool = False) -> list[ev.Event]:
    """Two cases are done, the third is being measured."""
    board = board or orin()
    begin = start(plan)
    cases = begin.cases
    events: list[ev.Event] = [*idle(board), begin, ev.Stage(t=begin.t, name="import", ns=int(2.8 * S))]
    events += measured(cases[0], begin.t + 3 * S, count, 21.3)
    events += measured(cases[1], begin.t + 40 * S, count, 9.4)
    t = begin.t + 80 * S
    events += [ev.CaseStart(t=t, c=2, pid=4713), ev.Stage(t=t, c=2, name="measure"), passes(2, t, count, 68.2)]
    events += [ev.Log(t=t, text="resnet18 batch 1: warm-up over, steady after 3 s (drift 0.4 %)")]
    if hot:
        events += [
            ev.Throttle(t=t, now=True, active=("thermal: tj-thermal", "cpu clock")),
            ev.Log(t=t, level="warning", text="throttle: tj-thermal 85.5 C is at its trip, CPU 1510 > 1037 MHz"),
        ]  # fmt: skip
    return [*events, *telemetry(board, 150, hot)]


def finished(plan: Plan, board: ev.Board | None = None, count: int = 200) -> list[ev.Event]:
    """All over: three measured, the last one killed for memory."""
    board = board or orin()
    begin = start(plan)
    events: list[ev.Event] = [ev.Stage(t=begin.t, name="import", ns=int(2.8 * S)), *telemetry(board, 150)]
    for case, typical, at in zip(begin.cases[:-1], (21.3, 9.4, 68.2), (3, 20, 40), strict=False):
        events += measured(case, begin.t + at * S, count, typical)
    last, end = begin.cases[-1].id, begin.t + 100 * S
    error = "killed for memory (SIGKILL): VmHWM 1890 MiB of 1980 MiB; try a smaller batch or another model"
    events.sort(key=lambda event: event.t)
    return [*idle(board), begin, *(e for e in events if e.t > T0 + 30 * S or e.t == begin.t),
            ev.CaseStart(t=end, c=last), ev.CaseEnd(t=end, c=last, status="failed", error=error),
            ev.Log(t=end, level="error", text=f"{begin.cases[-1].model}: {error}"),
            ev.RunEnd(t=end + S, status="done", measured=3, failed=1)]  # fmt: skip


# -- a case of which everything is known, and two that did not end well

REMEDIES = (
    ev.Remedy(text="batch 1 instead of 64: -b 1", need_kib=640 * 1024),
    ev.Remedy(text="swap on NVMe or USB, never on the SD card", need_kib=9_000 * 1024),
    ev.Remedy(text="a smaller model"),
)
SQUEEZENET = 1_235_496  # parameters that only squeezenet1_1 has


def ledger(c: int, t: int) -> list[ev.Event]:
    """A start through a full memory: the first pass is told to have swapped."""
    stages = (
        ("fork", 0.02, {}),
        ("load", 3.1, {"major_faults": 77, "read_kib": 55 * 1024, "swap_in_kib": 0, "cache_kib": 0}),
        ("first", 149.2, {"major_faults": 12_400, "swap_in_kib": 911_360, "read_kib": 419_840, "cache_kib": 2048}),
    )
    return [ev.Stage(t=t, c=c, name=name, ns=int(s * S), **spent) for name, s, spent in stages]


def with_parts(batch: ev.Latency) -> ev.Latency:
    """Reading and preparing images took as long as the pass and half of it, the device itself most of the pass."""
    return msgspec.structs.replace(
        batch,
        device=tuple(round(0.9 * d) for d in batch.d),
        parts={"read": tuple(d // 2 for d in batch.d), "decode": batch.d},
    )


def full(plan: Plan, board: ev.Board | None = None) -> list[ev.Event]:
    """One case, slower in its second half, disturbed now and then, with a block for energy; all over."""
    board = board or orin()
    begin = start(plan)
    case, t = begin.cases[0], begin.t + 2 * S
    first = passes(case.id, t, 150, 20.0, seed=5)
    later = passes(case.id, first.t, 150, 25.0, seed=6, first=150)
    block = with_parts(passes(case.id, later.t + 16 * S, 400, 25.0, seed=7))
    first, later = with_parts(first), with_parts(later)
    end = block.t + 6 * S
    watts = {"power.total": 3.0}
    events: list[ev.Event] = [
        begin,
        ev.Model(
            t=t, c=case.id, name=case.model, input=(case.batch, 3, 224, 224), params=SQUEEZENET, macs=349_151_936,
            flops=698_303_872, method="dispatch", coverage=1.0, bytes=4_941_984, input_bytes=602_112,
            output_bytes=4000, traffic_bytes=60_000_000,
            counts=(ev.Count(method="dispatch", macs=349_151_936, coverage=1.0),
                    ev.Count(method="ptflops", macs=360_000_000, coverage=1.0)),
        ),
        ev.CaseStart(t=t, c=case.id, pid=4711),
        ev.Forecast(t=t, c=case.id, verdict="tight", need_kib=520 * 1024, available_kib=600 * 1024,
                    bound="MemAvailable", text="memory is tight: it will need about 520 MiB", remedies=REMEDIES),
        ev.Rule(t=t, c=case.id, name="cooldown", outcome="cap", ns=30 * S,
                text="still 61.0 C after 30 s: measured all the same"),
        *ledger(case.id, t),
        msgspec.structs.replace(with_parts(passes(case.id, t, 3, 21.0, seed=4)), flags="W"),
        ev.Rule(t=t, c=case.id, name="warmup", outcome="flat", text="flat after 3 passes, 0.6 s", passes=3),
        msgspec.structs.replace(first, waits=tuple((i, 2, 15 * MS) for i in range(0, 150, 5))),
        msgspec.structs.replace(later, faults=((3, 2), (9, 1))),
        ev.Rule(t=later.t, c=case.id, name="measure", outcome="interval", passes=300,
                text="interval: median within 1.9 % after 300 passes"),
        ev.Stage(t=later.t, c=case.id, name="idle"),
        ev.Stage(t=later.t + 15 * S, c=case.id, name="idle", ns=15 * S),
        ev.Stage(t=later.t + 16 * S, c=case.id, name="energy"),
        msgspec.structs.replace(block, flags="E"),
        ev.Stage(t=block.t, c=case.id, name="energy", ns=block.t - later.t - 16 * S),
        ev.Stage(t=end, c=case.id, name="idle", ns=5 * S),
        ev.Memory(t=end, c=case.id, peak_rss_kib=438 * 1024, base_rss_kib=180_000),
        ev.Transfer(t=end, c=case.id, direction="h2d", bytes=602_112, d=(120_000, 130_000, 125_000)),
        ev.CaseEnd(t=end, c=case.id, status="measured", stop="interval: median within 1.9 % after 300 passes"),
        ev.RunEnd(t=end + 2 * S, status="done", measured=1),
    ]  # fmt: skip
    for row in telemetry(board, int((end - T0) / S) + 3):
        rests = later.t <= row.t < later.t + 16 * S or row.t > block.t
        names = [c.id for c in board.channels]
        v = tuple(round(watts[n] * 1000) if rests and n in watts and x is not None else x
                  for n, x in zip(names, row.v, strict=True))  # fmt: skip
        events.append(msgspec.structs.replace(row, v=v))
    return [*idle(board, 5), *sorted(events, key=lambda event: event.t)]


def badly(plan: Plan) -> list[ev.Event]:
    """The first case is refused, the second one killed for memory."""
    begin = start(plan)
    t = begin.t + S
    return [
        *idle(), begin, ev.CaseStart(t=t, c=0),
        ev.Forecast(t=t, c=0, verdict="refused", need_kib=9_000 * 1024, available_kib=1_200 * 1024,
                    bound="cgroup", text="it will need about 9000 MiB and 1200 MiB are there (cgroup): "
                    "the kernel will kill it", remedies=REMEDIES),
        ev.CaseEnd(t=t, c=0, status="refused", cause="memory_forecast", remedies=REMEDIES,
                   error="refused: it will need about 9000 MiB and 1200 MiB are there (cgroup): "
                   "the kernel will kill it (--force measures it all the same)"),
        ev.CaseStart(t=t, c=1), *ledger(1, t)[:2],
        ev.CaseEnd(t=t + S, c=1, status="failed", cause="oom", remedies=REMEDIES,
                   error="out of memory: the kernel killed it (SIGKILL, signal 9) in stage first",
                   evidence=("/proc/vmstat: oom_kill rose from 3 to 4", "it had 1890 MiB at its end")),
        ev.RunEnd(t=t + 2 * S, status="done", failed=2),
    ]  # fmt: skip
