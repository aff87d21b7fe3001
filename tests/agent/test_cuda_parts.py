"""What is CUDA's own, against a stand-in for the GPU that no test machine has: order of calls, units, directions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jetbench_agent.bench import cuda, timing
from jetbench_agent.stopping import StopRule


class FakeCuda:
    """Notes what is asked of it; its events take what they are told to."""

    def __init__(self, took_ms: float) -> None:
        self.calls: list[str] = []
        outer = self

        class Event:
            def __init__(self, enable_timing: bool = False) -> None:
                assert enable_timing

            def record(self, stream: object) -> None:
                outer.calls.append("record")

            def synchronize(self) -> None:
                outer.calls.append("wait")

            def elapsed_time(self, other: object) -> float:
                outer.calls.append("elapsed")
                return took_ms

        self.Event = Event

    def current_stream(self, device: object) -> str:
        return "stream"

    def synchronize(self, device: object) -> None:
        self.calls.append("synchronize")


def test_a_pass_ends_when_the_device_has_reached_its_second_event() -> None:
    fake = FakeCuda(1.25)
    events = cuda.Events(SimpleNamespace(cuda=fake), "cuda")
    fake.calls.clear()
    call = events.wrapped(lambda: fake.calls.append("forward"))
    told: list[dict[str, object]] = []
    timing.measure(
        call, StopRule(3, None, 60), lambda _i, _s, _e, more: told.append(more), lambda: False, watches=[events]
    )
    assert fake.calls == ["record", "forward", "record", "wait", "elapsed"] * 3, "elapsed is asked between passes"
    assert [ns for more in told for ns in more["device"]] == [1_250_000] * 3, "milliseconds become nanoseconds"


@pytest.mark.torch
def test_copies_are_timed_in_both_directions_with_their_bytes() -> None:
    import torch

    fake = FakeCuda(1.0)
    stand_in = SimpleNamespace(cuda=fake, Tensor=torch.Tensor)
    batch = torch.rand(2, 3, 4, 4)
    output = {"logits": torch.rand(2, 5), "rest": [torch.rand(1)]}
    found = {copied["direction"]: copied for copied in cuda.transfers(stand_in, batch, output, "cpu")}
    assert found["h2d"]["bytes"] == 2 * 3 * 4 * 4 * 4
    assert found["d2h"]["bytes"] == (2 * 5 + 1) * 4
    assert all(len(copied["d"]) == cuda.COPIES and min(copied["d"]) > 0 for copied in found.values())
    assert fake.calls == ["synchronize"] * (2 * 2 * cuda.COPIES), "around each copy, nowhere else"
