"""One thread that reads a board at a steady rate.

Deadlines are absolute: a late tick does not move the ones after it, and ticks that were missed are counted, not made
up for. The wait is poll(2) on a pipe, which a step of the wall clock (NTP after boot, on boards without a battery)
cannot stretch, as it can ``Condition.wait`` before Python 3.11.
"""

import os
import select
import threading
import time
from typing import Any, Callable, List, Optional, Tuple

from .aside import AbandonedError
from .files import monotonic_ns

SHARE = 0.2  # of the period that reading may take
_GROWTH = 1.25  # at least, so that it is said once and not every few ticks
_MEDIAN_OF = 5
_WATCH_S = 0.25


def next_deadline(deadline: int, now: int, period: int) -> Tuple[int, int]:
    """The first deadline of the grid after ``now``, and how many were passed over since ``deadline`` was served."""
    missed = max(0, (now - deadline) // period)
    return deadline + (missed + 1) * period, missed


def grown_period(costs: List[int], period: int) -> int:
    """The period in ns that ``costs``, what the last ticks took, allow: a whole number of ms where it has to grow."""
    needed = int(sorted(costs)[len(costs) // 2] / SHARE)
    if needed <= period:
        return period
    return -(-max(needed, int(period * _GROWTH)) // 1000000) * 1000000


class Poller:
    """Calls ``on_tick(t_ns, values, why)`` every tick.

    ``on_throttle(t_ns, now, active, notices, reason)`` comes before the first one and whenever it changes. ``t_ns`` is
    CLOCK_MONOTONIC in the middle of the reads. Callbacks run in the poller's thread; one that raises ends it, and
    ``error`` says why. ``on_log(text)`` hears when reading is too slow for the period.

    A second thread looks now and then whether a read hangs: a board with ``overdue`` says so, and then the rest goes on
    in a new thread. The old one ends when its read comes back.
    """

    def __init__(
        self,
        board: Any,
        on_tick: Callable[..., None],
        on_throttle: Callable[..., None],
        on_log: Callable[[str], None],
        period: float = 0.5,
        clock: Callable[[], int] = monotonic_ns,
        wait: Optional[Callable[[float], None]] = None,
    ) -> None:
        self._board = board
        self._take_logs = getattr(board, "take_logs", list)
        self._on_tick, self._on_throttle, self._on_log = on_tick, on_throttle, on_log
        self._clock = clock
        self._wait = wait or self._wait_on_pipe
        self._period = int(period * 1e9)
        self._state: Any = None
        self._costs: List[int] = []
        self._restart = False
        self._stopped = False
        self._thread: Optional[threading.Thread] = None
        self._pipe: Optional[Tuple[int, int]] = None
        self._deadline: Optional[int] = None
        self._lock = threading.Lock()  # over the life of the pipe
        self.ticks = 0
        self.missed = 0
        self.error: Optional[Exception] = None

    @property
    def period(self) -> float:
        """Seconds; longer than asked for where reading is slow."""
        return self._period / 1e9

    def start(self) -> None:
        ends = os.pipe()
        os.set_blocking(ends[1], False)
        self._pipe = ends
        self._launch()
        if hasattr(self._board, "overdue"):
            threading.Thread(target=self._watch, name="sensors-watch", daemon=True).start()

    def set_period(self, seconds: float) -> None:
        """A new rate from now on. Its first tick comes at once and reads what is otherwise read slowly as well."""
        self._period = int(seconds * 1e9)
        self._restart = True
        self._wake()

    def stop(self, timeout: float = 5.0) -> None:
        """Ends the thread after the tick it is in. The board stays open."""
        self._stopped = True
        self._wake()
        if self._thread is None or self._thread is threading.current_thread():
            return
        self._thread.join(timeout)
        if not self._thread.is_alive():
            with self._lock:
                ends, self._pipe = self._pipe or (), None
                for end in ends:
                    os.close(end)

    def run(self) -> None:
        """The loop, in the calling thread."""
        if self._deadline is None:
            self._deadline = self._clock()
        while not self._stopped:
            fresh, self._restart = self._restart, False
            cost = self._tick(fresh)
            self._deadline, missed = next_deadline(self._deadline, self._clock(), self._period)
            self.missed += missed
            self._weigh(cost)
            while not self._stopped and not self._restart:
                left = self._deadline - self._clock()
                if left <= 0:
                    break
                self._wait(left / 1e9)
            if self._restart:
                self._deadline = self._clock()

    def _launch(self) -> None:
        self._thread = threading.Thread(target=self._guarded, name="sensors", daemon=True)
        self._thread.start()

    def _guarded(self) -> None:
        try:
            self.run()
        except AbandonedError:  # another thread has gone on
            pass
        except Exception as error:
            self.error = error
            try:
                self._on_log("the sensors are no longer read: %r" % error)
            except Exception:  # nobody listens any more
                pass

    def _watch(self) -> None:
        """``time.sleep``, for it does not stretch when the wall clock is set."""
        while not self._stopped and self.error is None:
            time.sleep(_WATCH_S)
            if not self._stopped and self._board.overdue():
                self._launch()

    def _tick(self, fresh: bool) -> int:
        begun = self._clock()
        values, why = self._board.read(fresh)
        ended = self._clock()
        middle = (begun + ended) // 2
        state = self._board.throttle()
        if state != self._state:
            self._state = state
            self._on_throttle(middle, *state)
        self._on_tick(middle, values, why)
        self.ticks += 1
        for text in self._take_logs():
            self._costs = []  # the board has changed what it reads: what it took is over
            self._on_log(text)
        return ended - begun

    def _weigh(self, cost: int) -> None:
        """Lengthens the period where the median of the last reads takes more than its share of it."""
        self._costs.append(cost)
        if len(self._costs) < _MEDIAN_OF:
            return
        costs, self._costs = self._costs, []
        period = grown_period(costs, self._period)
        if period > self._period:
            text = "reading the sensors takes %.1f ms, more than %d %% of the period: it is now %d ms instead of %d"
            cost = sorted(costs)[len(costs) // 2]
            self._on_log(text % (cost / 1e6, SHARE * 100, period // 1000000, self._period // 1000000))
            self._period = period

    def _wait_on_pipe(self, seconds: float) -> None:
        if self._pipe is None:
            return
        waiting = select.poll()
        waiting.register(self._pipe[0], select.POLLIN)
        if waiting.poll(seconds * 1000):
            os.read(self._pipe[0], 512)

    def _wake(self) -> None:
        with self._lock:
            if self._pipe is not None:
                try:
                    os.write(self._pipe[1], b"x")
                except OSError:  # full: it is awake already
                    pass
