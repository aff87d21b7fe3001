"""A session as Chrome trace events, which Perfetto and chrome://tracing open. Streamed: no session is too long.

Cases, stages and passes are slices, a track each for every round; throttled spells, too; readings of the board are
counters, log lines instants. Time stamps are microseconds since the start of the run. What was over before it is left
out and what reached into it is cut there, because Perfetto drops what lies below 0.
"""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from jetbench.analysis.flags import WORDS
from jetbench.domain import events as ev
from jetbench.domain.text import printable
from jetbench.export import telemetry, typed
from jetbench.export.document import simulated
from jetbench.export.files import replacing_bytes
from jetbench.recording import reader
from jetbench.session.state import SessionState

# A process is a group of tracks. No track has the number of a process: Perfetto would call it its main thread.
RUN, BOARD = 1, 2
LOG, SHARED, THROTTLING, MISSING = 3, 4, 5, 6
CASES, STAGES, PASSES = 10, 11, 12  # of the first round; 10 further for each round
_LEVELS = {CASES: "cases", STAGES: "stages", PASSES: "passes"}
_TRACKS = {
    LOG: (RUN, "log"),
    SHARED: (RUN, "shared by all cases"),
    THROTTLING: (BOARD, "throttling"),
    MISSING: (BOARD, "readings that are missing"),
}
COUNTERS = ("power", "temperature", "clock", "load")
_SPENT = ("major_faults", "swap_in_kib", "read_kib", "cache_kib")
_MANY = 2000  # events written at once


def write(path: Path, state: SessionState, recording: Path) -> None:
    """Packed with gzip where the name ends in .gz. Raises ExportError, and RecordingError for the recording."""
    with replacing_bytes(path) as raw, _packed(raw, path) as file:
        head = json.dumps({"displayTimeUnit": "ms", "otherData": _about(state)})
        file.write(f'{head[:-1]}, "traceEvents": [\n'.encode())
        events = _events(state, recording)
        file.write(next(events).encode())
        while some := list(islice(events, _MANY)):
            file.write("".join(f",\n{event}" for event in some).encode())
        file.write(b"\n]}\n")


@contextlib.contextmanager
def _packed(file: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    """Without a name and a time in it: the same session makes the same bytes."""
    if path.suffix.lower() != ".gz":
        yield file
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed:
        yield cast(IO[bytes], packed)


def _about(state: SessionState) -> Mapping[str, Any]:
    return {**typed.about(state), "flags": ", ".join(f"{letter} {words}" for letter, words in WORDS.items())}


def _events(state: SessionState, recording: Path) -> Iterator[str]:
    """Metadata, the passes of the state, then everything else as the recording tells it."""
    model = printable((state.board.model if state.board else None) or "N/A")
    made_up = "" if not simulated(state.board) or model.startswith("SIMULATED") else "SIMULATED "
    yield _name("process_name", RUN, None, "run")
    yield _name("process_name", BOARD, None, f"board: {made_up}{model}")
    for track, (process, title) in _TRACKS.items():
        yield _name("thread_name", process, track, title)
    rounds: set[int] = set()
    yield from _passes(state, rounds)
    yield from _told(state, recording, rounds)
    for r in sorted(rounds):
        for level, title in _LEVELS.items():
            yield _name("thread_name", RUN, level + 10 * r, f"round {r + 1}: {title}")


def _passes(state: SessionState, rounds: set[int]) -> Iterator[str]:
    begin = typed.begin(state)
    for case_id, record, flagged in typed.samples(state):
        rounds.update(record.round)
        passes = zip(record.round, record.index, record.start, record.duration, flagged, strict=True)
        for r, index, start, duration, flags in passes:
            if start >= begin:
                yield (
                    f'{{"ph":"X","cat":"pass","name":"{f"pass [{flags}]" if flags else "pass"}","pid":{RUN},'
                    f'"tid":{PASSES + 10 * r},"ts":{_us(start - begin)},"dur":{_us(duration)},'
                    f'"args":{{"case":{case_id},"index":{index},"flags":"{flags}"}}}}'
                )


def _told(state: SessionState, recording: Path, rounds: set[int]) -> Iterator[str]:
    begin, end = typed.begin(state), max(state.t, typed.begin(state))
    metered = telemetry.with_meter(state)
    spans, readings = _Spans(state.records, begin, rounds), _Readings(state.board, begin)
    for _, event in reader.events(recording):
        if isinstance(event, ev.Telemetry):
            yield from readings.of(metered(event))
            continue
        if isinstance(event, ev.Log | ev.Rule | ev.Fault | ev.Part) and event.t >= begin:
            yield _instant(LOG, event.t - begin, *_said(event))
        yield from spans.of(event)
    yield from spans.rest(end)


def _said(event: ev.Log | ev.Rule | ev.Fault | ev.Part) -> tuple[str, dict[str, Any]]:
    if isinstance(event, ev.Log):
        return event.text, {"level": printable(event.level, 20), "source": printable(event.source, 20)}
    if isinstance(event, ev.Fault):
        return event.text, {"level": "error", "code": printable(event.code, 40)}
    if isinstance(event, ev.Part):
        return f"resumed: part {event.number + 1} of the session", {"level": "warning"}
    return f"{event.name}: {event.text}", {"level": "info", "case": event.c, "outcome": printable(event.outcome, 40)}


class _Spans:
    """What has a begin and an end: cases, stages and throttled spells that are going on."""

    def __init__(self, records: Mapping[int, Any], begin: int, rounds: set[int]) -> None:
        self._records, self._begin, self._rounds = records, begin, rounds
        self._case: ev.CaseStart | None = None
        self._stage: dict[bool, ev.Stage] = {}  # of the parent that all cases share, and of a case
        self._throttle = ev.Throttle()

    def of(self, event: ev.AnyEvent) -> Iterator[str]:
        if isinstance(event, ev.CaseStart):
            yield from self._end_case(event.t, None)
            self._case = event
        elif isinstance(event, ev.CaseEnd):
            yield from self._end_stage(False, event.t)
            yield from self._end_case(event.t, event)
        elif isinstance(event, ev.Stage):
            yield from self._stages(event)
        elif isinstance(event, ev.Throttle):
            yield from self._throttled(event.t)
            self._throttle = event
        elif isinstance(event, ev.Part):  # of a session that was resumed: nothing is known of the time between
            yield from self.rest(event.after)
            self._throttle = ev.Throttle()

    def rest(self, t: int) -> Iterator[str]:
        """What was going on when the recording, or a part of it, ended."""
        for shared in (True, False):
            yield from self._end_stage(shared, t)
        yield from self._end_case(t, None)
        yield from self._throttled(t)

    def _end_case(self, t: int, end: ev.CaseEnd | None) -> Iterator[str]:
        began, self._case = self._case, None
        c, r = (end.c, end.r) if end is not None else (began.c, began.r) if began is not None else (None, 0)
        if c is None or c not in self._records:
            return
        case = self._records[c].case
        name = f"{printable(case.model)} {printable(case.variant, 20)} b{case.batch} {printable(case.device, 20)}"
        args = {"case": c, "round": r + 1, "status": printable(end.status, 20) if end else "interrupted"}
        if end is not None:
            args |= {key: printable(getattr(end, key)) for key in ("stop", "error", "cause") if getattr(end, key)}
        self._rounds.add(r)
        since = began.t if began is not None else t  # refused before it began
        yield from self._slice(RUN, CASES + 10 * r, "case", name, since, t, args)

    def _stages(self, event: ev.Stage) -> Iterator[str]:
        shared = event.c is None
        if event.ns is None:
            yield from self._end_stage(shared, event.t)
            self._stage[shared] = event
            return
        if shared in self._stage and self._stage[shared].name == event.name:
            del self._stage[shared]
        spent = {key: getattr(event, key) for key in _SPENT if getattr(event, key) is not None}
        yield from self._of_stage(event, event.t - event.ns, event.t, spent)

    def _end_stage(self, shared: bool, t: int) -> Iterator[str]:
        """A stage that began and was never told to be over: its child died in it."""
        event = self._stage.pop(shared, None)
        if event is not None:
            yield from self._of_stage(event, event.t, t, {"unfinished": True})

    def _of_stage(self, event: ev.Stage, begin: int, end: int, args: dict[str, Any]) -> Iterator[str]:
        if event.c is None:
            yield from self._slice(RUN, SHARED, "stage", event.name, begin, end, args)
        else:
            self._rounds.add(event.r)
            yield from self._slice(
                RUN, STAGES + 10 * event.r, "stage", event.name, begin, end, {"case": event.c, **args}
            )

    def _throttled(self, t: int) -> Iterator[str]:
        told = self._throttle
        if told.now is not True:
            return
        causes = [printable(cause, 60) for cause in told.active[:20]]
        args = {"active": causes, "notices": [printable(notice, 60) for notice in told.notices[:20]]}
        name = f"throttled: {', '.join(causes)}" if causes else "throttled"
        yield from self._slice(BOARD, THROTTLING, "throttled", name, told.t, t, args)

    def _slice(
        self, pid: int, tid: int, kind: str, name: str, begin: int, end: int, args: Mapping[str, Any]
    ) -> Iterator[str]:
        begin = max(begin, self._begin)
        if end >= begin:
            yield (
                f'{{"ph":"X","cat":"{kind}","name":{_text(name)},"pid":{pid},"tid":{tid},'
                f'"ts":{_us(begin - self._begin)},"dur":{_us(end - begin)},"args":{json.dumps(args)}}}'
            )


class _Readings:
    """A counter a channel. A counter cannot say that it has no value: that is said beside it, when it begins."""

    def __init__(self, board: ev.Board | None, begin: int) -> None:
        channels = board.channels if board is not None else ()
        self._begin = begin
        self._channels = [
            (place, channel, _text(channel.id), json.dumps(printable(channel.unit, 20) or "value"))
            for place, channel in enumerate(channels)
            if channel.quantity in COUNTERS
        ]
        self._missing: dict[int, str] = {}

    def of(self, row: ev.Telemetry) -> Iterator[str]:
        if row.t < self._begin:
            return
        ts = _us(row.t - self._begin)
        for place, channel, name, unit in self._channels:
            value, reason = telemetry.reading(row, place, channel)
            if value is not None:
                head = f'{{"ph":"C","cat":"{channel.quantity}","name":{name},"pid":{BOARD},"ts":{ts}'
                yield f'{head},"args":{{{unit}:{value!r}}}}}'
            elif self._missing.get(place) != reason:
                text = f"{channel.id} N/A: {reason}"
                yield _instant(MISSING, row.t - self._begin, text, {"reason": printable(reason)})
            self._missing[place] = reason


def _name(kind: str, pid: int, tid: int | None, name: str) -> str:
    track = "" if tid is None else f'"tid":{tid},'
    return f'{{"ph":"M","name":"{kind}","pid":{pid},{track}"args":{{"name":{_text(name)}}}}}'


def _instant(track: int, ns: int, text: str, args: Mapping[str, Any]) -> str:
    head = f'{{"ph":"i","s":"t","cat":"log","name":{_text(text)},"pid":{_TRACKS[track][0]},"tid":{track}'
    return f'{head},"ts":{_us(ns)},"args":{json.dumps(args)}}}'


def _text(words: str) -> str:
    return json.dumps(printable(words))


def _us(ns: int) -> str:
    """Nanoseconds, none below 0, as microseconds; exact."""
    return f"{ns // 1000}.{ns % 1000:03d}"
