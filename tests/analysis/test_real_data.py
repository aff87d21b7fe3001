"""Wilson's interval and McNemar's exact test against the sums they are defined by; what a table, a choice and a plot
take of them."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from math import comb, sqrt
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams
from jetbench.analysis import choice, paired, real_data
from jetbench.analysis.measures import BY_NAME
from jetbench.analysis.series import scatter
from jetbench.domain import events as ev
from jetbench.export import data_words
from jetbench.export.document import document
from jetbench.export.json import dumps
from jetbench.export.report import accuracy
from jetbench.export.table import print_table
from jetbench.session.state import SessionState

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "results.schema.json").read_text())


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_shares_that_the_score_test_keeps(drawn: tuple[int, int]) -> None:
    """An end of it is the share p for which |share - p| is 1.96 standard deviations of p."""
    right, of = drawn
    low, high = real_data.wilson(right, of)
    assert 0 <= low <= right / of <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert abs(right / of - end) == pytest.approx(real_data.Z95 * sqrt(end * (1 - end) / of), rel=1e-6)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_sum(one: int, other: int) -> None:
    n, least = one + other, min(one, other)
    exact = min(Fraction(1), 2 * sum((Fraction(comb(n, k), 2**n) for k in range(least + 1)), Fraction(0)))
    assert paired.mcnemar(one, other) == pytest.approx(float(exact), rel=1e-9)
    assert paired.mcnemar(one, other) == paired.mcnemar(other, one)


def session(letters: tuple[str, ...], source: str = "photos", outputs: int = 10) -> SessionState:
    """Two cases, each with a letter an image, and passes of 2 ms over real images beside 1 ms over random ones."""
    state, last = SessionState(), None
    for event in streams.session(passes=100, power=False):
        if isinstance(event, ev.RunEnd):
            last = event
            continue
        state.apply(event)
        if isinstance(event, ev.CaseEnd) and event.c < len(letters):
            text, t = letters[event.c], event.t
            told = {"source": source, "images": len(text), "classes": 10, "outputs": outputs, "labels": "by name"}
            state.apply(ev.Data(c=event.c, t=t, sha256="ab", prepared="as it is", notes=("said",), **told))
            half = len(text) // 2
            for first, piece in ((0, text[:half]), (half, text[half:])):
                parts = {name: (ns,) * len(piece) for name, ns in PARTS.items()}
                state.apply(ev.Hits(c=event.c, t=t, i=first, hits=piece, parts=parts))
            state.apply(ev.Hits(c=event.c, t=t, i=first, hits="1" * 50))  # told twice: it does not count
    assert last is not None
    state.apply(last)
    return state


PARTS = {"read": 500_000, "decode": 3_000_000, "prepare": 1_500_000, "forward": 2_000_000, "synthetic": 1_000_000}
FIRST, SECOND = "1" * 80 + "5" * 10 + "0" * 10, "1" * 60 + "0" * 30 + "-" * 8 + "x" * 2


def test_figures_of_a_session() -> None:
    state = session((FIRST, SECOND))
    one, two = (result.data for result in state.case_results()[:2])
    assert one is not None and two is not None and one.top1 is not None and one.top5 is not None
    assert (one.top1.value, one.top5.value, one.judged) == (0.8, 0.9, 100)
    assert two.top1 is not None and (two.top1.right, two.top1.of, two.left_out, two.unread) == (60, 90, 8, 2)
    assert one.ratio == pytest.approx(2) and one.ratio_ci95 == pytest.approx((2, 2))
    assert one.alone is not None and one.alone.p50 == pytest.approx(0.002) and one.with_transfer is None
    assert one.end_to_end is not None and one.end_to_end.p50 == pytest.approx(0.007)
    few = session((FIRST,), outputs=5).case_results()[0].data
    assert few is not None and few.top5 is None and few.top1 is not None


def test_two_models_on_the_same_images() -> None:
    """Of the 90 that both were judged by, 20 are right in the first alone and none in the second alone."""
    state = session((FIRST, SECOND))
    (pair,) = paired.pairs(state.case_results())
    assert (pair.images, pair.only_first, pair.only_second) == (90, 20, 0)
    assert pair.p == pytest.approx(2 * 0.5**20) and pair.differ
    assert not paired.pairs(session((FIRST,)).case_results())
    (same,) = paired.pairs(session((FIRST, FIRST)).case_results())
    assert same.p == 1 and not same.differ


def test_of_two_sessions_with_cases_that_lack_something() -> None:
    """What is missing on a side is said of that side, and nothing is tested."""
    one, other = (session((letters,)).case_results()[0] for letters in (FIRST, SECOND))
    both = paired.beside(one, other, ("A", "B"))
    assert both is not None and both.test is not None and (both.test.images, both.test.only_first) == (90, 20)
    assert (
        paired.beside(msgspec.structs.replace(one, data=None), msgspec.structs.replace(other, data=None), ("A", "B"))
        is None
    )
    for changed, words in (
        ({"sha256": None}, "not recorded which images"),
        ({"sha256": "cd"}, "not given the same images"),
        ({"top1": None, "reason": "random weights"}, "no accuracy in B: random weights"),
        ({"hits": "-" * 100}, "no image was judged by both"),
    ):
        lacking = msgspec.structs.replace(other, data=msgspec.structs.replace(other.data, **changed))
        found = paired.beside(one, lacking, ("A", "B"))
        assert found is not None and found.test is None and words in (found.reason or "")


def test_of_many_pairs_those_that_differ_are_told() -> None:
    pair = {"cases": [0, 1], "images": 9, "only_first": 0, "only_second": 9, "p": 0.004, "p_adjusted": 0.03}
    made = [pair | {"differ": number == 3} for number in range(10)]
    told = list(data_words.pairs(made, ["a", "b"]))
    assert len(told) == 2 and "they differ" in told[0] and told[1].startswith("of 10 pairs of cases")
    assert len(list(data_words.pairs(made[:6], ["a", "b"]))) == 6


def test_what_tables_documents_plots_and_a_choice_take_of_it() -> None:
    state = session((FIRST, SECOND), source="\x1b[31mphotos")
    made = json.loads(dumps(document(state)))
    jsonschema.validate(made, SCHEMA)
    assert made["cases"][0]["data"]["top1"] == 0.8 and made["paired"][0]["differ"]
    out = io.StringIO()
    print_table(state, out, width=None)
    text = out.getvalue()
    assert "top-1 80.0 % [71.1, 86.7], top-5 90.0 %" in text and "they differ (McNemar" in text and "\x1b" not in text
    names = [name for name, _, _ in accuracy.drawings([(case["model"], case) for case in made["cases"]])]
    assert names[0] == "accuracy:latency"
    points = scatter(state.case_results()[:2], BY_NAME["latency_p50"], BY_NAME["top1"])
    assert [point.y for point in points] == pytest.approx([80.0, 100 * 60 / 90])
    cases = [("a", result) for result in state.case_results()]
    fits = choice.choose(cases, choice.Limits(accuracy=0.7))
    by = {each.result.case.id: each for each in fits.candidates}
    assert by[0].state == choice.FITS and by[1].state == choice.MAY
    assert by[0].figures["accuracy"].note == "measured on 100 images of \x1b[31mphotos"
