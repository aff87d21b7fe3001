"""What a session takes of calibrations, profiles and trials, of how a variant agrees with fp32, and of
images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from jetbench.domain import events as ev

if TYPE_CHECKING:
    from jetbench.session.state import SessionState


def calibrated(state: SessionState, event: ev.Calibration) -> None:
    state.calibrations[event.device, event.dtype, event.threads] = event
    for record in state.records.values():  # of a case that was profiled without: it is told in vain, but it is told
        if record.case.id == state.last_case and record.calibration is None and _key(record.case) == _key(event):
            record.calibration = event
            state.touch("cases")


def profiled(state: SessionState, event: ev.Profile) -> None:
    record = state.records.get(event.c)
    if record is not None:
        record.profile = event
        record.calibration = state.calibrations.get(_key(record.case))
        state.touch("cases")


def tried(state: SessionState, event: ev.Experiment) -> None:
    record = state.records.get(event.c)
    if record is not None:
        record.experiments.append(event)
        state.touch("cases")


def compared(state: SessionState, event: ev.Agreement) -> None:
    record = state.records.get(event.c)
    if record is not None:
        record.agreement = event
        state.touch("cases")


def given(state: SessionState, event: ev.Data) -> None:
    """Of a second one only the reason is news: the images came to no end."""
    record = state.records.get(event.c)
    if record is not None:
        known = record.data
        record.data = event if known is None else msgspec.structs.replace(known, reason=known.reason or event.reason)
        state.touch("cases")


def judged(state: SessionState, event: ev.Hits) -> None:
    record = state.records.get(event.c)
    if record is not None:
        record.add_hits(event)
        state.touch("cases")


def _key(of: ev.Case | ev.Calibration) -> tuple[str, str, int]:
    return of.device, of.variant if isinstance(of, ev.Case) else of.dtype, of.threads
