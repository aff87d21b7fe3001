"""Why a bench child ended: one sentence, a cause a script can read, and what it was told from.

An out-of-memory kill is proven by the kernel's own counters, and told apart from a kill by somebody
else. On Tegra it comes in two disguises: an assertion of torch about NVML, and an error of NvMap
(pytorch issue 185240).
"""

import signal

from jetbench_agent.memory_state import VMSTAT

# What the signals a child dies of usually mean.
_SIGNALS = {
    signal.SIGSEGV: "segmentation fault in native code",
    signal.SIGBUS: "bus error in native code",
    signal.SIGABRT: "aborted by native code",
    signal.SIGFPE: "arithmetic fault in native code",
    signal.SIGILL: "illegal instruction: this build is for another processor (on a Nano try OPENBLAS_CORETYPE=ARMV8)",
    signal.SIGKILL: "killed by the system or another program",
}
# Part of what was raised or printed, cause, sentence.
_DISGUISES = (
    (
        "NVML_SUCCESS == r",
        "oom_device",
        "out of memory on the GPU: torch's assertion about NVML is how it shows on a Jetson",
    ),
    ("NvMapMemAlloc", "oom_device", "out of memory on the GPU: NvMap found no room"),
    ("CUDA out of memory", "oom_device", "out of memory on the GPU"),
    ("CUDA error: out of memory", "oom_device", "out of memory on the GPU"),
    ("can't allocate memory", "oom", "out of memory: the system refused an allocation"),
    ("std::bad_alloc", "oom", "out of memory: the system refused an allocation"),
    ("out of memory", "oom", "out of memory"),
    ("MemoryError", "oom", "out of memory: the system refused an allocation"),
    ("Cannot allocate memory", "oom", "out of memory: the system refused an allocation"),
)
_TEGRA = ("NVML_SUCCESS == r", "NvMapMemAlloc")  # what only a Jetson says
AMPLE = 0.5  # of all memory still available when the GPU found none: it is there in pieces
MOSTLY = 0.8  # of what was available had been taken by the child when it was killed


def name_of(code):
    try:
        return signal.Signals(-code).name
    except ValueError:
        return "signal"


def death(code, stage):
    """One sentence for an exit code."""
    where = " in stage {}".format(stage) if stage else ""
    if code < 0:
        what = _SIGNALS.get(-code, "ended by a signal")
        return "{} ({}, signal {}){}".format(what, name_of(code), -code, where)
    return "the process ended with status {}{}".format(code, where)


def of_exit(code, stage, kills_before, kills_after, max_rss_kib, room_kib):
    """(cause, sentence, evidence) of a child that ended without a word. ``room_kib``: what it could have taken."""
    where = " in stage {}".format(stage) if stage else ""
    if code != -signal.SIGKILL:
        return ("signal" if code < 0 else "error"), death(code, stage), []
    grown = sorted(path for path, count in kills_after.items() if count > kills_before.get(path, count))
    taken = "it had {:.0f} MiB".format(max_rss_kib / 1024.0) if max_rss_kib else None
    own = [path for path in kills_after if path != VMSTAT]
    if grown == [VMSTAT] and own:
        evidence = ["{}: oom_kill did not rise".format(path) for path in sorted(own)]
        evidence.append("{}: it rose, by a kill of something else".format(VMSTAT))
        return "killed", "somebody killed it (SIGKILL, signal 9){}: not for memory".format(where), evidence
    if grown:
        evidence = ["{}: oom_kill rose from {} to {}".format(p, kills_before[p], kills_after[p]) for p in grown]
        text = "out of memory: the kernel killed it (SIGKILL, signal 9){}".format(where)
        return "oom", text, evidence + ([taken + " at its end"] if taken else [])
    if kills_after:
        evidence = ["{}: oom_kill did not rise".format(path) for path in sorted(kills_after)]
        return "killed", "somebody killed it (SIGKILL, signal 9){}: not for memory".format(where), evidence
    if max_rss_kib and room_kib and max_rss_kib >= MOSTLY * room_kib:
        evidence = ["{} of the {:.0f} MiB there were; this kernel counts no kills".format(taken, room_kib / 1024.0)]
        return "oom_probable", "probably out of memory (SIGKILL, signal 9){}".format(where), evidence
    evidence = ["this kernel counts no kills for memory"] + ([taken] if taken else [])
    return "killed", death(code, stage), evidence


def of_error(text, printed, memory):
    """(cause, sentence or None, evidence) of what a child said, or printed, before it ended.

    What it printed counts for a child that could say nothing, and for a driver's words: any other line may be of an
    error that it got over.
    """
    for part, cause, sentence in _DISGUISES:
        for where, said in (("error", text), ("printed", printed)):
            if part in said and (where == "error" or part in _TEGRA or (not text and part != "out of memory")):
                total, free = memory.get("MemTotal"), memory.get("MemAvailable")
                evidence = ["{}: {}".format(where, _line_with(part, said))]
                if cause == "oom_device" and part in _TEGRA and total and free and free > AMPLE * total:
                    sentence += "; {:.0f} MiB are free, but in pieces: reboot the board".format(free / 1024.0)
                return cause, sentence, evidence
    return "error", None, []


def _line_with(part, said):
    return next((line.strip() for line in said.splitlines() if part in line), part)[:300]
