"""What the log tells late of the ends of cases is what it would have told then."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from jetbench.domain import events as ev
from jetbench.session.state import SessionState

RECORDINGS = Path(__file__).parents[2] / "recordings"


@pytest.mark.parametrize("looks", [0, 7])
@pytest.mark.parametrize(
    "name",
    ["simulated-nano-long-thermal-run.jsonl.gz", "lab-x86-2cores.jsonl"],  # three rounds, and one
)
def test_a_log_that_is_looked_at_late_is_the_log(name: str, looks: int) -> None:
    data = (RECORDINGS / name).read_bytes()
    lines = (gzip.decompress(data) if name.endswith(".gz") else data).splitlines()
    at_once, late = SessionState(), SessionState()
    late.put_off.on = True
    missed = 0
    for number, line in enumerate(lines):
        event = ev.decode(line)
        at_once.apply(event)
        late.apply(event)
        missed = max(missed, len(at_once.log) - len(late.log))
        if looks and number % (len(lines) // looks) == 0:
            late.tell_put_off()
            assert list(late.log) == list(at_once.log)
    late.tell_put_off()
    assert list(late.log) == list(at_once.log)
    assert missed
