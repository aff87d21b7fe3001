"""Lines that are folded some at a time: all of them, in order, and whoever looks finds them folded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams
from jetbench.domain.fleet import Member
from jetbench.domain.plan import Plan
from jetbench.link.base import Link
from jetbench.link.shared import Over, SharedReader
from jetbench.recording import fleet as fleets
from jetbench.session import gathered
from jetbench.session.fleet import FleetSession
from jetbench.session.gathered import MOST, Gathered
from jetbench.session.load import load
from scripted import ScriptedLink, split

PLAN = Plan(models=("mobilenet_v2", "resnet18"))


class PouringLink(ScriptedLink):
    """As one that a reader for many boards reads."""

    def pour(self, reader: SharedReader, sink: Callable[[bytes], None], over: Over) -> None:
        def work() -> None:
            for line in self.lines():
                sink(line)
            over(None)

        threading.Thread(target=work, daemon=True).start()

    def pour_prints(self, reader: SharedReader, sink: Callable[[bytes], None]) -> None:
        """Nothing is printed."""


@given(st.lists(st.sampled_from(["tel", "lat", "stage", "look"]), max_size=3 * MOST))
def test_all_is_folded_in_order_and_nothing_waits_when_somebody_looks(said: list[str]) -> None:
    folded: list[bytes] = []
    largest = 0

    def fold(lines: Sequence[bytes]) -> None:
        nonlocal largest
        folded.extend(lines)
        largest = max(largest, len(lines))

    lock, came = Gathered(fold), list[bytes]()
    for number, kind in enumerate(said):
        line = b'{"k":"%s","n":%d}' % (kind.encode(), number)
        if kind == "look":
            with lock:
                assert folded == came
            continue
        came.append(line)
        if not lock.put(line):
            assert kind == "stage"
            with lock:
                folded.append(line)
            assert folded == came
    with lock:
        assert folded == came
    assert largest <= MOST


def test_what_is_gathered_waits_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whoever does not mind, and of the next line."""
    now = 10.0
    monkeypatch.setattr(gathered.time, "monotonic", lambda: now)
    folded: list[bytes] = []
    lock, line = Gathered(folded.extend), b'{"k":"tel"}'
    for _ in range(2):
        before = len(folded)
        assert lock.put(line)
        now += 0.9 * gathered.GATHER_S
        lock.catch_up_if_due()
        assert lock.put(line)
        assert len(folded) == before
        now += 0.2 * gathered.GATHER_S
        lock.catch_up_if_due()
        assert len(folded) == before + 2
    assert lock.put(line)
    now += gathered.GATHER_S
    assert lock.put(line)
    assert len(folded) == 6


def test_a_line_that_cannot_be_folded_does_not_keep_the_lock() -> None:
    def fold(lines: Sequence[bytes]) -> None:
        raise ZeroDivisionError

    lock = Gathered(fold)
    lock.put(b'{"k":"tel"}')
    for _ in range(2):
        try:
            with lock:
                break
        except ZeroDivisionError:
            continue
    else:
        raise AssertionError("the lines are tried again and again")


def test_what_is_recorded_and_told_is_the_same_as_line_by_line(tmp_path: Path) -> None:
    bad = [b'{"k":"tel","t":"x"}', b'{"k":"lat","c":0,"s":[1],"d":[]}']
    found = {}
    for name, kind in (("gathered", PouringLink), ("line by line", ScriptedLink)):
        first, rest = split(list(streams.session(seed=3, passes=400)))
        link = kind(first, [*rest[:30], *bad, *rest[30:]])
        found[name] = told(tmp_path / name, link)
    assert found["gathered"] == found["line by line"]
    lines, _, notes = found["gathered"]
    assert len(lines) > 200
    assert sum("left out" in note for note in notes) == len(bad)


def told(folder: Path, link: Link) -> tuple[list[bytes], object, list[str]]:
    """What the file holds of the board, what it comes to, and the warnings of the log."""
    folder.mkdir()
    session = FleetSession([Member(name="a", address="a")], lambda _: link, lambda: folder / "f.jsonl")
    session.run(PLAN)
    assert session.wait(20.0)
    notes = session.session("a").read(lambda state: [line.text for line in state.log if line.level == "warning"])
    session.close()
    (folder / "out").mkdir()
    (path,) = fleets.split(folder / "f.jsonl", folder / "out").files
    assert path is not None
    lines = [line for line in path.read_bytes().splitlines()[1:] if b'"n":' in line]
    state, damage = load(path)
    assert not damage
    return lines, [(result.case, result.status, result.latency) for result in state.case_results()], notes
