"""jetbench-tui compare from outside: verdicts, cases of one file, refusals, damaged and hostile files, exact output."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import streams
from jetbench.cli.commands import run_command_line
from jetbench.domain import events as ev
from outside import jetbench

DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parent / "test_compare_golden"
MODELS = ("mobilenet_v3_small", "resnet18", "squeezenet1_1")


def slowed(events: Sequence[ev.Event], times: float, of: int | None = None) -> list[ev.Event]:
    """The same session with longer passes, of one case or of all."""
    return [
        msgspec.structs.replace(event, d=tuple(round(d * times) for d in event.d))
        if isinstance(event, ev.Latency) and of in (None, event.c)
        else event
        for event in events
    ]


def changed(events: Sequence[ev.Event], kind: type[ev.Event], **fields: object) -> list[ev.Event]:
    return [msgspec.structs.replace(event, **fields) if isinstance(event, kind) else event for event in events]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in with a.jsonl, and b.jsonl: one case as before, one slower, one failed, and one more."""
    monkeypatch.chdir(tmp_path)
    streams.write(tmp_path / "a.jsonl", streams.session(passes=320, models=MODELS))
    other = streams.session(passes=320, models=(*MODELS, "mobilenet_v2"), seed=2, fail=(2,))
    streams.write(tmp_path / "b.jsonl", slowed(other, 1.08, of=1))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = run_command_line(["compare", *arguments])
    told = capsys.readouterr()
    assert "should not have happened" not in told.err
    return status, told.out, told.err


def document(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert code == status, err
    made = json.loads(out)
    jsonschema.Draft202012Validator(json.loads((DOCS / "compare.schema.json").read_text())).validate(made)
    return made


def verdicts(made: Any) -> dict[str, list[str | None]]:
    return {row["model"]: [pair["verdict"] for pair in row["pairs"]] for row in made["cases"]}


def labelled(events: Sequence[ev.Event], letters: str, sha256: str = "ab", source: str = "photos") -> list[ev.Event]:
    """The same session, whose first case was given images: a letter each."""
    told: list[ev.Event] = []
    for event in events:
        told.append(event)
        if isinstance(event, ev.CaseEnd) and event.c == 0:
            about = {"source": source, "images": len(letters), "classes": 9, "outputs": 9, "labels": "by name"}
            told += [ev.Data(c=0, t=event.t, sha256=sha256, **about), ev.Hits(c=0, t=event.t, hits=letters)]
    return told


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """a.jsonl and b.jsonl: the same 90 images, 20 of them right in A alone; c.jsonl: others; d.jsonl: none."""
    monkeypatch.chdir(tmp_path)
    plain = streams.session(passes=100, models=MODELS[:2])
    streams.write(tmp_path / "a.jsonl", labelled(plain, "1" * 80 + "0" * 10))
    streams.write(tmp_path / "b.jsonl", labelled(plain, "1" * 60 + "5" * 30))
    streams.write(tmp_path / "c.jsonl", labelled(plain, "1" * 50, "cd", "\x1b[31mothers"))
    streams.write(tmp_path / "d.jsonl", plain)
    return tmp_path


def test_accuracy_on_the_same_images_is_tested_in_pairs(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = document(capsys, "a.jsonl", "b.jsonl")
    told = made["cases"][0]["pairs"][0]["accuracy"]
    assert told["top1"] == pytest.approx([80 / 90, 60 / 90]) and told["top1_ci95"][1][1] < told["top1_ci95"][0][1]
    assert (told["images"], told["only_baseline"], told["only_session"], told["differ"]) == (90, 20, 0, True)
    assert told["p"] == told["p_adjusted"] == pytest.approx(2 * 0.5**20)
    assert made["cases"][1]["pairs"][0]["accuracy"] is None, "that case was given none"
    _, out, _ = run(capsys, "a.jsonl", "b.jsonl")
    (line,) = [line for line in out.splitlines() if "top-1" in line]
    assert "top-1 88.9 % [80.7, 93.9] in A, 66.7 % [56.4, 75.5] in B" in line
    assert "of the same 90 images 20 only by A, 0 only by B are told right: they differ" in line
    several = document(capsys, "a.jsonl", "b.jsonl", "a.jsonl")["cases"][0]["pairs"]
    assert several[0]["accuracy"]["p_adjusted"] == pytest.approx(4 * 0.5**20), "for both pairs together"
    assert several[1]["accuracy"]["differ"] is False


def test_other_images_are_not_compared_and_it_says_why(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    others = document(capsys, "a.jsonl", "c.jsonl")["cases"][0]["pairs"][0]["accuracy"]
    assert others["top1"] == pytest.approx([80 / 90, 1.0]) and others["p"] is None
    assert "not given the same images: 90 of photos in A, 50 of" in others["reason"] and "\x1b" not in others["reason"]
    none = document(capsys, "a.jsonl", "d.jsonl")["cases"][0]["pairs"][0]["accuracy"]
    assert none["top1"] == [pytest.approx(80 / 90), None] and none["reason"] == "B was given no images"
    _, out, _ = run(capsys, "a.jsonl", "c.jsonl")
    assert "not compared: they were not given the same images" in out and "\x1b" not in out


def test_a_fast_wrong_answer_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plain = streams.session(passes=100, models=MODELS)
    ends = {event.c: event.t for event in plain if isinstance(event, ev.CaseEnd)}
    told = (
        ev.Agreement(c=0, t=ends[0], error=0.9),
        ev.Agreement(c=1, t=ends[1], error=1e-6),
        ev.Agreement(c=2, t=ends[2], reason="numbers that are not finite", not_finite=True),
    )
    fast = slowed(plain, 0.5)
    fast[-1:-1] = told
    streams.write(tmp_path / "a.jsonl", plain)
    streams.write(tmp_path / "b.jsonl", fast)
    pairs = [row["pairs"][0] for row in document(capsys, "a.jsonl", "b.jsonl")["cases"]]
    assert [pair["wrong"] for pair in pairs] == [[None, True], [None, False], [None, True]]
    assert any("B gives a WRONG OUTPUT: relative error 0.9 against fp32" in note for note in pairs[0]["notes"])
    assert any("WRONG OUTPUT: numbers that are not finite" in note for note in pairs[2]["notes"])
    _, out, _ = run(capsys, "a.jsonl", "b.jsonl")
    rows = {line.split()[0]: line for line in out.splitlines() if line.startswith(MODELS) and "FASTER" in line}
    assert ["FASTER WRONG" in rows[model] for model in MODELS] == [True, False, True]


def test_each_case_has_its_verdict(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = document(capsys, "a.jsonl", "b.jsonl", status=1)  # one case cannot be compared
    assert verdicts(made) == {"mobilenet_v3_small": ["SAME"], "resnet18": ["SLOWER"], "squeezenet1_1": [None]}
    slower = made["cases"][1]["pairs"][0]
    assert slower["ratio"] == pytest.approx(1.08, abs=0.01)
    assert 1.02 < slower["ci95"][0] < slower["ratio"] < slower["ci95"][1]
    assert slower["p_faster"] < 0.1
    assert "memory are not enough" in made["cases"][2]["pairs"][0]["reason"]
    assert [each["case"]["model"] for each in made["unmatched"]] == ["mobilenet_v2"]
    assert (made["comparable"], made["differences"]) == (True, [])


def test_the_other_way_round_it_is_faster(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = document(capsys, "a.jsonl", "b.jsonl", status=1)["cases"][1]["pairs"][0]
    two = document(capsys, "b.jsonl", "a.jsonl", status=1)
    back = next(row for row in two["cases"] if row["model"] == "resnet18")["pairs"][0]
    assert back["verdict"] == "FASTER"
    assert [1 / edge for edge in reversed(back["ci95"])] == pytest.approx(one["ci95"], rel=1e-9)


def test_more_files_are_further_columns(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    streams.write(here / "c.jsonl", slowed(streams.session(passes=320, models=MODELS[:2], seed=3), 0.9))
    made = document(capsys, "a.jsonl", "b.jsonl", "c.jsonl", status=1)
    assert verdicts(made)["resnet18"] == ["SLOWER", "FASTER"]
    assert verdicts(made)["squeezenet1_1"] == [None, None]
    _, out, _ = run(capsys, "a.jsonl", "b.jsonl", "c.jsonl")
    assert "C verdict" in out
    assert "C has no such case" in out


def test_a_threshold_decides_what_is_a_difference(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdicts(document(capsys, "a.jsonl", "b.jsonl", "--threshold", "20%", status=1))["resnet18"] == ["SAME"]
    assert verdicts(document(capsys, "a.jsonl", "b.jsonl", "--threshold", "8%", status=1))["resnet18"] == ["UNCLEAR"]
    status, out, err = run(capsys, "a.jsonl", "b.jsonl", "--threshold", "much")
    assert (status, out) == (2, "")
    assert "'much'" in err


def test_cases_of_one_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = document(capsys, "a.jsonl", "--case", "resnet18", "--case", "squeezenet1_1:fp32:b1:224x224")
    (row,) = made["cases"]
    assert (row["baseline"]["model"], row["model"]) == ("resnet18", "squeezenet1_1")
    assert row["pairs"][0]["verdict"] == "FASTER"
    status, out, _ = run(capsys, "a.jsonl", "--case", "resnet18", "--case", "squeezenet1_1")
    assert status == 0
    assert "A is resnet18 fp32 b1 224x224 cpu, B the case of a row" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a.jsonl",), ("two recordings",)),
        (("a.jsonl", "--case", "resnet18"), ("two --case",)),
        (("a.jsonl", "--case", "resnet18", "--case", "resnet81"), ("resnet81", "squeezenet1_1 fp32 b1")),
        (("a.jsonl", "b.jsonl", "--case", "vgg16"), ("no case in common",)),
        (("a.jsonl", "nofile.jsonl"), ("nofile.jsonl",)),
        (("a.jsonl", "."), ("a folder",)),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    for word in words:
        assert word in err


def test_an_ambiguous_case_lists_what_it_may_be(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = streams.session(passes=20, models=("resnet18", "resnet18"))
    plan = tuple(
        ev.Case(id=i, model="resnet18", size=(224, 224), threads=5, variant=v) for i, v in enumerate(("fp32", "fp16"))
    )
    streams.write(here / "two.jsonl", changed(events, ev.RunStart, cases=plan))
    status, _, err = run(capsys, "two.jsonl", "--case", "resnet18", "--case", "resnet18:fp16")
    assert status == 2
    assert "fits 2 cases" in err
    assert "resnet18 fp16 b1" in err
    assert run(capsys, "two.jsonl", "--case", "resnet18:fp32", "--case", "resnet18:fp16")[0] == 0


# -- comparability


def test_another_torch_refuses_and_anyway_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = changed(streams.session(passes=320, models=MODELS, seed=2), ev.Software, torch="2.6.0")
    streams.write(here / "new.jsonl", changed(events, ev.RunStart, cases=streams.cases(MODELS)))
    status, out, err = run(capsys, "a.jsonl", "new.jsonl")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "new.jsonl is not comparable with a.jsonl: torch 2.5.0 against 2.6.0" in err
    assert "--anyway" in err
    status, out, _ = run(capsys, "a.jsonl", "new.jsonl", "--anyway")
    assert status == 0
    assert "NOT COMPARABLE, compared anyway: B: torch (2.5.0 in A, 2.6.0 here)" in out
    made = document(capsys, "a.jsonl", "new.jsonl", "--anyway")
    assert (made["comparable"], made["anyway"]) == (False, True)
    assert made["differences"][0] | {"session": "B"} == {
        "session": "B",
        "what": "torch",
        "baseline": "2.5.0",
        "value": "2.6.0",
        "incomparable": True,
    }


def test_two_boards_and_other_settings(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    streams.write(here / "nano.jsonl", streams.session(power=False, passes=40, models=MODELS, rounds=3))
    status, _, err = run(capsys, "a.jsonl", "nano.jsonl")
    assert status == 2
    assert "Orin Nano" in err
    assert "Nano 2GB" in err
    made = document(capsys, "a.jsonl", "nano.jsonl", "--anyway")
    told = {each["what"]: each["incomparable"] for each in made["differences"]}
    assert told == {"board": True, "processor": True, "host": False, "system": False, "passes": False, "rounds": False}
    energy = made["cases"][0]["pairs"][0]["figures"]["energy"]
    assert (energy["ratio"], energy["reason"]) == (None, "no_sensor")


# -- files are data


def test_a_damaged_file_costs_its_damage_and_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (here / "a.jsonl").read_bytes()
    (here / "cut.jsonl").write_bytes(whole[: len(whole) // 2])
    status, out, err = run(capsys, "a.jsonl", "cut.jsonl")
    assert status == 1  # its last case has no passes
    assert err.startswith("jetbench-tui: cut.jsonl: left out: ")
    assert len(err.splitlines()) == 1
    assert "SAME" in out
    (here / "start.jsonl").write_bytes(whole[:3000])
    status, out, err = run(capsys, "a.jsonl", "start.jsonl")
    assert (status, out) == (2, "")
    assert "holds no run" in err


def test_flipped_bits_are_never_a_traceback(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = streams.write(here / "s.jsonl", streams.session(passes=8, models=MODELS[:1]))
    whole, draw = path.read_bytes(), random.Random(6)
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(draw.randint(1, 30)):
            broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
        (here / "broken.jsonl").write_bytes(broken)
        status, out, err = run(capsys, "s.jsonl", "broken.jsonl", "--anyway")
        assert status in (0, 1, 2)
        assert "Traceback" not in err
        assert not (status == 2 and out)


def test_nothing_in_a_recording_reaches_the_terminal_as_it_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[31m\x1b]0;x\x07ev\u202eil\n"
    plan = tuple(ev.Case(id=0, model=evil, variant=evil, device=evil, size=(8, 8), threads=5) for _ in range(1))
    events = streams.session(passes=10, models=("resnet18",))
    events = changed(changed(events, ev.RunStart, cases=plan), ev.Board, model=evil, hostname=evil)
    streams.write(here / "e.jsonl", changed(events, ev.Software, torch=evil))
    streams.write(here / "f.jsonl", changed(events, ev.Software, torch="2.0"))
    for arguments in (("e.jsonl", "f.jsonl"), ("e.jsonl", "f.jsonl", "--anyway"), ("e.jsonl", "a.jsonl", "--anyway")):
        _, out, err = run(capsys, *arguments)
        for text in (out, err):
            assert "\x1b" not in text
            assert "\u202e" not in text


# -- exactly what is printed


@pytest.mark.parametrize("form", ["txt", "json"])
def test_the_output_is_what_it_was(here: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    arguments = ["a.jsonl", "b.jsonl", *(["--json"] if form == "json" else [])]
    _, out, _ = run(capsys, *arguments)
    assert out == GOLDEN.with_suffix(f".{form}").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [200, 120, 100, 80, 60])
def test_it_fits_and_the_verdict_stays(here: Path, width: int) -> None:
    import io

    from jetbench.analysis.matching import across
    from jetbench.cli.compare import recorded
    from jetbench.export.comparison import print_comparison

    file = io.StringIO()
    print_comparison(across([recorded(here / "a.jsonl", "A"), recorded(here / "b.jsonl", "B")]), file, width)
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    row = next(line for line in lines if line.startswith("resnet18"))
    assert "SLOWER" in row
    assert ("not shown at this width" in " ".join(lines)) == (width < 200)


def test_help_and_status_from_outside(here: Path) -> None:
    done = jetbench("compare", here / "a.jsonl", here / "b.jsonl")
    assert done.returncode == 1
    assert "SLOWER" in done.stdout
    assert done.stderr == ""
    assert "compare" in jetbench("--help").stdout
