"""Models of other libraries, where these are installed: timm, transformers, ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asking
from jetbench.domain.events import CaseEnd, Fault, Model
from jetbench.domain.plan import Plan
from jetbench.link.local import LocalLink
from jetbench_agent.bench import onnx_outline


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLink]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        found = LocalLink()
        yield found
        found.close()


def measured(link: LocalLink, *names: str, size: tuple[int, int] | None = None) -> dict[str, Model]:
    plan = Plan(models=names, sizes=(size,) if size else (), batches=(2,), k=1, cooldown=0.0, threads=1)
    told = asking.run(link, plan)
    assert [(end.status, end.error) for end in asking.of(told, CaseEnd)] == [("measured", None)] * len(names)
    return {model.name: model for model in asking.of(told, Model) if model.params is not None}


@pytest.fixture
def onnx_file(tmp_path: Path) -> Path:
    """A convolution of 3 x 3 from 3 channels to 4, batch and sides left open."""
    onnx, numpy = pytest.importorskip("onnx"), pytest.importorskip("numpy")
    pytest.importorskip("onnxruntime")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    weights = onnx.numpy_helper.from_array(numpy.ones((4, 3, 3, 3), "float32"), "w")
    sides = [make.make_tensor_value_info("x.1", kind, ["N", 3, None, None])]
    end = [make.make_tensor_value_info("y", kind, None)]
    graph = make.make_graph([make.make_node("Conv", ["x.1", "w"], ["y"])], "net", sides, end, [weights])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


@pytest.mark.torch
def test_an_onnx_file_runs_and_tells_its_parameters(link: LocalLink, onnx_file: Path) -> None:
    model = measured(link, str(onnx_file), size=(8, 9))[str(onnx_file)]
    assert (model.input, model.params, model.bytes, model.macs) == ((2, 3, 8, 9), 108, 432, None)
    assert "not counted" in (model.error or "")
    broken = onnx_file.with_name("broken.onnx")
    broken.write_bytes(onnx_file.read_bytes()[:40])
    (found,) = asking.of(asking.ask(link, op="count", models=[str(broken)], batch=1), Fault)
    assert "no ONNX file, or a broken one" in found.text


@pytest.mark.torch
def test_a_model_of_timm(link: LocalLink) -> None:
    pytest.importorskip("timm")
    model = measured(link, "timm:resnet10t", size=(64, 64))["timm:resnet10t"]
    assert model.params == 5_435_488
    (found,) = asking.of(asking.ask(link, op="count", models=["timm:resnet10"], batch=1), Fault)
    assert "did you mean" in found.text
    assert "resnet10t" in found.text


@pytest.mark.torch
def test_a_model_of_transformers_from_its_configuration(link: LocalLink, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    small = {"model_type": "bert", "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 1}
    small |= {"num_attention_heads": 2, "intermediate_size": 16}
    (tmp_path / "config.json").write_text(json.dumps(small))
    name = f"hf:{tmp_path}"
    model = measured(link, name)[name]
    assert model.input == (2, 128)
    assert model.macs is not None
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    code = {"model_type": "mine", "auto_map": {"AutoConfig": "code.Mine", "AutoModel": "code.Net"}}
    (foreign / "config.json").write_text(json.dumps(code))
    (foreign / "code.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\n")
    for unknown in (f"hf:{foreign}", "hf:nobody/nothing"):
        (found,) = asking.of(asking.ask(link, op="count", models=[unknown], batch=1), Fault)
        assert "cannot be used" in found.text or "--download" in found.text
    assert not (tmp_path / "sprung").exists()


@given(st.binary(min_size=1, max_size=200))
def test_noise_is_no_outline_and_does_no_harm(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.onnx"
    path.write_bytes(noise)
    try:
        found = onnx_outline.read(str(path))
    except onnx_outline.NoOutlineError:
        return
    assert found.params >= 0
