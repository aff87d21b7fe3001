"""What a program in a terminal uses: CPU and memory of its processes, but for the agent's.

The agent is the sensors' and the models' share, and has benchmarks of its own.
"""

from __future__ import annotations

from pathlib import Path

import psutil


def processes(pid: int) -> list[psutil.Process]:
    """A process and its descendants, without the agent and its own."""
    try:
        root = psutil.Process(pid)
        return [root, *(each for each in root.children(True) if not _is_agent(each))]
    except psutil.Error:
        return []


def _is_agent(process: psutil.Process) -> bool:
    try:
        return any(Path(word).name.startswith("agent-") for word in process.cmdline())
    except psutil.Error:
        return True


def cpu_seconds(of: list[psutil.Process]) -> float:
    total = 0.0
    for process in of:
        try:
            times = process.cpu_times()
            total += times.user + times.system
        except psutil.Error:
            continue
    return total


def resident_mib(of: list[psutil.Process]) -> float:
    total = 0
    for process in of:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / 2**20
