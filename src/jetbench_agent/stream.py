"""Framing of the stream: JSON lines, sequence numbers, one clock.

The clock is CLOCK_MONOTONIC, which every process of the machine shares; time.perf_counter reads it
on Linux (PEP 418), so stamps of the agent, its children and the sensors lie on one axis.
"""

import json
import os
import threading
import time

try:
    monotonic_ns = time.perf_counter_ns
except AttributeError:  # Python 3.6

    def monotonic_ns():
        return int(time.perf_counter() * 1e9)


def encode(event):
    """One line of the stream, with its end, as bytes. Pure ASCII: no terminal can be hurt by it."""
    return json.dumps(event, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def take_stdout():
    """Give fd 1 to whoever prints and keep the protocol for ourselves.

    A model's ``print`` or a native library's warning then goes to stderr and cannot break the
    stream. Returns the protocol's descriptor, which children do not inherit.
    """
    protocol = os.dup(1)
    os.dup2(2, 1)
    return protocol


class Sender(object):
    """Writes numbered events to a descriptor; any thread may call it."""

    def __init__(self, descriptor, numbered=True):
        self._descriptor = descriptor
        self._numbered = numbered
        self._lock = threading.Lock()
        self._number = 0

    def send(self, k, t=None, **fields):
        """Send one event; ``t`` is now unless given. Raises OSError when nobody reads any more."""
        event = {"k": k, "t": monotonic_ns() if t is None else t}
        event.update(fields)
        self.forward(event)

    def forward(self, event):
        with self._lock:
            if self._numbered:
                self._number += 1
                event["n"] = self._number
            _write_all(self._descriptor, encode(event))

    def aside(self, message):
        """A line that is no event, for whoever passes the stream on."""
        with self._lock:
            _write_all(self._descriptor, b"#" + encode(message))

    def break_line(self):
        """End a line that a killed writer may have left torn."""
        with self._lock:
            _write_all(self._descriptor, b"\n")


def _write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def lines(descriptor, limit=1 << 24):
    """Lines read from a descriptor, without their ends; a line over ``limit`` bytes is dropped."""
    rest = b""
    while True:
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            if rest:
                yield rest
            return
        parts = (rest + chunk).split(b"\n")
        rest = parts.pop()
        if len(rest) > limit:
            rest = b""
        for part in parts:
            yield part
