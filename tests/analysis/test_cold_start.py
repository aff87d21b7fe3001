"""The sentence about the first pass: said where it answers a question, and only with what was recorded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis.cold_start import sentence, size
from jetbench.domain.results import LedgerEntry

PAGED = LedgerEntry("first", 149.2, major_faults=12_400, swap_in_kib=890 * 1024, read_kib=410 * 1024, cache_kib=0)
LOAD = LedgerEntry("load", 3.0, major_faults=77, read_kib=55 * 1024)


def test_a_first_pass_that_paged_is_told_with_every_figure_that_was_recorded():
    said = sentence((LOAD, PAGED), 0.21)
    assert said == (
        "first pass 149 s, steady 0.21 s: 99.9 % of it is start-up; meanwhile 12 400 major page faults, "
        "890 MiB swapped in by the whole system, 410 MiB read from a disk"
    )


def test_compiled_kernels_and_a_slow_second_pass_are_told():
    first = LedgerEntry("first", 6.0, major_faults=1, swap_in_kib=0, read_kib=0, cache_kib=12 * 1024)
    said = sentence((first, LedgerEntry("second", 1.4, major_faults=0), LedgerEntry("third", 0.05)), 0.05)
    assert said is not None and "99.2 % of it is start-up" in said
    assert "meanwhile 1 major page fault, 12 MiB of kernels compiled and cached" in said
    assert said.endswith("the second pass still took 1.4 s") and "swap" not in said and "read" not in said


def test_nothing_seen_and_nothing_known_are_two_things():
    clean = LedgerEntry("first", 5.0, major_faults=0, swap_in_kib=0, read_kib=0, cache_kib=0)
    partly = LedgerEntry("first", 5.0, major_faults=0)
    assert "meanwhile no major page faults, no swap-in, no reads from a disk" in (sentence((clean,), 0.2) or "")
    assert (sentence((partly,), 0.2) or "").endswith("meanwhile no major page faults")
    assert (sentence((LedgerEntry("first", 5.0),), 0.2) or "").endswith("what it was spent on was not recorded")


@pytest.mark.parametrize(
    ("ledger", "p50"),
    [
        ((), 0.2),  # no first pass
        ((LOAD,), 0.2),
        ((PAGED,), None),  # no steady pass to compare with
        ((PAGED,), 0.0),
        ((LedgerEntry("first", 0.5),), 0.2),  # not much longer
        ((LedgerEntry("first", 0.45),), 0.05),  # nine times as long, and nobody waited for it
    ],
)
def test_where_nobody_asks_nothing_is_said(ledger, p50):
    assert sentence(ledger, p50) is None


COUNTED = st.one_of(st.none(), st.integers(0, 1 << 40))


@given(st.floats(0.0, 1e5), st.floats(1e-6, 1e3), COUNTED, COUNTED, COUNTED, COUNTED)
def test_it_never_claims_all_of_it_nor_shows_a_zero(seconds, p50, faults, swap, read, cache):
    said = sentence((LedgerEntry("first", seconds, faults, swap, read, cache),), p50)
    if said is not None:
        assert "100 %" not in said and "100.0 %" not in said and "None" not in said
        assert " 0 " not in said and "\n" not in said
        assert ("swapped in" in said) == bool(swap) and ("read from" in said) == bool(read)


def test_sizes():
    assert [size(kib) for kib in (12, 1024, 911_360, 1_258_291)] == ["12 KiB", "1 MiB", "890 MiB", "1.2 GiB"]
