"""The histogram of a whole case: its clean passes since its begin, folded as they come or cut at a moment."""

from __future__ import annotations

from bisect import bisect_right

from jetbench.analysis.flags import clean_so_far
from jetbench.analysis.folding import Folding
from jetbench.domain.bins import Bins
from jetbench.domain.observed import ObservedBoard, ObservedCase

MOST_CASES = 32  # whose foldings are kept for another round; of the others their passes are folded anew
STRIDE = 250_000  # passes between two foldings that are kept to look back from


class Whole:
    """Foldings of the cases of a run. What came since the last time is folded when it is asked for."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Folding, int]] = {}  # by case, with how many passes are in it

    def bins(self, record: ObservedCase, told: ObservedBoard) -> Bins | None:
        folding, done = self._kept.pop(record.case.id, (Folding(), 0))
        count = len(record.duration)
        folding.add(*clean_so_far(record, told, done, count))
        self._kept[record.case.id] = (folding, count)
        while len(self._kept) > MOST_CASES:
            del self._kept[next(iter(self._kept))]
        return folding.bins()

    def forget(self, case: int) -> None:
        """It is over, and there is no further round of it: its result has the bins."""
        self._kept.pop(case, None)

    def __len__(self) -> int:
        return len(self._kept)


class WholeBefore:
    """The same at an earlier moment: from the nearest folding before it, so that a long case is scrubbed as fast."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int, int], list[Folding]] = {}  # the i-th of a case: its first i * STRIDE passes

    def bins(self, record: ObservedCase, told: ObservedBoard, t: int, run: tuple[int, int]) -> Bins | None:
        """Of the passes that had begun by ``t``. ``run`` tells this run from others with the same cases."""
        last = bisect_right(record.start, t)
        kept = self._kept.setdefault((*run, record.case.id), [Folding()])
        while len(kept) <= last // STRIDE:
            done = (len(kept) - 1) * STRIDE
            further = kept[-1].copy()
            further.add(*clean_so_far(record, told, done, done + STRIDE))
            kept.append(further)
        begin = last // STRIDE
        folding = kept[begin].copy()
        folding.add(*clean_so_far(record, told, begin * STRIDE, last))
        return folding.bins()
