"""A real sshd on loopback: its own port, host key and user key, its own folder as the board's cache."""

from __future__ import annotations

import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

START_S = 10.0


SEPARATION = Path("/run/sshd")  # where root's sshd keeps its unprivileged part; the distribution makes it at boot


def found() -> str | None:
    """The path of sshd, which has to be absolute."""
    folders = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    there = shutil.which("ssh") is not None and shutil.which("ssh-keygen") is not None
    return shutil.which("sshd", path=folders) if there else None


def program() -> str:
    """The test that asks is skipped where there is none."""
    path = found()
    if path is None:
        pytest.skip("no OpenSSH server here (apt-get install openssh-server)")
    return path


class Sshd:
    """``board``: what the board's user has (cache, locks); ``folder`` has the keys and settings of both ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.board = folder / "board"
        (self.board / "locks").mkdir(parents=True)
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        for name in ("host_key", "user_key"):
            _keygen(folder / name)
        shutil.copy(folder / "user_key.pub", folder / "authorized")
        self.know()
        self._configure()

    @property
    def address(self) -> str:
        return f"{getpass.getuser()}@127.0.0.1:{self.port}"

    @property
    def sessions(self) -> list[Path]:
        return sorted((self.board / "jetbench-tui" / "sessions").glob("*"))

    def _configure(self) -> None:
        settings = {
            "Port": self.port, "ListenAddress": "127.0.0.1", "HostKey": self.folder / "host_key", "UsePAM": "no",
            "PidFile": "none", "AuthorizedKeysFile": self.folder / "authorized", "StrictModes": "no",
            "PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no", "PermitRootLogin": "yes",
            "SetEnv": f"XDG_CACHE_HOME={self.board} JETBENCH_LOCK_DIR={self.board / 'locks'}",
        }  # fmt: skip
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        (self.folder / "sshd_config").write_text(text)
        ours = {
            "IdentityFile": self.folder / "user_key", "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self.folder / "known", "GlobalKnownHostsFile": os.devnull,
        }  # fmt: skip
        (self.folder / "ssh_config").write_text("".join(f"{name} {value}\n" for name, value in ours.items()))

    @property
    def command(self) -> str:
        """For JETBENCH_SSH: the user's own keys, hosts and settings are left out of it."""
        return f"ssh -F {self.folder / 'ssh_config'}"

    def know(self) -> None:
        """The host key as if its fingerprint had been compared."""
        key = " ".join((self.folder / "host_key.pub").read_text().split()[:2])
        (self.folder / "known").write_text(f"[127.0.0.1]:{self.port} {key}\n")

    def forget(self) -> None:
        (self.folder / "known").write_text("")

    def start(self) -> None:
        command = [program(), "-D", "-e", "-f", str(self.folder / "sshd_config")]
        with (self.folder / "sshd.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=_end_with_us)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                time.sleep(0.02)
        pytest.fail(f"sshd does not start: {(self.folder / 'sshd.log').read_text()}")

    def stop(self) -> None:
        """No new connection; those that are there go on."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None


@contextmanager
def running(folder: Path) -> Iterator[Sshd]:
    program()
    if os.geteuid() == 0:
        SEPARATION.mkdir(mode=0o755, exist_ok=True)
    server = Sshd(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _end_with_us() -> None:
    """Also where the tests are killed: PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _keygen(path: Path) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
