"""The agent on a worker of Dask: in the worker's process, from the begin of a session to its end.

``jetbench.link.dask`` puts this package on the board, imports this module from there, and calls ``answer``. What is
imported here is imported at the top: the package's name is free again as soon as it is loaded.

What the agent says goes to a file until the controller has it, and is told at once besides. A place in the stream is
a number of bytes, so whoever was not told something sees that, and asks for it (``read``). The agent ends with the
worker, whose end of its stdin closes; it ends as well when no controller was heard of for ``LEASE_S``.
"""

import json
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time

from jetbench_agent import cores
from jetbench_agent.remote.wire import Lines
from jetbench_agent.stream import monotonic_ns

LEASE_S = 60.0
LONGEST_LEASE_S = 86400.0  # of a controller that said it would be stopped for a while
QUIT_S = 5.0  # for the agent to end, then it is killed
LOOK_S = 1.0
PRINT_LENGTH = 2000
LONGEST_LINE = 1 << 22
CAP = 256 << 20  # bytes kept of what nobody fetched; then the run is stopped
WINDOW = 1 << 20  # bytes told that the controller has not acknowledged; beyond it asks
EMPTIED = 4 << 20  # a file that was fetched to its end begins anew beyond that
_BOOT = "/proc/sys/kernel/random/boot_id"
_CORES = cores.available()  # before any run has us keep to some of them


class Kept(object):
    """What was said, from ``begin`` to ``end``; bytes before ``fetched`` may be forgotten."""

    def __init__(self, folder=None):
        self._file = tempfile.TemporaryFile(prefix="jetbench-", dir=folder)  # noqa: SIM115 - until it is closed
        self.begin = self.end = self.fetched = 0

    def append(self, data):
        """Raises OSError where the disk takes it not."""
        if self.begin < self.end == self.fetched and self.end - self.begin > EMPTIED:
            os.ftruncate(self._file.fileno(), 0)
            self.begin = self.end
        os.lseek(self._file.fileno(), self.end - self.begin, os.SEEK_SET)
        view = memoryview(data)
        while view:
            view = view[os.write(self._file.fileno(), view) :]
        self.end += len(data)

    def read(self, at, limit=1 << 20):
        """Whole lines from there on, about ``limit`` bytes at most unless one is longer. None: it is forgotten."""
        if at < self.begin or at > self.end:
            return None
        while True:
            data = os.pread(self._file.fileno(), min(limit, self.end - at), at - self.begin)
            whole = data[: data.rfind(b"\n") + 1]
            if whole or at + len(data) >= self.end:
                return whole
            limit *= 2

    def close(self):
        self._file.close()


class Resident(object):
    """One agent, one controller. ``tell(message)`` brings a message to it, or loses it."""

    def __init__(self, session, process, tell):
        self.process = process
        self._session = session
        self._tell = tell
        self._kept = Kept()
        self._said, self._prints = Lines(LONGEST_LINE), Lines(PRINT_LENGTH * 4)
        self._changed = threading.Condition()  # guards what is below, and what is kept
        self._waits = self._granted = None  # (case, round) the run stands before, and the one that was let on
        self._busy = False  # a run is on
        self._over = None  # how the agent ended: {"rc", "why"}
        self._why = None
        self._newest = 0  # number of the newest command
        self._heard, self._lease = time.monotonic(), LEASE_S
        self._quit = None  # when the agent was told to end
        self._thread = threading.Thread(target=self._keep, name="jetbench-agent", daemon=True)
        self._thread.start()

    # -- what the agent says, in a thread of its own

    def _keep(self):
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ, self._take_said)
        selector.register(self.process.stderr, selectors.EVENT_READ, self._take_prints)
        while selector.get_map():
            for key, _ in selector.select(LOOK_S):
                data = os.read(key.fileobj.fileno(), 1 << 16)
                if data:
                    key.data(data)
                else:
                    selector.unregister(key.fileobj)
            self._look()
        selector.close()
        self._end()

    def _take_said(self, data):
        said = []
        for line in self._said.feed(data):
            if line.startswith(b"#"):
                said = self._append(said)  # before it
                self._stands(json.loads(line[1:].decode("ascii"))["waits"])
            elif line:
                said.append(line)
                if line.startswith((b'{"k":"run"', b'{"k":"resume"')):
                    self._begun(line)
                elif line.startswith(b'{"k":"ready"') and json.loads(line.decode("ascii")).get("what") == "run":
                    said = self._append(said)
                    self._ended()
        self._append(said)

    def _take_prints(self, data):
        lines = []
        for line in self._prints.feed(data):
            text = line.decode("utf-8", "replace")[:PRINT_LENGTH]
            lines.append(json.dumps({"k": "print", "text": text}, separators=(",", ":")).encode("ascii"))
        self._append(lines)

    def _append(self, lines):
        """Keep them, and tell them. Returns what is left to be kept."""
        if not lines:
            return []
        data = b"\n".join(lines) + b"\n"
        with self._changed:
            at = self._kept.end
            try:
                if at + len(data) - self._kept.begin > CAP:
                    raise OSError(0, "nobody fetches it, and there is no more room for it")
                self._kept.append(data)
            except OSError as error:
                self._why = "what it said could not be kept on the board any more: {}".format(error.strerror)
                self._kill()
                return []
            behind = at - self._kept.fetched > WINDOW
        if not behind:
            self._tell({"session": self._session, "at": at, "data": data})
        return []

    def _stands(self, turn):
        with self._changed:
            self._waits = (turn["c"], turn["r"])
            self._changed.notify_all()

    def _begun(self, line):
        """On the cores of the screen, which this is a part of, the whole worker."""
        with self._changed:
            self._busy = True
        mine = json.loads(line.decode("ascii")).get("protocol", {}).get("screen_cores")
        if mine:
            cores.keep_to(mine)

    def _ended(self):
        with self._changed:
            self._busy, self._waits, self._granted = False, None, None
            self._changed.notify_all()
        cores.keep_to(_CORES)

    def _end(self):
        code = self.process.wait()
        with self._changed:
            self._over = {"rc": code, "why": self._why}
        self._ended()
        self._tell({"session": self._session, "at": self._kept.end, "data": b"", "over": self._over})

    def _look(self):
        now = time.monotonic()
        if self._quit is not None and now - self._quit > QUIT_S:
            self._kill()
        elif self._quit is None and now - self._heard > self._lease:
            self._why = "its controller was not heard of for {:.0f} s".format(self._lease)
            self.quit()

    def _kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except OSError:
            pass

    @property
    def is_done(self):
        """The agent has ended, and nobody asks for what it said any more."""
        unheard = time.monotonic() - self._heard > self._lease
        return self._over is not None and (self._quit is not None or unheard)

    # -- what the controller asks, in threads of the worker

    def beat(self, at, lease_s=LEASE_S):
        """A sign of life of the controller, which has the stream up to there."""
        arrived = monotonic_ns()
        self._heard, self._lease = time.monotonic(), min(lease_s, LONGEST_LEASE_S)
        with self._changed:
            self._kept.fetched = max(self._kept.fetched, min(at, self._kept.end))
            return {"t": arrived, "end": self._kept.end, "over": self._over}

    def read(self, at):
        with self._changed:
            return {"data": self._kept.read(at)}

    def command(self, command, i=None):
        """``i`` grows: one that was heard before, and is sent again because that was not known, is passed over.

        The agent reads at any time, so that a pipe is never full for long.
        """
        if i is not None:
            if i <= self._newest:
                return {}
            self._newest = i
        try:
            self.process.stdin.write(json.dumps(command).encode("ascii") + b"\n")
            self.process.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended, which is told by itself
        return {}

    def case(self, c, r):
        """Let the run on, and wait until it stands before its next case or is over. Asked again, wait on."""
        with self._changed:
            while self._waits is None and self._granted is None and self._busy and self._over is None:
                self._changed.wait()  # the run has begun just now
            fresh = self._waits == (c, r)
            if not fresh and self._granted != (c, r):
                return {"passed": True}
            if fresh:
                self._waits, self._granted = None, (c, r)
        if fresh:
            self.command({"op": "grant", "c": c, "r": r})
        with self._changed:
            while self._waits is None and self._busy and self._over is None:
                self._changed.wait()
            return {"over": self._over} if self._over else {"ended": True}

    def quit(self):
        """The agent ends as soon as its stdin does."""
        if self._quit is None:
            self._quit = time.monotonic()
            try:
                self.process.stdin.close()
            except OSError:
                pass

    def forget(self):
        self.quit()
        self._thread.join(2 * QUIT_S)
        with self._changed:
            self._kept.close()


_SESSIONS = {}


def answer(do, **fields):
    """One request of a controller. ``open`` is answered by ``boot`` and ``pid``, or ``refused``: why it cannot be."""
    if do == "open":
        return _open(**fields)
    resident = _SESSIONS.get(fields.pop("session"))
    if resident is None:
        return {"gone": True}
    if do == "close":
        resident.quit()
        return {}
    asked = {"beat": resident.beat, "read": resident.read, "command": resident.command, "case": resident.case}
    return asked[do](**fields)


def _open(session, folder, python, root, arguments, environment, tell):
    """``folder``: the agent's. ``environment``: what of the worker's own is as it was before Dask set it."""
    if root is not None and not os.path.isdir(os.path.join(os.path.expanduser("~"), root)):
        return {"refused": "--root {}: no such folder on the board".format(root)}
    command = [python, "-u", folder] + (["--root", root] if root is not None else []) + arguments
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe,
            start_new_session=True, cwd=os.path.expanduser("~"), env=environment,
        )  # fmt: skip
    except OSError as error:
        return {"refused": "{} cannot be started on the board: {}".format(python, error.strerror or error)}
    try:
        os.sched_setaffinity(process.pid, _CORES)
    except (AttributeError, OSError):
        pass
    for name in [name for name, other in _SESSIONS.items() if other.is_done]:
        _SESSIONS.pop(name).forget()
    _SESSIONS[session] = Resident(session, process, tell)
    return {"boot": _boot(), "pid": process.pid}


def _boot():
    try:
        with open(_BOOT) as file:
            return file.read().strip()[:64]
    except OSError:
        return None
