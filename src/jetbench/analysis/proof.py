"""Whether the trials bear a verdict out. Each verdict foretells something that a trial can contradict."""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.analysis import thresholds as limit
from jetbench.analysis.trials import saved
from jetbench.analysis.verdict import plural
from jetbench.domain.why import COMPUTE, KERNEL, MEMORY, OVERHEAD, OpShare, Proof, Roofline, Trial, Verdict

DOUBLE, WITHOUT = "batch x2", "without "


def proof(verdict: Verdict, line: Roofline | None, classes: Sequence[OpShare], trials: Sequence[Trial]) -> Proof | None:
    """None where nothing was tried."""
    ran = {trial.name: trial for trial in trials if trial.change is not None}
    if not ran:
        return None
    if verdict.kind == OVERHEAD:
        return _double(ran, calls=True)
    if verdict.kind == MEMORY:
        return _double(ran, calls=False)
    if verdict.kind == COMPUTE and line is not None:
        return _compute(line, classes, ran)
    if verdict.kind == KERNEL and line is not None and verdict.op_class is not None:
        return _all([_kernel(name, line, classes, ran) for name in verdict.op_classes or (verdict.op_class,)])
    return Proof(None, "nothing was claimed that a trial could test")


def _double(ran: dict[str, Trial], calls: bool) -> Proof:
    """Twice the batch costs hardly more where calls take the time, and twice as much where work does."""
    trial = ran.get(DOUBLE)
    if trial is None or trial.change is None:
        return Proof(None, f"{DOUBLE} was not run")
    times = 2 / (1 + trial.change)
    said = f"a pass of twice the batch takes {times:.2f} times as long"
    return Proof((times < limit.DOUBLE_COSTS) == calls, f"{said}: {'calls' if times < limit.DOUBLE_COSTS else 'work'}")


def _compute(line: Roofline, classes: Sequence[OpShare], ran: dict[str, Trial]) -> Proof:
    """Where the multiply-adds are, the time that leaving them out saves is near that at the peak."""
    for row in sorted(classes, key=lambda row: row.macs, reverse=True):
        trial = ran.get(WITHOUT + row.name)
        share = saved(trial) if trial is not None else None
        if share is None or row.macs_share < 0.5:
            continue
        seconds = share * line.measured
        reached = 2 * row.macs / line.peak_flops / seconds if seconds > 0 else 1.0
        least = limit.EFFICIENT * (1 - limit.EDGE)
        return Proof(
            reached >= least,
            f"without its {plural(row.name)} it takes {share:.0%} less: they run at {min(reached, 1.0):.0%} of peak",
        )
    return _double(ran, calls=False)


def _all(found: list[Proof]) -> Proof:
    """Agrees where all do, and tells nothing where one does not."""
    told = {proof.agrees for proof in found}
    return Proof(False if False in told else None if None in told else True, "; ".join(proof.text for proof in found))


def _kernel(name: str, line: Roofline, classes: Sequence[OpShare], ran: dict[str, Trial]) -> Proof:
    """Leaving the class out saves its share of the time, which is more than its share of the work or of the roof."""
    trial = ran.get(WITHOUT + name)
    row = next((row for row in classes if row.name == name), None)
    share = saved(trial) if trial is not None else None
    if share is None or row is None:
        return Proof(None, f"the model without its {plural(name)} was not run")
    far = row.share >= limit.FAR_OVER * row.macs_share
    enough = share >= limit.SAVED * row.share and share * line.measured > row.roof
    if far:  # halfway between as much as its multiply-adds and far over them
        enough = enough and share >= limit.FAR_OVER / 2 * row.macs_share
    return Proof(
        enough, f"without its {plural(name)} it takes {share:.0%} less; the profile gives them {row.share:.0%}"
    )
