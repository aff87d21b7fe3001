"""The table: it fits, it cuts no number, and what is missing has its reason under it."""

from __future__ import annotations

import io

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.domain.metrics import significant
from jetbench.export.table import print_table
from jetbench.session.state import SessionState


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(width: int | None = None, file: io.StringIO | None = None, **options: object) -> str:
    state = SessionState()
    for event in streams.session(**options):
        state.apply(event)
    out = file if file is not None else io.StringIO()
    print_table(state, out, width)
    return out.getvalue()


def row(text: str, model: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"{model} "))


def test_all_columns_with_their_units_where_nothing_limits():
    text = shown(passes=400)
    for word in ("model", "variant", "batch", "input", "params", "MACs", "first", "mean ± std", "p50", "p95", "p99"):
        assert word in text
    for word in ("items/s", "memory", "power", "energy", "status", "1x3x224x224", "3.505", "0.3008", "measured"):
        assert word in text
    _, _, units, *_ = text.splitlines()
    assert units.split() == ["M", "G", "s", "ms", "ms", "ms", "ms", "ms", "MiB", "W", "J", "J", "J"]
    assert "\x1b" not in text
    assert row(text, "resnet18").count("N/A") == 1, "net energy needs idle power"
    assert "not shown" not in text


@pytest.mark.parametrize("width", [200, 160, 120, 100, 80, 60, 50])
def test_it_fits_and_cuts_no_number(width):
    text = shown(width, passes=100)
    assert max(map(len, text.splitlines())) <= width
    row = next(line for line in text.splitlines() if line.startswith("resnet18 "))
    assert "67.99 ± 1.86" in row
    assert "measured" in row
    for number in row.replace("±", " ").split():
        assert number in shown(passes=100)
    assert ("not shown at this width" in text) == (width < 160)


def test_80_columns_have_what_the_lab_asks_for():
    head = next(line for line in shown(80).splitlines() if line.startswith("model"))
    assert {"params", "MACs", "first", "mean", "power", "energy", "status"} <= set(head.split())


def test_what_all_cases_share_is_said_once_above():
    assert "fp32, cpu, batch 1, input 1x3x224x224, k=10 after the first pass, warm-up 2" in " ".join(shown(80).split())


def test_what_tells_cases_apart_stays():
    plan = tuple(ev.Case(id=i, model="resnet18", variant=v, batch=b, size=(224, 224)) for i, (v, b) in enumerate(SWEEP))
    state = SessionState()
    for event in (ev.RunStart(t=1, cases=plan), ev.RunEnd(t=2)):
        state.apply(event)
    out = io.StringIO()
    print_table(state, out, 50)
    rows = [line.split() for line in out.getvalue().splitlines() if line.startswith("resnet18 ")]
    assert [(row[1], int(row[2])) for row in rows] == SWEEP


SWEEP = [("fp32", 1), ("fp32", 8), ("fp16", 1), ("fp16", 8)]


def test_missing_power_has_its_reason_under_the_table():
    text = shown(power=False, fail=(0,))
    row = next(line for line in text.splitlines() if line.startswith("resnet18 "))
    assert row.split()[-5:] == ["N/A", "N/A", "N/A", "B", "measured"]
    assert "power and energy N/A (no_sensor): no power sensor on this board" in text
    assert "mobilenet_v2: killed for memory (SIGKILL)" in text
    assert text.count("no_sensor") == 1


def test_a_percentile_that_too_few_passes_tell_is_marked_and_the_mark_explained():
    few, many = shown(passes=100), shown(passes=2000)
    assert "~" in row(few, "resnet18")
    assert "~ fewer passes than that percentile needs (p95 59, p99 299)" in few
    assert "~" not in many


def test_grades_have_their_reasons_below_and_what_all_share_stands_once():
    text = shown(passes=10)
    assert row(text, "resnet18").split()[-2] == "B"
    assert text.count("10 passes: 30 are wanted") == 1


def test_a_refused_case_has_its_evidence_and_remedies_below():
    remedies = (ev.Remedy(text="half precision: --dtype bf16", need_kib=512 * 1024), ev.Remedy(text="a smaller model"))
    state = SessionState()
    for event in (
        ev.RunStart(t=1, cases=(ev.Case(id=0, model="vgg16"),)),
        ev.CaseStart(t=2, c=0),
        ev.CaseEnd(
            t=3,
            c=0,
            status="failed",
            error="out of memory",
            cause="oom",
            evidence=("oom_kill rose",),
            remedies=remedies,
        ),
        ev.RunEnd(t=4),
    ):
        state.apply(event)
    out = io.StringIO()
    print_table(state, out)
    assert "vgg16: out of memory\n  seen: oom_kill rose\n  1. half precision: --dtype bf16 (needs about 512 MiB)" in (
        out.getvalue()
    )
    assert "  2. a smaller model\n" in out.getvalue()


def test_a_terminal_gets_colour_and_its_own_width(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = shown(file=Terminal())
    assert "\x1b[" in text
    assert "not shown at this width" in text


def test_names_cannot_steer_the_terminal_or_rich():
    evil = ("[red]x[/red]\x1b[2J\x07", "a" * 300)
    text = shown(models=evil)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[red]x[/red]" in text  # as it is, not as markup
    assert "a" * 41 not in text


def test_an_old_locale_gets_ascii():
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    state = SessionState()
    for event in streams.session():
        state.apply(event)
    print_table(state, out)
    out.flush()
    assert b"mean +/- std" in out.buffer.getvalue()


def test_an_empty_session():
    out = io.StringIO()
    print_table(SessionState(), out)
    assert "model" in out.getvalue()


def test_one_pass():
    text = shown(passes=1, warmup=0)
    row = next(line for line in text.splitlines() if line.startswith("resnet18 "))
    assert "±" not in row


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (12345.6, "12346"),
        (123.456, "123.5"),
        (12.3456, "12.35"),
        (1.23456, "1.235"),
        (0.0565, "0.0565"),
        (0.00999, "0.0100"),
        (0.00421, "0.0042"),
        (0.00001, "0.000010"),
        (99.999, "100.0"),
        (9.747, "9.747"),
        (9.99999, "10.00"),
        (0.99999, "1.0000"),
        (-1.5, "-1.500"),
    ],
)
def test_significant_digits(number, text):
    assert significant(number) == text


def test_a_running_case_is_in_the_table():
    state = SessionState()
    state.apply(ev.RunStart(t=1, cases=(ev.Case(id=0, model="m"), ev.Case(id=1, model="n"))))
    state.apply(ev.CaseStart(t=2, c=0))
    out = io.StringIO()
    print_table(state, out)
    assert "running" in out.getvalue()
    assert "queued" in out.getvalue()


def test_a_fast_wrong_answer_is_marked_and_one_that_was_not_compared_has_its_reason():
    state = SessionState()
    for event in streams.session():
        state.apply(event)
    width = 400
    before = io.StringIO()
    print_table(state, before, width)
    assert "output error" not in before.getvalue()
    state.apply(ev.Agreement(c=0, error=0.25))
    state.apply(ev.Agreement(c=1, reason="it ran out of memory"))
    out = io.StringIO()
    print_table(state, out, width)
    first, second = (state.records[number].case.model for number in (0, 1))
    assert "2.5e-01 WRONG" in row(out.getvalue(), first)
    assert f"{first}: WRONG OUTPUT: relative error 0.25 against fp32, 0.001 is what" in out.getvalue()
    assert f"{second}: its output is not compared with that of fp32: it ran out of memory" in out.getvalue()
