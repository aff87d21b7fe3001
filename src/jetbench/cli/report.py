"""jetbench-tui report: one file that says it all, from recordings alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from jetbench.cli.errors import CliError
from jetbench.cli.fleet_files import loaded, one_alone, reached
from jetbench.cli.show import load_or_fail
from jetbench.domain.text import printable
from jetbench.export.document import document
from jetbench.export.files import ExportError, make_folder, replacing, replacing_bytes
from jetbench.export.fleet_document import Told, told
from jetbench.export.report import content, html, markdown, plots

ENDINGS = (".html", ".htm", ".md")


@click.command("report")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="report.html or report.md.")
@click.option("--plots", "folder", type=click.Path(path_type=Path), metavar="FOLDER", help="Every plot as SVG and PNG.")
def command(files: tuple[Path, ...], output: Path | None, folder: Path | None) -> None:
    """Tables, plots, method and discussion of recordings in one file."""
    if output is None and folder is None:
        output = Path("report.html")
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise CliError(f"-o {output}: name a file that ends in .html or .md")
    if not plots.available():
        if output is None:
            raise CliError(plots.NOT_INSTALLED)
        print(f"jetbench-tui: {plots.NOT_INSTALLED}; the report has none", file=sys.stderr)
    sessions, boards = _of_fleet(files[0]) if one_alone(files, "report") else (_sessions(files), ())
    names = [printable(file.name) for file in files]
    try:
        for path in [*_report(sessions, names, output, boards), *_plots(sessions, folder)]:
            print(path)
    except ExportError as error:
        raise CliError(str(error)) from error


def _sessions(files: Sequence[Path]) -> plots.Sessions:
    return [(state, document(state)) for state in map(load_or_fail, files)]


def _of_fleet(file: Path) -> tuple[plots.Sessions, tuple[Told, ...]]:
    """Its boards that began a run, each under its name; and all of them."""
    with loaded(file) as found:
        there = reached(file, found)
        boards = told(found.parts)
        sessions = [
            (each.part.session, {**each.made, "member": each.name})
            for each in boards
            if each.part in there and each.part.session is not None and each.made is not None
        ]
        return sessions, boards


def _report(
    sessions: plots.Sessions, names: Sequence[str], output: Path | None, boards: Sequence[Told] = ()
) -> list[Path]:
    if output is None:
        return []
    made = content.report([document for _, document in sessions], tuple(plots.pictures(sessions)), names, boards)
    if output.suffix.lower() != ".md":
        _write(output, html.render(made))
        return [output]
    drawings = markdown.files(made)
    folder = output.with_name(f"{output.stem}_plots")
    if drawings:
        make_folder(folder)
    for name, svg in drawings.items():
        _write(folder / name, svg)
    _write(output, markdown.render(made, folder.name))
    return [output, *(folder / name for name in drawings)]


def _plots(sessions: plots.Sessions, folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    make_folder(folder)
    written = []
    for name, _, draw in plots.drawings(sessions):
        for form in plots.FORMATS:
            path = folder / f"{name.replace(':', '-')}.{form}"
            with replacing_bytes(path) as file:
                file.write(plots.drawn(draw, form))
            written.append(path)
    return written


def _write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text)
