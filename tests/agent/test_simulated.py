"""Simulated boards: they heat, throttle, cool and are repeatable; and they say what they are."""

import math
import subprocess
from pathlib import Path

import pytest
from seen import Clock, Seen
from test_sensors_pythons import pythons

from jetbench.cli.options import MOST_SCALE, SIMULATED_BOARDS
from jetbench_agent.sensors import BadOptionError, open_board
from jetbench_agent.sensors.simulated import MOST_SCALE as AGENTS_MOST_SCALE
from jetbench_agent.sensors.simulated import WARNING, Heat, parse
from jetbench_agent.sensors.simulated_boards import BOARDS

SECOND = 10**9


def simulated(name):
    clock = Clock()
    return Seen(open_board(simulate=name, clock=clock)), clock


def let_pass(seen, clock, seconds, step=1.0):
    """Readings a step of time, as a poller takes them."""
    rows = []
    for _ in range(int(seconds / step)):
        clock.now += int(step * SECOND)
        seen.look()
        rows.append(dict(seen.raw, throttled=seen.board.throttle()[0]))
    return rows


def test_both_sides_know_the_same_boards():
    assert set(SIMULATED_BOARDS) == set(BOARDS)
    assert MOST_SCALE == AGENTS_MOST_SCALE


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_board_says_that_it_is_simulated_and_has_all_it_declares(name):
    seen, clock = simulated(name)
    told = seen.told
    assert told["model"].startswith("SIMULATED ")
    assert told["facts"]["simulated"] is True
    assert told["problems"] == [WARNING]
    assert told["kind"] == BOARDS[name].kind
    assert {column["source"] for column in told["channels"]} == {"simulated"}
    assert len({column["id"] for column in told["channels"]}) == len(told["channels"])
    seen.board.set_load(1.0)
    let_pass(seen, clock, 600, 5.0)
    assert len(seen.board.read()[0]) == len(told["channels"])
    for column in told["channels"]:
        value = seen.raw[column["id"]]
        assert (value is None) == ("reason" in column), column["id"]
        assert value is None or (type(value) is int and value >= 0)
    assert seen.why == {}


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_the_total_is_its_rails_and_power_is_volts_times_amperes(name):
    seen, clock = simulated(name)
    let_pass(seen, clock, 3)
    total = BOARDS[name].total
    if total.reason:
        assert seen.channel("power.total")["reason"] == seen.told["power"]["reason"] == "no_sensor"
        assert seen.told["power"]["method"] is None
        return
    assert seen.raw["power.total"] == sum(seen.raw["power." + label] for label in total.rails)
    assert seen.told["power"]["method"] == "simulated:" + total.method
    assert seen.told["power"]["scope"].startswith("SIMULATED: ")
    for rail in BOARDS[name].rails:
        product = seen.raw["voltage." + rail.label] * seen.raw["current." + rail.label]
        assert seen.raw["power." + rail.label] == product
    assert seen.value("power.total") == pytest.approx(BOARDS[name].idle_w, rel=0.12)


def test_a_nano_heats_throttles_with_hysteresis_and_cools():
    seen, clock = simulated("nano")
    idle = let_pass(seen, clock, 60)
    assert not any(row["throttled"] for row in idle)
    seen.board.set_load(1.0)
    hot = let_pass(seen, clock, 1500)
    first = next(i for i, row in enumerate(hot) if row["throttled"])
    assert 60 < first < 600
    assert hot[first]["clock.cpu.policy0"] < hot[0]["clock.cpu.policy0"] == 1479000
    assert hot[first + 60]["power.total"] < 0.9 * hot[first - 1]["power.total"]
    late = [row["temp.CPU-therm"] / 1000 for row in hot[-600:]]
    assert min(late) > 92 and max(late) < 99, "it stays about the trip of 97"
    assert seen.board.throttle() == (True, ["cpu-throttle-alert", "gpu-throttle-alert"], [], None)
    assert hot[-1]["throttle.now"] == 1
    seen.board.set_load(0.0)
    cold = let_pass(seen, clock, 1500)
    assert cold[-1]["throttled"] is False
    assert cold[-1]["temp.CPU-therm"] == pytest.approx(idle[-1]["temp.CPU-therm"], abs=1500)
    assert cold[-1]["clock.cpu.policy0"] == 102000


def test_an_orin_with_its_fan_does_not_throttle_and_counts_over_currents():
    seen, clock = simulated("orin")
    seen.board.set_load(1.0)
    rows = let_pass(seen, clock, 1200)
    assert not any(row["throttled"] for row in rows)
    assert rows[-1]["fan.pwm"] > 300 and rows[-1]["fan.rpm"] > 1000
    counts = [row["oc.oc3"] for row in rows]
    assert counts == sorted(counts) and counts[-1] > 50
    assert rows[-1]["oc.oc1"] == 0


def test_a_pi_5_without_a_fan_throttles_at_80():
    seen, clock = simulated("pi5")
    seen.board.set_load(1.0)
    let_pass(seen, clock, 1200)
    assert seen.board.throttle()[:2] == (True, ["soft temperature limit"])
    assert 76 < seen.value("temp.cpu-thermal") < 82


def test_the_same_seed_gives_the_same_board():
    rows = []
    for _ in range(2):
        seen, clock = simulated("agx-orin")
        seen.board.set_load(0.7)
        rows.append(let_pass(seen, clock, 50))
    assert rows[0] == rows[1]
    assert len({row["power.total"] for row in rows[0]}) > 25, "there is noise"


def test_the_time_scale_speeds_the_heat_up_and_not_the_power():
    slow, clock = simulated("nano")
    fast, fast_clock = simulated("nano:x20")
    for seen in (slow, fast):
        seen.board.set_load(1.0)
    before = let_pass(slow, clock, 100)[-1]["temp.CPU-therm"]
    after = let_pass(fast, fast_clock, 5, 0.1)[-1]["temp.CPU-therm"]
    assert after == pytest.approx(before, abs=1000)
    assert fast.value("power.total") == pytest.approx(slow.value("power.total"), rel=0.06)


def test_how_often_it_is_read_does_not_change_the_heat():
    temperatures = []
    for step in (0.1, 1.0, 30.0):
        seen, clock = simulated("nano")
        seen.board.set_load(1.0)
        let_pass(seen, clock, 150, step)
        temperatures.append(seen.value("temp.CPU-therm"))
    assert max(temperatures) - min(temperatures) < 1.5


def test_heat_flows_as_the_equation_has_it():
    """Without a governor, towards ambient + watts x resistance."""
    heat = Heat(BOARDS["orin"]._replace(thermal=BOARDS["orin"].thermal._replace(trip_c=1000.0, fan=(), fan_gain=0.0)))
    heat.load = 0.3
    heat.advance(5000.0)
    thermal = BOARDS["orin"].thermal
    expected = thermal.ambient_c + heat.watts() * (thermal.sink_k_per_w + thermal.die_k_per_w)
    assert math.isclose(heat.die, expected, rel_tol=1e-3)


@pytest.mark.parametrize("text", ["banana", "", "nano:", "nano:20", "nano:x", "nano:xnan", "nano:x0", "nano:x1e9"])
def test_what_is_no_simulated_board_is_said(text):
    if text == "nano:":
        assert parse(text) == ("nano", 1.0)
        return
    with pytest.raises(ValueError, match="nano"):
        parse(text)
    with pytest.raises(BadOptionError, match="--simulate"):
        open_board(simulate=text)


def test_options_that_exclude_each_other(tmp_path):
    for options in (
        {"simulate": "nano", "root": str(tmp_path)},
        {"simulate": "nano", "power_cmd": "echo 1"},
        {"power_cmd": "echo 1", "power_url": "http://127.0.0.1"},
    ):
        with pytest.raises(BadOptionError):
            open_board(**options)


def test_a_machine_that_slept_does_not_wake_up_to_hours_of_arithmetic():
    seen, clock = simulated("nano:x1000")
    clock.now += 10**6 * SECOND
    seen.look()
    assert seen.value("temp.CPU-therm") < 60


def test_every_python_simulates_the_same():
    others = pythons()
    if not others:
        pytest.skip("no other Python found")
    env = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    answers = set()
    for python in others.values():
        done = subprocess.run([python, "-s", "-c", SCRIPT], capture_output=True, text=True, env=env, check=True)
        answers.add(done.stdout)
    assert len(answers) == 1


SCRIPT = """
import json
from jetbench_agent.sensors import open_board
now = [0]
board = open_board(simulate="orin", clock=lambda: now[0])
board.set_load(1.0)
rows = []
for _ in range(20):
    now[0] += 10**9
    rows.append(board.read()[0])
print(json.dumps(rows))
"""
