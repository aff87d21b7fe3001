"""count --check as a user runs it: a verdict a figure, and an exit status that a script can rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from outside import USER_MODELS, jetbench

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "counts.schema.json").read_text())
LAB = """Model,Params,GFLOPs
MobileNetV2,3504872,0.31
MobileNetV3-small,2542856,N/A
ResNet18,11689512,1.83
SqueezeNet,1235496,0.36
"""
KINDS = ["right", "unit", "right", "missing", "right", "unit", "identified", "unit"]


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """An interpreter without torch."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    return str(tmp_path / "bare" / "bin" / "python")


def written(tmp_path: Path, data: str | bytes) -> Path:
    path = tmp_path / "figures.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def checked(text: str) -> dict:
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    return document


@pytest.mark.torch
def test_the_labs_own_table(tmp_path: Path) -> None:
    run = jetbench("count", "--check", written(tmp_path, LAB))
    assert run.returncode == 1, run.stderr
    assert run.stdout.splitlines() == [
        "line 2: 3 504 872 parameters: right for mobilenet_v2",
        "line 2: 0.31 GFLOPs of mobilenet_v2 are GMACs (0.3008; GFLOPs are 0.6015), 3.1% more than that",
        "line 3: 2 542 856 parameters: right for mobilenet_v3_small",
        "line 3: N/A GFLOPs of mobilenet_v3_small: 0.0565 GMACs, 0.1130 GFLOPs",
        "line 4: 11 689 512 parameters: right for resnet18",
        "line 4: 1.83 GFLOPs of resnet18 are GMACs (1.8141; GFLOPs are 3.6281)",
        "line 5: SqueezeNet with 1 235 496 parameters: this is squeezenet1_1",
        "line 5: 0.36 GFLOPs of squeezenet1_1 are GMACs (0.3492; GFLOPs are 0.6983), 3.1% more than that, "
        "as ptflops (pytorch) counts",
        "8 figures: 3 right, 1 identified by parameters, 1 not given, 3 in another unit",
    ]


def test_without_torch_published_figures_are_compared_with_and_that_is_said(tmp_path: Path, bare: str) -> None:
    run = jetbench("count", "--check", written(tmp_path, LAB), "--python", bare)
    assert run.returncode == 1, run.stderr
    assert "1.83 GFLOPs of resnet18 are GMACs (1.814; GFLOPs are 3.628, as published)" in run.stdout
    assert "compared with published figures: torch cannot be imported by" in run.stdout.splitlines()[-1]
    document = checked(jetbench("count", "--check", tmp_path / "figures.csv", "--python", bare, "--json").stdout)
    assert document["models"] == []
    assert [verdict["kind"] for verdict in document["verdicts"]] == KINDS
    assert {verdict["reference"]["source"] for verdict in document["verdicts"]} == {"published"}
    assert bare in document["notes"][0]
    models = jetbench("count", "resnet18", "--check", tmp_path / "figures.csv", "--python", bare)
    assert (models.returncode, models.stdout) == (3, "")  # that one was to be counted


@pytest.mark.torch
def test_what_is_right_beside_a_model_of_ones_own(tmp_path: Path) -> None:
    path = written(tmp_path, "model,MMACs,params\nresnet18,1814,11.7M\ntwo_matrices,0.00192,1930\n")
    model = f"{USER_MODELS}:two_matrices"
    run = jetbench("count", model, "-s", "8", "--check", path)
    assert run.returncode == 1  # resnet18 takes less at 8x8
    assert "user_models.py:two_matrices" in run.stdout.splitlines()[3]
    assert "line 3: 1 930 parameters: right for" in run.stdout
    path.write_text("model,MMACs,params,input\nresnet18,1814,11.7M,224\ntwo_matrices,0.00192,1930,\n")
    run = jetbench("count", model, "-s", "8", "--check", path, "--json")
    assert run.returncode == 0, run.stdout
    document = checked(run.stdout)
    assert [found["model"] for found in document["models"]] == [model, "resnet18"]
    assert [verdict["kind"] for verdict in document["verdicts"]] == ["right"] * 4
    assert [verdict["line"] for verdict in document["verdicts"]] == [2, 2, 3, 3]
    assert {verdict["reference"]["source"] for verdict in document["verdicts"]} == {"counted"}
    assert document["notes"] == []


def test_where_nothing_is_to_be_counted_no_interpreter_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "model,GFLOPs\nfasterrcnn_resnet50_fpn,134.38\n\x1b[31mzebra,=1+1\n")
    run = jetbench("count", "--check", path, "--python", sys.executable)
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        "line 2: 134.38 GFLOPs of fasterrcnn_resnet50_fpn are GMACs (134.380; GFLOPs are 268.760, as published)",
        "line 3: GFLOPs: '=1+1' is no number",
        "2 figures: 1 in another unit, 1 no number",
    ]
    right = written(tmp_path, "model,GMACs\nfasterrcnn_resnet50_fpn,134.4\n")
    assert jetbench("count", "--check", right).returncode == 0


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "empty"),
        (b"model,params\n", "no row"),
        (b"hello, world\n1,2\n", "which model"),
        (bytes(range(256)) * 9, "UTF-8"),
        ("model,params\nx,1\n".encode("utf-16"), "UTF-8"),
        (b'model,params\n"\x1b[2J,1\n', "line 2"),
        (b"model,params\n" + b"x,1\n" * 300_000, "1 MiB"),
    ],
    ids=["empty", "no row", "no column", "binary", "utf-16", "no end of a quotation", "too large"],
)
def test_what_is_no_table_costs_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    run = jetbench("count", "--check", written(tmp_path, data))
    assert (run.returncode, run.stdout) == (2, "")
    (line,) = run.stderr.splitlines()
    assert "figures.csv" in line
    assert words in line
    assert line.isprintable()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none.csv", "No such file"), (tmp_path, "directory")):
        run = jetbench("count", "--check", path)
        assert (run.returncode, run.stdout) == (2, "")
        assert words in run.stderr
