"""The screen. Nothing here imports Textual before `run_app` is called."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetbench.domain.plan import Plan
    from jetbench.tui.control import SessionControl

# Read by Textual when it is imported: repaints are coalesced, nothing moves for show.
ENVIRONMENT = {"TEXTUAL_FPS": "15", "TEXTUAL_ANIMATIONS": "none"}


def run_app(
    session: SessionControl,
    plan: Plan,
    export: Callable[[], Sequence[Path]],
    theme: str | None = None,
    glyphs: str = "auto",
    fps: float = 2.0,
) -> int:
    """Run the app to its end and close the session. The exit status: a crash must not read as success."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from jetbench.tui.running import serve

    return serve(session, plan, export, theme=theme, glyphs=glyphs, fps=fps)
