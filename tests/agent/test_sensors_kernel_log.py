"""What a Jetson says elsewhere than in sysfs: alarms in the kernel log, and the power mode."""

import errno
import os
from contextlib import closing

import pytest
from seen import Clock, Seen
from trees import agx_xavier, tx2

from board_tree import lay_out, manifest
from jetbench_agent.sensors import open_board


def with_files(board, files):
    board["files"].update(files)
    return board


ALARM = "3,4711,123456789,-;soctherm: OC ALARM 0x00000001\n"


def test_alarms_of_the_kernel_log_since_the_start(tmp_path):
    lay_out(with_files(agx_xavier(), {"dev/kmsg": ALARM}), tmp_path)
    clock = Clock()
    with closing(open_board(str(tmp_path), clock)) as board:
        seen = Seen(board)
        assert (seen.raw["oc.log"], board.throttle()[0]) == (0, None)
        with (tmp_path / "dev/kmsg").open("a") as log:
            log.write("6,4712,123456790,-;something else\n" + ALARM + ALARM)
        clock.now += 10**9
        assert seen.look().raw["oc.log"] == 2
        assert board.throttle()[:2] == (True, ["over-current or under-voltage (kernel log)"])
        assert (seen.look().raw["oc.log"], board.throttle()[0]) == (2, None)


def test_where_there_are_counters_or_no_tegra_the_log_is_left_alone(tmp_path):
    for name in ("orin-nano", "rpi5"):
        lay_out(with_files(manifest(name), {"dev/kmsg": ALARM}), tmp_path / name)
        with closing(open_board(str(tmp_path / name), Clock())) as board:
            assert "oc.log" not in Seen(board).raw


def test_a_log_that_may_not_be_read_says_what_to_do(tmp_path, monkeypatch):
    real = os.open

    def denied(path, flags, *rest):
        if str(path).endswith("kmsg"):
            raise PermissionError(errno.EPERM, "injected", path)
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", denied)
    with closing(open_board(str(lay_out(with_files(tx2(), {"dev/kmsg": ""}), tmp_path)), Clock())) as board:
        channel = Seen(board).channel("oc.log")
        assert channel["reason"] == "no_permission" and "dmesg_restrict" in channel["hint"]


MODES = "# < POWER_MODEL ID=1 NAME=OLD >\n< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=2 NAME=MAXN\x1b_SUPER >\n"


@pytest.mark.parametrize(
    ("status", "mode"),
    [
        ("pmode:0000", "15W"),
        ("pmode:0002 fmode:quiet\n", "MAXN_SUPER"),
        ("pmode:0001", "mode 1"),
        ("?", None),
        ("", None),
    ],
)
def test_the_power_mode_by_its_name(tmp_path, status, mode):
    files = {"var/lib/nvpmodel/status": status, "etc/nvpmodel.conf": MODES}
    with closing(open_board(str(lay_out(with_files(agx_xavier(), files), tmp_path)), Clock())) as board:
        assert board.describe()["facts"].get("power_mode") == mode
