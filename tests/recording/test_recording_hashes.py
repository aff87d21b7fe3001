"""What a model was made from is in the recording by its SHA-256, and so are board, plan, seed and command line."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest

from jetbench.domain import events as ev
from jetbench.recording import reader
from jetbench_agent import made_from
from jetbench_agent.bench import digest
from outside import USER_MODELS, jetbench

SIZES = (0, 1, 4095, 4096, 4097, 1 << 20, (1 << 20) + 1, 3_000_001)


def hexdigest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("direct", [True, False], ids=["past the cache", "through it"])
def test_of_any_length(tmp_path, monkeypatch, size, direct):
    if not direct:
        monkeypatch.delattr(os, "O_DIRECT", raising=False)
    path = tmp_path / "weights.pt"
    path.write_bytes(os.urandom(size))
    assert digest.sha256(str(path)) == hexdigest(path)


def test_a_file_that_cannot_be_read_has_none(tmp_path):
    assert digest.sha256(str(tmp_path / "none")) is None
    assert digest.sha256(str(tmp_path)) is None
    assert digest.of_pairs([["resnet18", None], ["none.py:x", str(tmp_path / "none.pt")]]) == [{}, {}]


def test_a_system_without_such_reads(tmp_path, monkeypatch):
    """A file system that opens with O_DIRECT and then refuses to read."""
    path = tmp_path / "weights.pt"
    path.write_bytes(b"x" * 10_000)
    real, flags = os.readv, []

    def readv(descriptor, buffers):
        import fcntl

        flags.append(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT)
        if flags[-1]:
            raise OSError(22, "Invalid argument")
        return real(descriptor, buffers)

    monkeypatch.setattr(os, "readv", readv)
    assert digest.sha256(str(path)) == hexdigest(path)
    assert len(flags) >= 2


def test_the_file_of_a_module_is_found_and_not_executed(tmp_path, monkeypatch):
    package = tmp_path / "zoo_of_mine"
    package.mkdir()
    for name in ("__init__.py", "nets.py"):
        (package / name).write_text("raise RuntimeError('executed')\n")
    monkeypatch.chdir(tmp_path)
    assert digest.code_file("zoo_of_mine.nets:build") == str(package / "nets.py")
    assert digest.code_file("zoo_of_mine:build") == str(package / "__init__.py")
    assert digest.code_file("zoo_of_mine.none:build") is None
    assert digest.code_file("resnet18") is None
    assert not [name for name in sys.modules if name.startswith("zoo_of_mine")]


def test_what_changed_is_named_once():
    cases = [{"model": "net.py:a", "weights": None, "code_sha256": "1"}, {"model": "net.py:b", "code_sha256": "1"}]
    assert made_from.named([*cases, {"model": "resnet18", "weights": None}]) == cases
    assert made_from.put(cases, [{"code_sha256": "1"}, {"code_sha256": "1"}]) == []
    assert made_from.put(cases, [{"code_sha256": "2"}, {"code_sha256": "2"}]) == [
        "net.py is not the file that was measured before (its SHA-256 differs)"
    ]
    assert [case["code_sha256"] for case in cases] == ["2", "2"]


@pytest.mark.torch
def test_a_recording_says_what_it_is_of(tmp_path):
    """Board, software, clocks and governor as far as they are told, seed, plan, command line, hashes."""
    import torch

    net, weights, recording = tmp_path / "net.py", tmp_path / "w.pt", tmp_path / "a.jsonl"
    shutil.copy(USER_MODELS, net)
    torch.save(torch.nn.Conv2d(3, 4, 3).state_dict(), tmp_path / "plain.pt")
    state = {f"layer.{name}": value for name, value in torch.load(tmp_path / "plain.pt", weights_only=True).items()}
    torch.save(state, weights)
    arguments = [
        "run",
        "-m",
        f"{net}:honest",
        "--weights",
        weights,
        "-s",
        "16",
        "-k",
        "5",
        "--seed",
        "42",
        "--rounds",
        "2",
    ]
    run = jetbench(*arguments, "-o", recording)
    assert run.returncode == 0, run.stderr
    header = reader.read_header(recording)
    assert header.command[1:] == tuple(map(str, [*arguments, "-o", recording]))
    assert (header.plan["seed"], header.plan["weights"]) == (42, str(weights))
    assert header.board is not None
    assert header.board.facts["cpu"]["online"] == header.board.cpus
    assert "governor" in header.board.facts["cpu"]
    assert header.boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    found = [event for _, event in reader.events(recording)]
    begun = next(event for event in found if isinstance(event, ev.RunStart))
    assert begun.protocol.seed == 42
    assert [(case.code_sha256, case.weights_sha256) for case in begun.cases] == [(hexdigest(net), hexdigest(weights))]
    software = next(event for event in found if isinstance(event, ev.Software))
    assert software.torch == torch.__version__
    plain = jetbench("run", "-m", "squeezenet1_1", "-s", "32", "-k", "1", "-o", tmp_path / "b.jsonl")
    assert plain.returncode == 0, plain.stderr
    cases = next(event for _, event in reader.events(tmp_path / "b.jsonl") if isinstance(event, ev.RunStart)).cases
    assert (cases[0].code_sha256, cases[0].weights_sha256) == (None, None), "random weights, and torchvision's own code"
