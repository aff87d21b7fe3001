"""Reads that do not come back: the others go on, what hangs is stale, and nobody waits for it."""

import contextlib
import os
import threading
import time

import pytest
from seen import Seen

from board_tree import lay_out, manifest
from jetbench_agent.sensors import Poller, files, open_board, sweep
from jetbench_agent.sensors.aside import AbandonedError, Aside
from jetbench_agent.sensors.files import KeptFile
from jetbench_agent.sensors.source import OneFile, Slow, channel

TJ = "thermal_zone8/temp"
RAIL = "hwmon1/curr1_input"
STATE = "cooling_device4/cur_state"


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about")


@pytest.fixture
def blocked(monkeypatch):
    """Paths that end so are read for as long as they are in here, as by a driver whose bus is stuck."""
    monkeypatch.setattr(sweep, "HANGS_NS", 100 * 10**6)
    real, names, paths = os.pread, {}, {}
    real_open = os.open

    def opened(path, flags, *rest, **more):
        fd = real_open(path, flags, *rest, **more)
        paths[fd] = str(path)
        return fd

    def pread(fd, size, offset):
        for _ in range(3000):
            if not any(paths.get(fd, "").endswith(name) for name in names):
                break
            time.sleep(0.01)
        return real(fd, size, offset)

    monkeypatch.setattr(files.os, "open", opened)
    monkeypatch.setattr(files.os, "pread", pread)
    yield names
    names.clear()


@pytest.fixture
def running(blocked, tmp_path):
    """A poller over a fake Orin at 50 Hz, and what it told last."""

    class Running:
        values, why, states, logs, ticks = {}, {}, [], [], 0

        def start(self):
            self.board = open_board(str(lay_out(manifest("orin-nano"), tmp_path)))
            ids = [column["id"] for column in self.board.describe()["channels"]]

            def on_tick(_t, values, why):
                self.values, self.why = dict(zip(ids, values, strict=True)), dict(why)
                self.ticks += 1

            self.poller = Poller(
                self.board, on_tick, lambda *state: self.states.append(state[1:]), self.logs.append, 0.02
            )
            self.poller.start()
            return self

        def goes_on(self, ticks=20):
            """So many ticks more."""
            wanted = self.ticks + ticks
            until(lambda: self.ticks >= wanted)

    found = Running()
    yield found
    blocked.clear()
    found.poller.stop()
    found.board.close()


def test_what_hangs_is_stale_and_the_others_go_on(running, blocked):
    running.start().goes_on(3)
    blocked[TJ] = True
    until(lambda: running.why.get("temp.tj-thermal") == "stale")
    running.goes_on()
    assert running.values["temp.tj-thermal"] is None
    assert running.values["power.total"] == 8943528
    assert running.poller.missed > 0, "the ticks in which everybody waited are counted"
    assert len([text for text in running.logs if "thermal_zone8 has not answered" in text]) == 1


def test_what_answers_again_is_read_as_before(running, blocked):
    running.start().goes_on(3)
    blocked[RAIL] = True
    until(lambda: running.why.get("power.total") == "stale")
    running.goes_on()
    assert running.why["power.VDD_IN"] == running.why["current.VDD_IN"] == "stale"
    assert running.values["power.VDD_SOC"] == 2453920
    blocked.clear()
    until(lambda: running.values["power.total"] == 8943528)
    assert any("answers again" in text for text in running.logs)
    assert len([thread for thread in threading.enumerate() if thread.name == "sensors"]) == 1


def test_the_second_time_it_gets_a_thread_of_its_own(running, blocked):
    running.start().goes_on(3)
    for _ in range(2):
        blocked[TJ] = True
        until(lambda: running.why.get("temp.tj-thermal") == "stale")
        blocked.clear()
        until(lambda: running.values["temp.tj-thermal"] == 48906)
    logs = len(running.logs)
    blocked[TJ] = True
    until(lambda: running.why.get("temp.tj-thermal") == "stale")
    running.goes_on()
    assert len(running.logs) == logs, "from now on nobody has to be left behind"
    blocked.clear()
    until(lambda: running.values["temp.tj-thermal"] == 48906)


def test_a_throttle_state_that_hangs_is_in_doubt(running, blocked):
    running.start().goes_on(3)
    assert running.states[-1][0] is False
    blocked[STATE] = True
    until(lambda: running.states[-1][0] is None)
    assert running.states[-1][3] == "stale: cooling"
    blocked.clear()
    until(lambda: running.states[-1][0] is False)


def test_what_hangs_from_the_start_does_not_hold_up_the_board(running, blocked):
    blocked[TJ] = True
    running.start().goes_on(3)
    assert running.why["temp.tj-thermal"] == "stale"
    assert running.values["power.total"] == 8943528
    blocked.clear()
    until(lambda: running.values["temp.tj-thermal"] == 48906)


def test_a_thread_that_comes_back_touches_nothing(blocked, tmp_path):
    with contextlib.closing(open_board(str(lay_out(manifest("orin-nano"), tmp_path)))) as board:
        blocked[TJ] = True
        ended = []

        def left_behind():
            try:
                board.read()
            except AbandonedError:
                ended.append("abandoned")

        thread = threading.Thread(target=left_behind, daemon=True)
        thread.start()
        until(board.overdue)
        assert not board.overdue(), "once a hang"
        seen = Seen(board)
        assert seen.why["temp.tj-thermal"] == "stale"
        blocked.clear()
        thread.join(20)
        assert ended == ["abandoned"]
        until(lambda: seen.look().raw["temp.tj-thermal"] == 48906)


class Events(OneFile):
    """Throttles in the tick of a read and not after it, as a counter that rose."""

    knows_throttle = True

    def read(self):
        self.throttle = (True, ["x"], [], None)
        return [1]

    def repeated(self):
        self.throttle = (False, [], [], None)


@pytest.mark.parametrize("slow", [False, True])
def test_an_event_is_in_one_row_and_not_in_those_that_repeat_it(tmp_path, slow):
    source = Events(channel("counter.x", "counter", "count"), KeptFile(str(tmp_path / "x")))
    aside = Aside(Slow(source, 3600, lambda: 1) if slow else source, 10**9)
    until(lambda: aside.read() == [1])
    assert aside.throttle[0] is True
    for _ in range(3):
        aside.read()
        assert aside.throttle == (False, [], [], None)
    aside.end()


def test_the_last_words_of_a_poller_that_ends():
    class Board:
        def read(self, fresh=False):
            raise RuntimeError("a bug")

    logs = []
    poller = Poller(Board(), lambda *_: None, lambda *_: None, logs.append, period=0.01)
    poller.start()
    until(lambda: logs)
    assert logs == ["the sensors are no longer read: RuntimeError('a bug')"]
    poller.stop()
