"""The report as one HTML file: styles and drawings are in it, it loads nothing and runs nothing."""

from __future__ import annotations

import base64
from html import escape

from jetbench.export.report.blocks import Block, Bullets, Grid, Paragraph, Picture, Report

# No script, no request: what a name from a recording may try has nothing to run in.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_WARNING = ' class="warning"'
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1b1f24; background: #fff }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #d0d7de }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9em }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #d8dee4; text-align: right; vertical-align: top }
th:first-child, td:first-child { text-align: left; white-space: nowrap } td.words { text-align: left }
.warning { background: #fff3c4; border-left: 4px solid #bf8700; padding: .5rem .8rem; font-weight: 600 }
figure { margin: 1rem 0 } figure img { max-width: 100% } figcaption { color: #57606a; font-size: .9em }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117 } h2, th, td { border-color: #30363d } figcaption { color: #8b949e }
  .warning { background: #3b2e00; color: #ffdf7e } figure img { background: #fff }
}
"""


def render(report: Report) -> str:
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(report.title)}</title>',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{escape(report.title)}</h1>",
    ]
    for section in report.sections:
        parts.append(f"<section><h2>{escape(section.title)}</h2>")
        parts += [_block(block) for block in section.blocks]
        parts.append("</section>")
    return "\n".join([*parts, "</body></html>", ""])


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p{_WARNING if block.warning else ''}>{escape(block.text)}</p>"
    if isinstance(block, Bullets):
        return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ul>"
    return _grid(block) if isinstance(block, Grid) else _picture(block)


def _grid(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in grid.head)
    rows = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in grid.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cell(cell: str) -> str:
    """Sentences stand at the left."""
    words = ' class="words"' if cell.count(" ") > 3 else ""
    return f"<td{words}>{escape(cell)}</td>"


def _picture(picture: Picture) -> str:
    caption = escape(picture.caption)
    if picture.svg is None:
        return f"<p>{caption}: {escape(picture.missing)}</p>"
    data = base64.b64encode(picture.svg.encode("utf-8")).decode("ascii")
    image = f'<img alt="{caption}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"
