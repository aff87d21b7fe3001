"""OpenMetrics text 1.0, read by a strict parser of our own, by prometheus_client's, and by that of the older format."""

from __future__ import annotations

import math
import re

import goldens
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_older

import streams
from jetbench.domain import metrics
from jetbench.domain.text import printable
from jetbench.export import openmetrics
from jetbench.export.document import document
from jetbench.session.load import load
from jetbench.session.state import SessionState

LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"'
SAMPLE = re.compile(rf"([a-z_:][a-z0-9_:]*)\{{({LABEL}(?:,{LABEL})*)\}} (-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)")
ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
Sample = tuple[str, dict[str, str], float]


def parsed(text: str) -> dict[str, list[Sample]]:
    """Samples by family. Everything that the specification of version 1.0 asks of gauges is asked here."""
    assert text.endswith("# EOF\n")
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    found: dict[str, list[Sample]] = {}
    told: dict[str, dict[str, str]] = {}
    family = ""
    seen = set()
    for line in lines[:-2]:
        if line.startswith("#"):
            hash_, kind, name, rest = line.split(" ", 3)
            assert (hash_, kind in ("TYPE", "UNIT", "HELP")) == ("#", True)
            if name != family:
                assert name not in told, "a family stands in one place"
                family = name
            assert kind not in told.setdefault(name, {}), "said once"
            assert not found.get(name), "before its samples"
            told[name][kind] = rest
            assert re.fullmatch(r'(?:[^\\\n"]|\\[\\n"])*', rest)
        else:
            match = SAMPLE.fullmatch(line)
            assert match is not None, line
            assert match[1] == family
            pairs = re.findall(r'([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"', match[2])
            labels = {key: re.sub(r"\\.", lambda m: ESCAPED[m[0]], value) for key, value in pairs}
            assert len(labels) == len(pairs)
            assert (family, tuple(sorted(labels.items()))) not in seen, "a series is there once"
            seen.add((family, tuple(sorted(labels.items()))))
            found.setdefault(family, []).append((family, labels, float(match[3])))
    for name, said in told.items():
        assert said["TYPE"] == "gauge"
        assert said["HELP"]
        assert "UNIT" not in said or name.endswith("_" + said["UNIT"])
        assert found[name], "no family without a sample"
        assert not name.endswith(("_total", "_created", "_info", "_bucket", "_sum", "_count"))
    return found


def text_of(state: SessionState) -> str:
    return "".join(openmetrics.lines(state))


def folded(**options: object) -> SessionState:
    state = SessionState()
    for event in streams.session(**options):
        state.apply(event)
    return state


def test_golden(tmp_path):
    openmetrics.write(tmp_path / "a.prom", goldens.session())
    goldens.check("session.prom", (tmp_path / "a.prom").read_bytes())


@pytest.mark.parametrize(
    "options", [{"passes": 400}, {"power": False}, {"fail": (0, 1)}, {"models": ("a", "a")}], ids=str
)
def test_all_parsers_read_every_figure_of_the_document(options):
    state = folded(**options)
    text = text_of(state)
    found = parsed(text)
    cases = document(state)["cases"]
    for metric in metrics.METRICS:
        if metric.text:
            continue
        unit, factor = openmetrics._UNITS.get(metric.unit, ("", 1.0))
        name = f"jetbench_{metric.key}" + (f"_{unit}" if unit else "")
        values = {at: metrics.value(case, metric) for at, case in enumerate(cases)}
        wanted = {str(at): value * factor for at, value in values.items() if value is not None}
        assert {labels["case"]: value for _, labels, value in found.get(name, [])} == pytest.approx(wanted, rel=1e-12)
    for parser in (read_openmetrics, read_older):
        families = {family.name: family for family in parser(text)}
        assert set(families) == set(found)
        for name, family in families.items():
            assert [(s.name, s.labels, s.value) for s in family.samples] == found[name]
            assert family.type == "gauge"
            assert not any(math.isnan(sample.value) for sample in family.samples)


def test_labels_say_what_was_measured_and_where():
    ((_, labels, _), *_) = parsed(text_of(folded(batch=4)))["jetbench_latency_p50_seconds"]
    assert labels == {
        "case": "0", "model": "mobilenet_v2", "variant": "fp32", "device": "cpu", "batch": "4", "input": "4x3x224x224",
        "board": "NVIDIA Jetson Orin Nano Developer Kit", "host": "orin",
    }  # fmt: skip


def test_what_is_missing_is_absent_and_its_reason_a_label():
    found = parsed(text_of(folded(power=False)))
    assert not [name for name in found if "energy" in name or "power" in name]
    for _, labels, value in found["jetbench_case"]:
        assert (labels["energy_reason"], labels["power_reason"], value) == ("no_sensor", "no_sensor", 1)
        assert labels["status"] == "measured"


def test_memory_is_whole_bytes():
    state = folded()
    for kib in (1, 439_123, 23_456_789, 123_456_789):
        record = state.records[0]
        record.memory = msgspec.structs.replace(record.memory, peak_rss_kib=kib)
        state._results.clear()
        found = parsed(text_of(state))["jetbench_peak_memory_bytes"]
        assert found[0][2] == kib * 1024


def test_simulated_is_said():
    found = parsed(text_of(load(goldens.SIMULATED)[0]))
    assert {labels["simulated"] for _, labels, _ in found["jetbench_case"]} == {"yes"}
    assert all(labels["board"].startswith("SIMULATED") for samples in found.values() for _, labels, _ in samples)


@given(st.text(st.sampled_from('ab"\\\n{}=, #') | st.characters(), max_size=40))
def test_any_name_is_itself_in_a_label(name):
    state = folded(models=(name, "other"), passes=1)
    found = parsed(text_of(state))
    assert found["jetbench_batch"][0][1]["model"] == printable(name, 200)


def test_an_empty_session():
    assert text_of(SessionState()) == "# EOF\n"
