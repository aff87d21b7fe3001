"""The protocol every source of events speaks: a local agent now, ssh and dask later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol


class LinkError(RuntimeError):
    """The source cannot be reached; the text is one line that says what to do."""


class Link(Protocol):
    def lines(self) -> Iterator[bytes]:
        """Lines of the stream, without their ends, until it is over. Blocks; one thread reads."""
        ...

    def prints(self) -> Iterator[bytes]:
        """What the other end writes to its stderr, by lines. Blocks; one thread reads."""
        ...

    def send(self, command: dict[str, Any]) -> None:
        """Any thread; a command to a link that is gone is dropped."""
        ...

    def close(self) -> None:
        """End the other end and all it started; returns when it is gone."""
        ...

    def describe_end(self) -> str:
        """Why the stream is over, as far as it is known."""
        ...
