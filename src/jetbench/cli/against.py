"""run --against FILE: each case of a run beside the same case of a recording, while it runs and as an exit status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import IO, Any

from jetbench.analysis import comparability, matching
from jetbench.analysis.comparability import Setting
from jetbench.analysis.comparison import FASTER, SAME, SLOWER, UNCLEAR, Pair, Side, compare, key, side
from jetbench.analysis.matching import Comparison, Session
from jetbench.analysis.paired import Beside
from jetbench.cli.compare import recorded, refuse, session, share
from jetbench.cli.errors import CliError
from jetbench.cli.session import fault_code, fault_error
from jetbench.cli.watch import THRESHOLD, Watch
from jetbench.domain.events import Case
from jetbench.domain.plan import Plan
from jetbench.domain.text import printable
from jetbench.session.state import SessionState
from jetbench.session.worker import SessionWorker

MARKS = {FASTER: "better", SAME: "same", SLOWER: "worse", UNCLEAR: "unclear"}
_BASE, _RUN = "A", "B"
_THIS_RUN = "this run"
_MOST_NAMED = 8


def against(given: Mapping[str, Any], plan: Plan) -> Against:
    """Raises CliError where the file has nothing to compare with."""
    base = recorded(given["against"], _BASE)
    if not any(_planned(case, each) for case in plan.cases() for each in base.sides):
        raise CliError(f"--against {base.name}: it holds none of the cases of this run")
    return Against(base, share(given["threshold"] or THRESHOLD), given["anyway"], quiet=given["as_json"])


def _planned(case: Case, of: Side) -> bool:
    """Whether a case of the plan may be that one; the device and the model's own size are known only when it runs."""
    model, variant, device, batch, shape = key(of)
    return (
        (case.model, case.variant, case.batch) == (model, variant, batch)
        and case.device in ("auto", device)
        and (case.size is None or shape in (None, tuple(case.size)))
    )


class Against(Watch):
    """Marks the cases of a run as they end, and knows afterwards whether one became worse."""

    def __init__(self, base: Session, zone: float, anyway: bool, *, quiet: bool) -> None:
        self.base = base
        self._zone = zone
        self._anyway = anyway
        self._quiet = quiet
        self._sides: dict[int, Side] = {}  # finished, by case
        self._result: Comparison | None = None

    def begin(self, worker: SessionWorker, plan: Plan) -> None:
        """Before the first case. Raises CliError where board or torch make it incomparable.

        Asking for the models imports torch, which the run would have done next, in the same process.
        """
        if self._anyway:
            return
        self._refuse(worker, plan)
        if worker.read(lambda state: state.software) is None:
            worker.request_models()
            worker.wait()
            if worker.snapshot().status == "lost":
                raise fault_error(worker.snapshot(), fault_code(worker))
            self._refuse(worker, plan)

    def _refuse(self, worker: SessionWorker, plan: Plan) -> None:
        known: Setting = worker.read(lambda state: Setting(state.board, state.software, None, plan.cases()))
        refuse(self.base, Session(_RUN, _THIS_RUN, known, ()))

    def update(self, worker: SessionWorker, stream: IO[str]) -> None:
        """A line for every case that has ended in all its rounds since the last look."""
        if self._quiet:
            return
        ended: list[Side] = worker.read(self._ended)
        for each in ended:
            self._sides[each.case.id] = each
            clear = "\r\x1b[2K" if stream.isatty() else ""
            stream.write(f"{clear}  {self._line(each)}\n")
        stream.flush()

    def finish(self, worker: SessionWorker, stream: IO[str]) -> None:
        """When the run is over: all cases, and whether it was one that can be compared."""
        self.update(worker, stream)
        run: Session = worker.read(lambda state: session(state, _RUN, _THIS_RUN))
        self._result = matching.across([self.base, run], self._zone, self._anyway)
        if self._told:
            stream.write(f"jetbench-tui: not comparable with {printable(self.base.name)}: {self._told}\n")

    @property
    def regressed(self) -> bool:
        """Whether a case is slower beyond the threshold; never told from a file that is not comparable."""
        return not self._told and any(pair.verdict == SLOWER for pair in self._pairs)

    def document(self) -> dict[str, Any]:
        """As in docs/compare.schema.json, with the number of regressions."""
        from jetbench.export.comparison import document

        assert self._result is not None, "finish comes first"
        worse = sum(pair.verdict == SLOWER for pair in self._pairs)
        return {"against": {**document(self._result), "regressions": 0 if self._told else worse}}

    def print_summary(self, stream: IO[str]) -> None:
        """Below the table: a line a case, the worst verdict first."""
        assert self._result is not None, "finish comes first"
        counts = Counter(_mark(pair) for pair in self._pairs)
        told = ", ".join(f"{counts[mark]} {mark}" for mark in _ORDER if counts[mark]) or "no case in common"
        print(f"\nagainst {printable(self.base.name)}, threshold {100 * self._zone:g} %: {told}", file=stream)
        first = self._pairs[0].notes if self._pairs else ()
        shared = [note for note in first if all(note in pair.notes for pair in self._pairs)]
        for pair in sorted(self._pairs, key=lambda pair: _ORDER.index(_mark(pair))):
            print(f"  {_name(pair.other)}: {_words(pair)}", file=stream)
            if pair.accuracy is not None:
                print(f"    {_accuracy(pair.accuracy)}", file=stream)
            own = [note for note in pair.notes if note not in shared]
            if own:
                print(f"    {'; '.join(map(printable, own))}", file=stream)
        for label, where in ((_RUN, f"not in {printable(self.base.name)}"), (_BASE, "not in this run")):
            alone = [_name(each) for owner, each in self._result.unmatched if owner == label]
            more = f" and {len(alone) - _MOST_NAMED} more" if len(alone) > _MOST_NAMED else ""
            if alone:
                print(f"  {where}: {', '.join(alone[:_MOST_NAMED])}{more}", file=stream)
        if self._told:
            print(f"  not comparable: {self._told}: no regression is told from it (--anyway does)", file=stream)
        elif self._differs:
            print(f"  NOT COMPARABLE, compared anyway: {self._differs}", file=stream)
        for note in shared:
            print(f"  {printable(note)}", file=stream)

    @property
    def _pairs(self) -> Sequence[Pair]:
        return self._result.pairs if self._result is not None else ()

    @property
    def _differs(self) -> str | None:
        """What makes it incomparable."""
        return comparability.refusal(self._result.differences[_RUN]) if self._result is not None else None

    @property
    def _told(self) -> str | None:
        """That, where it was not waved through."""
        return None if self._anyway else self._differs

    def _ended(self, state: SessionState) -> list[Side]:
        rounds = state.run.protocol.rounds if state.run is not None else 1
        found = []
        for result in state.case_results():
            record = state.records[result.case.id]
            over = state.run_end is not None or len(record.windows) >= rounds
            if over and result.latency is not None and result.case.id not in self._sides:
                found.append(side(record, result, state.board))
        return found

    def _line(self, of: Side) -> str:
        ended = list(self._sides.values())
        partners, _ = matching.matched(self.base.sides, ended)
        base = next((one for one, two in zip(self.base.sides, partners, strict=True) if two is of), None)
        if base is None:
            return f"{_name(of)}: not in {printable(self.base.name)}"
        return f"{_name(of)}: {_words(compare(base, of, self._zone))}, against {printable(self.base.name)}"


_ORDER = ("worse", "not compared", "unclear", "better", "same")


def _mark(pair: Pair) -> str:
    return MARKS[pair.verdict] if pair.verdict is not None else "not compared"


def _words(pair: Pair) -> str:
    from jetbench.export.comparison import change

    if pair.ratio is None or pair.interval is None:
        return f"{_mark(pair)}: {printable(pair.reason or '')}"
    return f"{_mark(pair)}: {change(pair.ratio, pair.interval.low, pair.interval.high)} %"


def _accuracy(found: Beside) -> str:
    from jetbench.export import beside

    told = beside.accuracy(found, (_BASE, _RUN))
    assert told is not None, "there is one"
    return str(told["text"])


def _name(of: Side) -> str:
    from jetbench.export.comparison import identity, said

    return said(identity(of))
