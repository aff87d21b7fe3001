"""Events of a run as a whole: what is to be measured, with which settings, and how it ended."""

from __future__ import annotations

import msgspec

from jetbench.domain.event_base import Event


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
    soak_s: float | None = None  # passes back to back for so long at most, after all else of a case
    idle_s: float = 15.0  # idle before it, with the model loaded; a third of it after
    force: bool = False  # run what the pre-flight would refuse
    end_to_end: bool = False  # read, decode and prepare images as well, each part timed apart
    images: str | None = None  # folder of them; None: made for the purpose
    data: str | None = None  # images to tell the accuracy by: a folder, a CSV, torchvision:NAME
    labels: str | None = None  # which output each of their classes is: a file, or "sorted"
    data_limit: int | None = None  # images at most, drawn with the seed
    why: bool = False  # calibrate and profile each case after its timed passes
    trials: int = 0  # rounds of A/B trials after that; 0: none
    onednn: bool = True  # false: not used although this torch has it
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


class Ready(Event, tag="ready", frozen=True):
    """The agent waits for a command again."""

    what: str = ""  # the op that is over
