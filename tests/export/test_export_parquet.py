"""Parquet and Arrow read back are the CSV folder, with types and nulls."""

from __future__ import annotations

import csv as std_csv
import json
import subprocess
import sys
from array import array
from pathlib import Path

import goldens
import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

import streams
from jetbench.domain import events as ev
from jetbench.export import csv, parquet, typed
from jetbench.export.files import ExportError
from jetbench.session.load import load
from jetbench.session.state import SessionState

TABLES = ("cases", "samples", "telemetry")


def read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def exported(tmp_path: Path, events: list[ev.Event], form: str) -> dict[str, pa.Table]:
    recording = streams.write(tmp_path / "a.jsonl", events)
    state, _ = load(recording)
    paths = parquet.write_folder(tmp_path / "out", state, recording, form)
    assert [path.name for path in paths] == [f"{name}.{form}" for name in TABLES]
    return {path.stem: read(path) for path in paths}


def told(table: pa.Table) -> str:
    """All that is in a table, as text: its bytes depend on the version of pyarrow, this does not."""
    columns = {
        field.name: [str(field.type), *(field.metadata[key].decode() for key in (b"unit", b"meaning"))]
        for field in table.schema
    }
    about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    lines = [json.dumps(row, default=str) for row in table.to_pylist()]
    return "\n".join([json.dumps(about), json.dumps(columns, indent=1, ensure_ascii=False), *lines, ""])


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_golden(tmp_path, form):
    paths = parquet.write_folder(tmp_path, goldens.session(), goldens.SESSION, form)
    text = "".join(f"== {path.stem}\n{told(read(path))}" for path in paths)
    goldens.check("columnar.txt", text.encode())


OPTIONS = [{"passes": 100, "rounds": 2}, {"power": False}, {"fail": (1,)}, {"passes": 1, "warmup": 0}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_every_cell_is_that_of_the_csv_folder(tmp_path, options, form):
    tables = exported(tmp_path, streams.session(**options), form)
    state, _ = load(tmp_path / "a.jsonl")
    csv.write_folder(tmp_path / "csv", state, tmp_path / "a.jsonl")
    for name in TABLES:
        with (tmp_path / "csv" / f"{name}.csv").open(newline="") as file:
            rows = list(std_csv.DictReader(file))
        assert tables[name].column_names == list(rows[0])
        assert tables[name].num_rows == len(rows)
        for found, row in zip(tables[name].to_pylist(), rows, strict=True):
            for column, cell in row.items():
                assert same(found[column], cell), (name, column)


def same(value: object, cell: str) -> bool:
    if value is None:
        return cell in ("N/A", "")
    if isinstance(value, bool):
        return cell == ("yes" if value else "no")
    if isinstance(value, int | float):
        return float(cell) == value and (isinstance(value, float) or "." not in cell)
    if isinstance(value, str):
        return cell.removeprefix("'") == value
    return cell == value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def test_what_is_missing_is_null_with_its_reason_and_never_0(tmp_path):
    tables = exported(tmp_path, streams.session(power=False), "parquet")
    for row in tables["cases"].to_pylist():
        assert (row["energy_j"], row["energy_reason"]) == (None, "no_sensor")
    for row in tables["telemetry"].to_pylist():
        assert (row["power_total_w"], row["power_total_reason"]) == (None, "no_sensor")


def test_units_meaning_and_what_it_is_of_stand_in_the_schema():
    state, _ = load(goldens.SIMULATED)
    about = typed.about(state)
    assert about["simulated"] == "yes"
    assert about["notice"].startswith("SIMULATED")
    assert about["board"].startswith("SIMULATED")
    schema = parquet._schema(list(typed.case_columns()), about)
    assert schema.metadata[b"jetbench"].decode() == state.header.jetbench
    assert schema.field("peak_memory_mib").metadata[b"unit"] == b"MiB"
    assert schema.field("latency_p50_s").metadata == {b"unit": b"s", b"meaning": b"median"}
    assert schema.field("weights_bytes").metadata[b"unit"] == b"bytes"


def test_a_long_session_is_written_in_groups_and_a_short_case_makes_none_of_its_own(tmp_path):
    cases = tuple(ev.Case(id=number, model="m") for number in range(300))
    state = SessionState()
    state.apply(ev.RunStart(t=0, cases=cases))
    for record in state.records.values():
        count = 600_000 if record.case.id == 0 else 3
        for column in (record.round, record.purpose, record.index):
            column.extend(0, count)
        record.start.extend(0, range(count))
        record.duration = array("q", range(count))
    parquet.write_folder(tmp_path, state, None, "parquet")
    file = pq.ParquetFile(tmp_path / "samples.parquet")
    groups = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    assert sum(groups) == 600_000 + 3 * 299
    assert len(groups) == 5
    assert max(groups) <= 2 * parquet.GROUP
    table = file.read(columns=["case", "start_s"])
    assert table["case"].to_pylist()[-3:] == [299] * 3
    assert table["start_s"][599_999].as_py() == 599_999 / 1e9


def test_an_empty_session_has_all_columns_and_no_rows(tmp_path):
    for form in ("parquet", "arrow"):
        tables = exported(tmp_path, [], form)
        assert [table.num_rows for table in tables.values()] == [0, 0, 0]
        assert tables["samples"].column_names == [column.name for column in typed.SAMPLE_COLUMNS]


def test_cases_alone(tmp_path):
    parquet.write_cases(tmp_path / "mine.arrow", goldens.session(), "arrow")
    assert read(tmp_path / "mine.arrow")["status"].to_pylist() == ["measured", "measured", "failed"]


def test_names_are_data(tmp_path):
    board = streams.board()
    channel = msgspec.structs.replace(board.channels[1], id='=HYPERLINK("x")', unit="=1+1", source="\x1b[31mx")
    events = streams.session(models=("=1+1\x1b[2J\x00", "b"))
    events[0] = msgspec.structs.replace(board, channels=(channel, channel, board.channels[0]))
    tables = exported(tmp_path, events, "parquet")
    assert tables["cases"]["model"].to_pylist() == ["=1+1", "b"]
    names = tables["telemetry"].column_names
    assert names[2:5] == ["HYPERLINK_x_1_1", "HYPERLINK_x_1_1_2", "power_total_w"]
    assert tables["telemetry"].schema.field(2).metadata[b"meaning"] == b"power VDD_IN, from x"


def test_figures_beyond_64_bits_are_told_and_leave_nothing(tmp_path):
    state = goldens.session()
    state.records[0].model = msgspec.structs.replace(state.records[0].model, params=2**64)
    (tmp_path / "cases.parquet").write_text("old")
    with pytest.raises(ExportError, match=r"cases\.parquet cannot be written: "):
        parquet.write_folder(tmp_path, state, goldens.SESSION, "parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["cases.parquet"]
    assert (tmp_path / "cases.parquet").read_text() == "old"


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_without_pyarrow_one_line_says_what_to_do(tmp_path, form):
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from jetbench.cli.commands import run_command_line\n"
        "sys.exit(run_command_line(sys.argv[1:]))"
    )
    arguments = ["export", str(goldens.SESSION), "-f", form, "-o", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line == (
        f"jetbench-tui: {form} needs pyarrow, which is not installed here: "
        f"{sys.executable} -m pip install 'jetbench-tui[parquet]'"
    )
    assert not (tmp_path / "out").exists()
