"""What the agent said, in files that outlive the line: one stream of lines, a place in it is a number of bytes.

The stream is cut into segments, each named by the place it begins at. Those that were fetched go when all together
become too large; what was not fetched stays.
"""

import os

SEGMENT = 4 << 20
CAP = 256 << 20  # bytes of all segments: more than twelve hours at usual rates
_SUFFIX = ".spool"


class GoneError(Exception):
    """The place asked for is not kept any more, or the folder is gone."""


def segments(folder):
    """(place, path) of every segment, in order."""
    names = [name[: -len(_SUFFIX)] for name in os.listdir(folder) if name.endswith(_SUFFIX)]
    return sorted((int(name), os.path.join(folder, name + _SUFFIX)) for name in names if name.isdigit())


def _path(folder, place):
    return os.path.join(folder, "{:020d}{}".format(place, _SUFFIX))


class Writer(object):
    """The one writer of a spool. ``end``: the place after what was written."""

    def __init__(self, folder, cap=CAP, segment=SEGMENT):
        self._folder = folder
        self.cap = cap
        self._segment = min(segment, max(1, cap // 8))
        self._begins = []  # places of the segments that are kept
        self._descriptor = -1
        self.end = 0
        self._next()

    def _next(self):
        if self._descriptor >= 0:
            os.close(self._descriptor)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._descriptor = os.open(_path(self._folder, self.end), flags, 0o600)
        self._begins.append(self.end)

    def append(self, data):
        """Whole lines. Raises OSError where the disk takes them not; then nothing of them is kept."""
        if self.end - self._begins[-1] >= self._segment:
            self._next()
        before = self.end - self._begins[-1]
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            os.ftruncate(self._descriptor, before)
            raise
        self.end += len(data)

    @property
    def size(self):
        return self.end - self._begins[0]

    @property
    def is_full(self):
        return self.size >= self.cap

    def drop(self, fetched):
        """Make room: the oldest segments go, as far as they lie before ``fetched``, until three quarters are left."""
        while self.size > self.cap * 3 // 4 and len(self._begins) > 1 and self._begins[1] <= fetched:
            os.unlink(_path(self._folder, self._begins.pop(0)))

    def close(self):
        os.close(self._descriptor)


class Reader(object):
    """Reads on from ``place``, while there is a writer or later. ``place`` is always that of a line's begin."""

    def __init__(self, folder, place):
        self._folder = folder
        self._descriptor = -1
        self._begin = 0
        self.place = place

    def read(self, limit=1 << 16):
        """Whole lines, at most about ``limit`` bytes; empty where there is nothing new. Raises GoneError."""
        while True:
            if self._descriptor < 0:
                self._open()
            data = os.pread(self._descriptor, limit, self.place - self._begin)
            whole = data[: data.rfind(b"\n") + 1]
            if whole:
                self.place += len(whole)
                return whole
            if len(data) >= limit:
                limit *= 2  # one line is longer than that
            elif data or not os.path.exists(_path(self._folder, self.place)) or self.place == self._begin:
                return b""
            else:
                self.close()

    def _open(self):
        try:
            before = [found for found in segments(self._folder) if found[0] <= self.place]
            if not before:
                raise GoneError("what was said up to there is not kept any more")
            self._begin, path = before[-1]
            self._descriptor = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise GoneError("it is not there any more: {}".format(error.strerror))
        if self.place > self._begin + os.fstat(self._descriptor).st_size:
            self.close()
            raise GoneError("nothing was said up to there")

    def close(self):
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
