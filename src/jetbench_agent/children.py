"""Starts, limits, watches and ends bench children; says why one died."""

import json
import os
import queue
import signal
import subprocess
import threading
import time

from jetbench_agent import bench_process, deaths, memory_state, stream
from jetbench_agent.deaths import death

TERM_GRACE_S = 3.0
LOG_LINES_A_SECOND = 100
LOG_LINE_LENGTH = 500
PRINTED = 4000  # characters that are kept of what a child printed last


class ParentDiedError(Exception):
    """The bench parent ended or could not import torch; the text says why, ``stage`` what it was importing."""

    def __init__(self, text, stage=None, killed=False):
        Exception.__init__(self, text)
        self.stage = {"import": "torch"}.get(stage, stage)
        self.killed = killed  # by a signal: no word about what is installed


class Outcome(object):
    """How a job ended: ``events`` it sent that the caller asked for, ``error`` or None, and its ``cause``."""

    def __init__(self, base_kib=None):
        self.events = {}
        self.error = None
        self.cause = None
        self.evidence = []
        self.interrupted = False
        self.case_status = None
        self.kills = memory_state.oom_kills()  # by the kernel, before it began
        room = memory_state.available()[0]
        # What a child begins with is taken already, and its own peak has it in it.
        self.room_kib = room + base_kib if room is not None and base_kib is not None else room


class BenchParent(object):
    """One interpreter that has imported torch and forks a child for every job.

    ``forward(event)`` receives every event of the children for the stream; ``log(level, source,
    text)`` what they print. ``process``: one that ``bench_process.start`` has started before.
    """

    def __init__(self, forward, log, with_torchvision=True, process=None):
        self._forward = forward
        self._log = log
        self._messages = queue.Queue()
        self._stage = None
        self._printed = ""
        self._process = process or bench_process.start(with_torchvision)
        for target in (self._read_events, self._read_prints):
            threading.Thread(target=target, daemon=True).start()
        self.child = None
        self.ready = False

    def _read_events(self):
        for line in stream.lines(self._process.stdout.fileno()):
            if not line.strip():
                continue
            try:
                self._messages.put(json.loads(line.decode("ascii")))
            except ValueError:
                self._messages.put({"k": "torn"})
        self._messages.put({"k": "eof"})

    def _read_prints(self):
        second, count = 0, 0
        for line in stream.lines(self._process.stderr.fileno(), limit=1 << 16):
            now = int(time.monotonic())
            second, count = (second, count + 1) if now == second else (now, 1)
            text = line.decode("utf-8", "replace").rstrip()
            self._printed = (self._printed + text + "\n")[-PRINTED:]
            if text and count <= LOG_LINES_A_SECOND:
                self._log("info", "model", text[:LOG_LINE_LENGTH])
            elif count == LOG_LINES_A_SECOND + 1:
                self._log("warning", "agent", "more than 100 lines a second are printed; the rest is left out")

    def wait_ready(self, stopped, timeout=900.0):
        """Until torch is imported. Raises ParentDiedError with the reason it cannot be."""
        deadline = time.monotonic() + timeout
        stage = None
        while not self.ready:
            message = self._next(0.2)
            if stopped() or time.monotonic() > deadline:
                self.kill()
                raise ParentDiedError(
                    "interrupted" if stopped() else "importing torch took over {:.0f} s".format(timeout)
                )
            if message is None:
                continue
            if message["k"] == "parent":
                self.ready = True
                if (message.get("threads") or 1) > 1:
                    self._log("debug", "agent", "the import of torch left {} threads".format(message["threads"]))
            elif message["k"] == "fault":
                raise ParentDiedError(message["text"])
            elif message["k"] == "eof":
                code = self._process.wait()
                raise ParentDiedError("importing {}: {}".format(stage, death(code, None)), stage, code < 0)
            elif message["k"] == "stage":
                stage = message["name"]
                self._forward(message)

    def run(self, job, silence_s, stopped, forced, wanted=()):
        """Fork a child for ``job`` and wait for its end. Returns an Outcome.

        ``silence_s``: killed after so long without a sign of life. ``stopped()`` asks whether to end
        softly (SIGTERM, then SIGKILL after TERM_GRACE_S), ``forced()`` whether at once. Events of a
        kind in ``wanted`` are kept for the caller, all others go to the stream.
        """
        outcome = Outcome(self.rss_kib())
        self._stage, self._printed = None, ""
        self._send(job)
        heard, told = time.monotonic(), None
        while True:
            message = self._next(0.1)
            now = time.monotonic()
            if message is None:
                if forced() or (told is not None and now - told > TERM_GRACE_S):
                    outcome.interrupted = True
                    self._signal(signal.SIGKILL)
                elif stopped() and told is None:
                    told, outcome.interrupted = now, True
                    self._signal(signal.SIGTERM)
                elif now - heard > silence_s and outcome.error is None:
                    outcome.error = "no sign of life for {:g} s{}: killed".format(silence_s, self._where())
                    outcome.cause = "timeout"
                    self._signal(signal.SIGKILL)
                continue
            heard = now
            if stopped() and told is None:
                told, outcome.interrupted = now, True
                self._signal(signal.SIGTERM)
            if self._take(message, outcome, wanted):
                return outcome

    def _take(self, message, outcome, wanted):
        """Sort one message; true when the job is over."""
        kind = message["k"]
        if kind == "child":
            self.child = message["pid"]
        elif kind == "exit":
            self.child = None
            unexplained = outcome.case_status is None and outcome.error is None and not outcome.interrupted
            if message["rc"] != 0 and unexplained:
                self._explain(message, outcome)
            outcome.events["exit"] = message
            return True
        elif kind == "eof":
            outcome.error = "the bench parent ended: {}".format(death(self._process.wait(), self._stage))
            self.ready = False
            return True
        elif kind == "job_failed":
            outcome.error = message["text"]
        elif kind == "alive":
            pass
        elif kind == "torn":
            self._log("warning", "agent", "a line of the bench child was torn and is left out")
        elif kind in wanted:
            outcome.events[kind] = message
        else:
            if kind == "stage" and "ns" not in message:
                self._stage = message["name"]
            if kind == "case_end":
                outcome.case_status = message["status"]
                if message["status"] == "failed":  # the conductor says the rest of it
                    self._take_failure(message["error"], outcome)
                    return False
            self._forward(message)
        return False

    def _take_failure(self, error, outcome):
        """What a child itself said of its end. Its own words stay, behind a plain sentence where we have one."""
        outcome.cause, sentence, outcome.evidence = deaths.of_error(error, self._printed, memory_state.meminfo())
        outcome.error = error if sentence is None else "{} ({})".format(sentence, error[:200])

    def _explain(self, ended, outcome):
        """A child that ended without a word."""
        kills = memory_state.oom_kills()
        outcome.cause, outcome.error, outcome.evidence = deaths.of_exit(
            ended["rc"], self._stage, outcome.kills, kills, ended.get("max_rss_kib"), outcome.room_kib
        )
        cause, sentence, evidence = deaths.of_error("", self._printed, memory_state.meminfo())
        if sentence is not None and outcome.cause in ("signal", "error"):
            outcome.cause, outcome.evidence = cause, evidence
            outcome.error = "{} ({})".format(sentence, outcome.error)

    def rss_kib(self):
        """Memory that a forked child begins with: the parent's own, with torch imported."""
        return memory_state.at_fork(self._process.pid)

    def _where(self):
        return " in stage {}".format(self._stage) if self._stage else ""

    def _next(self, timeout):
        try:
            return self._messages.get(timeout=timeout)
        except queue.Empty:
            return None

    def _send(self, job):
        try:
            self._process.stdin.write(stream.encode(job))
            self._process.stdin.flush()
        except OSError:
            pass  # its end is read from the other pipe

    def _signal(self, number):
        if self.child is None:
            return
        try:
            if number == signal.SIGKILL:
                os.killpg(self.child, number)
            else:
                os.kill(self.child, number)
        except OSError:
            pass

    def end_soak(self):
        """The child ends the passes it runs on and on, and goes on with what comes after them."""
        self._signal(signal.SIGUSR1)

    def kill(self, wait=True):
        """End the child, whatever it started, and the parent, now."""
        self._signal(signal.SIGKILL)
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except OSError:
            pass
        if wait:
            self._process.wait()

    def close(self):
        """End the parent: its stdin closes, it kills a child it still has."""
        try:
            self._process.stdin.close()
            self._process.wait(timeout=5)
        except (OSError, subprocess.TimeoutExpired):
            self.kill()
