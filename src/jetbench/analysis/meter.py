"""Readings of a meter that were recorded elsewhere: ``time,watts`` lines, to be aligned with a session afterwards."""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterable
from datetime import datetime

import msgspec

METHOD = "meter:csv"
SCOPE = "external meter, recorded elsewhere (what it was plugged into)"
MOST_WATTS = 100_000.0
# Seconds below this count from the start of the run, above it from 1970.
EPOCH_FROM = 100_000_000.0


class MeterSeries(msgspec.Struct):
    """Watts over time, ascending. ``t`` is in ns: since 1970, or since the start of the run where ``relative``."""

    t: array[int] = msgspec.field(default_factory=lambda: array("q"))
    watts: array[float] = msgspec.field(default_factory=lambda: array("d"))
    relative: bool = False
    refused: int = 0  # lines that are no reading


def parse(lines: Iterable[str]) -> MeterSeries:
    """Raises ValueError, one sentence, where there are not two readings or two kinds of time are mixed."""
    readings: list[tuple[int, float]] = []
    kinds: set[bool] = set()
    series = MeterSeries()
    for number, row in enumerate(csv.reader(line.replace("\0", "") for line in lines)):
        if not any(row):
            continue
        try:
            time, relative = _time(row[0].strip())
            readings.append((time, _watts(row[1])))
        except (ValueError, IndexError):
            series.refused += number > 0  # the first line may be a heading
            continue
        kinds.add(relative)
    if len(readings) < 2:
        raise ValueError("fewer than two lines of time,watts")
    if len(kinds) > 1:
        raise ValueError("times since 1970 and times since the start of the run are mixed")
    readings.sort()
    series.relative = kinds.pop()
    series.t.extend(time for time, _ in readings)
    series.watts.extend(watts for _, watts in readings)
    return series


def _time(word: str) -> tuple[int, bool]:
    """Nanoseconds, and whether they count from the start of the run. Without a zone a time is this computer's."""
    try:
        seconds = float(word)
    except ValueError:
        stamp = datetime.fromisoformat(word[:-1] + "+00:00" if word[-1:] in "Zz" else word)
        return round(stamp.timestamp() * 1e6) * 1000, False
    if not -EPOCH_FROM < seconds < 1e11:
        raise ValueError(word)
    return round(seconds * 1e6) * 1000, seconds < EPOCH_FROM


def _watts(word: str) -> float:
    watts = float(word.strip().removesuffix("W"))
    if not math.isfinite(watts) or not 0 <= watts <= MOST_WATTS:
        raise ValueError(word)
    return watts
