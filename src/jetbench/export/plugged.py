"""Exports of other packages (docs/extending.md): functions that write the results document to a file.

Which there are is told by what an installer leaves beside a package; one is imported when its format is asked for.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetbench.domain import plugins
from jetbench.domain.text import printable
from jetbench.export.files import ExportError, replacing_file
from jetbench.session.state import SessionState

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "jetbench.exporters"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SUFFIX = re.compile(r"\.[A-Za-z0-9._-]{1,20}")


def names(taken: Container[str]) -> list[str]:
    """Formats that are installed; ``taken``: those that no package may replace."""
    return sorted({entry.name for entry in _installed() if entry.name not in taken})


def told(taken: Container[str]) -> list[str]:
    """``latex (jetbench-example 1.0)``, each."""
    return [f"{printable(entry.name)} ({_package(entry)})" for entry in _installed() if entry.name not in taken]


class Exporter:
    """A format of another package. Raises ExportError where it is not there, or cannot be used."""

    def __init__(self, name: str) -> None:
        entry = next((entry for entry in _installed() if entry.name == name), None)
        if entry is None:
            raise ExportError(f"no format {printable(name)} is installed")
        self.called = _called(entry)
        try:
            self._write: Callable[[dict[str, Any], Path], object] = entry.load()
        except (Exception, SystemExit) as error:
            raise ExportError(f"{self.called}: it cannot be imported: {_said(error)}") from error
        self._check()
        suffix = getattr(self._write, "suffix", None)
        self.suffix = suffix if isinstance(suffix, str) and _SUFFIX.fullmatch(suffix) else f".{name}"

    def _check(self) -> None:
        if not callable(self._write):
            raise ExportError(f"{self.called}: it is a {type(self._write).__name__}, and no function")
        try:
            inspect.signature(self._write).bind({}, Path())
        except TypeError as error:
            raise ExportError(f"{self.called}: it is not to be called with a document and a path: {error}") from error
        except ValueError:  # compiled, and does not say
            pass

    def write(self, target: Path, state: SessionState) -> None:
        """The whole file or nothing. Raises ExportError."""
        from jetbench.export.document import document

        found = document(state)
        with replacing_file(target) as place:
            try:
                self._write(found, place)
            except (Exception, SystemExit) as error:
                raise ExportError(f"{self.called}: {_said(error)}") from error


def _installed() -> Iterator[EntryPoint]:
    if plugins.are_off():
        return
    from importlib.metadata import entry_points

    try:
        found = tuple(entry_points(group=GROUP))
    except Exception:  # what lies beside some package is damaged; our own formats are there all the same
        return
    yield from (entry for entry in found if _NAME.fullmatch(entry.name))


def _called(entry: EntryPoint) -> str:
    """``plug-in latex of jetbench-example 1.0``."""
    return f"plug-in {entry.name} of {_package(entry)}"


def _package(entry: EntryPoint) -> str:
    return printable(f"{entry.dist.name} {entry.dist.version}" if entry.dist else "a package without a name", 100)


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {printable(lines[0], 200)}" if lines else type(error).__name__
