"""End to end: images of a folder, read, decoded and prepared between passes, each part timed apart from the pass."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import asking
from jetbench.domain.events import AnyEvent, CaseEnd, Latency
from jetbench.domain.plan import Plan
from jetbench.link.local import LocalLink
from outside import USER_MODELS

pytestmark = pytest.mark.torch
BATCH, WARMUP, PASSES = 2, 2, 7


def draw(path: Path, width: int, height: int) -> None:
    """Coarse noise, so that a shift by a pixel or a channel that is another one would show."""
    pictures = pytest.importorskip("PIL.Image")
    chance = random.Random(path.name)
    cells = bytes(chance.randrange(256) for _ in range(8 * 6 * 3))
    pictures.frombytes("RGB", (8, 6), cells).resize((width, height), pictures.BICUBIC).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three images of other shapes and formats, and something that is none."""
    made = tmp_path_factory.mktemp("images")
    draw(made / "a.png", 640, 480)
    draw(made / "b.jpg", 480, 640)
    draw(made / "c.jpeg", 300, 300)
    (made / "notes.txt").write_text("no image")
    return made


@pytest.fixture(scope="module")
def link(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLink]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("JETBENCH_IMAGES", str(folder))
        with asking.agent() as found:
            yield found


@pytest.fixture(scope="module")
def measured(link: LocalLink, folder: Path) -> list[AnyEvent]:
    models = tuple(f"{USER_MODELS}:{name}" for name in ("sees_images", "slow"))
    return end_to_end(link, folder, models=models, batches=(BATCH,), sizes=((224, 224),), k=PASSES, warmup=WARMUP)


def end_to_end(link: LocalLink, images: Path, **plan: Any) -> list[AnyEvent]:
    return asking.run(link, Plan(cooldown=0.0, end_to_end=True, images=str(images), **plan))


def test_images_are_prepared_as_published_and_in_turn(measured: list[AnyEvent]) -> None:
    """The model itself compares every batch with torchvision's preprocessing."""
    assert [(end.status, end.error) for end in asking.of(measured, CaseEnd)] == [("measured", None)] * 2


def test_every_pass_has_its_parts(measured: list[AnyEvent]) -> None:
    batches = asking.of(measured, Latency)
    for c in (0, 1):
        for flags, passes in (("W", WARMUP), ("", PASSES)):
            told = [batch for batch in batches if (batch.c, batch.flags) == (c, flags)]
            assert sum(len(batch.d) for batch in told) == passes
            for batch in told:
                assert set(batch.parts) == {"read", "decode", "prepare"}
                for name, spent in batch.parts.items():
                    assert len(spent) == len(batch.d), name
                    assert all(ns > 0 for ns in spent), name


def test_the_pass_is_the_forward_alone(measured: list[AnyEvent]) -> None:
    """What was prepared for a pass was so before it began, and after the one before it had ended."""
    pairs = 0
    for batch in asking.of(measured, Latency):
        for i in range(1, len(batch.d)):
            between = batch.s[i] - batch.s[i - 1] - batch.d[i - 1]
            assert sum(spent[i] for spent in batch.parts.values()) <= between
            pairs += 1
    assert pairs > 0


def failure(link: LocalLink, images: Path) -> str:
    """What is said of a case that fails; the agent is whole afterwards."""
    model = f"{USER_MODELS}:honest"
    (end,) = asking.of(end_to_end(link, images, models=(model,), sizes=((32, 32),), k=3), CaseEnd)
    assert end.status == "failed"
    assert end.cause == "error"
    return end.error or ""


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8\xff\xe0 cut", None])
def test_a_broken_image_is_one_plain_failure(link: LocalLink, tmp_path: Path, broken: bytes | None) -> None:
    """Empty, cut off, or not to be read at all: one line, and it says which file."""
    draw(tmp_path / "a.png", 64, 64)
    if broken is None:
        (tmp_path / "b.jpg").symlink_to("nowhere")
    else:
        (tmp_path / "b.jpg").write_bytes(broken)
    error = failure(link, tmp_path)
    assert error.startswith(f"the image {tmp_path / 'b.jpg'}")
    assert "\n" not in error


@pytest.mark.parametrize("name, reason", [("empty", "no image in"), ("gone", "No such file")])
def test_a_folder_without_images_is_said_so(link: LocalLink, tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "empty").mkdir()
    error = failure(link, tmp_path / name)
    assert reason in error
    assert str(tmp_path / name) in error
