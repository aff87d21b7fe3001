"""One case of two sessions, or two cases of one: by how much they differ, and whether that is more than chance.

Everything is ``other`` over ``base``: a ratio of latencies above 1 means that ``other`` is slower. The region of
practical equivalence is 1 / (1 + zone) to 1 + zone, so that a verdict turns into its opposite when the sides are
swapped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, groupby

import msgspec

from jetbench.analysis import bootstrap, paired, power_error
from jetbench.analysis.bootstrap import Interval, Sample
from jetbench.analysis.comparability import same_board
from jetbench.analysis.effect_size import Effect, effect, spaced
from jetbench.analysis.latency import percentile
from jetbench.domain.events import Board, Case
from jetbench.domain.observed import COUNTS, ObservedCase
from jetbench.domain.results import CaseResult, PowerResult

ZONE = 0.02
FASTER, SLOWER, SAME, UNCLEAR = "FASTER", "SLOWER", "SAME", "UNCLEAR"
OPPOSITE = {FASTER: SLOWER, SLOWER: FASTER, SAME: SAME, UNCLEAR: UNCLEAR}
DEPENDENCE = 30  # passes below which it can hardly be told how far they hang together
_Z = 1.959963984540054

Key = tuple[str, str, str, int, tuple[int, ...] | None]  # model, variant, device, batch, (height, width)
NAMES = ("A", "B")  # of base and other, in words


class Side(msgspec.Struct, frozen=True):
    """One case as it was measured: its result, and as many of its passes as a comparison looks at."""

    case: Case
    result: CaseResult
    board: Board | None
    sample: Sample  # by round, for the interval of the median
    passes: Sequence[float]  # at most some thousands, for the effect and the p99; ns
    rounds: tuple[int, ...] = ()  # number of passes of each


class Ratio(msgspec.Struct, frozen=True):
    """Of one figure. ``u``: relative expanded uncertainty (k = 2); None where it is not known.

    ``differs``: the difference is larger than twice the root sum of squares of both standard uncertainties.
    ``value`` is None where ``reason`` says why.
    """

    value: float | None = None
    u: float | None = None
    differs: bool | None = None
    reason: str | None = None


class Pair(msgspec.Struct, frozen=True):
    """``verdict`` is None where ``reason`` says why they cannot be compared."""

    base: Side
    other: Side
    zone: float
    verdict: str | None
    reason: str | None = None
    ratio: float | None = None  # of the medians
    interval: Interval | None = None
    effect: Effect | None = None
    figures: Mapping[str, Ratio] | None = None
    notes: tuple[str, ...] = ()
    accuracy: paired.Beside | None = None  # of labelled images, where a side was given some

    @property
    def wrong(self) -> tuple[bool | None, bool | None]:
        """Of base and other: whether the output is another one than that of fp32; None: not compared with it."""
        return _wrong(self.base), _wrong(self.other)

    @property
    def between_runs(self) -> bool:
        """Whether the interval holds what differs from run to run."""
        return self.interval is not None and self.interval.by_rounds


def _wrong(of: Side) -> bool | None:
    output = of.result.output
    return None if output is None or (output.error is None and not output.wrong) else output.wrong


def side(observed: ObservedCase, result: CaseResult, board: Board | None) -> Side:
    """What is kept of a case is small, however long it was measured."""
    counting = (observed.round[begin:end] for begin, end, purpose in observed.purpose.spans() if purpose == COUNTS)
    lengths = [sum(1 for _ in same) for _, same in groupby(chain.from_iterable(counting))]
    durations = observed.measured()
    rounds = [durations[end - length : end] for length, end in zip(lengths, accumulate(lengths), strict=True)]
    sampled, passes = bootstrap.sample(rounds), tuple(spaced(durations))
    return Side(observed.case, result, board, sampled, passes, tuple(lengths))


def key(of: Side) -> Key:
    """What has to agree for two cases to be the same one."""
    shape = of.result.model.input[2:] if of.result.model and len(of.result.model.input) == 4 else of.case.size
    case = of.case
    return case.model, case.variant, case.device, case.batch, tuple(shape) if shape else None


def compare(
    base: Side,
    other: Side,
    zone: float = ZONE,
    names: tuple[str, str] = NAMES,
    resamples: int = bootstrap.RESAMPLES,
) -> Pair:
    """All there is to say of two cases. ``names``: of the sides, in the notes."""
    one, two = base.result.latency, other.result.latency
    if one is None or two is None:
        return Pair(base, other, zone, None, _missing(base, other, names))
    if one.p50 <= 0 or two.p50 <= 0:
        return Pair(base, other, zone, None, "a median of 0: the passes are too short to be timed")
    ratio = two.p50 / one.p50
    interval = bootstrap.interval(base.sample, other.sample, ratio, resamples)
    few = f"fewer than {bootstrap.LEAST} passes on a side: no interval" if interval is None else None
    return Pair(
        base,
        other,
        zone,
        UNCLEAR if interval is None else verdict(interval, zone),
        few,
        ratio,
        interval,
        effect(base.passes, other.passes, _worth(base), _worth(other)),
        _figures(base, other),
        tuple(_notes(base, other, names)),
        paired.beside(base.result, other.result, names),
    )


def verdict(interval: Interval, zone: float) -> str:
    """Where the interval lies against the region of practical equivalence."""
    low, high = 1 / (1 + zone), 1 + zone
    if interval.low > high:
        return SLOWER
    if interval.high < low:
        return FASTER
    return SAME if interval.low >= low and interval.high <= high else UNCLEAR


def percent(ratio: float) -> float:
    """By how many percent a ratio is away from 1."""
    return 100 * (ratio - 1)


def _worth(of: Side) -> float | None:
    """Independent passes that the passes looked at are worth."""
    latency = of.result.latency
    if latency is None or latency.n_eff is None:
        return None
    return max(1.0, latency.n_eff * len(of.passes) / latency.n)


def _missing(base: Side, other: Side, names: tuple[str, str]) -> str:
    told = []
    for name, of in zip(names, (base, other), strict=True):
        if of.result.latency is None:
            told.append(f"{name} is {of.result.status}" + (f": {of.result.error}" if of.result.error else ""))
    return "; ".join(told)


def _notes(base: Side, other: Side, names: tuple[str, str]) -> Iterator[str]:
    """What a reader of the verdict has to know beside it."""
    fewest = min(len(base.rounds), len(other.rounds))
    if fewest < bootstrap.LEAST_ROUNDS:
        few = "two rounds tell little of it" if fewest == 2 else "one round does not tell it"
        yield f"variation between runs is unknown: {few} (--rounds {bootstrap.LEAST_ROUNDS})"
    for name, of in zip(names, (base, other), strict=True):
        yield from _of_side(name, of)
    models = [of.result.model.params if of.result.model else None for of in (base, other)]
    if None not in models and models[0] != models[1] and base.case.model == other.case.model:
        yield f"not the same model: {models[0]} parameters against {models[1]}"
    if base.case.batch != other.case.batch:
        yield f"batch {base.case.batch} against {other.case.batch}: a latency is that of a whole batch"
    powers = (base.result.power, other.result.power)
    if powers[0].block != powers[1].block and all(power.energy_j is not None for power in powers):
        yield "energy from the timed passes against energy from a block of passes (--energy)"


def _of_side(name: str, of: Side) -> Iterator[str]:
    passes = sum(of.rounds)
    if of.result.output is not None and of.result.output.wrong:
        yield f"{name} gives a WRONG OUTPUT: {of.result.output.words}"
    if of.result.status != "measured":
        yield f"{name} is {of.result.status}"
    if passes < DEPENDENCE:
        yield f"{passes} passes in {name}: fewer than {DEPENDENCE} hardly tell how far they hang together"
    if of.sample.block > 1:
        yield f"interval of {name} from medians of {of.sample.block} passes each"
    if passes > len(of.passes):
        yield f"effect of {name} from {len(of.passes)} of its passes, evenly spaced"
    grade = of.result.grade
    if grade is not None and grade.letter == "D" and grade.reasons:
        yield f"{name} has grade D: {grade.reasons[0]}"
    if of.result.trend.kind in ("slowdown", "unsteady", "warm-up"):
        yield f"{name} kept no level: {of.result.trend.kind}"
    if of.result.throttled is True:
        yield f"the board throttled during {name}"


# -- further figures


def _figures(base: Side, other: Side) -> dict[str, Ratio]:
    memory = _ratio((base.result.peak_memory_mib, None), (other.result.peak_memory_mib, None), "not_measured")
    throughput = _ratio(_throughput(base), _throughput(other), "not_measured")
    return {"p99": _p99(base, other), "throughput": throughput, "memory": memory, "energy": _energy(base, other)}


def _ratio(base: tuple[float | None, float | None], other: tuple[float | None, float | None], missing: str) -> Ratio:
    """Of two values with their standard uncertainties in their own unit; None: not known."""
    (one, u_one), (two, u_two) = base, other
    if one is None or two is None or one <= 0 or two <= 0:
        return Ratio(reason=missing)
    if u_one is None or u_two is None:
        return Ratio(two / one)
    relative = 2 * math.sqrt((u_one / one) ** 2 + (u_two / two) ** 2)
    return Ratio(two / one, relative, abs(two - one) > 2 * math.sqrt(u_one**2 + u_two**2))


def _throughput(of: Side) -> tuple[float | None, float | None]:
    """Items a second; the uncertainty is that of the mean latency."""
    value, latency = of.result.throughput_ips, of.result.latency
    if value is None or latency is None or latency.std is None or latency.mean <= 0:
        return value, None
    return value, value * latency.std / latency.mean / math.sqrt(latency.n_eff or latency.n)


def _p99(base: Side, other: Side) -> Ratio:
    found = []
    for of in (base, other):
        latency = of.result.latency
        if latency is None or not latency.supports(0.99):
            return Ratio(reason="needs_299_passes")
        ordered = sorted(of.passes)
        reach = _Z * math.sqrt(0.99 * 0.01 / (latency.n_eff or latency.n))
        low, high = (percentile(ordered, min(1.0, 0.99 + sign * reach)) * 1e-9 for sign in (-1, 1))
        found.append((latency.p99, (high - low) / (2 * _Z)))
    return _ratio(found[0], found[1], "not_measured")


def _energy(base: Side, other: Side) -> Ratio:
    """Of one item, gross. On one board with one sensor its gain and offset are in both and fall out."""
    powers = (base.result.power, other.result.power)
    for power in powers:
        if power.energy_j is None:
            return Ratio(reason=power.reason or "not_measured")
    one_sensor = same_sensor(base.board, other.board)
    found = [
        (power.energy_j, random_u(power, of.board) if one_sensor else _standard(power))
        for power, of in zip(powers, (base, other), strict=True)
    ]
    return _ratio(found[0], found[1], "not_measured")


def same_sensor(base: Board | None, other: Board | None) -> bool:
    """Whether power came from the same monitor of the same board, as far as they say."""
    if base is None or other is None or not same_board(base, other):
        return False
    return base.power.method is not None and base.power.method == other.power.method


def random_u(power: PowerResult, board: Board | None) -> float | None:
    """Standard uncertainty of the energy of an item without gain and offset of the monitor, J."""
    standard = _standard(power)
    if standard is None or power.energy_j is None or not power.power_w:
        return standard
    known = power_error.accuracy(board)
    gain = known.gain * power.energy_j / math.sqrt(3)
    offset = known.offset_w * power.energy_j / power.power_w / math.sqrt(3)
    return math.sqrt(max(0.0, standard**2 - gain**2 - offset**2))


def _standard(power: PowerResult) -> float | None:
    return None if power.energy_u_j is None else power.energy_u_j / power_error.COVERAGE
