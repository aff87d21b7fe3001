"""The file of a fleet for the commands that read recordings: its boards' sessions, and what is damaged in it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jetbench.cli.errors import CliError
from jetbench.domain.text import printable
from jetbench.recording.fleet import is_fleet
from jetbench.recording.format import RecordingError
from jetbench.session.fleet_load import Loaded, Part, load_fleet

__all__ = ["is_fleet", "loaded", "one_alone", "picked", "reached"]


@contextmanager
def loaded(file: Path) -> Iterator[Loaded]:
    """While it lasts every board's recording is a file of its own. Raises CliError."""
    with tempfile.TemporaryDirectory(prefix="jetbench-fleet-") as folder:
        try:
            found = load_fleet(file, Path(folder))
        except RecordingError as error:
            raise CliError(str(error)) from error
        for line in found.damage:
            print(f"jetbench-tui: {printable(file)}: {line}", file=sys.stderr)
        yield found


def reached(file: Path, found: Loaded) -> list[Part]:
    """Boards that began a run. Raises CliError where none did."""
    parts = [part for part in found.parts if part.session is not None and part.session.run is not None]
    if not parts:
        why = "; ".join(f"{part.name}: {part.ended or 'no run in it'}" for part in found.parts)
        raise CliError(f"{file} holds no run: {why}")
    return parts


def picked(file: Path, parts: Sequence[Part], names: Sequence[str]) -> list[Part]:
    """Those that are named, in that order; without a name all. Raises CliError."""
    known = {part.member.name: part for part in parts}
    for name in names:
        if name not in known:
            has = ", ".join(part.name for part in parts)
            raise CliError(f"--board {printable(name, 60)}: {file} has no run of such a board; it has {has}")
    return [known[name] for name in names] or list(parts)


def one_alone(files: Sequence[Path], command: str) -> bool:
    """Whether it is one file of a fleet. Raises CliError where such a file stands beside others."""
    fleets = [file for file in files if is_fleet(file)]
    if fleets and len(files) > 1:
        text = f"{fleets[0]} is a recording of a fleet, and {command} takes it alone"
        raise CliError(text, hint=f"its boards' own recordings: jetbench-tui export -f boards {fleets[0]}")
    return bool(fleets)
