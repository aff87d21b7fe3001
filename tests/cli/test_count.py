"""jetbench-tui count as a user runs it: tables, layers, the document, and what is said of models that go wrong."""

from __future__ import annotations

import json
import os
import pty
import struct
import subprocess
import sys
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import jsonschema
import pytest

from outside import USER_MODELS, command, jetbench

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "counts.schema.json").read_text())
CONTRACT = [
    *("model", "params", "params_trainable", "params_shared", "buffers", "macs", "flops", "bytes", "method"),
    *("coverage", "error"),
]
MINE = '''
import os, signal, torch, torchvision

def build():
    return torchvision.models.squeezenet1_1()

def tied():
    model = torch.nn.Sequential(torch.nn.Linear(224, 224, bias=False), torch.nn.Linear(224, 224, bias=False))
    model[1].weight = model[0].weight
    return model

class Crashes(torch.nn.Module):
    """Dies wherever tensors hold no values: of the ways of counting, one needs real ones."""
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 4, 3)
    def forward(self, x):
        if x.device.type == "meta":
            os.kill(os.getpid(), signal.SIGSEGV)
        return self.layer(x)

def crashes():
    return Crashes()

def braces():
    raise ValueError("{models} \\x1b[31m%s {0}")
'''


@pytest.fixture
def mine(tmp_path: Path) -> str:
    (tmp_path / "net.py").write_text(MINE)
    return f"{tmp_path / 'net.py'}"


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """An interpreter without torch."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    return str(tmp_path / "bare" / "bin" / "python")


def checked(text: str) -> dict:
    document = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(document, SCHEMA)
    return document


@pytest.mark.torch
def test_document_of_a_batch_with_its_layers(mine: str) -> None:
    run = jetbench(
        "count", "resnet18", "mobilenet_v2", f"{mine}:build", f"{mine}:tied", "-b", "2", "--layers", "--json"
    )
    assert run.returncode == 0, run.stderr
    models = checked(run.stdout)["models"]
    assert [name for name in models[0] if name in CONTRACT] == CONTRACT
    assert [found["params"] for found in models] == [11689512, 3504872, 1235496, 224 * 224]
    assert [found["macs"] for found in models[:3]] == [2 * 1814073344, 2 * 300774272, 2 * 349151936]
    assert models[3]["macs"] == 2 * 2 * 3 * 224 * 224 * 224
    assert [found["params_shared"] for found in models] == [0, 0, 0, 224 * 224]
    assert [found["identified"] for found in models] == ["resnet18", "mobilenet_v2", "squeezenet1_1", None]
    assert [bool(found["disagreement"]) for found in models] == [False, True, True, False]
    for found in models:
        assert found["flops"] == 2 * found["macs"]
        assert found["input"] == [2, 3, 224, 224]
        assert sum(found["bytes_by_dtype"].values()) == found["bytes"]
        assert found["intensity"]["unfused"] < found["intensity"]["ideal"]
        methods = [way["method"] for way in found["counts"]]
        assert methods[0] == found["method"] == "dispatch"
        assert methods[1].startswith("ptflops")
        totals = {"params": "params", "macs": "macs", "bytes": "weight_bytes", "activation_bytes": "activation_bytes"}
        for total, part in totals.items():
            assert sum(layer[part] for layer in found["layers"]) == found[total], (found["model"], total)
    convolution = models[0]["layers"][0]
    assert (convolution["name"], convolution["kind"], convolution["output"]) == ("conv1", "Conv2d", [2, 64, 112, 112])
    assert convolution["macs"] == 2 * 64 * 112 * 112 * 3 * 7 * 7


@pytest.mark.torch
def test_table_and_what_it_does_not_say(mine: str) -> None:
    run = jetbench("count", "mobilenet_v2", "inception_v3", f"{mine}:build", f"{mine}:tied", f"{mine}:crashes")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "\x1b" not in run.stdout
    lines = run.stdout.splitlines()
    rows = {line.split()[0].rpartition(":")[2]: line.split() for line in lines[3:8]}
    assert rows["mobilenet_v2"][1:7] == ["1x3x224x224", "3", "504", "872", "0.3008", "0.3203"]
    assert rows["inception_v3"][1] == "1x3x299x299"
    assert rows["crashes"][3:5] == ["0.0053", "N/A"]  # by hooks, in a pass with real tensors; ptflops died
    assert rows["crashes"][-1] == "hooks"
    below = "\n".join(lines[8:])
    assert "mobilenet_v2: ptflops (pytorch) gives 0.3203 GMACs, 6.5% more than 0.3008 by dispatch" in below
    assert "net.py:build has 1 235 496 parameters: this is squeezenet1_1" in below
    assert "net.py:tied: 50 176 parameters have further names (tied)" in below
    assert "net.py:crashes: dispatch gave no figure: segmentation fault" in below
    assert "net.py:crashes: ptflops gave no figure: segmentation fault" in below
    assert "inception_v3" not in below
    assert "this is mobilenet_v2" not in below


@pytest.mark.torch
def test_what_no_way_can_count_is_not_available_with_its_reason(mine: str) -> None:
    run = jetbench("count", f"{USER_MODELS}:segfaults", f"{mine}:braces", "--layers")
    assert run.returncode == 1
    head, _, below = run.stdout.partition("user_models.py:segfaults")
    assert below.splitlines()[0].count("N/A") == 7
    assert "user_models.py:segfaults: not counted: dispatch, ptflops, hooks: segmentation fault" in below
    assert "net.py:braces: not counted: ValueError: {models} %s {0}" in below
    assert "Traceback" not in head + below
    found = checked(jetbench("count", f"{USER_MODELS}:segfaults", "--json").stdout)["models"][0]
    assert (found["params"], found["macs"], found["layers"]) == (112, None, None)
    assert "segmentation fault" in found["error"]


@pytest.mark.torch
def test_80_columns_have_both_ways_and_say_what_is_left_out() -> None:
    main, terminal = pty.openpty()
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"} | {"TERM": "dumb"}
    arguments = command("count", "mobilenet_v2", "mobilenet_v3_small", "resnet18", "squeezenet1_1", "--layers")
    process = subprocess.Popen(arguments, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    data = b""
    while True:
        try:
            data += os.read(main, 65536)
        except OSError:  # the other end is closed
            break
    os.close(main)
    assert process.wait() == 0
    lines = data.decode().replace("\r", "").splitlines()
    assert max(map(len, lines)) <= 80
    heading = next(line for line in lines if line.startswith("model "))
    assert heading.split() == ["model", "parameters", "GMACs", "GMACs", "GFLOPs", "weights", "coverage"]
    assert any(line.startswith("input 1x3x224x224, torch ") for line in lines)
    rows = [line.split() for line in lines if line.startswith(("mobilenet_v2 ", "squeezenet1_1 "))]
    assert rows[0][1:7] == ["3", "504", "872", "0.3008", "0.3203", "0.6015"]
    assert rows[1][1:7] == ["1", "235", "496", "0.3492", "0.3600", "0.6983"]
    assert any(line.startswith("not shown at this width: activations MiB") for line in lines)
    layers = next(line for line in lines if line.startswith("layer "))
    assert {"kind", "parameters", "MMACs"} <= set(layers.split())
    assert sum(line.startswith("sum ") for line in lines) == 4


@pytest.mark.torch
def test_unknown_model_names_the_nearest() -> None:
    run = jetbench("count", "resnet18", "squeezenet1_2")
    assert (run.returncode, run.stdout) == (2, "")
    assert "unknown model 'squeezenet1_2'" in run.stderr
    assert "squeezenet1_1" in run.stderr


def test_an_interpreter_without_torch(bare: str) -> None:
    run = jetbench("count", "resnet18", "--python", bare)
    assert (run.returncode, run.stdout) == (3, "")
    assert bare in run.stderr
    assert len(run.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), "MODEL"),
        (("resnet18", "-s", "big"), "'big'"),
        (("resnet18", "-s", "9000"), "8192"),
        (("resnet18", "-b", "0"), "'0'"),
    ],
)
def test_wrong_command_line(arguments: tuple[str, ...], words: str) -> None:
    run = jetbench("count", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    assert "Traceback" not in run.stderr
