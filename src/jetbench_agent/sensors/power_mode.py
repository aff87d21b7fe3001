"""The power mode of a Jetson as nvpmodel left it: its number in /var/lib/nvpmodel/status, its name in nvpmodel.conf.

nvpmodel itself is not run: it is another program's start for two small files.
"""

import re
from typing import Any, Dict, List

from .files import Root, clean
from .source import Source

STATUS = "var/lib/nvpmodel/status"  # "pmode:0002", and more behind it
NAMES = "etc/nvpmodel.conf"
_MODE = re.compile(rb"pmode:([0-9]{1,4})")
_NAME = re.compile(rb"^\s*<\s*POWER_MODEL\s+ID=([0-9]{1,4})\s+NAME=([^\s>]+)", re.MULTILINE)


def discover(_root: Root) -> List[Source]:
    return []


def facts(root: Root) -> Dict[str, Any]:
    match = _MODE.search(root.raw(STATUS, 256))
    if match is None:
        return {}
    number = int(match.group(1))
    names = {int(ident): name for ident, name in _NAME.findall(root.raw(NAMES))}
    name = clean(names[number].decode("utf-8", "replace")) if number in names else ""
    modes = {str(ident): clean(names[ident].decode("utf-8", "replace")) for ident in sorted(names)}
    found: Dict[str, Any] = {"power_mode": name or "mode %d" % number}
    if modes:
        found["power_modes"] = modes
    return found
