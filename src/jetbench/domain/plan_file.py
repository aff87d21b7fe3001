"""A plan as a commented TOML file, which `jetbench-tui run FILE.toml` reads back as the same plan."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jetbench.domain.inputs import ModelInput
from jetbench.domain.plan import MAX_PLAN_BYTES, VARIANTS, Plan, PlanError, check
from jetbench.domain.plan_boards import PlanBoard

WIDTH = 100
MAX_TRIES = 100
_PART = ".part"

# In the order of the file; a setting that stands in none comes last.
_SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "What is measured: every model with every variant, size and batch.",
        ("models", "variants", "batches", "sizes", "weights", "arch", "inputs"),
    ),
    ("On what.", ("device", "threads", "boards")),
    (
        "How long. Either k, or until with max_time as its bound.",
        ("k", "until", "max_time", "warmup", "cooldown", "case_timeout", "soak"),
    ),
    ("Joules.", ("energy", "energy_time", "idle_time")),
    ("More than the pass alone.", ("end_to_end", "images", "why", "trials")),
    ("How often it is right.", ("data", "labels", "data_limit")),
    ("In what order and how carefully.", ("rounds", "seed", "fresh", "force", "onednn")),
    ("What you expect; it is scored when the run is over.", ("expect",)),
)
# Key -> (what it means, the value shown where it is not set).
_MEANINGS: dict[str, tuple[str, str]] = {
    "models": ("As `jetbench-tui models` lists them.", ""),
    "variants": (f"Of {', '.join(VARIANTS)}; some joined by +, as in bf16+compile.", ""),
    "batches": ("Images of one pass.", ""),
    "sizes": ('Input sizes: "224" or "240x320" (height x width). Empty: the one each model was made for.', ""),
    "weights": (
        "A torchvision weights entry or a checkpoint. Not set: random numbers, which take as long.",
        '"DEFAULT"',
    ),
    "arch": ("What the .pt files among the models are the weights of, where they hold weights alone.", '"resnet18"'),
    "inputs": (
        'What models are fed that take no images: { name = "ids", shape = ["N", 128], dtype = "int64", high = 30522,'
        ' model = "net.py:build" }. "N" is the batch.',
        "",
    ),
    "device": ("auto: CUDA where a kernel really runs, else the CPU. Or cpu, cuda.", ""),
    "boards": (
        'Where not on this machine alone: names as --host takes them, or { host = "me@nano", name = "shelf 3",'
        ' power_group = "psu1", python = "/usr/bin/python3.6", power_url = "http://plug-3" }. Those of one power_group'
        " run one after the other; root, simulate, power_cmd and power_rail are as on the command line.",
        "",
    ),
    "threads": ("Threads of a pass. Not set: every core but the screen's.", "4"),
    "k": ("Passes after the first. Not set, and until neither: 10.", "10"),
    "until": ("Until the median is known this well: 0.01 is 1 % (half of its 95 % interval).", "0.01"),
    "max_time": ('Seconds, or "90s", "15m": measuring a case stops here.', ""),
    "warmup": (
        'Passes between the first and those that count, or "auto": until they are flat. Not set: 0 with k, auto with'
        " until.",
        '"auto"',
    ),
    "cooldown": (
        "Longest wait before a case until the board is as cool as it was, seconds. Not set: 30 with k, 180 with until.",
        "30.0",
    ),
    "case_timeout": ("A stage without a sign of life for so many seconds is ended. Not set: 10 x max_time.", "600.0"),
    "soak": ("Then passes back to back until the board has settled, so many seconds at most.", "900.0"),
    "energy": ("A block of passes for the power sensor, with idle before and after.", ""),
    "energy_time": ("Least length of that block, seconds.", ""),
    "idle_time": ("Idle before it, seconds.", ""),
    "end_to_end": ("Time reading and preparing images too, part by part.", ""),
    "images": ("A folder of images for that. Not set: made for the purpose.", '"photos"'),
    "data": (
        "Labelled images: a folder with a folder a class, a .csv (path,label), torchvision:NAME. Not set: no accuracy.",
        '"photos"',
    ),
    "labels": (
        'Which output of the model a class is: a file, or "sorted". Not set: as the names of the classes say.',
        '"classes.txt"',
    ),
    "data_limit": ("Images at most, drawn with the seed. Not set: all.", "1000"),
    "why": ("Calibrate and profile after the timed passes, and say why each is as fast as it is.", ""),
    "trials": ("Rounds of A/B trials that test what was said.", ""),
    "rounds": ("Measure all cases so many times, each round in random order.", ""),
    "seed": ("Of that order.", "1"),
    "fresh": ("A new interpreter for every case instead of a fork.", ""),
    "onednn": ("false: do without, as on a torch that is built without it.", ""),
    "force": ("Run what will hardly fit into memory.", ""),
    "expect": ('Such as "latency: resnet18 < vgg16" or "energy: a / b = 2".', ""),
}


def meaning(key: str) -> str:
    """What a setting is, in a sentence or two; "" where nothing is told."""
    return _MEANINGS.get(key, ("", ""))[0]


def text(plan: Plan) -> str:
    """The file. Raises PlanError where a name cannot be written as UTF-8, or it would be too long to be read."""
    made = "\n".join(_lines(plan)) + "\n"
    try:
        size = len(made.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise PlanError(f"a name in the plan is not UTF-8: {made[error.start - 20 : error.start]!r}...") from error
    if size > MAX_PLAN_BYTES:
        raise PlanError("the plan is longer than 1 MiB")
    return made


def write(plan: Plan, path: Path, overwrite: bool = False) -> None:
    """A new file, or in place of an old one. Raises PlanError with one line."""
    made = text(check(plan))
    try:
        if overwrite:
            part = path.with_name(path.name + _PART)
            part.write_text(made, encoding="utf-8")
            part.replace(path)
        else:
            with path.open("x", encoding="utf-8") as stream:
                stream.write(made)
    except FileExistsError as error:
        raise PlanError(f"{path}: exists; --overwrite replaces it") from error
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror or error}") from error


def write_new(plan: Plan, folder: Path) -> Path:
    """``plan-<UTC>.toml`` in a folder, which is made. Raises PlanError with one line."""
    stem = f"plan-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlanError(f"{folder}: {error.strerror or error}") from error
    for number in range(1, MAX_TRIES):
        path = folder / (f"{stem}.toml" if number == 1 else f"{stem}-{number}.toml")
        if not path.exists():
            write(plan, path)
            return path
    raise PlanError(f"{folder}: holds {MAX_TRIES} plans of this second")


def _lines(plan: Plan) -> Iterator[str]:
    yield "# A plan of jetbench-tui: jetbench-tui run FILE.toml"
    yield "# A line that begins with # and holds a setting shows it as it could be; without it the default stands."
    known = {key for _, keys in _SECTIONS for key in keys}
    others = tuple(key for key in Plan.__struct_fields__ if key not in known)
    for title, keys in (*_SECTIONS, ("More.", others)):
        present = [key for key in keys if key in Plan.__struct_fields__]
        if not present:
            continue
        yield from ("", f"# -- {title}", "")
        for key in present:
            meaning, example = _MEANINGS.get(key, ("", ""))
            yield from (f"# {line}" for line in textwrap.wrap(meaning, WIDTH))
            yield from _setting(key, getattr(plan, key), example)


def _setting(key: str, value: Any, example: str) -> Iterator[str]:
    if value is None:
        if example:
            yield f"# {key} = {example}"
    elif key == "sizes":
        yield f"{key} = {_value([str(h) if h == w else f'{h}x{w}' for h, w in value])}"
    elif isinstance(value, (tuple, list)) and len(f"{key} = {_value(value)}") > WIDTH:
        yield f"{key} = ["
        yield from (f"  {_value(each)}," for each in value)
        yield "]"
    else:
        yield f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, ModelInput | PlanBoard):
        said = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return "{ " + ", ".join(f"{name} = {_value(each)}" for name, each in said if each is not None) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_value, value))}]"
    raise PlanError(f"{type(value).__name__} cannot be written into a plan")


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _string(value: str) -> str:
    """A basic string of TOML: quotes, backslashes and what a terminal could take for a command are escaped."""
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else _code(c)) for c in value) + '"'


def _code(character: str) -> str:
    """A lone surrogate stays: it cannot be escaped either, and the encoding refuses it with its place."""
    code = ord(character)
    if 0xD800 <= code < 0xE000:
        return character
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
