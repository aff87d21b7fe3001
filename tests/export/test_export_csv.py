"""CSV read back is the document; what is missing says so; nothing in a cell is run."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams
from jetbench.domain import events as ev
from jetbench.domain import metrics
from jetbench.export import cells
from jetbench.export.csv import write_cases, write_folder
from jetbench.export.document import document
from jetbench.export.files import ExportError
from jetbench.session.load import load
from jetbench.session.state import SessionState


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def exported(tmp_path: Path, events: list[ev.Event]) -> tuple[SessionState, Path]:
    recording = streams.write(tmp_path / "a.jsonl", events)
    state, _ = load(recording)
    folder = tmp_path / "out"
    paths = write_folder(folder, state, recording)
    assert [path.name for path in paths] == ["cases.csv", "samples.csv", "telemetry.csv"]
    return state, folder


OPTIONS = [{"passes": 100}, {"power": False}, {"fail": (1,), "rounds": 2}, {"passes": 1, "warmup": 0}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_cases_read_back_are_the_document(tmp_path, options):
    state, folder = exported(tmp_path, streams.session(**options))
    rows = table(folder / "cases.csv")
    made = document(state)["cases"]
    assert len(rows) == len(made)
    for row, case in zip(rows, made, strict=True):
        for metric in metrics.METRICS:
            if metric.text:
                continue
            value = metrics.value(case, metric)
            cell = row[metric.csv]
            assert (cell == "N/A") if value is None else (float(cell) == value), metric.key
        assert row["model"] == case["model"]
        assert row["status"] == case["status"]
        assert row["error"] == (case["error"] or "")
        assert row["throttled"] == {True: "yes", False: "no", None: "N/A"}[case["throttled"]]
        if case["input"]:
            assert row["input"] == "x".join(map(str, case["input"]))


def test_every_figure_of_the_document_has_a_column():
    case = streams_case()
    paths = {metric.path for metric in metrics.METRICS} | {metric.why for metric in metrics.METRICS}
    paths |= {("latency_s", "ci95"), ("latency_s", "supported")}
    for key, value in case.items():
        if isinstance(value, list) or key in WITHOUT_COLUMN:
            continue  # lists of things a cell cannot hold
        if not isinstance(value, dict) or key == "flags":
            assert (key,) in paths or (value is None and any(path[0] == key for path in paths)), key
        elif key == "latency_s":
            assert {(key, name) for name in value} <= paths
        else:
            assert any(path[0] == key for path in paths), key


# What stands in the document alone: told from other columns, or words about them.
WITHOUT_COLUMN = (
    "idle_u_w", "items_per_j_u", "energy_from", "flagged_share", "cold_start_text", "parts_s", "device_latency_s",
    "end_to_end_s", "transfers_s", "why",
)  # fmt: skip


def streams_case() -> dict:
    state = SessionState()
    for event in streams.session(passes=100):
        state.apply(event)
    return document(state)["cases"][0]


def test_missing_power_is_na_with_its_reason_and_never_0(tmp_path):
    _, folder = exported(tmp_path, streams.session(power=False))
    for row in table(folder / "cases.csv"):
        assert (row["power_w"], row["power_reason"]) == ("N/A", "no_sensor")
        assert (row["energy_j"], row["energy_reason"]) == ("N/A", "no_sensor")
    for row in table(folder / "telemetry.csv"):
        assert (row["power_total_w"], row["power_total_reason"]) == ("N/A", "no_sensor")


def test_samples_are_every_pass_to_the_nanosecond(tmp_path):
    events = streams.session(passes=40, rounds=2, warmup=3)
    state, folder = exported(tmp_path, events)
    rows = table(folder / "samples.csv")
    assert list(rows[0]) == ["case", "round", "index", "start_s", "latency_s", "flags"]
    begin = next(event.t for event in events if isinstance(event, ev.RunStart))
    expected = set()
    for event in events:
        if isinstance(event, ev.Latency):
            for offset, (start, duration) in enumerate(zip(event.s, event.d, strict=True)):
                at = event.b + start - begin
                expected.add((event.c, event.r, event.i + offset, at, duration, event.flags))
    found = {
        (
            int(row["case"]),
            int(row["round"]),
            int(row["index"]),
            round(float(row["start_s"]) * 1e9),
            round(float(row["latency_s"]) * 1e9),
            row["flags"],
        )
        for row in rows
    }
    assert found == expected
    assert len(rows) == len(expected) == 2 * 2 * 43
    clean = [float(row["latency_s"]) for row in rows if row["case"] == "0" and not row["flags"]]
    mean = document(state)["cases"][0]["latency_s"]["mean"]
    assert sum(clean) / len(clean) == pytest.approx(mean, rel=1e-11)


def test_telemetry_is_every_row_in_units(tmp_path):
    events = streams.session(passes=50)
    _, folder = exported(tmp_path, events)
    rows = table(folder / "telemetry.csv")
    ticks = [event for event in events if isinstance(event, ev.Telemetry)]
    assert len(rows) == len(ticks)
    assert list(rows[0]) == [
        *("t_s", "time_utc", "power_total_w", "power_total_reason", "power_VDD_IN_w", "voltage_VDD_IN_v"),
        *("temp_cpu-thermal_c", "temp_tj-thermal_c", "clock_cpu_policy0_mhz", "load_cpu_percent", "missing"),
    ]
    begin = next(event.t for event in events if isinstance(event, ev.RunStart))
    for number, (row, tick) in enumerate(zip(rows, ticks, strict=True)):
        assert round(float(row["t_s"]) * 1e9) == tick.t - begin
        if number == 2:
            assert (row["power_total_w"], row["power_total_reason"]) == ("N/A", "read_error")
        else:
            assert float(row["power_total_w"]) == pytest.approx(7 + 0.01 * number, abs=1e-9)
            assert row["power_total_reason"] == ""
        assert float(row["temp_cpu-thermal_c"]) == pytest.approx(48 + 0.02 * number, abs=1e-9)
        assert row["missing"] == ""
    assert float(rows[0]["t_s"]) < 0  # before the run began
    assert rows[0]["time_utc"] == "2025-11-24T16:00:00.002Z"


def test_telemetry_of_more_rows_than_a_state_keeps(tmp_path):
    board = streams.board()
    rows = [streams.telemetry(board, streams.T0 + n * streams.TICK, n) for n in range(5000)]
    state, folder = exported(tmp_path, [board, *rows])
    assert len(table(folder / "telemetry.csv")) == 5000
    write_folder(tmp_path / "kept", state)  # no recording: what the state still holds
    kept = table(tmp_path / "kept" / "telemetry.csv")
    assert 0 < len(kept) < 5000
    whole = table(folder / "telemetry.csv")[-len(kept) :]
    assert [row["power_total_w"] for row in kept] == [row["power_total_w"] for row in whole]


def test_other_channels_that_are_missing_are_named(tmp_path):
    events = streams.session()
    tick = next(i for i, event in enumerate(events) if isinstance(event, ev.Telemetry))
    values = list(events[tick].v)
    values[3] = None
    events[tick] = msgspec.structs.replace(events[tick], v=tuple(values), why={"temp.cpu-thermal": "gated"})
    events[tick + 1] = msgspec.structs.replace(events[tick + 1], v=(7_000_000,))
    _, folder = exported(tmp_path, events)
    first, second, *_ = table(folder / "telemetry.csv")
    assert first["temp_cpu-thermal_c"] == "N/A"
    assert first["missing"] == "temp.cpu-thermal=gated"
    assert second["missing"].count("=no_reading_yet") == 6


def test_rfc_4180(tmp_path):
    events = streams.session(models=('a,"b"\r\nc', "d"))
    _, folder = exported(tmp_path, events)
    for name in ("cases.csv", "samples.csv", "telemetry.csv"):
        data = (folder / name).read_bytes()
        assert data.endswith(b"\r\n")
        assert data.count(b"\n") == data.count(b"\r\n")
        assert not data.startswith(b"\xef\xbb\xbf")
        data.decode("utf-8")
        with (folder / name).open(newline="") as file:
            widths = {len(row) for row in csv.reader(file, strict=True)}
        assert len(widths) == 1
    assert table(folder / "cases.csv")[0]["model"] == 'a,"b" c'


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "\x00=", "\x1b[31m=", "\uff1d"])
def test_formulas_are_harmless(tmp_path, begin):
    evil = f"{begin}cmd|' /C calc'!A0"
    _, folder = exported(tmp_path, streams.session(models=(evil, "b"), fail=(0,)))
    cell = table(folder / "cases.csv")[0]["model"]
    assert cell.startswith("'")
    assert "\x1b" not in cell


def test_formulas_in_the_names_of_channels(tmp_path):
    board = streams.board()
    channel = msgspec.structs.replace(board.channels[1], id='=HYPERLINK("x")', unit="=1+1")
    events = streams.session()
    events[0] = msgspec.structs.replace(board, channels=(channel, channel, board.channels[0]))
    _, folder = exported(tmp_path, events)
    header = (folder / "telemetry.csv").read_text().splitlines()[0]
    assert header == "t_s,time_utc,HYPERLINK_x_1_1,HYPERLINK_x_1_1_2,power_total_w,power_total_reason,missing"


@given(st.text(max_size=50))
def test_no_text_cell_is_ever_a_formula(text):
    cell = cells.words(text)
    assert not cell.strip().startswith(("=", "+", "-", "@"))
    assert not set(cell) & set("\t\r\n")


@given(st.integers(-(2**62), 2**62))
def test_seconds_are_exact(ns):
    from decimal import Decimal

    assert Decimal(cells.seconds(ns)) * 10**9 == ns


def test_one_file_alone(tmp_path):
    state, folder = exported(tmp_path, streams.session())
    write_cases(tmp_path / "mine.csv", state)
    assert (tmp_path / "mine.csv").read_bytes() == (folder / "cases.csv").read_bytes()
    write_cases(tmp_path / "mine.csv", state)  # the same name again is the same file
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "mine.csv", "out"]


def test_an_empty_session(tmp_path):
    _, folder = exported(tmp_path, [])
    assert table(folder / "cases.csv") == []
    assert (folder / "telemetry.csv").read_text().split() == ["t_s,time_utc,missing"]


def test_places_that_cannot_be_written(tmp_path):
    state = SessionState()
    with pytest.raises(ExportError, match="No such file or directory"):
        write_cases(tmp_path / "no" / "a.csv", state)
    with pytest.raises(ExportError, match="it is a folder"):
        write_cases(tmp_path, state)
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="cannot be made a folder"):
        write_folder(tmp_path / "file", state)
    with pytest.raises(ExportError, match="No space left on device"):
        write_cases(Path("/dev/full"), state)


def test_a_failed_export_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ExportError):
        write_cases(path, SessionState())
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]
    assert path.read_text() == "old"


def test_mode_follows_the_umask(tmp_path):
    mask = os.umask(0o027)
    try:
        write_cases(tmp_path / "a.csv", SessionState())
    finally:
        os.umask(mask)
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o640
