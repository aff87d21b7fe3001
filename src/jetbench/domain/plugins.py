"""Whether what other packages add is used: not with JETBENCH_PLUGINS=0 or --no-plugins. The agent goes by the same."""

from __future__ import annotations

import os

VARIABLE = "JETBENCH_PLUGINS"
OPTION = "--no-plugins"
PROBLEM = "plug-in "  # so begins what the agent says of one that cannot be used


def are_off() -> bool:
    return os.environ.get(VARIABLE, "").strip().lower() in ("0", "no", "off", "false")


def turn_off() -> None:
    """For this process and those it starts."""
    os.environ[VARIABLE] = "0"
