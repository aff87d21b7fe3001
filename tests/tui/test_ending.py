"""The end: the session is closed once, the status is told, a hanging screen is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import fakes

from jetbench.domain.plan import Plan
from jetbench.tui.running import serve


def test_the_session_is_closed_and_the_status_is_0():
    session = fakes.ScriptedSession(*fakes.idle())

    async def leave(pilot) -> None:
        await pilot.press("q")

    assert serve(session, Plan(), tuple, pilot=leave) == 0
    assert session.closed == 1


def test_a_crash_is_not_told_as_success():
    session = fakes.ScriptedSession(*fakes.idle())

    async def crash(pilot) -> None:
        session.snapshot = None
        await pilot.pause(1.0)

    assert serve(session, Plan(), tuple, pilot=crash) != 0
    assert session.closed == 1


def test_sigterm_ends_the_app_and_closes_the_session():
    session = fakes.ScriptedSession(*fakes.idle())

    async def killed(pilot) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await pilot.pause(0.8)

    before = signal.getsignal(signal.SIGTERM)
    assert serve(session, Plan(), tuple, pilot=killed) == 128 + signal.SIGTERM
    assert session.closed == 1 and signal.getsignal(signal.SIGTERM) is before


def test_a_screen_that_hangs_is_left_after_the_grace():
    script = """
        import os, signal, time
        from jetbench.tui.signals import SignalGuard
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup may have started the tests
        with SignalGuard(lambda: None, lambda: print("closed", flush=True), grace_s=0.5):
            os.kill(os.getpid(), signal.SIGHUP)
            while True:
                time.sleep(0.1)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, timeout=60, check=False)
    assert done.returncode == 128 + signal.SIGHUP and b"closed" in done.stdout


def test_importing_the_package_imports_no_textual():
    script = "import sys, jetbench.tui; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parent).returncode == 0
