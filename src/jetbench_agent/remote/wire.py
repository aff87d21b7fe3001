"""Lines out of what was read so far, and messages beside the stream."""

import json
import os


class Lines(object):
    """Feed it what was read; a line over ``limit`` bytes is left out."""

    def __init__(self, limit):
        self._limit = limit
        self._rest = b""
        self._skips = False  # the rest of a line that was too long

    def feed(self, data):
        """Whole lines, without their ends."""
        parts = (self._rest + data).split(b"\n")
        self._rest = parts.pop()
        if self._skips and parts:
            del parts[0]
            self._skips = False
        if len(self._rest) > self._limit:
            self._rest, self._skips = b"", True
        return [part for part in parts if len(part) <= self._limit]


def say(message):
    """A message to the controller, which no event of the stream can be taken for: they begin with a brace."""
    write(b"#" + json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n")


def write(data):
    """Raises OSError when the line is gone."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]
