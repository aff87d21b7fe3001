"""A meter recorded elsewhere, aligned afterwards: its times, its faults, and the energy that comes of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import streams
from jetbench.analysis.meter import parse
from jetbench.domain import events as ev
from jetbench.recording import reader
from jetbench.recording.format import iso_utc
from outside import jetbench


class Recorded:
    """A session without a power sensor, on disk."""

    def __init__(self, folder: Path) -> None:
        self.path = streams.write(folder / "r.jsonl", streams.session(power=False, passes=40))
        found = [event for _, event in reader.events(self.path)]
        self.header = reader.read_header(self.path)
        self.begin = next(event.t for event in found if isinstance(event, ev.RunStart))
        self.end = next(event.t for event in found if isinstance(event, ev.RunEnd))


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


def document(recorded: Recorded, meter: Path) -> Any:
    shown = jetbench("show", recorded.path, "--meter", meter, "--json")
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def test_three_kinds_of_time_give_the_same_energy(recorded: Recorded, tmp_path: Path) -> None:
    grid = range(recorded.begin - 10**9, recorded.end + 10**9, 50 * 10**6)
    walls = [recorded.header.wall_ns + t - recorded.header.t for t in grid]
    spelt = {
        "relative": [f"{(t - recorded.begin) / 1e9:.3f}" for t in grid],
        "epoch": [f"{wall / 1e9:.6f}" for wall in walls],
        "iso": [iso_utc(wall) for wall in walls],
    }
    for name, words in spelt.items():
        meter = tmp_path / f"{name}.csv"
        meter.write_text("time,watts\n" + "".join(f"{word},8.0\n" for word in words))
        made = document(recorded, meter)
        assert made["board"]["power"]["method"] == "meter:csv"
        assert not [text for text in made["warnings"] if "power and energy N/A" in text]
        for case in made["cases"]:
            assert case["power_w"] == pytest.approx(8.0), name
            assert case["energy_j"] == pytest.approx(8.0 * case["latency_s"]["mean"], rel=0.2)


def test_telemetry_has_the_meters_total(recorded: Recorded, tmp_path: Path) -> None:
    meter = tmp_path / "m.csv"
    seconds = (recorded.end - recorded.begin) / 1e9
    meter.write_text(f"0,1\n{seconds:.6f},{1 + seconds:.6f}\n")
    done = jetbench("export", recorded.path, "-o", tmp_path / "out", "--meter", meter)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "telemetry.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if 0 < float(row["t_s"]) < seconds]
    assert rows
    for row in rows:
        assert float(row["power_total_w"]) == pytest.approx(1 + float(row["t_s"]), abs=1e-3)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "fewer than two"),
        ("time,watts\n1,2\n", "fewer than two"),
        ("hello\nworld\n\0\n", "fewer than two"),
        ("1,5\n2026-01-01T00:00:00Z,5\n", "mixed"),
        ("2001-01-01T00:00:00Z,5\n2001-01-01T00:01:00Z,5\n", "do the two clocks agree"),
        ("99999,5\n99998,5\n", "after the run"),
    ],
)
def test_what_cannot_be_aligned_is_said(recorded: Recorded, tmp_path: Path, text: str, words: str) -> None:
    meter = tmp_path / "bad.csv"
    meter.write_text(text)
    shown = jetbench("show", recorded.path, "--meter", meter)
    assert (shown.returncode, len(shown.stderr.splitlines())) == (2, 1)
    assert words in shown.stderr


def test_a_file_that_is_not_there(recorded: Recorded) -> None:
    shown = jetbench("show", recorded.path, "--meter", "/no/such.csv")
    assert (shown.returncode, len(shown.stderr.splitlines())) == (2, 1)


def test_lines_that_are_no_reading_are_counted_and_order_does_not_matter() -> None:
    series = parse(["t,W", "3,7 W", "1,5", "nonsense", "2,nan", "2,-1", "4", "1e400,5", "", "2,6"])
    assert [t // 10**9 for t in series.t] == [1, 2, 3]
    assert list(series.watts) == [5.0, 6.0, 7.0]
    assert (series.relative, series.refused) == (True, 5)
