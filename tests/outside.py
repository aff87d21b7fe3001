"""The program from outside: its command line as a process, and the processes it leaves or must not leave."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

USER_MODELS = Path(__file__).parent / "user_models.py"


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "jetbench", *map(str, arguments)]


def jetbench(*arguments: str | Path, timeout: float = 240.0) -> subprocess.CompletedProcess[str]:
    """Run the program as a user would, without a terminal."""
    return subprocess.run(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def spawn(*arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def events(path: Path, kind: str) -> list[dict[str, Any]]:
    """Events of a kind in a recording."""
    return [event for event in map(json.loads, path.read_text().splitlines()) if event["k"] == kind]


def wait_for(path: Path, text: str, seconds: float = 60.0) -> None:
    """Until a file holds ``text``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and text in path.read_text(errors="replace"):
            return
        time.sleep(0.05)
    raise AssertionError(f"{text} did not come")


def family(pid: int) -> list[int]:
    """A process and its first child, that one's first child and so on: screen, agent, bench parent, bench child."""
    pids = [pid]
    while True:
        children: list[str] = []
        for task in Path(f"/proc/{pids[-1]}/task").iterdir():
            children += (task / "children").read_text().split()
        if not children:
            return pids
        pids.append(int(children[0]))


def gone(pids: list[int], seconds: float = 15.0) -> None:
    """Until none of them is alive; fails when one stays."""
    deadline = time.monotonic() + seconds
    left = pids
    while time.monotonic() < deadline:
        left = [pid for pid in left if alive(pid)]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(f"still there: {left}")


def alive(pid: int) -> bool:
    """Whether it runs; a zombie is over."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
