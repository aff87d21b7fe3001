"""Sensors of an edge board, read without root and without a service: power, temperatures, clocks, throttling."""

import os
from typing import Any, Callable, Dict, List, Optional

from .poller import Poller
from .sensor_board import SensorBoard
from .sensor_board import open_board as open_real

__all__ = ["BadOptionError", "Poller", "SensorBoard", "open_board"]


class BadOptionError(Exception):
    """What was asked for cannot be; the text says why in one sentence."""


def open_board(
    root: str = "/",
    clock: Optional[Callable[[], int]] = None,
    log: Optional[Callable[[str], None]] = None,
    simulate: Optional[str] = None,
    power_cmd: Optional[str] = None,
    power_url: Optional[str] = None,
    power_rail: Optional[str] = None,
    jtop: bool = False,
    jtop_python: Optional[str] = None,
    powertop: bool = False,
) -> Any:
    """The board below ``root``, or a simulated one, with what is added to it.

    ``clock`` gives nanoseconds for what is read at intervals; tests set it. ``log(text)`` hears of a meter that fails
    or a power mode that changes; it may be called from any thread. Raises BadOptionError.
    """
    log = log or _unheard
    is_real = os.path.abspath(root) == "/"
    _check(simulate, is_real, [power_cmd, power_url, power_rail])
    if simulate is not None:
        from .simulated import SimulatedBoard

        try:
            return SimulatedBoard(simulate, clock)
        except ValueError as error:
            raise BadOptionError("--simulate: %s" % error)
    board = open_real(root, clock)
    additions = []
    told = board.describe()
    helper = None
    if is_real and told["kind"] == "jetson" and jtop:
        from .jtop_client import Jtop, interpreters

        helper = Jtop(interpreters(jtop_python), log)  # looks while the meter gets its first reading
    if power_rail is not None:
        additions.append(_chosen(power_rail, told, board.monitor))
    meter = _meter(power_cmd, power_url, log)
    if meter is not None:
        additions.append(meter.start())
    if powertop:
        additions.append(_powertop(told.get("machine") if is_real else None, log))
    if helper is not None:
        additions.append(helper.settle())
    if not additions:
        return board
    from .extended import ExtendedBoard

    return ExtendedBoard(board, additions)


def _unheard(_text: str) -> None:
    pass


def _check(simulate: Optional[str], is_real: bool, meters: List[Optional[str]]) -> None:
    named = [meter for meter in meters if meter is not None]
    if len(named) > 1:
        raise BadOptionError("--power-cmd, --power-url and --power-rail exclude each other: one gives the total")
    if simulate is None:
        return
    if not is_real:
        raise BadOptionError("--simulate and --root exclude each other")
    if named:
        raise BadOptionError("--simulate takes no meter: real watts of a simulated board would mislead")


def _chosen(label: str, told: Dict[str, Any], monitor: Callable[[str], Any]) -> Any:
    from .chosen_rail import ChosenRail, labels

    try:
        return ChosenRail(label, told, monitor)
    except KeyError:
        there = ", ".join(labels(told)) or "none on this board"
        raise BadOptionError("--power-rail %s: no such rail; there are: %s" % (label[:60], there))


def _meter(power_cmd: Optional[str], power_url: Optional[str], log: Callable[[str], None]) -> Any:
    if power_cmd is not None:
        from .meter import CommandMeter

        return CommandMeter(power_cmd, log)
    if power_url is not None:
        from .meter_http import PlugMeter

        try:
            return PlugMeter(power_url, log)
        except ValueError as error:
            raise BadOptionError(str(error))
    return None


def _powertop(machine: Optional[str], log: Callable[[str], None]) -> Any:
    from .extended import Addition
    from .powertop import Powertop, unusable

    wrong = unusable(machine) if machine else "--powertop: it tells of this machine, and not of the one under --root"
    if wrong is None:
        return Powertop(log).start()
    nothing = Addition()
    nothing.problems = [wrong]
    return nothing
