"""What is sent instead of a picture: it looks the same, and is less."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style

from jetbench.tui.shown import Shown

WIDTH, HEIGHT = 30, 6
COLOURS = st.sampled_from((None, "#d0d0d0", "#d7af5f", "red", "bright_blue", "color(208)"))
STYLES = st.builds(
    Style,
    color=COLOURS,
    bgcolor=COLOURS,
    **{name: st.booleans() for name in ("bold", "dim", "italic", "underline", "reverse", "strike")},
)
WORDS = st.one_of(
    st.sampled_from((" ", "     ", "a", "p95 12.3", "│", "⣿⣷", "e\u0301", "─" * 9, "\u0301")),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=8),
)
# Textual cuts no wide character in halves: the last row has them, at places of their own.
WIDE = st.sampled_from(("漢字", "漢 字", "abcd", "👩\u200d🔧漢"))
PLACED = st.tuples(st.integers(0, WIDTH - 20), st.integers(0, HEIGHT - 2), STYLES, WORDS)
SEGMENTS = st.lists(
    st.one_of(
        PLACED, PLACED, st.tuples(st.just(0), st.just(HEIGHT - 1), STYLES, WIDE.map(lambda text: text + " " * 9))
    ),
    min_size=1,
    max_size=8,
)
SYSTEMS = st.sampled_from((ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD))


def picture(segments: list[tuple[int, int, Style, str]], system: ColorSystem = ColorSystem.TRUECOLOR) -> str:
    """As Textual writes one: places, segments with all their colours, and the cursor in the corner."""
    parts = [f"\x1b[{y + 1};{x + 1}H" + style.render(text, color_system=system) for x, y, style, text in segments]
    return "".join(parts) + "\x1b[1;1H"


def seen(screen: pyte.Screen) -> list[list[tuple]]:
    """Of a blank only what can be seen of it."""
    rows = []
    for y in range(HEIGHT):
        cells = [screen.buffer[y][x] for x in range(WIDTH)]
        rows.append([
            (cell.data, "" if not cell.data.strip() and not cell.reverse else (cell.fg, cell.bold, cell.italics),
             cell.bg, cell.underscore, cell.strikethrough, cell.reverse) for cell in cells
        ])  # fmt: skip
    return rows


@given(st.lists(st.tuples(SEGMENTS, st.sampled_from(("", "", "aside", "foreign", "forget"))), max_size=5), SYSTEMS)
def test_it_looks_the_same(steps: list, system: ColorSystem) -> None:
    shown, whole, less = Shown(), pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
    wholes, lesses = pyte.Stream(whole), pyte.Stream(less)
    for segments, event in steps:
        data = {"aside": "\x1b[?25l\x1b]22;default\x07", "foreign": "\x1b[2J"}.get(event, "")
        if event == "forget":
            shown.forget()
        if data:
            assert shown.least(data) == data
            wholes.feed(data)
            lesses.feed(data)
        data = picture(segments, system)
        least = shown.least(data)
        wholes.feed(data)
        lesses.feed(least)
        assert seen(less) == seen(whole), (data, least)


RED, BOLD = Style(color="#ff0000", bgcolor="#121212"), Style(color="#ff0000", bgcolor="#121212", bold=True)


def test_what_stands_there_is_not_sent_again() -> None:
    shown = Shown()
    data = picture([(0, 0, RED, "p50 12.3 ms"), (0, 1, BOLD, "p95 14.1 ms")])
    assert shown.least(data)
    assert shown.least(data) == ""
    assert shown.least("\x1b[?1000h") == "\x1b[?1000h"  # paints nothing
    assert shown.least(data) == ""
    assert shown.least(picture([(0, 0, RED, "p50 12.4 ms")])) == "\x1b[1;8H\x1b[38;2;255;0;0;48;2;18;18;18m4\x1b[m"
    shown.forget()
    assert "p50 12.3 ms" in shown.least(data)


@pytest.mark.parametrize(
    "data", ["\x1b[2J", "\x1b[?1049h\x1b[J", "text\r\n", "\x1b[1;1Ha\tb", "\x1b[1;1H\x1b[31munreset"]
)
def test_what_is_no_picture_goes_through_and_ends_what_was_known(data: str) -> None:
    shown = Shown()
    known = picture([(0, 0, RED, "p50")])
    shown.least(known)
    assert shown.least(data) == data
    assert "p50" in shown.least(known)


def test_the_cursor_stays_where_something_is_typed() -> None:
    shown = Shown()
    typed = picture([(4, 2, RED, "12")])[:-6]
    assert shown.least(typed + "\x1b[3;7H").endswith("\x1b[3;7H")
    assert shown.least(typed + "\x1b[3;6H") == "\x1b[3;6H"
