"""Fake boards: ``boards/*.json`` laid out under a folder that a reader's root prefix can point at.

A manifest has ``files`` (path -> text), ``links`` (path -> relative target), ``dirs`` (a directory where a file should
be is a read that fails, as EAGAIN does), and ``expected``, what a correct reader reports.
"""

import json
from pathlib import Path

BOARDS = Path(__file__).parent / "boards"
NAMES = sorted(path.stem for path in BOARDS.glob("*.json"))


def manifest(name: str) -> dict:
    return json.loads((BOARDS / (name + ".json")).read_text(encoding="utf-8"))


def lay_out(board: dict, folder: Path) -> Path:
    """``folder`` with the tree of ``board`` (a manifest) in it."""
    for path in board.get("dirs", ()):
        (folder / path).mkdir(parents=True, exist_ok=True)
    for path, text in board["files"].items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for path, aim in board.get("links", {}).items():
        link = folder / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(aim)
    return folder


def write(folder: Path, writes: dict) -> None:
    """In place, as a driver changes a reading: descriptors that are open see it."""
    for path, content in writes.items():
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        with (folder / path).open("r+b") as file:
            file.truncate()
            file.write(data)
