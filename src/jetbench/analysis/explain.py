"""From what was observed of a case to why it is as fast as it is."""

from __future__ import annotations

from collections.abc import Mapping

from jetbench.analysis import proof, roofline, trials, verdict
from jetbench.domain.observed import ObservedCase
from jetbench.domain.results import LatencySummary
from jetbench.domain.why import STALLED, Why


def of_case(
    observed: ObservedCase, latency: LatencySummary | None, clean: LatencySummary | None, flags: Mapping[str, int]
) -> Why | None:
    """None where nothing was asked for."""
    told, profile = observed.calibration, observed.profile
    if profile is None and told is None:
        return None
    classes = roofline.classes(profile, told) if profile is not None else ()
    line = None
    if clean is not None and told is not None and profile is not None:
        line = roofline.roofline(clean.p50, observed.model, told, profile)
    facts = verdict.Facts(observed.case, latency, clean, flags, observed.model, told, profile)
    found = verdict.of(facts, line, classes)
    tried = trials.trials(observed.experiments)
    return Why(
        verdict=found,
        roofline=line if found.kind != STALLED else None,  # the few passes without a flag are no measurement of it
        classes=classes,
        between=roofline.between(profile, classes) if profile is not None else None,
        trials=tried,
        proof=proof.proof(found, line, classes, tried),
        seed=observed.experiments[0].seed if observed.experiments else None,
        onednn=profile.onednn if profile is not None else None,
    )
