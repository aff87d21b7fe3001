"""A fleet's file in every format: the tables of its boards, one below the other, with the board as a column."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import fleet_file
import streams
from jetbench.cli.commands import run_command_line
from jetbench.cli.export import FORMATS, export_file

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "results.schema.json").read_text())
TABLES = ("cases", "samples", "telemetry")
SAFE = '=cmd|"x",'
HOSTILE = '=cmd|"x",\u202e\x1b[31m'


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One board with a power sensor, one without, and one that was never reached."""
    boards = {
        "anna": streams.session(passes=60, seed=1),
        "ben": None,
        HOSTILE: streams.session(power=False, passes=50, seed=2, fail=(1,)),
    }
    return fleet_file.write(tmp_path_factory.mktemp("fleet") / "f.jsonl", boards)


@pytest.fixture(scope="module")
def alone(file: Path) -> list[Path]:
    """The recordings of the two that ran."""
    return list(export_file(file, "boards", None))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_csv_is_that_of_each_board_behind_its_name(file: Path, alone: list[Path], tmp_path: Path) -> None:
    whole = {table: rows(path) for table, path in zip(TABLES, export_file(file, "csv", tmp_path / "w"), strict=True)}
    for number, recording in enumerate(alone):
        name = ("anna", f"'{SAFE}")[number]
        for table, path in zip(TABLES, export_file(recording, "csv", tmp_path / str(number)), strict=True):
            mine = [row for row in whole[table] if row["board"] == name]
            own = rows(path)
            assert len(mine) == len(own) > 0
            for got, wanted in zip(mine, own, strict=True):
                model = wanted.pop("board", None)
                assert {key: got[key] for key in wanted} == wanted
                assert got.get("board_model") == model
                assert {got[key] for key in got.keys() - wanted.keys() - {"board", "board_model"}} <= {"N/A"}
    assert {row["board"] for row in whole["cases"]} == {"anna", f"'{SAFE}"}
    assert whole["telemetry"][-1]["power_VDD_IN_w"] == "N/A"  # that board has no such channel


@pytest.mark.parametrize("form", ["parquet", "arrow", "sqlite"])
def test_typed_tables_hold_what_csv_holds(file: Path, tmp_path: Path, form: str) -> None:
    wanted = dict(zip(TABLES, map(rows, export_file(file, "csv", tmp_path / "csv")), strict=True))
    for table in TABLES:
        got = typed(export_file(file, form, tmp_path / ("f.db" if form == "sqlite" else "t")), table, form)
        assert len(got) == len(wanted[table])
        for mine, row in zip(got, wanted[table], strict=True):
            assert mine["board"] == row["board"].removeprefix("'")
            for key in ("case", "latency_p50_s", "start_s", "t_s", "power_total_w"):
                if key in row:
                    assert (row[key] == "N/A") == (mine[key] is None)
                    assert mine[key] is None or float(row[key]) == pytest.approx(mine[key], rel=1e-12)


def typed(files: tuple[Path, ...], table: str, form: str) -> list[dict[str, Any]]:
    if form == "sqlite":
        with closing(sqlite3.connect(files[0])) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f"SELECT * FROM {table}")]
    (path,) = [path for path in files if path.stem == table]
    pyarrow = pytest.importorskip("pyarrow")
    if form == "parquet":
        from pyarrow import parquet

        return list(parquet.read_table(path).to_pylist())
    with pyarrow.ipc.open_file(path) as reader:
        return list(reader.read_all().to_pylist())


def test_the_document_has_each_board_as_of_a_session_and_says_why_one_is_missing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command_line(["show", str(file), "--json"])
    document = json.loads(capsys.readouterr().out)
    states = [(board["state"], board["power_group"], board["trouble"]) for board in document["boards"]]
    assert states == [("done", "left", None), ("lost", None, fleet_file.LOST), ("done", None, None)]
    jsonschema.Draft202012Validator(json.loads((DOCS / "fleet.schema.json").read_text())).validate(document)
    checker = jsonschema.Draft202012Validator(SCHEMA)
    for board in document["boards"]:
        if board["results"] is not None:
            cases = [dict(case) for case in document["cases"] if case["board"] == board["name"]]
            checker.validate({**board["results"], "cases": [strip(case) for case in cases]})
    models = [case["model"] for case in document["cases"]]
    assert models == ["mobilenet_v2", "mobilenet_v2", "resnet18", "resnet18"]  # those of one case together
    (first, second) = document["unbeaten"]
    assert first["compared"] == ["anna", SAFE]
    assert second["best"] == []  # one of the two failed there: nothing to compare with


def strip(case: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in case.items() if key != "board"}


def test_the_others_name_every_board(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (prom,) = export_file(file, "openmetrics", tmp_path / "f.prom")
    families = list(text_string_to_metric_families(prom.read_text()))
    members = {sample.labels["member"] for family in families for sample in family.samples}
    assert members == {"anna", SAFE}
    (markdown,) = export_file(file, "markdown", tmp_path / "f.md")
    text = markdown.read_text()
    assert "| anna | mobilenet_v2 |" in text and fleet_file.LOST in text
    traces = export_file(file, "trace", tmp_path / "traces")
    assert [json.loads(path.read_text())["otherData"]["board"] is not None for path in traces] == [True, True]
    run_command_line(["show", str(file)])
    printed = capsys.readouterr().out
    assert f"ben: lost: {fleet_file.LOST}" in printed
    assert "\x1b" not in printed and "\u202e" not in printed
    assert set(FORMATS) <= {"csv", "json", "parquet", "arrow", "sqlite", "trace", "markdown", "openmetrics"}


def test_a_report_has_the_board_as_a_column_and_all_boards(file: Path, tmp_path: Path) -> None:
    assert run_command_line(["report", str(file), "-o", str(tmp_path / "r.md")]) == 0
    text = (tmp_path / "r.md").read_text()
    assert "| case | board | first ms |" in text
    assert "| ben | N/A | ssh ben |  | lost |" in text


def test_boards_are_compared_although_they_differ_and_chosen_by_name(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["compare", str(file), "--json"]) == 1  # one case failed on one of them
    made = json.loads(capsys.readouterr().out)
    schema = json.loads((DOCS / "compare.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(made)
    assert [session["member"] for session in made["sessions"]] == ["anna", SAFE]
    assert made["boards"] and any(found["what"] == "board" for found in made["differences"])
    assert made["cases"][0]["pairs"][0]["ratio"] == pytest.approx(1.0, rel=0.1)
    assert run_command_line(["choose", str(file), "--latency", "1s", "--json"]) == 0
    chosen = json.loads(capsys.readouterr().out)
    assert {case["board"] for case in chosen["cases"]} == {"anna", SAFE}
    assert run_command_line(["choose", str(file), "--board", "anna", "--latency", "1s", "--json"]) == 0
    assert {case["board"] for case in json.loads(capsys.readouterr().out)["cases"]} == {"anna"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "FILE", "FILE"], "takes it alone"),
        (["compare", "FILE", "--board", "anna"], "2 to 26 boards can be compared, and 1 have a run"),
        (["compare", "FILE", "--board", "zoe"], "no run of such a board"),
        (["choose", "ONE", "--board", "anna"], "--board is of a fleet's file"),
        (["show", "FILE", "--meter", "FILE"], "--meter tells one board's watts"),
        (["export", "ONE", "-f", "boards"], "takes a fleet's file apart"),
        (["run", "--resume", "FILE"], "is a recording of a fleet"),
        (["report", "FILE", "ONE"], "takes it alone"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_cannot_be_is_said(
    file: Path, alone: list[Path], words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"FILE": str(file), "ONE": str(alone[0])}
    assert run_command_line([names.get(word, word) for word in words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) <= 2
