"""The pure parts: axes, bars, lines, words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from jetbench.tui import bindings, glyphs
from jetbench.tui.draw import axis, bars, series
from jetbench.tui.row import Row
from jetbench.tui.text import clip, clock, left, si, significant, wrap
from jetbench.tui.widgets.bars import fitting
from jetbench.tui.widgets.models import scrolled

FINITE = st.floats(min_value=0, max_value=1e6, allow_nan=False)


@given(FINITE, FINITE, st.integers(1, 30))
def test_an_axis_holds_its_values_between_ticks(a, b, most):
    low, high = sorted((a, b))
    made = axis.axis(low, high, most)
    assert made.low <= low + 1e-6 * max(1, low) and made.high >= high - 1e-6 * max(1, high)
    assert made.low < made.high and 2 <= len(made.ticks()) <= most + 3


@given(st.floats(0, 1e5))
def test_what_is_left_is_never_no_time(seconds):
    assert left(seconds) != "0:00 left" and (left(seconds) == "about to end") == (seconds <= 0.5)


@pytest.mark.parametrize(("step", "label"), [(0.5, "1.5"), (0.25, "1.50"), (2.5, "1.5"), (10, "2"), (0.02, "1.50")])
def test_labels_have_the_digits_the_step_needs(step, label):
    assert axis.Axis(0, 10, step).label(1.5) == label


@given(st.lists(FINITE, min_size=1, max_size=40), st.integers(1, 12))
def test_what_is_there_shows_and_what_is_not_does_not(values, height):
    for levels in (glyphs.BRAILLE.levels, glyphs.ASCII.levels):
        drawn = bars.columns(values, max(values), height, levels)
        assert len(drawn) == height and {len(line) for line in drawn} == {len(values)}
        for value, cell in zip(values, drawn[-1], strict=True):
            assert (cell != " ") == (value > 0)


@given(st.lists(st.one_of(st.none(), FINITE), max_size=60), st.integers(1, 8))
def test_a_line_keeps_its_gaps(values, height):
    buckets = [None if value is None else (value, value) for value in values]
    for kind in (glyphs.BRAILLE, glyphs.BLOCK, glyphs.ASCII):
        drawn = series.line(buckets, height, 0, 1e6, kind)
        assert len(drawn) == height
        if not kind.braille:
            for column, bucket in zip(zip(*drawn, strict=True), buckets, strict=False):
                assert (set(column) != {" "}) == (bucket is not None)


@given(st.text(max_size=80), st.integers(0, 40))
def test_a_row_is_never_wider_and_never_unprintable(text, width):
    row = Row(width).put(text).end(text).fit(text, 10)
    assert cell_len(row.text) <= width
    assert all(ch.isprintable() or ch == "\u00a0" or ch.isspace() for ch in row.text)
    assert "\x1b" not in row.text


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), max_size=200),
    st.integers(4, 60),
)
def test_wrapping_loses_no_word_and_fits(text, width):
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_words():
    assert [significant(v) for v in (0.8123, 7.984, 41.23, 412.3, 1234.5)] == ["0.81", "7.98", "41.2", "412", "1234"]
    assert si(11_689_512) == "11.7 M" and si(1_814_073_344) == "1.81 G"
    assert (clock(12), clock(226), clock(3723)) == ("0:12", "3:46", "1:02:03")
    assert clip("mobilenet_v3_small", 10) == "mobilenet…"


@pytest.mark.parametrize("top", [0, 5, 50])
def test_the_cursor_is_always_in_view(top):
    for begin in range(30):
        new = scrolled(top, begin, begin + 1, 30, 7)
        assert new <= begin < new + 7 and 0 <= new <= 23


def test_every_key_once_and_in_the_table():
    ids = [key.id for key in bindings.KEYS]
    used = [one for key in bindings.KEYS for one in key.keys.split(",")]
    assert len(set(ids)) == len(ids) and len(set(used)) == len(used)
    table = bindings.markdown()
    assert all(f"`{key.shown}`" in table for key in bindings.KEYS)


def test_the_key_bar_keeps_the_most_important():
    narrow = [key.id for key in fitting(30)]
    assert "quit" in narrow and "start" in narrow
    assert sum(len(key.shown) + len(key.label) + 3 for key in fitting(78)) <= 78


@pytest.mark.parametrize(
    ("env", "encoding", "name"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", "braille"),
        ({"TERM": "xterm-256color"}, "ascii", "ascii"),
        ({"TERM": "xterm-256color"}, "ISO-8859-1", "ascii"),
        ({"TERM": "linux"}, "UTF-8", "ascii"),
        ({"TERM": "xterm-256color", "LC_ALL": "C", "LANG": "de_DE.UTF-8"}, "utf-8", "ascii"),
        ({"TERM": "xterm-256color", "LC_ALL": "", "LANG": "C.UTF-8"}, "utf-8", "braille"),
        ({"TERM": "screen"}, "utf8", "block"),
        ({"TERM": "tmux-256color"}, "utf-8", "braille"),
    ],
)
def test_signs_are_chosen_by_terminal_and_locale(env, encoding, name):
    assert glyphs.choose("auto", env, encoding).name == name
    assert glyphs.choose("block", env, encoding).name == "block"


def test_the_ascii_set_is_ascii():
    for name in glyphs.Glyphs.__slots__:
        value = getattr(glyphs.ASCII, name)
        assert not isinstance(value, str) or value.isascii()
