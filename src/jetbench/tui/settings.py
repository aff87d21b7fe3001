"""Settings of a plan that have no key of their own: how each is written in a form, and read back."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from jetbench.domain.plan import VARIANTS, Plan, PlanError, parse_duration, parse_warmup
from jetbench.domain.variants import refusal

DEVICES = ("auto", "cpu", "cuda")
USUAL = "as usual"
PATH = 1000  # characters of a path at most


class Setting(msgspec.Struct, frozen=True):
    """``read`` gives attributes of the plan and raises PlanError, which says what is wrong with the text.

    ``needs``: the setting without which this one makes no sense; it stands before this one.
    """

    name: str
    label: str
    hint: str  # what may be written
    text: Callable[[Plan], str]
    read: Callable[[str], dict[str, object]]
    length: int = 80  # characters at most
    needs: str | None = None


def _variants(text: str) -> dict[str, object]:
    words = tuple(dict.fromkeys(text.replace(",", " ").split()))
    unknown = [word for word in words if refusal(word) is not None]
    if unknown or not words:
        raise PlanError(f"write some of {', '.join(VARIANTS)}" + (f", not {unknown[0][:12]!r}" if unknown else ""))
    return {"variants": words}


def _device(text: str) -> dict[str, object]:
    word = text.strip().lower()
    if word not in DEVICES:
        raise PlanError(f"write {', '.join(DEVICES[:-1])} or {DEVICES[-1]}")
    return {"device": word}


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise PlanError(f"{text.strip()[:12]!r} is no whole number") from None


def _usual(text: str) -> bool:
    return text.strip().lower() in ("", USUAL)


def _threads(text: str) -> dict[str, object]:
    return {"threads": None if text.strip().lower() in ("", "auto") else _whole(text)}


def _seed(text: str) -> dict[str, object]:
    seed = None if not text.strip() else _whole(text)
    if seed is not None and not 0 <= seed < 2**63:
        raise PlanError("a seed is a whole number from 0 on")
    return {"seed": seed}


def _warmup(text: str) -> dict[str, object]:
    return {"warmup": None if _usual(text) else parse_warmup(text.strip())}


def _cooldown(text: str) -> dict[str, object]:
    return {"cooldown": None if _usual(text) else parse_duration(text.strip(), zero=True)}


def _data(text: str) -> dict[str, object]:
    """Without images nothing that is said of them stays: the fields for that come after this one."""
    said = text.strip()
    return {"data": said} if said else {"data": None, "labels": None, "data_limit": None}


def _data_limit(text: str) -> dict[str, object]:
    return {"data_limit": _whole(text) if text.strip() else None}


def _seconds(value: float | None) -> str:
    return USUAL if value is None else f"{value:g}s"


SETTINGS = (
    Setting("variants", "format", ", ".join(VARIANTS), lambda plan: ",".join(plan.variants), _variants),
    Setting("device", "device", ", ".join(DEVICES), lambda plan: plan.device, _device),
    Setting(
        "threads",
        "threads",
        "of a pass; auto: all cores but the screen's",
        lambda plan: "auto" if plan.threads is None else str(plan.threads),
        _threads,
    ),
    Setting(
        "warmup",
        "warm-up",
        "passes; auto: until flat; as usual: 0, or auto with a precision",
        lambda plan: USUAL if plan.warmup is None else str(plan.warmup),
        _warmup,
    ),
    Setting(
        "cooldown",
        "cool-down",
        "longest wait before a case: 0, 30s, 3m; as usual: 30s, 3m with a precision",
        lambda plan: _seconds(plan.cooldown),
        _cooldown,
    ),
    Setting(
        "max_time",
        "max time",
        "measuring a case stops here: 60s, 15m",
        lambda plan: _seconds(plan.max_time),
        lambda text: {"max_time": parse_duration(text.strip())},
    ),
    Setting(
        "soak",
        "soak",
        "then passes until the board has settled, 15m at most; empty: none",
        lambda plan: "" if plan.soak is None else f"{plan.soak:g}s",
        lambda text: {"soak": parse_duration(text.strip()) if text.strip() else None},
    ),
    Setting(
        "rounds",
        "rounds",
        "all cases so many times, each in random order",
        lambda plan: str(plan.rounds),
        lambda text: {"rounds": _whole(text)},
    ),
    Setting("seed", "seed", "of that order; empty: 0", lambda p: "" if p.seed is None else str(p.seed), _seed),
    Setting(
        "data",
        "data",
        "labelled images: FOLDER, FILE.csv, torchvision:NAME; empty: none",
        lambda plan: plan.data or "",
        _data,
        length=PATH,
    ),
    Setting(
        "labels",
        "labels",
        "which output a class is: a file, sorted; empty: by its name",
        lambda plan: plan.labels or "",
        lambda text: {"labels": text.strip() or None},
        length=PATH,
        needs="data",
    ),
    Setting(
        "data_limit",
        "data limit",
        "images at most, drawn with the seed; empty: all",
        lambda plan: "" if plan.data_limit is None else str(plan.data_limit),
        _data_limit,
        needs="data",
    ),
)
