"""Models from every source: made, fed as they want to be fed, counted and run by the agent; hostile files refused."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import asking
from jetbench.domain.events import AnyEvent, CaseEnd, Fault, Latency, Model, Models
from jetbench.domain.plan import Plan
from jetbench.link.local import LocalLink
from outside import USER_MODELS

pytestmark = pytest.mark.torch
SUPERPOINT = 1_300_865  # of the network its authors published: magicleap/SuperPointPretrainedNetwork
BACKBONES = {"superpoint", "superpoint:mobilenet_v2", "superpoint:mobilenet_v3_small"}
BACKBONES |= {"superpoint:squeezenet1_1", "superpoint:resnet18"}

MAKE = """
import sys, torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(4, 2)
    def forward(self, x):
        return self.last(self.first(x).mean((2, 3)))
net, batch = Net().eval(), torch.rand(2, 3, 16, 16)
torch.jit.script(net).save("script.pt")
torch.save(net.state_dict(), "state.pt")
torch.save(net, "whole.pt")
torch.export.save(torch.export.export(net, (batch,)), "program.pt2")
"""
PARAMS, MACS = 112 + 10, 2 * (4 * 27 * 14 * 14 + 8)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("files")
    (made / "make.py").write_text(MAKE)  # a file, which torch.jit reads the module from
    subprocess.run([sys.executable, "make.py"], cwd=made, check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLink]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        found = LocalLink()
        yield found
        found.close()


def counted(link: LocalLink, *names: str, batch: int = 1, size: tuple[int, int] | None = None) -> dict[str, Model]:
    told = asking.ask(link, op="count", models=names, batch=batch, sizes=[size] if size else None)
    assert asking.of(told, Fault) == []
    return {model.name: model for model in asking.of(told, Model)}


def run(link: LocalLink, *names: str, size: tuple[int, int] | None = None, batch: int = 1) -> list[AnyEvent]:
    sizes = (size,) if size else ()
    return asking.run(link, Plan(models=names, sizes=sizes, batches=(batch,), k=1, cooldown=0.0, threads=1))


def ends(events: list[AnyEvent]) -> list[tuple[str, str | None]]:
    return [(end.status, end.error) for end in asking.of(events, CaseEnd)]


def fault(link: LocalLink, name: str) -> str:
    (found,) = asking.of(asking.ask(link, op="count", models=[name], batch=1), Fault)
    return found.text


def test_superpoint_is_the_published_network_with_the_backbone_to_choose(link: LocalLink) -> None:
    models = counted(link, *BACKBONES)
    assert models["superpoint"].params == SUPERPOINT
    assert models["superpoint"].input == (1, 1, 240, 320)
    # Figure 3 of the paper: eight convolutions over 240 x 320, halved three times, and the two heads.
    halved = [240 * 320 // 4**level for level in range(4)]
    encoder = [(1, 64, 0), (64, 64, 0), (64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 2), (128, 128, 3)]
    heads = [(128, 128, 3), (128, 256, 3), (128, 256, 3)]
    macs = sum(9 * a * b * halved[level] for a, b, level in encoder + heads) + 256 * (65 + 256) * halved[3]
    assert models["superpoint"].macs == macs
    assert all(model.error is None and model.macs for model in models.values())
    assert ends(run(link, "superpoint", size=(32, 40), batch=2)) == [("measured", None)]


def test_the_list_holds_every_family(link: LocalLink) -> None:
    (told,) = asking.of(asking.ask(link, op="models"), Models)
    assert {model.name for model in told.models} >= BACKBONES
    families = {"classification", "detection", "segmentation", "video", "keypoints"}
    assert families <= {model.family for model in told.models}


def test_detectors_segmentation_and_video_get_what_they_take(link: LocalLink) -> None:
    names = ("ssdlite320_mobilenet_v3_large", "lraspp_mobilenet_v3_large", "r3d_18")
    events = run(link, *names, size=(32, 32), batch=2)
    assert ends(events) == [("measured", None)] * 3
    models = {model.name: model for model in asking.of(events, Model) if model.params}
    assert [models[name].params for name in names] == [3_440_060, 3_221_538, 33_371_472]  # as published
    assert [models[name].input for name in names] == [(2, 3, 32, 32), (2, 3, 32, 32), (2, 3, 16, 32, 32)]
    assert all(model.macs for model in models.values())
    assert len(asking.of(events, Latency)) >= 3


def test_inputs_in_brackets(link: LocalLink) -> None:
    names = [f"{USER_MODELS}:{what}" for what in ("honest[Nx3x8x9]", "two_inputs[ids=Nx5/int64<7+more.scale=Nx5]")]
    models = counted(link, *names, batch=3)
    first, second = (models[name] for name in names)
    assert (first.input, first.macs, first.error) == ((3, 3, 8, 9), 3 * 108 * 6 * 7, None)
    assert (second.input, second.macs, second.error) == ((3, 5), 3 * 5 * 4 * 2, None)
    assert ends(run(link, *names, batch=3)) == [("measured", None)] * 2
    ((status, error),) = ends(run(link, f"{USER_MODELS}:honest[1x3x8x9]", batch=2))
    assert (status, "batch 1 only" in (error or "")) == ("failed", True)


@pytest.mark.parametrize(
    "brackets, said", [("Nx3xQ", "is no input"), ("Nx3/float31", "no type"), ("Nx3/int64", "upper bound")]
)
def test_brackets_that_mean_nothing_are_refused_before_anything_runs(link: LocalLink, brackets: str, said: str) -> None:
    assert said in fault(link, f"{USER_MODELS}:honest[{brackets}]")


def test_torchscript_and_an_exported_program_run_from_their_file(link: LocalLink, files: Path) -> None:
    names = [str(files / "script.pt"), str(files / "program.pt2")]
    models = counted(link, *names, batch=2, size=(16, 16))
    assert [(models[name].params, models[name].macs) for name in names] == [(PARAMS, MACS)] * 2
    assert ends(run(link, *names, size=(16, 16), batch=2)) == [("measured", None)] * 2


def test_a_folder_lists_what_of_it_can_be_named(link: LocalLink, files: Path) -> None:
    (files / "own.py").write_text("import torch\nraise SystemExit\nclass Net(torch.nn.Module): pass\ndef f(x): pass\n")
    (told,) = asking.of(asking.ask(link, op="models", words=[str(files)]), Models)
    listed = {model.name.rpartition("/")[2]: model.family for model in told.models}
    assert listed == {
        "make.py:Net": "code",
        "own.py:Net": "code",
        "script.pt": "TorchScript",
        "program.pt2": "exported",
        "state.pt": "needs --arch",
        "whole.pt": "needs --arch",
    }


@pytest.mark.parametrize(
    "name, said", [("own.py:Nte", "it has Net"), ("bad.py:Net", "line 1"), ("nosuch.py:x", "No such file")]
)
def test_code_that_does_not_define_it_is_refused_unread(link: LocalLink, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "own.py").write_text("raise SystemExit\nclass Net: pass\n")
    (tmp_path / "bad.py").write_text("class Net(:\n")
    assert said in fault(link, str(tmp_path / name))


class Trap:
    """Unpickling it leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_hostile_files_are_refused_and_never_executed(link: LocalLink, files: Path, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    (tmp_path / "trap.pt").write_bytes(pickle.dumps(Trap(sprung)))
    with zipfile.ZipFile(files / "program.pt2") as whole, zipfile.ZipFile(tmp_path / "trap.pt2", "w") as bad:
        for name in whole.namelist():
            data = whole.read(name)
            if "/weights/" in name and not name.endswith(".json"):
                data = pickle.dumps(Trap(sprung))
            bad.writestr(name, data.replace(b'"use_pickle": false', b'"use_pickle": true '))
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in ("constants.pkl", "code/net.py"):
            bomb.writestr(f"bomb/{name}", b"")
        with bomb.open("bomb/data/0", "w", force_zip64=True) as part:
            part.write(bytes(1000))
        bomb.infolist()[-1].file_size = 1 << 45  # as its directory says: what would be unpacked
    (tmp_path / "noise.pt").write_bytes(os.urandom(1000))
    for name in (files / "state.pt", files / "whole.pt", tmp_path / "trap.pt"):
        assert "--arch" in fault(link, str(name))
    assert "neither TorchScript" in fault(link, str(tmp_path / "noise.pt"))
    assert "No such file" in fault(link, str(tmp_path / "absent.pt2"))
    told = ends(run(link, str(tmp_path / "trap.pt2"), str(tmp_path / "bomb.pt"), size=(16, 16)))
    assert [status for status, _ in told] == ["failed", "refused"]
    assert "would be loaded" in (told[1][1] or "")
    assert not sprung.exists()
