"""Memory of the machine that runs the passes: what is available, and whether the kernel has killed for it.

Sources: proc(5) (/proc/meminfo, /proc/vmstat), kernel docs admin-guide/cgroup-v1/memory and
admin-guide/cgroup-v2. MemAvailable is the kernel's own estimate of what can be had without swapping.
"""

import os

CGROUP = "/sys/fs/cgroup"
VMSTAT = "/proc/vmstat"
_UNLIMITED = 1 << 60


def meminfo(path="/proc/meminfo"):
    """{field: KiB}; empty where the file cannot be read."""
    found = {}
    try:
        with open(path) as file:
            for line in file:
                name, _, rest = line.partition(":")
                words = rest.split()
                if words and words[0].isdigit():
                    found[name] = int(words[0])
    except OSError:
        pass
    return found


def available():
    """(KiB, what sets that limit), or (None, "") where nothing tells it."""
    free = meminfo().get("MemAvailable")
    room = cgroup_room()
    if room is not None and (free is None or room < free):
        return room, "cgroup"
    return (free, "MemAvailable") if free is not None else (None, "")


def swap_free():
    """KiB; 0 where there is no swap, None where it is not told."""
    return meminfo().get("SwapFree")


def at_fork(pid):
    """Resident KiB that a child forked from this process begins with, or None: a fork takes along what is the process's
    own, and none of the pages of the files it has mapped (fork(2); measured: 377 of 688 MiB with torch 2.14)."""
    found = {}
    try:
        with open("/proc/{}/status".format(pid)) as file:
            for line in file:
                if line.startswith(("VmRSS:", "RssAnon:", "RssShmem:")):
                    name, value = line.split()[:2]
                    found[name] = int(value)
    except (OSError, ValueError):
        return None
    if "RssAnon:" in found:
        return found["RssAnon:"] + found.get("RssShmem:", 0)
    return found.get("VmRSS:")  # before Linux 4.5


def oom_kills():
    """{where: kills so far} of every counter the kernel has here; empty before 4.13 (JetPack 4 has 4.9)."""
    found = {}
    count = _field(VMSTAT, "oom_kill")
    if count is not None:
        found[VMSTAT] = count
    for folder, version in _folders():
        path = os.path.join(folder, "memory.oom_control" if version == 1 else "memory.events")
        count = _field(path, "oom_kill")
        if count is not None:
            found[path] = count
    return found


def cgroup_room():
    """KiB this process and its children may still take before a memory limit of a cgroup, or None without one.

    Pages of files that nobody uses are given back first, so they count as room.
    """
    least = None
    for folder, version in _folders():
        if version == 1:
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
        else:
            names = "memory.max", "memory.current", "inactive_file"
        limit, usage = _number(os.path.join(folder, names[0])), _number(os.path.join(folder, names[1]))
        if limit is None or usage is None or limit >= _UNLIMITED:
            continue
        cached = _field(os.path.join(folder, "memory.stat"), names[2]) or 0
        room = max(0, limit - usage + cached) // 1024
        least = room if least is None else min(least, room)
    return least


def _folders():
    """(folder, version) of the memory cgroup this process is in and of all above it."""
    try:
        with open("/proc/self/cgroup") as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return []
    found = []
    for entry in lines:
        if len(entry) != 3:
            continue
        if "memory" in entry[1].split(","):
            found += [(folder, 1) for folder in _upwards(os.path.join(CGROUP, "memory"), entry[2])]
        elif entry[1] == "":
            mounted = CGROUP if os.path.exists(os.path.join(CGROUP, "cgroup.controllers")) else CGROUP + "/unified"
            found += [(folder, 2) for folder in _upwards(mounted, entry[2])]
    return found


def _upwards(mount, path):
    """A cgroup's folder and those above it. In a container the path may name what is not mounted: then the mount."""
    here = os.path.normpath(mount + "/" + path)
    folders = []
    while here.startswith(mount):
        if os.path.isdir(here):
            folders.append(here)
        if here == mount:
            break
        here = os.path.dirname(here)
    return folders


def _number(path):
    try:
        with open(path) as file:
            return int(file.read().strip())
    except (OSError, ValueError):  # "max": no limit
        return None


def _field(path, name):
    try:
        with open(path) as file:
            for line in file:
                words = line.split()
                if len(words) == 2 and words[0] == name:
                    return int(words[1])
    except (OSError, ValueError):
        pass
    return None
