"""The results document: its keys, its nulls and their reasons, and its schema."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import msgspec
import pytest

import streams
from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.export.json import dumps, write
from jetbench.export.values import figure, plain
from jetbench.session.state import SessionState

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "results.schema.json").read_text())
CASE_KEYS = [
    *("model", "variant", "device", "batch", "input", "status", "error", "params", "macs", "cold_start_s"),
    *("latency_s", "throughput_ips", "peak_memory_mib", "power_w", "energy_j", "energy_u_j", "energy_reason"),
    *("power_u_w", "idle_w", "idle_u_w", "energy_net_j", "energy_net_u_j", "energy_net_reason", "items_per_j"),
    *("items_per_j_u", "edp_js", "energy_from", "energy_notes", "throttled", "flags", "grade", "verdict"),
    *("grade_reasons", "clean_latency_s", "flagged_share", "outliers", "trend", "cold_start", "cold_start_text"),
    *("rules", "memory", "cause", "evidence", "remedies", "counted", "device_latency_s", "transfers_s"),
    *("end_to_end_s", "parts_s", "soak", "why", "output", "data"),
]
LATENCY_KEYS = ["n", "mean", "std", "min", "p50", "p90", "p95", "p99", "max", "ci95", "lag1", "n_eff", "supported"]


def made(**options: object) -> dict:
    state = SessionState()
    for event in streams.session(**options):
        state.apply(event)
    state.cut()
    return document(state)


SESSIONS = {
    "with power": {"passes": 100},
    "without": {"power": False},
    "one pass": {"passes": 1, "warmup": 0},
    "a failure": {"fail": (0,)},
    "all failed": {"fail": (0, 1)},
    "cut": {"end": False},
    "rounds": {"rounds": 3, "batch": 8},
}


@pytest.mark.parametrize("options", SESSIONS.values(), ids=SESSIONS.keys())
def test_the_document_is_as_its_schema_says(options):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(dumps(made(**options))), SCHEMA)


def test_an_empty_session_is_valid_too():
    jsonschema.validate(document(SessionState()), SCHEMA)


def test_the_schema_refuses_what_scripts_do_not_expect():
    whole = made()
    for change in (
        lambda d: d["cases"][0].pop("energy_reason"),
        lambda d: d["cases"][0].update(extra=1),
        lambda d: d["cases"][0].update(power_w=0),
        lambda d: d["cases"][0].update(status="fine"),
        lambda d: d["cases"][0]["latency_s"].update(mean="0.02"),
        lambda d: d.pop("protocol"),
    ):
        broken = json.loads(json.dumps(whole))
        change(broken)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_keys_and_their_order():
    found = made(passes=100)
    assert list(found) == ["board", "software", "protocol", "status", "warnings", "cases", "expectations", "paired"]
    for case in found["cases"]:
        assert list(case) == CASE_KEYS
        assert list(case["latency_s"]) == LATENCY_KEYS


def test_figures():
    found = made(passes=100, batch=8)
    first = found["cases"][0]
    assert first["model"] == "mobilenet_v2"
    assert first["input"] == [8, 3, 224, 224]
    assert first["params"] == 3_504_872
    assert first["macs"] == 8 * 300_774_272
    assert first["latency_s"]["n"] == 100
    assert first["flags"] == {"W": 2}
    assert math.isclose(first["throughput_ips"], 8 / first["latency_s"]["mean"], rel_tol=1e-11)
    assert first["peak_memory_mib"] == 256
    early = {name: first["cold_start_s"].pop(name) for name in ("second", "third")}
    assert all(0.01 < seconds < 0.1 for seconds in early.values())
    assert first["cold_start_s"] == {"import": 2.0, "fork": 0.004, "load": 0.12, "first": 0.063}
    assert 7.0 < first["power_w"] < 9.0
    seconds = first["latency_s"]["mean"] + 2e-6  # a pass and the gap behind it
    assert math.isclose(first["energy_j"], first["power_w"] * seconds / 8, rel_tol=1e-3)
    assert 0 < first["energy_u_j"] < first["energy_j"]
    assert (first["energy_net_j"], first["energy_net_reason"]) == (None, "no_idle")
    assert first["energy_reason"] is None
    assert first["throttled"] is False
    assert found["protocol"]["k"] == 100
    assert found["protocol"]["bench_cores"] == [1, 2, 3]
    assert found["software"]["torch"] == "2.5.0"
    assert found["board"]["power"]["scope"] == "module input"


def test_no_sensor_is_null_with_its_reason_and_never_0():
    found = made(power=False)
    for case in found["cases"]:
        assert case["power_w"] is None
        assert case["energy_j"] is None
        assert case["energy_reason"] == "no_sensor"
    assert found["board"]["power"]["reason"] == "no_sensor"
    assert [w for w in found["warnings"] if "Nano 2GB has no INA3221" in w] == [
        "power and energy N/A (no_sensor): no power sensor on this board (the Jetson Nano 2GB has no INA3221)"
    ]


def test_a_failed_case():
    case = made(fail=(0,))["cases"][0]
    assert case["status"] == "failed"
    assert "killed for memory" in case["error"]
    for key in ("params", "macs", "latency_s", "throughput_ips", "peak_memory_mib", "power_w", "energy_j"):
        assert case[key] is None
    assert case["energy_reason"] == "not_measured"
    assert case["cold_start_s"] == {} or set(case["cold_start_s"]) == {"import"}


def test_one_pass_has_no_spread():
    latency = made(passes=1, warmup=0)["cases"][0]["latency_s"]
    assert latency["std"] is None
    assert latency["ci95"] is None
    assert latency["mean"] == latency["p99"]


def test_a_pass_of_no_time_gives_no_throughput():
    state = SessionState()
    for event in (ev.RunStart(t=1, cases=(ev.Case(id=0, model="m"),)), ev.CaseStart(t=2, c=0)):
        state.apply(event)
    state.apply(ev.Latency(t=3, c=0, s=(0,), d=(0,)))
    state.apply(ev.CaseEnd(t=4, c=0))
    assert document(state)["cases"][0]["throughput_ips"] is None


def test_what_cannot_be_said_in_a_figure_is_a_warning():
    events = streams.session()
    for i, event in enumerate(events):
        if isinstance(event, ev.Model) and event.params:
            events[i] = msgspec.structs.replace(event, macs=None, error="no counter for this operator")
        if isinstance(event, ev.Throttle):
            events[i] = msgspec.structs.replace(event, now=None, reason="no cooling device is readable")
    events.append(ev.Fault(t=events[-1].t, code="agent_lost", text="the agent is gone", hint="start again"))
    state = SessionState()
    for event in events:
        state.apply(event)
    warnings = document(state)["warnings"]
    assert "the agent is gone; start again" in warnings
    assert "resnet18: MACs N/A: no counter for this operator" in warnings
    assert "throttling unknown: no cooling device is readable" in warnings
    assert document(state)["cases"][0]["throttled"] is None


def test_numbers_without_the_noise_of_binary_fractions():
    assert figure(0.020989062500000003) == 0.0209890625
    assert figure(float("nan")) is None
    assert figure(float("inf")) is None
    assert figure(10**18) == 10**18
    deep: object = "end"
    for _ in range(50):
        deep = {"a": [deep]}
    assert len(json.dumps(plain(deep))) < 1000
    assert plain({"a": float("nan"), "b": {1, 2}})["a"] is None


def test_json_is_ascii_and_never_nan(tmp_path):
    state = SessionState()
    state.apply(ev.RunStart(t=1, cases=(ev.Case(id=0, model="modèle"),)))
    write(tmp_path / "a.json", state)
    data = (tmp_path / "a.json").read_bytes()
    assert data.isascii()
    assert json.loads(data)["cases"][0]["model"] == "modèle"
    assert data.endswith(b"}\n")
