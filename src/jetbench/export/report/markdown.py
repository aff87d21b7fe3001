"""The report as Markdown: one file, with its drawings beside it where there are any."""

from __future__ import annotations

import re

from jetbench.export.report.blocks import Block, Bullets, Grid, Paragraph, Picture, Report

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#])")


def render(report: Report, folder: str) -> str:
    """``folder``: where the drawings lie, relative to the file."""
    parts = [f"# {_text(report.title)}"]
    for section in report.sections:
        parts.append(f"## {_text(section.title)}")
        parts += [_block(block, folder) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def files(report: Report) -> dict[str, str]:
    """Drawings by the name of their file."""
    return {
        _file(block): block.svg
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Picture) and block.svg is not None
    }


def _block(block: Block, folder: str) -> str:
    if isinstance(block, Paragraph):
        return f"> **{_text(block.text)}**" if block.warning else _text(block.text)
    if isinstance(block, Bullets):
        return "\n".join(f"* {_text(item)}" for item in block.items)
    if isinstance(block, Grid):
        return _grid(block)
    if block.svg is None:
        return f"{_text(block.caption)}: {_text(block.missing)}"
    return f"![{_text(block.caption)}]({folder}/{_file(block)})"


def _grid(grid: Grid) -> str:
    rule = ["---", *("---:" for _ in grid.head[1:])]
    rows = [map(_text, grid.head), rule, *(map(_text, row) for row in grid.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _file(picture: Picture) -> str:
    return picture.name.replace(":", "-") + ".svg"


def _text(text: str) -> str:
    """Nothing in a name is markup, a link or HTML."""
    return _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))
