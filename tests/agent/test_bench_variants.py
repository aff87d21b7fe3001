"""Variants of a model run or say why not, and what they give is compared with fp32 eager."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator

import pytest

import asking
from jetbench.analysis.thresholds import OUTPUT_ERROR, SAME_OUTPUT
from jetbench.domain.events import Agreement, CaseEnd, Log
from jetbench.domain.plan import Plan
from jetbench.link.local import LocalLink
from outside import USER_MODELS

pytestmark = pytest.mark.torch
EXACT = ("channels_last", "script")  # the same additions, in another order perhaps
ROUNDED = ("fp16", "bf16", "int8-dynamic", "int8-static", "bf16+channels_last+script")


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLink]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        found = LocalLink()
        yield found
        found.close()


def run(
    link: LocalLink, model: str, *variants: str, why: bool = False
) -> tuple[dict[str, CaseEnd], dict[str, Agreement]]:
    name = f"{USER_MODELS}:{model}[Nx3x16x16]"
    plan = Plan(models=(name,), variants=variants, batches=(2,), k=1, cooldown=0.0, threads=1, device="cpu", why=why)
    told = asking.run(link, plan)
    if why:
        assert any("why is told of fp32, fp16, bf16 only" in log.text for log in asking.of(told, Log))
    ends = {variants[end.c]: end for end in asking.of(told, CaseEnd)}
    return ends, {variants[found.c]: found for found in asking.of(told, Agreement)}


def test_formats_layout_and_torchscript_agree_as_far_as_they_can(link: LocalLink) -> None:
    ends, found = run(link, "Seeded", "fp32", *EXACT, *ROUNDED)
    assert {variant: (end.status, end.error) for variant, end in ends.items()} == dict.fromkeys(
        ("fp32", *EXACT, *ROUNDED), ("measured", None)
    )
    assert set(found) == {*EXACT, *ROUNDED}
    for variant in EXACT:
        assert found[variant].error is not None and found[variant].error < SAME_OUTPUT
    for variant in ROUNDED:
        error = found[variant].error
        assert error is not None and 0 < error < OUTPUT_ERROR[variant.partition("+")[0]]


def test_what_cannot_be_is_a_failed_case_with_its_reason(link: LocalLink) -> None:
    ends, found = run(link, "honest", "cudagraph", "tensorrt", "int8-dynamic")
    assert [end.status for end in ends.values()] == ["failed"] * 3
    assert "needs a GPU" in (ends["cudagraph"].error or "")
    assert "TensorRT" in (ends["tensorrt"].error or "")
    assert "no linear or recurrent layer" in (ends["int8-dynamic"].error or "")
    assert not found


def test_an_answer_that_is_another_one_is_told(link: LocalLink) -> None:
    ends, found = run(link, "Forgetful", "channels_last", why=True)
    assert ends["channels_last"].status == "measured"
    assert found["channels_last"].error == pytest.approx(1.0, abs=1e-5)


def test_numbers_that_are_not_finite_are_another_answer(link: LocalLink) -> None:
    ends, found = run(link, "large", "fp16")
    assert ends["fp16"].status == "measured"
    assert (found["fp16"].error, found["fp16"].not_finite) == (None, True)
    assert "not finite" in (found["fp16"].reason or "")


@pytest.mark.skipif(not importlib.util.find_spec("onnxruntime"), reason="onnxruntime is not installed")
@pytest.mark.skipif(not importlib.util.find_spec("onnx"), reason="onnx is not installed")
def test_onnx_runtime_agrees_with_eager(link: LocalLink) -> None:
    ends, found = run(link, "Seeded", "onnxruntime")
    assert (ends["onnxruntime"].status, ends["onnxruntime"].error) == ("measured", None)
    assert found["onnxruntime"].error is not None and found["onnxruntime"].error < SAME_OUTPUT


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on the CPU")
def test_what_is_compiled_agrees_with_eager(link: LocalLink) -> None:
    ends, found = run(link, "Seeded", "compile")
    assert (ends["compile"].status, ends["compile"].error) == ("measured", None)
    assert found["compile"].error is not None and found["compile"].error < SAME_OUTPUT
