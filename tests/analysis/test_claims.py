"""Tables of somebody else: every row is kept, odd files are refused in a sentence, cells are read as people write."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis import claims

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NUMBER = st.floats(0, 1e13, allow_nan=False).map(repr) | st.integers(0, 10**12).map(str)
ROW = st.tuples(CELL, CELL | NUMBER, CELL | NUMBER)


def written(*rows: tuple[str, ...], heading: tuple[str, ...] = ("model", "params", "GFLOPs")) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([heading, *rows])
    return out.getvalue().encode()


@given(st.binary(max_size=400))
def test_whatever_it_is_it_raises_nothing_but_ValueError(data):
    for whole in (data, b"model,params,gflops\n" + data, b"params;MACs (M)\n" + data):
        try:
            assert claims.parse(whole)
        except ValueError as error:
            assert 0 < len(str(error)) < 200


@given(st.lists(ROW, min_size=1, max_size=8))
def test_no_row_and_no_figure_is_lost(rows):
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    if not kept:
        with pytest.raises(ValueError, match="no row"):
            claims.parse(written(*rows))
        return
    found = claims.parse(written(*rows))
    assert len(found) == len(kept)
    for claim, (_, params, flops) in zip(found, kept, strict=True):
        assert bool(claim.figures) == bool(flops.strip())
        assert bool(claim.params is not None or claim.params_raw) == bool(params.strip())
        for figure in claim.figures:
            assert figure.number is None or (figure.number >= 0 and figure.half >= 0)
    assert [claim.line for claim in found] == sorted(claim.line for claim in found)


@given(st.integers(0, 10**12), st.sampled_from(["", ",", " ", "_", "\u202f"]))
def test_a_count_is_read_exactly_however_its_thousands_are_set_apart(number, mark):
    cell = f"{number:,}".replace(",", mark)
    (claim,) = claims.parse(written(("net", cell, "")))
    assert (claim.params, claim.params_half) == (number, 0)


@pytest.mark.parametrize(
    "heading, cell, params, half",
    [
        ("params", "3504872", 3504872, 0),
        ("#Params", "3.5M", 3_500_000, 50_000),
        ("Params (M)", "3.50", 3_500_000, 5_000),
        ("Parameters (Millions)", "25.6", 25_600_000, 50_000),
        ("params", "25.6", 25_600_000, 50_000),  # there is no part of a parameter
        ("params", "2.5e7", 25_000_000, 500_000),
        ("num_params", "~1.2 B", 1_200_000_000, 50_000_000),
        ("params", "many", None, 0),
        ("params", "-5", None, 0),
        ("params", "9" * 30, None, 0),
    ],
)
def test_parameters(heading, cell, params, half):
    (claim,) = claims.parse(written(("net", cell), heading=("model", heading)))
    assert (claim.params, claim.params_half, claim.params_raw) == (params, half, cell)


@pytest.mark.parametrize(
    "heading, cell, kind, value, half",
    [
        ("GFLOPs", "0.31", "flops", 0.31e9, 0.005e9),
        ("FLOPs (G)", "0.31", "flops", 0.31e9, 0.005e9),
        ("gflops", ".5", "flops", 0.5e9, 0.05e9),
        ("GMACs", "1.83", "macs", 1.83e9, 0.005e9),
        ("MACs (M)", "300", "macs", 300e6, 0.5e6),
        ("mult-adds (billions)", "4.1", "macs", 4.1e9, 0.05e9),
        ("MMAdds", "300", "macs", 300e6, 0.5e6),
        ("macs", "300774272", "macs", 300774272, 0.5),
        ("GFLOPs", "300M", "flops", 300e6, 0.5e6),  # the cell knows better than the heading
        ("GFLOPs", "0.3 GMACs", "macs", 0.3e9, 0.05e9),
        ("flops", "6.02e8", "flops", 6.02e8, 0.5e6),
        ("GFLOPs", "0,31", "flops", 0.31e9, 0.005e9),
        ("MFLOPs", "1,830", "flops", 1830e6, 0.5e6),
        ("GFLOPs", "=1+1", "flops", None, 0.0),
        ("GFLOPs", "-0.3", "flops", None, 0.0),
        ("GFLOPs", "1e999", "flops", None, 0.0),
    ],
)
def test_figures(heading, cell, kind, value, half):
    (claim,) = claims.parse(written(("net", cell), heading=("model", heading)))
    (figure,) = claim.figures
    assert (figure.kind, figure.raw, figure.column) == (kind, cell, heading)
    assert (figure.value, figure.half) == (pytest.approx(value), pytest.approx(half))


def test_what_is_not_given_is_told_from_what_is_no_number():
    found = claims.parse(written(("a", "", "N/A"), ("b", "", "?"), ("c", "", "soon"), ("d", "", ""), ("e", "", "0.1")))
    assert [[figure.missing for figure in claim.figures] for claim in found] == [[True], [True], [False], [], [False]]


def test_semicolons_tabs_decimal_commas_a_byte_order_mark_and_lines_before_the_heading():
    text = "\ufeff\r\n\r\nname;Params;GFLOPs;GFLOP/s\r\nresnet18;11.689.512;1,83;900\r\n"
    (claim,) = claims.parse(text.encode())
    assert (claim.line, claim.model, claim.params) == (4, "resnet18", 11689512)
    assert [figure.value for figure in claim.figures] == [1.83e9]  # a throughput is no cost
    (claim,) = claims.parse(b"Model\tMACs (G)\nVGG-16\t15.5\n")
    assert (claim.model, claim.figures[0].value) == ("VGG-16", 15.5e9)


def test_input_and_batch_columns():
    rows = [
        ("a", "1", "8x3x224x160", ""),
        ("b", "1", "299", ""),
        ("c", "1", "(1, 3, 64, 64)", "4"),
        ("d", "1", "big", "x"),
    ]
    found = claims.parse(written(*rows, heading=("model", "gmacs", "input", "batch")))
    assert [(claim.size, claim.batch) for claim in found] == [
        ((224, 160), 8),
        ((299, 299), 1),
        ((64, 64), 4),
        (None, 1),
    ]


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"model,params\n", "no row"),
        (b"model,params\n , \n,\n", "no row"),
        (b"a,b\n1,2\n", "no column that says which model"),
        (b"model,latency\nresnet18,3\n", "nothing to check"),
        (b"gflops\n1\n", "which model"),
        (b"model,params\nx,1\0\n", "not a text file"),
        ("model,params\nr\u00e9seau,1\n".encode("latin-1"), "not UTF-8"),
        ("model,params\nx,1\n".encode("utf-16"), "not UTF-8"),
        (b"PK\x03\x04 a spreadsheet", "which model"),
        (b'model,params\n"x,1\n', "line 2"),
        (b"model,params\n" + b"x" * 200_000 + b",1\n", "line 2"),
        (b"model,params\n" + b"x,1\n" * (claims.MOST_ROWS + 1), "rows"),
        (b"model,params\n" + b"x" * claims.MOST_BYTES, "over 1 MiB"),
    ],
    ids=range(15),
)
def test_what_is_no_table(data, words):
    with pytest.raises(ValueError, match=words) as caught:
        claims.parse(data)
    assert "\n" not in str(caught.value)


def test_control_characters_do_not_get_far():
    (claim,) = claims.parse(written(("\x1b[31mred\x1b]0;title\x07", "1\x1b[2J", "\u202e1")))
    assert claim.model == "red"
    assert "\x1b" not in claim.params_raw + claim.figures[0].raw
