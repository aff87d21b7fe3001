"""The interpreter that measures: one bench parent at a time, started when it is needed, and what is known of it."""

import sys

from jetbench_agent.children import BenchParent, ParentDiedError

WORKING_STAGES = ("first", "warmup", "measure", "energy", "soak")
SETUP_SILENCE_S = 900.0  # a listing or a count on a slow board that pages from an SD card
KILLED_HINT = "run it again; if it was for memory, stop what else holds some (dmesg tells, as root)"
INSTALL_HINT = "install it there (pip install 'jetbench-tui[torch]'), or name an interpreter that has it: --python PATH"


class Bench(object):
    """Jobs for children of one parent. ``stopped()`` and ``forced()``: whether the request is to end, and at once;
    ``works(does)`` hears when passes run and when they are over, ``soak`` of every event of a child.
    """

    def __init__(self, sender, stopped, forced, works, soak):
        self._sender = sender
        self._stopped = stopped
        self._forced = forced
        self._works = works
        self._soak = soak
        self._parent = None
        self._ahead = None
        self.software = None  # the event, once it was told
        self._beside = None  # a job that was done beside describing the software, and its Outcome

    @property
    def is_ready(self):
        return self._parent is not None and self._parent.ready

    def rss_kib(self):
        """Memory that a forked child begins with, or None."""
        return self._parent.rss_kib() if self._parent is not None else None

    def kill(self):
        """For good: nobody waits until the kernel has taken the memory back, which takes it 50 ms and more."""
        if self._ahead is not None:
            self._ahead.kill()
        if self._parent is not None:
            self._parent.kill(wait=False)

    def renew(self):
        """Another parent for the next job."""
        if self._parent is not None:
            self._parent.close()
            self._parent = None

    def adopt(self, process):
        """``bench_process.start`` of before anybody asked: its torch is imported while the plan is handed over."""
        self._ahead = process

    def ready(self, beside=None, wanted=()):
        """A parent that has torch. Sends the software once; false, and a fault sent, without.

        ``beside``: a job that will be asked for next, with what of it is ``wanted``. The child that describes the
        software does it as well: on a desktop a child takes 20 ms to begin and to end, on a board ten times that.
        """
        if self.is_ready:
            return True
        for with_torchvision in (True, False):
            self._parent = BenchParent(self._forward, self.log, with_torchvision, self._ahead)
            self._ahead = None
            try:
                self._parent.wait_ready(self._stopped)
                break
            except ParentDiedError as error:
                self._parent.kill()
                self._parent = None
                if self._stopped():
                    self._sender.send("fault", code="interrupted", text="interrupted before anything was measured")
                    return False
                if error.stage != "torchvision":
                    text = "torch cannot be imported by {}: {}".format(sys.executable, error)
                    hint = KILLED_HINT if error.killed else INSTALL_HINT
                    self._sender.send("fault", code="no_torch", text=text, hint=hint)
                    return False
                self.log("warning", "agent", "{}; going on without torchvision".format(error))
        return self._describe(beside, wanted)

    def _describe(self, beside, wanted):
        if self.software is not None:
            return True
        outcome = self._run({"job": "describe", "beside": beside}, wanted=("software",) + tuple(wanted))
        self._beside = (beside, outcome) if beside is not None else None
        self.software = outcome.events.get("software")
        if self.software is None:
            text = "torch is there and does not work in {}: {}".format(sys.executable, outcome.error)
            self._sender.send("fault", code="no_torch", text=text, hint="jetbench-tui doctor looks closer")
            return False
        self._sender.forward(dict(self.software))
        return True

    def job(self, job, silence_s=SETUP_SILENCE_S, wanted=()):
        """Have a child do it, unless one has. Returns the Outcome (see BenchParent.run)."""
        beside, self._beside = self._beside, None
        if beside is not None and beside[0] == job:
            return beside[1]
        return self._run(job, silence_s, wanted)

    def _run(self, job, silence_s=SETUP_SILENCE_S, wanted=()):
        outcome = self._parent.run(job, silence_s, self._stopped, self._forced, wanted)
        if not self._parent.ready:
            self._parent.kill()
            self._parent = None
        return outcome

    def _forward(self, event):
        """An event of the bench children, on its way to the stream."""
        if event.get("k") == "stage" and event.get("name") in WORKING_STAGES:
            self._works("ns" not in event)
        self._sender.forward(self._soak.seen(event, self._parent.end_soak))

    def log(self, level, source, text):
        self._sender.send("log", level=level, source=source, text=text)
