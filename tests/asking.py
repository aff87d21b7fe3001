"""The agent without a screen: a command goes in, its events come out, as the screen side reads them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.link.base import Link
from jetbench.link.local import LocalLink

Kind = TypeVar("Kind", bound=ev.Event)


@contextlib.contextmanager
def agent(python: str | None = None) -> Iterator[LocalLink]:
    link = LocalLink(python)
    try:
        yield link
    finally:
        link.close()


def ask(link: Link, **command: Any) -> list[ev.AnyEvent]:
    """All events until the agent is ready again; fails where the stream ends before."""
    link.send(command)
    found: list[ev.AnyEvent] = []
    for line in link.lines():
        if line.strip():
            found.append(ev.decode(line))
        if found and isinstance(found[-1], ev.Ready):
            return found
    printed = b"\n".join(link.prints()).decode("utf-8", "replace")
    raise AssertionError(f"{link.describe_end()}; its last events: {found[-3:]}; it printed: {printed}")


def run(link: Link, plan: Plan) -> list[ev.AnyEvent]:
    """A run, with every field of the plan said: the agent has no schema."""
    return ask(link, op="run", cases=_said(plan.cases()), protocol=_said(plan.protocol()), screen=False)


def of(events: list[ev.AnyEvent], kind: type[Kind]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def _said(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {name: _said(getattr(value, name)) for name in value.__struct_fields__}
    return [_said(item) for item in value] if isinstance(value, tuple) else value
