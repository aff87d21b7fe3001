"""What the state of the board is found to be, and what mends it."""

from __future__ import annotations

from typing import Any

import pytest

from jetbench.analysis import board_checks
from jetbench.analysis.board_checks import Finding
from jetbench.domain.events import Board, Channel, PowerRule, Telemetry, Throttle

ZONE = Channel(id="temp.tj", quantity="temperature", name="tj", unit="C", scale=1e-3, limit=85.0)
ORIN_MODES = {"0": "15W", "1": "25W", "2": "MAXN_SUPER"}


def of(board: Board, name: str, values: dict[str, float] | None = None, said: tuple[str, ...] = ()) -> Finding:
    return next(f for f in board_checks.of_values(board, values or {}, said) if f.name == name)


def jetson(**facts: Any) -> Board:
    return Board(kind="jetson", memory_mib=8000, channels=(ZONE,), facts=facts)


def test_the_number_of_the_full_mode_is_the_boards_own() -> None:
    found = of(jetson(power_mode="15W", power_modes=ORIN_MODES), "power mode")
    assert (found.state, found.remedy) == ("warning", "sudo nvpmodel -m 2")
    assert of(jetson(power_mode="MAXN_SUPER", power_modes=ORIN_MODES), "power mode").state == "ok"
    assert "nvpmodel.conf" in str(of(jetson(power_mode="15W"), "power mode").remedy)
    assert of(jetson(), "power mode").state == "unknown"


def test_commands_belong_to_the_kind_of_board() -> None:
    powersave = {"cpu": {"policies": {"policy0": {"governor": "powersave"}, "policy1": {"governor": "performance"}}}}
    assert of(jetson(**powersave), "governor").remedy == "sudo jetson_clocks"
    pi = Board(kind="rpi", facts=powersave)
    assert "scaling_governor" in str(of(pi, "governor").remedy)
    told = board_checks.of_values(pi, {"fan.pwm": 0.0, "mem.available": 1.0})
    assert not any("nvpmodel" in str(f.remedy) or "jetson" in str(f.remedy) for f in told)
    assert of(jetson(jtop={"jetson_clocks": False}), "clocks").remedy == "sudo jetson_clocks"


@pytest.mark.parametrize(("degrees", "state"), [(50.0, "ok"), (80.0, "warning"), (85.0, "bad")])
def test_temperature_is_held_against_the_trip(degrees: float, state: str) -> None:
    row = Telemetry(v=(round(degrees * 1000),))
    assert next(f for f in board_checks.findings(jetson(), row) if f.name == "temperature").state == state


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("memory", {"mem.available": 500.0}),
        ("swap", {"mem.swap_used": 400.0}),
        ("GPU load", {"load.gpu": 60.0}),
        ("CPU load", {"load.cpu": 60.0}),
        ("fan", {"fan.pwm": 0.0}),
    ],
)
def test_each_trouble_has_a_remedy(name: str, values: dict[str, float]) -> None:
    found = of(jetson(), name, values)
    assert found.state == "warning"
    assert found.remedy


def test_supply_and_battery() -> None:
    pi = Board(kind="rpi")
    assert of(pi, "supply", said=("under-voltage",)).state == "bad"
    assert not [f for f in board_checks.findings(pi, None, Throttle(now=False)) if f.name == "supply"]
    laptop = Board(kind="x86", power=PowerRule(method="battery BAT0"))
    assert of(laptop, "battery", {"power.total": 9.0}).state == "warning"


def test_what_is_not_told_is_unknown_and_no_trouble() -> None:
    found = board_checks.findings(jetson())
    assert found
    assert board_checks.troubles(found) == ()
    assert board_checks.findings(None) == ()
    assert board_checks.findings(jetson(simulated=True)) == ()
