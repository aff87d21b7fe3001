"""Which cases of several recordings are the same one, or which of one recording were named, and all their pairs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from jetbench.analysis import comparability, paired
from jetbench.analysis.comparability import Difference, Setting
from jetbench.analysis.comparison import NAMES, ZONE, Pair, Side, compare, key
from jetbench.domain.variants import refusal

_BATCH = re.compile(r"b[1-9]\d{0,5}")
_DEVICE = 2  # its place in a key
_SIZE = re.compile(r"\d{1,5}(x\d{1,5})?")


class Session(msgspec.Struct, frozen=True):
    """One recording, or the run that goes on."""

    label: str  # A is the baseline
    name: str
    setting: Setting
    sides: tuple[Side, ...]
    created: str | None = None
    status: str = ""
    member: str | None = None  # of a fleet: the board


class Row(msgspec.Struct, frozen=True):
    """A case of the baseline with what it is compared with: one for each other session, None where that lacks it."""

    base: Side
    others: tuple[Side | None, ...]
    pairs: tuple[Pair | None, ...]


class Comparison(msgspec.Struct, frozen=True):
    """``within``: cases of one session are compared; then a row is one of them, and all have the same ``base``."""

    sessions: tuple[Session, ...]
    rows: tuple[Row, ...]
    zone: float = ZONE
    anyway: bool = False
    within: bool = False
    boards: bool = False  # the sessions are the boards of one fleet: that they differ is what is asked about
    differences: Mapping[str, tuple[Difference, ...]] = msgspec.field(
        default_factory=dict
    )  # by label, from the baseline
    unmatched: tuple[tuple[str, Side], ...] = ()  # label, case that the baseline lacks, or that it alone has
    remarks: tuple[str, ...] = ()

    @property
    def comparable(self) -> bool:
        return not any(found.incomparable for each in self.differences.values() for found in each)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return tuple(pair for row in self.rows for pair in row.pairs if pair is not None)


def matched(base: Sequence[Side], other: Sequence[Side], boards: bool = False) -> tuple[list[Side | None], list[Side]]:
    """For each of ``base`` the same case of the other session, and what that has beyond.

    A case that occurs twice is matched with one of as many threads, else in order. ``boards``: of one plan, whose cases
    run on whatever device each board has.
    """
    left = list(other)
    found: list[Side | None] = []
    for one in base:
        same = [two for two in left if _same(one, two, boards)]
        partner = next((two for two in same if two.case.threads == one.case.threads), same[0] if same else None)
        left = [two for two in left if two is not partner]
        found.append(partner)
    return found, left


def _same(one: Side, two: Side, boards: bool) -> bool:
    """A case that was to have its model's own size and never ran does not know it, and fits any."""
    (*left, one_shape), (*right, two_shape) = key(one), key(two)
    if boards:
        del left[_DEVICE], right[_DEVICE]
    return left == right and (None in (one_shape, two_shape) or one_shape == two_shape)


def across(sessions: Sequence[Session], zone: float = ZONE, anyway: bool = False, boards: bool = False) -> Comparison:
    """Every case of the first session with the same case of each other one."""
    first, rest = sessions[0], sessions[1:]
    partners, unmatched = [], []
    for session in rest:
        found, beyond = matched(first.sides, session.sides, boards)
        partners.append(found)
        unmatched += [(session.label, side) for side in beyond]
    rows, alone = [], []
    for base, others in zip(first.sides, zip(*partners, strict=True), strict=True):
        if any(others):
            rows.append(_row(base, others, [session.label for session in rest], first.label, zone))
        else:
            alone.append((first.label, base))
    return Comparison(
        tuple(sessions),
        _for_all(rows),
        zone,
        anyway,
        boards=boards,
        differences={session.label: differences(first, session) for session in rest},
        unmatched=(*alone, *unmatched),
        remarks=tuple(dict.fromkeys(text for session in rest if (text := _unknown(first, session)) is not None)),
    )


def within(session: Session, sides: Sequence[Side], zone: float = ZONE) -> Comparison:
    """Cases of one session: the first of them with each other one."""
    base = sides[0]
    rows = [Row(base, (other,), (compare(base, other, zone, NAMES),)) for other in sides[1:]]
    return Comparison((session,), _for_all(rows), zone, within=True)


def _for_all(rows: Sequence[Row]) -> tuple[Row, ...]:
    """With the p of each paired test of accuracy for all of them together."""
    replace = msgspec.structs.replace
    tests = iter(paired.adjusted([pair.accuracy for row in rows for pair in row.pairs if pair is not None]))
    return tuple(
        replace(row, pairs=tuple(None if pair is None else replace(pair, accuracy=next(tests)) for pair in row.pairs))
        for row in rows
    )


def differences(base: Session, other: Session) -> tuple[Difference, ...]:
    return comparability.differences(base.setting, other.setting)


def _unknown(base: Session, other: Session) -> str | None:
    return comparability.unknown_mode(base.setting, other.setting)


def _row(base: Side, others: Sequence[Side | None], labels: Sequence[str], label: str, zone: float) -> Row:
    pairs = [
        None if other is None else compare(base, other, zone, (label, name))
        for other, name in zip(others, labels, strict=True)
    ]
    return Row(base, tuple(others), tuple(pairs))


# -- cases by what the user calls them


def fits(selector: str, side: Side) -> bool:
    """Whether a case is meant by MODEL[:VARIANT[:bN[:HxW]]]. A model may have colons of its own (net.py:build)."""
    model, variant, batch, size = _parts(selector)
    _, _, _, _, shape = key(side)
    return (
        side.case.model == model
        and variant in (None, side.case.variant)
        and batch in (None, side.case.batch)
        and (size is None or size == shape)
    )


def _parts(selector: str) -> tuple[str, str | None, int | None, tuple[int, int] | None]:
    """From the end on, what looks like a size, a batch and a variant is one."""
    words = selector.split(":")
    size = batch = variant = None
    if len(words) > 1 and _SIZE.fullmatch(words[-1]):
        numbers = [int(number) for number in words.pop().split("x")]
        size = (numbers[0], numbers[-1])
    if len(words) > 1 and _BATCH.fullmatch(words[-1]):
        batch = int(words.pop()[1:])
    if len(words) > 1 and refusal(words[-1]) is None:
        variant = words.pop()
    return ":".join(words), variant, batch, size
