"""Labelled images: the accuracy that is known beforehand comes out, by whatever says which output a class is."""

from __future__ import annotations

import json
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import asking  # noqa: E402
import colours  # noqa: E402
from jetbench.domain.events import CaseEnd, Data, Fault, Hits  # noqa: E402
from jetbench.domain.plan import Plan  # noqa: E402
from jetbench.domain.results import DataResult  # noqa: E402
from jetbench.link.local import LocalLink  # noqa: E402
from jetbench.session.state import SessionState  # noqa: E402

pytestmark = pytest.mark.torch
OLD = os.environ.get("JETBENCH_OLD_PYTHON") or str(Path(sys.prefix) / "py36" / "bin" / "python")
HERE = Path(colours.__file__)
BUILD, NAMED, BLIND = (f"{HERE}:{name}[Nx3x24x24]" for name in ("build", "names_its_outputs", "blind"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data")
    colours.photos(made / "photos")
    colours.train(made / "colours.pt")
    return made


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLink]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        with asking.agent() as found:
            found.torch_home = Path(os.environ["TORCH_HOME"])  # type: ignore[attr-defined]
            yield found


def results(link: LocalLink, **plan: Any) -> list[DataResult]:
    """What every case made of the images, by the analysis that the table has."""
    events = asking.run(link, Plan(cooldown=0.0, k=2, **plan))
    state = SessionState()
    for event in events:
        state.apply(event)
    ends = asking.of(events, CaseEnd)
    assert [end.status for end in ends] == ["measured"] * len(state.records), [end.error for end in ends]
    found = [result.data for result in state.case_results()]
    assert all(data is not None for data in found), [e for e in events if isinstance(e, Data | Hits)]
    return [data for data in found if data is not None]


def test_the_known_accuracy_comes_out(link: LocalLink, place: Path) -> None:
    """In fp32 and bf16, in batches that the images do not fill, and timed in every part."""
    weights = str(place / "colours.pt")
    found = results(
        link, models=(BUILD,), weights=weights, variants=("fp32", "bf16"), batches=(1, 4), data=str(place / "photos"),
        labels="sorted",
    )  # fmt: skip
    assert len(found) == 4
    for batch, data in zip((1, 4, 1, 4), found, strict=True):
        assert data.top1 is not None and (data.top1.right, data.top1.of) == (colours.RIGHT, colours.IMAGES)
        assert data.reason is None and "sorted" in (data.labels or "")
        assert set(data.parts) == {"read", "decode", "prepare", "forward", "synthetic"}
        assert {part.n for part in data.parts.values()} == {colours.IMAGES // batch}
        assert data.end_to_end is not None and data.alone is not None and data.ratio is not None
        assert data.end_to_end.p50 > data.alone.p50 and data.with_transfer is None
    assert len({data.sha256 for data in found}) == 1
    assert len({data.hits for data in found}) == 1


def test_classes_are_outputs_by_what_says_so_and_never_by_a_guess(link: LocalLink, place: Path, tmp_path: Path) -> None:
    """By the model's names, a file of each kind, a CSV of numbers; without any of them there is no accuracy."""
    photos, weights = str(place / "photos"), str(place / "colours.pt")
    ordered = {name: number for number, name in enumerate(colours.NAMES)}
    (tmp_path / "lines.txt").write_text("\n".join(name.upper() for name in colours.NAMES))
    (tmp_path / "index.json").write_text(json.dumps({str(number): ["n0", name] for name, number in ordered.items()}))
    (tmp_path / "rows.csv").write_text("".join(f"{name},{number}\n" for name, number in ordered.items() if number < 6))
    rows = [f"{name}/{n}.png,{ordered[name]}" for name in colours.NAMES for n in range(colours.EACH)]
    table = place / "photos" / "table.csv"
    table.write_text("path,label\n../outside.png,1\nno/such.png,1\n" + "\n".join(rows))

    def one(**plan: Any) -> DataResult:
        return results(link, **{"models": (BUILD,), "weights": weights, "data": photos, **plan})[0]

    for told in (
        one(models=(NAMED,)),
        one(labels=str(tmp_path / "lines.txt")),
        one(labels=str(tmp_path / "index.json")),
        one(data=str(table)),
    ):
        assert told.top1 is not None and (told.top1.right, told.top1.of) == (colours.RIGHT, colours.IMAGES)
    assert told.notes == ("left out: 1 paths that lead out of its folder", "left out: 1 paths where there is no file")
    table.unlink()
    nothing = one()
    assert nothing.top1 is None and nothing.alone is not None
    assert "--labels FILE" in (nothing.reason or "")
    partly = one(labels=str(tmp_path / "rows.csv"))
    assert partly.top1 is not None and partly.top1.of == colours.IMAGES - colours.EACH == partly.judged
    assert partly.left_out == colours.EACH and "yellow" in partly.notes[0]


def test_names_are_those_of_torchvisions_weights(link: LocalLink, tmp_path: Path) -> None:
    """Weights that lie in torch's cache, and take every image for a tench: 2 of the 3 that ImageNet has a class for."""
    models = pytest.importorskip("torchvision.models")
    entry = models.SqueezeNet1_1_Weights.IMAGENET1K_V1
    cache = link.torch_home / "hub" / "checkpoints"  # type: ignore[attr-defined]
    cache.mkdir(parents=True)
    torch.manual_seed(0)
    model = models.squeezenet1_1()
    with torch.no_grad():
        model.classifier[1].weight.zero_()
        model.classifier[1].bias.zero_()[0] = 1.0  # the final ReLU leaves the others at 0
    torch.save(model.state_dict(), cache / entry.url.rpartition("/")[2])
    for name, number in (("tench", 2), ("Goldfish", 1), ("my cat", 2)):
        for each in range(number):
            colours.draw(tmp_path / name / f"{each}.png", each)
    (tmp_path / "tench" / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    (data,) = results(link, models=("squeezenet1_1",), weights="IMAGENET1K_V1", data=str(tmp_path))
    assert data.top1 is not None and (data.top1.right, data.top1.of) == (2, 3)
    assert (data.left_out, data.unread, data.images) == (2, 1, 6)
    assert data.labels == "by name" and "my cat" in data.notes[0]
    assert data.prepared == "torchvision's of SqueezeNet1_1_Weights.IMAGENET1K_V1"
    assert "cut.jpg" in (data.unread_reason or "")


def test_detection_and_segmentation_run_on_images_and_random_weights_have_no_accuracy(
    link: LocalLink, place: Path
) -> None:
    pytest.importorskip("torchvision")
    found = results(
        link, models=("ssdlite320_mobilenet_v3_large", "lraspp_mobilenet_v3_large", "squeezenet1_1"),
        data=str(place / "photos"), data_limit=2,
    )  # fmt: skip
    for data, word in zip(found, ("boxes", "every pixel", "random"), strict=True):
        assert data.top1 is None and word in (data.reason or "")
        assert data.seen == 2 and data.alone is not None and data.end_to_end is not None


def bomb(path: Path, side: int = 11_000) -> None:
    """A PNG of a few bytes that says it has so many pixels a side."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    )


def test_a_folder_of_a_stranger_is_data(link: LocalLink, place: Path, tmp_path: Path) -> None:
    """Links out of it, a pipe, a folder that is its own parent, a decompression bomb, escapes in a name."""
    for number in range(3):
        colours.draw(tmp_path / "set" / "red" / f"{number}.png", 4)
    colours.draw(tmp_path / "outside.png", 4)
    (tmp_path / "set" / "red" / "link.png").symlink_to(tmp_path / "outside.png")
    (tmp_path / "set" / "red" / "mine.png").symlink_to("0.png")
    (tmp_path / "set" / "red" / "loop").symlink_to("..")
    (tmp_path / "set" / "away").symlink_to(place / "photos" / "blue")
    os.mkfifo(tmp_path / "set" / "red" / "pipe.png")
    bomb(tmp_path / "set" / "red" / "vast.png")
    colours.draw(tmp_path / "set" / "\x1b[31m" / "0.png", 4)
    labels = tmp_path / "labels.csv"
    labels.write_text("red,4\n")
    (data,) = results(
        link, models=(BUILD,), weights=str(place / "colours.pt"), data=str(tmp_path / "set"), labels=str(labels)
    )
    assert data.top1 is not None and (data.top1.right, data.top1.of) == (4, 4)
    assert (data.images, data.left_out, data.unread) == (6, 1, 1)
    assert "100 million pixels" in (data.unread_reason or "")
    assert any("1 names of images that are no files" in note for note in data.notes)
    assert any("lead out of it" in note for note in data.notes)


@pytest.mark.parametrize(
    "data, labels, words",
    [
        ("nowhere", None, "no such file or folder"),
        ("photos", "nowhere.txt", "--labels"),
        ("colours.pt", None, "give a folder of images"),
        ("torchvision:Nonsense", None, "no data set 'Nonsense'"),
        ("torchvision:ImageFolder=photos", None, "name the folder itself: --data photos"),
        ("torchvision:CIFAR10", None, "--download fetches it"),
    ],
)
def test_what_cannot_be_read_is_said_before_anything_is_measured(
    link: LocalLink, place: Path, data: str, labels: str | None, words: str
) -> None:
    named = data if ":" in data else str(place / data)
    told = str(place / labels) if labels else None
    events = asking.run(link, Plan(models=(BLIND,), data=named, labels=told, k=2, cooldown=0.0))
    (fault,) = asking.of(events, Fault)
    assert fault.code == "bad_request" and words in fault.text and "\n" not in fault.text
    assert not asking.of(events, CaseEnd)


@pytest.mark.skipif(not Path(OLD).is_file(), reason="no Python 3.6 with torch 1.10 here")
def test_on_python_3_6(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with asking.agent(OLD) as old:
        code = tmp_path / "old_colours.py"  # it knows no annotations of later Pythons
        code.write_text(HERE.read_text().replace("from __future__ import annotations\n", ""))
        (data,) = results(old, models=(f"{code}:trained[Nx3x24x24]",), data=str(place / "photos"), labels="sorted")
        assert data.top1 is not None and (data.top1.right, data.top1.of) == (colours.RIGHT, colours.IMAGES)
