"""The plan as it is being put together on screen."""

from __future__ import annotations

import msgspec

from jetbench.domain.events import Protocol
from jetbench.domain.plan import Plan, PlanError, check, parse_counts, parse_percent, parse_size

OWN = "own"  # the input size that each model was published with
DEFAULT_K = 10


class Draft:
    """Which models are picked, and the sweep; everything else stays as the plan was given."""

    def __init__(self, plan: Plan) -> None:
        self.base = plan
        self.picked: list[str] = list(dict.fromkeys(plan.models))
        self.batches = plan.batches
        self.sizes = plan.sizes
        self.k = plan.k
        self.until = plan.until
        self.expect = plan.expect

    def toggle(self, model: str) -> None:
        if model in self.picked:
            self.picked.remove(model)
        else:
            self.picked.append(model)

    def check_settings(self, changes: dict[str, object]) -> object:
        """Attributes of the plan that have no key of their own. PlanError if they make no sense."""
        return self._valid(**changes)

    def take_settings(self, changes: dict[str, object]) -> None:
        self.base = msgspec.structs.replace(self.base, **self._valid(**changes))

    def toggle_energy(self) -> None:
        self.base = msgspec.structs.replace(self.base, energy=not self.base.energy)

    def plan(self) -> Plan:
        """What would be measured now. PlanError if it makes no sense."""
        return check(self._replaced())

    @property
    def unchecked(self) -> Plan:
        """What would be measured now, whether that makes sense or not."""
        return self._replaced()

    @property
    def protocol(self) -> Protocol:
        """The settings every case would be measured with."""
        return self._replaced().protocol()

    def _replaced(self) -> Plan:
        sweep = {"batches": self.batches, "sizes": self.sizes, "k": self.k, "until": self.until, "expect": self.expect}
        return msgspec.structs.replace(self.base, models=tuple(self.picked), **sweep)

    @property
    def cases(self) -> int:
        return len(self.picked) * len(self.base.variants) * len(self.batches) * max(1, len(self.sizes))

    # -- the fields, as text

    def text(self, field: str) -> str:
        if field == "batch":
            return ",".join(map(str, self.batches))
        if field == "input":
            return ",".join(f"{h}" if h == w else f"{h}x{w}" for h, w in self.sizes) or OWN
        if field == "expect":
            return "; ".join(self.expect)
        return f"{self.until * 100:g}%" if self.until is not None else str(self.k or DEFAULT_K)

    def parse(self, field: str, text: str) -> dict[str, object]:
        """The attributes that the text stands for. PlanError says what is wrong with it."""
        if field == "expect":
            return self._valid(expect=tuple(part.strip() for part in text.split(";") if part.strip()))
        text = text.replace(" ", "")
        if field == "batch":
            return self._valid(batches=parse_counts(text, "batch"))
        if field == "input":
            sizes = () if text in ("", OWN) else tuple(parse_size(part) for part in text.split(","))
            return self._valid(sizes=sizes)
        if text.endswith("%"):
            return self._valid(k=None, until=parse_percent(text))
        counts = parse_counts(text, "number of passes")
        if len(counts) != 1:
            raise PlanError("one number of passes, such as 10, or a precision such as 1%")
        return self._valid(k=counts[0], until=None)

    def set(self, field: str, text: str) -> None:
        for name, value in self.parse(field, text).items():
            setattr(self, name, value)

    def _valid(self, **changed: object) -> dict[str, object]:
        check(msgspec.structs.replace(self.base, models=("any",), **{"k": self.k, "until": self.until, **changed}))
        return changed
