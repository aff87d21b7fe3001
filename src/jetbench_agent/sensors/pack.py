"""The files of a board that its sensors are read from, to send along with a bug report. No serial numbers, and no
hardware addresses: a battery of a Bluetooth mouse has one in its very name.

Symbolic links are kept as links: sysfs is a tree of them, and a reader must find its way in the copy as on the board.
"""

import errno
import glob
import os
import re
import subprocess
from typing import Any, Dict, Iterator, List, Set, Tuple

# What the sources of this package look at; see the kernel's Documentation/ABI for each tree.
PATTERNS = (
    "vcgencmd/*.txt",
    "etc/nv_tegra_release",
    "etc/os-release",
    "etc/nvpmodel.conf",
    "var/lib/nvpmodel/status",
    "proc/cpuinfo",
    "proc/meminfo",
    "proc/stat",
    "proc/uptime",
    "proc/loadavg",
    "proc/device-tree/model",
    "proc/device-tree/compatible",
    "sys/class/dmi/id/product_name",
    "sys/class/dmi/id/sys_vendor",
    "sys/devices/virtual/dmi/id/product_name",
    "sys/devices/virtual/dmi/id/sys_vendor",
    "sys/class/hwmon/*/*",
    "sys/class/thermal/*/*",
    "sys/class/powercap/*/*",
    "sys/class/powercap/*/*/*",
    "sys/class/power_supply/*/*",
    "sys/class/devfreq/*/*",
    "sys/class/devfreq/*/device/load",
    "sys/bus/i2c/devices/*/name",
    "sys/bus/i2c/devices/*/iio?device*/*",
    "sys/bus/i2c/drivers/ina3221*/*/name",
    "sys/devices/gpu.0/load",
    "sys/devices/*.gpu/load",
    "sys/devices/*.gp10b/load",
    "sys/devices/*.gv11b/load",
    "sys/devices/*.ga10b/load",
    "sys/devices/platform/gpu.0/load",
    "sys/devices/platform/bus@0/*.gpu/load",
    "sys/devices/pwm-fan/*",
    "sys/devices/platform/soc/soc:firmware/get_throttled",
    "sys/devices/system/cpu/online",
    "sys/devices/system/cpu/present",
    "sys/devices/system/cpu/cpufreq/policy*/*",
    "sys/devices/system/cpu/cpu*/online",
    "sys/devices/system/cpu/cpu*/cpufreq",
    "sys/devices/system/cpu/cpu*/thermal_throttle/*",
    "sys/devices/system/cpu/cpu*/topology/physical_package_id",
    "sys/devices/system/cpu/cpu*/topology/core_id",
)
PRIVATE = ("serial", "uuid", "unique", "address", "asset", "sha", "hash", "key", "token", "uevent", "modalias")
VCGENCMD = ("pmic_read_adc", "get_throttled", "measure_temp")
LARGEST_FILE = 16384
_PRIVATE_LINE = re.compile("^[^\n]*serial[^\n]*\n?", re.IGNORECASE | re.MULTILINE)  # /proc/cpuinfo of a Pi has one
_ADDRESS = re.compile(r"[0-9a-f]{2}([:_-])([0-9a-f]{2}\1){4,}[0-9a-f]{2}", re.IGNORECASE)
MOST_FILES = 6000

Entry = Dict[str, Any]


def entries(prefix: str) -> Iterator[Entry]:
    """Files and links under ``prefix`` ("/" for this machine), each once.

    {"path", "text"} · {"path", "link"} · {"path", "error"}: the errno's name where a file is there and gives nothing.
    """
    seen: Set[str] = set()
    for pattern in PATTERNS:
        for found in sorted(glob.glob(os.path.join(prefix, pattern))):
            if len(seen) >= MOST_FILES:
                return
            for entry in _place(prefix, os.path.relpath(found, prefix), seen):
                yield entry
    if prefix == "/":
        for entry in _vcgencmd():
            yield entry


def _place(prefix: str, path: str, seen: Set[str]) -> List[Entry]:
    """The links on the way to a file, and the file where it really lies; nothing that leaves ``prefix``."""
    if any(word in os.path.basename(path).lower() for word in PRIVATE):
        return []
    links, real = _resolved(prefix, path)
    if _ADDRESS.search(path) or _ADDRESS.search(real):
        return []
    made = []
    for link, target in links:
        if link not in seen:
            seen.add(link)
            made.append({"path": link, "link": target})
    full = os.path.join(prefix, real)
    if real in seen or real.startswith("..") or not os.path.lexists(full):
        return made
    seen.add(real)
    if os.path.isdir(full):
        # In a copy a folder stands for a file that gives nothing (EAGAIN): it is one again.
        return made + ([{"path": real, "error": "EAGAIN"}] if _stands_for_a_file(real) else [])
    made.append(dict(_content(full), path=real))
    return made


def _stands_for_a_file(path: str) -> bool:
    return os.path.basename(path).endswith(("temp", "_input", "load"))


def _resolved(prefix: str, path: str) -> Tuple[List[Tuple[str, str]], str]:
    """Relative links met on the way, and the path without them."""
    links, done = [], ""
    rest = path.split("/")
    for _ in range(200):
        if not rest:
            break
        step = rest.pop(0)
        if step == "..":
            done = os.path.dirname(done)
            continue
        here = os.path.join(done, step)
        full = os.path.join(prefix, here)
        if not os.path.islink(full):
            done = here
            continue
        target = os.readlink(full)
        if target.startswith("/"):
            target = os.path.relpath(target.lstrip("/"), os.path.dirname(here) or ".")
        links.append((here, target))
        rest = target.split("/") + rest
    return links, os.path.normpath(done)


def _content(full: str) -> Entry:
    try:
        descriptor = os.open(full, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            text = os.read(descriptor, LARGEST_FILE).decode("utf-8", "replace")
            return {"text": _ADDRESS.sub("xx:xx:xx:xx:xx:xx", _PRIVATE_LINE.sub("", text))}
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        return {"error": errno.errorcode.get(getattr(error, "errno", None) or 0, "EIO")}


def _vcgencmd() -> Iterator[Entry]:
    for words in VCGENCMD:
        try:
            done = subprocess.run(["vcgencmd", words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=2)
        except (OSError, subprocess.TimeoutExpired):
            return
        if done.returncode == 0:
            yield {"path": "vcgencmd/" + words + ".txt", "text": done.stdout.decode("utf-8", "replace")[:LARGEST_FILE]}
