"""A real scheduler of Dask and real workers, as processes; each worker has folders of its own, as a board has."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

START_S = 40.0
_SCHEDULER, _WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"


class DaskBoards:
    """``start`` as many workers as are wanted; all end with ``close``."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = {}, protocol: str = "tcp") -> None:
        self._folder, self._environment = folder, dict(environment)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._protocol = protocol
        self.begin_scheduler()

    def begin_scheduler(self, port: str = "0") -> None:
        """A scheduler, also in place of one that was killed; its workers have ended with that."""
        told = self._folder / "scheduler.json"
        told.unlink(missing_ok=True)
        arguments = ["--host", f"{self._protocol}://127.0.0.1", "--port", port, "--scheduler-file", str(told)]
        self.scheduler = self._run(_SCHEDULER, "scheduler", *arguments, "--no-dashboard")
        deadline = time.monotonic() + START_S
        while not told.exists():
            assert time.monotonic() < deadline, self.log("scheduler")
            time.sleep(0.05)
        self.address: str = json.loads(told.read_text())["address"]

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """A worker that may measure, unless ``arguments`` say otherwise."""
        board = self.board(name)
        (board / "locks").mkdir(parents=True, exist_ok=True)
        own = {"XDG_CACHE_HOME": str(board), "JETBENCH_LOCK_DIR": str(board / "locks")}
        told = arguments or ("--resources", "bench=1")
        alone = ("--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--local-directory", str(board))
        return self._run(_WORKER, name, self.address, "--name", name, *alone, *told, environment=own)

    def board(self, name: str) -> Path:
        return self._folder / name

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def _run(
        self, module: str, name: str, *arguments: str, environment: Mapping[str, str] = {}
    ) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environment, **environment},
                preexec_fn=_end_with_us,
            )
        self._processes.append(process)
        return process

    def close(self) -> None:
        """Workers first: one that is told to end twice, by its scheduler too, takes eight seconds."""
        workers = [process for process in self._processes if process is not self.scheduler]
        for group in (workers, [self.scheduler]):
            for process in group:
                process.terminate()
            for process in group:
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@contextmanager
def running(folder: Path, environment: Mapping[str, str] = {}, protocol: str = "tcp") -> Iterator[DaskBoards]:
    boards = DaskBoards(folder, environment, protocol)
    try:
        yield boards
    finally:
        boards.close()


def _end_with_us() -> None:
    """Also where the tests are killed: PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
