"""The list of models and, once there was a run, of its cases: what stands in pane 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from jetbench.domain.events import ModelEntry
from jetbench.domain.results import CaseResult
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy

FILES = (".pt", ".pth", ".pt2", ".onnx", ".bin")


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


def written(text: str) -> bool:
    """Whether it may name a model that no list holds: of a library, a file, code of the user."""
    source, _, model = text.partition(":")
    return bool(source and model) or text.endswith(FILES)


def names(snapshot: Snapshot, planned: Sequence[str], picked: Sequence[str], words: str) -> list[str]:
    """Models of the run, then of the plan, then what was typed and picked, then all others; in a run only its own,
    unless one filters. What is typed and in no list stands alone, to be picked as it is written.
    """
    measured = [result.case.model for result in snapshot.cases]
    listed = {entry.name for entry in snapshot.models}
    first = list(dict.fromkeys([*measured, *planned, *(name for name in picked if name not in listed)]))
    if busy(snapshot) and measured and not words:
        return list(dict.fromkeys(measured))
    pinned = set(first)
    rest = [entry.name for entry in snapshot.models if entry.name not in pinned]
    wanted = words.lower().split()
    found = [name for name in (*first, *rest) if all(word in name.lower() for word in wanted)]
    typed = words.strip()
    own = written(typed) and not busy(snapshot) and not any(name.startswith(typed) for name in found)
    return [*found, typed] if own else found


def entries(snapshot: Snapshot, planned: Sequence[str], picked: Sequence[str], words: str = "") -> list[Entry]:
    return list(_entries(snapshot, planned, picked, words))


def _entries(snapshot: Snapshot, planned: Sequence[str], picked: Sequence[str], words: str) -> Iterator[Entry]:
    known = {entry.name: entry for entry in snapshot.models}
    cases: dict[str, list[CaseResult]] = {}
    for result in snapshot.cases:
        cases.setdefault(result.case.model, []).append(result)
    chosen = set(picked)
    for name in names(snapshot, planned, picked, words):
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
