"""The app from its start to its end: signals, the terminal, the session behind it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jetbench.domain.plan import Plan
from jetbench.tui.app import BenchApp
from jetbench.tui.config import Config
from jetbench.tui.control import BUSY, FleetControl, SessionControl
from jetbench.tui.playing import Player
from jetbench.tui.signals import SignalGuard
from jetbench.tui.visiting import Library


class CloseOnce:
    """The guard's thread and the main thread may both want it: one does, the other waits for it."""

    def __init__(self, session: SessionControl) -> None:
        self.session = session
        self.lock = threading.Lock()
        self.closed = False

    def __call__(self) -> None:
        with self.lock:
            if not self.closed:
                self.closed = True
                self.session.close()


def goes_on(session: SessionControl) -> bool:
    """Whether there is a run that the end of the screen must not end."""
    return not session.is_replay and session.read(lambda state: state.status) in BUSY


def recording(session: SessionControl) -> Path | None:
    path = session.snapshot().recording
    return Path(path) if path is not None else None


def serve(
    session: SessionControl,
    plan: Plan,
    export: Callable[[], Sequence[Path]],
    theme: str | None = None,
    glyphs: str = "auto",
    fps: float = 2.0,
    pilot: Callable[[Any], Awaitable[None]] | None = None,
    size: tuple[int, int] | None = None,
    *,
    speed: float = 1.0,
    at: int | None = None,
    notice: str | None = None,
    library: Callable[[], Library] | None = None,
    config: Config | None = None,
    mouse: bool = True,
    kind: Callable[..., BenchApp] = BenchApp,
) -> int:
    """``pilot`` drives the app without a terminal, of ``size``, for tests."""
    player = Player(session, speed=speed)
    if at is not None:
        player.to(at)
    more: dict[str, Any] = {"player": player, "notice": notice, "library": library, "config": config}
    app = kind(session, plan, export, theme=theme, glyphs=glyphs, fps=fps, **more)
    close = CloseOnce(session)
    run_on, beside = partial(goes_on, session), partial(recording, session)
    with SignalGuard(app.request_exit, close, goes_on=run_on, beside=beside) as guard:
        try:
            app.run(headless=pilot is not None, mouse=mouse, auto_pilot=pilot, size=size)  # type: ignore[arg-type]
            guard.outlive(page=app.is_web)
        finally:
            close()
    if app.begin_error is not None:
        raise app.begin_error
    return guard.exit_code if guard.exit_code is not None else app.return_code or 0


def serve_fleet(fleet: FleetControl, plan: Plan, export: Callable[[], Sequence[Path]], **options: Any) -> int:
    """The same over many boards. ``options``: as of ``serve``."""
    from jetbench.tui.fleet_app import FleetApp
    from jetbench.tui.whole_fleet import WholeFleet

    return serve(WholeFleet(fleet), plan, export, kind=FleetApp, **options)
