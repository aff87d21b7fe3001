"""docs/recording.md names every kind of event, every field and the bounds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from jetbench.domain import events as ev
from jetbench.recording import checkpoints
from jetbench.recording.format import MAX_LINE, NAME, VERSION

PAGE = (Path(__file__).parents[2] / "docs" / "recording.md").read_text()
NESTED = (ev.Channel, ev.PowerRule, ev.Case)


@pytest.mark.parametrize("kind", get_args(ev.AnyEvent), ids=lambda kind: kind.__name__)
def test_every_kind_and_field(kind):
    tag = kind.__struct_config__.tag
    row = next((line for line in PAGE.splitlines() if re.match(rf"\| [^|]*`{tag}`", line)), None)
    assert row is not None, tag
    if tag in ("models", "ready"):
        return
    for field in kind.__struct_fields__:
        assert f"`{field}`" in row or field in ("n", "t", "c", "r"), f"{tag}.{field}"


@pytest.mark.parametrize("struct", NESTED, ids=lambda struct: struct.__name__)
def test_nested_fields(struct):
    for field in struct.__struct_fields__:
        assert f"`{field}`" in PAGE, field


def test_names_and_bounds():
    assert f'"{NAME}"' in PAGE
    assert f"`version` is {VERSION}." in PAGE
    assert MAX_LINE == 1 << 20
    assert "1 MiB at most" in PAGE
    assert f"{checkpoints.MAX_OFFSETS} at most" in PAGE
