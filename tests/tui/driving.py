"""Run the app under Pilot from plain functions, and read what stands on its screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from fakes import ScriptedSession
from textual.pilot import Pilot

from jetbench.domain.plan import Plan
from jetbench.tui.app import BenchApp
from jetbench.tui.fleet_app import FleetApp
from jetbench.tui.whole_fleet import WholeFleet

Script = Callable[[BenchApp, Pilot[None]], Awaitable[None]]


def drive(
    session: ScriptedSession | WholeFleet,
    script: Script,
    plan: Plan | None = None,
    size: tuple[int, int] = (120, 40),
    export: Callable[[], Sequence[Path]] = tuple,
    **options: Any,
) -> BenchApp:
    options.setdefault("glyphs", "braille")
    kind = FleetApp if isinstance(session, WholeFleet) else BenchApp
    app = kind(session, plan or Plan(), export, **options)

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            await script(app, pilot)

    asyncio.run(run())
    return app


async def settle(app: BenchApp, pilot: Pilot[None]) -> None:
    """Show what the session says now, without waiting for the timer or a pane's period."""
    app.snapshot = app.session.snapshot()
    app.bench.show(app.snapshot, 1e9 + asyncio.get_running_loop().time())
    app.bench.redraw_all()
    await pilot.pause()


def lines(app: BenchApp) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def text(app: BenchApp) -> str:
    return "\n".join(lines(app))


def pane(app: BenchApp, name: str) -> str:
    return "\n".join(strip.text for strip in app.bench.query_one(f"#{name}").strips)  # type: ignore[attr-defined]


def toasts(app: BenchApp) -> str:
    return "\n".join(str(notification.message) for notification in app._notifications)


async def until(condition: Callable[[], bool], pilot: Pilot[None], seconds: float = 5.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it never came"
        await pilot.pause(0.02)
