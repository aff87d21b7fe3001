"""The air around the board, from a BME280 or its like: a sensor of some euros on the board's I2C pins.

The kernel shows it as an IIO device (Documentation/ABI/testing/sysfs-bus-iio): in_temp_input in thousandths of a
degree, in_humidityrelative_input in thousandths of a percent, in_pressure_input in kilopascals.

Imported by the agent: Python 3.6 or newer, and nothing that takes long.
"""

from pathlib import Path

_FILES = (  # file, channel, unit, what one of the file's is in that unit
    ("in_temp_input", "temperature", "C", 1e-3),
    ("in_humidityrelative_input", "humidity", "%", 1e-3),
    ("in_pressure_input", "pressure", "hPa", 10.0),
)


def discover(root):
    """[(channels, read)]: read() gives a value a channel. ``root`` is "/", or the folder that --root names."""
    for device in sorted(Path(root, "sys/bus/iio/devices").glob("iio:device*")):
        there = [found for found in _FILES if (device / found[0]).exists()]
        if there:
            where = device.relative_to(root)
            return [([_channel(where / file, name, unit) for file, name, unit, _ in there], _reader(device, there))]
    return []


def _channel(path, name, unit):
    return {"name": name, "unit": unit, "resolution": 0.01, "source": str(path)}


def _reader(device, there):
    return lambda: [_value(device / file, one) for file, _, _, one in there]


def _value(path, one):
    """None: no value just now. What read() raises would take its other channels' values along."""
    try:
        return float(path.read_text()) * one
    except (OSError, ValueError):  # unplugged, or a bus that answered nonsense
        return None
