"""Plans that make sense, drawn at random."""

from __future__ import annotations

from hypothesis import strategies as st

from jetbench.domain import plan as plans
from jetbench.domain.plan import Plan
from jetbench.domain.plan_boards import PlanBoard
from jetbench.domain.text import printable

NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
SECONDS = st.floats(1e-3, 3600)

WORDS = NAMES.filter(lambda text: text.strip() and printable(text) == text)
BOARDS = st.lists(
    st.builds(
        PlanBoard, host=WORDS, power_group=st.none() | WORDS, python=st.none() | WORDS, power_rail=st.none() | WORDS
    ),
    max_size=3,
    unique_by=lambda board: board.title,
).map(tuple)


@st.composite
def sound_plans(draw: st.DrawFn) -> Plan:
    stops = draw(st.sampled_from(("k", "until", "neither")))
    end_to_end, data = draw(st.booleans()), draw(st.none() | NAMES)
    return plans.check(
        Plan(
            models=tuple(draw(st.lists(NAMES, min_size=1, max_size=12))),
            variants=tuple(draw(st.lists(st.sampled_from(plans.VARIANTS), min_size=1, max_size=3, unique=True))),
            batches=tuple(draw(st.lists(st.integers(1, 65_536), min_size=1, max_size=5))),
            sizes=tuple(draw(st.lists(st.tuples(st.integers(1, 8192), st.integers(1, 8192)), max_size=3))),
            device=draw(st.sampled_from(("auto", "cpu", "cuda"))),
            threads=draw(st.none() | st.integers(1, 1024)),
            weights=draw(st.none() | NAMES),
            k=draw(st.integers(1, 10_000_000)) if stops == "k" else None,
            until=draw(st.floats(1e-9, 0.999)) if stops == "until" else None,
            max_time=draw(SECONDS),
            case_timeout=draw(st.none() | SECONDS),
            warmup=draw(st.none() | st.just("auto") | st.integers(0, 100_000)),
            cooldown=draw(st.none() | st.just(0.0) | SECONDS),
            energy=draw(st.booleans()),
            energy_time=draw(SECONDS),
            idle_time=draw(SECONDS),
            force=draw(st.booleans()),
            end_to_end=end_to_end,
            images=draw(st.none() | NAMES) if end_to_end else None,
            data=data,
            labels=draw(st.none() | NAMES) if data is not None else None,
            data_limit=draw(st.none() | st.integers(1, 100_000)) if data is not None else None,
            rounds=draw(st.integers(1, 1000)),
            seed=draw(st.none() | st.integers(0, 2**62)),
            fresh=draw(st.booleans()),
            boards=draw(BOARDS),
            expect=draw(st.sampled_from(((), ("latency: a < b",), ("latency: a < b < c", "energy: a / b = 2")))),
        )
    )
