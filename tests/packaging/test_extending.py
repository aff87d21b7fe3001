"""docs/extending.md: its example is built, installed and used from outside; what is broken costs nothing but itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jetbench_agent import plugins
from jetbench_agent.bench import sources
from jetbench_agent.bench.errors import BadModelError
from jetbench_agent.bench.sources import plugged as models
from jetbench_agent.sensors import SensorBoard, open_board, plugged
from outside import events

ROOT = Path(__file__).resolve().parents[2]
DEVICE = "sys/bus/iio/devices/iio:device0"
LENET5, MLP300 = 61_706, 266_610  # parameters, from the layers' sizes


def pip(*arguments: str | Path) -> None:
    offline = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    done = subprocess.run([*offline, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, ROOT / "examples/extension")
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the example, over the one of the tests."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    found = folder / "bin" / "python"
    (library,) = folder.glob("lib/python3*/site-packages")
    (library / "tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT / 'src'}\n")
    pip("--python", found, "install", "-q", "--no-deps", "--no-index", wheel)
    return found


def program(python: Path, *arguments: str | Path, **variables: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-m", "jetbench", *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
        env={**os.environ, **{name: str(value) for name, value in variables.items()}},
    )  # fmt: skip


def air(folder: Path, **files: str) -> Path:
    """A board whose only sensor is one of the air."""
    device = folder / DEVICE
    device.mkdir(parents=True)
    for name, text in files.items():
        (device / name).write_text(text)
    return folder


def package(folder: Path, name: str, points: Mapping[str, Mapping[str, str]], code: str) -> Path:
    """What an installer leaves of a package with one module."""
    about = folder / f"{name}-2.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.1\n")
    sections = [
        [f"[{group}]", *(f"{one} = {value}" for one, value in named.items())] for group, named in points.items()
    ]
    (about / "entry_points.txt").write_text("\n".join(line for section in sections for line in section))
    (folder / f"{name}.py").write_text(code)
    return folder


def values(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """id -> value or reason of the channels that a plug-in gave."""
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["channels"]
    return {
        one["id"]: one["value"] if one["reason"] is None else one["reason"]
        for one in found
        if one["id"].startswith("plugin.")
    }


@pytest.mark.torch
def test_a_model_a_sensor_and_an_export_of_another_package(python: Path, tmp_path: Path) -> None:
    board = air(tmp_path / "board", in_temp_input="23470\n", in_pressure_input="101.325\n")
    recording = tmp_path / "r.jsonl"
    done = program(python, "run", "-m", "classic:lenet5", "-k", "3", "--root", board, "-o", recording)
    assert done.returncode == 0, done.stderr
    counted = events(recording, "model")[0]
    assert (counted["name"], counted["params"], counted["input"]) == ("classic:lenet5", LENET5, [1, 1, 32, 32])

    by = {"package": "jetbench-example", "version": "1.0"}
    (software,) = events(recording, "software")
    assert software["build"]["plugins"] == {"classic": by}
    (header,) = events(recording, "header")
    told = header["board"]
    assert told["facts"]["plugins"] == {"air": by}
    columns = [(one["id"], one["quantity"], one["source"]) for one in told["channels"][-2:]]
    assert columns == [
        ("plugin.air.temperature", "other", f"jetbench-example 1.0: {DEVICE}/in_temp_input"),
        ("plugin.air.pressure", "other", f"jetbench-example 1.0: {DEVICE}/in_pressure_input"),
    ]
    assert events(recording, "tel")[-1]["v"][-2:] == [2347, 101325]  # in hundredths of C and of hPa

    done = program(python, "export", recording, "-f", "latex")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'r.tex'}\n"), done.stderr
    (case,) = json.loads(program(python, "show", recording, "--json").stdout)["cases"]
    figures = [f"{case['latency_s'][name] * 1e3:.4g}" for name in ("p50", "p99")]
    row = rf"classic:lenet5 & fp32 & 1 & {' & '.join(figures)} & N/A & {case['grade']} \\"
    assert row in (tmp_path / "r.tex").read_text().splitlines()


def test_what_a_sensor_cannot_read_has_its_reason(python: Path, tmp_path: Path) -> None:
    board = air(tmp_path, in_temp_input="-12340\n", in_humidityrelative_input="damp\n")
    found = values(program(python, "sensors", "--json", "--root", board))
    assert found == {"plugin.air.temperature": -12.34, "plugin.air.humidity": "read_error"}
    assert values(program(python, "sensors", "--json", "--root", tmp_path / "sys")) == {}


@pytest.mark.torch
def test_all_of_it_can_be_turned_off(python: Path, tmp_path: Path) -> None:
    board = air(tmp_path / "board", in_temp_input="23470\n")
    assert values(program(python, "sensors", "--json", "--root", board, "--no-plugins")) == {}
    assert values(program(python, "sensors", "--json", "--root", board, JETBENCH_PLUGINS="0")) == {}
    done = program(python, "--no-plugins", "export", tmp_path / "r.jsonl", "-f", "latex")
    assert done.returncode == 2
    assert "'boards'. (see" in done.stderr  # the last of ours is the last there is
    assert "'latex'. (see" in program(python, "export", tmp_path / "r.jsonl", "-f", "tex").stderr
    done = program(python, "run", "-m", "classic:lenet5", JETBENCH_PLUGINS="off")
    assert (done.returncode, "no module classic" in done.stderr) == (2, True)


BROKEN = """
import time

not_a_function = 3

def writes_nothing(): ...

def raises(document, path):
    path.write_text("half")
    raise ValueError("upside\\x1b[31m down\\nand more")

def leaves(document, path):
    raise SystemExit(0)

def listing():
    raise KeyError("shelf")

def build(model): ...
"""


@pytest.mark.torch
def test_a_broken_package_is_named_and_ours_go_on(python: Path, tmp_path: Path) -> None:
    points = {
        "jetbench.exporters": {
            "csv": "broken:raises", "absent": "nowhere:write", "number": "broken:not_a_function",
            "narrow": "broken:writes_nothing", "raises": "broken:raises", "leaves": "broken:leaves",
        },
        "jetbench.models": {"shelf": "broken", "absent": "nowhere", "timm": "broken", "Two words": "broken"},
        "jetbench.sensors": {"absent": "nowhere:discover", "number": "broken:not_a_function"},
    }  # fmt: skip
    shelf = package(tmp_path / "shelf", "broken", points, BROKEN)
    recording = min((ROOT / "recordings").glob("*.jsonl*"), key=lambda path: path.stat().st_size)
    said = {
        "absent": "it cannot be imported: ModuleNotFoundError: No module named 'nowhere'",
        "number": "it is a int, and no function",
        "narrow": "it is not to be called with a document and a path: too many positional arguments",
        "raises": "ValueError: upside down",
        "leaves": "SystemExit: 0",
    }
    for name, text in said.items():
        done = program(python, "export", recording, "-f", name, "-o", tmp_path / "out", PYTHONPATH=shelf)
        assert (done.returncode, done.stderr) == (2, f"jetbench-tui: plug-in {name} of broken 2.1: {text}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shelf"]
    done = program(python, "export", recording, "-f", "csv", "-o", tmp_path / "c.csv", PYTHONPATH=shelf)
    assert (done.returncode, (tmp_path / "c.csv").read_text()[:5]) == (0, "case,")

    done = program(python, "models", "--json", PYTHONPATH=shelf)
    assert done.returncode == 0
    listed = {one["name"]: one.get("params") for one in json.loads(done.stdout)["models"]}
    assert (listed["classic:lenet5"], listed["classic:mlp300"]) == (LENET5, MLP300)
    assert "resnet18" in listed
    assert sorted(done.stderr.splitlines()) == [
        f"jetbench-tui: plug-in absent of broken 2.1: {said['absent']}",
        "jetbench-tui: plug-in of broken 2.1 in jetbench.models: neither name nor value may look so: left out",
        "jetbench-tui: plug-in shelf of broken 2.1: its listing: KeyError: 'shelf'",
        "jetbench-tui: plug-in timm of broken 2.1: that name is jetbench-tui's own: left out",
    ]
    done = program(python, "run", "-m", "absent:net", PYTHONPATH=shelf)
    assert (done.returncode, f"plug-in absent of broken 2.1: {said['absent']}" in done.stderr) == (2, True)

    board = air(tmp_path / "board", in_temp_input="23470\n")
    done = program(python, "sensors", "--json", "--root", board, PYTHONPATH=shelf)
    assert values(done) == {"plugin.air.temperature": 23.47}
    problems = [text for text in json.loads(done.stdout)["problems"] if text.startswith("plug-in")]
    assert problems == [
        f"plug-in absent of broken 2.1: {said['absent']}",
        "plug-in number of broken 2.1: TypeError: 'int' object is not callable",
    ]


TOYS = """
def listing():
    return [{"name": "ball"}, {"name": "kite"}]

def inputs(model):
    return {"ball": "Nx3x8x8", "kite": "ids=Nx16/int64"}[model]

def weights(model):
    return ["played"]
"""


def test_a_model_is_known_and_fed_as_its_package_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(package(tmp_path, "toys", {"jetbench.models": {"toy": "toys"}}, TOYS)))
    monkeypatch.setattr(plugins, "_scanned", None)
    assert sources.of("toy:ball") is models
    assert sources.of("toys:ball") is not models  # a module of the user's
    assert models.known("toy:kite") is None
    assert models.known("toy:bal") == "plug-in toy of toys 2.1 has no such model; it has toy:ball"
    assert models.form("toy:ball", 2, None).shape == [2, 3, 8, 8]
    assert models.form("toy:ball", 2, (4, 6)).shape == [2, 3, 4, 6]
    assert models.weights_known("toy:ball", "played") is None
    assert "there are: played" in str(models.weights_known("toy:ball", "DEFAULT"))
    with pytest.raises(BadModelError, match=r"plug-in toy of toys 2.1: its inputs: .*whole numbers need"):
        models.form("toy:kite", 1, None)
    with pytest.raises(BadModelError, match=r"plug-in toy of toys 2.1: KeyError: 'doll'"):
        models.form("toy:doll", 1, None)
    assert models.file("toy:ball") == str(tmp_path / "toys.py")


HANGS = """
import threading

blocked, waits = threading.Event(), threading.Event()

def at_once(root):
    waits.wait()

def later(root):
    def read():
        if blocked.is_set():
            waits.wait()
        return [1.5]
    return [([{"name": "level", "resolution": 0.5}], read)]

def denied():
    raise PermissionError(13, "Permission denied")

def odd(root):
    given = [True, None, float("nan"), "gated", "\\x1b[31mred", 1e300]
    return [
        ([{"name": "c%d" % place} for place in range(6)], lambda: given),
        ([{"name": "few"}], list),
        ([{"name": "denied"}], denied),
        ([{"name": "dies"}], exit),
    ]
"""


def becomes(board: SensorBoard, ident: str, reason: str | None) -> dict[str, str]:
    """Reads until a channel has that reason, or a value; the reasons of that row."""
    for _ in range(400):
        _, why = board.read()
        if why.get(ident) == reason:
            return why
        time.sleep(0.025)
    raise AssertionError(f"{ident}: {why.get(ident)}")


def test_a_sensor_that_hangs_costs_its_own_readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = {"jetbench.sensors": {"never": "hangs:at_once", "later": "hangs:later", "odd": "hangs:odd"}}
    monkeypatch.syspath_prepend(str(package(tmp_path / "shelf", "hangs", points, HANGS)))
    monkeypatch.setattr(plugins, "_scanned", None)
    monkeypatch.setattr(plugged, "PATIENCE_S", 0.5)
    board = open_board(str(tmp_path))
    import hangs  # type: ignore[import-not-found]

    try:
        told = board.describe()
        assert "plug-in never of hangs 2.1: it has not answered within 0 s: left out" in told["problems"]
        assert "plug-in odd of hangs 2.1: ValueError: read gave 0 values for 1 channels" in told["problems"]
        ids = [one["id"] for one in told["channels"]]
        row, why = board.read()
        assert row[ids.index("plugin.later.level")] == 3
        assert row[ids.index("plugin.odd.c0")] == 1000
        reasons = {ident: reason for ident, reason in why.items() if ident.startswith("plugin.odd.")}
        assert reasons.pop("plugin.odd.c3") == "gated"
        assert reasons.pop("plugin.odd.denied") == "no_permission"
        assert len(reasons) == 6
        assert set(reasons.values()) == {"read_error"}
        hangs.blocked.set()
        assert becomes(board, "plugin.later.level", "stale")["plugin.odd.c3"] == "gated"  # the others are still read
        hangs.blocked.clear()
        hangs.waits.set()
        becomes(board, "plugin.later.level", None)
    finally:
        hangs.waits.set()
        board.close()


def test_what_is_installed_is_found_without_site_packages_on_the_path(python: Path, tmp_path: Path) -> None:
    """As the agent is started, which is faster: those of the environment, and a folder that one links to."""
    linked = package(tmp_path / "linked", "other", {"jetbench.sensors": {"air": "other", "fan": "other:f [x]"}}, "")
    (linked / "other-2.1.dist-info" / "METADATA").rename(linked / "other-2.1.dist-info" / "PKG-INFO")
    (linked / "other-2.1.dist-info").rename(linked / "other.egg-info")
    (library,) = python.parent.parent.glob("lib/python3*/site-packages")
    link = library / "linked.pth"
    link.write_text(f"import os; raise_ = 1\n{linked}\n/nowhere\n")
    code = f"import sys; sys.path.append({str(ROOT / 'src')!r}); from jetbench_agent import plugins as p; "
    code += "print(p.look(p.SENSORS)); print(p.load(p.look(p.SENSORS)[0][0]).__name__)"
    try:
        done = subprocess.run([python, "-S", "-c", code], capture_output=True, text=True, check=True)
    finally:
        link.unlink()
    found, loaded = done.stdout.splitlines()
    assert "name='air', value='jetbench_example.air:discover', package='jetbench-example', version='1.0'" in found
    assert "name='fan', value='other:f', package='other', version='2.1'" in found
    assert "plug-in air of other 2.1: jetbench-example has one of that name: left out" in found
    assert loaded == "discover"


@pytest.mark.torch
def test_the_interpreter_that_measures_has_packages_of_its_own(wheel: Path, tmp_path: Path) -> None:
    """Found on Python 3.6 as well, which has no importlib.metadata."""
    old = os.environ.get("JETBENCH_OLD_PYTHON") or str(Path(sys.prefix) / "py36" / "bin" / "python")
    if not Path(old).exists():
        pytest.skip("no torch of JetPack 4: make test says why")
    pip("install", "-q", "--no-deps", "--no-index", "--target", tmp_path / "there", wheel)
    board = air(tmp_path / "board", in_temp_input="23470\n")
    recording = tmp_path / "r.jsonl"
    asked = ("-m", "classic:lenet5", "-k", "3", "--python", old, "--root", board, "-o", recording)
    done = program(Path(sys.executable), "run", *asked, PYTHONPATH=tmp_path / "there")
    assert done.returncode == 0, done.stderr
    (software,) = events(recording, "software")
    assert software["build"]["plugins"] == {"classic": {"package": "jetbench-example", "version": "1.0"}}
    assert events(recording, "model")[0]["params"] == LENET5
    assert events(recording, "tel")[-1]["v"][-1] == 2347
