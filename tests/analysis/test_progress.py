"""Time left: what is told from what was seen, and None before there is anything to tell it from."""

from __future__ import annotations

import pytest

from jetbench.analysis.progress import seconds_left
from jetbench.domain.events import Case, Protocol
from jetbench.domain.observed import ObservedCase


def case(number: int, passes: int = 0, *, pass_s: float = 0.1, load_s: float = 1.0, done: bool = False) -> ObservedCase:
    made = ObservedCase(Case(id=number, model=f"m{number}"))
    for _ in range(passes):
        made.duration.append(int(pass_s * 1e9))
        made.purpose.extend(0, 1)
    made.passes = passes
    if passes:
        made.windows.append((0, int(passes * pass_s * 1e9)))
        made.stages["load"] = int(load_s * 1e9)
    if done:
        made.stages["measure"] = int(passes * pass_s * 1e9)
    return made


def test_nothing_is_told_before_the_first_pass() -> None:
    assert seconds_left([case(0), case(1)], Protocol(k=10), 0, 0, 0) is None


def test_a_fixed_count() -> None:
    cases = [case(0, 10, done=True), case(1, 4), case(2)]
    left = seconds_left(cases, Protocol(k=10), 1, 1, 4)
    assert left == pytest.approx(0.6 + 2.0), "six passes here, and one case of a second and ten passes"


def test_time_bounds_a_count() -> None:
    left = seconds_left([case(0, 4, pass_s=1.0)], Protocol(k=1000, max_time_s=10.0), 0, 0, 4)
    assert left == pytest.approx(6.0)


def test_until_is_not_taken_for_its_longest() -> None:
    protocol = Protocol(k=None, until=0.01, max_time_s=60.0)
    assert seconds_left([case(0, 4), case(1)], protocol, 0, 0, 4) is None
    cases = [case(0, 20, done=True), case(1, 5), case(2)]
    assert seconds_left(cases, protocol, 1, 1, 5) == pytest.approx(1.5 + 3.0)


def test_rounds_count_every_case_again() -> None:
    cases = [case(0, 10, done=True), case(1, 10, done=True)]
    assert seconds_left(cases, Protocol(k=10, rounds=3), 2, None, 0) == pytest.approx(4 * 2.0)


def test_a_case_that_outlasts_the_others_is_not_said_to_be_over() -> None:
    protocol = Protocol(k=None, until=0.01, max_time_s=60.0)
    cases = [case(0, 20, done=True), case(1, 25)]
    assert seconds_left(cases, protocol, 1, 1, 25) is None, "0.5 s more than the other one took: nobody knows"
    assert seconds_left([*cases, case(2)], protocol, 1, 1, 25) == pytest.approx(3.0), "the case to come is known of"


def test_all_passes_are_over_and_the_end_is_not_told_yet() -> None:
    left = seconds_left([case(0, 10)], Protocol(k=10), 0, 0, 10)
    assert left == pytest.approx(0.0, abs=1e-9)


def test_a_case_that_is_still_loading_has_all_its_passes_to_come() -> None:
    loading = case(1)
    assert seconds_left([case(0, 10, done=True), loading], Protocol(k=10), 1, 1, 0) == pytest.approx(2.0)
    loading.stages["cooldown"] = int(0.4e9)
    assert seconds_left([case(0, 10, done=True), loading], Protocol(k=10), 1, 1, 0) == pytest.approx(1.6)
    loading.stages["cooldown"] = int(30e9)
    assert seconds_left([case(0, 10, done=True), loading], Protocol(k=10), 1, 1, 0) == pytest.approx(1.0)
