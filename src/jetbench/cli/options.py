"""Options several commands share; they may stand before or after the command's name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from jetbench.analysis.duty import DutyCycle


F = TypeVar("F", bound=Callable[..., Any])

# The board side has their numbers (jetbench_agent.sensors.simulated_boards), a test holds the two together.
SIMULATED_BOARDS = ("agx-orin", "nano", "nano-2gb", "orin", "pi5", "xavier-nx")
MOST_SCALE = 1000.0


def _simulated(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    return simulated_board(value)


def simulated_board(value: str | None) -> str | None:
    """``nano:x20`` as it is. Raises BadParameter for what is no simulated board."""
    if value is None:
        return None
    name, _, speed = value.partition(":")
    if name not in SIMULATED_BOARDS:
        raise click.BadParameter(f"no simulated board {name!r}; there are: {', '.join(SIMULATED_BOARDS)}.")
    if speed or value.endswith(":"):
        try:
            scale = float(speed[1:]) if speed.startswith("x") else 0.0
        except ValueError:
            scale = 0.0
        if not 0.1 <= scale <= MOST_SCALE:
            raise click.BadParameter(f"{speed!r} is no time scale; {name}:x20 runs its heat 20 times as fast.")
    return value


def _hosts(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """``a,b`` is two boards."""
    names = [name.strip() for words in value for name in words.split(",")]
    if not all(names):
        raise click.BadParameter("a board without a name.")
    return tuple(dict.fromkeys(names))


def _plug(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    return plug_address(value)


def plug_address(value: str | None) -> str | None:
    """The address of a plug as it is. Raises BadParameter."""
    if value is not None:
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(value)
            known = parts.scheme in ("http", "https") and bool(parts.hostname)
            known = known and (parts.path in ("", "/", "/cm") or "/rpc/" in parts.path)
        except ValueError:
            known = False
        if not known:
            tasmota, shelly = "http://HOST/cm?cmnd=Status%208", "http://HOST/rpc/Switch.GetStatus?id=0"
            raise click.BadParameter(f"{value!r}: a plug's address is http://HOST, {tasmota} or {shelly}.")
    return value


PYTHON = click.option("--python", metavar="PATH", help="The interpreter that measures (it has torch).")
DOWNLOAD = click.option("--download", is_flag=True, help="Fetch weights and configurations that are not here first.")
HOST = click.option(
    "--host",
    metavar="[USER@]BOARD",
    help="Measure there, over ssh: a name of ~/.ssh/config or of [hosts] in config.toml too.",
)
HOSTS = click.option(
    "--host",
    multiple=True,
    metavar="[USER@]BOARD",
    callback=_hosts,
    help="Measure there, over ssh: a name of ~/.ssh/config or of [hosts] in config.toml too. Several (a,b,c): on each.",
)
DASK = click.option(
    "--dask",
    metavar="tcp://HOST:8786",
    help="Measure on every worker of that Dask scheduler that declares the resource bench (extra [fleet]).",
)
BOARD = click.option("--board", "boards", multiple=True, metavar="NAME", help="Of a fleet's file: these boards only.")
ROOT = click.option("--root", metavar="DIR", help="Read DIR/sys, DIR/proc, DIR/etc instead of the board's own.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")
_SENSORS = (
    click.option(
        "--simulate",
        metavar="BOARD[:xN]",
        callback=_simulated,
        help=f"A made-up board, its heat N times as fast: {', '.join(SIMULATED_BOARDS)}.",
    ),
    click.option("--power-cmd", metavar="CMD", help="An external meter: a command that prints watts, line by line."),
    click.option("--power-url", metavar="URL", callback=_plug, help="An external meter: a Tasmota or Shelly plug."),
    click.option("--power-rail", metavar="LABEL", help="One of the board's own rails as its total (see sensors)."),
    click.option("--jtop-python", metavar="PATH", help="On a Jetson: an interpreter that has jtop (jetson-stats)."),
    click.option("--no-jtop", is_flag=True, help="On a Jetson: do not ask jtop."),
    click.option("--powertop", is_flag=True, help="On x86 and as root: powertop's estimate, where nothing measures."),
)


METER = click.option(
    "--meter",
    metavar="CSV",
    type=click.Path(path_type=Path),
    help="Power from a meter recorded elsewhere: time,watts; ISO times, seconds since 1970 or since the run began.",
)


DUTY = (
    click.option("--rate", type=float, metavar="HZ", help="Watts at so many inferences a second (with --energy)."),
    click.option("--battery", type=float, metavar="WH", help="And hours from a battery of so many watt-hours."),
)


def duty_options(command: F) -> F:
    return functools.reduce(lambda decorated, option: option(decorated), reversed(DUTY), command)


def duty_cycle(rate: float | None, battery: float | None) -> DutyCycle | None:
    """What --rate and --battery ask for. Raises UsageError where one makes no sense."""
    if battery is not None and rate is None:
        raise click.UsageError("--battery needs --rate: inferences a second.")
    if rate is None:
        return None
    if not 0 < rate < 1e6 or not (battery is None or 0 < battery < 1e6):
        raise click.UsageError("--rate and --battery are above 0.")
    from jetbench.analysis.duty import DutyCycle

    return DutyCycle(rate, battery)


def sensor_options(command: F) -> F:
    """The options that say where readings come from."""
    return functools.reduce(lambda decorated, option: option(decorated), reversed(_SENSORS), command)


_SCREEN = (
    click.option("--theme", metavar="NAME", help="The app's theme."),
    click.option("--glyphs", type=click.Choice(["auto", "braille", "block", "ascii"]), help="What charts are made of."),
    click.option(
        "--fps", type=click.FloatRange(0.1, 15), metavar="N", help="Pictures a second at most; 2 if not said."
    ),
    click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal, to select text with."),
)


def screen_options(command: F) -> F:
    """The options of every command that opens the app; what they do not say the user's config.toml may."""
    return functools.reduce(lambda decorated, option: option(decorated), reversed(_SCREEN), command)


def inherited(ctx: click.Context, options: dict[str, Any]) -> tuple[str | None, str | None]:
    """``--python`` and ``--root`` of the command, or else of the program."""
    above = ctx.obj or {}
    return options.get("python") or above.get("python"), options.get("root") or above.get("root")


def host_of(ctx: click.Context, options: dict[str, Any]) -> str | None:
    """``--host`` of the command, or else of the program, where one board is measured on. Raises UsageError."""
    names = [name for named in hosts_of(ctx, options) for name in named.split(",")]
    if len(names) > 1:
        raise click.UsageError(f"one board at a time here: --host {names[0]}; run and the app take several.", ctx)
    return names[0] if names else None


def hosts_of(ctx: click.Context, options: dict[str, Any]) -> tuple[str, ...]:
    """``--host`` of the command, or else of the program: any number of boards."""
    named = options.get("host") or (ctx.obj or {}).get("host") or ()
    return (named,) if isinstance(named, str) else tuple(named)


def dask_of(ctx: click.Context, options: dict[str, Any]) -> str | None:
    """``--dask`` of the command, or else of the program."""
    return options.get("dask") or (ctx.obj or {}).get("dask")


def sensor_arguments(options: dict[str, Any], ctx: click.Context | None = None) -> tuple[str, ...]:
    """What the agent is told of them. Raises UsageError where they exclude each other."""
    above = (ctx.obj if ctx is not None else None) or {}
    for name in _METERS:
        given = options.get(name)
        if given is not None and not given.strip():
            raise click.UsageError(f"--{name.replace('_', '-')} is empty: leave it out, or say which meter it is.")
    found = {name: options.get(name) or above.get(name) for name in _NAMES}
    _check(found, options.get("root") or above.get("root"))
    arguments = []
    for name, value in found.items():
        if value:
            option = "--" + name.replace("_", "-")
            arguments.append(option if value is True else f"{option}={value}")
    return tuple(arguments)


_METERS = ("power_cmd", "power_url", "power_rail")
_NAMES = ("simulate", *_METERS, "jtop_python", "no_jtop", "powertop")


def _check(found: dict[str, Any], root: str | None) -> None:
    named = [name for name in _METERS if found[name]]
    if len(named) > 1:
        raise click.UsageError("--power-cmd, --power-url and --power-rail exclude each other: one gives the total.")
    if found["simulate"] and root:
        raise click.UsageError("--simulate and --root exclude each other.")
    if found["simulate"] and named:
        raise click.UsageError("--simulate takes no meter: real watts of a simulated board would mislead.")
