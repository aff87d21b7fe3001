"""The poller keeps its grid, counts what it missed, and says when it cannot keep up. Time here is made by hand."""

import threading
import time

import pytest

from jetbench_agent.sensors import Poller
from jetbench_agent.sensors.poller import grown_period, next_deadline

MS = 1000000


class World:
    """A clock, and a board whose reads take ``costs`` ms (the last one for ever after); waits end ``late`` ms late."""

    def __init__(self, costs=(0,), until=10, late=0):
        self.late = late
        self.now = 0
        self.costs = list(costs)
        self.until = until
        self.state = (False, [], [], None)
        self.heard, self.states, self.logs, self.fresh = [], [], [], []
        self.at_tick = {}
        self.poller = Poller(
            self, self.on_tick, self.on_throttle, self.logs.append, period=0.1, clock=lambda: self.now, wait=self.wait
        )

    def read(self, fresh=False):
        self.fresh.append(fresh)
        self.now += (self.costs.pop(0) if len(self.costs) > 1 else self.costs[0]) * MS
        return [len(self.fresh)], {}

    def throttle(self):
        return self.state

    def wait(self, seconds):
        self.now += round(seconds * 1e9) + self.late * MS

    def on_tick(self, t_ns, values, why):
        self.heard.append(t_ns / MS)
        self.at_tick.get(len(self.heard), lambda: None)()
        if len(self.heard) == self.until:
            self.poller.stop()

    def on_throttle(self, t_ns, now, active, notices, reason):
        self.states.append((t_ns / MS, now, active))


def test_ticks_stay_on_their_grid():
    world = World(costs=[4, 8, 2, 0], until=5)
    world.poller.run()
    assert world.heard == [2, 104, 201, 300, 400]  # the middle of each read
    assert world.poller.missed == 0


def test_missed_ticks_are_counted_and_not_made_up_for():
    world = World(costs=[0, 250, 0], until=4)
    world.poller.run()
    assert world.heard == [0, 225, 400, 500]
    assert world.poller.missed == 2
    assert world.poller.ticks == 4


def test_the_grid_does_not_drift_with_late_wake_ups():
    world = World(until=20, late=3)
    world.poller.run()
    assert world.heard == [0] + [100 * tick + 3 for tick in range(1, 20)]


@pytest.mark.parametrize(
    ("deadline", "now", "expected"),
    [(0, 0, (100, 0)), (0, 99, (100, 0)), (0, 100, (200, 1)), (0, 250, (300, 2)), (500, 480, (600, 0))],
)
def test_next_deadline(deadline, now, expected):
    assert next_deadline(deadline, now, 100) == expected


def test_throttle_is_told_first_and_when_it_changes():
    world = World(until=6)
    world.at_tick = {
        2: lambda: setattr(world, "state", (True, ["cpu-throttle-alert"], [], None)),
        4: lambda: setattr(world, "state", (False, [], [], None)),
    }
    world.poller.run()
    assert world.states == [(0, False, []), (200, True, ["cpu-throttle-alert"]), (400, False, [])]


def test_a_new_period_begins_at_once_and_reads_everything():
    world = World(until=5)
    world.at_tick = {2: lambda: world.poller.set_period(0.02)}
    world.poller.run()
    assert world.heard == [0, 100, 100, 120, 140]
    assert world.fresh == [False, False, True, False, False]


def test_slow_reads_lengthen_the_period_and_say_so_once():
    world = World(costs=[31], until=12)
    world.poller.run()
    assert world.poller.period == pytest.approx(0.155)
    assert len(world.logs) == 1
    assert "31.0 ms" in world.logs[0] and "155 ms" in world.logs[0]


def test_one_slow_read_changes_nothing():
    world = World(costs=[1, 1, 90, 1, 1, 1], until=12)
    world.poller.run()
    assert world.poller.period == 0.1
    assert world.logs == []


def test_growing():
    assert grown_period([20 * MS] * 5, 100 * MS) == 100 * MS
    assert grown_period([21 * MS] * 5, 100 * MS) == 125 * MS  # at least a quarter more
    assert grown_period([1, 1, 40 * MS, 40 * MS, 40 * MS], 100 * MS) == 200 * MS


def test_a_listener_that_breaks_ends_the_thread_and_nothing_else():
    def broken(*_):
        raise BrokenPipeError("gone")

    world = World()
    poller = Poller(world, broken, lambda *_: None, lambda _: None, period=0.01)
    poller.start()
    poller.stop()
    assert isinstance(poller.error, BrokenPipeError)


def test_the_thread_ticks_wakes_and_stops():
    world = World(until=-1)
    ticked = threading.Semaphore(0)
    poller = Poller(world, lambda *_: ticked.release(), lambda *_: None, lambda _: None, period=3600)
    poller.start()
    assert ticked.acquire(timeout=20)  # the first at once, the next in an hour
    poller.set_period(3600)
    assert ticked.acquire(timeout=20)  # not in an hour: now
    poller.set_period(0.001)
    for _ in range(5):
        assert ticked.acquire(timeout=20)
    poller.stop(timeout=20)
    assert not any(thread.name == "sensors" for thread in threading.enumerate())
    poller.stop()
    poller.set_period(1)


def test_times_are_of_the_monotonic_clock():
    world = World()
    times = []
    poller = Poller(world, lambda t, *_: (times.append(t), poller.stop()), lambda *_: None, lambda _: None)
    before = time.monotonic_ns()
    poller.run()
    assert before <= times[0] <= time.monotonic_ns()
