"""Every figure once: the registry, the stages it names and the page made from it."""

from __future__ import annotations

from pathlib import Path

from jetbench.analysis.case import AFTER_FIRST, COLD_START
from jetbench.domain import metrics


def test_names_are_unique():
    for names in ([m.key for m in metrics.METRICS], [m.csv for m in metrics.METRICS]):
        assert len(names) == len(set(names))


def test_every_stage_of_the_cold_start_is_a_figure():
    stages = [m.path[1] for m in metrics.METRICS if m.path[0] == "cold_start_s"]
    assert stages == [*COLD_START, *AFTER_FIRST]


def test_the_page_is_made_from_the_registry():
    page = Path(__file__).parents[2] / "docs" / "figures.md"
    assert page.read_text() == metrics.markdown()


def test_every_figure_is_explained_and_shown_figures_have_a_unit():
    for metric in metrics.METRICS:
        assert metric.meaning
        assert metric.factor == 1.0 or metric.shown
