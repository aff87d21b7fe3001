"""The results of a fleet as one document: its boards, their cases with the board of each, and the boards none beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from jetbench.analysis import across
from jetbench.analysis.duty import DutyCycle
from jetbench.domain.text import printable
from jetbench.export.document import document
from jetbench.export.values import text
from jetbench.session.fleet_load import Part


class Told(msgspec.Struct, frozen=True):
    """A board with its results document; None where it was never reached."""

    part: Part
    made: dict[str, Any] | None

    @property
    def name(self) -> str:
        return self.part.name


def told(parts: Sequence[Part], duty: DutyCycle | None = None) -> tuple[Told, ...]:
    return tuple(Told(part, document(part.session, duty) if part.session is not None else None) for part in parts)


def fleet_document(boards: Sequence[Told]) -> dict[str, Any]:
    """Every board as of ``results.schema.json`` but for its cases, which stand in one list, by case and then board."""
    return {
        "boards": [_board(each) for each in boards],
        "cases": cases(boards),
        "unbeaten": [_front(row, boards) for row in rows(boards)],
    }


def _board(each: Told) -> dict[str, Any]:
    member = each.part.member
    about = {name: text(getattr(member, name)) for name in ("kind", "address", "power_group")}
    results = None if each.made is None else {key: value for key, value in each.made.items() if key != "cases"}
    return {
        "name": each.name,
        **about,
        "state": each.part.state,
        "trouble": text(each.part.trouble),
        "results": results,
    }


def cases(boards: Sequence[Told]) -> list[dict[str, Any]]:
    """Every case with the name of its board: those of one case together, in the order of the plan."""
    order = {row.key: number for number, row in enumerate(rows(boards))}
    found = []
    for place, each in enumerate(boards):
        if each.part.session is not None and each.made is not None:
            results = each.part.session.case_results()
            for result, case in zip(results, each.made["cases"], strict=True):
                found.append((order[across.key(result.case)], place, {"board": each.name, **case}))
    return [case for _, _, case in sorted(found, key=lambda item: item[:2])]


def rows(boards: Sequence[Told]) -> tuple[across.Row, ...]:
    sessions = (each.part.session for each in boards)
    return across.rows([session.case_results() if session is not None else () for session in sessions])


def _front(row: across.Row, boards: Sequence[Told]) -> dict[str, Any]:
    found = across.unbeaten(row.results)
    return {
        "case": printable(row.name),
        "axes": [measure.key for measure in across.axes(row.results)],
        "compared": [boards[place].name for place in sorted(found.compared)],
        "best": [boards[place].name for place in sorted(found.best)],
    }
