"""Every figure of a case once: its name, its unit, where it stands in files and what it means.

Tables, the header of cases.csv and docs/figures.md are made from this. ``path`` leads to the value
in a case of the document (docs/results.schema.json); ``unit`` is the unit there and in CSV, and a
table may show it in another (``shown``), after multiplying by ``factor``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec


class Metric(msgspec.Struct, frozen=True):
    key: str
    path: tuple[str, ...]
    title: str  # heading in a table, without its unit
    unit: str  # in the document and in CSV; "" where there is none
    meaning: str
    shown: str = ""  # unit in a table, where it is another
    factor: float = 1.0  # to that unit
    text: bool = False  # words, not a number
    reason: str | None = None  # column of cases.csv with the reason, where the value can be N/A for one
    why: tuple[str, ...] = ("energy_reason",)  # where that reason stands in a case of the document

    @property
    def csv(self) -> str:
        """Column of cases.csv."""
        return f"{self.key}_{self.unit}" if self.unit else self.key

    @property
    def heading_unit(self) -> str:
        return self.shown or self.unit


def _text(key: str, title: str, meaning: str) -> Metric:
    return Metric(key, (key,), title, "", meaning, text=True)


def _words(key: str, path: tuple[str, ...], title: str, meaning: str) -> Metric:
    return Metric(key, path, title, "", meaning, text=True)


def _latency(name: str, title: str, meaning: str) -> Metric:
    return Metric(f"latency_{name}", ("latency_s", name), title, "s", meaning, shown="ms", factor=1e3)


def _cold(name: str, meaning: str) -> Metric:
    return Metric(f"cold_{name}", ("cold_start_s", name), name, "s", meaning)


_CASE = (
    _text("model", "model", "name of the model, as the interpreter that measured knows it"),
    _text("variant", "variant", "numeric format, layout and engine: fp32, bf16+channels_last, onnxruntime"),
    _text("device", "device", "what it ran on: cpu or cuda"),
    Metric("batch", ("batch",), "batch", "", "items in one forward pass"),
    _text("input", "input", "shape of one input batch, batch x channels x height x width"),
    _text("status", "status", "measured, failed, refused (before it began), skipped or interrupted"),
    _text("error", "error", "why it did not end well, one line"),
    Metric("params", ("params",), "params", "", "parameters, each counted once", shown="M", factor=1e-6),
    Metric("macs", ("macs",), "MACs", "", "multiply-adds of one pass (FLOPs are twice that)", shown="G", factor=1e-9),
    Metric("macs_coverage", ("counted", "coverage"), "coverage", "", "share of the weights that was counted"),
    Metric("params_shared", ("counted", "params_shared"), "tied", "", "parameters reached by a second name"),
    Metric("weights", ("counted", "bytes"), "weights", "bytes", "parameters and buffers", shown="MiB", factor=2.0**-20),
    Metric("activations", ("counted", "peak_activation_bytes"), "activations", "bytes", "most alive at once in a pass"),
    Metric(
        "intensity",
        ("counted", "intensity", "ideal"),
        "FLOP/byte",
        "",
        "FLOP a byte, all moved once",
    ),
)

_COLD = (
    _cold("spawn", "start of the interpreter"),
    _cold("import", "import of torch, once for all cases of a run"),
    _cold("torchvision", "import of torchvision, once for all cases of a run"),
    _cold("fork", "start of the case's own process"),
    _cold("context", "start of the accelerator"),
    _cold("load", "the model built and its weights read"),
    _cold("to_device", "weights moved to the device"),
    Metric("cold_first", ("cold_start_s", "first"), "first", "s", "first forward pass, never part of the latency"),
    _cold("second", "the pass after the first one, of the warm-up where there is one"),
    _cold("third", "the pass after the second"),
)

_LATENCY = (
    Metric("latency_n", ("latency_s", "n"), "n", "", "passes that count, after the first and the warm-up"),
    _latency("mean", "mean", "arithmetic mean of one pass of a whole batch"),
    _latency("std", "std", "sample standard deviation; N/A for one pass"),
    _latency("min", "min", "fastest pass"),
    _latency("p50", "p50", "median"),
    _latency("p90", "p90", "90th percentile, linear between neighbours"),
    _latency("p95", "p95", "95th percentile"),
    _latency("p99", "p99", "99th percentile"),
    _latency("max", "max", "slowest pass"),
    _latency("ci95_low", "ci95 low", "lower end of the 95 % interval of the median; N/A below 6 passes"),
    _latency("ci95_high", "ci95 high", "upper end of the 95 % interval of the median"),
    Metric("latency_lag1", ("latency_s", "lag1"), "lag-1", "", "autocorrelation of neighbouring passes, by ranks"),
    Metric("latency_n_eff", ("latency_s", "n_eff"), "n eff", "", "independent passes that would tell as much"),
    Metric("clean_n", ("clean_latency_s", "n"), "clean n", "", "passes without a flag"),
    Metric("clean_p50", ("clean_latency_s", "p50"), "clean p50", "s", "p50 of clean passes", shown="ms", factor=1e3),
    Metric("clean_mean", ("clean_latency_s", "mean"), "clean mean", "s", "mean of clean ones", shown="ms", factor=1e3),
    Metric("outliers_slow", ("outliers", "slow"), "slow", "", "passes 3 interquartile ranges above their neighbours"),
    _words("trend", ("trend", "kind"), "trend", "flat, warm-up, slowdown, unsteady; unknown below 60 passes"),
    Metric("burst", ("trend", "burst_s"), "burst", "s", "median of the first level", shown="ms", factor=1e3),
    Metric("sustained", ("trend", "sustained_s"), "sustained", "s", "median of the last level", shown="ms", factor=1e3),
    Metric("device_p50", ("device_latency_s", "p50"), "device p50", "s", "by the GPU's events", shown="ms", factor=1e3),
    Metric("h2d_p50", ("transfers_s", "h2d", "p50"), "h2d", "s", "copy of the input to it", shown="ms", factor=1e3),
    Metric("d2h_p50", ("transfers_s", "d2h", "p50"), "d2h", "s", "copy of the output back", shown="ms", factor=1e3),
    Metric(
        "end_to_end_p50", ("end_to_end_s", "p50"), "end to end", "s",
        "read, decode, prepare, transfer and forward together", shown="ms", factor=1e3,
    ),
)  # fmt: skip

_COST = (
    Metric("throughput_ips", ("throughput_ips",), "items/s", "", "items a second: batch over mean latency"),
    Metric("peak_memory", ("peak_memory_mib",), "memory", "mib", "peak resident memory of the process", shown="MiB"),
    Metric("memory_predicted", ("memory", "predicted_mib"), "predicted", "mib", "told before it ran", shown="MiB"),
    Metric("power", ("power_w",), "power", "w", "mean total power while it ran", shown="W", reason="power_reason"),
    Metric("power_u", ("power_u_w",), "power ±", "w", "uncertainty of power, about 95 %", shown="W"),
    Metric("idle", ("idle_w",), "idle", "w", "power at rest with the model loaded (--energy)", shown="W"),
    Metric("energy", ("energy_j",), "energy", "j", "energy of one item, gross", shown="J", reason="energy_reason"),
    Metric("energy_u", ("energy_u_j",), "energy ±", "j", "uncertainty of the energy, about 95 %", shown="J"),
    Metric(
        "energy_net", ("energy_net_j",), "net energy", "j", "energy of one item without the power at rest", shown="J",
        reason="energy_net_reason", why=("energy_net_reason",),
    ),
    Metric("energy_net_u", ("energy_net_u_j",), "net energy ±", "j", "its uncertainty, about 95 %", shown="J"),
    Metric("items_per_j", ("items_per_j",), "items/J", "", "inferences a joule: throughput over power"),
    Metric("edp", ("edp_js",), "EDP", "js", "energy of an item times the median latency", shown="J s"),
    _text("throttled", "throttled", "yes, no, or N/A where the board does not say"),
    _text("flags", "flags", "passes by flag, such as W=2: two of warm-up"),
    _text("grade", "grade", "A to D: how far the figures can be trusted"),
    _text("grade_reasons", "reasons", "why it is no better"),
    _text("cause", "cause", "of a case that did not end well: oom, oom_device, killed, timeout, error and the like"),
    _text("verdict", "verdict", "why it is as fast as it is, with its evidence"),
)  # fmt: skip

_SOAK = (
    Metric(
        "soak_burst", ("soak", "burst_s", "p50"), "burst", "s", "median of the first passes of a soak (--soak)",
        shown="ms", factor=1e3,
    ),
    Metric("soak_sustained", ("soak", "sustained_s", "p50"), "sustained", "s", "of its last", shown="ms", factor=1e3),
    Metric("retention", ("soak", "retention"), "retention", "", "burst over sustained: 1 where nothing is lost"),
    Metric(
        "time_to_throttle", ("soak", "time_to_throttle_s"), "throttled after", "s", "into the soak, by the sensors",
        reason="time_to_throttle_reason", why=("soak", "reasons", "time_to_throttle"),
    ),
    Metric(
        "latency_onset", ("soak", "latency_onset_s"), "slower after", "s", "into the soak, by the latencies alone",
        reason="latency_onset_reason", why=("soak", "reasons", "latency_onset"),
    ),
    Metric(
        "final_temperature", ("soak", "predicted", "final_c"), "final", "c", "temperature it would come to",
        shown="\N{DEGREE SIGN}C", reason="final_temperature_reason", why=("soak", "reasons", "prediction"),
    ),
)  # fmt: skip

_OUTPUT = (
    Metric(
        "output_error", ("output", "error"), "output error", "", "of a variant: relative error of its output to fp32",
        reason="output_error_reason", why=("output", "reason"),
    ),
)  # fmt: skip

_DATA = (
    Metric(
        "top1", ("data", "top1"), "top-1", "", "share of the user's images whose class comes first (--data)",
        shown="%", factor=100.0, reason="top1_reason", why=("data", "reason"),
    ),
    Metric("top1_ci95_low", ("data", "top1_ci95"), "top-1 low", "", "its 95 % interval (Wilson)", "%", 100.0),
    Metric("top1_ci95_high", ("data", "top1_ci95"), "top-1 high", "", "its upper end", "%", 100.0),
    Metric("top5", ("data", "top5"), "top-5", "", "share of those whose class is among five", "%", 100.0),
    Metric("data_images", ("data", "judged"), "images", "", "images these are shares of"),
    Metric("data_end_to_end_p50", ("data", "end_to_end_s", "p50"), "image to class", "s", "of a batch", "ms", 1e3),
    Metric(
        "real_over_synthetic", ("data", "real_over_synthetic"), "real/synthetic", "",
        "time of a pass over real images by that over random numbers",
    ),
)  # fmt: skip

METRICS: tuple[Metric, ...] = _CASE + _COLD + _LATENCY + _COST + _SOAK + _OUTPUT + _DATA
BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}


def value(case: Mapping[str, Any], metric: Metric) -> Any:
    """The metric's value in a case of the document; None where there is none."""
    if metric.key in _INTERVAL:
        interval = _at(case, _INTERVAL[metric.key][0])
        return interval[_INTERVAL[metric.key][1]] if interval else None
    return _at(case, metric.path)


def reason(case: Mapping[str, Any], metric: Metric) -> str:
    """Code of the reason why the figure is missing; empty where none is given."""
    return str(_at(case, metric.why) or "")


def _at(case: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = case
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


_INTERVAL = {
    "latency_ci95_low": (("latency_s", "ci95"), 0),
    "latency_ci95_high": (("latency_s", "ci95"), 1),
    "top1_ci95_low": (("data", "top1_ci95"), 0),
    "top1_ci95_high": (("data", "top1_ci95"), 1),
}


def number(metric: Metric, found: float | None, digits: int = 4) -> str:
    """A value as a table shows it: in the shown unit, ``digits`` significant digits, never an exponent."""
    return "N/A" if found is None else significant(found * metric.factor, digits)


def significant(number: float, digits: int = 4) -> str:
    """``digits`` significant digits, whole numbers as a whole; what is small keeps two and is never shown as 0."""
    size = abs(number)
    if size == 0:
        return "0"
    if size < 0.01:
        return f"{number:.{min(12, 1 - math.floor(math.log10(size)))}f}"
    before = math.floor(math.log10(size)) + 1 if size >= 1 else 0
    if round(size, max(0, digits - before)) >= 10**before > 1:
        before += 1  # 99.999 becomes 100.0
    return f"{number:.{max(0, min(digits - before, 4))}f}"


def with_uncertainty(value: float | None, u: float) -> str:
    """``0.84 ± 0.05``: two significant digits of the uncertainty, the value to the same place (GUM, 7.2.6)."""
    if value is None:
        return "N/A"
    places = max(0, min(12, 1 - math.floor(math.log10(u)))) if u > 0 else 4
    return f"{value:.{places}f} \N{PLUS-MINUS SIGN} {u:.{places}f}"


def markdown() -> str:
    """docs/figures.md."""
    rows = ["| cases.csv | results document | unit there | in tables | meaning |", "|---|---|---|---|---|"]
    for metric in METRICS:
        where = ".".join(metric.path)
        if metric.key in _INTERVAL:
            path, place = _INTERVAL[metric.key]
            where = f"{'.'.join(path)}[{place}]"
        heading = f"{metric.title} ({metric.heading_unit})" if metric.heading_unit else metric.title
        unit = {"mib": "MiB", "w": "W", "j": "J", "js": "J s", "c": "\N{DEGREE SIGN}C"}.get(metric.unit, metric.unit)
        rows.append(f"| `{metric.csv}` | `{where}` | {unit} | {heading} | {metric.meaning} |")
    head = (
        "# Figures\n\nMade from `src/jetbench/domain/metrics.py`; a test holds the two together.\n"
        "A figure that is missing is `N/A` in CSV and null in the document, never 0.\n\n"
    )
    return head + "\n".join(rows) + "\n"
