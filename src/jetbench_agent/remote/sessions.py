"""The sessions a board keeps: a folder each, with a small file that says what it is about."""

import binascii
import fcntl
import json
import os
import shutil
import socket
import tempfile
import time

KEPT_S = 7 * 86400  # what nobody fetched
UNFINISHED_S = 3600  # a folder without its file: somebody is making it, or died over it
_ABOUT = "session.json"
_SOCKET = "socket"
_MOST_BYTES = 1 << 20


class Session(object):
    """``about`` is what a controller is told of it; ``save`` writes it down."""

    def __init__(self, folder, about):
        self.folder = folder
        self.about = about

    @property
    def id(self):
        return os.path.basename(self.folder)

    def save(self, **changes):
        """Whole or not at all. Raises OSError."""
        self.about.update(changes)
        handle, part = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "w") as file:
            json.dump(self.about, file)
        os.rename(part, os.path.join(self.folder, _ABOUT))

    def reload(self):
        self.about = _read(self.folder) or self.about

    def hold(self):
        """Taken by the keeper for as long as it lives; the descriptor must stay open. Raises OSError."""
        descriptor = os.open(os.path.join(self.folder, "keeper"), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor

    @property
    def is_kept(self):
        """Whether a keeper lives."""
        try:
            os.close(self.hold())
        except OSError:
            return os.path.isdir(self.folder)
        return False

    def listen(self):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._within(lambda: listener.bind(_SOCKET))
        listener.listen(8)
        return listener

    def connect(self):
        """A socket to the keeper, or None where there is none."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._within(lambda: connection.connect(_SOCKET))
        except OSError:
            connection.close()
            return None
        return connection

    def _within(self, function):
        """With the folder as the current one: a path to a socket has room for 108 characters."""
        before = os.open(".", os.O_RDONLY)
        os.chdir(self.folder)
        try:
            function()
        finally:
            os.fchdir(before)
            os.close(before)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def place(base):
    return os.path.join(base, "sessions")


def create(base, about):
    """A new one. Raises OSError."""
    os.makedirs(place(base), mode=0o700, exist_ok=True)
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    name = "{}-{}".format(now, binascii.hexlify(os.urandom(3)).decode("ascii"))
    folder = os.path.join(place(base), name)
    os.mkdir(folder, 0o700)
    session = Session(folder, {})
    session.save(id=name, **about)
    return session


def find(base, name):
    """The session of that name, or None."""
    folder = os.path.join(place(base), os.path.basename(name))
    about = _read(folder)
    return Session(folder, about) if about is not None else None


def every(base):
    """All of them, the oldest first."""
    try:
        names = sorted(os.listdir(place(base)))
    except OSError:
        return []
    found = [find(base, name) for name in names]
    return [session for session in found if session is not None]


def forget_old(base):
    """Those that nobody fetched for a week, and the remains of what never began."""
    try:
        names = os.listdir(place(base))
    except OSError:
        return
    for name in names:
        folder = os.path.join(place(base), name)
        about = _read(folder)
        try:
            age = time.time() - os.stat(folder if about is None else os.path.join(folder, _ABOUT)).st_mtime
        except OSError:
            continue
        session = Session(folder, about or {})
        if age > (UNFINISHED_S if about is None else KEPT_S) and not session.is_kept:
            session.remove()


def _read(folder):
    try:
        with open(os.path.join(folder, _ABOUT), "rb") as file:
            about = json.loads(file.read(_MOST_BYTES).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return about if isinstance(about, dict) else None
