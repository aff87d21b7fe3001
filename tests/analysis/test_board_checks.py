"""What the state of the board is found to be, and what mends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

import board_tree
from jetbench.analysis import board_checks
from jetbench.analysis.board_checks import Finding
from jetbench.domain.events import Board, Channel, PowerRule, Telemetry, Throttle
from jetbench_agent.sensors import open_board

ZONE = Channel(id="temp.tj", quantity="temperature", name="tj", unit="C", scale=1e-3, limit=85.0)
ORIN_MODES = {"0": "15W", "1": "25W", "2": "MAXN_SUPER"}


def of(board: Board, name: str, values: dict[str, float] | None = None, throttle: Throttle | None = None) -> Finding:
    return next(f for f in board_checks.of_values(board, values or {}, throttle or Throttle()) if f.name == name)


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
        ("fan", {"fan.pwm": 0.0, "temp.tj": 70.0}),
    ],
)
def test_each_trouble_has_a_remedy(name: str, values: dict[str, float]) -> None:
    found = of(jetson(), name, values)
    assert found.state == "warning"
    assert found.remedy


def test_a_fan_may_stand_still_on_a_cool_board() -> None:
    assert of(jetson(), "fan", {"fan.pwm": 0.0, "temp.tj": 40.0}).state == "ok"
    assert of(jetson(), "fan", {"fan.pwm": 0.0}).state == "unknown"


def test_clocks_that_jetson_clocks_holds_do_not_follow_the_load() -> None:
    """It leaves the governor as it is: without this its own remedy would never mend the finding."""
    free = {"governor": "schedutil", "min_khz": 729_600, "max_khz": 1_510_400}
    held = free | {"min_khz": 1_510_400}
    assert of(jetson(cpu={"policies": {"policy0": held, "policy4": free}}), "governor").state == "warning"
    assert of(jetson(cpu={"policies": {"policy0": held, "policy4": held}}), "governor").state == "ok"


def test_supply() -> None:
    pi = Board(kind="rpi")
    low = Throttle(now=True, active=("under-voltage",))
    assert of(pi, "supply", throttle=low).state == "bad"
    assert not [f for f in board_checks.findings(pi, None, low) if f.name == "throttled"]
    assert of(pi, "supply", throttle=Throttle(now=False, notices=("under-voltage since the start",))).state == "warning"
    assert (
        of(Board(kind="rpi", problems=("since boot this board has seen: under-voltage",)), "supply").state == "warning"
    )
    assert "barrel" in str(of(jetson(), "supply", throttle=Throttle(now=True, active=("over-current oc3",))).remedy)
    assert not [f for f in board_checks.findings(pi, None, Throttle(now=False)) if f.name == "supply"]


def test_a_battery_beside_rapl() -> None:
    """On mains it tells no watts."""
    pack = Channel(id="power.BAT0", quantity="power", name="BAT0", unit="W", source="sys/class/power_supply/BAT0")
    laptop = Board(kind="x86", channels=(pack,), power=PowerRule(method="rapl:psys"))
    assert of(laptop, "battery", {"power.total": 9.0, "power.BAT0": 8.0}).state == "warning"
    told = board_checks.of_values(laptop, {"power.total": 9.0, "power.BAT0": None})
    assert all(finding.name != "battery" for finding in told)


def test_battery() -> None:
    laptop = Board(kind="x86", power=PowerRule(method="battery BAT0"))
    assert of(laptop, "battery", {"power.total": 9.0}).state == "warning"


def test_gpu_load_names_what_shows_its_users() -> None:
    assert "jtop" in str(of(jetson(), "GPU load", {"load.gpu": 60.0}).remedy)
    assert "nvidia-smi" in str(of(Board(kind="x86"), "GPU load", {"load.gpu": 60.0}).remedy)


TROUBLES = {
    "agx-orin": {"governor": "warning"},
    "bare-container": {},
    "nano-2gb": {"governor": "warning"},
    "nano-4gb": {"governor": "warning", "GPU load": "warning"},
    "orin-nano": {"governor": "warning", "GPU load": "warning"},
    "orin-nano-hot": {"governor": "warning", "GPU load": "warning", "temperature": "bad", "throttled": "bad"},
    "rpi5": {"governor": "warning"},
    "x86-laptop-rapl": {"governor": "warning"},
}


@pytest.mark.parametrize("name", board_tree.NAMES)
def test_the_troubles_of_the_fake_boards(name: str, tmp_path: Path) -> None:
    """As the agent reads them: what is found is what their files say, and each has a remedy."""
    read = open_board(str(board_tree.lay_out(board_tree.manifest(name), tmp_path)), lambda: 0)
    try:
        told = msgspec.convert(read.describe(), Board)
        row, _ = read.read()
        now, active, notices, reason = read.throttle()
        state = Throttle(now=now, active=tuple(active), notices=tuple(notices), reason=reason)
        found = board_checks.troubles(board_checks.findings(told, Telemetry(v=tuple(row)), state))
    finally:
        read.close()
    assert {f.name: f.state for f in found} == TROUBLES[name]
    assert all(f.remedy for f in found)


def test_what_is_not_told_is_unknown_and_no_trouble() -> None:
    found = board_checks.findings(jetson())
    assert found
    assert board_checks.troubles(found) == ()
    assert board_checks.findings(None) == ()
    assert board_checks.findings(jetson(simulated=True)) == ()


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        ({"found": [[812, "Xorg"], [4711, "python3"]], "hidden": 0}, "warning", "python3 (4711)"),
        (
            {"found": [[812, "Xorg"], [900, "gnome-shell"]], "hidden": 0},
            "ok",
            "desktop alone: Xorg (812), gnome-shell (900)",
        ),
        ({"found": [], "hidden": 0}, "ok", "none"),
        ({"found": [], "hidden": 90}, "unknown", "hidden"),
        ({"found": [[n, f"p{n}"] for n in range(1, 9)], "hidden": 0}, "warning", "p4 (4) and 4 more"),
        ({"found": [["x", 3], 7, [1, "a\x1b[31mb"]], "hidden": "many"}, "warning", "ab (1)"),
    ],
)
def test_other_users_of_the_gpu(told: Any, state: str, words: str) -> None:
    found = of(jetson(gpu_users=told), "GPU users")
    assert found.state == state and words in found.text and "\x1b" not in found.text
    assert found.state != "warning" or str(found.remedy).startswith("end what is not needed: kill ")
