"""Logging in at a terminal: ssh asks, once, and what connects later goes through that connection (ControlMaster).

Only here may ssh ask for a password, a passphrase, or whether a host key is the right one: its own words, its own
prompt, and the answer never passes through this program.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from jetbench.link.address import Address
from jetbench.link.base import UnreachableError
from jetbench.link.ssh_line import program

PERSIST_S = 60  # without a connection through it: it ends by itself, also where this program was killed
END_S = 2.0
_OPTIONS = (
    "-T", "-a", "-x",
    "-o", "ControlMaster=yes",
    "-o", f"ControlPersist={PERSIST_S}",
    "-o", "ClearAllForwardings=yes",
    "-o", "RemoteCommand=none",
    "-o", "PermitLocalCommand=no",
    "-o", "ConnectTimeout=10",
    "-o", "ServerAliveInterval=5",
    "-o", "ServerAliveCountMax=3",
)  # fmt: skip


def log_in(address: Address) -> tuple[str, ...]:
    """Have ssh ask. Returns the options that later connections go through it by. Raises UnreachableError."""
    folder = Path(tempfile.mkdtemp(prefix="jetbench-ssh-"))  # for this user alone; a path to a socket has to be short
    through = ("-o", f"ControlPath={folder / 'master'}")
    atexit.register(_end, address, through, folder)
    done = subprocess.run([*program(), *_OPTIONS, *through, *address.arguments(), "true"], check=False)
    if done.returncode:
        raise UnreachableError(f"{address}: ssh could not log in", f"try: {address.command()}", lasting=True)
    return ("-o", "ControlMaster=no", *through)


def _end(address: Address, through: tuple[str, ...], folder: Path) -> None:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        command = [*program(), *through, "-O", "exit", *address.arguments()]
        nowhere = subprocess.DEVNULL
        subprocess.run(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, check=False, timeout=END_S)
    shutil.rmtree(folder, ignore_errors=True)
