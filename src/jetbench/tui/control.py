"""What the app needs of a session. `jetbench.session.worker.SessionWorker` is the real one."""

from __future__ import annotations

from typing import Protocol

from jetbench.domain.plan import Plan
from jetbench.session.snapshot import Snapshot

BUSY = ("starting", "running", "stopping")


class SessionControl(Protocol):
    def snapshot(self) -> Snapshot:
        """The newest picture. Any thread, cheap."""

    def run(self, plan: Plan) -> None:
        """Begin; returns at once. RuntimeError with one line while another run goes on."""

    def stop(self, force: bool = False) -> None:
        """End the run after the pass that is being timed; with ``force`` kill the case."""

    def request_models(self) -> None:
        """Ask the interpreter what it can measure."""

    def close(self) -> None:
        """End everything: the recording is whole afterwards. May be called twice."""


def busy(snapshot: Snapshot) -> bool:
    return snapshot.status in BUSY
