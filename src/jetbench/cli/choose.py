"""jetbench-tui choose: which recorded case keeps to limits, and which comes nearest where none does."""

from __future__ import annotations

import math
import re
import string
from pathlib import Path
from typing import Any

import click

from jetbench.analysis import choice, comparability, matching
from jetbench.analysis.choice import AXES, Candidate, Choice, Figure, Limits
from jetbench.cli.errors import MEASURED, SOME_FAILED, CliError
from jetbench.cli.fleet_files import loaded, one_alone, picked, reached
from jetbench.cli.options import BOARD, JSON, duty_cycle
from jetbench.domain.text import printable, shortened

_QUANTITY = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-z%/]*)\s*")
_UNITS = {
    "latency": {"s": 1.0, "ms": 1e-3, "us": 1e-6},
    "power": {"W": 1.0, "mW": 1e-3, "": 1.0},
    "energy": {"J": 1.0, "mJ": 1e-3, "": 1.0},
    "memory": {"MiB": 1.0, "GiB": 1024.0, "MB": 1e6 / (1 << 20), "GB": 1e9 / (1 << 20)},
    "accuracy": {"%": 0.01},
    "rate": {"": 1.0, "Hz": 1.0, "/s": 1.0},
    "battery": {"": 1.0, "Wh": 1.0, "mWh": 1e-3, "kWh": 1e3},
}
_SHOWN = {
    "latency": ("ms", 1e3),
    "power": ("W", 1.0),
    "energy": ("J", 1.0),
    "memory": ("MiB", 1.0),
    "accuracy": ("%", 100.0),
}
_MOST_SHOWN = 12  # of those that miss


def _quantity(axis: str) -> Any:
    def parse(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        match = _QUANTITY.fullmatch(value)
        factor = _UNITS[axis].get(match[2]) if match is not None else None
        number = float(match[1]) * factor if match is not None and factor is not None else math.nan
        if not 0 < number < 1e12 or (axis == "accuracy" and number > 1):
            units = ", ".join(unit for unit in _UNITS[axis] if unit)
            raise click.BadParameter(f"{value!r} is no {axis} above 0 with its unit: {units}.")
        return number

    return parse


@click.command("choose")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--latency", metavar="33ms", callback=_quantity("latency"), help="At most so long a pass.")
@click.option("--percentile", type=click.Choice(["p50", "p95", "p99"]), default="p50", show_default=True, help="Of it.")
@click.option(
    "--power", metavar="5W", callback=_quantity("power"), help="At most so many watts; with --rate their mean."
)
@click.option("--energy", metavar="0.5J", callback=_quantity("energy"), help="At most so many joules an item.")
@click.option("--memory", metavar="500MiB", callback=_quantity("memory"), help="At most so much at its peak.")
@click.option(
    "--accuracy",
    metavar="68%",
    callback=_quantity("accuracy"),
    help="At least so much: of --data, else published.",
)
@click.option("--rate", metavar="10", callback=_quantity("rate"), help="Inferences a second it has to do.")
@click.option(
    "--battery", metavar="50Wh", callback=_quantity("battery"), help="Hours from such a battery, with --rate."
)
@click.option("--by", type=click.Choice(AXES), default="latency", show_default=True, help="Order of those that fit.")
@BOARD
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    percentile: str,
    by: str,
    boards: tuple[str, ...],
    as_json: bool,
    **asked: Any,
) -> None:
    """Which recorded case fits; which is nearest, and by how much it misses, where none does.

    Exit status 1 when none fits.
    """
    limits = Limits(
        asked["latency"],
        asked["power"],
        asked["energy"],
        asked["memory"],
        asked["accuracy"],
        int(percentile[1:]),
        duty_cycle(asked["rate"], asked["battery"]),
    )
    of_fleet = one_alone(files, "choose")
    if boards and not of_fleet:
        raise click.UsageError("--board is of a fleet's file.", ctx)
    cases, notes = _of_boards(files[0], boards) if of_fleet else _cases(files)
    made = choice.choose(cases, limits, by)
    if as_json:
        from jetbench.export.json import dumps

        print(dumps(entries(made, notes, "board" if of_fleet else "file")))
    else:
        print("\n".join(lines(made, notes, of_fleet or len(files) > 1)))
    ctx.exit(MEASURED if made.best is not None else SOME_FAILED)


def _cases(files: tuple[Path, ...]) -> tuple[list[tuple[str, Any]], list[str]]:
    """Every case with the letter of its file, and in what the files differ."""
    from jetbench.cli.compare import session
    from jetbench.cli.show import load_or_fail
    from jetbench.export import document

    if len(files) > len(string.ascii_uppercase):
        raise click.UsageError(f"choose takes at most {len(string.ascii_uppercase)} recordings.")
    cases, notes, first = [], [], None
    for label, path in zip(string.ascii_uppercase, files, strict=False):
        state = load_or_fail(path)
        results = state.case_results()
        if not results:
            raise CliError(f"{path} holds no run: there is nothing to choose from")
        cases += [(label, result) for result in results]
        several = len(files) > 1
        notes += [f"{label} is {printable(path, 200)}"] if several else []
        if (made_up := document.not_its_own(state)) is not None:
            notes.append(f"{label}: {made_up}" if several else made_up)
        if several:
            here = session(state, label, str(path))
            first = first or here
            differ = comparability.refusal(matching.differences(first, here))
            if differ is not None:
                notes.append(f"{label} was measured otherwise than A: {differ}")
    return cases, notes


def _of_boards(file: Path, names: tuple[str, ...]) -> tuple[list[tuple[str, Any]], list[str]]:
    """Every case of a fleet with its board, and what there is to say of each board."""
    from jetbench.export import document

    cases, notes = [], []
    with loaded(file) as found:
        for part in picked(file, reached(file, found), names):
            assert part.session is not None
            cases += [(part.name, result) for result in part.session.case_results()]
            made_up = document.not_its_own(part.session)
            notes += [f"{part.name}: {said}" for said in (part.ended, made_up) if said is not None]
    return cases, notes


# -- as text


def lines(made: Choice, notes: list[str], labelled: bool) -> list[str]:
    limits = made.limits
    wanted = [
        f"{_axis(axis, limits)} {'>=' if axis == 'accuracy' else '<='} {_number(axis, limits.of(axis))}"
        for axis in limits.asked
    ]
    if limits.cycle is not None:
        wanted.append(f"{limits.cycle.rate_hz:g} inferences a second")
    out = [f"asked: {', '.join(wanted) or 'nothing: all that was measured fits'}", *notes]
    for state, title in ((choice.FITS, "fits"), (choice.MAY, "may fit: the interval holds the limit")):
        group = [each for each in made.candidates if each.state == state]
        out += ["", title] if group else []
        for each in group:
            out += _candidate(each, made, labelled)
    best = made.best
    if best is None:
        out += ["", "none fits"]
    elif best.doubts:
        out += [
            "",
            f"first is {_name(best, labelled)}, and it is no safe choice: {'; '.join(best.doubts)}; measure it again",
        ]
    elif others := made.tied_with_best():
        named = ", ".join(_name(each, labelled) for each in others)
        out += ["", f"tied by {made.by} with {_name(best, labelled)}, no order is shown: {named}"]
    out += _missing(made, labelled)
    return out + _front(made, labelled)


def _missing(made: Choice, labelled: bool) -> list[str]:
    out: list[str] = []
    missing = [each for each in made.candidates if each.state == choice.MISSES]
    if missing:
        out += ["", "misses, the nearest first"]
        for each in missing[:_MOST_SHOWN]:
            out += _candidate(each, made, labelled)
        if len(missing) > _MOST_SHOWN:
            out.append(f"  and {len(missing) - _MOST_SHOWN} more")
    wrong = [each for each in made.candidates if each.state == choice.WRONG]
    if wrong:
        out += ["", "left out: the output is another one than that of fp32"]
        for each in wrong:
            out += _candidate(each, made, labelled)
    unknown = [each for each in made.candidates if each.state == choice.UNKNOWN]
    if unknown:
        out += ["", "not known: neither fits nor fails"]
        for each in unknown:
            out += _candidate(each, made, labelled)
    return out


def _candidate(each: Candidate, made: Choice, labelled: bool) -> list[str]:
    axes = made.limits.asked or made.axes
    said = [f"{_axis(axis, made.limits)} {_figure(axis, each.figures[axis])}" for axis in axes]
    out = [f"  {_name(each, labelled)}", f"    {'; '.join(said)}"]
    over = [f"{tried.axis} by {100 * tried.over:.3g} %" for tried in each.tried if tried.state == choice.MISSES]
    if each.slow:
        over.append(f"the rate by {100 * each.slow:.3g} %")
    if over:
        out.append(f"    misses {', '.join(over)}")
    if each.duty is not None:
        out.append(f"    {_duty(each)}")
    if each.result.latency is None and each.result.error:
        out.append(f"    {printable(each.result.error, 200)}")
    word = "" if each.state == choice.WRONG else "doubtful: "
    return out + [f"    {word}{printable(doubt)}" for doubt in each.doubts]


def _duty(each: Candidate) -> str:
    duty = each.duty
    assert duty is not None
    if duty.power_w is None:
        return f"at {duty.rate_hz:g} a second: N/A ({printable(duty.reason)})"
    hours = f", {duty.hours:.3g} ± {duty.hours_u or 0:.2g} h" if duty.hours is not None else ""
    return f"at {duty.rate_hz:g} a second: {duty.power_w:.3f} ± {duty.power_u_w or 0:.2g} W{hours}"


def _front(made: Choice, labelled: bool) -> list[str]:
    if len(made.axes) < 2 or not made.front:
        return []
    names = [_axis(axis, made.limits) for axis in made.axes]
    out = ["", f"Pareto front of {', '.join(names)}: none of these is beaten beyond the intervals"]
    for position in made.front:
        each = made.candidates[position]
        tied = [one if two == position else two for one, two in made.ties if position in (one, two)]
        also = f" (tied with {', '.join(_name(made.candidates[other], labelled) for other in tied)})" if tied else ""
        said = ", ".join(_figure(axis, each.figures[axis], False) for axis in made.axes)
        doubt = ", doubtful" if each.doubts else ""
        out.append(f"  {_name(each, labelled)}: {said}{doubt}{also}")
    if made.beside:
        out.append(f"  {len(made.beside)} cases lack a figure for it")
    return out


def _name(each: Candidate, labelled: bool) -> str:
    case, model = each.result.case, each.result.model
    shape = model.input if model is not None else ()
    size = case.size or (shape[-2:] if len(shape) > 2 else None)
    at = f" {size[0]}x{size[1]}" if size else ""
    name = f"{shortened(case.model, 60)} {case.variant} b{case.batch}{at} {case.device}"
    return f"{each.label}: {name}" if labelled else name


def _axis(axis: str, limits: Limits) -> str:
    return f"p{limits.percentile}" if axis == "latency" else axis


def _number(axis: str, value: float | None) -> str:
    unit, factor = _SHOWN[axis]
    return "N/A" if value is None else f"{value * factor:.4g} {unit}"


def _figure(axis: str, figure: Figure, noted: bool = True) -> str:
    if figure.value is None:
        return f"N/A ({printable(figure.reason, 160)})"
    factor = _SHOWN[axis][1]
    low_high = figure.interval
    within = f" [{low_high[0] * factor:.4g}, {low_high[1] * factor:.4g}]" if low_high else ""
    note = f" {printable(figure.note)}" if noted and figure.note else ""
    return f"{_number(axis, figure.value)}{within}{note}"


# -- as one document


def entries(made: Choice, notes: list[str], labelled: str = "file") -> dict[str, Any]:
    """Figures in s, W, J, MiB and as shares; null has its reason beside it. ``labelled``: what labels are of."""
    limits = made.limits
    best, nearest = made.best, made.nearest
    place = {id(each): position for position, each in enumerate(made.candidates)}
    return {
        "limits": {axis: limits.of(axis) for axis in AXES} | {"percentile": limits.percentile},
        "by": made.by,
        "best": None if best is None else place[id(best)],
        "tied_with_best": [place[id(each)] for each in made.tied_with_best()],
        "nearest": None if nearest is None else place[id(nearest)],
        "cases": [{labelled: printable(each.label, 80), **_entry(each)} for each in made.candidates],
        "front": {
            "axes": list(made.axes),
            "cases": list(made.front),
            "ties": [list(pair) for pair in made.ties],
            "without_a_figure": list(made.beside),
        },
        "notes": [printable(note) for note in notes],
    }


def _entry(each: Candidate) -> dict[str, Any]:
    case, duty = each.result.case, each.duty
    return {
        "model": printable(case.model),
        "variant": case.variant,
        "device": case.device,
        "batch": case.batch,
        "status": each.result.status,
        "state": each.state,
        "doubts": [printable(doubt) for doubt in each.doubts],
        "figures": {axis: _plain(figure) for axis, figure in each.figures.items()},
        "misses": {tried.axis: tried.over for tried in each.tried if tried.state == choice.MISSES}
        | ({"rate": each.slow} if each.slow else {}),
        "duty": None
        if duty is None
        else {
            "rate_hz": duty.rate_hz,
            "power_w": duty.power_w,
            "power_u_w": duty.power_u_w,
            "hours": duty.hours,
            "hours_u": duty.hours_u,
            "reason": None if duty.reason is None else printable(duty.reason),
        },
    }


def _plain(figure: Figure) -> dict[str, Any]:
    return {
        "value": figure.value,
        "interval": None if figure.interval is None else list(figure.interval),
        "reason": None if figure.reason is None else printable(figure.reason),
        "note": None if figure.note is None or figure.value is None else printable(figure.note),
    }
