"""Findings about what other packages add on the side that measures; nothing where they add nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jetbench.analysis.doctor import OK, WARNING, Finding, Told
from jetbench.domain.plugins import PROBLEM

_CAUSE = "the package is broken, or was made for another version"
_REMEDY = "mend or uninstall it, or leave out all that packages add: --no-plugins"


def findings(told: Told, problems: Sequence[str]) -> list[Finding]:
    """``problems``: those of the board, where sensors that could not be used are among others."""
    known = told["host"].facts.get("plugins") if "host" in told else None
    words = "; ".join(_kinds(known)) if isinstance(known, dict) else ""
    found = [Finding("plugins", "interpreter", OK, words)] if words else []
    wrong = [problem for problem in problems if problem.startswith(PROBLEM)]
    return found + [Finding("plugins", "interpreter", WARNING, problem, _CAUSE, _REMEDY) for problem in wrong]


def _kinds(known: Mapping[str, Any]) -> Iterator[str]:
    """``models: classic (jetbench-example 1.0)``."""
    for kind, named in known.items():
        if isinstance(named, dict) and named:
            each = [f"{name} ({by.get('package')} {by.get('version')})" for name, by in named.items()]
            yield f"{kind}: {', '.join(each)}"
