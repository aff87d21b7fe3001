"""The table for an issue: rendered by a Markdown parser it says what the terminal says, whatever names hold."""

from __future__ import annotations

import html
import io
import re

import goldens
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import streams
from jetbench.domain.text import printable
from jetbench.export import markdown
from jetbench.export.table import print_table
from jetbench.session.load import load
from jetbench.session.state import SessionState

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_COMMENT = "<!-- -->"


def rendered(text: str) -> list[list[str]]:
    """Cells of the table that the text renders to, header first; other HTML in a cell fails."""
    made = RENDERER.render(text)
    rows = re.findall(r"<tr>(.*?)</tr>", made, flags=re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)] for row in rows]


def words(cell: str) -> str:
    cell = cell.replace(_COMMENT, "")
    assert not re.search(r"<[a-zA-Z/!]", cell), cell
    return html.unescape(cell).strip()


def folded(**options: object) -> SessionState:
    state = SessionState()
    for event in streams.session(**options):
        state.apply(event)
    return state


def test_golden(tmp_path):
    markdown.write(tmp_path / "a.md", goldens.session())
    goldens.check("session.md", (tmp_path / "a.md").read_bytes())


@pytest.mark.parametrize("options", [{}, {"power": False}, {"fail": (0, 1)}, {"rounds": 2, "passes": 400}], ids=str)
def test_it_says_what_the_terminal_says(options):
    state = folded(**options)
    file = io.StringIO()
    print_table(state, file)
    shown = file.getvalue().splitlines()
    header, *rows = rendered(markdown.dumps(state))
    assert shown[1].split("  ")[0] == "model"
    assert [" ".join(row) for row in rows] == [re.sub(" {2,}", " ", line) for line in shown[3 : 3 + len(rows)]]
    assert {len(row) for row in rows} == {len(header)}
    items = re.findall(r"<li>(.*?)(?:</li>|\n<ul>)", RENDERER.render(markdown.dumps(state)), flags=re.DOTALL)
    assert [words(item) for item in items] == [line.strip() for line in shown[3 + len(rows) :]]


def test_missing_is_na_with_its_reason():
    text = markdown.dumps(folded(power=False))
    header, *rows = rendered(text)
    assert {row[header.index("energy (J)")] for row in rows} == {"N/A"}
    assert "- power and energy N/A (no\\_sensor): " in text or "- power and energy N/A (no_sensor): " in text


def test_simulated_comes_first():
    assert markdown.dumps(load(goldens.SIMULATED)[0]).startswith("**SIMULATED BOARD: ")


NASTY = (
    "a|b", "a\\|b", "a\\", "\\", "`x`", "``", "<b>x</b>", "<!-- x -->", "&lt;", "&amp;lt;", "*x*", "_x_", "__init__",
    "a_b_c", "~~x~~", "[x](http://y)", "![x](y)", "[x]", "$x$", "@octocat", "# x", "- x", "+ x", "1. x", "1) x", "=",
    "---", "> x", "    x", "x  ", "http://x|y", "\x1b[31mx", "a\nb", "|", "||", "\\\\|", "`|`", "<a href=`x`>|", "a_",
    "_", "*", "**", "@a@b",
)  # fmt: skip
_MARKUP = "ab1 \\`*_{}[]<>()#+-.!|~@&:/$=\"'"


@pytest.mark.parametrize("name", NASTY, ids=ascii)
def test_any_name_is_itself_in_a_cell_and_at_the_start_of_a_line(name):
    same(name)


@given(st.text(st.sampled_from(_MARKUP) | st.characters(), max_size=30))
def test_any_text_is_itself(text):
    same(text)


def same(text: str) -> None:
    wanted = printable(text).strip()
    made = f"| a | b |\n| --- | --- |\n| {markdown.escaped(text)} | end |\n"
    assert rendered(made) == [["a", "b"], [wanted, "end"]]
    (item,) = re.findall(r"<li>(.*?)</li>", RENDERER.render(f"- {markdown.at_start(text)}\n"), flags=re.DOTALL) or [""]
    assert words(item) == wanted


def test_nobody_is_called():
    assert "@octocat" not in markdown.dumps(goldens.session())


def test_an_empty_session():
    header, *rows = rendered(markdown.dumps(SessionState()))
    assert header[0] == "model"
    assert rows == []
