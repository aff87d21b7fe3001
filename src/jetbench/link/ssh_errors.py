"""What ssh, or the shell on the board, printed before it gave up: in one line, with what to do."""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.domain.text import printable
from jetbench.link.address import Address
from jetbench.link.base import LinkError, UnreachableError

_NOT_THERE = "is the board on, and is this machine in its network? ping tells"
# What it prints: what that means, what to do, whether trying again is of no use.
_SAID = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "has another host key than before",
        "if the board was set up anew: ssh-keygen -R {known}, then {ssh} and compare the fingerprint it shows",
        True,
    ),
    (
        "Host key verification failed",
        "has a host key that is not known here",
        "{ssh} once, and compare the fingerprint it shows; nothing is accepted by itself",
        True,
    ),
    (
        "Permission denied",
        "lets this user not in without a password",
        "{copy} puts a key there; ssh-add unlocks one that has a passphrase",
        False,
    ),
    (
        "Could not resolve hostname",
        "is no host that is known here",
        "look at its spelling, at ~/.ssh/config and at [hosts] in config.toml",
        False,
    ),
    (
        "Connection refused",
        "is there and takes no ssh connection",
        "sudo systemctl start ssh, on the board; or name the port: USER@HOST:PORT",
        False,
    ),
    ("No route to host", "cannot be reached: no route to it", _NOT_THERE, False),
    ("Network is unreachable", "cannot be reached: no network", _NOT_THERE, False),
    ("timed out", "does not answer", _NOT_THERE, False),
    ("closed by remote host", "closed the connection", _NOT_THERE, False),
    ("Connection closed by", "closed the connection", "its log tells why: journalctl -u ssh, on the board", False),
)
ASKED = ("Host key verification failed", "Permission denied")  # what ssh asks a person about
NO_COMMAND = (126, 127)  # statuses of a shell
SSH_FAILED = 255


def explain(address: Address, python: str | None, status: int | None, said: Sequence[str]) -> LinkError:
    """Why there is no agent. ``status``: of ssh, None where it was ended for its silence."""
    name, text = str(address), "\n".join(said)
    if status is None:
        return UnreachableError(f"{name} took the connection and answers nothing", f"try: {address.command()}")
    if status in NO_COMMAND:
        if python is not None:
            return LinkError(f"--python {python}: no such program on {name}; give the path of one there")
        hint = "name one that is there: --python PATH; Python 3.6 or newer, nothing else is needed"
        return UnreachableError(f"{name} has no python3", hint, lasting=True)
    if "Unknown option: -I" in text:
        return too_old(name, python, "2")
    if status == SSH_FAILED:
        for words, meaning, remedy, lasting in _SAID:
            if words in text:
                told = {"ssh": address.command(), "copy": address.command("ssh-copy-id"), "known": address.known_as}
                hint = remedy.format(**told)
                can_ask = words in ASKED
                return UnreachableError(f"{name} {meaning}", hint, lasting=lasting, can_ask=can_ask)
    last = printable(said[-1], 200) if said else f"status {status}"
    return UnreachableError(f"{name}: {last}", f"try: {address.command()} true")


def too_old(name: str, python: str | None, version: str) -> LinkError:
    text = f"{python or 'python3'} on {name} is Python {printable(version, 20)}: the side that measures needs 3.6"
    return UnreachableError(text, "name another one there: --python PATH", lasting=True)
