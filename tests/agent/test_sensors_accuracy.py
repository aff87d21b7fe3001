"""How well the monitors behind a total are known, and how often they have something new: facts of the board."""

import contextlib

import pytest
from seen import Clock
from trees import agx_xavier, battery, domain, pc, thor, tx2

from board_tree import lay_out, manifest
from jetbench_agent.sensors import open_board
from jetbench_agent.sensors.accuracy import combined
from jetbench_agent.sensors.simulated import SimulatedBoard

CHIP = "sys/devices/platform/bus@0/c240000.i2c/i2c-1/1-0040/hwmon/hwmon1/"
GAIN = pytest.approx((0.0025**2 + 0.01**2) ** 0.5, abs=1e-5)


def power_of(board, folder, **options):
    with contextlib.closing(open_board(str(lay_out(board, folder)), Clock(), **options)) as opened:
        return opened.describe()["facts"]["power"]


def with_files(board, files):
    board["files"].update(files)
    return board


def test_an_ina3221_by_its_data_sheet_and_its_shunt(tmp_path):
    files = {CHIP + "shunt1_resistor": "5000\n", CHIP + "update_interval": "140\n"}
    power = power_of(with_files(manifest("orin-nano"), files), tmp_path)
    accuracy = power["accuracy"]
    assert (accuracy["gain"], accuracy["assumed"]) == (GAIN, False)
    assert accuracy["offset_w"] == pytest.approx(80e-6 / 5e-3 * 5.016, rel=1e-5)
    assert "SBOS576" in accuracy["source"] and "tolerance 1 % assumed" in accuracy["source"]
    assert power["update_ms"] == 140


def test_the_offsets_of_a_sum_add_up_and_those_of_other_rails_do_not(tmp_path):
    board = manifest("agx-orin")
    chips = "sys/devices/platform/c240000.i2c/i2c-1/1-004%d/hwmon/hwmon%d/shunt%d_resistor"
    shunts = {chips % (0, 3, 1): "2000\n", chips % (0, 3, 2): "4000\n", chips % (0, 3, 3): "5000\n"}
    accuracy = power_of(with_files(board, {**shunts, chips % (1, 4, 2): "1\n"}), tmp_path)["accuracy"]
    wanted = 80e-6 * (19.688 / 2e-3 + 19.704 / 4e-3 + 4.968 / 5e-3)
    assert accuracy["offset_w"] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("resistor", ["0\n", "?\n", "-5000\n"])
def test_a_shunt_that_cannot_be_makes_no_offset(tmp_path, resistor):
    accuracy = power_of(with_files(manifest("orin-nano"), {CHIP + "shunt1_resistor": resistor}), tmp_path)["accuracy"]
    assert (accuracy["gain"], accuracy["offset_w"], accuracy["assumed"]) == (GAIN, None, False)


@pytest.mark.parametrize("board", [manifest("nano-4gb"), tx2()], ids=["nano-4gb", "tx2"])
def test_the_driver_of_jetpack_4_tells_neither_shunt_nor_period(tmp_path, board):
    power = power_of(board, tmp_path)
    assert (power["accuracy"]["gain"], power["accuracy"]["offset_w"]) == (GAIN, None)
    assert "update_ms" not in power


def test_the_monitor_behind_the_total_counts_not_the_others(tmp_path):
    files = {"sys/class/hwmon/hwmon3/update_interval": "9000\n", "sys/class/hwmon/hwmon4/update_interval": "5\n"}
    power = power_of(thor(files=files), tmp_path / "with")
    assert (power["update_ms"], power["accuracy"]["gain"], power["accuracy"]["assumed"]) == (5, 0.05, True)
    power = power_of(with_files(thor(with_input=False), {"sys/class/hwmon/hwmon3/update_interval": "9000\n"}), tmp_path)
    assert (power["update_ms"], power["accuracy"]["assumed"]) == (9000, False)


@pytest.mark.parametrize(
    ("board", "update_ms", "words"),
    [
        (manifest("rpi5"), 1000, "PMIC"),
        (manifest("x86-laptop-rapl"), 1, "RAPL"),
        (pc({**domain("0", "package-0"), **domain("1", "package-1")}), 1, "RAPL"),
        (pc(battery(power_now=9000000)), 30000, "battery"),
    ],
    ids=["pmic", "psys", "packages", "battery"],
)
def test_others_are_assumed_and_say_so(tmp_path, board, update_ms, words):
    power = power_of(board, tmp_path)
    accuracy = power["accuracy"]
    assert (accuracy["gain"], accuracy["offset_w"], accuracy["assumed"]) == (0.05, None, True)
    assert words in accuracy["source"] and "5 % assumed" in accuracy["source"]
    assert power["update_ms"] == update_ms


@pytest.mark.parametrize("name", ["nano-2gb", "bare-container"])
def test_without_a_total_there_is_nothing_to_know(tmp_path, name):
    assert power_of(manifest(name), tmp_path) == {"rails": []}


def test_a_meter_tells_how_often_it_reads(tmp_path):
    power = power_of(manifest("orin-nano"), tmp_path, power_cmd="while :; do echo 5; sleep 0.2; done")
    assert power["accuracy"]["assumed"] and "external meter" in power["accuracy"]["source"]
    assert 150 < power["update_ms"] < 1000 and power["meter"] == "meter:cmd"
    power = power_of(manifest("nano-2gb"), tmp_path / "other", power_cmd="echo 5; sleep 100")
    assert power["update_ms"] == 1000  # one reading tells nothing; meters have one a second


def test_a_chosen_rail_is_as_good_as_its_monitor(tmp_path):
    files = {CHIP + "shunt3_resistor": "5000\n"}
    power = power_of(with_files(manifest("orin-nano"), files), tmp_path, power_rail="VDD_SOC")
    assert power["accuracy"]["offset_w"] == pytest.approx(80e-6 / 5e-3 * 5.008, rel=1e-5)
    assert power["update_ms"] == 6758


def test_a_simulated_board_is_assumed():
    power = SimulatedBoard("orin").describe()["facts"]["power"]
    assert (power["accuracy"]["gain"], power["accuracy"]["assumed"]) == (0.05, True)
    assert "simulated" in power["accuracy"]["source"]
    assert "accuracy" not in SimulatedBoard("nano-2gb").describe()["facts"]["power"]


def test_one_unknown_offset_makes_the_sum_unknown(tmp_path):
    known = {"gain": 0.01, "offset_w": 0.1, "assumed": False, "source": "a"}
    assert combined([known, known])["offset_w"] == pytest.approx(0.2)
    unknown = {"gain": 0.05, "offset_w": None, "assumed": True, "source": "b"}
    assert combined([known, unknown, known]) == {"gain": 0.05, "offset_w": None, "assumed": True, "source": "a; b"}
    assert power_of(agx_xavier(), tmp_path)["accuracy"]["offset_w"] is None
