"""The screen. Nothing here imports Textual before `run_app` is called."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jetbench.domain.plan import Plan
    from jetbench.tui.control import FleetControl, SessionControl
    from jetbench.tui.visiting import Library

FPS = 2.0
# Read by Textual when it is imported: what a key changes waits 17 ms at most to be painted (how often anything changes
# by itself is FPS), nothing moves for show.
ENVIRONMENT = {"TEXTUAL_FPS": "60", "TEXTUAL_ANIMATIONS": "none"}


def run_app(
    session: SessionControl | None,
    plan: Plan,
    export: Callable[[], Sequence[Path]],
    theme: str | None = None,
    glyphs: str | None = None,
    fps: float | None = None,
    *,
    mouse: bool | None = None,
    speed: float = 1.0,
    at: int | None = None,
    notice: str | None = None,
    library: Callable[[], Library] | None = None,
    fleet: FleetControl | None = None,
) -> int:
    """Run the app to its end and close the session. The exit status: a crash must not read as success.

    None of ``theme``, ``glyphs``, ``fps`` and ``mouse``: as the user's config.toml says, or as is usual.
    Of a recording: ``speed`` and the moment ``at`` that it begins with; ``notice`` is said once.
    ``fleet``, in the place of a session: many boards, from which one goes into each of them.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from jetbench.tui import config as configs
    from jetbench.tui.running import serve, serve_fleet

    config = configs.read()
    more: dict[str, Any] = {"speed": speed, "at": at, "notice": notice, "library": library}
    if mouse is None:
        mouse = config.mouse if config.mouse is not None else True
    more |= {"config": config, "mouse": mouse, "fps": fps or config.fps or FPS}
    more |= {"theme": theme or config.theme, "glyphs": glyphs or config.glyphs or "auto"}
    if fleet is not None:
        return serve_fleet(fleet, plan, export, **more)
    assert session is not None
    return serve(session, plan, export, **more)
