"""Carries out the checks of the interpreter that measures, each limited in time, in processes that may die of them.

A check event without ``ns`` says that a check begins, one with it what came of it: ``facts``, or an ``error`` with its
``cause`` (raised, signal, oom, oom_probable, killed, timeout, error) and the ``evidence``. What facts mean is judged on
the screen side.
"""

import json
import os
import platform
import queue
import signal
import subprocess
import sys
import threading
import time

from jetbench_agent import cores, deaths, memory_state, plugins, stream

STEPS = ("torch", "build", "arithmetic", "kernels", "torchvision", "ptflops", "cuda")  # what crashes more often is last
LIMIT_S = 120.0  # of one check; the import of torch from an SD card is the longest
END_S = 5.0  # until a process whose last check is over has ended
PRINTED = 8000  # characters that are kept of what a process printed last
_LINES, _LINE = 6, 240  # of it that are told
_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "CUDA_VISIBLE_DEVICES",
    "LD_PRELOAD",
    "PYTHONPATH",
)
_OWN_FRAMES = ("importlib", "<frozen", "/jetbench_agent/", "__main__.py")  # of a traceback: they tell nothing
_GPU_NODES = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvhost-ctrl-gpu", "/dev/nvhost-gpu", "/dev/nvmap")
_DRIVER = "/proc/driver/nvidia/version"


def run(request, sender):
    """All checks, in order; one that ends its process does not take the others with it."""
    limit_s = float(request.get("limit_s") or LIMIT_S)
    begin = stream.monotonic_ns()
    sender.send("check", name="host")
    facts = host()
    sender.send("check", name="host", ns=stream.monotonic_ns() - begin, facts=facts)
    left = list(STEPS)
    while left:
        left = Process(left, limit_s).follow(sender)


def host():
    """What is told without torch: cores, limits, variables that change what torch does, the GPU's device files, and
    what other packages add, without importing it."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "machine": platform.machine(),
        "cores": len(cores.available()),
        "online": os.cpu_count(),
        "quota": _quota(),
        "variables": {name: os.environ[name][:200] for name in _VARIABLES if os.environ.get(name)},
        "gpu_nodes": {path: os.access(path, os.R_OK | os.W_OK) for path in _GPU_NODES if os.path.exists(path)},
        "gpu_driver": _first_line(_DRIVER),
        "plugins": {
            kind: {plugin.name: plugins.told(plugin) for plugin in plugins.look(group)[0]}
            for kind, group in (("models", plugins.MODELS), ("sensors", plugins.SENSORS))
        },
    }


def _quota():
    """Cores' worth of time a container may use (cgroup v2 cpu.max, v1 cfs quota), or None without a limit."""
    limits = (_first_line("/sys/fs/cgroup/cpu.max") or "").split()
    if len(limits) != 2:
        folder = "/sys/fs/cgroup/cpu/"
        limits = [_first_line(folder + "cpu.cfs_quota_us") or "", _first_line(folder + "cpu.cfs_period_us") or ""]
    if not all(word.isdigit() and int(word) for word in limits):
        return None
    return round(int(limits[0]) / float(limits[1]), 2)


def _first_line(path):
    try:
        with open(path, errors="replace") as file:
            return file.readline(300).strip() or None
    except OSError:
        return None


class Process(object):
    """An interpreter of its own that carries out checks until one ends it."""

    def __init__(self, names, limit_s):
        self._names = list(names)
        self._limit_s = limit_s
        self._messages = queue.Queue()
        self._printed = ""
        self._kills = memory_state.oom_kills()
        self._room_kib = memory_state.available()[0]
        self._process = subprocess.Popen(
            [sys.executable, "-u", sys.argv[0], "check", str(limit_s)] + self._names,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read_prints, daemon=True)
        self._reader.start()
        threading.Thread(target=self._read_events, daemon=True).start()

    def follow(self, sender):
        """Forward what it tells. Returns the names of the checks that are left for another process."""
        left, began, deadline = list(self._names), None, time.monotonic() + self._limit_s
        while True:
            try:
                message = self._messages.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                self._kill()
                return self._ended_in(began or left[:1], left, sender, late=True) if left else []
            if message is None:  # its stdout is closed
                self._wait()
                return self._ended_in(began or left[:1], left, sender, late=False) if left else []
            sender.forward(message)
            deadline = time.monotonic() + self._limit_s
            if "ns" not in message:
                began = [message["name"]]
                continue
            began = None
            left.remove(message["name"])
            if message["name"] == "torch" and message.get("error"):
                self._wait()
                return []

    def _ended_in(self, names, left, sender, late):
        """Tell of the check that the process ended in."""
        name = names[0]
        if late:
            fields = {"error": "no end within {:g} s: killed".format(self._limit_s), "cause": "timeout"}
            evidence = []
        else:
            usage = None
            cause, text, evidence = deaths.of_exit(
                self._process.returncode, None, self._kills, memory_state.oom_kills(), usage, self._room_kib
            )
            fields = {"error": text, "cause": cause}
        self._reader.join(1.0)
        fields["evidence"] = evidence + told(self._printed)
        sender.send("check", name=name, ns=int(self._limit_s * 1e9) if late else 0, **fields)
        left.remove(name)
        return [] if name == "torch" else left  # without torch no other check comes to another end

    def _wait(self):
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._kill()

    def _kill(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except OSError:
            pass
        self._process.wait()

    def _read_events(self):
        for line in stream.lines(self._process.stdout.fileno()):
            try:
                self._messages.put(json.loads(line.decode("ascii")))
            except ValueError:
                continue  # torn by its death, which is told
        self._messages.put(None)

    def _read_prints(self):
        for line in stream.lines(self._process.stderr.fileno(), limit=1 << 16):
            self._printed = (self._printed + line.decode("utf-8", "replace").rstrip() + "\n")[-PRINTED:]


def told(printed):
    """The lines of what was printed last that say something: the first of a fault, and where it was."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    kept = [line for line in lines if not any(part in line for part in _OWN_FRAMES)]
    faults = [place for place, line in enumerate(kept) if line.startswith(("Fatal Python error", "Timeout ("))]
    kept = kept[faults[-1] : faults[-1] + _LINES] if faults else kept[-_LINES:]
    return [line[:_LINE] for line in kept]
