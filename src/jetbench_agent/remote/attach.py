"""What ssh starts on the board: it begins a session or finds one, and pumps it over stdin and stdout.

    agent remote FOLDER      FOLDER: where the sessions are

Reads one JSON line a message: first ``ping`` as often as is liked, then a request, then commands of the protocol.
Says lines that begin with # (messages of its own), and the lines of the spool from the place that was asked for on.

    {"do": "list"}
    {"do": "open", "arguments": [options of the agent], "client": ID, "by": WHO, "again": bool}
    {"do": "attach", "session": ID, "from": PLACE, "client": ID, "by": WHO, "take": bool}
"""

import json
import os
import select
import sys

from jetbench_agent import __version__, cores
from jetbench_agent.remote import keeper, sessions, spool
from jetbench_agent.remote.wire import Lines, say, write
from jetbench_agent.stream import monotonic_ns

LONGEST_LINE = 1 << 22
KILLED = {"rc": None, "why": "its keeper was killed, or the board restarted"}
_BOOT = "/proc/sys/kernel/random/boot_id"


def main(arguments):
    base = arguments[0]
    try:
        say({"remote": __version__, "boot": _boot()})
        commands = Commands()
        request = commands.request()
        if request is None:
            return 0
        sessions.forget_old(base)
        if request.get("do") == "list":
            say({"sessions": [_listed(session) for session in sessions.every(base)]})
            return 0
        session = _unheard(base, request) if request.get("again") else None
        request["again"] = session is not None
        if session is None:
            session = _opened(base, request) if request.get("do") == "open" else _found(base, request)
        if session is not None:
            Pump(session, commands, request).run()
    except OSError:
        return 0  # the line is gone
    return 0


def _boot():
    try:
        with open(_BOOT) as file:
            return file.read().strip()[:64]
    except OSError:
        return None


class Commands(object):
    """Lines of stdin; pings are answered here, as soon as they are seen."""

    def __init__(self):
        self._lines = Lines(LONGEST_LINE)
        self._waiting = []
        self.ended = False

    def take(self):
        """Messages that have come; waits where there are none. Empty with ``ended``: the line is gone."""
        data = os.read(0, 1 << 16)
        arrived = monotonic_ns()
        self.ended = not data
        found = []
        for line in self._lines.feed(data):
            try:
                message = json.loads(line.decode("utf-8"))
            except ValueError:
                continue
            if isinstance(message, dict) and "ping" in message:
                say({"pong": message["ping"], "t": arrived})
            elif isinstance(message, dict):
                found.append(message)
        return found

    def request(self):
        while not self.ended:
            found = self.take()
            if found:
                self._waiting = found[1:]
                return found[0]
        return None

    def waiting(self):
        """What came right behind the request."""
        found, self._waiting = self._waiting, []
        return found


def _listed(session):
    about = dict(session.about, kept=session.is_kept)
    about.pop("plan", None)
    return about


def _unheard(base, request):
    """A session of this controller's in which a run goes on, or ended when nobody was attached; or None."""
    for session in reversed(sessions.every(base)):
        about = session.about
        more = about.get("busy") or (about.get("run_end") or 0) > (about.get("fetched") or 0)
        if more and about.get("by") == request.get("by") and about.get("client") is None and session.is_kept:
            return session
    return None


def _opened(base, request):
    """A new session, or None and why not is said."""
    arguments = [str(word) for word in request.get("arguments", ())]
    root = arguments[1] if arguments[:1] == ["--root"] else "/"
    if not os.path.isdir(root):
        say({"refused": "--root {}: no such folder on the board".format(root)})
        return None
    request["by"] = str(request.get("by"))[:80]
    about = {"by": request["by"], "arguments": arguments, "boot": _boot(), "pid": os.getpid()}
    try:
        session = sessions.create(base, about)
    except OSError as error:
        say({"refused": "no session can be kept under {}: {}".format(base, error.strerror)})
        return None
    try:
        keeper.start(session, request)
    except OSError as error:
        session.remove()
        say({"refused": "the agent cannot be started there: {}".format(error.strerror or error)})
        return None
    return session


def _found(base, request):
    session = sessions.find(base, str(request.get("session")))
    if session is None:
        say({"gone": "the board keeps no such session any more"})
    return session


class Pump(object):
    """One line to one session, until either is over."""

    def __init__(self, session, commands, request):
        self._session = session
        self._commands = commands
        self._request = request
        self._reader = spool.Reader(session.folder, int(request.get("from") or 0))
        self._connection = None  # to the keeper, while there is one
        self._told = Lines(LONGEST_LINE)
        self._over = None

    def run(self):
        welcome = self._greet()
        if welcome is None:
            return
        self._session.reload()
        about = {key: self._session.about.get(key) for key in ("id", "by", "boot", "plan", "fetched", "run_end")}
        try:
            data = self._reader.read()
        except spool.GoneError as error:
            say({"gone": str(error)})
            return
        say({"attached": dict(about, again=bool(self._request.get("again")), **welcome)})
        write(data)
        self._pump()
        self._obey(self._commands.waiting())
        while not self._commands.ended:
            if self._connection is None and self._over is None:
                self._end()
            ready = select.select([0] + ([self._connection] if self._connection else []), [], [])[0]
            if self._connection in ready:
                self._hear()
            if 0 in ready:
                self._obey(self._commands.take())

    def _greet(self):
        """What the keeper says to us; of a session without one, nothing is under way. None: we may not attach."""
        for _ in range(2):
            self._connection = self._session.connect()
            if self._connection is None:
                return {"heard": 0, "pending": []}
            hello = {name: self._request.get(name) for name in ("client", "by", "take")}
            self._tell({"hello": hello})
            while True:
                messages = self._messages()
                if messages is None:
                    break  # it ended just now
                for message in messages:
                    if "welcome" in message:
                        return message["welcome"]
                    if "held" in message:
                        say(message)
                        return None
        return {"heard": 0, "pending": []}

    def _messages(self):
        """Messages of the keeper, without the signs that there is more to read. None: it is gone."""
        try:
            data = self._connection.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._connection.close()
            self._connection = None
            return None
        return [json.loads(line.decode("ascii")) for line in self._told.feed(data) if line]

    def _hear(self):
        for message in self._messages() or ():
            if "cores" in message:
                cores.keep_to(message["cores"])
            elif "taken" in message:
                say(message)
                self._commands.ended = True
                return
            elif "over" in message:
                self._over = message["over"]
        self._pump()
        if self._over is not None and self._connection is not None:
            self._connection.close()
            self._connection = None
            say({"over": self._over})

    def _end(self):
        """There is no keeper: all that is left is in the files."""
        self._pump()
        self._session.reload()
        self._over = self._session.about.get("over") or KILLED
        say({"over": self._over})

    def _pump(self):
        try:
            while True:
                data = self._reader.read()
                if not data:
                    return
                write(data)
        except spool.GoneError:
            return  # forgotten, as was asked for

    def _obey(self, messages):
        for message in messages:
            if self._connection is not None:
                self._tell(message)
            elif message == {"op": "ack", "at": self._reader.place} or message.get("op") == "quit":
                self._session.remove()  # it is over, and all of it was fetched

    def _tell(self, message):
        try:
            self._connection.sendall(json.dumps(message).encode("ascii") + b"\n")
        except OSError:
            pass  # it has ended, which is read from the same socket


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
