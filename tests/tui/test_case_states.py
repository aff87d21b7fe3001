"""Each state of a case has a shape and a word of its own, and never only a colour."""

from __future__ import annotations

import pytest

from jetbench.domain.events import Case
from jetbench.domain.results import CaseResult
from jetbench.tui import about
from jetbench.tui.draw import models
from jetbench.tui.draw.frame import Room
from jetbench.tui.entries import Entry
from jetbench.tui.glyphs import SETS

STATES = ("queued", "running", "measured", "failed", "refused", "skipped", "interrupted")


def result(status: str, **more: object) -> CaseResult:
    return CaseResult(case=Case(id=0, model="resnet18"), status=status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("glyphs", list(SETS))
def test_shapes_and_words_differ(glyphs: str) -> None:
    room = Room(60, 20, SETS[glyphs])
    told = [models.state(result(status), room) for status in STATES]
    told.append(models.state(result("measured", throttled=True), room))
    assert len({sign for sign, _, _ in told}) == len(told)
    assert len({word for _, word, _ in told}) == len(told)
    assert all(len(sign) == 1 and word for sign, word, _ in told)
    legend = {sign for sign, _, _ in about.drawn("models", SETS[glyphs])}
    assert {sign for sign, _, _ in told} <= legend, "the help names every shape"


@pytest.mark.parametrize("width", [30, 60])
@pytest.mark.parametrize("status", STATES)
def test_the_shape_is_in_the_line_and_the_word_where_there_is_room(status: str, width: int) -> None:
    room = Room(width, 20, SETS["ascii"])
    case = result(status)
    shown = models.line(Entry("resnet18", case=case), room, [case], None, False, False, False).text
    sign, word, _ = models.state(case, room)
    assert sign in shown[10:]
    assert (word in shown) == (width == 60)
