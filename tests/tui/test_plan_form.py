"""The form of settings, and the plan as a file that `run` reads."""

from __future__ import annotations

from pathlib import Path

import fakes
import pytest
from driving import drive, lines, text, toasts
from hypothesis import given
from hypothesis import strategies as st

from jetbench.domain import plan as plans
from jetbench.domain.plan import Plan, PlanError
from jetbench.tui.draft import Draft
from jetbench.tui.screens.plan_form import PlanFormScreen
from jetbench.tui.settings import SETTINGS

PLAN = Plan(models=("resnet18",))


def session() -> fakes.ScriptedSession:
    return fakes.ScriptedSession(*fakes.idle())


def test_settings_are_written_and_measured_with():
    idle = session()

    async def script(app, pilot):
        await pilot.press("v")
        await pilot.pause()
        assert isinstance(app.screen, PlanFormScreen)
        await pilot.press("ctrl+u", *"fp32,bf16", "tab", "ctrl+u", *"cpu", "down", "ctrl+u", *"2", "down")
        await pilot.press("ctrl+u", *"auto", "tab", "ctrl+u", *"0", "tab", "ctrl+u", *"90s")
        await pilot.press("tab", "tab", "ctrl+u", *"3", "tab", *"7", "enter")
        await pilot.pause()
        assert app.screen is app.bench
        await pilot.press("s")
        await pilot.pause()

    drive(idle, script, PLAN)
    (plan,) = idle.plans
    assert (plan.variants, plan.device, plan.threads, plan.warmup) == (("fp32", "bf16"), "cpu", 2, "auto")
    assert (plan.cooldown, plan.max_time, plan.rounds, plan.seed) == (0.0, 90.0, 3, 7)
    assert plan.models == PLAN.models


def test_a_bad_value_says_why_beside_its_field_and_nothing_is_lost():
    async def script(app, pilot):
        await pilot.press("v", "ctrl+u", *"bf16", "tab", "ctrl+u", *"tpu", "tab", "ctrl+u", *"many", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PlanFormScreen), "enter does not take a form that is wrong"
        row = next(line for line in lines(app) if "tpu" in line)
        assert "auto, cpu or cuda" in row
        assert "no whole number" in next(line for line in lines(app) if "many" in line)
        assert app.screen.focused.id == "set-device", "the cursor is where the first mistake is"
        await pilot.press("ctrl+u", *"cpu", "tab", "ctrl+u", *"5000")
        await pilot.pause()
        assert "1 to 1024" in text(app)
        await pilot.press("ctrl+u", *"4", "enter")
        await pilot.pause()
        assert (app.draft.base.variants, app.draft.base.device, app.draft.base.threads) == (("bf16",), "cpu", 4)
        await pilot.press("v", "ctrl+u", *"fp16", "escape")
        await pilot.pause()
        assert app.draft.base.variants == ("bf16",), "esc leaves all as it was"

    drive(session(), script, PLAN)


def test_images_are_named_with_what_their_classes_are_and_dropped_with_them():
    long = "/home/lab/" + "images/" * 20 + "photos"
    idle = session()

    async def script(app, pilot):
        await pilot.press("v", "up", "up")
        assert app.screen.focused.id == "set-labels"
        await pilot.press(*"sorted", "tab", *"20", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PlanFormScreen) and app.screen.focused.id == "set-labels"
        assert text(app).count("of images that data names") == 2
        await pilot.press("up")
        app.screen.focused.value = long  # as pasted
        await pilot.pause()
        assert "of images that data names" not in text(app), "the fields that hang on it are looked at again"
        await pilot.press("enter")
        await pilot.pause()
        base = app.draft.base
        assert (base.data, base.labels, base.data_limit) == (long, "sorted", 20)
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("x", "x")

    drive(idle, script, PLAN)
    assert [(plan.data, plan.labels, plan.data_limit) for plan in idle.plans] == [(long, "sorted", 20)]

    async def without(app, pilot):
        await pilot.press("v", "up", "up", "up", "ctrl+u", "down", "ctrl+u", "down", "ctrl+u", "enter")
        await pilot.pause()
        base = app.draft.base
        assert (base.data, base.labels, base.data_limit) == (None, None, None)

    drive(session(), without, Plan(models=("resnet18",), data=long, labels="sorted", data_limit=20))


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
def test_every_field_can_be_reached_in_a_small_terminal(size):
    async def script(app, pilot):
        await pilot.press("v")
        await pilot.pause()
        for setting in SETTINGS:
            await pilot.wait_for_scheduled_animations()
            assert app.screen.focused.id == f"set-{setting.name}"
            shown = app.screen.focused.region
            assert 0 <= shown.y < size[1] and shown.width >= 8
            await pilot.press("down")
            await pilot.pause()
        assert app.screen.focused.id == f"set-{SETTINGS[0].name}"

    drive(session(), script, PLAN, size=size)


def test_no_form_opens_over_a_run():
    busy = fakes.ScriptedSession(*fakes.running(Plan(models=("a", "b", "c"))))

    async def script(app, pilot):
        await pilot.press("v")
        await pilot.pause()
        assert app.screen is app.bench and "a run goes on" in toasts(app)

    drive(busy, script, PLAN)


@given(
    st.lists(st.sampled_from(plans.VARIANTS), min_size=1, unique=True).map(tuple),
    st.sampled_from(("auto", "cpu", "cuda")),
    st.none() | st.integers(1, 1024),
    st.none() | st.just("auto") | st.integers(0, 1000),
    st.none() | st.integers(0, 3600).map(float),
    st.integers(1, 1000),
    st.none() | st.integers(0, 10**9),
    st.just({}) | st.fixed_dictionaries({
        "data": st.sampled_from(("photos", "of mine/set.csv", "torchvision:CIFAR10=/data")),
        "labels": st.none() | st.just("sorted"),
        "data_limit": st.none() | st.integers(1, 100_000),
    }),
)  # fmt: skip
def test_what_a_form_shows_is_read_back_as_it_was(variants, device, threads, warmup, cooldown, rounds, seed, data):
    plan = Plan(variants=variants, device=device, threads=threads, warmup=warmup, cooldown=cooldown, rounds=rounds,
                seed=seed, **data)  # fmt: skip
    draft = Draft(Plan())
    for setting in SETTINGS:
        draft.take_settings(setting.read(setting.text(plan)))
    assert draft.plan() == plan


@given(st.text(max_size=20))
def test_no_text_breaks_a_form(text):
    draft = Draft(Plan())
    for setting in SETTINGS:
        try:
            draft.check_settings(setting.read(text))
        except PlanError as error:
            assert str(error)


def test_the_plan_on_screen_becomes_a_file_that_run_reads(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    plan = Plan(models=("resnet18", "vgg16"), batches=(1, 8), until=0.02, variants=("bf16",), energy=True)
    said = []

    async def script(app, pilot):
        await pilot.press("W")
        await pilot.pause()
        said.append(toasts(app))

    drive(session(), script, plan)
    (path,) = Path(tmp_path).rglob("plan-*.toml")
    assert plans.load(path) == plan
    assert path.name in said[0]
