"""The results document as JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jetbench.export.document import document
from jetbench.export.files import replacing
from jetbench.session.state import SessionState


def dumps(made: Mapping[str, Any]) -> str:
    """ASCII only: nothing in it can steer a terminal or break on an old one."""
    return json.dumps(made, indent=2, ensure_ascii=True, allow_nan=False)


def write(path: Path, state: SessionState) -> None:
    """The document in a file. Raises ExportError."""
    with replacing(path) as file:
        file.write(dumps(document(state)) + "\n")
