"""The plan that finds out why one case is as fast as it is, and tests it."""

from __future__ import annotations

from msgspec.structs import replace

from jetbench.domain.events import Case
from jetbench.domain.plan import Plan, check

PASSES, LONGEST_S = 100, 5.0  # of the timing: whichever comes first
ROUNDS = 8  # of the trials


def explaining(case: Case, base: Plan | None = None, rounds: int = ROUNDS) -> Plan:
    """One case, with the settings of ``base`` that decide how it runs. Raises PlanError."""
    base = base or Plan()
    return check(
        Plan(
            models=(case.model,),
            variants=(case.variant,),
            batches=(case.batch,),
            sizes=((case.size[0], case.size[1]),) if case.size is not None else (),
            device=case.device,  # type: ignore[arg-type]  # which was a plan's
            threads=case.threads or None,
            weights=case.weights,
            k=PASSES,
            max_time=LONGEST_S,
            case_timeout=600.0,
            warmup=3,
            cooldown=0.0,
            seed=base.seed,
            why=True,
            trials=rounds,
            onednn=base.onednn,
        )
    )


def first_of(plan: Plan, model: str) -> Case:
    """The first of the cases that a plan would measure of a model. Raises PlanError."""
    inputs = tuple(one for one in plan.inputs if one.model in (None, model))
    return check(replace(plan, models=(model,), inputs=inputs, expect=())).cases()[0]
