"""Runs in an interpreter that has jtop (jetson-stats), and nowhere else: prints what it tells as JSON lines.

The agent starts this text with ``PYTHON -c``; nothing of the agent can be imported here. Building a jtop client forks,
starts compilers and loads cuDNN into its process, and so it gets a process of its own, which ends when nobody reads.
One line a second at most: {"absent": true}, {"found": path}, {"failed": text} or {"sample": {...}}.
"""

import importlib.util
import json
import os
import sys
import time

INTERVAL_S = 1.0


def main():
    os.nice(10)  # it is not to be felt by what is measured
    out = os.dup(1)
    os.dup2(2, 1)  # whatever is printed by libraries is no line of ours

    def say(**fields):
        os.write(out, json.dumps(fields, allow_nan=False, default=str).encode("ascii") + b"\n")

    if importlib.util.find_spec("jtop") is None:
        say(absent=True)
        return 3
    say(found=sys.executable)
    try:
        from jtop import jtop

        with jtop(interval=INTERVAL_S) as client:
            follow(client, say)
    except BrokenPipeError:
        return 0
    except Exception as error:
        say(failed="%s" % error or type(error).__name__, kind=type(error).__name__)
        return 1
    return 0


def follow(client, say):
    last, said = None, 0.0
    while client.ok():
        uptime = attempt(lambda: str(client.uptime))
        if uptime is not None and uptime == last:
            continue  # on a timeout the client shows the sample before once more
        now = time.monotonic()
        if now - said < 0.9 * INTERVAL_S:
            continue  # somebody else asked the service for a higher rate
        last, said = uptime, now
        say(sample=sample(client))


def sample(client):
    return {
        "nvpmodel": attempt(lambda: str(client.nvpmodel.name)),
        "jetson_clocks": attempt(lambda: None if client.jetson_clocks is None else bool(client.jetson_clocks)),
        "engines": attempt(lambda: engines(client.engine)) or {},
        "emc": attempt(lambda: emc(client.memory["EMC"])),
        "fan": attempt(lambda: fans(client.fan)) or {},
    }


def engines(groups):
    """name -> kHz; None where the engine is off."""
    found = {}
    for group in dict(groups).values():
        for name, engine in dict(group).items():
            current = engine.get("cur")
            found[str(name)] = int(current) if engine.get("online", True) and current is not None else None
    return found


def emc(memory):
    return {"khz": attempt(lambda: int(memory["cur"])), "percent": attempt(lambda: float(memory["val"]))}


def fans(all_of_them):
    return {str(name): attempt(lambda fan=fan: str(fan["profile"])) for name, fan in dict(all_of_them).items()}


def attempt(ask):
    """What is not there on this board, or in this version, is None."""
    try:
        return ask()
    except Exception:
        return None


if __name__ == "__main__":
    sys.exit(main())
