"""Findings about this side: the interpreter that is to measure, where recordings go, the terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path, user_config_path

from jetbench.analysis.doctor import ABSENT, OK, RED, WARNING, Finding
from jetbench.cli.export import FORMATS
from jetbench.domain.events import Board
from jetbench.domain.text import printable
from jetbench.export import plugged
from jetbench.link.base import LinkError
from jetbench.link.local import resolve_python
from jetbench.recording.folder import APP, default_folder

START_S = 20.0  # until an interpreter has said its version
LEAST_MIB, FEW_MIB = 20, 200  # free: a session at usual rates writes 9 to 21 MB an hour
COLUMNS, ROWS = 80, 24
_OTHER = "give the path of a Python 3.6 or newer: --python PATH"
_ASK = "import sys; print('jetbench', '%d.%d.%d' % sys.version_info[:3], sys.version_info >= (3, 6))"


def interpreter(python: str | None) -> tuple[str | None, Finding]:
    """The path of one that can run the agent, or None; and what was found of it."""
    try:
        path = resolve_python(python)
    except LinkError:
        text = f"{printable(python)}: no such program"
        return None, Finding("python", "interpreter", RED, text, "nothing executable has that name", _OTHER)
    try:
        done = subprocess.run(
            [path, "-c", _ASK], capture_output=True, text=True, errors="replace", timeout=START_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = "it does not answer" if isinstance(error, subprocess.TimeoutExpired) else error.strerror or str(error)
        return None, Finding("python", "interpreter", RED, f"{printable(path)}: {why}", "it is no Python", _OTHER)
    said = done.stdout.split()
    if said[:1] != ["jetbench"]:
        evidence = tuple(printable(line, 200) for line in done.stderr.splitlines()[-3:])
        text = f"{printable(path)} answers as no Python does (status {done.returncode})"
        return None, Finding("python", "interpreter", RED, text, "it is no Python, or a broken one", _OTHER, evidence)
    if said[2:] != ["True"]:
        text = f"{printable(path)} is Python {printable(said[1], 20)}"
        return None, Finding("python", "interpreter", RED, text, "the side that measures needs 3.6", _OTHER)
    return path, Finding("python", "interpreter", OK, f"Python {printable(said[1], 20)}, {printable(path)}")


def far_interpreter(host: str, board: Board) -> Finding:
    """Of a board that ssh reaches; it has answered, so there is one."""
    version, path = (printable(board.agent.get(name), 200) for name in ("python", "executable"))
    return Finding("python", "interpreter", OK, f"Python {version}, {path} on {printable(host, 80)}")


def findings(env: Mapping[str, str]) -> list[Finding]:
    return [*folders(), disk(default_folder()), *exports(), *terminal(env)]


def exports() -> list[Finding]:
    """Formats of other packages, where there are any."""
    called = plugged.told(FORMATS)
    return [Finding("exports", "here", OK, ", ".join(called))] if called else []


def folders() -> list[Finding]:
    """By really writing a file; one finding where all is well."""
    places = {
        "recordings": default_folder(),
        "cache": user_cache_path(APP, appauthor=False),
        "settings": user_config_path(APP, appauthor=False),
    }
    found = []
    for name, path in places.items():
        why = _not_writable(path)
        if why is not None:
            remedy = "make it writable, or set XDG_DATA_HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME; run -o names a file"
            state = RED if name == "recordings" else WARNING
            found.append(
                Finding(
                    "folders", "here", state, f"{name}: {printable(path)}: {why}", "no file can be made there", remedy
                )
            )
    return found or [Finding("folders", "here", OK, "recordings, cache and settings can be written")]


def _not_writable(path: Path) -> str | None:
    """Of a folder that need not be there the nearest one above that is."""
    here = path
    while not here.exists() and here != here.parent:
        here = here.parent
    try:
        with tempfile.TemporaryFile(dir=here) as file:
            file.write(b"jetbench")
    except OSError as error:
        return error.strerror or str(error)
    return None


def disk(folder: Path) -> Finding:
    here = folder
    while not here.exists() and here != here.parent:
        here = here.parent
    try:
        free = shutil.disk_usage(here).free / (1 << 20)
    except OSError as error:
        return Finding(
            "disk", "here", WARNING, f"not told: {error.strerror}", "the system gave an error", "df tells it"
        )
    text = f"{free / 1024:.1f} GiB free for recordings" if free >= 1024 else f"{free:.0f} MiB free for recordings"
    if free >= FEW_MIB:
        return Finding("disk", "here", OK, text)
    state = RED if free < LEAST_MIB else WARNING
    remedy = "make room, or write elsewhere: run -o FILE"
    return Finding(
        "disk", "here", state, text, "an hour's recording takes 9 to 21 MB, energy and long runs more", remedy
    )


def terminal(env: Mapping[str, str]) -> list[Finding]:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        text = "none here: without one jetbench-tui measures the default plan"
        return [Finding("terminal", "here", ABSENT, text)]
    return [_size(), *_looks(env)]


def _size() -> Finding:
    size = os.get_terminal_size(sys.stderr.fileno())
    text = f"{size.columns}x{size.lines}"
    if size.columns >= COLUMNS and size.lines >= ROWS:
        return Finding("terminal", "here", OK, text)
    cause = f"the app is made for {COLUMNS}x{ROWS} and more"
    return Finding("terminal", "here", WARNING, text, cause, "a larger window, or a smaller font")


def _looks(env: Mapping[str, str]) -> list[Finding]:
    term, encoding = env.get("TERM", ""), (sys.stderr.encoding or "").lower().replace("-", "")
    inside = "tmux, " if env.get("TMUX") else "screen, " if env.get("STY") else ""
    found = []
    if env.get("COLORTERM", "") in ("truecolor", "24bit"):
        found.append(Finding("colour", "here", OK, f"{inside}{printable(term, 40)}, 16 million colours"))
    elif term in ("", "dumb"):
        remedy = "export TERM=xterm-256color, if the terminal is one"
        found.append(Finding("colour", "here", RED, f"TERM is {term!r}", "no app can be drawn on it", remedy))
    else:
        many = "256" if "256" in term or inside else "8 to 256"
        remedy = "set -as terminal-features ',*:RGB' in tmux.conf" if inside.startswith("tmux") else _COLOURS
        text = f"{inside}{printable(term, 40)}, {many} colours"
        found.append(Finding("colour", "here", WARNING if many != "256" else OK, text, "COLORTERM is not set", remedy))
    if encoding == "utf8":
        found.append(Finding("signs", "here", OK, "UTF-8"))
    else:
        cause = "charts are drawn in ASCII"
        remedy = "export LANG=C.UTF-8"
        found.append(
            Finding("signs", "here", WARNING, f"the locale's encoding is {printable(encoding, 20)}", cause, remedy)
        )
    return found


_COLOURS = "export COLORTERM=truecolor, if the terminal can; ssh passes it on with SendEnv"
