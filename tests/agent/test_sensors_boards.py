"""Every fake board is read as its manifest says, and stays so while its files change."""

import json

import msgspec
import pytest
from seen import Clock, Seen

from board_tree import NAMES, lay_out, manifest, write
from jetbench.domain.events import Board
from jetbench_agent.sensors import open_board


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def seen(request, tmp_path, clock):
    board = open_board(str(lay_out(manifest(request.param), tmp_path)), clock)
    yield Seen(board), manifest(request.param)["expected"]
    board.close()


every_board = pytest.mark.parametrize("seen", NAMES, indirect=True)


# -- as expected -----------------------------------------------------------------------------------------------------


@every_board
def test_identity(seen):
    seen, expected = seen
    assert (seen.told["kind"], seen.told["soc"]) == (expected["kind"], expected["soc"])
    assert seen.told["cpus"] == expected["cpu"]["online"]


@every_board
def test_power(seen):
    seen, expected = seen
    power = expected["power"]
    rule = seen.told["power"]
    assert (rule["method"], rule["scope"]) == (power["total_method"], power["total_scope"])
    assert rule["reason_text"] == power.get("total_reason_text")
    comes_later = power["total_reason"] == "needs_two_samples"  # missing just now, and not for ever
    reason = None if comes_later else power["total_reason"]
    assert rule["reason"] == reason
    assert seen.value("power.total") == (
        None if power["total_w"] is None else pytest.approx(power["total_w"], abs=1e-3)
    )
    total = seen.channel("power.total")
    assert total.get("reason") == reason
    assert seen.why.get("power.total") == ("needs_two_samples" if comes_later else None)
    assert total.get("hint") == power.get("total_reason_text")


@every_board
def test_rails(seen):
    seen, expected = seen
    rails = expected["power"]["rails"]
    watts = seen.named("power.")
    watts.pop("total")
    for unit, found in (("w", watts), ("v", seen.named("voltage.")), ("a", seen.named("current."))):
        known = {name: value for name, value in found.items() if value is not None}
        assert known == {name: pytest.approx(rail[unit], abs=1e-3) for name, rail in rails.items()}
    for name, rail in rails.items():
        assert seen.channel("power." + name)["source"] == rail["source"]
    if rails:
        members = {name for name, rail in rails.items() if rail["in_total"]}
        assert set(seen.told["facts"]["power"]["rails"]) == members


@every_board
def test_temperatures(seen):
    seen, expected = seen
    temperatures = seen.named("temp.")
    assert list(temperatures) == list(expected["temperatures_c"])
    assert temperatures == {
        name: value if value is None else pytest.approx(value, abs=1e-6)
        for name, value in expected["temperatures_c"].items()
    }
    for name, value in temperatures.items():
        if value is None:
            ident = "temp." + name
            assert seen.why.get(ident) or seen.channel(ident)["reason"]


@every_board
def test_throttle(seen):
    seen, expected = seen
    throttle = expected["throttle"]
    now, active, notices, reason = seen.board.throttle()
    assert (now, active, notices) == (throttle["now"], throttle["active"], throttle.get("notices", []))
    assert reason == throttle.get("reason")
    assert seen.raw["throttle.now"] == (None if now is None else int(now))
    assert seen.named("oc.") == throttle.get("oc_total", {})
    assert seen.raw.get("throttled.package-0-throttled") == throttle.get("package_total")
    assert seen.raw.get("throttle.get_throttled") == throttle.get("raw")


@every_board
def test_cpu(seen):
    seen, expected = seen
    cpu = seen.told["facts"]["cpu"]
    khz = {name: value * 1000 for name, value in seen.named("clock.cpu.").items()}
    assert khz == {name: pytest.approx(value) for name, value in expected["cpu"]["cur_khz"].items()}
    assert {name: policy["max_khz"] for name, policy in cpu["policies"].items()} == expected["cpu"]["max_khz"]
    assert (cpu["online"], cpu["governor"]) == (expected["cpu"]["online"], expected["cpu"]["governor"])
    assert seen.why["load.cpu"] == "needs_two_samples"


@every_board
def test_gpu(seen):
    seen, expected = seen
    gpu = seen.told["facts"]["gpu"]
    if expected["gpu"] is None:
        assert gpu is None and not seen.named("clock.gpu")
        return
    assert {key: gpu[key] for key in ("name", "min_hz", "max_hz")} == {
        key: expected["gpu"][key] for key in ("name", "min_hz", "max_hz")
    }
    assert seen.raw["clock.gpu"] == expected["gpu"]["cur_hz"]
    assert seen.value("load.gpu") == pytest.approx(expected["gpu"]["load_pct"])


@every_board
def test_fan(seen):
    seen, expected = seen
    fan = seen.named("fan.")
    if expected["fan"] is None:
        assert fan == {}
        return
    assert fan["pwm"] == pytest.approx(expected["fan"]["pwm_pct"], abs=0.05)
    assert fan["rpm"] == expected["fan"]["rpm"]


@every_board
def test_steps(seen, tmp_path, clock):
    seen, expected = seen
    before = dict(seen.raw)
    for step in expected["steps"]:
        write(tmp_path, step["writes"])
        clock.now += int(step["dt_s"] * 1e9)
        seen.look()
        check_throttle(seen, step["expect"].get("throttle", {}), before)
        check_power(seen, step["expect"].get("power", {}))
        before = dict(seen.raw)


def check_throttle(seen, throttle, before):
    now, active, notices, _ = seen.board.throttle()
    events = [name for name in active if name.startswith(("over-current", "under-voltage"))]
    thermal = [name for name in active if name not in events]
    assert now == bool(active)
    assert bool(thermal) == throttle.get("thermal_now", throttle.get("thermal_in_window", False))
    assert bool(events) == throttle.get("over_current_in_window", False)
    assert [name for name in thermal if name != "package-throttle"] == throttle.get("active", [])
    assert notices == throttle.get("notices", [])
    for label, rose in throttle.get("oc_delta", {}).items():
        assert seen.raw["oc." + label] - before["oc." + label] == rose
        assert ("over-current " + label in events) == (rose > 0)
    count = "throttled.package-0-throttled"
    if count in seen.raw:
        rose = throttle.get("package_delta", 0)
        assert seen.raw[count] - before[count] == rose
        assert ("package-throttle" in active) == (rose > 0)


def check_power(seen, power):
    for name, watts in power.get("rails", {}).items():
        assert seen.value("power." + name) == pytest.approx(watts, abs=1e-3)
    if "total_w" in power:
        assert seen.value("power.total") == pytest.approx(power["total_w"], abs=1e-3)
        assert seen.told["power"]["method"] == power.get("total_method", seen.told["power"]["method"])


# -- the shape of what is told ---------------------------------------------------------------------------------------


@every_board
def test_the_description_is_a_board_event_and_plain_json(seen):
    seen, _ = seen
    text = json.dumps(seen.told)
    assert "1420000000001" not in text and "abcdef01" not in text  # the serial numbers of the fake trees
    told = msgspec.json.decode(text.encode(), type=dict)
    event = msgspec.convert({"k": "board", **told}, Board)
    assert len({channel.id for channel in event.channels}) == len(event.channels)
    assert event.channels[0].id == "power.total"
    assert event.problems == ()


@every_board
def test_what_can_never_be_read_has_its_reason_in_the_channel_alone(seen):
    seen, _ = seen
    silent = {channel["id"] for channel in seen.channels if "reason" in channel}
    assert silent.isdisjoint(seen.why)
    assert {ident for ident, raw in seen.raw.items() if raw is None} == silent | set(seen.why)


@pytest.mark.parametrize("seen", ["orin-nano"], indirect=True)
def test_what_stands_about_the_board(seen):
    seen, _ = seen
    told = seen.told
    assert told["model"] == "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"
    assert (told["os"], told["machine"], told["cpu_model"]) == ("L4T R36.4.3", "aarch64", "Cortex-A78AE")
    assert told["memory_mib"] == 7619
    assert told["facts"]["power"]["update_ms"] == 6758
    assert seen.value("mem.available") == pytest.approx(3901238 / 1024)


@pytest.mark.parametrize("seen", ["orin-nano", "agx-orin"], indirect=True)
def test_the_hot_surface_trip_is_no_limit(seen):
    seen, _ = seen
    zones = [channel for channel in seen.channels if channel["quantity"] == "temperature"]
    assert {channel.get("limit") for channel in zones if "therm" in channel["id"]} == {99.0}
