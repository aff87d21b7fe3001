"""The onset of throttling: by the latencies alone, against simulated series, and by what the sensors told."""

from __future__ import annotations

import random

import pytest
from latencies import noisy

from jetbench.analysis.onset import of_sensors, sensors_look, slowdown_onset
from jetbench.domain.events import Board, Channel, Throttle
from jetbench.domain.observed import ObservedBoard, Series

SECOND = 1_000_000_000


def test_no_false_alarm_in_400_clean_runs():
    draw = random.Random(21)
    assert [onset for _ in range(400) if (onset := slowdown_onset(noisy(draw, 3000))) is not None] == []


@pytest.mark.parametrize("slower", [1.10, 1.25])
def test_throttling_is_found_within_40_passes(slower):
    """Detection delay: the rule is shown the series up to 40 passes after the change, and has to say so by then.
    The change comes anywhere: no block begins with it.
    """
    draw = random.Random(22)
    found = 0
    for _ in range(100):
        begin = draw.randrange(400, 2000)
        onset = slowdown_onset(noisy(draw, begin + 40, lambda i, begin=begin: 1.0 if i < begin else slower))
        found += onset is not None and abs(onset - begin) <= 40
    assert found >= 95


def test_a_board_that_gets_faster_is_no_slowdown():
    draw = random.Random(23)
    assert slowdown_onset(noisy(draw, 2000, lambda i: 1.0 if i < 800 else 0.8)) is None


# -- by the sensors


def series(*values: float) -> Series:
    """One reading a second."""
    made = Series()
    for second, value in enumerate(values):
        made.add(second * SECOND, value)
    return made


BOARD = Board(channels=(Channel(id="temp.cpu", quantity="temperature", name="cpu", unit="C", limit=97.0),))


def test_every_signal_says_for_itself_and_the_state_comes_first() -> None:
    told = ObservedBoard()
    told.throttle = [Throttle(t=0, now=False), Throttle(t=5 * SECOND, now=True, active=("cpu-throttle-alert",))]
    told.temperatures["temp.cpu"] = series(80, 90, 95, 96, 97, 97, 97, 97)
    told.clocks["clock.cpu.policy0"] = series(1479, 1479, 1479, 1479, 1479, 1479, 1200, 1200, 1200)
    found = of_sensors(told, BOARD, "cpu", (0, 8 * SECOND))
    assert [(onset.signal, onset.t / SECOND) for onset in found] == [("state", 5), ("trip", 4), ("clock", 5.5)]
    assert found[0].text == "cpu-throttle-alert"
    assert found[1].text == "cpu at 97 C"


def test_what_went_on_before_sets_in_with_the_window() -> None:
    told = ObservedBoard()
    told.throttle = [Throttle(t=0, now=True, active=("a",)), Throttle(t=3 * SECOND, now=False)]
    assert [onset.t for onset in of_sensors(told, None, "cpu", (2 * SECOND, 9 * SECOND))] == [2 * SECOND]
    assert of_sensors(told, None, "cpu", (4 * SECOND, 9 * SECOND)) == (), "it was over when the window began"


def test_nothing_seen_is_not_the_same_as_nobody_looking() -> None:
    told = ObservedBoard()
    told.throttle = [Throttle(t=0, now=None, reason="no_sensor")]
    assert of_sensors(told, None, "cpu", (0, SECOND)) == ()
    assert not sensors_look(told)
    told.throttle.append(Throttle(t=1, now=False))
    assert sensors_look(told)
