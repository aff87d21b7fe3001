"""From results documents to the report: sections in the order of a lab report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jetbench.export.columns import UNSUPPORTED
from jetbench.export.document import SIMULATED
from jetbench.export.fleet_document import Told
from jetbench.export.remarks import NEEDED
from jetbench.export.report import accuracy, discussion, fleet, method, tables
from jetbench.export.report.blocks import Block, Bullets, Grid, Paragraph, Picture, Report, Section

Documents = Sequence[Mapping[str, Any]]


def report(made: Documents, pictures: Sequence[Picture], files: Sequence[str], boards: Sequence[Told] = ()) -> Report:
    """``made``: a results document a recording; ``files``: their names. ``boards``: of a fleet, reached or not."""
    drawn = {picture.name: picture for picture in pictures}
    sections = (
        Section("Result", (*_head(made, files), *_latency(made), *_pictures(drawn, "scatter"))),
        Section("Boards", tuple(fleet.blocks(boards)) if boards else ()),
        Section("Discussion", _bullets(discussion.points(made), "The figures give no reason for a remark.")),
        Section("Why", (*_verdicts(made), *_pictures(drawn, "roofline"))),
        Section("Expectations", tuple(_expectations(made))),
        Section("Accuracy", (*accuracy.blocks(made), *_pictures(drawn, "accuracy"))),
        Section("Models", tuple(_some(tables.models(made)))),
        Section("Distributions", tuple(_pictures(drawn, "histogram"))),
        Section("Sweeps", tuple(_sweeps(made, drawn))),
        Section("Energy", tuple(_some(tables.energy(made)))),
        Section("Soak", (*_soaks(made), *_pictures(drawn, "soak"))),
        Section("Over time", tuple(_pictures(drawn, "timeline"))),
        Section("Memory", tuple(_some(tables.memory(made)))),
        Section("Cold start", tuple(_some(tables.cold_start(made)))),
        Section("Hardware and software", tuple(_some(tables.hardware(made)))),
        Section("Method", tuple(Paragraph(text) for text in dict.fromkeys(method.paragraph(one) for one in made))),
        Section("Threats to validity", _bullets(discussion.threats(made), "None is known from the recording.")),
    )
    title = f"Models on {', '.join(tables.labels(made))}"
    return Report(title, tuple(section for section in sections if section.blocks))


def _head(made: Documents, files: Sequence[str]) -> Iterator[Block]:
    if any(SIMULATED in document["warnings"] for document in made):
        yield Paragraph(SIMULATED, warning=True)
    yield Paragraph(f"Made from {', '.join(files)}; nothing in it comes from elsewhere.")


def _latency(made: Documents) -> Iterator[Block]:
    grid = tables.latency(made)
    yield from _some(grid)
    if any(UNSUPPORTED in cell for row in grid.rows for cell in row):
        needs = ", ".join(f"{name} {count}" for name, count in NEEDED[1:])
        yield Paragraph(f"{UNSUPPORTED} fewer passes than that percentile needs ({needs}): near the slowest one.")


def _bullets(items: Sequence[str], nothing: str) -> tuple[Block, ...]:
    return (Bullets(tuple(items)),) if items else (Paragraph(nothing),)


def _verdicts(made: Documents) -> Iterator[Block]:
    rows = [
        (name, case["verdict"], f"{case['why']['sure'] or 'not'} sure", case["why"]["overturn"])
        for name, case in tables.named(made)
        if case["why"] is not None
    ]
    if rows:
        yield Grid(("case", "verdict", "how sure", "what would overturn it"), tuple(rows))


def _expectations(made: Documents) -> Iterator[Block]:
    rows = [
        (score["expected"], score["verdict"], score["measured"], score["why"] or "")
        for document in made
        for score in document["expectations"]
    ]
    if rows:
        yield Grid(("expected", "verdict", "measured", "likely why"), tuple(rows))


def _soaks(made: Documents) -> Iterator[Block]:
    for name, case in tables.named(made):
        if case.get("soak") is not None:
            yield Paragraph(f"{name}:")
            yield Bullets(tuple(case["soak"]["sentences"]))


def _sweeps(made: Documents, drawn: Mapping[str, Picture]) -> Iterator[Block]:
    for by, name in (("batch", "latency-batch"), ("input", "latency-size")):
        found = tables.sweep(made, by)
        if found is not None:
            yield found
            yield from _pictures(drawn, name)


def _some(grid: Grid) -> Iterator[Block]:
    if grid.rows:
        yield grid


def _pictures(drawn: Mapping[str, Picture], name: str) -> Iterator[Block]:
    """The picture of that name, and those of each case where there is one a case."""
    yield from (picture for key, picture in drawn.items() if key == name or key.startswith(f"{name}:"))
