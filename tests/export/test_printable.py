"""What of a name may reach a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from jetbench.domain.text import MAX_TEXT, printable, shortened
from jetbench.tui.text import shortened as shortened_cells


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("resnet18", "resnet18"),
        ("modèle 模型 ±", "modèle 模型 ±"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jx", "x"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("\x1bcx", "x"),
        ("\x1b", ""),
        ("a\tb\r\nc\u2028d", "a b c d"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\x00\x07\x08b", "ab"),
        ("\ud800x", "x"),
        ("", ""),
    ],
)
def test_examples(raw, text):
    assert printable(raw) == text


@given(st.text(st.characters(), max_size=200))
def test_nothing_that_steers_is_left(raw):
    shown = printable(raw)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    assert printable(shown) == shown


@given(st.text(max_size=3000), st.integers(1, 50))
def test_length(raw, limit):
    assert len(printable(raw, limit)) <= limit
    assert len(printable(raw)) <= MAX_TEXT


def test_a_megabyte_is_not_looked_through():
    assert len(printable("\x1b[31m" * 10**6 + "x")) <= MAX_TEXT


def test_other_things_are_said_as_text():
    assert printable(5) == "5"
    assert printable(ValueError("a\nb")) == "a b"


@given(st.text(max_size=80), st.integers(2, 60))
def test_the_end_of_a_long_name_is_kept(name: str, limit: int) -> None:
    short, whole = shortened(name, limit), printable(name)
    assert len(short) == min(limit, len(whole))
    more = short.find("\N{HORIZONTAL ELLIPSIS}", limit // 4)
    assert short == whole or (whole.startswith(short[:more]) and whole.endswith(short[more + 1 :]))
    assert cell_len(shortened_cells(whole, limit)) <= limit


@pytest.mark.parametrize("width", [0, -1])
def test_where_there_is_no_room_there_is_no_name(width: int) -> None:
    assert shortened_cells("mobilenet_v3_small", width) == ""
