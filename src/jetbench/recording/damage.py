"""What a reader had to leave out of a recording."""

from __future__ import annotations

import msgspec


class Damage(msgspec.Struct):
    """Counted while a recording is read; complete when it has been read to its end."""

    lines: int = 0  # damaged lines, each left out
    unknown: int = 0  # lines of a kind this version does not know
    torn: int = 0  # bytes of a last line without its end: the writer was cut off
    first_offset: int | None = None  # of the first line left out
    first_reason: str | None = None
    stopped: str | None = None  # why nothing was read beyond a point

    def line(self, offset: int, reason: str) -> None:
        self.lines += 1
        self._first(offset, reason)

    def kind(self, offset: int, name: str) -> None:
        self.unknown += 1
        self._first(offset, f"unknown kind {name!r}")

    def stop(self, offset: int, reason: str) -> None:
        """Nothing after ``offset`` can be read."""
        self.stopped = f"all after byte {offset}: {reason[:200]}"

    def _first(self, offset: int, reason: str) -> None:
        if self.first_offset is None:
            self.first_offset, self.first_reason = offset, reason[:200]

    def __bool__(self) -> bool:
        return bool(self.lines or self.unknown or self.torn or self.stopped)

    def text(self) -> str | None:
        """One line for a person; None when nothing was left out."""
        parts = []
        if self.lines:
            parts.append(f"{self.lines} damaged line{'s' * (self.lines > 1)}")
        if self.unknown:
            parts.append(f"{self.unknown} line{'s' * (self.unknown > 1)} of an unknown kind")
        if self.torn:
            parts.append(f"an incomplete last line ({self.torn} bytes)")
        if self.stopped:
            parts.append(self.stopped)
        if not parts:
            return None
        where = "" if self.first_offset is None else f"; the first at byte {self.first_offset}: {self.first_reason}"
        return "left out: " + ", ".join(parts) + where
