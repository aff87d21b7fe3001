"""The report: every table of the lab, drawings, words that follow from the figures; and a browser that opens it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.export.remarks import remarks
from jetbench.export.report import content, discussion, html, markdown, plots, tables
from jetbench.session.load import load
from jetbench.session.state import SessionState
from outside import jetbench

SHIPPED = Path(__file__).parents[2] / "recordings"
LAB, NANO = SHIPPED / "lab-x86-2cores.jsonl", SHIPPED / "simulated-nano-throttling.jsonl"
EVIL = "</style><script>alert(1)</script><img src=x onerror=alert(2)> | `x` [a](javascript:b) $\\frac{1}{0}$ \x1b[2J"


def session(**options: object) -> SessionState:
    state = SessionState()
    for event in streams.session(**options):
        state.apply(event)
    state.cut()
    return state


def made(*states: SessionState) -> tuple[str, str]:
    """(HTML, Markdown)."""
    sessions = [(state, document(state)) for state in states]
    told = content.report([d for _, d in sessions], tuple(plots.pictures(sessions)), ["a.jsonl"])
    return html.render(told), markdown.render(told, "a_plots")


def test_the_lab_asks_for_these_and_the_recordings_fill_them(tmp_path: Path) -> None:
    page, text = tmp_path / "r.html", tmp_path / "r.md"
    for path in (page, text):
        run = jetbench("report", LAB, NANO, "-o", path)
        assert run.returncode == 0, run.stderr
    for title in ("Result", "Discussion", "Models", "Energy", "Memory", "Hardware and software", "Method", "Threats"):
        assert f"<h2>{title}" in page.read_text()
        assert f"\n## {title}" in text.read_text()
    written = text.read_text()
    for figure in ("3 504 872", "11 689 512", "0.3008", "3.6281", "SIMULATED Jetson Nano", "no\\_sensor", "torch"):
        assert figure in written
    for name in re.findall(r"\]\((r_plots/[^)]+)\)", written):
        assert (tmp_path / name).read_text().lstrip().startswith("<?xml")
    assert "PNG" not in page.read_text()[:200]
    assert "http://" not in page.read_text().replace("http://www.w3.org", ""), "it loads nothing"


def test_every_plot_alone_as_svg_and_png(tmp_path: Path) -> None:
    recording = streams.write(tmp_path / "s.jsonl", streams.session(passes=60))
    run = jetbench("report", recording, "--plots", tmp_path / "p")
    assert run.returncode == 0, run.stderr
    names = {path.name for path in (tmp_path / "p").iterdir()}
    assert {"scatter.svg", "scatter.png", "histogram-1.svg", "timeline-1.png"} <= names
    for path in (tmp_path / "p").glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "report.html").exists()


def test_sweeps_have_a_table_and_a_plot_each() -> None:
    cases = [ev.Case(id=i, model="m", batch=b, size=(s, s)) for i, (b, s) in enumerate([(1, 128), (4, 128), (1, 224)])]
    state = SessionState()
    state.apply(ev.RunStart(t=1, cases=tuple(cases)))
    for case in cases:
        state.apply(ev.CaseStart(t=2, c=case.id))
        shape = (case.batch, 3, *(case.size or ()))
        state.apply(ev.Model(t=3, c=case.id, name="m", input=shape, params=10, macs=10**6 * case.batch))
        ms = 1_000_000 * case.batch * shape[2]
        state.apply(ev.Latency(t=4, c=case.id, s=tuple(range(0, 40 * ms, ms)), d=(ms,) * 40))
        state.apply(ev.CaseEnd(t=5, c=case.id))
    told = document(state)
    by_batch, by_size = tables.sweep([told], "batch"), tables.sweep([told], "input")
    assert by_batch is not None and by_size is not None
    assert by_batch.head == ("p50 ms (items/s)", "batch 1", "batch 4")
    assert by_size.head == ("p50 ms (items/s)", "128x128", "224x224")
    assert ("m 128x128", "128.0 (7.81)", "512.0 (7.81)") in by_batch.rows
    names = [name for name, _, _ in plots.drawings([(state, told)])]
    assert {"latency-batch", "latency-size"} <= set(names)
    assert any("batch 4 instead of 1 gives 1.00 times the throughput" in text for text in discussion.points([told]))


def test_fewer_multiply_adds_and_yet_slower_is_a_point() -> None:
    state = session(passes=60)
    for record in state.records.values():
        assert record.model is not None
        macs = {"mobilenet_v2": 10**10, "resnet18": 10**9}[record.case.model]
        record.model = ev.Model(name=record.case.model, input=(1, 3, 224, 224), params=5, macs=macs)
    text = " ".join(discussion.points([document(state)]))
    assert "resnet18 has 10.0 times fewer MACs than mobilenet_v2 and takes" in text


def test_a_fast_wrong_answer_is_marked_and_not_called_the_fastest() -> None:
    state = session(passes=60, models=("slow", "wrong", "fine", "broken"))
    for place, record in enumerate(state.records.values()):
        record.agreement = (
            None,
            ev.Agreement(c=1, error=0.7),
            ev.Agreement(c=2, error=1e-5),
            ev.Agreement(c=3, reason="no numbers", not_finite=True),
        )[place]
    told = document(state)
    told["cases"][1]["latency_s"]["p50"] /= 100
    grid = tables.latency([told])
    assert grid.head[-1] == "output error"
    assert [row[-1] for row in grid.rows] == ["N/A", "7.0e-01 WRONG", "1.0e-05", "WRONG"]
    said = discussion.points([told])
    assert any("wrong" in text and "WRONG OUTPUT against fp32: relative error 0.7" in text for text in said)
    assert not any(text.startswith("wrong") and "is the fastest" in text for text in said)
    assert any("is the fastest" in text for text in said)
    assert any("broken" in text and "WRONG OUTPUT against fp32: no numbers" in text for text in said)
    assert any("broken: WRONG OUTPUT: no numbers" in remark.text for remark in remarks(told, ()))


def test_a_failed_case_and_a_board_without_power_are_told() -> None:
    page, text = made(session(power=False, fail=(0,)))
    assert "mobilenet_v2 was not measured: killed for memory" in page
    assert "no_sensor" in page
    assert "no\\_sensor" in text


def test_names_from_a_recording_are_words() -> None:
    page, text = made(session(models=(EVIL, "ok"), passes=20))
    assert "<script" not in page
    assert "onerror=alert(2)&gt;" in page
    assert "\x1b" not in page + text
    assert "<script" not in text.replace("\\<", "")
    assert "](javascript" not in text.replace("\\]", "")


def test_without_matplotlib_it_says_so_and_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "available", lambda: False)
    page, _ = made(session(passes=20))
    assert page.count("pip install &#x27;jetbench-tui[report]&#x27;") >= 2
    assert "<img" not in page


@pytest.mark.parametrize("arguments", [("-o", "r.pdf"), ()])
def test_bad_input_is_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text("no recording\n")
    run = jetbench("report", broken, *arguments)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1


def test_the_same_recording_gives_the_same_bytes() -> None:
    state, _ = load(LAB)
    assert made(state) == made(state)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium to open the report in")
def test_a_browser_opens_it(tmp_path: Path) -> None:
    """The page as the browser has it after loading: all tables, all drawings decoded, nothing refused."""
    page, picture = tmp_path / "r.html", tmp_path / "r.png"
    page.write_text(made(session(passes=60), session(power=False))[0])
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
    quiet = ("--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'profile'}")
    shown = subprocess.run(
        ["chromium", *flags, *quiet, "--window-size=1000,3000", f"--screenshot={picture}", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert shown.returncode == 0, shown.stderr[-500:]
    assert picture.stat().st_size > 50_000, "drawings and tables are on it"
    assert "Refused to" not in shown.stderr
