"""Which boards --host and a plan's [[boards]] mean, and what is said where they mean none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jetbench.cli.commands import run_command_line
from jetbench.cli.errors import CliError
from jetbench.cli.fleet_members import Shared, members
from jetbench.domain.fleet import Member
from jetbench.domain.plan import load

PLAN = """
models = ["resnet18"]

boards = ["shelf", { host = "pi@rpi", name = "rpi 5", power_group = "left", power_url = "http://plug-3" }, "."]
"""


@pytest.fixture(autouse=True)
def config() -> None:
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "jetbench-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[hosts]\nshelf = { host = "jetson@192.168.1.20:2222", python = "venv/bin/python" }\n')


def boards(tmp_path: Path, text: str = PLAN) -> tuple:
    (tmp_path / "plan.toml").write_text(text)
    return load(tmp_path / "plan.toml").boards


def test_the_boards_of_a_plan_with_what_the_config_and_the_command_line_say_of_them(tmp_path: Path) -> None:
    shared = Shared(sensors=("--power-rail=VDD_IN", "--no-jtop"))
    assert members((), boards(tmp_path), shared) == (
        Member(name="shelf", address="jetson@192.168.1.20:2222", python="venv/bin/python", sensors=shared.sensors),
        Member(
            name="rpi 5", address="pi@rpi", power_group="left", sensors=("--no-jtop", "--power-url=http://plug-3")
        ),
        Member(name="here", kind="local", sensors=shared.sensors),
    )  # fmt: skip


def test_a_host_that_the_plan_has_is_as_the_plan_says(tmp_path: Path) -> None:
    found = members(("rpi 5", "nano"), boards(tmp_path), Shared(python="python3.6"))
    assert [(each.name, each.address, each.power_group, each.python) for each in found] == [
        ("rpi 5", "pi@rpi", "left", "python3.6"),
        ("nano", "nano", None, "python3.6"),
    ]


@pytest.mark.parametrize(
    ("names", "text", "said"),
    [
        (("a", "-oProxyCommand=x"), PLAN, "a board is named"),
        ((), 'boards = [{ host = "a", simulate = "pdp-11" }]', "no simulated board 'pdp-11'"),
        ((), 'boards = [{ host = "a", power_url = "ftp://plug" }]', "a plug's address"),
    ],
)
def test_what_is_no_board(tmp_path: Path, names: tuple[str, ...], text: str, said: str) -> None:
    with pytest.raises(CliError, match=said):
        members(names, boards(tmp_path, text), Shared())


def test_one_plug_is_not_for_several_boards(tmp_path: Path) -> None:
    plug = Shared(sensors=("--power-url=http://plug",))
    with pytest.raises(CliError, match="one plug tells one board's watts"):
        members(("a", "b"), (), plug)
    (one, own) = members((), boards(tmp_path, 'boards = ["a", { host = "b", power_url = "http://other" }]'), plug)
    assert (one.sensors, own.sensors) == (("--power-url=http://plug",), ("--power-url=http://other",))


@pytest.mark.parametrize(
    ("words", "plan", "said"),
    [
        (["--host", "a,,b"], "", "without a name"),
        (["--host", "a,b", "--against", "x.jsonl"], "", "name one board"),
        (["PLAN"], 'boards = ["a", "a"]', "line 1: boards: two are called 'a'"),
        (["PLAN"], 'k = 5\nboards = [{ name = "a" }]', "line 2: boards 1: 'host' is missing"),
        (["PLAN"], 'boards = [{ host = "a", plug = "x" }]', "unknown key"),
        (["PLAN"], "boards = [3]", "belongs here"),
        (["PLAN"], 'boards = [{ host = "a", power_cmd = "x", power_rail = "y" }]', "exclude each other"),
        (["PLAN"], 'boards = [{ host = "a\\u001b[31m" }]', "cannot be shown"),
        (["PLAN"], f"boards = [{', '.join(f'{chr(34)}b{n}{chr(34)}' for n in range(300))}]", "at most 256"),
        (["PLAN", "-o", "/no/such/folder/x.jsonl"], 'boards = [{ host = "." }]', "does not exist"),
    ],
)
def test_wrong_input_is_two_plain_lines_at_most(
    tmp_path: Path, words: list[str], plan: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.toml").write_text(plan)
    assert run_command_line(["run", *(str(tmp_path / "plan.toml") if word == "PLAN" else word for word in words)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) <= 2 and "\x1b" not in error


@pytest.mark.parametrize("command", ["sensors", "models", "doctor", "explain", "count"])
def test_commands_that_take_one_board_say_so(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["--host", "a,b", command, *(["resnet18"] if command in ("explain", "count") else [])]) == 2
    assert "one board at a time here" in capsys.readouterr().err
