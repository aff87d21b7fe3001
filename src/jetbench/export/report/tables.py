"""The lab's tables: hardware, models, latency, sweeps, energy, memory, cold start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jetbench.domain.metrics import significant, with_uncertainty
from jetbench.export.columns import UNSUPPORTED, output_error
from jetbench.export.report.blocks import Grid

Case = Mapping[str, Any]
Documents = Sequence[Mapping[str, Any]]
NA = "N/A"
_STAGES = ("spawn", "import", "torchvision", "fork", "context", "load", "to_device", "first", "second", "third")


def hardware(made: Documents) -> Grid:
    """A column a recording."""
    rows: list[tuple[str, Callable[[Mapping[str, Any]], Any]]] = [
        ("board", lambda m: _board(m).get("model") or _board(m).get("kind")),
        ("SoC", lambda m: _board(m).get("soc")),
        ("processor", lambda m: _board(m).get("cpu_model")),
        ("cores", lambda m: _board(m).get("cpus")),
        ("memory, MiB", lambda m: _board(m).get("memory_mib")),
        ("system", lambda m: " ".join(filter(None, (_board(m).get("os"), _board(m).get("kernel"))))),
        ("power mode", lambda m: _fact(m, "power_mode", "nvpmodel") or (_fact(m, "jtop") or {}).get("nvpmodel")),
        ("governor", lambda m: (_board(m).get("facts") or {}).get("cpu", {}).get("governor")),
        ("total power", lambda m: (_board(m).get("power") or {}).get("method") or _why_no_power(m)),
        ("GPU", lambda m: m["software"]["cuda_device"]),
        ("CUDA", lambda m: "executes" if m["software"]["cuda"] else m["software"]["cuda_reason"]),
        ("torch", lambda m: m["software"]["torch"]),
        ("torchvision", lambda m: m["software"]["torchvision"]),
        ("Python", lambda m: m["software"]["python"]),
        ("oneDNN", lambda m: (m["software"]["build"] or {}).get("mkldnn")),
    ]
    cells = [(name, *(_word(get(document)) for document in made)) for name, get in rows]
    return Grid(("", *labels(made)), tuple(row for row in cells if any(cell != NA for cell in row[1:])))


def models(made: Documents) -> Grid:
    """Every model once, as the first recording that counted it has it."""
    seen: dict[tuple[str, str], Case] = {}
    for case in _all(made):
        if case["counted"]:
            seen.setdefault((case["model"], _input(case)), case)
    head = ("model", "input", "parameters", "GMACs", "GFLOPs", "weights MiB", "FLOP/byte", "coverage", "counted by")
    rows = [
        (
            case["model"],
            _input(case),
            f"{case['params']:,}".replace(",", " "),
            _scaled(case["macs"], 1e-9, 4),
            _scaled(case["counted"]["flops"], 1e-9, 4),
            _scaled(case["counted"]["bytes"], 2.0**-20, 1),
            _scaled(case["counted"]["intensity"]["ideal"], 1.0, 1),
            _scaled(case["counted"]["coverage"], 100, 0, " %"),
            case["counted"]["method"] or NA,
        )
        for case in seen.values()
    ]
    return Grid(head, tuple(rows))


def latency(made: Documents) -> Grid:
    head = (
        *_first(made),
        "first ms",
        "p50 ms",
        "95 % interval",
        "mean ± std ms",
        "p95 ms",
        "p99 ms",
        "n",
        "items/s",
        "clean p50",
        "grade",
    )
    cases = [(name, case) for name, case in _apart(made) if case["latency_s"]]
    rows = [_latency(case, name) for name, case in cases]
    if not any(case["output"] for _, case in cases):
        return Grid(head, tuple(rows))
    compared = [(*row, output_error(case)) for row, (_, case) in zip(rows, cases, strict=True)]
    return Grid((*head, "output error"), tuple(compared))


def _latency(case: Case, name: tuple[str, ...]) -> tuple[str, ...]:
    found = case["latency_s"]
    spread = f"{_ms(found['mean'])} ± {_ms(found['std'])}" if found["std"] is not None else _ms(found["mean"])
    interval = f"{_ms(found['ci95'][0])} to {_ms(found['ci95'][1])}" if found["ci95"] else NA
    clean = case["clean_latency_s"]
    return (
        *name,
        _ms(case["cold_start_s"].get("first")),
        _ms(found["p50"]),
        interval,
        spread,
        *(("" if p in found["supported"] else UNSUPPORTED) + _ms(found[p]) for p in ("p95", "p99")),
        str(found["n"]),
        significant(case["throughput_ips"]) if case["throughput_ips"] is not None else NA,
        _ms(clean["p50"]) if clean else NA,
        case["grade"] or NA,
    )


def energy(made: Documents) -> Grid:
    figures = ("power W", "at rest W", "gross J an item", "net J an item", "items a joule", "EDP J s")
    head = (*_first(made), *figures, "why N/A")
    rows = []
    for name, case in _apart(made):
        if not case["latency_s"]:
            continue
        reasons = [case["energy_reason"], None if case["energy_reason"] else case["energy_net_reason"]]
        rows.append(
            (
                *name,
                _with(case["power_w"], case["power_u_w"]),
                _with(case["idle_w"], case["idle_u_w"]),
                _with(case["energy_j"], case["energy_u_j"]),
                _with(case["energy_net_j"], case["energy_net_u_j"]),
                _with(case["items_per_j"], case["items_per_j_u"]),
                significant(case["edp_js"]) if case["edp_js"] is not None else NA,
                ", ".join(filter(None, reasons)),
            )
        )
    return Grid(head, tuple(rows))


def memory(made: Documents) -> Grid:
    head = (*_first(made), "predicted MiB", "available MiB", "verdict", "peak MiB", "GPU peak MiB")
    rows = [
        (
            *name,
            _scaled(told["predicted_mib"], 1, 0),
            _scaled(told["available_mib"], 1, 0),
            told["verdict"] or NA,
            _scaled(told["peak_rss_mib"], 1, 0),
            _scaled(told["peak_cuda_mib"], 1, 0),
        )
        for name, case in _apart(made)
        for told in (case["memory"],)
        if told["predicted_mib"] is not None or told["peak_rss_mib"] is not None
    ]
    return Grid(head, tuple(rows))


def cold_start(made: Documents) -> Grid:
    """Seconds by stage; import is shared by all cases of a run."""
    cases = [(name, case) for name, case in _apart(made) if case["cold_start_s"]]
    stages = [stage for stage in _STAGES if any(stage in case["cold_start_s"] for _, case in cases)]
    rows = [(*name, *(_scaled(case["cold_start_s"].get(stage), 1, 3) for stage in stages)) for name, case in cases]
    return Grid((*_first(made), *(f"{stage} s" for stage in stages)), tuple(rows))


def sweep(made: Documents, by: str) -> Grid | None:
    """p50 and throughput by batch, or by input size; None where nothing was swept."""
    points: dict[str, dict[Any, Case]] = {}
    for name, case in named(made, without=by):
        if case["latency_s"]:
            points.setdefault(name, {})[_point(case, by)] = case
    values = sorted({point for found in points.values() for point in found if point is not None})
    if len(values) < 2:
        return None
    rows = [(name, *(_swept(found.get(value)) for value in values)) for name, found in points.items()]
    word = "batch" if by == "batch" else "input"
    shown = [f"{word} {value}" if by == "batch" else f"{value[0]}x{value[1]}" for value in values]
    return Grid(("p50 ms (items/s)", *shown), tuple(rows))


def _swept(case: Case | None) -> str:
    if case is None:
        return NA
    return f"{_ms(case['latency_s']['p50'])} ({significant(case['throughput_ips'], 3)})"


def _point(case: Case, by: str) -> Any:
    if by == "batch":
        return case["batch"]
    return tuple(case["input"][2:4]) if case["input"] and len(case["input"]) == 4 else None


def named(made: Documents, without: str = "") -> Iterator[tuple[str, Case]]:
    """Every case with a name that tells it from the others: only settings that differ are in it."""
    for words, where, case in _placed(made, without):
        yield f"{words} on {where}" if where else words, case


def _placed(made: Documents, without: str = "") -> Iterator[tuple[str, str, Case]]:
    """The same with the board apart; "" where there is one recording."""
    several = labels(made) if len(made) > 1 or _of_fleet(made) else [""]
    keys = [key for key in ("variant", "device", "batch", "input") if key != without]
    apart = [key for key in keys if len({str(_setting(case, key)) for case in _all(made)}) > 1]
    for document, where in zip(made, several, strict=False):
        for case in document["cases"]:
            yield " ".join([case["model"], *(_setting(case, key) for key in apart)]), where, case


def _apart(made: Documents) -> Iterator[tuple[tuple[str, ...], Case]]:
    """The same as the first cells of a row: of a fleet the board has one of its own."""
    if _of_fleet(made):
        yield from (((words, where), case) for words, where, case in _placed(made))
    else:
        yield from (((name,), case) for name, case in named(made))


def _first(made: Documents) -> tuple[str, ...]:
    return ("case", "board") if _of_fleet(made) else ("case",)


def _of_fleet(made: Documents) -> bool:
    return any("member" in document for document in made)


def labels(made: Documents) -> list[str]:
    """A short name for each recording: its board, numbered where two have the same; of a fleet its name there."""
    found: list[str] = []
    for document in made:
        board = _board(document)
        name = document.get("member")
        name = name or str(board.get("model") or board.get("hostname") or "a machine").partition(",")[0]
        number = 2
        label = name
        while label in found:
            label, number = f"{name} ({number})", number + 1
        found.append(label)
    return found


def _setting(case: Case, key: str) -> str:
    if key == "batch":
        return f"b{case['batch']}"
    return _input(case) if key == "input" else str(case[key])


def _input(case: Case) -> str:
    shape = case["input"] or []
    return "x".join(map(str, shape[2:] if len(shape) == 4 else shape)) or NA


def _all(made: Documents) -> Iterator[Case]:
    return (case for document in made for case in document["cases"])


def _board(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return document["board"] or {}


def _fact(document: Mapping[str, Any], *names: str) -> Any:
    facts = _board(document).get("facts") or {}
    return next((facts[name] for name in names if facts.get(name)), None)


def _why_no_power(document: Mapping[str, Any]) -> str:
    reason = (_board(document).get("power") or {}).get("reason")
    return f"{NA} ({reason})" if reason else NA


def _word(value: Any) -> str:
    if value is None or value == "":
        return NA
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items() if not isinstance(item, Mapping | list))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _ms(seconds: float | None) -> str:
    return NA if seconds is None else significant(seconds * 1e3)


def _with(value: float | None, u: float | None) -> str:
    if value is None:
        return NA
    return with_uncertainty(value, u) if u else significant(value)


def _scaled(value: float | None, factor: float, places: int, unit: str = "") -> str:
    return NA if value is None else f"{value * factor:.{places}f}{unit}"
