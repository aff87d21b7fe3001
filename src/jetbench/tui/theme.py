"""Themes are TOML files: ours, and the user's. A broken one never reaches Textual, which it would kill."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from jetbench.tui import config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT = "jetbench-dark"
CONSOLE = "ansi"
MAX_BYTES = 64 << 10
MAX_FILES = 200
MAX_LISTED = 2000  # entries of the user's folder, whatever they are
NAME = re.compile(r"[a-z0-9_-]{1,40}")
TEXTUAL_COLOURS = (
    "primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface", "panel",
)  # fmt: skip
OWN_COLOURS = ("muted", "faint", "frame", "cursor", "bar")
CHART_COLOURS = ("bars", "series", "p50", "p95", "p99", "power", "temperature", "limit")
NEEDED = ("primary", "foreground", "background")


class ThemeError(ValueError):
    """One line that says what is wrong with a theme."""


class Themes(msgspec.Struct):
    found: dict[str, Theme] = msgspec.field(default_factory=dict)
    problems: list[str] = msgspec.field(default_factory=list)  # a line a broken file


def shipped_folder() -> Path | None:
    """In a wheel beside the package; in an editable install at the top of the repository."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "themes", package.parents[1] / "themes"):
        if folder.is_dir():
            return folder
    return None


def user_folder() -> Path:
    return config.folder() / "themes"


def standard(env: Mapping[str, str]) -> str:
    """The theme of those who name none: on a console with sixteen colours its own, which it can show."""
    term = env.get("TERM", "")
    return CONSOLE if term == "linux" or term.startswith("vt") else DEFAULT


class Watch:
    """The files of a folder, asked once in a while. One listing: no watcher to install, no thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen = self._stamps()

    def changed(self) -> list[Path]:
        """What is new or was written since the last time. A file that has gone is nothing to read."""
        before, self._seen = self._seen, self._stamps()
        return sorted(file for file, stamp in self._seen.items() if before.get(file) != stamp)

    def _stamps(self) -> dict[Path, tuple[int, int]]:
        found: dict[Path, tuple[int, int]] = {}
        try:
            with os.scandir(self.folder) as entries:
                for entry in islice(entries, MAX_LISTED):
                    if entry.name.endswith(".toml") and len(found) < MAX_FILES:
                        status = entry.stat()
                        found[Path(entry.path)] = (status.st_mtime_ns, status.st_size)
        except OSError:
            return found  # no folder, or one that goes away just now: there is nothing to read
        return found


def load_all(folders: Iterable[Path | None] | None = None) -> Themes:
    """Every good theme by name, the later folder's first; and a line for every bad file."""
    themes = Themes({DEFAULT: FALLBACK})
    for folder in (shipped_folder(), user_folder()) if folders is None else folders:
        try:
            files = sorted(folder.glob("*.toml"))[:MAX_FILES] if folder is not None else []
        except OSError as error:
            themes.problems.append(f"{folder}: {error.strerror or error}")
            continue
        for file in files:
            try:
                theme = read(file)
            except ThemeError as error:
                themes.problems.append(f"{file.name}: {error}")
            else:
                themes.found[theme.name] = theme
    return themes


def read(file: Path) -> Theme:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ThemeError("larger than 64 KiB, this is no theme")
        table = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise ThemeError(error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ThemeError(f"not valid TOML: {error}") from error
    return parse(table)


def parse(table: Mapping[str, Any]) -> Theme:
    name = table.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ThemeError("name needs 1 to 40 of a-z, 0-9, _ and -")
    flags = {key: table.get(key, default) for key, default in (("dark", True), ("ansi", False))}
    for key, value in flags.items():
        if not isinstance(value, bool):
            raise ThemeError(f"{key} is true or false")
    colours = _colours(table, "colors", (*TEXTUAL_COLOURS, *OWN_COLOURS))
    chart = _colours(table, "chart", CHART_COLOURS)
    for key in NEEDED:
        if key not in colours:
            raise ThemeError(f"[colors] lacks {key}")
    variables = dict(BUILTIN_THEMES["ansi-dark" if flags["dark"] else "ansi-light"].variables) if flags["ansi"] else {}
    variables |= {f"jb-{key}": colours[key] for key in OWN_COLOURS if key in colours}
    variables.update({f"jb-chart-{key}": value for key, value in chart.items()})
    own = {key: colours.get(key) for key in TEXTUAL_COLOURS if key != "primary"}
    theme = Theme(name, colours["primary"], dark=flags["dark"], ansi=flags["ansi"], variables=variables)
    for key, value in own.items():
        setattr(theme, key, value)
    return theme


def _colours(table: Mapping[str, Any], section: str, known: Iterable[str]) -> dict[str, str]:
    found = table.get(section, {})
    if not isinstance(found, dict):
        raise ThemeError(f"[{section}] is a table")
    known = tuple(known)
    for key, value in found.items():
        if key not in known:
            raise ThemeError(f"[{section}] has an unknown key {key[:40]!r}")
        if not isinstance(value, str) or len(value) > 40 or not _is_colour(value):
            raise ThemeError(f"[{section}] {key} is no colour")
    return dict(found)


def _is_colour(value: str) -> bool:
    try:
        return Color.parse(value).a == 1.0
    except ColorParseError:
        return False


FALLBACK = Theme(  # if even the shipped folder is gone
    name=DEFAULT, primary="#5f87af", accent="#87afd7", foreground="#d0d0d0", background="#121212", surface="#1c1c1c",
    panel="#262626", success="#87af87", warning="#d7af5f", error="#d75f5f",
)  # fmt: skip
