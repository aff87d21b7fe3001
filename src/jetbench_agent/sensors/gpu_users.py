"""Processes that hold an NVIDIA GPU open, told by their descriptors in /proc: who is there beside what is measured.

nvidia-smi does not list processes on a Jetson. Descriptors of other users' processes are readable to root alone: how
many processes were not looked into is told. A scan takes about 20 us a process and 2 us a descriptor.
"""

import os
import re
from typing import Any, Dict, List, Optional, Set

from .files import Root, clean

# Discrete GPUs; the Tegra GPU of L4T 32 to 35, and of 36. /dev/nvmap and nvhost-ctrl are for cameras and codecs too.
_DEVICE = re.compile(r"/dev/(nvidia[0-9]+|nvhost-(as-|prof-|tsg-)?gpu|nvgpu/.+)$")
_FOLDERS = (("dev", "nvidia"), ("dev", "nvhost-"), ("dev", "nvgpu"))
MOST = 20  # processes that are named


def users(root: Root) -> Dict[str, Any]:
    """``{"gpu_users": {"found": [[pid, name], ...], "hidden": processes not looked into}}``; empty without a GPU."""
    if not any(root.names(*place) for place in _FOLDERS):
        return {}
    own, hidden = os.getpid(), 0
    found: List[List[Any]] = []
    for name in root.names("proc"):
        if not name.isdigit():
            continue
        holds = _holds(root, name)
        if holds is None:
            hidden += 1
        elif holds and len(found) < MOST and not _is_of(root, int(name), own):
            found.append([int(name), root.text("proc/%s/comm" % name)])
    return {"gpu_users": {"found": found, "hidden": hidden}}


def _holds(root: Root, pid: str) -> Optional[bool]:
    """None where it may not be looked into; a process that has just ended holds nothing."""
    folder = root.path("proc/%s/fd" % pid)
    try:
        descriptors = os.listdir(folder)
    except PermissionError:
        return None
    except OSError:
        return False
    for descriptor in descriptors:
        try:
            if _DEVICE.match(clean(os.readlink(os.path.join(folder, descriptor)))):
                return True
        except OSError:
            continue
    return False


def _is_of(root: Root, pid: int, ancestor: int) -> bool:
    """Whether it is ours: the agent itself or a descendant, such as the child that measures."""
    seen: Set[int] = set()
    while pid > 1 and pid not in seen:
        if pid == ancestor:
            return root.is_real
        seen.add(pid)
        fields = root.raw("proc/%d/stat" % pid, 1024).rpartition(b")")[2].split()  # the name may hold anything
        pid = int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 0
    return False
