"""What a pane shows as text, for the clipboard of the terminal (OSC 52, which goes over SSH) and for a file."""

from __future__ import annotations

import base64
import copy
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from textual.screen import Screen

from jetbench.recording.folder import default_folder
from jetbench.tui.draw.frame import Room
from jetbench.tui.widgets.canvas import Canvas
from jetbench.tui.widgets.charts import ChartPane

WIDTH = 120  # cells at least: a narrow pane is copied with the columns it has no room for
LONG = 2000  # lines of a list at most
MOST_BYTES = 32 << 10  # to the clipboard: terminals refuse more than about 56 KiB, and a link of 8 kB/s takes 5 s
MAX_TRIES = 100


def pane_of(screen: Screen[object]) -> Canvas | None:
    """The pane that has the focus, or the only one there is."""
    find = getattr(screen, "focused_pane", None)
    if find is not None:
        found = find()
        return found if isinstance(found, Canvas) else None
    return next(iter(screen.query(Canvas)), None)


def text_of(pane: Canvas, head: str) -> str:
    """All of it, scrolled out of view or not, below the status line: it tells the board, and what is SIMULATED.

    A twin draws it: drawing notes where the pane stands, and the pane itself must not move.
    """
    room = pane.room
    twin = copy.copy(pane)
    for name in ("_top", "below"):
        if name in twin.__dict__:
            setattr(twin, name, 0)
    height = room.height if isinstance(pane, ChartPane) else LONG
    rows = twin.rows(Room(max(WIDTH, room.width), max(10, height), room.glyphs))
    lines = [row.text.rstrip() for row in rows]
    return "\n".join([head, pane.title[1], "", *_squeezed(lines)]) + "\n"


def _squeezed(lines: list[str]) -> Iterator[str]:
    """Never two empty lines together, and none at the end."""
    empty = True
    last = max((i for i, line in enumerate(lines) if line), default=-1)
    for line in lines[: last + 1]:
        if line or not empty:
            yield line
        empty = not line


def clipboard(text: str, most: int = MOST_BYTES) -> str:
    """Whole lines from the beginning, of at most so many bytes."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[:most].decode(errors="ignore").rpartition("\n")[0] + "\n"


def sequences(text: str, env: Mapping[str, str] | None = None) -> list[str]:
    """OSC 52; inside tmux also wrapped for the terminal around it, which tmux hands on if allow-passthrough is on."""
    env = os.environ if env is None else env
    plain = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if not env.get("TMUX"):
        return [plain]
    return [plain, "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"]


def write(text: str, name: str, folder: Path | None = None) -> Path:
    """A new file ``copied-<UTC>-<pane>.txt`` where recordings are. Raises OSError."""
    where = default_folder() if folder is None else folder
    where.mkdir(parents=True, exist_ok=True)
    word = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")[:40] or "pane"
    stem = f"copied-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{word}"
    for number in range(1, MAX_TRIES):
        path = where / (f"{stem}.txt" if number == 1 else f"{stem}-{number}.txt")
        try:
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
        except FileExistsError:
            continue
        return path
    raise OSError(None, f"{where} holds {MAX_TRIES} copies of this second")
