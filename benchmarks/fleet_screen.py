"""The app over many boards for fleet.py, which measures it: what the program itself imports, and nothing besides.

python benchmarks/fleet_screen.py FOLDER BOARDS

FOLDER has ``board-00`` and so on, which stand for the interpreters of the boards; the recording goes there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jetbench.cli.fleet_app import FleetSession, Plan, library, screen_arguments
from jetbench.domain.fleet import Member
from jetbench.link.local import LocalLink


def app(folder: Path, boards: int) -> None:
    """As ``jetbench-tui --host a,b,...`` opens it; each board is a process of this machine."""
    from jetbench.tui import run_app

    names = [f"board-{number:02}" for number in range(boards)]
    members = [Member(name=name, kind="local", python=str(folder / name)) for name in names]
    session = FleetSession(members, lambda member: LocalLink(member.python), lambda: folder / "fleet.jsonl")
    session.start()
    try:
        run_app(None, Plan(), tuple, library=library, fleet=session, **screen_arguments({}))
    finally:
        session.close()


if __name__ == "__main__":
    app(Path(sys.argv[1]), int(sys.argv[2]))
