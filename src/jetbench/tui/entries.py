"""The list of models and, once there was a run, of its cases: what stands in pane 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from jetbench.domain.events import ModelEntry
from jetbench.domain.results import CaseResult
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy


class Entry(msgspec.Struct, frozen=True):
    """A line to stand on: a model, with its case where it has just one; or one of its several cases."""

    model: str
    picked: bool = False
    case: CaseResult | None = None
    known: ModelEntry | None = None
    head: bool = True  # the line that carries the model's name

    @property
    def key(self) -> tuple[str, int | None]:
        return self.model, None if self.head or self.case is None else self.case.case.id


def names(snapshot: Snapshot, planned: Sequence[str], words: str) -> list[str]:
    """Models of the run, then of the plan, then all others; in a run only its own, unless one filters."""
    measured = [result.case.model for result in snapshot.cases]
    first = list(dict.fromkeys([*measured, *planned]))
    if busy(snapshot) and measured and not words:
        return list(dict.fromkeys(measured))
    pinned = set(first)
    rest = [entry.name for entry in snapshot.models if entry.name not in pinned]
    wanted = words.lower().split()
    return [name for name in (*first, *rest) if all(word in name.lower() for word in wanted)]


def entries(snapshot: Snapshot, planned: Sequence[str], picked: Sequence[str], words: str = "") -> list[Entry]:
    return list(_entries(snapshot, planned, picked, words))


def _entries(snapshot: Snapshot, planned: Sequence[str], picked: Sequence[str], words: str) -> Iterator[Entry]:
    known = {entry.name: entry for entry in snapshot.models}
    cases: dict[str, list[CaseResult]] = {}
    for result in snapshot.cases:
        cases.setdefault(result.case.model, []).append(result)
    chosen = set(picked)
    for name in names(snapshot, planned, words):
        own = cases.get(name, [])
        head = Entry(name, name in chosen, own[0] if len(own) == 1 else None, known.get(name))
        yield head
        if len(own) > 1:
            yield from (Entry(name, head.picked, case, head.known, head=False) for case in own)


def sweep_label(result: CaseResult, others: Sequence[CaseResult]) -> str:
    """What tells a case from the others of its model: batch, size, variant; only where they differ."""
    case = result.case
    parts = []
    if len({other.case.variant for other in others}) > 1:
        parts.append(case.variant)
    if len({other.case.batch for other in others}) > 1:
        parts.append(f"batch {case.batch}")
    if len({other.case.size for other in others}) > 1 and case.size is not None:
        parts.append(f"{case.size[0]}x{case.size[1]}")
    return "  ".join(parts) or f"batch {case.batch}"
