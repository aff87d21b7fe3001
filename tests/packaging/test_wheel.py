"""What is shipped: the wheel carries themes and the agent, and a base install pulls no torch."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_holds_the_themes_the_styles_and_the_agent(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for theme in (ROOT / "themes").glob("*.toml"):
        assert f"jetbench/themes/{theme.name}" in names
    for source in (*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.tcss")):
        assert source.relative_to(ROOT / "src").as_posix() in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_a_base_install_pulls_no_torch(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    told = Parser().parsestr(archive.read(metadata).decode())
    needs = told.get_all("Requires-Dist") or []
    base = [need for need in needs if "extra ==" not in need]
    assert not [need for need in base if "torch" in need or "numpy" in need or "jetson" in need]
    assert {"textual", "rich", "click", "msgspec", "platformdirs"} <= {
        need.split(">")[0].split("<")[0] for need in base
    }
    for extra, package in (("torch", "torchvision"), ("torch", "ptflops"), ("jetson", "jetson-stats")):
        assert [need for need in needs if package in need and f"extra == '{extra}'" in need]


def test_the_source_archive_builds_the_same_program(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    for needed in ("pyproject.toml", "Makefile", "README.md", "LICENSE", "themes/jetbench-dark.toml", "src/jetbench"):
        assert any(name == needed or name.startswith(f"{needed}/") for name in names), needed
