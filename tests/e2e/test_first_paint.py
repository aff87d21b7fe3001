"""What is loaded before the first paint: each module takes time there, and one that slips in goes unseen for long."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from terminal import Terminal

# The program as a person starts it. In the place of beginning the session, which follows the first paint, it tells.
PROGRAM = """
import json, os, sys
from jetbench.cli import main
from jetbench.session.late import LateSession

def tell(session):
    with open({told!r}, "w") as file:
        json.dump(sorted(sys.modules), file)
    session.close()
    os._exit(0)

LateSession.begin = tell
sys.argv = ["jetbench-tui"]
main()
"""
EMPTY = "import json, sys, textual.app, textual.widgets._static; print(json.dumps(sorted(sys.modules)))"
# Of the packages below the screen, and of what it draws, nothing else. What is read from files or computed comes later.
LOADED = {
    "analysis": {"telemetry"},
    "export": set(),
    "link": {"agent_files", "base", "held", "local"},
    "recording": set(),
    "session": {"late", "lane", "model_cache", "playhead", "snapshot", "timeline"},
    "tui.draw": {"bars", "frame", "log", "models", "readings", "series", "sheet", "status", "timeaxis", "track"},
    "tui.screens": {"bench"},
    "tui.widgets": {"bars", "board", "canvas", "charts", "latency", "log", "models"},
}
MOST = 85  # modules of ours in all
OTHERS = {"jetbench", "msgspec", "tomllib", "tomli"}  # packages beside those of Textual
LATER = {"csv", "ctypes", "http", "multiprocessing", "sqlite3", "tempfile", "unittest", "xml", "zipfile"}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    told = tmp_path_factory.mktemp("told") / "modules.json"
    terminal = Terminal(shell=(sys.executable, "-c", PROGRAM.format(told=str(told))))
    assert terminal.ended(60) == 0, terminal.text()
    return set(json.loads(told.read_text()))


def test_the_first_paint_loads_no_more_of_ours_than_it_draws(loaded: set[str]) -> None:
    assert "jetbench.tui.screens.bench" in loaded, "it was painted"
    for package, expected in LOADED.items():
        above = f"jetbench.{package}."
        found = {name.removeprefix(above) for name in loaded if name.startswith(above)}
        assert found <= expected, f"import these when the screen stands: {sorted(found - expected)} of {package}"
    assert len([name for name in loaded if name.partition(".")[0] == "jetbench"]) <= MOST


def test_the_first_paint_loads_little_that_an_empty_app_does_not(loaded: set[str]) -> None:
    done = subprocess.run([sys.executable, "-c", EMPTY], capture_output=True, text=True, timeout=60, check=True)
    more = {name.partition(".")[0] for name in loaded - set(json.loads(done.stdout))}
    own = {name for name in more if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert own - {"textual", "rich"} <= OTHERS
    assert not more & LATER
