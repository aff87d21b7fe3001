"""Which machine this is: from the device tree, /etc, /proc and DMI. No serial numbers are read."""

import os
import re
from typing import Any, Dict, List, Optional

from . import cpu, memory
from .files import Root, clean

TREES = ("sys/firmware/devicetree/base", "proc/device-tree")  # the second is an absolute link on real boards
DMI = ("sys/devices/virtual/dmi/id", "sys/class/dmi/id")

_L4T = re.compile(r"# R([0-9]+) \(release\), REVISION: ([0-9.]+)")
_CORES = {  # implementer and part of /proc/cpuinfo (kernel: arch/arm64/include/asm/cputype.h)
    ("0x41", "0xd03"): "Cortex-A53",
    ("0x41", "0xd05"): "Cortex-A55",
    ("0x41", "0xd07"): "Cortex-A57",
    ("0x41", "0xd08"): "Cortex-A72",
    ("0x41", "0xd0b"): "Cortex-A76",
    ("0x41", "0xd0c"): "Neoverse N1",
    ("0x41", "0xd40"): "Neoverse V1",
    ("0x41", "0xd42"): "Cortex-A78AE",
    ("0x41", "0xd4f"): "Neoverse V2",
    ("0x41", "0xd83"): "Neoverse V3AE",
    ("0x4e", "0x003"): "NVIDIA Denver 2",
    ("0x4e", "0x004"): "NVIDIA Carmel",
}


def identity(root: Root) -> Dict[str, Any]:
    """model, kind, soc, os, kernel, hostname, machine, cpu_model, cpus, memory_mib; None for what is not known."""
    compatible = tree_strings(root, "compatible")
    info = _cpuinfo(root)
    here = os.uname() if root.is_real else None
    machine = root.text("proc/sys/kernel/arch") or (here.machine if here else _machine(info))
    kilobytes = memory.kilobytes(root.raw(memory.PATH, 4096), b"MemTotal:")
    return {
        "model": _model(root),
        "kind": _kind(root, compatible, info, machine),
        "soc": _soc(compatible),
        "os": _system(root),
        "kernel": root.text("proc/sys/kernel/osrelease") or (clean(here.release) if here else None),
        "hostname": root.text("proc/sys/kernel/hostname") or (clean(here.nodename) if here else None),
        "machine": machine,
        "cpu_model": _cpu_model(info),
        "cpus": cpu.online(root),
        "memory_mib": kilobytes // 1024 if type(kilobytes) is int else None,
    }


def tree_strings(root: Root, prop: str) -> List[str]:
    for tree in TREES:
        found = root.strings(tree + "/" + prop)
        if found:
            return found
    return []


def is_nano_2gb(root: Root) -> bool:
    """Module p3448-0003; p3541 and p3542 are its carriers."""
    names = " ".join(tree_strings(root, "compatible") + tree_strings(root, "model")).lower()
    return any(mark in names for mark in ("p3448-0003", "p3541", "p3542", "jetson-nano-2gb", "jetson nano 2gb"))


def is_bare(root: Root) -> bool:
    """Nothing to measure with is visible: a container or a virtual machine."""
    folders = ("sys/class/hwmon", "sys/class/thermal", "sys/class/powercap", "sys/class/power_supply", cpu.POLICIES)
    return not any(root.names(folder) for folder in folders)


def _kind(root: Root, compatible: List[str], info: Dict[str, str], machine: Optional[str]) -> str:
    if any(name.startswith("nvidia,tegra") for name in compatible) or root.exists("etc/nv_tegra_release"):
        return "jetson"
    if any(name.startswith("raspberrypi,") for name in compatible):
        return "rpi"
    if info and not compatible and is_bare(root):
        return "container"
    if machine in ("x86_64", "i686", "i386"):
        return "x86"
    return "arm" if machine and machine.startswith(("aarch64", "arm")) else "unknown"


def _model(root: Root) -> Optional[str]:
    found = tree_strings(root, "model")
    if found:
        return found[0]
    for folder in DMI:
        words = [root.text(folder + "/sys_vendor"), root.text(folder + "/product_name")]
        if any(words):
            return " ".join(word for word in words if word)
    return None


def _soc(compatible: List[str]) -> Optional[str]:
    """The last entry of ``compatible`` is the chip: "nvidia,tegra234" is tegra234."""
    tegra = [name for name in compatible if name.startswith("nvidia,tegra")]
    return (tegra or compatible)[-1].split(",", 1)[-1] if compatible else None


def _system(root: Root) -> Optional[str]:
    match = _L4T.match(root.text("etc/nv_tegra_release"))
    if match:
        return "L4T R" + match.group(1) + "." + match.group(2)
    for line in root.raw("etc/os-release", 4096).decode("utf-8", "replace").splitlines():
        if line.startswith("PRETTY_NAME="):
            return clean(line.split("=", 1)[1]).strip("\"'") or None
    return None


def _cpuinfo(root: Root) -> Dict[str, str]:
    """The first word on every subject of /proc/cpuinfo."""
    found: Dict[str, str] = {}
    for line in root.raw("proc/cpuinfo", 8192).decode("utf-8", "replace").splitlines():
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(clean(key), clean(value))
    return found


def _cpu_model(info: Dict[str, str]) -> Optional[str]:
    core = _CORES.get((info.get("CPU implementer", ""), info.get("CPU part", "")))
    return info.get("model name") or core or info.get("Hardware")


def _machine(info: Dict[str, str]) -> Optional[str]:
    """The architecture of a tree that does not name it."""
    if "vendor_id" in info:
        return "x86_64"
    if "CPU implementer" in info:
        return "aarch64" if info.get("CPU architecture", "") == "8" else "arm"
    return None
