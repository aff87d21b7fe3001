"""Boards while they run, and boards that are none of the fake ones."""

import pytest
from seen import Clock, Seen

from board_tree import lay_out, manifest, write
from jetbench_agent.sensors import open_board


def changed(name, folder, writes=(), clock=None):
    """The fake board ``name`` with other texts in some of its files."""
    board = manifest(name)
    board["files"].update(writes)
    return Seen(open_board(str(lay_out(board, folder)), clock))


# -- while it runs ---------------------------------------------------------------------------------------------------


def test_load_is_a_rate(tmp_path):
    seen = changed("orin-nano", tmp_path)
    write(tmp_path, {"proc/stat": "cpu  10060 0 5000 100040 0 0 0 0 0 0\n"})
    assert seen.look().value("load.cpu") == pytest.approx(60.0)
    write(tmp_path, {"proc/stat": "cpu  10060 0 5000 100080 60 0 0 0 0 0\n"})
    assert seen.look().value("load.cpu") == 0.0  # waiting for I/O is idle
    write(tmp_path, {"proc/stat": "cpu  10065 0 5000 100080 60 0 0 0 0 0\n"})
    assert seen.look().value("load.cpu") == 0.0  # too few ticks for a new one
    write(tmp_path, {"proc/stat": "cpu  10085 0 5005 100080 60 0 0 0 0 0\n"})
    assert seen.look().value("load.cpu") == 100.0


def test_counters_are_read_once_a_second_or_when_asked(tmp_path):
    clock = Clock()
    seen = changed("orin-nano", tmp_path, clock=clock)
    counter = "sys/devices/platform/soctherm-oc-event/hwmon/hwmon3/oc3_event_cnt"
    write(tmp_path, {counter: "27391\n"})
    assert seen.look().raw["oc.oc3"] == 27390
    assert seen.look(fresh=True).raw["oc.oc3"] == 27391
    write(tmp_path, {counter: "27392\n"})
    clock.now += 10**9
    assert seen.look().raw["oc.oc3"] == 27392


def test_a_fan_without_tachometer_wire_is_not_a_fan_that_stands(tmp_path):
    seen = changed("nano-4gb", tmp_path)
    speed = "sys/devices/pwm-fan/hwmon/hwmon0/rpm_measured"
    assert seen.why["fan.rpm"] == "no_sensor"
    write(tmp_path, {speed: "1200\n"})
    assert seen.look().raw["fan.rpm"] == 1200
    write(tmp_path, {speed: "0\n"})
    assert seen.look().raw["fan.rpm"] == 0


def test_a_sum_needs_all_its_rails(tmp_path):
    seen = changed("agx-orin", tmp_path)
    rail = "sys/devices/platform/c240000.i2c/i2c-1/1-0040/hwmon/hwmon3/curr2_input"
    write(tmp_path, {rail: "\n"})
    seen.look()
    assert seen.raw["power.total"] is None
    assert seen.why["power.total"] == "read_error"
    assert seen.raw["power.VDD_GPU_SOC"] == 3150080
    write(tmp_path, {rail: "60\n"})
    assert seen.look().raw["power.total"] == 9101600


# -- boards that are none of these -----------------------------------------------------------------------------------

INA = "sys/devices/platform/bus@0/c240000.i2c/i2c-1/1-0040/hwmon/hwmon1/"
ZONE = "sys/devices/virtual/thermal/"


def test_unknown_rails_are_listed_and_never_added(tmp_path):
    seen = changed("orin-nano", tmp_path, {INA + "in1_label": "VDD_12V_SENSE\n"})
    assert seen.told["power"]["reason"] == "unresolved_rails"
    assert seen.raw["power.total"] is None
    assert seen.value("power.VDD_12V_SENSE") == pytest.approx(8.943528)
    assert "VDD_12V_SENSE" in seen.told["power"]["reason_text"]
    assert seen.told["problems"] == [seen.told["power"]["reason_text"]]


def test_a_switched_off_rail_stays_listed(tmp_path):
    seen = changed("orin-nano", tmp_path, {INA + "in2_enable": "0\n"})
    assert seen.channel("power.VDD_CPU_GPU_CV")["reason"] == "no_sensor"
    assert seen.value("power.total") == pytest.approx(8.943528)


def test_names_that_come_twice_are_made_unique(tmp_path):
    seen = changed(
        "orin-nano", tmp_path, {ZONE + "thermal_zone1/type": "cpu-thermal\n", INA + "in2_label": "VDD_SOC\n"}
    )
    assert seen.raw["temp.cpu-thermal"] == 48906
    assert seen.raw["temp.cpu-thermal-2"] == 47312
    assert seen.channel("temp.cpu-thermal-2")["name"] == "cpu-thermal-2"
    assert seen.raw["current.VDD_SOC"] == 480
    assert seen.raw["current.VDD_SOC-2"] == 490
    assert seen.value("power.total") == pytest.approx(8.943528)


def test_text_of_files_is_harmless(tmp_path):
    seen = changed(
        "orin-nano",
        tmp_path,
        {ZONE + "thermal_zone1/type": "gpu\x1b[31m\x9b\x7f\n", INA + "in2_label": "R" * 5000},
    )
    assert "temp.gpu[31m" in seen.raw
    assert "current." + "R" * 200 in seen.raw


def test_a_folder_that_is_empty_is_an_unknown_board(tmp_path):
    seen = Seen(open_board(str(tmp_path)))
    assert seen.told["kind"] == "unknown"
    assert list(seen.raw) == ["power.total", "throttle.now"]
    assert seen.board.throttle() == (None, [], [], "no thermal interface visible")


def test_an_amd_machine_does_not_say_that_it_is_not_throttled(tmp_path):
    board = manifest("bare-container")
    board["files"]["sys/class/thermal/cooling_device0/type"] = "Processor\n"
    board["files"]["sys/class/thermal/cooling_device0/cur_state"] = "0\n"
    seen = Seen(open_board(str(lay_out(board, tmp_path))))
    assert seen.board.throttle()[0] is None
    assert seen.told["kind"] == "x86"
