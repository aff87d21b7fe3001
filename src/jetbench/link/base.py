"""The protocol every source of events speaks: an agent of this machine, or of one that ssh reaches; dask later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol


class LinkError(RuntimeError):
    """The source cannot be reached; the text is one line that says what to do."""

    hint: str | None = None  # a second line


class UnreachableError(LinkError):
    """What was asked for is right, and the other end does not answer, or cannot run an agent."""

    def __init__(self, text: str, hint: str | None = None, *, lasting: bool = False, can_ask: bool = False) -> None:
        super().__init__(text)
        self.hint = hint
        self.lasting = lasting  # trying again will not help
        self.can_ask = can_ask  # a person could answer what ssh would ask


class Far(Protocol):
    """What a link knows of an agent on another machine."""

    host: str  # as it was named
    boot: str | None  # what tells this boot of it from any other

    def now(self) -> int:
        """CLOCK_MONOTONIC over there, as far as it is known, nanoseconds."""
        ...

    def trouble(self) -> str | None:
        """What is wrong with the line just now; None while it holds."""
        ...

    def in_order(self) -> bool:
        """Whether the stream is over because all of a session was said."""
        ...

    def may_go_on(self) -> bool:
        """Whether what was begun there may still go on, as far as is known, although the stream is over."""
        ...

    def leave(self) -> bool:
        """When the link is closed, what goes on there goes on. False where it cannot."""
        ...

    def plan(self) -> dict[str, Any]:
        """Of a session that was attached to: the plan of its newest run, as it was sent."""
        ...


class Link(Protocol):
    @property
    def far(self) -> Far | None:
        """None: the other end runs on this machine."""
        ...

    def lines(self) -> Iterator[bytes]:
        """Lines of the stream, without their ends, until it is over. Blocks; one thread reads."""
        ...

    def prints(self) -> Iterator[bytes]:
        """What the other end writes to its stderr, by lines. Blocks; one thread reads."""
        ...

    def send(self, command: dict[str, Any]) -> None:
        """Any thread; a command to a link that is gone is dropped."""
        ...

    def hold(self) -> bool:
        """This process will be stopped: keep the lines until ``release``, so that the other end need not wait.

        False where that cannot be. Lines that were held come before those of later.
        """
        ...

    def release(self) -> None:
        """The end of ``hold``, or nothing."""
        ...

    def close(self) -> None:
        """End the other end and all it started; returns when it is gone."""
        ...

    def describe_end(self) -> str:
        """Why the stream is over, as far as it is known."""
        ...
