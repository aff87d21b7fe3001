"""vcgencmd runs beside the poller: a tick never waits for it, and what it fails with has a reason."""

import os
import threading
import time

import pytest
from seen import Clock

from jetbench_agent.sensors import rpi, vcgencmd
from jetbench_agent.sensors.files import Root


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """A vcgencmd that is the given shell script; each of its runs leaves a line in ``runs``."""
    monkeypatch.setattr(vcgencmd, "EVERY_S", 0.02)
    program, opened = tmp_path / "vcgencmd", []

    def tool(script):
        program.with_suffix(".new").write_text(f"#!/bin/sh\necho $1 >> {tmp_path}/runs\n{script}\n")
        program.with_suffix(".new").chmod(0o755)
        program.with_suffix(".new").rename(program)
        root = Root(str(tmp_path))
        opened.append(root)
        return vcgencmd.open_output(root, "get_throttled", str(program))

    yield tool
    for root in opened:
        root.close()


def until(check):
    for _ in range(1000):
        if check():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_the_newest_output_is_there(tool, tmp_path):
    output = tool(f"cat {tmp_path}/answer 2>/dev/null || echo throttled=0x0")
    assert output.text() == b"throttled=0x0\n"
    (tmp_path / "answer").write_text("throttled=0x5\n")
    until(lambda: output.text() == b"throttled=0x5\n")


def test_nobody_asks_nothing_runs(tool, tmp_path):
    output = tool("echo throttled=0x0")
    output.text()
    time.sleep(0.3)
    assert len((tmp_path / "runs").read_text().splitlines()) <= 3


def test_a_tick_does_not_wait(tool, tmp_path):
    output = tool(f"test -e {tmp_path}/hang && exec sleep 30; echo throttled=0x0")
    (tmp_path / "hang").touch()
    began = time.monotonic()
    for _ in range(50):
        assert output.text() == b"throttled=0x0\n"
    assert time.monotonic() - began < 0.5


def test_what_is_too_old_is_stale(tool, monkeypatch):
    monkeypatch.setattr(vcgencmd, "STALE_NS", 0)
    assert tool("echo throttled=0x0").text() == "stale"


def test_a_command_that_hangs_is_ended(tool, monkeypatch):
    monkeypatch.setattr(vcgencmd, "TIMEOUT_S", 0.1)
    output = tool("exec sleep 30")
    assert output.text() == "read_error"
    assert "timed out" in output.complaint


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'Can'\"'\"'t open device file: /dev/vcio' >&2; exit 255", "no_permission"),
        ("echo 'error=2 error_msg=\"Invalid arguments\"'", "read_error"),
        ("exit 1", "read_error"),
    ],
)
def test_failures_have_reasons(tool, script, reason):
    assert tool(script).text() == reason


def test_no_such_tool(tmp_path):
    output = vcgencmd.open_output(Root(str(tmp_path)), "get_throttled", str(tmp_path / "vcgencmd"))
    assert output.text() == "no_sensor"
    assert not any(thread.name == "vcgencmd" for thread in threading.enumerate())


def test_the_thread_ends_with_the_board(tool):
    output = tool("echo throttled=0x0")
    output.text()
    output.close()
    output._thread.join(10)
    assert not output._thread.is_alive()


def test_without_the_group_video_the_remedy_is_said(tool, monkeypatch, tmp_path):
    denied = tool("echo 'VCHI initialization failed' >&2; exit 255")
    monkeypatch.setattr(rpi, "open_output", lambda root, name: denied)
    folder = tmp_path / "sys/firmware/devicetree/base"
    os.makedirs(folder)  # noqa: PTH103
    (folder / "compatible").write_bytes(b"raspberrypi,5-model-b\0brcm,bcm2712\0")
    firmware, lacking = rpi.discover(Root(str(tmp_path), Clock()))
    assert firmware.read() == ["no_permission"]
    assert "usermod -aG video" in firmware.channels[0]["hint"]
    assert lacking.no_power[0] == "no_permission" and "usermod -aG video" in lacking.no_power[1]


def test_below_another_root_nothing_runs(tmp_path):
    marker = tmp_path / "ran"
    for place in ("usr/bin", "vcgencmd"):
        (tmp_path / place).mkdir(parents=True)
        program = tmp_path / place / "vcgencmd"
        program.write_text(f"#!/bin/sh\ntouch {marker}\n")
        program.chmod(0o755)
    (tmp_path / "vcgencmd/get_throttled.txt").write_text("throttled=0x1\n")
    assert vcgencmd.open_output(Root(str(tmp_path)), "get_throttled").text() == b"throttled=0x1\n"
    assert not marker.exists()
