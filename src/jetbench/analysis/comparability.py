"""Whether the figures of two sessions may be put beside each other: what differs between them, in words.

What belongs to the key of a measurement makes them incomparable: the board and its processor, power mode, CPUs that
are on, highest clocks, governor, fan, torch and what it was built with, threads and cores. (The key is that of timm's
result files, precision-layout-torch-cuda-device, with the state of a Jetson: MLPerf's reviewers ask for nvpmodel first,
and the memory clock alone moves a median by 11 to 48 %.) The rest is told and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from jetbench.domain.events import Board, Case, Protocol, Software
from jetbench.domain.text import printable

MOST_NAMED = 4  # of a kind, in one sentence
_TEXT = 60
Facts = Mapping[str, str | None]  # None: not recorded


class Setting(msgspec.Struct, frozen=True):
    """What a session was measured on and with. None: not known, or not yet."""

    board: Board | None = None
    software: Software | None = None
    protocol: Protocol | None = None
    cases: tuple[Case, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """``base`` and ``other`` are words; None where it was not recorded."""

    what: str
    base: str | None
    other: str | None
    incomparable: bool = False

    @property
    def text(self) -> str:
        return f"{self.what} {self.base or 'not recorded'} against {self.other or 'not recorded'}"


def _simulated(board: Board | None) -> bool:
    """Whether its readings are made up."""
    return board is not None and board.facts.get("simulated") is True


def same_board(base: Board | None, other: Board | None) -> bool:
    """Whether it is one and the same, as far as it says."""
    if base is None or other is None:
        return False
    return all(
        getattr(base, name) == getattr(other, name) for name in ("model", "soc", "cpu_model", "hostname", "root")
    )


def differences(base: Setting, other: Setting) -> tuple[Difference, ...]:
    """Those that make figures incomparable first."""
    found: list[Difference] = []
    for facts, key, always in _SUBJECTS:
        left, right = facts(base), facts(other)
        for what in dict.fromkeys([*left, *right]):
            one, two = left.get(what), right.get(what)
            if one == two or (not always and None in (one, two)):
                continue
            found.append(Difference(what, one, two, key and None not in (one, two)))
    found += _clocks(base.board, other.board)
    return tuple(sorted(found, key=lambda difference: not difference.incomparable))


def refusal(found: Iterable[Difference]) -> str | None:
    """What makes them incomparable, in a few words; None where nothing does."""
    named = [difference.text for difference in found if difference.incomparable]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more if named else None


def unknown_mode(base: Setting, other: Setting) -> str | None:
    """A sentence where neither says in which power mode a Jetson was, although that decides."""
    boards = [setting.board for setting in (base, other)]
    if any(board is None or board.kind != "jetson" or _simulated(board) for board in boards):
        return None
    if any(_mode(setting)["power mode"] is not None for setting in (base, other)):
        return None
    return "the power mode is recorded in neither: if it was changed, the figures say nothing"


# -- what a session says of itself, as words; facts of a recording are data and may be anything


def _said(value: Any) -> str | None:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:g}"
    return printable(value, _TEXT) if isinstance(value, str) and value else None


def _megahertz(hertz: Any) -> str | None:
    return f"{hertz / 1e6:g} MHz" if isinstance(hertz, int | float) and not isinstance(hertz, bool) else None


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _facts(setting: Setting, name: str) -> Mapping[str, Any]:
    return _table(setting.board.facts.get(name)) if setting.board is not None else {}


def _board(setting: Setting) -> Facts:
    board = setting.board
    if board is None:
        return {}
    made_up = "made up by --simulate" if _simulated(board) else None
    read = made_up or (f"read from {printable(board.root, _TEXT)}" if board.root else "its own")
    return {
        "board": _said(board.model) or _said(board.soc) or _said(board.kind),
        "processor": _said(board.cpu_model),
        "sensors": read,
    }


def _mode(setting: Setting) -> Facts:
    jtop = _facts(setting, "jtop")
    told = setting.board.facts.get("power_mode") if setting.board is not None else None
    mode = _said(jtop.get("nvpmodel")) or _said(told)
    return {"power mode": mode, "jetson_clocks": _said(jtop.get("jetson_clocks"))}


def _state(setting: Setting) -> Facts:
    fans = _table(_facts(setting, "jtop").get("fan"))
    cpu, gpu = _facts(setting, "cpu"), _facts(setting, "gpu")
    profiles = [f"{printable(name, 20)} {_said(profile)}" for name, profile in sorted(fans.items()) if _said(profile)]
    return {
        "CPUs online": _said(cpu.get("online")),
        "governor": _said(cpu.get("governor")),
        "GPU governor": _said(gpu.get("governor")),
        "lowest GPU clock": _megahertz(gpu.get("min_hz")),
        "fan": ", ".join(profiles[:MOST_NAMED]) or None,
    }


def _torch(setting: Setting) -> Facts:
    return {"torch": _said(setting.software.torch)} if setting.software is not None else {}


def _built(setting: Setting) -> Facts:
    software = setting.software
    if software is None:
        return {}
    build = software.build
    return {
        "CUDA": _said(build.get("cuda_built")),
        "GPU": _said(software.cuda_device),
        "oneDNN": _said(build.get("mkldnn")),
        "cudnn.benchmark": _said(build.get("cudnn_benchmark")),
    }


def _threads(setting: Setting) -> Facts:
    threads = sorted({case.threads for case in setting.cases if case.threads})
    shared = setting.protocol.shared_cores if setting.protocol is not None else None
    return {
        "threads": ", ".join(map(str, threads[:MOST_NAMED])) or None,
        "cores": None if shared is None else "shared with the screen" if shared else "the cases' own",
    }


def _versions(setting: Setting) -> Facts:
    board, software = setting.board, setting.software
    return {
        "host": _said(board.hostname) if board else None,
        "system": _said(board.os) if board else None,
        "kernel": _said(board.kernel) if board else None,
        "Python": _said(software.python) if software else None,
        "torchvision": _said(software.torchvision) if software else None,
        "cuDNN": _said(software.build.get("cudnn")) if software else None,
        "power by": _said(board.power.method) if board else None,
    }


def _protocol(setting: Setting) -> Facts:
    protocol = setting.protocol
    if protocol is None:
        return {}
    rounds = f"{protocol.rounds}, seed {protocol.seed}" if protocol.rounds > 1 else "1"
    return {
        "passes": f"until {protocol.until:.2%}" if protocol.until is not None else f"k = {protocol.k}",
        "warm-up": "until flat" if protocol.warmup is None else str(protocol.warmup),
        "rounds": rounds,
        "end to end": _said(protocol.end_to_end),
        "energy block": _said(protocol.energy),
        "cool-down": f"up to {protocol.cooldown_s:g} s",
        "a new interpreter a case": _said(protocol.fresh),
        "cores for the cases": str(len(protocol.bench_cores)) if protocol.bench_cores else None,
    }


def _weights(setting: Setting) -> Facts:
    named = sorted({printable(case.weights or "random", _TEXT) for case in setting.cases})
    return {"weights": ", ".join(named[:MOST_NAMED]) or None}


# What is told, whether a difference in it makes figures incomparable, and whether it is told where one side has none.
_SUBJECTS: tuple[tuple[Callable[[Setting], Facts], bool, bool], ...] = (
    (_board, True, False),
    (_mode, True, True),
    (_state, True, False),
    (_torch, True, True),
    (_built, True, False),
    (_threads, True, False),
    (_versions, False, False),
    (_protocol, False, False),
    (_weights, False, False),
)


def _clocks(base: Board | None, other: Board | None) -> list[Difference]:
    """Highest clocks, where both boards know one: a power mode caps them. All in one difference."""
    left, right = _limits(base), _limits(other)
    apart = [name for name in left if name in right and left[name] != right[name]]
    if not apart:
        return []
    base_words, other_words = (", ".join(_clock(name, limits) for name in apart[:2]) for limits in (left, right))
    more = f" and {len(apart) - 2} more" if len(apart) > 2 else ""
    return [Difference("highest clock", base_words + more, other_words + more, incomparable=True)]


def _limits(board: Board | None) -> dict[str, float]:
    channels = board.channels if board is not None else ()
    return {c.id: c.limit for c in channels if c.quantity == "clock" and c.limit is not None}


def _clock(name: str, limits: Mapping[str, float]) -> str:
    return f"{printable(name.removeprefix('clock.'), 30)} {limits[name]:g} MHz"
