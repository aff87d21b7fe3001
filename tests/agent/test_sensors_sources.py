"""Boards without a manifest, source by source: what they give, and the reason for what they do not."""

import os
from contextlib import closing

import pytest
from seen import Clock, Seen
from trees import agx_xavier, battery, domain, pc, pi, thor, throttle_files, tree, tx2

from board_tree import lay_out, write
from jetbench_agent.sensors import open_board
from jetbench_agent.sensors.files import MEANINGS

S = 10**9


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def see(tmp_path, clock):
    opened = []

    def see(board):
        opened.append(open_board(str(lay_out(board, tmp_path)), clock))
        return Seen(opened[-1])

    yield see
    for board in opened:
        board.close()


def after(seen, clock, seconds, writes, folder):
    write(folder, writes)
    clock.now += int(seconds * S)
    return seen.look()


# -- power monitors --------------------------------------------------------------------------------------------------


def test_thor(see):
    seen = see(thor())
    assert seen.told["power"]["method"] == "ina238:VIN"
    assert seen.told["power"]["scope"] == "carrier input"
    assert seen.value("power.total") == seen.value("power.VIN") == pytest.approx(52.3)
    assert (seen.value("voltage.VIN"), seen.value("current.VIN")) == (pytest.approx(19.8), pytest.approx(2.641))
    assert seen.value("power.VDD_GPU") == pytest.approx(12.0)
    assert seen.told["soc"] == "tegra264"


def test_thor_without_its_ina238(see):
    seen = see(thor(with_input=False))
    assert seen.told["power"]["method"] == "sum:VDD_GPU+VDD_CPU_SOC_MSS+VIN_SYS_5V0"
    assert seen.told["power"]["scope"].startswith("about the module")
    assert seen.value("power.total") == pytest.approx(40.0)


def test_agx_xavier(see):
    seen = see(agx_xavier())
    assert seen.told["power"]["method"] == "sum:GPU+CPU+SOC+CV+VDDRQ+SYS5V"
    assert seen.value("power.total") == pytest.approx(19 * 0.39 + 2.0)
    assert seen.value("temp.PMIC-Die") is None and seen.channel("temp.PMIC-Die")["reason"] == "no_sensor"
    assert seen.value("temp.Tdiode_tegra") == pytest.approx(40.6)


def test_tx2(see):
    seen = see(tx2())
    assert seen.told["power"]["method"] == "rail:VDD_IN"
    assert "VDD_MUX" in seen.told["power"]["scope"]
    assert seen.value("power.total") == pytest.approx(1.9)
    assert len(seen.named("power.")) == 13


@pytest.mark.parametrize("name", ["ina219", "ina226", "ina260", "ina238"])
def test_a_monitor_somebody_soldered_on_is_listed_and_no_total(see, name):
    chip = "sys/class/hwmon/hwmon7/"
    seen = see(pi(files={chip + "name": name, chip + "power1_input": "4100000", chip + "in1_input": "5100",
                         chip + "curr1_input": "804"}))  # fmt: skip
    assert seen.value("power." + name) == pytest.approx(4.1)
    assert seen.told["power"]["reason"] == "unresolved_rails"
    assert name in seen.told["power"]["reason_text"]


def test_a_monitor_beside_an_input_rail_changes_nothing(see):
    chip = "sys/class/hwmon/hwmon7/"
    files = {chip + "name": "ina219", chip + "label": "fan header", chip + "in1_input": "5000"}
    files[chip + "curr1_input"] = "100"
    rails = [(1, "ina3221", [("VDD_IN", 5000, 1000)])]
    seen = see(tree(["nvidia,p3767-0003", "nvidia,tegra234"], "Orin Nano", files, rails))
    assert seen.told["power"]["method"] == "rail:VDD_IN"
    assert seen.value("power.total") == pytest.approx(5.0)
    assert seen.value("power.fan header") == pytest.approx(0.5)  # no power1_input: the product


# -- RAPL ------------------------------------------------------------------------------------------------------------


def server(**more):
    return pc({**domain("0", "package-0"), **domain("0:0", "dram"), **domain("1", "package-1"),
               **domain("1:0", "dram"), **domain("0:1", "core"), **more})  # fmt: skip


PATH = "sys/class/powercap/intel-rapl:%s/energy_uj"


def test_packages_and_their_memory_make_up_the_total(see, clock, tmp_path):
    seen = see(server())
    assert seen.told["power"]["method"] == "rapl:package-0+package-1+package-0.dram+package-1.dram"
    assert "only" in seen.told["power"]["scope"] and "not the whole machine" in seen.told["power"]["scope"]
    assert seen.why["power.total"] == "needs_two_samples"
    writes = {PATH % "0": "41000000", PATH % "1": "31000000", PATH % "0:0": "3000000", PATH % "1:0": "2000000"}
    after(seen, clock, 1, writes, tmp_path)
    assert seen.value("power.total") == pytest.approx(40 + 30 + 2 + 1)
    assert seen.value("energy.package-0") == pytest.approx(40.0)
    energy = seen.told["facts"]["power"]["energy"]
    assert sum(seen.value(ident) for ident in energy) == pytest.approx(73.0)


def test_energy_goes_on_over_a_wrap(see, clock, tmp_path):
    largest = 1000000000
    seen = see(pc(domain("0", "package-0", 990000000, largest)))
    after(seen, clock, 1, {PATH % "0": "9999999"}, tmp_path)
    assert seen.raw["energy.package-0"] == 20000000
    assert seen.value("power.total") == pytest.approx(20.0)
    after(seen, clock, 1, {PATH % "0": "29999999"}, tmp_path)
    assert seen.raw["energy.package-0"] == 40000000


def test_a_counter_that_stands_still_is_no_0_watts(see, clock, tmp_path):
    seen = see(pc({**domain("0", "package-0"), **domain("0:0", "uncore")}))
    after(seen, clock, 1, {}, tmp_path)
    assert seen.why["power.total"] == seen.why["power.package-0"] == "stale"
    assert seen.value("power.uncore") == 0.0  # a graphics unit may well sleep
    assert after(seen, clock, 1, {PATH % "0": "6000000"}, tmp_path).value("power.total") == pytest.approx(5.0)


def test_psys_that_is_never_fed_is_no_total(see):
    seen = see(pc({**domain("0", "package-0"), **domain("1", "psys", 0)}))
    assert seen.told["power"]["method"] == "rapl:package-0"
    assert "power.psys" not in seen.raw


def test_power_over_too_short_a_time_is_not_taken(see, clock, tmp_path):
    seen = see(pc(domain("0", "package-0")))
    after(seen, clock, 1, {PATH % "0": "11000000"}, tmp_path)
    after(seen, clock, 0.01, {PATH % "0": "11900000"}, tmp_path)
    assert seen.value("power.total") == pytest.approx(10.0)  # the one before
    assert seen.value("energy.package-0") == pytest.approx(10.9)
    after(seen, clock, 0.99, {PATH % "0": "31000000"}, tmp_path)
    assert seen.value("power.total") == pytest.approx(20.0)


@pytest.mark.parametrize(("seconds", "value"), [(1, "900000"), (700, "5000000")])
def test_a_counter_that_cannot_be_followed_gives_no_power(see, clock, tmp_path, seconds, value):
    """It began anew after a suspend, or there was time for more than one wrap."""
    seen = see(pc(domain("0", "package-0")))
    after(seen, clock, seconds, {PATH % "0": value}, tmp_path)
    assert seen.why["power.total"] == "needs_two_samples"
    assert seen.why["energy.package-0"] == "read_error"
    after(seen, clock, 1, {PATH % "0": str(int(value) + 7000000)}, tmp_path)
    assert seen.value("power.total") == pytest.approx(7.0)


def denied(monkeypatch, ending):
    real = os.open

    def opened(path, *rest, **more):
        if str(path).endswith(ending):
            raise PermissionError(13, "injected", path)
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", opened)


def test_rapl_without_permission_says_what_to_do(see, clock, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        denied(patched, "_uj")
        seen = see(pc({**domain("0", "package-0"), **battery(status="Full", power_now=0)}))
        assert seen.why["power.total"] == seen.why["energy.package-0"] == "no_permission"
        assert "chmod a+r" in seen.channel("power.package-0")["hint"]
        assert "chmod a+r" in seen.told["power"]["reason_text"]
        assert any("chmod a+r" in problem for problem in seen.told["problems"])
    seen.look()  # somebody ran the chmod
    after(seen, clock, 1, {PATH % "0": "9000000"}, tmp_path)
    assert seen.value("power.total") == pytest.approx(8.0)


# -- battery ---------------------------------------------------------------------------------------------------------


def test_a_battery_that_discharges_is_the_whole_machine(see, clock, tmp_path):
    seen = see(pc(battery(power_now=12500000)))
    assert seen.told["power"]["method"] == "battery:BAT0"
    assert seen.value("power.total") == pytest.approx(12.5)
    status = "sys/class/power_supply/BAT0/status"
    after(seen, clock, 1, {status: "Charging\n"}, tmp_path)
    assert seen.why["power.total"] == seen.why["power.BAT0"] == "on_ac_no_sensor"
    assert "unplug" in seen.channel("power.BAT0")["hint"]
    after(seen, clock, 1, {status: "?\n"}, tmp_path)
    assert seen.why["power.BAT0"] == "read_error"


def test_a_battery_is_read_once_a_second(see, clock, tmp_path):
    seen = see(pc(battery(power_now=12500000)))
    power = "sys/class/power_supply/BAT0/power_now"
    assert after(seen, clock, 0.5, {power: "-9000000"}, tmp_path).value("power.BAT0") == pytest.approx(12.5)
    assert after(seen, clock, 0.5, {}, tmp_path).value("power.BAT0") == pytest.approx(9.0)  # the sign varies


def test_a_battery_without_power_has_volts_and_amperes(see):
    seen = see(pc(battery(voltage_now=12000000, current_now=-1500000)))
    assert seen.value("power.total") == pytest.approx(18.0)


def test_of_two_batteries_one_discharges(see, clock, tmp_path):
    seen = see(pc({**battery(power_now=7000000), **battery("BAT1", "Not charging", power_now=0)}))
    assert seen.value("power.total") == pytest.approx(7.0)
    after(seen, clock, 1, {"sys/class/power_supply/BAT0/status": "Full\n"}, tmp_path)
    assert seen.why["power.total"] == "on_ac_no_sensor"


def test_what_is_no_battery_of_the_machine(see):
    mouse = battery("hidpp_battery_0", scope="Device", power_now=10)
    port = battery("ucsi-source-psy-USBC000:001", power_now=9000000)
    port |= battery("tcpm-source-psy-4-0022", voltage_now=9000000, current_now=3000000)
    seen = see(pc({**mouse, **port}))
    assert list(seen.named("power.")) == ["total"]
    assert seen.told["power"]["reason"] == "no_sensor"


def test_a_battery_stands_in_where_rapl_is_denied(see, monkeypatch):
    denied(monkeypatch, "_uj")
    seen = see(pc({**domain("0", "package-0"), **battery(power_now=9000000)}))
    assert seen.told["power"]["method"] == "battery:BAT0"
    assert seen.value("power.total") == pytest.approx(9.0)


# -- x86 temperatures and throttling ---------------------------------------------------------------------------------

CHIP = "sys/class/hwmon/hwmon2/"


def chip(name, *labels, folder=CHIP):
    files = {folder + "name": name + "\n"}
    for place, (label, temp) in enumerate(labels, 1):
        files[folder + f"temp{place}_input"] = f"{temp}\n"
        if label:
            files[folder + f"temp{place}_label"] = label + "\n"
    return files


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (chip("coretemp", ("Package id 0", 61000), ("Core 0", 60000)), {"Package-id-0": 61.0}),
        (chip("k10temp", ("Tctl", 70000), ("Tdie", 60000), ("Tccd1", 50000)), {"Tdie": 60.0}),
        (chip("k10temp", ("Tctl", 70000)), {"Tctl": 70.0}),
        (chip("k10temp", ("", 55000)), {"Tctl": 55.0}),
        (chip("nvme", ("Composite", 40000)), {}),
        (chip("k10temp", ("Tctl", 999000)), {"Tctl": None}),
    ],
)
def test_processor_temperatures(see, files, expected):
    assert see(pc(files)).named("temp.") == expected


def test_the_limit_is_the_critical_temperature(see):
    files = chip("coretemp", ("Package id 0", 61000))
    files[CHIP + "temp1_crit"] = "100000\n"
    assert see(pc(files)).channel("temp.Package-id-0")["limit"] == 100.0


def test_throttle_counts_one_a_core_and_one_a_package(see, clock, tmp_path):
    files = {}
    for cpu, (core, package) in enumerate([(0, 0), (0, 0), (1, 0), (0, 1)]):
        files.update(throttle_files(cpu, 10 + core, 100 * (package + 1), core, package))
    seen = see(pc(files))
    assert seen.named("throttled.") == {
        "package-0-throttled": 100,
        "package-0-throttled-ms": 500,
        "package-1-throttled": 200,
        "package-1-throttled-ms": 1000,
        "cores-throttled": 10 + 11 + 10,
    }
    assert seen.board.throttle() == (False, [], [], None)
    count = "sys/devices/system/cpu/cpu2/thermal_throttle/core_throttle_count"
    after(seen, clock, 1, {count: "12\n"}, tmp_path)
    assert seen.board.throttle() == (True, ["core-throttle"], [], None)
    assert seen.raw["throttle.now"] == 1
    after(seen, clock, 0.1, {}, tmp_path)  # the tick after
    assert seen.board.throttle() == (False, [], [], None)


def test_amd_is_unknown(see):
    policy = "sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq"
    seen = see(pc({policy: "2000000\n", "sys/class/thermal/cooling_device0/type": "Processor\n"}, "AuthenticAMD"))
    now, active, _, reason = seen.board.throttle()
    assert (now, active) == (None, []) and "AMD" in reason
    assert seen.why["throttle.now"] == "no_sensor"
    assert seen.channel("throttle.now")["hint"] == reason


# -- Raspberry Pi ----------------------------------------------------------------------------------------------------


def test_a_pi_4_has_no_power_sensor(see):
    seen = see(pi())
    assert seen.told["power"]["reason"] == "no_sensor"
    assert "Raspberry Pi 4 Model B" in seen.told["power"]["reason_text"]
    assert "external meter" in seen.channel("power.total")["hint"]
    assert seen.board.throttle() == (False, [], [], None)


def test_what_the_firmware_says_now_and_since_the_start(see, clock, tmp_path):
    seen = see(pi(throttled="50000\n"))
    assert seen.board.throttle() == (False, [], [], None)  # since boot says nothing of now
    assert any("under-voltage, throttled" in problem for problem in seen.told["problems"])
    get = "sys/devices/platform/soc/soc:firmware/get_throttled"
    after(seen, clock, 1, {get: "d000d\n"}, tmp_path)
    now = ["under-voltage", "throttled by the firmware", "soft temperature limit"]
    assert seen.board.throttle() == (True, now, [], None)
    after(seen, clock, 1, {get: "d0000\n"}, tmp_path)
    assert seen.board.throttle() == (False, [], ["soft temperature limit since the start"], None)
    after(seen, clock, 1, {get: "?\n"}, tmp_path)
    assert seen.board.throttle()[0] is None
    assert seen.why["throttle.get_throttled"] == "read_error"


def test_the_under_voltage_alarm_says_yes_and_never_no(see, clock, tmp_path):
    without = {"sys/devices/platform/soc/soc:firmware/get_throttled": None}
    seen = see(pi(files=without))
    assert seen.board.throttle()[0] is None
    after(seen, clock, 1, {"sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"}, tmp_path)
    assert seen.board.throttle() == (True, ["under-voltage"], [], None)


def test_a_saved_get_throttled_stands_in_for_the_file(see):
    files = {"sys/devices/platform/soc/soc:firmware/get_throttled": None}
    files["vcgencmd/get_throttled.txt"] = "throttled=0x50005\n"
    assert see(pi(files=files)).board.throttle()[1] == ["under-voltage", "throttled by the firmware"]


def test_a_pi_5_without_vcgencmd_says_how_to_get_it(see):
    seen = see(pi("Raspberry Pi 5 Model B Rev 1.0", "bcm2712"))
    assert seen.told["power"]["reason"] == "no_sensor"
    assert "apt install" in seen.told["power"]["reason_text"]


def test_a_pi_5_whose_answer_is_nonsense(see):
    seen = see(pi("Raspberry Pi 5", "bcm2712", files={"vcgencmd/pmic_read_adc.txt": "error=1 error_msg=\n"}))
    assert seen.told["power"]["reason"] == "read_error"


def test_a_rail_that_drops_out_of_the_answer(see, clock, tmp_path):
    lines = " %s_A current(0)=1.00000000A\n %s_V volt(1)=2.00000000V\n"
    text = lines % ("VDD_CORE", "VDD_CORE") + lines % ("HDMI", "HDMI") + "  EXT5V_V volt(24)=5.11728000V\n"
    seen = see(pi("Raspberry Pi 5", "bcm2712", files={"vcgencmd/pmic_read_adc.txt": text}))
    assert seen.value("power.total") == pytest.approx(4.0)
    assert seen.value("input.EXT5V") == pytest.approx(5.11728)
    after(seen, clock, 1, {"vcgencmd/pmic_read_adc.txt": lines % ("HDMI", "HDMI")}, tmp_path)
    assert seen.why["power.total"] == seen.why["power.VDD_CORE"] == "read_error"
    assert seen.value("power.HDMI") == pytest.approx(2.0)


# -- the memory clock ------------------------------------------------------------------------------------------------

EMC = "sys/kernel/debug/bpmp/debug/clk/emc/rate"


def test_the_memory_clock_as_root(see):
    assert see(thor(files={EMC: "4266000000\n"})).value("clock.emc") == pytest.approx(4266.0)


def test_the_memory_clock_is_roots(see, monkeypatch):
    from jetbench_agent.sensors import emc

    real = os.stat

    def stat(path, *rest, **more):
        if str(path).endswith(EMC):
            raise PermissionError(13, "injected", path)
        return real(path, *rest, **more)

    monkeypatch.setattr(emc.os, "stat", stat)
    seen = see(thor())
    assert seen.channel("clock.emc")["reason"] == "no_permission"
    assert "root" in seen.channel("clock.emc")["hint"]


def test_no_memory_clock_on_other_boards(see):
    assert "clock.emc" not in see(pi(files={EMC: "1\n"})).raw


# -- what is missing -------------------------------------------------------------------------------------------------


def test_every_reason_has_its_sentence(see):
    seen = see(pc(battery(status="Full")))
    assert seen.told["facts"]["reasons"] == MEANINGS
    assert set(seen.why.values()) <= set(MEANINGS)


def test_each_source_has_its_cost(tmp_path):
    with closing(open_board(str(lay_out(thor(), tmp_path)))) as board:
        costs = board.costs()
        assert costs["sys/class/hwmon/hwmon4"] > 0 and costs["sys/class/hwmon/hwmon3"] > 0
        assert set(board.describe()["facts"]["read_cost_us"]) == set(costs)
