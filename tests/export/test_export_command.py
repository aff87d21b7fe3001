"""The command: every format from one recording, where the file goes, what ends with status 2 and one line."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import goldens
import pytest

from jetbench.cli.export import FORMATS, beside

COMMAND = [sys.executable, "-c", "from jetbench.cli import main; main()", "export"]
WRITTEN = {
    "csv": ["a/cases.csv", "a/samples.csv", "a/telemetry.csv"],
    "json": ["a.json"],
    "parquet": ["a/cases.parquet", "a/samples.parquet", "a/telemetry.parquet"],
    "arrow": ["a/cases.arrow", "a/samples.arrow", "a/telemetry.arrow"],
    "sqlite": ["a.db"],
    "trace": ["a.trace.json"],
    "markdown": ["a.md"],
    "openmetrics": ["a.prom"],
}


def export(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_every_format_beside_the_recording(tmp_path):
    shutil.copy(goldens.SESSION, tmp_path / "a.jsonl")
    assert list(FORMATS) == list(WRITTEN)
    for form, names in WRITTEN.items():
        done = export(tmp_path, "a.jsonl", "-f", form)
        assert (done.returncode, done.stderr, done.stdout.split()) == (0, "", names)
    everything = {"a.jsonl", *(name for names in WRITTEN.values() for name in names)}
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == everything
    for name in everything - {"a.jsonl"}:
        known = goldens.FOLDER / {"a.json": "session.json"}.get(
            name, name.replace("a.", "session.", 1).removeprefix("a/")
        )
        if known.exists():
            assert (tmp_path / name).read_bytes() == known.read_bytes()


@pytest.mark.parametrize(
    ("recording", "suffix", "name"),
    [
        ("s.jsonl", ".db", "s.db"), ("s.jsonl.gz", ".trace.json", "s.trace.json"), ("s.jsonl.gz", "", "s"),
        ("s", ".md", "s.md"), ("a.b.jsonl", ".json", "a.b.json"), ("a.log", ".prom", "a.prom"),
        (".jsonl", ".db", ".db"),
    ],
)  # fmt: skip
def test_names(recording, suffix, name):
    assert beside(Path("x") / recording, suffix) == Path("x") / name


def test_a_packed_recording_and_a_packed_trace(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(goldens.SESSION.read_bytes()))
    done = export(tmp_path, "a.jsonl.gz", "-f", "trace", "-o", "t.json.gz")
    assert (done.returncode, done.stdout) == (0, "t.json.gz\n")
    data = gzip.decompress((tmp_path / "t.json.gz").read_bytes())
    assert data == (goldens.FOLDER / "session.trace.json").read_bytes()


@pytest.mark.parametrize("name", ["c.csv", "c.parquet", "c.arrow"])
def test_cases_alone(tmp_path, name):
    done = export(tmp_path, str(goldens.SESSION), "-f", name.partition(".")[2], "-o", name)
    assert (done.returncode, done.stdout) == (0, name + "\n")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_to_a_pipe_there_is_nothing_else(tmp_path):
    for form, name in (("markdown", "session.md"), ("openmetrics", "session.prom"), ("json", "session.json")):
        done = export(tmp_path, str(goldens.SESSION), "-f", form, "-o", "/dev/stdout")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == (goldens.FOLDER / name).read_text()


@pytest.mark.parametrize("form", list(FORMATS))
def test_the_recording_is_never_overwritten(tmp_path, form):
    for name in ("a.json", "b"):
        shutil.copy(goldens.SESSION, tmp_path / name)
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(name)
        for target in (name, f"./{name}", "link"):
            done = export(tmp_path, name, "-f", form, "-o", target)
            assert done.returncode == 2
            assert "is the recording itself" in done.stderr
        assert (tmp_path / name).read_bytes() == goldens.SESSION.read_bytes()


def test_a_recording_whose_name_is_that_of_the_export(tmp_path):
    shutil.copy(goldens.SESSION, tmp_path / "a.json")
    shutil.copy(goldens.SESSION, tmp_path / "b")
    for name, form in (("a.json", "json"), ("b", "csv")):
        done = export(tmp_path, name, "-f", form)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b").read_bytes() == goldens.SESSION.read_bytes()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("form", list(FORMATS))
def test_a_folder_that_may_not_be_written(tmp_path, form):
    tmp_path.chmod(0o500)
    done = export(tmp_path, str(goldens.SESSION), "-f", form, "-o", "x")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_full_disk_or_a_place_that_is_not_there(tmp_path, form):
    (tmp_path / "file").touch()
    done = export(tmp_path, str(goldens.SESSION), "-f", form, "-o", "file/x")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "cannot be" in done.stderr
    if form not in ("csv", "parquet", "arrow"):
        done = export(tmp_path, str(goldens.SESSION), "-f", form, "-o", "/dev/full")
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_meter_is_in_every_table_that_has_power(tmp_path):
    """A constant 20 W over the whole run, recorded by somebody else."""
    (tmp_path / "m.csv").write_text("time,watts\n" + "".join(f"{at / 10},20.0\n" for at in range(-10, 100)))
    shutil.copy(goldens.SESSION, tmp_path / "a.jsonl")
    for form in ("json", "trace", "sqlite"):
        assert export(tmp_path, "a.jsonl", "-f", form, "--meter", "m.csv").returncode == 0
    assert json.loads((tmp_path / "a.json").read_text())["cases"][0]["power_w"] == 20
    events = json.loads((tmp_path / "a.trace.json").read_text())["traceEvents"]
    assert {event["args"]["W"] for event in events if event["name"] == "power.total"} == {20.0}
    import sqlite3

    with sqlite3.connect(tmp_path / "a.db") as database:
        assert database.execute("SELECT DISTINCT power_total_w FROM telemetry WHERE t_s > 0").fetchall() == [(20.0,)]
    database.close()
