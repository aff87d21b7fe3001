"""How a recording was measured, in words, from its protocol and software: the method paragraph of a lab report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def paragraph(made: Mapping[str, Any]) -> str:
    protocol = made["protocol"]
    if protocol is None:
        return "The recording holds no run."
    return " ".join([*_subject(made), *_loop(protocol), *_rules(protocol), *_power(made, protocol), *_figures()])


def _subject(made: Mapping[str, Any]) -> Iterator[str]:
    software, unknown = made["software"], "of unknown version"
    models = {case["model"] for case in made["cases"]}
    yield (
        f"{len(models)} models in {len(made['cases'])} cases were measured with jetbench-tui {software['jetbench']}"
        f" and torch {software['torch'] or unknown} on Python {software['python'] or unknown}."
    )


def _loop(protocol: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "Each case ran in a process of its own, in eval mode under inference mode, on one synthetic batch made"
        " beforehand, with the garbage collector off; a pass is timed from the call to its result, on CUDA to its end"
        " on the device. The first pass is told apart."
    )
    cores = ", ".join(map(str, protocol["bench_cores"])) or "all"
    shared = ", which the screen and the sensors shared" if protocol["shared_cores"] else ""
    yield f"Passes ran on core {cores}{shared}."
    if protocol["end_to_end"]:
        yield "Images were read, decoded and prepared between the passes, each part timed."
    if protocol["data"]:
        yield (
            f"After its passes each model was given the images of {protocol['data']}; intervals of shares are Wilson's,"
            " and models are compared by McNemar's exact test on the same images, adjusted after Holm."
        )


def _rules(protocol: Mapping[str, Any]) -> Iterator[str]:
    most = f"{protocol['max_time_s']:g} s at most"
    if protocol["warmup"] is None:
        yield "Warm-up lasted until the series was flat."
    elif protocol["warmup"]:
        yield f"{protocol['warmup']} passes of warm-up were left out."
    if protocol["until"] is not None:
        until = f"{100 * protocol['until']:g} %"
        yield f"Measuring went on until the 95 % interval of the median was within {until} of it, {most}."
    else:
        yield f"{protocol['k']} passes were measured, {most}."
    if protocol["rounds"] > 1:
        order = f"each round in a random order (seed {protocol['seed']})"
        yield f"All cases were measured {protocol['rounds']} times, {order}."
    if protocol["cooldown_s"]:
        longest = f"{protocol['cooldown_s']:g} s at most"
        yield f"Before a case the board was let cool to where it had been at the start, {longest}."


def _power(made: Mapping[str, Any], protocol: Mapping[str, Any]) -> Iterator[str]:
    power = (made["board"] or {}).get("power") or {}
    if power.get("method"):
        yield f"Power is {power['method']} ({power['scope']}), read every {protocol['telemetry_period_ms']} ms."
        if protocol["energy"]:
            yield (
                f"Energy is that of a block of passes of {protocol['energy_s']:g} s or more, back to back, between two"
                " spells of rest with the model loaded; net energy is without the power at rest."
            )
    elif power.get("reason_text"):
        yield f"Power and energy are N/A: {power['reason_text']}."


def _figures() -> Iterator[str]:
    yield (
        "The interval of the median is by order statistics from the effective number of independent passes; passes are"
        " kept, flagged where heat, voltage, clocks, paging, other programs or garbage collection disturbed them, and"
        " those without a flag have statistics of their own. MACs are multiply-adds, FLOPs twice that."
    )
