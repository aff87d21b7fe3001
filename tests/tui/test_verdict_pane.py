"""The verdict of a case that is over, as its details draw it; and as the report tells it."""

from __future__ import annotations

import fakes
import pytest
from driving import drive, pane, settle

from jetbench.domain.events import Calibration, CaseEnd, OpClass, Profile
from jetbench.domain.plan import Plan
from jetbench.domain.why import KERNEL, OpShare, Proof, Roofline, Trial, Verdict, Why
from jetbench.tui.draw import roofline, verdict
from jetbench.tui.draw.frame import Room
from jetbench.tui.glyphs import ASCII, BLOCK, BRAILLE

WHY = Why(
    verdict=Verdict(
        KERNEL,
        "kernel-limited, 5% of its roof: depthwise convs do 7% of the MACs and take 63% of the time",
        "fairly",
        "depthwise conv",
        ("at the roofs 1.005 ms by compute",),
        "the model without its depthwise convs being hardly faster",
        ("only 8 passes",),
    ),
    roofline=Roofline(0.03, 10**8, 10**6, 10**7, 1e11, 2e10, 0.001, 0.0005, 0.0002, False, 0.05, 2.6, 0.01),
    classes=(
        OpShare("depthwise conv", 0.019, 0.63, 7 * 10**6, 0.07, 17, 10**6, 0.0002),
        OpShare("pointwise conv", 0.005, 0.16, 90 * 10**6, 0.9, 34, 10**6, 0.001),
    ),
    trials=(Trial("oneDNN on", 2.66, 2.5, 2.9, 0.008, 8), Trial("CUDA graph", reason="needs a GPU")),
    proof=Proof(True, "without its depthwise convs it takes 79% less"),
)


@pytest.mark.parametrize("width", [24, 38, 80, 120])
@pytest.mark.parametrize("glyphs", [BRAILLE, ASCII])
def test_the_verdict_stands_in_full_at_every_width(width, glyphs):
    rows = verdict.draw(WHY, Room(width, 60, glyphs))
    shown = " ".join(" ".join(row.text for row in rows).split())
    assert all(row.used <= width for row in rows)
    assert WHY.verdict.sentence in shown
    assert "266.0 % faster [250.0, 290.0]" in shown
    assert "takes 79% less" in shown
    assert "only 8 passes" in shown
    assert "63%" in shown
    if width >= 80:
        assert "63% of the time, 7% of the MACs" in shown
        assert "2.6 FLOP/byte, the roofs meet at 5" in shown


@pytest.mark.parametrize("glyphs", [BRAILLE, BLOCK, ASCII])
@pytest.mark.parametrize("width", [34, 60, 120])
def test_a_case_lies_below_the_roof_and_left_of_the_ridge_where_it_does(width, glyphs):
    rows = [row.text for row in roofline.draw(WHY, Room(width, 40, glyphs))]
    assert all(len(row) <= width for row in rows)
    chart = rows[: rows.index(next(row for row in rows if row.endswith("FLOP/byte"))) - 1]
    (y, x), (_, dense) = _place(chart, "@"), _place(chart, "b")
    roof = {
        at: number for number, row in reversed(list(enumerate(chart))) for at in range(8, len(row)) if row[at] > " "
    }
    assert y > roof[x], "5 % of its roof"
    assert x < dense, "2.6 FLOP/byte, and those have 180"
    flat = [at for at, number in roof.items() if number == min(roof.values())]
    assert x < min(flat) < dense, "the roofs meet at 5"
    if glyphs is ASCII:
        assert "".join(chart).isascii()


def _place(chart, sign):
    return next((number, row.index(sign)) for number, row in enumerate(chart) if sign in row[8:])


def test_one_key_tries_the_case_under_the_cursor():
    plan = Plan(models=("resnet18", "mobilenet_v2"), batches=(1, 4), variants=("bf16",), threads=1, onednn=False)
    session = fakes.ScriptedSession(*fakes.finished(plan))

    async def use(app, pilot):
        await pilot.press("home", "down", "down", "E")

    drive(session, use, plan=plan)
    (wanted,) = session.plans
    assert (wanted.models, wanted.batches, wanted.variants) == (("resnet18",), (4,), ("bf16",))
    assert wanted.why
    assert wanted.trials >= 6, "fewer rounds give no interval"
    assert not wanted.onednn, "as it was measured"


def test_a_case_that_was_profiled_says_why_in_its_details():
    plan = Plan(models=("resnet18", "vgg16"), device="cpu", threads=1)
    told = fakes.finished(plan)
    t = told[-1].t
    known = {"peak_flops_spread": 0.01, "bandwidth_spread": 0.01}
    roofs = Calibration(t=t, threads=1, peak_flops=300e9, bandwidth=20e9, calls=1e6, conv_calls=1e6, **known)
    rows = (OpClass(name="dense conv", ns=19 * fakes.MS, calls=17, events=17, macs=1_814_073_344),)
    layers = (("conv1", "dense conv", 1_814_073_344, 60_000_000),)
    spent = (21 * fakes.MS,)
    profile = Profile(t=t, c=0, plain=spent, profiled=spent, classes=rows, layers=layers, onednn=True)
    at = next(number for number, event in enumerate(told) if isinstance(event, CaseEnd))
    session = fakes.ScriptedSession(*told[: at + 1], roofs, profile, *told[at + 1 :])

    async def use(app, pilot):
        await pilot.press("home")
        await settle(app, pilot)
        shown = pane(app, "latency")
        assert "compute-bound: 3.628 GFLOP" in shown
        assert "reaches  well sure" in shown
        assert "FLOP/byte" in shown and "@ the pass 57% of its roof" in shown

    drive(session, use, plan=plan, size=(120, 70))
