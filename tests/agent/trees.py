"""Boards of which there is no manifest, built from what drivers and device trees say of them."""

ZONES = "sys/class/thermal/thermal_zone%d/"
RAPL = "sys/class/powercap/"


def tree(compatible, model, files=(), rails=(), zones=()):
    """A manifest. ``rails``: (chip number, driver, [(label, mV, mA)])."""
    found = {
        "sys/firmware/devicetree/base/compatible": "\0".join(compatible) + "\0",
        "sys/firmware/devicetree/base/model": model + "\0",
        "proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd42\n\n",
    }
    for number, driver, channels in rails:
        chip = f"sys/class/hwmon/hwmon{number}/"
        found[chip + "name"] = driver + "\n"
        for place, (label, millivolts, milliamps) in enumerate(channels, 1):
            found[chip + f"in{place}_label"] = label + "\n"
            found[chip + f"in{place}_input"] = f"{millivolts}\n"
            found[chip + f"curr{place}_input"] = f"{milliamps}\n"
    for number, (name, temp) in enumerate(zones):
        found[ZONES % number + "type"] = name + "\n"
        found[ZONES % number + "temp"] = f"{temp}\n"
    found.update(files)
    return {"files": found}


THOR_INA = [("VDD_GPU", 12000, 1000), ("VDD_CPU_SOC_MSS", 12000, 1500), ("VIN_SYS_5V0", 5000, 2000)]


def thor(with_input=True, **more):
    files = {
        "sys/class/hwmon/hwmon4/name": "ina238\n",
        "sys/class/hwmon/hwmon4/power1_input": "52300000\n",
        "sys/class/hwmon/hwmon4/in0_input": "5\n",
        "sys/class/hwmon/hwmon4/in1_input": "19800\n",
        "sys/class/hwmon/hwmon4/curr1_input": "2641\n",
    }
    files.update(more.pop("files", {}))
    return tree(
        ["nvidia,p4071-0000+p3834-0008", "nvidia,tegra264"],
        "NVIDIA Jetson AGX Thor Developer Kit",
        files if with_input else {},
        rails=[(3, "ina3221", THOR_INA)],
        zones=[("cpu-thermal", 51000), ("gpu-thermal", 49000), ("soc012-thermal", 48000), ("tj-thermal", 51000)],
        **more,
    )


XAVIER = [(0, "ina3221", [("GPU", 19000, 100), ("CPU", 19000, 200), ("SOC", 19000, 50)]),
          (1, "ina3221", [("CV", 19000, 10), ("VDDRQ", 19000, 30), ("SYS5V", 5000, 400)])]  # fmt: skip


def agx_xavier():
    names = ["CPU-therm", "GPU-therm", "AUX-therm", "AO-therm", "PMIC-Die", "Tboard_tegra", "Tdiode_tegra"]
    zones = [(name, 100000 if name == "PMIC-Die" else 40000 + 100 * place) for place, name in enumerate(names)]
    return tree(
        ["nvidia,p2972-0000", "nvidia,tegra194"], "NVIDIA Jetson AGX Xavier Developer Kit", rails=XAVIER, zones=zones
    )


def tx2():
    """JetPack 4: the iio driver, four chips."""
    chips = {
        "0-0040": ["VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI"],
        "0-0041": ["VDD_IN", "VDD_SYS_CPU", "VDD_SYS_DDR"],
        "0-0042": ["VDD_MUX", "VDD_5V0_IO_SYS", "VDD_3V3_SYS"],
        "0-0043": ["VDD_3V3_IO_SLP", "VDD_1V8_IO", "VDD_3V3_SYS_M2"],
    }
    files = {}
    for chip, labels in chips.items():
        folder = f"sys/bus/i2c/drivers/ina3221x/{chip}/iio:device{chip[-1]}/"
        for place, label in enumerate(labels):
            files[folder + f"rail_name_{place}"] = label + "\n"
            files[folder + f"in_voltage{place}_input"] = "19000\n"
            files[folder + f"in_current{place}_input"] = f"{100 * (place + 1)}\n"
    return tree(["nvidia,quill", "nvidia,p2597-0000+p3310-1000", "nvidia,tegra186"], "quill", files)


def pi(model="Raspberry Pi 4 Model B Rev 1.4", chip="bcm2711", throttled="0\n", files=()):
    more = {
        "sys/devices/platform/soc/soc:firmware/get_throttled": throttled,
        "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
        "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
    }
    more.update(files)
    more = {path: text for path, text in more.items() if text is not None}
    return tree(["raspberrypi,4-model-b", "brcm," + chip], model, more, zones=[("cpu-thermal", 48200)])


CPUINFO = "processor\t: 0\nvendor_id\t: %s\nmodel name\t: a processor\n\n"


def pc(files, vendor="GenuineIntel"):
    more = {"proc/cpuinfo": CPUINFO % vendor, "sys/devices/system/cpu/online": "0-3\n"}
    more.update(files)
    return {"files": more}


def domain(number, name, energy=1000000, largest=262143328850):
    folder = RAPL + "intel-rapl:" + number
    return {
        folder + "/name": name + "\n",
        folder + "/energy_uj": f"{energy}\n",
        folder + "/max_energy_range_uj": f"{largest}\n",
    }


def battery(name="BAT0", status="Discharging", **more):
    folder = f"sys/class/power_supply/{name}/"
    files = {"type": "Battery", "status": status, **more}
    return {folder + key: f"{value}\n" for key, value in files.items()}


def throttle_files(cpu, core, package, core_id=None, package_id=None):
    folder = f"sys/devices/system/cpu/cpu{cpu}/"
    files = {folder + "thermal_throttle/core_throttle_count": f"{core}\n"}
    files[folder + "thermal_throttle/package_throttle_count"] = f"{package}\n"
    files[folder + "thermal_throttle/package_throttle_total_time_ms"] = f"{package * 5}\n"
    if core_id is not None:
        files[folder + "topology/core_id"] = f"{core_id}\n"
        files[folder + "topology/physical_package_id"] = f"{package_id}\n"
    return files
