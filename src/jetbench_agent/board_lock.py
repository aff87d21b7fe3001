"""One measurement at a time on a board: a lock that the kernel lets go of with the process that holds it.

It is one file for all users of the machine, so it lies where everybody may write. Who holds it stands in it, for
whoever comes second; that is a courtesy, and nothing is decided by it.
"""

import errno
import fcntl
import json
import os
import pwd
import stat
import time

FOLDERS = ("/run/lock", "/tmp")
NAME = "jetbench-tui.lock"
WAIT_S = 0.5
HINT = "look at it with jetbench-tui attach HOST, or wait for its end: run --wait"
_MOST_BYTES = 2000


class BoardLock(object):
    """``by``: who asks, as others will read it. ``folder``: JETBENCH_LOCK_DIR, where several boards are one machine."""

    def __init__(self, by, folder=None):
        self._by = by
        self._folder = folder or os.environ.get("JETBENCH_LOCK_DIR")
        self._descriptor = -1

    def take(self, what):
        """None once it is ours, also where there is nowhere to put it; else what is known of who holds it."""
        if self._descriptor >= 0:
            return None
        descriptor = self._open()
        if descriptor < 0:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _told(descriptor)
            os.close(descriptor)
            return holder
        self._descriptor = descriptor
        told = {"by": self._by, "what": what, "since": int(time.time()), "pid": os.getpid()}
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(told).encode("ascii"), 0)
        except OSError:
            pass  # another user's file, opened to be read: the lock holds all the same
        return None

    def release(self):
        if self._descriptor >= 0:
            try:
                os.ftruncate(self._descriptor, 0)
            except OSError:
                pass
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self):
        for folder in [self._folder] if self._folder else FOLDERS:
            path = os.path.join(folder, NAME)
            # Made anew, or of whoever made it: a file of another user's in such a folder may not be opened to create.
            for flags in (os.O_RDWR | os.O_CREAT | os.O_EXCL, os.O_RDWR, os.O_RDONLY):
                try:
                    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
                except OSError as error:
                    if error.errno in (errno.EEXIST, errno.EACCES, errno.EPERM):
                        continue
                    break
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    if flags & os.O_EXCL:
                        os.fchmod(descriptor, 0o644)  # whatever the umask: others have to open it
                    return descriptor
                os.close(descriptor)
                break
        return -1


def _told(descriptor):
    try:
        told = json.loads(os.pread(descriptor, _MOST_BYTES, 0).decode("utf-8"))
        return told if isinstance(told, dict) else {}
    except (OSError, ValueError, RecursionError):
        return {}


def _user():
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return "user {}".format(os.getuid())


def sentence(holder):
    """Who measures, in words; times are UTC, the clock of the board."""
    by, since = holder.get("by"), holder.get("since")
    text = "{} is measuring on this board".format(str(by)[:80] if by else "somebody else")
    if isinstance(since, int) and 0 < since < 1 << 40:
        text += " since {} UTC".format(time.strftime("%H:%M:%S", time.gmtime(since)))
    return text


class Alone(object):
    """The lock around each request that loads the board. ``by``: the controller elsewhere, None where there is none.

    Who is at the board itself may measure all the same, and is warned.
    """

    def __init__(self, by, sender):
        self._here = by is None
        self._sender = sender
        self._lock = BoardLock(by or "{} at the board".format(_user()))

    def begin(self, request, stopped):
        """Whether the request may be carried out; else a fault was sent. With ``wait`` in it, until it may."""
        if request["op"] in ("pack", "settings") or (self._here and request["op"] != "run"):
            return True
        what = "{} cases".format(len(request["cases"])) if "cases" in request else request["op"]
        holder = self._lock.take(what)
        if holder is None:
            return True
        if self._here and not request.get("wait"):
            self._log("{}: what is measured now is disturbed".format(sentence(holder)))
            return True
        if request.get("wait"):
            self._log("{}: waiting until that is over".format(sentence(holder)))
            while holder is not None and not stopped():
                time.sleep(WAIT_S)
                holder = self._lock.take(what)
            if holder is None:
                return True
            self._sender.send("fault", code="interrupted", text="interrupted before anything was measured")
            return False
        self._sender.send("fault", code="busy", text=sentence(holder), hint=HINT)
        return False

    def end(self):
        self._lock.release()

    def _log(self, text):
        self._sender.send("log", level="warning", source="agent", text=text)
