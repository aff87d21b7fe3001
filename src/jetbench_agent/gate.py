"""Where a run stands before each case until whoever hands out its cases lets it on: one case at a time, by name."""

import threading

LOOK_S = 0.2  # whether the run was stopped


class Gate(object):
    """``tell(message)`` says beside the stream what the run waits for; ``stopped()``: whether it is to end."""

    def __init__(self, tell, stopped):
        self._tell = tell
        self._stopped = stopped
        self._granted = threading.Condition()
        self._next = None

    def grant(self, case, round_):
        """From the thread that reads commands."""
        with self._granted:
            self._next = (case, round_)
            self._granted.notify()

    def passed(self, case, round_):
        """Wait until that case may be measured. False: the run was stopped first."""
        with self._granted:
            self._next = None  # of a run that was stopped
            self._tell({"waits": {"c": case, "r": round_}})
            while self._next != (case, round_):
                if self._stopped():
                    return False
                self._granted.wait(LOOK_S)
            self._next = None
        return not self._stopped()
