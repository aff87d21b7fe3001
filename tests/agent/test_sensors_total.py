"""The table of total power: which rails make it up on which board."""

import pytest

from jetbench_agent.sensors.total import add, resolve

XAVIER = ["GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"]
TX2 = ["VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI", "VDD_IN", "VDD_SYS_CPU", "VDD_SYS_DDR", "VDD_MUX"]
ORIN = ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"]
THOR = ["VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"]


def rails(labels, driver="ina3221"):
    return [(label, driver) for label in labels]


@pytest.mark.parametrize(
    ("found", "method", "members"),
    [
        (rails(["POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"]), "rail:POM_5V_IN", [0]),
        (rails(["VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"]), "rail:VDD_IN", [0]),
        (rails(["5V_IN", "VDD_CPU_GPU_CV"]), "rail:5V_IN", [0]),
        (rails(TX2), "rail:VDD_IN", [3]),
        (rails(XAVIER), "sum:" + "+".join(XAVIER), [0, 1, 2, 3, 4, 5]),
        (rails(ORIN), "sum:VDD_GPU_SOC+VDD_CPU_CV+VIN_SYS_5V0", [0, 1, 2]),
        (rails(THOR), "sum:" + "+".join(THOR), [0, 1, 2]),
        (rails(THOR) + rails(["VIN"], "ina238"), "ina238:VIN", [3]),
        (rails(["VDD_12V_SENSE", *ORIN]), "sum:VDD_GPU_SOC+VDD_CPU_CV+VIN_SYS_5V0", [1, 2, 3]),
    ],
)
def test_known_boards(found, method, members):
    rule, places = resolve(found)
    assert (rule["method"], places) == (method, members)
    assert rule["scope"] and rule["reason"] is None


@pytest.mark.parametrize(
    "found",
    [
        rails(["VDD_12V_SENSE", "VDD_3V3_SENSE"]),
        rails(XAVIER[:5]),
        rails(["VIN", "VDD_GPU"]),  # VIN counts only when an INA238 measures it
        rails(["VDD_IN", "VDD_IN"]),  # which one?
        rails(["VIN_SYS_5V0"]),
    ],
)
def test_anything_else_is_not_added_up(found):
    rule, places = resolve(found)
    assert places == []
    assert (rule["method"], rule["reason"]) == (None, "unresolved_rails")
    assert all(label in rule["reason_text"] for label, _ in found)
    assert "--power-rail" in rule["reason_text"], "what to do"


def test_the_carrier_in_parallel_is_said():
    assert "VDD_MUX" in resolve(rails(TX2))[0]["scope"]


def test_no_rail_at_all_says_why():
    assert "Nano 2GB" in resolve([], nano_2gb=True)[0]["reason_text"]
    assert "container" in resolve([], bare=True)[0]["reason_text"]
    assert resolve([])[0]["reason"] == "no_sensor"


def test_adding():
    assert add([5]) == 5
    assert add(["no_permission"]) == "no_permission"
    assert add([1, 2, 3]) == 6
    assert add([1, "gated", 3]) == "read_error"
    assert add(["gated", "gated"]) == "gated"
    assert add([1, "stale", "stale"]) == "stale"
    assert add([1, "stale", "no_permission"]) == "read_error"
