"""The user's `config.toml`: what the screen begins with. A broken one is told in a line, and harms nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from platformdirs import user_config_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAME = "config.toml"
MAX_BYTES = 64 << 10
MAX_KEYS = 200
MAX_HOST = 400  # characters of an address or a path there
MAX_VALUE = 80  # characters of a name or a list of keys
GLYPHS = ("auto", "braille", "block", "ascii")
FPS = (0.1, 15.0)  # pictures a second, least and most


class KnownHost(msgspec.Struct, frozen=True):
    """A board by a name of the user's own; not yet checked."""

    address: str  # as ssh takes it
    python: str | None = None  # the interpreter that measures, there


class Config(msgspec.Struct, frozen=True):
    """None: not said. ``problems`` has a line for everything that was left out."""

    theme: str | None = None
    glyphs: str | None = None
    fps: float | None = None
    mouse: bool | None = None
    keys: Mapping[str, str] = msgspec.field(default_factory=dict)  # action: keys, comma separated, not yet checked
    hosts: Mapping[str, KnownHost] = msgspec.field(default_factory=dict)
    problems: tuple[str, ...] = ()


def folder() -> Path:
    """``$XDG_CONFIG_HOME/jetbench-tui``; it need not exist."""
    return user_config_path("jetbench-tui", appauthor=False)


def read(file: Path | None = None) -> Config:
    file = folder() / NAME if file is None else file
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return Config(problems=(f"{NAME}: larger than 64 KiB, not read",))
        table = tomllib.loads(data.decode("utf-8"))
    except FileNotFoundError:
        return Config()
    except OSError as error:
        return Config(problems=(f"{NAME}: {error.strerror or error}",))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return Config(problems=(f"{NAME} is not valid TOML, nothing of it is used: {error}",))
    return parse(table)


def parse(table: Mapping[str, Any]) -> Config:
    """Every entry for itself: what is wrong is left out, and the rest is used."""
    taken: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in table.items():
        wrong = _wrong(name, value)
        if wrong is None:
            taken[name] = value
        else:
            problems.append(f"{NAME}: {wrong}")
    keys = taken.pop("keys", {})
    good = {name: value for name, value in keys.items() if isinstance(value, str) and len(value) <= MAX_VALUE}
    problems += [f'{NAME} [keys]: {name[:40]} is a text such as "s"' for name in keys if name not in good]
    hosts = {name: _host(entry) for name, entry in taken.pop("hosts", {}).items()}
    known = {name: host for name, host in hosts.items() if host is not None}
    unclear = hosts.keys() - known
    problems += [f'{NAME} [hosts]: {name[:40]} is "USER@BOARD", or has host and python' for name in unclear]
    return Config(**taken, keys=good, hosts=known, problems=tuple(problems))


def _host(entry: object) -> KnownHost | None:
    """``"user@board"``, or a table with ``host`` and perhaps ``python``."""
    table = {"host": entry} if isinstance(entry, str) else entry
    if not isinstance(table, dict) or not table.keys() <= {"host", "python"} or "host" not in table:
        return None
    if not all(isinstance(value, str) and len(value) <= MAX_HOST for value in table.values()):
        return None
    return KnownHost(table["host"], table.get("python"))


def _wrong(name: str, value: object) -> str | None:
    if name == "theme":
        return None if isinstance(value, str) and len(value) <= MAX_VALUE else "theme is a name"
    if name == "glyphs":
        return None if value in GLYPHS else f"glyphs is one of {', '.join(GLYPHS)}"
    if name == "mouse":
        return None if isinstance(value, bool) else "mouse is true or false"
    if name == "fps":
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and FPS[0] <= value <= FPS[1]
        return None if number else f"fps is a number from {FPS[0]:g} to {FPS[1]:g}"
    if name == "keys":
        return None if isinstance(value, dict) and len(value) <= MAX_KEYS else "[keys] is a table of actions"
    if name == "hosts":
        return None if isinstance(value, dict) and len(value) <= MAX_KEYS else "[hosts] is a table of boards"
    return f"nothing is called {name[:40]!r}; there are theme, glyphs, fps, mouse, [keys] and [hosts]"
