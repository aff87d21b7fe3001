"""Weights that are not on this machine: said before anything runs, fetched only with --download, and checked."""

from __future__ import annotations

import hashlib
import types
from pathlib import Path

import pytest

from outside import USER_MODELS, jetbench

pytestmark = pytest.mark.torch


def test_weights_that_are_not_here_are_no_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    done = jetbench("run", "-m", "resnet18", "--weights", "DEFAULT", "-k", "1", "-o", tmp_path / "out.jsonl")
    assert done.returncode == 2
    assert "--download fetches them" in done.stderr
    done = jetbench("run", "-m", f"{USER_MODELS}:downloads", "-k", "1", "-s", "32", "--json")
    assert done.returncode == 1
    assert "is not on this machine" in done.stdout
    assert not [path for path in tmp_path.rglob("*.pth*") if path.is_file()]


def test_a_download_is_kept_only_with_the_right_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from jetbench_agent.bench.errors import BadModelError
    from jetbench_agent.bench.sources import torchvision_zoo

    content = b"weights" * 1000
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    said: list[str] = []
    for name in (f"good-{digest[:8]}.pth", "bad-01234567.pth"):
        (tmp_path / name).write_bytes(content)
        entry = types.SimpleNamespace(url=(tmp_path / name).as_uri(), meta={"_file_size": 0.007})
        monkeypatch.setattr(torchvision_zoo, "_entry", lambda *_, entry=entry: entry)
        assert "--download" in str(torchvision_zoo.weights_known("resnet18", "DEFAULT"))
        if name.startswith("good"):
            torchvision_zoo.fetch("resnet18", "DEFAULT", said.append)
            assert torchvision_zoo.weights_known("resnet18", "DEFAULT") is None
        else:
            with pytest.raises(BadModelError, match="was not downloaded: invalid hash"):
                torchvision_zoo.fetch("resnet18", "DEFAULT", said.append)
    assert [file.name for file in (tmp_path / "hub" / "checkpoints").iterdir()] == [f"good-{digest[:8]}.pth"]
    assert len(said) == 2 and "good-" in said[0]
