"""Why a child is over: an out-of-memory kill is proven, its disguises are known, other deaths are told apart."""

from __future__ import annotations

import signal

import pytest

from jetbench_agent import deaths
from jetbench_agent.memory_state import VMSTAT

CGROUP = "/sys/fs/cgroup/memory/memory.oom_control"
NVML = (
    "RuntimeError: NVML_SUCCESS == r INTERNAL ASSERT FAILED at "
    '"/opt/pytorch/c10/cuda/CUDACachingAllocator.cpp":1016, please report a bug to PyTorch.'
)
NVMAP = "NvMapMemAllocInternalTagged: 1075072515 error 12\nNvMapMemHandleAlloc: error 0"
EIGHT_GIB, LITTLE, AMPLE = 8 << 20, 1 << 18, 6 << 20  # KiB


@pytest.mark.parametrize(
    "code, words",
    [
        (-11, "SIGSEGV"),
        (-9, "killed by the system or another program"),
        (-4, "OPENBLAS_CORETYPE"),
        (-6, "SIGABRT"),
        (-7, "SIGBUS"),
        (7, "status 7"),
    ],
)
def test_a_death_is_named(code: int, words: str) -> None:
    assert words in deaths.death(code, "first")
    assert "in stage first" in deaths.death(code, "first")


def test_every_signal_has_a_sentence() -> None:
    for number in range(1, 65):
        assert deaths.death(-number, None)
    assert signal.Signals(15).name in deaths.death(-15, None)


def killed(
    before: dict[str, int], after: dict[str, int], rss: int | None = 900_000, room: int | None = 1_000_000
) -> tuple[str, str, list[str]]:
    found: tuple[str, str, list[str]] = deaths.of_exit(-signal.SIGKILL, "load", before, after, rss, room)
    return found


@pytest.mark.parametrize("where", [VMSTAT, CGROUP, "/sys/fs/cgroup/memory.events"])
def test_the_kernels_counter_proves_it(where: str) -> None:
    cause, text, evidence = killed({where: 3}, {where: 4})
    assert cause == "oom"
    assert "the kernel killed it" in text
    assert "in stage load" in text
    assert f"{where}: oom_kill rose from 3 to 4" in evidence
    assert any("879 MiB" in line for line in evidence)


def test_a_counter_that_stands_still_proves_the_contrary() -> None:
    cause, text, evidence = killed({VMSTAT: 3, CGROUP: 0}, {VMSTAT: 3, CGROUP: 0}, rss=10_000_000)
    assert cause == "killed"
    assert "somebody killed it" in text
    assert len(evidence) == 2
    assert all("did not rise" in line for line in evidence)


def test_a_kill_for_memory_elsewhere_on_the_machine_is_none_of_ours() -> None:
    cause, _, evidence = killed({VMSTAT: 3, CGROUP: 1}, {VMSTAT: 4, CGROUP: 1})
    assert cause == "killed"
    assert f"{CGROUP}: oom_kill did not rise" in evidence


def test_without_counters_its_size_makes_it_probable_and_no_more() -> None:
    """JetPack 4: its kernel counts no kills."""
    cause, text, evidence = killed({}, {}, rss=900_000, room=1_000_000)
    assert cause == "oom_probable"
    assert "probably" in text
    assert any("counts no kills" in line for line in evidence)
    assert killed({}, {}, rss=300_000, room=1_000_000)[0] == "killed"
    assert killed({}, {}, rss=None, room=None)[0] == "killed"


@pytest.mark.parametrize("code, cause", [(-11, "signal"), (-6, "signal"), (7, "error")])
def test_other_ends_are_never_for_memory(code: int, cause: str) -> None:
    assert deaths.of_exit(code, None, {VMSTAT: 0}, {VMSTAT: 1}, 10**9, 1)[0] == cause


@pytest.mark.parametrize(
    "error, printed, where, cause, word",
    [
        (NVML, "", "error", "oom_device", "NVML"),
        ("RuntimeError: CUDA error: unknown error", NVMAP, "printed", "oom_device", "NvMap"),
        ("", NVML, "printed", "oom_device", "NVML"),
        ("RuntimeError: CUDA out of memory. Tried to allocate 2 GiB", "", "error", "oom_device", "on the GPU"),
        ("torch.cuda.OutOfMemoryError: CUDA out of memory.", "", "error", "oom_device", "on the GPU"),
        ("RuntimeError: DefaultCPUAllocator: can't allocate memory", "", "error", "oom", "refused an allocation"),
        ("MemoryError", "", "error", "oom", "refused an allocation"),
        ("", "terminate called after throwing 'std::bad_alloc'", "printed", "oom", "refused an allocation"),
    ],
)
def test_disguises_of_a_lack_of_memory(error: str, printed: str, where: str, cause: str, word: str) -> None:
    memory = {"MemTotal": EIGHT_GIB, "MemAvailable": LITTLE}
    found, sentence, evidence = deaths.of_error(error, printed, memory)
    assert found == cause
    assert word in (sentence or "")
    assert "reboot" not in (sentence or "")
    assert len(evidence) == 1
    assert evidence[0].startswith(f"{where}: ")


@pytest.mark.parametrize("error, printed", [(NVML, ""), ("RuntimeError: CUDA error", NVMAP)])
def test_memory_that_is_there_in_pieces_needs_a_reboot(error: str, printed: str) -> None:
    """A Jetson's GPU that finds no room while most memory is available: fragments stay until it is started anew."""
    _, sentence, _ = deaths.of_error(error, printed, {"MemTotal": EIGHT_GIB, "MemAvailable": AMPLE})
    assert "6144 MiB are free, but in pieces: reboot the board" in (sentence or "")
    _, unknown, _ = deaths.of_error(error, printed, {})
    assert unknown
    assert "reboot" not in unknown


def test_an_ordinary_gpu_has_no_pieces_to_tell_of() -> None:
    error = "RuntimeError: CUDA out of memory. Tried to allocate 2 GiB"
    _, sentence, _ = deaths.of_error(error, "", {"MemTotal": EIGHT_GIB, "MemAvailable": AMPLE})
    assert "reboot" not in (sentence or "")


@pytest.mark.parametrize(
    "error, printed",
    [
        ("ValueError: the weights are upside down", ""),
        ("ValueError: the weights are upside down", "OSError: Cannot allocate memory; going on with less"),
        ("", "an earlier run was out of memory, they say"),
        ("", ""),
    ],
)
def test_what_it_got_over_is_no_cause(error: str, printed: str) -> None:
    assert deaths.of_error(error, printed, {"MemTotal": 1, "MemAvailable": 1}) == ("error", None, [])
