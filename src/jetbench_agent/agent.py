"""The agent: speaks the protocol on stdin and stdout. Standard library only.

Commands are JSON lines: {"op": "run"|"count"|"models"|"settings"|"stop"|"grant"|"quit", ...}. When stdin closes, the
screen side is gone: children are killed and the agent ends.
"""

import argparse
import json
import os
import platform
import queue
import signal
import sys
import threading

from jetbench_agent import __version__, explaining, plugins, stream
from jetbench_agent.conductor import Conductor

IDLE_PERIOD_S = 1.0


def main(arguments, ahead=None):
    """Until stdin closes. ``ahead``: a bench parent's process that was started already. Returns the exit status."""
    options = _options(arguments)
    if not options.pop("plugins"):
        plugins.turn_off()
    sender = stream.Sender(stream.take_stdout())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return serve(sender, options, ahead)
    except OSError:
        return 0  # nobody reads any more


def _options(arguments):
    """What ``sensors.open_board`` takes, by name."""
    parser = argparse.ArgumentParser(prog="agent.pyz", allow_abbrev=False)
    parser.add_argument("--root", default="/", metavar="DIR", help="read DIR/sys, DIR/proc, DIR/etc")
    parser.add_argument("--root-name", metavar="NAME", help="what DIR is told of as, where it is an unpacked archive")
    parser.add_argument("--simulate", metavar="BOARD[:xN]", help="a simulated board, its heat N times as fast")
    parser.add_argument("--power-cmd", metavar="CMD", help="a command that prints watts, line by line")
    parser.add_argument("--power-url", metavar="URL", help="a Tasmota or Shelly plug")
    parser.add_argument("--power-rail", metavar="LABEL", help="one of the board's own rails as its total")
    parser.add_argument("--no-jtop", dest="jtop", action="store_false", help="do not ask jtop on a Jetson")
    parser.add_argument("--jtop-python", metavar="PATH", help="an interpreter that has jtop")
    parser.add_argument("--powertop", action="store_true", help="powertop's estimate, on x86 and as root")
    parser.add_argument("--no-plugins", dest="plugins", action="store_false", help="leave out what other packages add")
    parser.add_argument("--by", metavar="WHO", help="a controller elsewhere: one measures at a time")
    parser.add_argument("--ahead", action="store_true", help="import torch at once: a run is to come")
    options = vars(parser.parse_args(arguments))
    del options["ahead"]  # that was the first thing that was done
    return options


def serve(sender, options, ahead=None):
    from jetbench_agent import board_lock, sensors
    from jetbench_agent.headline import Headline
    from jetbench_agent.sensors.files import clean

    by, named = options.pop("by"), options.pop("root_name")
    alone = board_lock.Alone(by, sender)
    guard = Guard()
    log = guard.call(lambda text: sender.send("log", level="warning", source="agent", text=text))
    early = Early(log)  # the board is the first thing that is sent
    try:
        board = sensors.open_board(log=early.log, **options)
    except sensors.BadOptionError as error:
        sender.send("fault", code="bad_request", text=str(error))
        return 2
    facts = board.describe()
    if named is not None:
        facts["root"] = clean(named)
    sender.send("board", agent=_agent(), **facts)
    early.release()
    headline = Headline(facts["channels"])
    poller = _poller(board, sender, headline, guard, log)
    poller.start()
    conductor = _conductor(sender, board, facts, poller, headline)
    if ahead is not None:
        conductor.adopt(ahead)
    requests = queue.Queue()
    worker = threading.Thread(
        target=_carry_out,
        args=(requests, conductor, sender, poller, options["root"], alone, Settings(board, sender, facts["facts"])),
        daemon=True,
    )
    worker.start()
    try:
        _listen(requests, conductor, sender)
    finally:
        conductor.close()
        poller.stop()
        board.close()
    return 0


def _poller(board, sender, headline, guard, log):
    """What reads the board, and tells every row and every change of the throttle state."""
    from jetbench_agent.sensors.poller import Poller

    def on_tick(t, values, why):
        headline.tick(values)
        sender.send("tel", t=t, v=values, **({"why": why} if why else {}))

    def on_throttle(t, now, active, notices, reason):
        headline.throttled = now
        sender.send("throttle", t=t, now=now, active=active, notices=notices, reason=reason)

    told = guard.call(on_tick), guard.call(on_throttle)
    return Poller(board, period=IDLE_PERIOD_S, on_tick=told[0], on_throttle=told[1], on_log=log)


def _agent():
    return {
        "version": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "pid": os.getpid(),
    }


def _conductor(sender, board, facts, poller, headline):
    power = dict(facts.get("facts", {}).get("power") or {})
    power["has"] = any(c["id"] == "power.total" and not c.get("reason") for c in facts["channels"])
    return Conductor(
        sender,
        lambda period: poller.set_period(period or IDLE_PERIOD_S),
        power,
        getattr(board, "set_load", None),  # a simulated board wants to know when it works
        headline,
        facts.get("kind") == "jetson",
        (explaining.machine(facts), explaining.hot(facts["channels"], headline)),
    )


class Early(object):
    """Keeps what is logged until it may be sent."""

    def __init__(self, log):
        self._log = log
        self._lock = threading.Lock()
        self._kept = []

    def log(self, text):
        with self._lock:
            if self._kept is not None:
                self._kept.append(text)
                return
        self._log(text)

    def release(self):
        with self._lock:
            kept, self._kept = self._kept, None
        for text in kept:
            self._log(text)


class Guard(object):
    """A poller whose reader is gone must end quietly, not with a traceback."""

    def call(self, function):
        def guarded(*arguments):
            try:
                function(*arguments)
            except OSError:
                os._exit(0)

        return guarded


def _listen(requests, conductor, sender):
    for line in stream.lines(0):
        if not line.strip():
            continue
        try:
            request = json.loads(line.decode("utf-8"))
            op = request["op"]
        except (ValueError, KeyError, TypeError):
            sender.send("fault", code="bad_request", text="a command that is no JSON object with an op")
            continue
        if op == "quit":
            return
        if op == "stop":
            conductor.stop(bool(request.get("force")))
        elif op == "grant":
            conductor.grant(request.get("c"), request.get("r"))
        else:
            conductor.arm()
            requests.put(request)


class Settings(object):
    """What of the board a person sets, power mode and governor, and who uses its GPU; told when it is not as before."""

    def __init__(self, board, sender, facts):
        self._look = getattr(board, "settings", dict)  # a simulated board has none
        self._sender = sender
        self._told = facts  # with the board

    def tell(self):
        found = self._look()
        if any(self._told.get(name) != value for name, value in found.items()):
            self._sender.send("settings", facts=found)
            self._told = found


def _carry_out(requests, conductor, sender, poller, root, alone, settings):
    known = {
        "run": lambda request: (settings.tell(), _run(request, conductor, sender, poller)),
        "settings": lambda _request: settings.tell(),
        "count": conductor.count,
        "models": conductor.models,
        "pack": lambda _request: _send_files(sender, root),
        "doctor": lambda request: _check(request, sender),
    }
    while True:
        request = requests.get()
        try:
            if request["op"] not in known:
                sender.send("fault", code="bad_request", text="unknown op {!r}".format(request["op"]))
            elif alone.begin(request, conductor.stopped):
                known[request["op"]](request)
            alone.end()
            sender.send("ready", what=request["op"])
        except OSError:
            os._exit(0)
        except Exception as error:  # a defect of ours must not leave the screen waiting
            import traceback

            sys.stderr.write(traceback.format_exc())
            text = "the agent failed: {}: {}".format(type(error).__name__, error)
            sender.send("fault", code="agent_error", text=text)
            alone.end()
            sender.send("ready", what=request["op"])


def _run(request, conductor, sender, poller):
    before = poller.missed, poller.ticks
    conductor.run(request)
    missed, ticks = poller.missed - before[0], poller.ticks - before[1]
    if missed:
        text = "{} of {} readings of the sensors were left out: the board was too busy".format(missed, missed + ticks)
        sender.send("log", level="warning", source="agent", text=text)


def _check(request, sender):
    from jetbench_agent import doctor

    doctor.run(request, sender)


def _send_files(sender, root):
    from jetbench_agent.sensors import pack

    for entry in pack.entries(root):
        sender.send("file", **entry)
