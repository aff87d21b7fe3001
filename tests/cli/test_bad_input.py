"""Whatever is wrong costs one or two plain lines on stderr and the status of the design; never a traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import board_tree
from outside import USER_MODELS, command, jetbench

MODEL = f"{USER_MODELS}:honest"


def check(run: object, status: int, *words: str) -> None:
    assert run.returncode == status, run.stderr
    assert "Traceback" not in run.stderr
    assert 1 <= len(run.stderr.strip().splitlines()) <= 2, run.stderr
    for word in words:
        assert word in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["run", "-b", "0"], ["'0'", "batches"]),
        (["run", "-b", "1,two"], ["'1,two'"]),
        (["run", "-s", "big"], ["'big'", "224"]),
        (["run", "-k", "0"], ["k is a whole number"]),
        (["run", "-k", "many"], ["many"]),
        (["run", "--dtype", "fp12"], ["fp12", "fp32"]),
        (["run", "--until", "5", "-m", "resnet18"], ["'5'", "1%"]),
        (["run", "-k", "5", "--until", "1%"], ["exclude"]),
        (["run", "--max-time", "soon"], ["soon", "90s"]),
        (["run", "--nonsense"], ["--nonsense"]),
        (["run", "nofile.toml"], ["nofile.toml", "No such file"]),
        (["run", "--python", "/no/such/python"], ["/no/such/python"]),
        (["run", "--python", "/bin/cat"], ["/bin/cat", "no Python"]),
        (["run", "--root", "/no/such/root"], ["/no/such/root"]),
        (["sensors", "--root", "/no/such/root"], ["/no/such/root"]),
        (["sensors", "--power-cmd", " "], ["--power-cmd is empty"]),
        (["run", "-o", "/no/such/folder/x.jsonl"], ["/no/such/folder"]),
        (["run", "--csv", "/proc/nothing/x.csv"], ["/proc/nothing"]),
        (["show", "nofile.jsonl"], ["nofile.jsonl"]),
        (["export", "nofile.jsonl"], ["nofile.jsonl"]),
        (["export", "x", "-f", "docx"], ["docx"]),
        (["count", "resnet18", "-b", "1,2"], ["one batch"]),
        (["dance"], ["dance", "run"]),
    ],
)
def test_wrong_command_line(arguments: list[str], words: list[str]) -> None:
    check(jetbench(*arguments), 2, *words)


@pytest.mark.parametrize(
    "text, words",
    [
        ("models = [\n'resnet18'\nbatches", ["line 3"]),
        ("models = ['resnet18']\nbatchs = [1]", ["batchs", "'batches'"]),
        ("batches = ['one']", ["batches"]),
        ("max_time = 'soon'", ["soon"]),
        ("models = []", ["no model"]),
        ("device = 'tpu'", ["tpu"]),
        ("models = '\xff'", ["plan.toml"]),
    ],
)
def test_broken_plan(tmp_path: Path, text: str, words: list[str]) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_bytes(text.encode("latin-1"))
    check(jetbench("run", plan), 2, "plan.toml", *words)


@pytest.mark.torch
def test_unknown_model_names_the_nearest(tmp_path: Path) -> None:
    recording = tmp_path / "u.jsonl"
    check(jetbench("run", "-m", "resnet81", "-o", recording), 2, "resnet81", "resnet18")
    assert not recording.exists(), "a recording of nothing is not left behind"


@pytest.mark.torch
def test_device_that_does_not_execute() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("CUDA works here")
    check(jetbench("run", "-m", MODEL, "--device", "cuda"), 2, "CUDA", "--device cpu")


def test_interpreter_without_torch(tmp_path: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / "python3"
    probe = shutil.which("python3", path=str(base.parent))
    if probe is None:
        pytest.skip("no interpreter beside the virtual environment")
    recording = tmp_path / "t.jsonl"
    run = jetbench("run", "--python", probe, "-o", recording)
    if run.returncode != 3:
        pytest.skip("the system's interpreter has torch")
    check(run, 3, probe, "torch", "--python")
    assert not recording.exists()


def test_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "thesis.txt"
    mine.write_text("years of work")
    check(jetbench("run", "-m", MODEL, "-o", mine), 2, "thesis.txt", "exists")
    assert mine.read_text() == "years of work"


def test_what_is_no_recording(tmp_path: Path) -> None:
    for name, data in (("empty", b""), ("text", b"hello\n"), ("binary", bytes(range(256)) * 9), ("json", b"{}\n")):
        (tmp_path / name).write_bytes(data)
        check(jetbench("show", tmp_path / name), 2, name)
    check(jetbench("show", tmp_path), 2, tmp_path.name)


def test_debug_shows_the_traceback() -> None:
    run = jetbench("--debug", "run", "-b", "0")
    assert "Traceback" in run.stderr
    assert "PlanError" in run.stderr


def test_help_names_every_command_and_imports_none() -> None:
    run = jetbench("--help")
    assert run.returncode == 0
    for name in ("run", "count", "models", "sensors", "show", "export"):
        assert name in run.stdout


@pytest.mark.parametrize("board", ["nano-2gb", "nano-4gb", "orin-nano", "bare-container"])
def test_sensors_of_the_fake_boards(tmp_path: Path, board: str) -> None:
    made = board_tree.manifest(board)
    root, want = board_tree.lay_out(made, tmp_path / board), made["expected"]
    run = jetbench("sensors", "--root", root, "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert (found["board"]["kind"], found["board"]["soc"]) == (want["kind"], want["soc"])
    assert found["power"]["total_w"] == pytest.approx(want["power"]["total_w"], abs=1e-3)
    assert found["power"]["reason"] == want["power"]["total_reason"]
    assert found["power"]["method"] == want["power"]["total_method"]
    assert found["temperatures_c"] == pytest.approx(want["temperatures_c"])
    assert found["throttle"]["now"] == want["throttle"]["now"]
    assert found["cpu"]["cur_khz"] == want["cpu"]["cur_khz"]
    for name, rail in want["power"]["rails"].items():
        assert found["power"]["rails"][name]["w"] == pytest.approx(rail["w"], abs=1e-3)
    text = jetbench("sensors", "--root", root).stdout
    if want["power"]["total_w"] is None:
        assert "power.total" in text
        assert "N/A" in text
        assert want["power"]["total_reason_text"] in text


def test_what_a_full_disk_does_not_take_is_said_so() -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            command("sensors"), stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert run.returncode == 1
    assert "not all of it could be written: No space left on device" in run.stderr
    assert "Traceback" not in run.stderr
    assert "Exception ignored" not in run.stderr
