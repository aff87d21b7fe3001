"""What every event of the stream has."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

# Half of 64 bits, so that no sum of two overflows an array or a date. Checked as a line is decoded.
Natural: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
Whole: TypeAlias = Annotated[int, msgspec.Meta(gt=-(1 << 62), lt=1 << 62)]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", omit_defaults=True):
    n: Natural = 0
    t: Natural = 0
