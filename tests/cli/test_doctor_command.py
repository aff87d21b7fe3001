"""`jetbench-tui doctor` as a process: interpreters that work, one without torch, packages that crash or hang."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import validate

from board_tree import lay_out, manifest

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "doctor.schema.json").read_text())


def doctor(*arguments, path=None, env=None):
    """(exit status, findings by id, document)."""
    environment = os.environ | (env or {}) | ({"PYTHONPATH": str(path)} if path else {})
    command = [sys.executable, "-m", "jetbench", "doctor", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    document = json.loads(done.stdout)
    validate(document, SCHEMA)
    found = {}
    for check in document["checks"]:
        found.setdefault(check["id"], check)
        assert check["state"] not in ("warning", "red") or (check["cause"] and check["remedy"]), check
    return done.returncode, found, document


def package(folder, name, body):
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(body)
    return folder


@pytest.mark.torch
def test_the_torch_that_is_here_computes():
    status, found, document = doctor()
    assert status == (1 if document["counts"]["red"] else 0)
    for name in ("python", "torch", "arithmetic", "torchvision", "ptflops"):
        assert found[name]["state"] == "ok", found[name]
    assert found["cuda"]["state"] in ("ok", "absent")


@pytest.mark.torch
def test_a_torchvision_of_another_torch_is_red_and_the_rest_is_looked_at(tmp_path):
    body = "raise RuntimeError('operator torchvision::nms does not exist')"
    status, found, _ = doctor(path=package(tmp_path, "torchvision", body))
    assert status == 1
    assert found["torchvision"]["state"] == "red"
    assert found["torchvision"]["cause"] == "it was built for another torch"
    assert found["arithmetic"]["state"] == "ok"


@pytest.mark.torch
def test_a_torchvision_that_kills_the_process_takes_no_other_check_along(tmp_path):
    status, found, _ = doctor(path=package(tmp_path, "torchvision", "import ctypes; ctypes.string_at(0)"))
    assert status == 1
    assert "SIGSEGV" in found["torchvision"]["text"]
    assert found["arithmetic"]["state"] == "ok"
    assert found["cuda"]["state"] in ("ok", "absent")


def test_a_torch_that_crashes_on_import(tmp_path):
    status, found, _ = doctor(path=package(tmp_path, "torch", "import ctypes\nctypes.string_at(0)\n"))
    assert status == 1
    assert "SIGSEGV" in found["torch"]["text"]
    assert any("torch/__init__.py" in line for line in found["torch"]["evidence"])
    assert found["arithmetic"]["state"] == "absent"
    assert found["disk"]["state"] in ("ok", "warning", "red")


def test_a_torch_that_hangs_is_ended(tmp_path):
    status, found, _ = doctor("--limit", "1", path=package(tmp_path, "torch", "import time\ntime.sleep(600)\n"))
    assert status == 1
    assert "no end within 1 s" in found["torch"]["text"]
    assert any("line 2" in line for line in found["torch"]["evidence"])


def test_an_interpreter_without_torch(tmp_path):
    missing = 'raise ModuleNotFoundError("No module named \'torch\'", name="torch")'
    status, found, _ = doctor(path=package(tmp_path, "torch", missing))
    assert status == 1
    assert "not installed" in found["torch"]["cause"]


@pytest.mark.parametrize("python", ["/nonexistent/python", "/bin/true"])
def test_what_is_no_interpreter_is_red_and_the_board_is_read(python):
    status, found, document = doctor("--python", python)
    assert status == 1
    assert found["python"]["state"] == "red"
    assert document["python"] is None
    assert "memory" in found


def test_the_state_of_a_fake_board(tmp_path):
    missing = package(tmp_path / "none", "torch", "raise ImportError('not looked at')")
    root = lay_out(manifest("orin-nano-hot"), tmp_path / "board")
    _, found, document = doctor("--root", str(root), path=missing)
    assert document["board"]["kind"] == "jetson"
    assert found["throttled"]["state"] == "red"
    assert found["power"]["state"] == "ok" and "15.999 W" in found["power"]["text"]
    assert found["jtop"]["state"] == "absent"


def test_a_folder_for_recordings_that_cannot_be_made_is_red(tmp_path):
    missing = package(tmp_path, "torch", "raise ImportError('not looked at')")
    (tmp_path / "file").write_text("")
    _, found, _ = doctor(path=missing, env={"XDG_DATA_HOME": str(tmp_path / "file" / "in")})
    assert found["folders"]["state"] == "red"


def test_lines_fit_80_columns_and_bad_options_are_2(tmp_path):
    missing = package(tmp_path, "torch", "raise ImportError('not looked at')")
    command = [sys.executable, "-m", "jetbench", "doctor"]
    environment = os.environ | {"PYTHONPATH": str(missing)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 1
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "RED      torch" in done.stdout
    assert subprocess.run([*command, "--limit", "0"], capture_output=True, timeout=60, check=False).returncode == 2
