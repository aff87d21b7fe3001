"""The same board reads the same on every Python from 3.6 on that this machine has."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from trees import battery, pc, pi, thor, throttle_files, tx2

from board_tree import NAMES, lay_out, manifest

SOURCE = Path(__file__).parents[2] / "src"
SCRIPT = """
import json, sys
from jetbench_agent.sensors import Poller, open_board
board = open_board(sys.argv[1])
ticks = []
poller = Poller(board, lambda *tick: (ticks.append(tick), poller.stop()), lambda *state: None, lambda text: None, 0.01)
poller.run()
assert len(ticks) == 1 and poller.error is None
told = board.describe()
costs = told["facts"].pop("read_cost_us")
assert costs and all(cost > 0 for cost in costs.values()), costs
print(json.dumps([list(sys.version_info[:2]), told, board.read(), board.throttle()], sort_keys=True))
"""


def pythons():
    """version -> executable, of those that start."""
    found = {}
    places = sorted(Path.home().glob(".pyenv/versions/*/bin/python"))
    places += [Path(path) for path in (shutil.which(f"python3.{minor}") for minor in range(6, 15)) if path]
    for place in places:
        query = [str(place), "-c", "import sys; print(*sys.version_info[:2])"]
        answer = subprocess.run(query, capture_output=True, text=True, check=False)
        version = tuple(int(part) for part in answer.stdout.split()) if answer.returncode == 0 else ()
        if version >= (3, 6):
            found.setdefault(version, str(place))
    return found


def reading(executable, folder):
    env = dict(os.environ, PYTHONPATH=str(SOURCE), PYTHONDONTWRITEBYTECODE="1")
    command = [executable, "-s", "-W", "error", "-c", SCRIPT, str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


BOARDS = {name: manifest(name) for name in NAMES}
BOARDS.update(thor=thor(), tx2=tx2(), pi4=pi(), laptop=pc({**battery(power_now=9000000), **throttle_files(0, 1, 2)}))


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_python_reads_the_same(name, tmp_path):
    others = pythons()
    if not others:
        pytest.skip("no other Python found under ~/.pyenv/versions or on the PATH")
    lay_out(BOARDS[name], tmp_path)
    _, *here = reading(sys.executable, tmp_path)
    for version, executable in sorted(others.items()):
        ran, *there = reading(executable, tmp_path)
        assert tuple(ran) == version
        assert there == here, executable
