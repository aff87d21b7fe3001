"""Why a pass is not clean, told from what was observed: design, section 4."""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.domain.events import Board
from jetbench.domain.observed import ENERGY, WARMUP, ObservedBoard, ObservedCase


def of_passes(observed: ObservedCase, board: Board | None, told: ObservedBoard) -> Sequence[str]:  # noqa: ARG001
    """Flags of every pass, in the order of the columns: "" is clean, "W" a warm-up pass, "E" of the energy block."""
    return [{WARMUP: "W", ENERGY: "E"}.get(purpose, "") for purpose in observed.purpose]
