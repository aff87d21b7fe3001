"""NVML, played by a small shared library: cards that answer, cards that do not, and the total beside them."""

import ctypes
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seen import Clock, Seen
from trees import battery, domain, pc, thor

from board_tree import lay_out, write
from jetbench_agent.sensors import nvml, open_board
from jetbench_agent.sensors.files import Root

PLAYED = Path(__file__).with_name("fake_nvml.c")
NOT_SUPPORTED, NO_PERMISSION, GPU_IS_LOST = 3, 4, 15
QUERIES = ["PowerUsage", "TotalEnergyConsumption", "Temperature", "ClockInfo", "UtilizationRates"]
_libc = ctypes.CDLL(None)


def build(folder, *options):
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here to build the fake NVML with")
    target = folder / f"libnvidia-ml{''.join(options)}.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-w", *options, "-o", target, PLAYED], check=True)
    return str(target)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return build(tmp_path_factory.mktemp("nvml"))


@pytest.fixture
def answers():
    """Sets what a call answers: ``answers(nvmlInit_v2="9")``. The library reads the C environment."""
    names = set()

    def answers(**texts):
        for name, text in texts.items():
            name = name if name.startswith("nvml") else "nvmlDeviceGet" + name
            names.add(name)
            _libc.setenv(name.encode(), text.encode(), 1) if text else _libc.unsetenv(name.encode())

    yield answers
    for name in names:
        _libc.unsetenv(name.encode())


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def see(tmp_path, clock, library, monkeypatch):
    """A board with the fake library in it."""
    monkeypatch.setattr(nvml, "library", lambda root: library)
    opened = []

    def see(board=None):
        opened.append(open_board(str(lay_out(board or pc({}), tmp_path)), clock))
        return Seen(opened[-1])

    yield see
    for board in opened:
        board.close()


def later(seen, clock):
    clock.now += 10**9
    return seen.look()


def test_a_card(see):
    seen = see()
    assert seen.value("power.gpu") == pytest.approx(151.5)
    assert seen.value("energy.gpu") == pytest.approx(987654.321)
    assert seen.value("temp.gpu") == pytest.approx(61.0)
    assert seen.value("clock.gpu") == pytest.approx(1755.0)
    assert seen.channel("clock.gpu")["limit"] == pytest.approx(1980.0)
    assert seen.value("load.gpu") == pytest.approx(83.0)
    gpu = seen.told["facts"]["gpu"]
    assert (gpu["name"], gpu["max_hz"], seen.raw["clock.gpu"]) == ("Fake [31mGPU", 1980000000, 1755000000)


def test_several_cards_are_numbered(see, answers):
    answers(nvmlDeviceGetCount_v2="0,3")
    seen = see()
    assert [ident for ident in seen.raw if ident.startswith("power.")] == [
        "power.total", "power.gpu0", "power.gpu1", "power.gpu2",
    ]  # fmt: skip
    assert set(seen.told["facts"]["nvml"]) == {"gpu0", "gpu1", "gpu2"}


def test_a_server_has_rows_and_no_total(see, clock, tmp_path):
    seen = see(pc({**domain("0", "package-0"), **domain("1", "psys")}))
    write(tmp_path, {"sys/class/powercap/intel-rapl:0/energy_uj": "81000000"})
    later(seen, clock)
    assert seen.value("power.package-0") == pytest.approx(80.0)
    assert seen.told["power"]["reason"] == seen.channel("power.total")["reason"] == "no_whole_machine_sensor"
    assert "external meter" in seen.told["power"]["reason_text"]


def test_a_battery_sees_the_card_too(see):
    seen = see(pc({**domain("0", "package-0"), **battery(power_now=60000000)}))
    assert seen.told["power"]["method"] == "battery:BAT0"


@pytest.mark.parametrize("code", [NOT_SUPPORTED, NO_PERMISSION, 999])
def test_a_library_that_starts_and_answers_nothing_is_no_card(see, answers, code):
    answers(**dict.fromkeys(QUERIES, f"{code},0"))
    seen = see()
    assert [ident for ident in seen.raw if "gpu" in ident] == []
    assert seen.told["power"]["reason"] == "no_sensor"
    assert seen.told["facts"]["gpu"] is None


def test_garbage_is_no_card(see, answers):
    answers(PowerUsage="0,4294967295", Temperature="0,0", ClockInfo="0,0", TotalEnergyConsumption="0,0")
    assert not [ident for ident in see().raw if "gpu" in ident]


def test_a_card_without_a_power_sensor_has_the_rest(see, answers):
    answers(PowerUsage="3,0", TotalEnergyConsumption="3,0")
    seen = see()
    assert list(seen.named("power.")) == ["total"]
    assert seen.value("temp.gpu") == pytest.approx(61.0)
    assert seen.told["power"]["reason"] == "no_sensor"


@pytest.mark.parametrize("text", ["9,0", "1,0"])
def test_a_library_that_does_not_start(see, answers, text):
    answers(nvmlInit_v2=text)
    assert not [ident for ident in see().raw if "gpu" in ident]


def test_no_library(tmp_path):
    assert nvml.discover(Root(str(tmp_path)), str(tmp_path / "libnvidia-ml.so.1")) == []


def test_below_another_root_nothing_is_loaded(tmp_path):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidiactl").touch()
    assert nvml.library(Root(str(tmp_path))) is None


@pytest.mark.parametrize(
    ("bits", "active"),
    [
        (0x0, []),
        (0x1 | 0x2 | 0x10 | 0x100, []),  # idle, application clocks, sync boost, display
        (0x4, ["power cap (NVML)"]),
        (0x20 | 0x1, ["thermal slowdown by software (NVML)"]),
        (0x48, ["hardware slowdown (NVML)", "thermal slowdown by hardware (NVML)"]),
        (0x80, ["power brake (NVML)"]),
    ],
)
def test_event_reasons(see, answers, clock, bits, active):
    seen = see()
    answers(CurrentClocksEventReasons=f"0,{bits}")
    later(seen, clock)
    now, names, _, reason = seen.board.throttle()
    assert names == active
    assert now is (True if active else None)
    assert active or "of the processor nothing is visible" in reason


def test_an_older_driver_has_throttle_reasons(tmp_path, monkeypatch, answers, clock):
    path = build(tmp_path, "-DOLD")
    monkeypatch.setattr(nvml, "library", lambda root: path)
    answers(CurrentClocksThrottleReasons="0,64")
    with closing(open_board(str(lay_out(pc({}), tmp_path)), clock)) as board:
        assert Seen(board).board.throttle()[1] == ["thermal slowdown by hardware (NVML)"]


def test_thor_has_its_load_from_nvml_and_its_total_from_the_input(see):
    devfreq = "sys/class/devfreq/gpu-gpc-0/"
    seen = see(thor(files={devfreq + "cur_freq": "1575000000\n", devfreq + "max_freq": "1575000000\n"}))
    assert seen.told["power"]["method"] == "ina238:VIN"
    assert seen.value("load.gpu") == pytest.approx(83.0)
    assert seen.value("clock.gpu") == pytest.approx(1575.0)  # of sysfs, once
    assert "clock.gpu-2" not in seen.raw


def test_a_card_that_is_lost_and_comes_back(see, answers, clock):
    seen = see()
    answers(**dict.fromkeys(QUERIES, f"{GPU_IS_LOST},0"), CurrentClocksEventReasons=f"{GPU_IS_LOST},0")
    later(seen, clock)
    assert seen.why["power.gpu"] == seen.why["temp.gpu"] == "read_error"
    answers(**dict.fromkeys(QUERIES, ""), CurrentClocksEventReasons="")
    assert later(seen, clock).value("power.gpu") == pytest.approx(151.5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*QUERIES, "CurrentClocksEventReasons"]),
                       st.tuples(st.integers(0, 30), st.integers(0, 2**64 - 1))))  # fmt: skip
def test_whatever_it_answers(see, answers, tmp_path_factory, library, told):
    clock = Clock()
    with closing(open_board(str(tmp_path_factory.mktemp("root")), clock)) as board:
        seen = Seen(board)
        answers(**{name: f"{status},{value}" for name, (status, value) in told.items()})
        later(seen, clock)
        assert all(value is None or type(value) is int for value in seen.raw.values())
        for name, ident in zip(QUERIES, ["power.gpu", "energy.gpu", "temp.gpu", "clock.gpu", "load.gpu"], strict=True):
            if told.get(name, (0, 0))[0]:
                assert seen.raw[ident] is None and seen.why[ident]
        answers(**dict.fromkeys(told, ""))
