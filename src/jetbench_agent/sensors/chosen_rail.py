"""One of the board's own rails as its total, because the user says so: an INA219 soldered into the supply, say."""

from typing import Any, Callable, Dict, List, Optional

from .extended import Addition
from .files import Reading


class ChosenRail(Addition):
    """``row`` is shown every row of the board before its total is asked for. Raises KeyError for an unknown label."""

    replaces = True

    def __init__(self, label: str, described: Dict[str, Any], monitor: Optional[Callable[[str], Any]] = None) -> None:
        """``monitor`` tells update_ms and accuracy of a channel."""
        idents = [column["id"] for column in described["channels"]]
        wanted = "power." + label
        if wanted not in idents or label == "total":
            raise KeyError(label)
        self._place = idents.index(wanted)
        self._watts: Reading = "needs_two_samples"
        self.method = "chosen:" + label
        self.scope = "what the rail %s feeds, as named with --power-rail" % label
        self.source = described["channels"][self._place].get("source", "")
        self.monitor = monitor(wanted) if monitor else {}

    def row(self, values: List[Any], why: Dict[str, str]) -> None:
        value = values[self._place]
        self._watts = why.get(self._ident(), "read_error") if value is None else value

    def _ident(self) -> str:
        return "power." + self.method.split(":", 1)[1]

    def watts(self) -> Reading:
        return self._watts


def labels(described: Dict[str, Any]) -> List[str]:
    """Rails that may be chosen."""
    own = [column for column in described["channels"] if column["quantity"] == "power"]
    return [column["name"] for column in own if column["id"] != "power.total"]
