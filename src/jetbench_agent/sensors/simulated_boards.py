"""The boards that can be simulated, as numbers.

They are chosen so that a demo shows what such a board does: a Nano in a closed case throttles, an Orin with a fan does
not. They are no measurement of any board. Rail names, zone names and trips are those that real boards have (docs of the
boards' kernels; see boards.md), watts at rest and under load are of the right order.
"""

from typing import NamedTuple, Optional, Tuple


class Rail(NamedTuple):
    label: str
    volts: float
    idle_w: float
    full_w: float


class Zone(NamedTuple):
    name: str
    above_die: float = 0.0  # K
    of_sink: bool = False  # measures the heat sink instead of the die


class Total(NamedTuple):
    """Which rails make up the total, or why there is none."""

    rails: Tuple[str, ...] = ()
    method: Optional[str] = None
    scope: Optional[str] = None
    reason: Optional[str] = None
    reason_text: Optional[str] = None


class Thermal(NamedTuple):
    """Two heat capacities in a row: die, heat sink, air."""

    ambient_c: float
    die_k_per_w: float
    die_s: float  # time constant
    sink_k_per_w: float  # without a fan, or with it at rest
    sink_s: float
    trip_c: float
    hysteresis_c: float
    fan: Tuple[Tuple[float, float], ...] = ()  # (die temperature, drive 0 to 1), rising
    fan_gain: float = 0.0  # the share of the sink's resistance that a full fan takes away
    fan_rpm: int = 0


class BoardModel(NamedTuple):
    model: str
    kind: str
    soc: str
    idle_w: float  # heat, of boards with rails and of boards without
    full_w: float
    rails: Tuple[Rail, ...]
    total: Total
    thermal: Thermal
    zones: Tuple[Zone, ...]
    policies: Tuple[Tuple[str, int, int], ...]  # name, lowest and highest kHz
    gpu: Optional[Tuple[str, int, int]]  # name, lowest and highest Hz
    throttles: Tuple[str, ...]  # what acts when it throttles
    counters: Tuple[str, ...] = ()  # over-current; the last one counts up under load


_NO_SENSOR = "the board that is simulated, a Jetson Nano 2GB, carries no power sensor"
_NANO_THERMAL = Thermal(35.0, 1.2, 4.0, 6.0, 160.0, 97.0, 3.0)
_NANO_ZONES = (Zone("AO-therm", 0.0, True), Zone("CPU-therm"), Zone("GPU-therm", -1.5), Zone("PLL-therm", -0.5))
_NANO_CLOCKS = (("policy0", 102000, 1479000),)
_NANO_GPU = ("gm20b", 76800000, 921600000)
_ORIN_ZONES = (
    Zone("cpu-thermal", -0.5),
    Zone("gpu-thermal", -2.0),
    Zone("soc0-thermal", -2.5),
    Zone("soc1-thermal", -1.5),
    Zone("soc2-thermal", -2.0),
    Zone("tj-thermal"),
)
_FAN = ((50.0, 0.0), (60.0, 0.3), (72.0, 0.6), (85.0, 1.0))
_OC = ("oc1", "oc2", "oc3")

BOARDS = {
    "nano": BoardModel(
        "Jetson Nano 4GB, passive in a closed case", "jetson", "tegra210", 2.1, 10.0,
        (Rail("POM_5V_IN", 5.12, 2.1, 10.0), Rail("POM_5V_GPU", 5.12, 0.1, 3.4), Rail("POM_5V_CPU", 5.12, 0.5, 4.2)),
        Total(("POM_5V_IN",), "rail:POM_5V_IN", "board 5V input"),
        _NANO_THERMAL, _NANO_ZONES, _NANO_CLOCKS, _NANO_GPU, ("cpu-throttle-alert", "gpu-throttle-alert"),
    ),
    "nano-2gb": BoardModel(
        "Jetson Nano 2GB, passive in a closed case", "jetson", "tegra210", 1.9, 9.5, (),
        Total(reason="no_sensor", reason_text=_NO_SENSOR),
        _NANO_THERMAL, _NANO_ZONES, _NANO_CLOCKS, _NANO_GPU, ("cpu-throttle-alert", "gpu-throttle-alert"),
    ),
    "xavier-nx": BoardModel(
        "Jetson Xavier NX", "jetson", "tegra194", 4.2, 15.5,
        (Rail("VDD_IN", 5.04, 4.2, 15.5), Rail("VDD_CPU_GPU_CV", 5.04, 0.6, 8.6), Rail("VDD_SOC", 5.04, 1.2, 3.1)),
        Total(("VDD_IN",), "rail:VDD_IN", "module input"),
        Thermal(25.0, 0.7, 4.0, 4.6, 150.0, 97.0, 3.0, _FAN, 0.6, 5200),
        (Zone("CPU-therm"), Zone("GPU-therm", -1.0), Zone("AUX-therm", -1.5), Zone("AO-therm", -2.0)),
        (("policy0", 115200, 1420800), ("policy2", 115200, 1420800), ("policy4", 115200, 1420800)),
        ("gv11b", 114750000, 1109250000), ("cpu-throttle-alert", "gpu-throttle-alert"),
    ),
    "orin": BoardModel(
        "Jetson Orin Nano", "jetson", "tegra234", 4.6, 14.8,
        (Rail("VDD_IN", 5.06, 4.6, 14.8), Rail("VDD_CPU_GPU_CV", 5.06, 0.7, 7.4), Rail("VDD_SOC", 5.06, 1.4, 3.6)),
        Total(("VDD_IN",), "rail:VDD_IN", "module input"),
        Thermal(25.0, 0.8, 4.0, 4.4, 140.0, 99.0, 3.0, _FAN, 0.6, 5600), _ORIN_ZONES,
        (("policy0", 115200, 1510400), ("policy4", 115200, 1510400)),
        ("ga10b", 306000000, 624750000), ("cpu-throttle-alert", "gpu-throttle-alert"), _OC,
    ),
    "agx-orin": BoardModel(
        "Jetson AGX Orin", "jetson", "tegra234", 9.2, 41.0,
        (
            Rail("VDD_GPU_SOC", 19.7, 3.1, 18.0),
            Rail("VDD_CPU_CV", 19.7, 1.1, 13.0),
            Rail("VIN_SYS_5V0", 5.0, 5.0, 10.0),
            Rail("VDDQ_VDD2_1V8AO", 5.0, 1.0, 2.4),
        ),
        Total(
            ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"),
            "sum:VDD_GPU_SOC+VDD_CPU_CV+VIN_SYS_5V0",
            "module (sum of rails; no input rail, carrier not measured)",
        ),
        Thermal(25.0, 0.3, 5.0, 1.5, 200.0, 99.0, 3.0, _FAN, 0.55, 4200), _ORIN_ZONES,
        (("policy0", 115200, 2201600), ("policy4", 115200, 2201600), ("policy8", 115200, 2201600)),
        ("ga10b", 306000000, 1300500000), ("cpu-throttle-alert", "gpu-throttle-alert"), _OC,
    ),
    "pi5": BoardModel(
        "Raspberry Pi 5, without a fan", "rpi", "bcm2712", 2.7, 8.2,
        (
            Rail("VDD_CORE", 0.86, 0.9, 5.2),
            Rail("3V3_SYS", 3.31, 0.3, 0.5),
            Rail("1V8_SYS", 1.80, 0.5, 0.7),
            Rail("DDR_VDD2", 1.11, 0.4, 0.9),
            Rail("0V8_SW", 0.80, 0.6, 0.9),
        ),
        Total(
            ("VDD_CORE", "3V3_SYS", "1V8_SYS", "DDR_VDD2", "0V8_SW"),
            "pmic",
            "estimate: rails of the PMIC, without its own losses, USB and HAT",
        ),
        Thermal(28.0, 0.9, 3.0, 7.6, 130.0, 80.0, 2.0), (Zone("cpu-thermal"),),
        (("policy0", 1500000, 2400000),), None, ("soft temperature limit",),
    ),
}  # fmt: skip
