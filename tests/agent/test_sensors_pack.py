"""What is packed for a bug report names nobody: no serial numbers, no hardware addresses, no host name."""

import json

from trees import battery, pc

from board_tree import lay_out
from jetbench_agent.sensors import pack

MOUSE = "F0:99:BF:11:22:33"


def test_hardware_addresses_stay_at_home(tmp_path):
    board = pc({**battery(power_now=9000000, serial_number="SN-4711", technology="Li-ion")})
    folder = f"sys/devices/virtual/misc/uhid/0005:05AC:0265.0002/power_supply/hid-{MOUSE.lower()}-battery/"
    board["files"].update({folder + "type": "Battery\n", folder + "scope": "Device\n"})
    name = f"sys/class/power_supply/hid-{MOUSE.lower()}-battery"
    board["links"] = {name: "../../../" + folder.rstrip("/")}
    for place in ("sys/class/power_supply/controller_battery_f0:99:bf:11:22:33/", "sys/class/hwmon/hwmon5/"):
        board["files"][place + "name"] = f"pad-{MOUSE}\n"
    board["files"]["proc/sys/kernel/hostname"] = "lab-of-ada\n"
    board["files"]["etc/machine-id"] = "0123456789abcdef0123456789abcdef\n"
    packed = list(pack.entries(str(lay_out(board, tmp_path))))
    everything = json.dumps(packed).lower()
    for private in (MOUSE.lower(), "sn-4711", "lab-of-ada", "0123456789abcdef"):
        assert private not in everything
    paths = [entry["path"] for entry in packed]
    assert "sys/class/power_supply/BAT0/power_now" in paths
    (renamed,) = [entry["text"] for entry in packed if entry["path"] == "sys/class/hwmon/hwmon5/name"]
    assert renamed == "pad-xx:xx:xx:xx:xx:xx\n"


def test_what_the_accuracy_comes_from_is_packed(tmp_path):
    chip = {"name": "ina3221\n", "in1_label": "VDD_IN\n", "shunt1_resistor": "5000\n", "update_interval": "140\n"}
    board = {"files": {"sys/class/hwmon/hwmon1/" + name: text for name, text in chip.items()}}
    texts = {entry["path"]: entry["text"] for entry in pack.entries(str(lay_out(board, tmp_path)))}
    assert texts["sys/class/hwmon/hwmon1/shunt1_resistor"] == "5000\n"
    assert texts["sys/class/hwmon/hwmon1/update_interval"] == "140\n"
