"""What a report is made of: plain values that any format can be written from."""

from __future__ import annotations

import msgspec


class Paragraph(msgspec.Struct, frozen=True):
    text: str
    warning: bool = False


class Bullets(msgspec.Struct, frozen=True):
    items: tuple[str, ...]


class Grid(msgspec.Struct, frozen=True):
    """Rows of cells; the first column is words, the others stand at the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Picture(msgspec.Struct, frozen=True):
    """A plot by its name; ``caption`` says what it shows, also to who cannot see it."""

    name: str
    caption: str
    svg: str | None = None  # the drawing; None: ``missing`` says why there is none
    missing: str = ""


Block = Paragraph | Bullets | Grid | Picture


class Section(msgspec.Struct, frozen=True):
    title: str
    blocks: tuple[Block, ...]


class Report(msgspec.Struct, frozen=True):
    title: str
    sections: tuple[Section, ...]
