"""Why a case is as fast as it is, in one sentence, with its evidence, how sure that is and what would overturn it.

The order of the questions is that of the facts they need: was it disturbed, do calls alone explain it, does it come
near a roof, and if not, which class of operators keeps it away. Thresholds: analysis/thresholds.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from jetbench.analysis import roofline as roofs
from jetbench.analysis import thresholds as limit
from jetbench.domain.events import Calibration, Case, Model, Profile
from jetbench.domain.metrics import significant
from jetbench.domain.results import LatencySummary
from jetbench.domain.text import printable
from jetbench.domain.why import COMPUTE, KERNEL, MEMORY, OVERHEAD, STALLED, UNSURE, OpShare, Roofline, Verdict

_STALLS = "STVF"  # of these a share is enough; of preemption so many that hardly a clean pass is left
_WORDS = {
    "S": "were swapped or paged",
    "T": "ran throttled by heat",
    "V": "ran throttled by the supply",
    "F": "ran at lowered clocks",
    "P": "were preempted",
}
_REMEDIES = {
    "S": "free memory, or move the swap off the SD card",
    "T": "cool the board, or measure with --cooldown",
    "V": "use a better supply or cable, or a lower power mode",
    "F": "hold the clocks (jetson_clocks, the performance governor)",
    "P": "stop what else runs, or use fewer threads",
}


class Facts(msgspec.Struct, frozen=True):
    """What a verdict is told from."""

    case: Case
    latency: LatencySummary | None
    clean: LatencySummary | None
    flags: Mapping[str, int]
    model: Model | None
    calibration: Calibration | None
    profile: Profile | None


def of(facts: Facts, line: Roofline | None, classes: Sequence[OpShare]) -> Verdict:
    """``line`` and ``classes``: of the same facts."""
    stalled = _stalled(facts)
    if stalled is not None:
        return stalled
    missing = _missing(facts, line, classes)
    if missing is not None or line is None:
        return Verdict(UNSURE, f"not sure: {missing}", overturn="a run in which that is there")
    doubts = _doubts(facts, line)
    share = line.at_calls / line.measured
    if share >= limit.CALLS_SHARE:
        return _overhead(line, classes, share, doubts)
    if line.efficiency >= limit.EFFICIENT:
        return _at_roof(facts, line, doubts)
    return _kernel(facts, line, classes, doubts)


def _stalled(facts: Facts) -> Verdict | None:
    """Nothing is told from disturbed passes but that they were."""
    if facts.latency is None:
        return None
    n = facts.latency.n
    over = [letter for letter in _STALLS if facts.flags.get(letter, 0) > limit.STALLED_SHARE * n]
    clean = facts.clean.n if facts.clean is not None else 0
    if not over and (clean >= limit.LEAST_CLEAN or clean == n):
        return None
    worst = max(over or _REMEDIES, key=lambda letter: facts.flags.get(letter, 0))
    share = facts.flags.get(worst, 0) / n
    return Verdict(
        STALLED,
        f"stalled: {share:.0%} of the passes {_WORDS[worst]}: {_REMEDIES[worst]}, then ask again",
        sure="well",
        evidence=(f"{clean} of {n} passes are without a flag",),
        overturn="a run with fewer such passes",
    )


def _missing(facts: Facts, line: Roofline | None, classes: Sequence[OpShare]) -> str | None:
    told = facts.calibration
    if facts.clean is None:
        return "no pass is without a flag"
    if told is None:
        return "the device was not calibrated"
    if told.refused is not None:
        return f"the device was not calibrated: {printable(told.refused)}"
    if facts.profile is None or not classes:
        return "there is no profile of a pass"
    return "the multiply-adds of the model are not known" if line is None else None


def _doubts(facts: Facts, line: Roofline) -> list[str]:
    found = []
    clean = facts.clean.n if facts.clean is not None else 0
    if clean < limit.LEAST_CLEAN:
        found.append(f"only {clean} passes")
    preempted = facts.flags.get("P", 0) / facts.latency.n if facts.latency is not None else 0.0
    if preempted > limit.PREEMPTED_SHARE:
        found.append(f"{preempted:.0%} of the passes were preempted, and {clean} were not: it is told from those")
    if line.spread is None:
        found.append("how well the roofs are known is not told")
    elif line.spread > limit.ROOF_SPREAD:
        found.append(f"the roofs are known to {line.spread:.0%} only: something else ran while they were measured")
    usual = roofs.usual(facts.profile) if facts.profile is not None else None
    if usual is not None and abs(usual / line.measured - 1) > limit.PROFILE_OFF:
        found.append(f"passes around the profile took {significant(usual * 1e3)} ms, the timed ones "
                     f"{significant(line.measured * 1e3)} ms")  # fmt: skip
    return found


def _sure(doubts: Sequence[str], near: bool) -> str:
    return "hardly" if near or len(doubts) > 1 else "fairly" if doubts else "well"


def _near(value: float, threshold: float) -> bool:
    return abs(value / threshold - 1) < limit.EDGE


def _overhead(line: Roofline, classes: Sequence[OpShare], share: float, doubts: list[str]) -> Verdict:
    calls = sum(row.calls for row in classes)
    near = _near(share, limit.CALLS_SHARE)
    if near:
        doubts.append(f"{share:.0%} is near the {limit.CALLS_SHARE:.0%} that decides")
    return Verdict(
        OVERHEAD,
        f"overhead-bound: calling {calls} operators alone takes {min(share, 1.0):.0%} of a pass",
        sure=_sure(doubts, near),
        evidence=(
            f"{significant(line.at_calls * 1e6)} us for the calls of a pass of {significant(line.measured * 1e3)} ms",
            _of_roof(line),
        ),
        overturn=f"a pass of twice the batch that takes over {limit.DOUBLE_COSTS:g} times as long",
        doubts=tuple(doubts),
    )


def _at_roof(facts: Facts, line: Roofline, doubts: list[str]) -> Verdict:
    near = _near(line.efficiency, limit.EFFICIENT)
    if near:
        doubts.append(f"{line.efficiency:.0%} of the roof is near the {limit.EFFICIENT:.0%} that decides")
    where = f"{facts.case.device} with {_threads(facts.case.threads)}" if facts.case.device == "cpu" else "the GPU"
    if line.at_compute >= line.at_memory:
        share = line.at_compute / line.measured
        sentence = (
            f"compute-bound: {giga(line.flops)} GFLOP at {giga(line.reached)} GFLOP/s, {share:.0%} of what {where} "
            "reaches"
        )
        overturn = "its largest class of operators, left out, that saves far more than its time at the roof"
        kind = COMPUTE
    else:
        rate = line.at_memory * line.bandwidth / line.measured
        sentence = (
            f"memory-bound: {giga(rate)} GB/s, {line.at_memory / line.measured:.0%} of what {where} reaches, for "
            f"{line.intensity:.2g} FLOP/byte"
        )
        overturn = f"a pass of twice the batch that takes under {limit.DOUBLE_COSTS:g} times as long"
        kind = MEMORY
    return Verdict(kind, sentence, _sure(doubts, near), None, (_of_roof(line), _ridge(line)), overturn, tuple(doubts))


def _kernel(facts: Facts, line: Roofline, classes: Sequence[OpShare], doubts: list[str]) -> Verdict:
    slow = [row for row in classes if row.share >= limit.LEAST_SHARE and row.efficiency < limit.EFFICIENT]
    far = [row for row in slow if row.share >= limit.FAR_OVER * row.macs_share]
    near = _near(line.efficiency, limit.EFFICIENT)
    if near:
        doubts.append(f"{line.efficiency:.0%} of the roof is near the {limit.EFFICIENT:.0%} that decides")
    head = f"kernel-limited, {line.efficiency:.0%} of its roof: "
    if far:
        named = [max(far, key=lambda row: row.lost)]
        worst = named[0]
        said = f"{plural(worst.name)} do {worst.macs_share:.0%} of the MACs and take {worst.share:.0%} of the time"
        near = near or (worst.macs_share > 0 and _near(worst.share / worst.macs_share, limit.FAR_OVER))
    else:
        named = _losing(slow, sum(row.lost for row in classes))
        if not named:
            return _nothing_stands_out(line, classes, doubts)
        reached = sum(row.roof for row in named) / sum(row.seconds for row in named)
        said = (
            f"{' and '.join(plural(row.name) for row in named)} run at {reached:.0%} of theirs and take "
            f"{sum(row.share for row in named):.0%} of the time"
        )
    build = "" if facts.profile is None or facts.profile.onednn is not False or facts.case.device != "cpu" else (
        "; oneDNN is not used")  # fmt: skip
    return Verdict(
        KERNEL,
        head + said + build,
        sure=_sure(doubts, near),
        op_class=named[0].name,
        evidence=(*(_row(row) for row in named), _of_roof(line), _ridge(line)),
        overturn=f"the model without its {' or its '.join(plural(row.name) for row in named)} being hardly faster",
        doubts=tuple(doubts),
        op_classes=tuple(row.name for row in named),
    )


def _losing(slow: Sequence[OpShare], lost: float) -> list[OpShare]:
    """The fewest classes that lose LOST_SHARE of the time above the roofs; none where it takes over MOST_NAMED."""
    found: list[OpShare] = []
    for row in sorted(slow, key=lambda row: row.lost, reverse=True)[: limit.MOST_NAMED]:
        found.append(row)
        if sum(one.lost for one in found) >= limit.LOST_SHARE * lost:
            return found
    return []


def _nothing_stands_out(line: Roofline, classes: Sequence[OpShare], doubts: list[str]) -> Verdict:
    rest = ", ".join(f"{row.name} {row.share:.0%}" for row in classes[:3])
    return Verdict(
        UNSURE,
        f"not sure: {line.efficiency:.0%} of its roof, and no class of operators stands out ({rest})",
        evidence=(_of_roof(line), _ridge(line)),
        overturn="a class of operators that takes far more than its share",
        doubts=tuple(doubts),
    )


def _row(row: OpShare) -> str:
    return (
        f"{plural(row.name)}: {significant(row.seconds * 1e3)} ms in {row.calls} calls, "
        f"{significant(row.roof * 1e3)} ms at the roofs"
    )


def _of_roof(line: Roofline) -> str:
    cached = " (caches serve the rest)" if line.cached else ""
    return (
        f"at the roofs {significant(line.at_compute * 1e3)} ms by compute, {significant(line.at_memory * 1e3)} ms by "
        f"memory{cached}; measured {significant(line.measured * 1e3)} ms"
    )


def _ridge(line: Roofline) -> str:
    ridge = line.peak_flops / line.bandwidth
    return (
        f"{line.intensity:.2g} FLOP/byte, the roofs meet at {ridge:.2g}: {giga(line.peak_flops)} GFLOP/s, "
        f"{giga(line.bandwidth)} GB/s"
    )


def plural(name: str) -> str:
    """``depthwise convs``, for a sentence."""
    return f"{name}s" if name.endswith("conv") else f"{name} operators"


def _threads(count: int) -> str:
    return f"{count} thread" if count == 1 else f"{count} threads"


def giga(value: float) -> str:
    return significant(value * 1e-9)
