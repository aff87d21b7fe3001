"""Event streams for tests: a plausible session of a board, made up, the same for the same arguments.

    events = streams.session()                      # board with a power sensor, two cases, complete
    events = streams.session(power=False)           # the same on a board without one (Nano 2GB)
    events = streams.session(passes=5000)           # long enough for energy; 100 ms between readings
    data = streams.lines(events)                    # the bytes the agent would have sent
    path = streams.write(tmp_path / "s.jsonl", events)  # a recording: a header, then the events

Events are frozen: change one with ``msgspec.structs.replace``.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from jetbench.domain import events as ev
from jetbench.recording import format as recording_format

T0 = 1_000_000_000_000  # CLOCK_MONOTONIC at the agent's start, ns
MS = 1_000_000
TICK = 100 * MS

# name: (parameters, MACs of one 224 x 224 image, typical pass in ns)
MODELS = {
    "mobilenet_v2": (3_504_872, 300_774_272, 21_000_000),
    "mobilenet_v3_small": (2_542_856, 56_516_352, 9_000_000),
    "resnet18": (11_689_512, 1_814_073_344, 68_000_000),
    "squeezenet1_1": (1_235_496, 349_151_936, 25_000_000),
}
NO_SENSOR = "no power sensor on this board (the Jetson Nano 2GB has no INA3221)"


def board(power: bool = True, t: int = T0) -> ev.Board:
    """An Orin Nano with its rails, or a Nano 2GB, which has no power sensor."""
    rails: tuple[ev.Channel, ...] = ()
    total = ev.Channel(
        id="power.total", quantity="power", name="total", unit="W", scale=1e-6, reason="no_sensor", hint=NO_SENSOR
    )
    if power:
        total = ev.Channel(id="power.total", quantity="power", name="VDD_IN", unit="W", scale=1e-6, source="ina3221")
        rails = (
            ev.Channel(id="power.VDD_IN", quantity="power", name="VDD_IN", unit="W", scale=1e-6),
            ev.Channel(id="voltage.VDD_IN", quantity="voltage", name="VDD_IN", unit="V", scale=1e-3),
        )
    rule = ev.PowerRule(method="rail VDD_IN", scope="module input")
    return ev.Board(
        t=t,
        model="NVIDIA Jetson Orin Nano Developer Kit" if power else "NVIDIA Jetson Nano 2GB Developer Kit",
        kind="jetson",
        soc="tegra234" if power else "tegra210",
        os="L4T R36.4.3" if power else "L4T R32.7.1",
        kernel="5.15.148-tegra",
        hostname="orin" if power else "nano2g",
        machine="aarch64",
        cpu_model="Cortex-A78AE" if power else "Cortex-A57",
        cpus=6 if power else 4,
        memory_mib=7620 if power else 1980,
        power=rule if power else ev.PowerRule(reason="no_sensor", reason_text=NO_SENSOR),
        channels=(
            total,
            *rails,
            ev.Channel(id="temp.cpu-thermal", quantity="temperature", name="cpu-thermal", unit="C", scale=1e-3),
            ev.Channel(id="temp.tj-thermal", quantity="temperature", name="tj", unit="C", scale=1e-3, limit=99.0),
            ev.Channel(id="clock.cpu.policy0", quantity="clock", name="policy0", unit="MHz", scale=1e-3, limit=1510.4),
            ev.Channel(id="load.cpu", quantity="load", name="cpu", unit="%", scale=0.1),
        ),
        agent={"version": "0.1", "python": "3.10.12", "pid": 4242},
    )


def telemetry(of: ev.Board, t: int, tick: int) -> ev.Telemetry:
    """Row number ``tick``. Total power is 7.000 W and 10 mW more each tick; the third row misses it once."""
    raw = {"power": 7_000_000 + 10_000 * tick, "voltage": 4960, "temperature": 48_000 + 20 * tick}
    raw |= {"clock": 1_510_400, "load": 873}
    values: list[int | None] = [raw[c.quantity] if c.reason is None else None for c in of.channels]
    why = {}
    if tick == 2 and of.channels[0].reason is None:
        values[0], why = None, {"power.total": "read_error"}
    return ev.Telemetry(t=t, v=tuple(values), why=why)


def software(t: int = T0) -> ev.Software:
    return ev.Software(
        t=t,
        python="3.10.12",
        executable="/usr/bin/python3",
        torch="2.5.0",
        torchvision="0.20.0",
        ptflops="0.7.4",
        cuda_reason="torch was built without CUDA",
        build={"blas": "openblas", "mkldnn": True, "threads": 5},
    )


def cases(models: Sequence[str], batch: int = 1) -> tuple[ev.Case, ...]:
    return tuple(ev.Case(id=i, model=m, batch=batch, size=(224, 224), threads=5) for i, m in enumerate(models))


def case_events(case: ev.Case, r: int, t: int, passes: int, warmup: int, draw: random.Random) -> list[ev.Event]:
    """One case in one round, from its begin to its end."""
    params, macs, typical = MODELS.get(case.model, (1_000_000, 100_000_000, 15_000_000))
    name = case.id
    shape = (case.batch, 3, *(case.size or (224, 224)))
    found: list[ev.Event] = []
    if r == 0:  # counted in a child of its own, before the case begins
        size = params * 4
        count = {"params": params, "params_trainable": params, "params_shared": 0, "buffers": 100, "bytes": size}
        total = {"macs": macs * case.batch, "flops": 2 * macs * case.batch}
        method = {"method": "torch.utils.flop_counter", "coverage": 1.0}
        found.append(ev.Model(t=t, c=name, name=case.model, input=shape, **count, **total, **method))
    found.append(ev.CaseStart(t=t, c=name, r=r, pid=5000 + name))

    def stage(of: str, ns: int) -> None:
        nonlocal t
        found.append(ev.Stage(t=t, c=name, r=r, name=of))
        t += ns
        found.append(ev.Stage(t=t, c=name, r=r, name=of, ns=ns, major_faults=0))

    stage("fork", 4 * MS)
    stage("load", 120 * MS)
    stage("first", typical * 3)
    found.append(ev.Model(t=t, c=name, name=case.model, input=shape))
    found.append(ev.Stage(t=t, c=name, r=r, name="measure"))
    begin = t
    for flags, number in (("W", warmup), ("", passes)):
        at = 0
        while at < number:
            size = min(number - at, max(1, 250 * MS // typical))
            starts, lasts, base = [], [], t
            for _ in range(size):
                last = int(typical * draw.lognormvariate(0, 0.03))
                starts.append(t - base)
                lasts.append(last)
                t += last + 2000
            found.append(ev.Latency(t=t, c=name, r=r, i=at, b=base, s=tuple(starts), d=tuple(lasts), flags=flags))
            at += size
    found.append(ev.Stage(t=t, c=name, r=r, name="measure", ns=t - begin))
    found.append(ev.Memory(t=t, c=name, r=r, peak_rss_kib=262_144 + 1024 * name, base_rss_kib=180_000))
    found.append(ev.CaseEnd(t=t + MS, c=name, r=r, status="measured", stop=f"k = {passes}"))
    return found


def session(
    *,
    power: bool = True,
    models: Sequence[str] = ("mobilenet_v2", "resnet18"),
    batch: int = 1,
    passes: int = 10,
    warmup: int = 2,
    rounds: int = 1,
    fail: Sequence[int] = (),
    seed: int = 1,
    end: bool = True,
) -> list[ev.Event]:
    """Board, software, a run of all cases with a telemetry row each 100 ms, and its end.

    ``fail`` names case ids that end with an error before their first pass; without ``end`` the
    stream stops after the last case, as that of a killed session does.
    """
    draw = random.Random(seed)
    of = board(power)
    plan = cases(models, batch)
    found: list[ev.Event] = [of, ev.Throttle(t=T0 + MS, now=False), software(T0 + 300 * MS)]
    t = T0 + 500 * MS
    protocol = ev.Protocol(
        k=passes,
        warmup=warmup,
        rounds=rounds,
        seed=seed,
        screen_cores=(0,),
        bench_cores=(1, 2, 3),
        telemetry_period_ms=100,
    )
    order = tuple(tuple(draw.sample([case.id for case in plan], len(plan))) for _ in range(rounds))
    found.append(ev.RunStart(t=t, cases=plan, order=order, protocol=protocol))
    found.append(ev.Stage(t=t, name="import"))
    t += 2000 * MS
    found.append(ev.Stage(t=t, name="import", ns=2000 * MS, major_faults=3))
    found.append(ev.Log(t=t, source="bench", level="warning", text="a library's warning"))
    for r, row in enumerate(order):
        for name in row:
            t += 20 * MS
            if name in fail:
                found.append(ev.CaseStart(t=t, c=name, r=r, pid=5000 + name))
                text = "killed for memory (SIGKILL): 1980 MiB of memory are not enough"
                found.append(ev.CaseEnd(t=t + MS, c=name, r=r, status="failed", error=text))
            else:
                found += case_events(plan[name], r, t, passes, warmup, draw)
            t = found[-1].t
    ticks = range((t - T0) // TICK + 1)
    found += [telemetry(of, T0 + 2 * MS + tick * TICK, tick) for tick in ticks]
    if end:
        found.append(ev.Overhead(t=t + 100 * MS, who="agent", cpu_s=0.2, wall_s=(t - T0) / 1e9))
        bad = len(set(fail))
        found.append(ev.RunEnd(t=t + 101 * MS, status="done", measured=len(plan) - bad, failed=bad))
        found.append(ev.Ready(t=t + 102 * MS, what="run"))
    found.sort(key=lambda event: event.t)
    return [msgspec.structs.replace(event, n=number) for number, event in enumerate(found, 1)]


def lines(events: Iterable[ev.Event]) -> bytes:
    return b"".join(ev.encode(event) + b"\n" for event in events)


def write(path: Path, events: Sequence[ev.Event]) -> Path:
    """A recording of these events, as the writer would make it but without checkpoints."""
    first = next((event for event in events if isinstance(event, ev.Board)), None)
    head = recording_format.header(board=first, t=T0, wall_ns=1_764_000_000_000_000_000, command=("run",))
    path.write_bytes(lines([head, *events]))
    return path
