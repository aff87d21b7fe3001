"""Recordings of earlier versions open whole and give the figures that those versions gave.

fixtures/v1-2026-11-*.jsonl were recorded before the fields of the benchmark core were added: no rules, no forecast, no
evidence of disturbed passes, no SHA-256, checkpoints without counts. The figures beside them were printed by the
version that recorded them; what it told in another way than today (the interval of the median) is left out.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.recording import reader
from jetbench.recording.format import VERSION
from jetbench.recording.opened import open_session
from jetbench.recording.seek import next_mark, previous_mark
from jetbench.session.load import load
from jetbench.session.resumption import rest_of

FIXTURES = Path(__file__).parent / "fixtures"
OLD = sorted(FIXTURES.glob("*.jsonl"))


def same(told: Any, now: Any, where: str) -> None:
    """Everything that was told is told again; more may be."""
    if isinstance(told, dict):
        for name, value in told.items():
            same(value, now[name], f"{where}.{name}")
    elif isinstance(told, float):
        assert now == pytest.approx(told, rel=1e-9), where
    else:
        assert now == told, where


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_it_gives_the_same_figures(path: Path) -> None:
    told = json.loads(path.with_suffix(".figures.json").read_text())
    state, damage = load(path)
    assert not damage
    now = document(state)
    assert now["status"] == told["status"]
    assert len(now["cases"]) == len(told["cases"])
    for before, after in zip(told["cases"], now["cases"], strict=True):
        same(before, after, before["model"])


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_it_is_opened_and_looked_into_without_counts(path: Path) -> None:
    opened = open_session(path)
    assert opened.checkpoint is not None
    assert (opened.checkpoint.marks, opened.checkpoint.parts, opened.header.boot) == (None, (), None)
    assert opened.brief["status"] == "done"
    found = [event for _, event in reader.events(path)]
    ends = [event for event in found if isinstance(event, ev.CaseEnd)]
    step = next_mark(opened, ends[0].t - 1)
    assert step is not None
    assert step[1] == ends[0]
    last = previous_mark(opened, opened.last_t + 1)
    assert last is not None
    assert last[1] == ends[-1]


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_it_is_complete(path: Path, tmp_path: Path) -> None:
    copied = tmp_path / "a.jsonl"
    shutil.copy(path, copied)
    assert rest_of(copied).complete


def test_there_is_one_of_every_version() -> None:
    assert {reader.read_header(path).version for path in OLD} == set(range(1, VERSION + 1))
