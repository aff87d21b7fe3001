"""The typed tables against the registry and the document: types, names, whole numbers."""

from __future__ import annotations

import json
from pathlib import Path

import goldens

import streams
from jetbench.domain import events as ev
from jetbench.domain import metrics
from jetbench.export import typed
from jetbench.export.document import document
from jetbench.export.typed import Column
from jetbench.session.load import load
from jetbench.session.state import SessionState

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "results.schema.json").read_text())


def documents():
    for path in (goldens.SESSION, goldens.SIMULATED):
        yield from document(load(path)[0])["cases"]
    state = SessionState()
    for event in streams.session(passes=100):
        state.apply(event)
    model = state.records[0].model
    counts = {"peak_activation_bytes": 10, "input_bytes": 5, "output_bytes": 5, "params_shared": 1}
    state.records[0].add_model(ev.Model(**{name: getattr(model, name) for name in model.__struct_fields__} | counts))
    yield from document(state)["cases"]


def test_whole_figures_are_whole_and_the_others_are_not():
    seen = set()
    for case in documents():
        for metric in metrics.METRICS:
            value = metrics.value(case, metric)
            if not metric.text and value is not None:
                assert isinstance(value, int) == (metric.key in typed.WHOLE) or value == 0, metric.key
                seen.add(metric.key)
    assert seen >= typed.WHOLE


def test_what_the_schema_calls_an_integer_is_whole():
    properties = SCHEMA["$defs"]["case"]["properties"]
    for metric in metrics.METRICS:
        kind = properties.get(metric.path[0], {}).get("type") if len(metric.path) == 1 and not metric.text else None
        if kind is not None:
            assert ("integer" in kind) == (metric.key in typed.WHOLE), metric.key


def test_every_row_has_a_cell_for_every_column():
    for path in (goldens.SESSION, goldens.SIMULATED):
        state, _ = load(path)
        tables = (
            (typed.case_columns(), typed.case_rows(state)),
            (typed.telemetry_columns(state), typed.telemetry_rows(state, path)),
        )
        for columns, rows in tables:
            width = len({column.name for column in columns})
            assert {len(row) for row in rows} == {width}


def test_names_that_differ_in_capitals_only_are_told_apart():
    columns = [Column(name, typed.REAL, "", "") for name in ("power_A_w", "power_a_w", "POWER_a_w", "power_a_w_2")]
    names = typed.distinct(columns)
    assert len({name.lower() for name in names}) == 4
    assert names[0] == "power_A_w"
