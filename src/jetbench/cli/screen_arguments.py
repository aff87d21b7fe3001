"""The options of the screen, as the app takes them: apart from click, which the app's first paint does without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def screen_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """What ``run_app`` is given of ``options.screen_options``."""
    taken = {name: options.get(name) for name in ("theme", "glyphs", "fps")}
    return taken | {"mouse": False if options.get("no_mouse") else None}
