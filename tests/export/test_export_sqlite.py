"""The database: its golden dump, the same cells as the CSV folder, complete or not there."""

from __future__ import annotations

import csv as std_csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import goldens
import msgspec
import pytest

import streams
from jetbench.domain import events as ev
from jetbench.export import csv, sqlite
from jetbench.export.files import ExportError
from jetbench.recording.format import RecordingError
from jetbench.session.load import load


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def exported(tmp_path: Path, events: list[ev.Event]) -> Path:
    recording = streams.write(tmp_path / "a.jsonl", events)
    sqlite.write(tmp_path / "a.db", load(recording)[0], recording)
    return tmp_path / "a.db"


def test_golden(tmp_path):
    sqlite.write(tmp_path / "a.db", goldens.session(), goldens.SESSION)
    with closing(opened(tmp_path / "a.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        lines = []
        for name, statement in database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall():
            lines.append(statement)
            lines += [json.dumps(row) for row in database.execute(f"SELECT * FROM {name}")]
    goldens.check("sqlite.txt", ("\n".join(lines) + "\n").encode())


@pytest.mark.parametrize("options", [{"passes": 60, "rounds": 2}, {"power": False, "fail": (0,)}], ids=str)
def test_every_cell_is_that_of_the_csv_folder(tmp_path, options):
    path = exported(tmp_path, streams.session(**options))
    recording = tmp_path / "a.jsonl"
    csv.write_folder(tmp_path / "csv", load(recording)[0], recording)
    with closing(opened(path)) as database:
        database.row_factory = sqlite3.Row
        for name in ("cases", "samples", "telemetry"):
            found = database.execute(f"SELECT * FROM {name}").fetchall()
            with (tmp_path / "csv" / f"{name}.csv").open(newline="") as file:
                rows = list(std_csv.DictReader(file))
            assert len(found) == len(rows)
            for row, cells in zip(found, rows, strict=True):
                assert row.keys() == list(cells)
                for column, cell in cells.items():
                    assert same(row[column], cell), (name, column)


def same(value: object, cell: str) -> bool:
    if value is None:
        return cell in ("N/A", "")
    if cell in ("yes", "no"):
        return value == (cell == "yes")
    return float(cell) == value if isinstance(value, int | float) else cell.removeprefix("'") == value


def test_questions_that_people_ask(tmp_path):
    path = exported(tmp_path, streams.session(passes=100))
    with closing(opened(path)) as database:
        asked = (
            'SELECT model, avg(s.latency_s), latency_mean_s FROM samples s JOIN cases USING ("case") '
            "WHERE s.flags = '' GROUP BY \"case\""
        )
        answers = database.execute(asked).fetchall()
        assert [row[0] for row in answers] == ["mobilenet_v2", "resnet18"]
        for _, mean, told in answers:
            assert mean == pytest.approx(told, rel=1e-11)
        (unit,) = database.execute("SELECT unit FROM columns WHERE \"column\" = 'peak_memory_mib'").fetchone()
        assert unit == "MiB"
        (hours,) = database.execute("SELECT min(strftime('%H', time_utc)) FROM telemetry").fetchone()
        assert hours == "16"


def test_it_says_that_a_board_is_simulated(tmp_path):
    sqlite.write(tmp_path / "a.db", load(goldens.SIMULATED)[0], goldens.SIMULATED)
    with closing(opened(tmp_path / "a.db")) as database:
        told = dict(database.execute("SELECT key, value FROM session"))
        assert told["simulated"] == "yes"
        assert told["notice"].startswith("SIMULATED")
        assert database.execute("SELECT DISTINCT board FROM telemetry").fetchall() == [(told["board"],)]


def test_channels_that_differ_in_capitals_only(tmp_path):
    board = streams.board()
    channels = [
        msgspec.structs.replace(board.channels[1], id=name) for name in ("power.A", "power.a", 'x"; DROP TABLE')
    ]
    events = streams.session()
    events[0] = msgspec.structs.replace(board, channels=tuple(channels))
    with closing(opened(exported(tmp_path, events))) as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(telemetry)")]
    assert names[2:5] == ["power_A_w", "power_a_w_2", "x_DROP_TABLE_w"]


def test_more_channels_than_a_table_can_have_columns(tmp_path):
    board = streams.board()
    channels = tuple(msgspec.structs.replace(board.channels[1], id=f"c{number}") for number in range(40_000))
    state = goldens.session()
    state.board = msgspec.structs.replace(board, channels=channels)
    (tmp_path / "a.db").write_text("old")
    with pytest.raises(ExportError, match=r"a\.db cannot be written: too many columns"):
        sqlite.write(tmp_path / "a.db", state, goldens.SESSION)
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
    assert (tmp_path / "a.db").read_text() == "old"


def test_a_recording_that_is_gone_leaves_nothing(tmp_path):
    with pytest.raises(RecordingError):
        sqlite.write(tmp_path / "a.db", goldens.session(), tmp_path / "gone.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path):
    state = goldens.session()
    with pytest.raises(ExportError, match="it is no regular file"):
        sqlite.write(Path("/dev/full"), state, goldens.SESSION)
    with pytest.raises(ExportError, match="it is a folder"):
        sqlite.write(tmp_path, state, goldens.SESSION)
    with pytest.raises(ExportError, match="No such file or directory"):
        sqlite.write(tmp_path / "no" / "a.db", state, goldens.SESSION)
