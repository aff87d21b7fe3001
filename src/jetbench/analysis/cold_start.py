"""Why the first pass took so long: one sentence, from what was recorded of it and from nothing else.

"The GPU takes 150 s, the CPU 5 s" is what such a first pass looks like from outside. What was counted
while it ran (getrusage, /proc/vmstat, /proc/self/io, the size of kernel caches) tells reading and
swapping from computing; how the seconds divide between these no counter says, so neither does this.
"""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.domain.results import LedgerEntry

LONGER = 3.0  # times a steady pass; a cold cache alone makes up to two
NOTICED_S = 0.5  # beyond a steady pass: nobody asks about less


def sentence(ledger: Sequence[LedgerEntry], p50_s: float | None) -> str | None:
    """One sentence where the first pass was much longer than a steady one of ``p50_s`` seconds, else None."""
    stages = {entry.stage: entry for entry in ledger}
    first = stages.get("first")
    if first is None or p50_s is None or not _much_longer(first, p50_s):
        return None
    text = f"first pass {_seconds(first.seconds)}, steady {_seconds(p50_s)}: {_share(first.seconds, p50_s)} of it"
    text += f" is start-up; {_meanwhile(first)}"
    second = stages.get("second")
    if second is not None and _much_longer(second, p50_s):
        text += f"; the second pass still took {_seconds(second.seconds)}"
    return text


def _much_longer(entry: LedgerEntry, p50_s: float) -> bool:
    return p50_s > 0 and entry.seconds >= LONGER * p50_s and entry.seconds - p50_s >= NOTICED_S


def _meanwhile(entry: LedgerEntry) -> str:
    counted = {
        "major page faults": entry.major_faults,
        "swap-in": entry.swap_in_kib,
        "reads from a disk": entry.read_kib,
        "growth of kernel caches": entry.cache_kib,
    }
    known = [name for name, value in counted.items() if value is not None]
    if not known:
        return "what it was spent on was not recorded"
    found = []
    if entry.major_faults:
        found.append(f"{_spaced(entry.major_faults)} major page fault{'' if entry.major_faults == 1 else 's'}")
    if entry.swap_in_kib:
        found.append(f"{size(entry.swap_in_kib)} swapped in by the whole system")
    if entry.read_kib:
        found.append(f"{size(entry.read_kib)} read from a disk")
    if entry.cache_kib:
        found.append(f"{size(entry.cache_kib)} of kernels compiled and cached")
    if found:
        return f"meanwhile {', '.join(found)}"
    return f"meanwhile no {', no '.join(known)}"


def _share(seconds: float, p50_s: float) -> str:
    """The part of a pass that a steady one does not need. 100 % would not be true."""
    share = 1 - p50_s / seconds
    if share >= 0.999:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if share >= 0.99 else f"{100 * share:.0f} %"


def size(kib: int) -> str:
    """``12 KiB``, ``890 MiB``, ``1.2 GiB``."""
    if kib < 1024:
        return f"{kib} KiB"
    return f"{kib / 1024:.0f} MiB" if kib < 1 << 20 else f"{kib / (1 << 20):.1f} GiB"


def _seconds(value: float) -> str:
    if value >= 100:
        return f"{value:.0f} s"
    return f"{value:.3g} s" if value >= 0.1 else f"{value * 1e3:.3g} ms"


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
