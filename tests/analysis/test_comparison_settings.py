"""What differs between two sessions is told, what figures depend on makes them incomparable; and which cases match."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams
from jetbench.analysis import matching
from jetbench.analysis.bootstrap import Sample
from jetbench.analysis.comparability import Setting, differences, refusal, unknown_mode
from jetbench.analysis.comparison import Side
from jetbench.analysis.matching import Session
from jetbench.domain import events as ev
from jetbench.domain.results import CaseResult

replace = msgspec.structs.replace
FACTS = {
    "cpu": {"online": 6, "governor": "schedutil"},
    "gpu": {"governor": "nvhost_podgov", "min_hz": 306_000_000},
    "jtop": {"nvpmodel": "15W", "jetson_clocks": False, "fan": {"pwmfan": "quiet"}},
}
BOARD = replace(streams.board(), facts=FACTS)
SOFTWARE = streams.software()
CASES = (ev.Case(id=0, model="resnet18", threads=5),)
BASE = Setting(BOARD, SOFTWARE, ev.Protocol(), CASES)


def facts(part: str, **changed: object) -> Setting:
    return msgspec.structs.replace(BASE, board=replace(BOARD, facts=FACTS | {part: FACTS[part] | changed}))


def board(**changed: object) -> Setting:
    return msgspec.structs.replace(BASE, board=replace(BOARD, **changed))


def software(**changed: object) -> Setting:
    return msgspec.structs.replace(BASE, software=replace(SOFTWARE, **changed))


def protocol(**changed: object) -> Setting:
    return msgspec.structs.replace(BASE, protocol=ev.Protocol(**changed))


def clocked(limit: float) -> tuple[ev.Channel, ...]:
    return tuple(replace(c, limit=limit) if c.quantity == "clock" else c for c in BOARD.channels)


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (facts("jtop", nvpmodel="MAXN"), "power mode 15W against MAXN"),
        (facts("jtop", jetson_clocks=True), "jetson_clocks off against on"),
        (facts("jtop", fan={"pwmfan": "cool"}), "fan pwmfan quiet against pwmfan cool"),
        (facts("cpu", governor="performance"), "governor schedutil against performance"),
        (facts("cpu", online=4), "CPUs online 6 against 4"),
        (facts("gpu", min_hz=625_000_000), "lowest GPU clock 306 MHz against 625 MHz"),
        (board(channels=clocked(729.6)), "highest clock cpu.policy0 1510.4 MHz against cpu.policy0 729.6 MHz"),
        (board(model="Raspberry Pi 5"), "board NVIDIA Jetson Orin Nano Developer Kit against Raspberry Pi 5"),
        (board(root="/tmp/pack"), "sensors its own against read from /tmp/pack"),
        (board(facts=FACTS | {"simulated": True}), "sensors its own against made up by --simulate"),
        (software(torch="2.6.0"), "torch 2.5.0 against 2.6.0"),
        (software(build={"mkldnn": False}), "oneDNN on against off"),
        (msgspec.structs.replace(BASE, cases=(ev.Case(id=0, model="resnet18", threads=1),)), "threads 5 against 1"),
        (protocol(shared_cores=True), "cores the cases' own against shared with the screen"),
    ],
)
def test_what_figures_depend_on_makes_them_incomparable(other, text):
    for base, changed in ((BASE, other), (other, BASE)):
        found = differences(base, changed)
        assert [difference.incomparable for difference in found] == [True]
    assert refusal(differences(BASE, other)) == text


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (protocol(warmup=None), "warm-up 0 against until flat"),
        (protocol(k=None, until=0.01), "passes k = 10 against until 1.00%"),
        (protocol(end_to_end=True), "end to end off against on"),
        (protocol(rounds=3, seed=7), "rounds 1 against 3, seed 7"),
        (software(python="3.12.1"), "Python 3.10.12 against 3.12.1"),
        (board(hostname="orin-2"), "host orin against orin-2"),
        (board(kernel="6.8"), "kernel 5.15.148-tegra against 6.8"),
    ],
)
def test_the_rest_is_told_and_nothing_more(other, text):
    found = differences(BASE, other)
    assert [difference.text for difference in found] == [text]
    assert refusal(found) is None


def test_nothing_differs_from_itself_and_a_seed_of_one_round_is_none():
    assert differences(BASE, BASE) == ()
    assert differences(BASE, protocol(seed=9)) == ()


def test_what_one_side_did_not_record_is_told_and_refuses_nothing():
    silent = board(facts={key: value for key, value in FACTS.items() if key != "jtop"})
    found = differences(BASE, silent)
    assert "power mode 15W against not recorded" in [difference.text for difference in found]
    assert refusal(found) is None
    assert unknown_mode(BASE, silent) is None
    assert "power mode is recorded in neither" in unknown_mode(silent, silent)
    assert unknown_mode(*[msgspec.structs.replace(BASE, board=replace(BOARD, kind="x86", facts={}))] * 2) is None


def test_before_a_run_only_what_is_known_is_compared():
    before = Setting(BOARD, None, None, (ev.Case(id=0, model="resnet18", threads=0),))
    assert refusal(differences(BASE, before)) is None
    assert "torch 2.5.0 against 2.6.0" in refusal(differences(BASE, software(torch="2.6.0")))


def test_many_differences_stay_one_line():
    other = Setting(streams.board(power=False), replace(SOFTWARE, torch="1.10.0", build={"mkldnn": False}), None, ())
    text = refusal(differences(BASE, replace_all(other)))
    assert text.endswith("more")
    assert text.count(" against ") == 4


def replace_all(of: Setting) -> Setting:
    changed = {"cpu": {"online": 1, "governor": "x"}, "jtop": {"nvpmodel": "5W", "jetson_clocks": True}}
    return msgspec.structs.replace(of, board=replace(of.board, facts=changed))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["cpu", "gpu", "jtop", "simulated", "power"]), JSON), JSON)
def test_facts_of_a_recording_may_be_anything(told, deeper):
    odd = board(facts=told)
    odder = board(facts={"jtop": {"nvpmodel": deeper, "fan": deeper}, "cpu": {"online": deeper}})
    for other in (odd, odder, software(build={"mkldnn": deeper}, torch="\x1b[31m\n2")):
        for difference in differences(BASE, other):
            assert "\x1b" not in difference.text
            assert "\n" not in difference.text
        refusal(differences(other, BASE))


# -- which cases are the same


def of(model: str, *, threads: int = 1, shape: tuple[int, ...] = (), **case: object) -> Side:
    told = ev.Case(id=0, model=model, threads=threads, **case)
    counted = ev.Model(c=0, input=(told.batch, 3, *shape)) if shape else None
    return Side(told, CaseResult(told, "measured", model=counted), None, Sample(()), ())


def test_cases_are_matched_by_what_they_are():
    base = [of("a", shape=(8, 8)), of("a", batch=4, shape=(8, 8)), of("b", size=(8, 8)), of("c", variant="fp16")]
    other = [of("b", shape=(8, 8)), of("a", shape=(9, 9)), of("a", batch=4, shape=(8, 8)), of("c"), of("d")]
    partners, beyond = matching.matched(base, other)
    assert partners == [None, other[2], other[0], None]
    assert beyond == [other[1], other[3], other[4]]


def test_a_case_that_never_ran_does_not_know_its_size_and_is_found_all_the_same():
    partners, beyond = matching.matched([of("a")], [of("a", shape=(224, 224))])
    assert partners[0] is not None
    assert beyond == []


def test_of_equal_cases_the_one_with_as_many_threads():
    one, four = of("a", threads=1, shape=(8, 8)), of("a", threads=4, shape=(8, 8))
    assert matching.matched([four, one], [one, four])[0] == [four, one]
    assert matching.matched([of("a", threads=2, shape=(8, 8))], [one])[0] == [one]


@pytest.mark.parametrize(
    ("selector", "fit"),
    [
        ("m", True),
        ("m:fp16", True),
        ("m:b4", True),
        ("m:fp16:b4:8x9", True),
        ("m:8x9", True),
        ("m:fp32", False),
        ("m:b1", False),
        ("m:8", False),
        ("mm", False),
        ("m:nothing", False),
        ("", False),
    ],
)
def test_a_case_by_its_name(selector, fit):
    assert matching.fits(selector, of("m", variant="fp16", batch=4, shape=(8, 9))) is fit


def test_a_model_of_the_users_own_has_colons():
    own = of("net.py:build", batch=2, shape=(8, 8))
    for selector in ("net.py:build", "net.py:build:fp32", "net.py:build:b2", "net.py:build:fp32:b2:8"):
        assert matching.fits(selector, own)
    assert not matching.fits("net.py", own)
    assert matching.fits("net.py:fp16", of("net.py", variant="fp16"))


def test_the_baseline_is_the_first_and_what_has_no_counterpart_is_listed():
    setting = BASE
    base = Session("A", "a", setting, (of("a"), of("b")))
    made = matching.across([base, Session("B", "b", setting, (of("b"), of("c"))), Session("C", "c", setting, ())])
    assert [(row.base.case.model, [other is not None for other in row.others]) for row in made.rows] == [
        ("b", [True, False])
    ]
    assert [(label, side.case.model) for label, side in made.unmatched] == [("A", "a"), ("B", "c")]
    assert made.comparable
