"""Keeps an agent that nobody need be connected to: what it says goes to the spool, commands come by a socket.

A process of its own, in a session of its own: the line to the controller may drop, and the run goes on. It reads no
spool and waits for no controller; whoever is attached is woken, and reads the files.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time

from jetbench_agent import cores
from jetbench_agent.remote import spool
from jetbench_agent.remote.wire import Lines

IDLE_S = 600.0  # without a controller and without a run: the agent ends
QUIT_S = 5.0  # for the agent to end, then it is killed
LOOK_S = 5.0
PRINT_LENGTH = 2000
LONGEST_LINE = 1 << 22
ABOVE_CAP = 1.25  # of the spool: the run was told to stop and goes on


class Client(object):
    """A controller that is attached; ``name`` stays the same when it comes again."""

    def __init__(self, connection):
        self.connection = connection
        self.lines = Lines(LONGEST_LINE)
        self.name = None
        self.by = None
        self.since = int(time.time())

    def tell(self, message=None):
        """A message, or the sign that there is more to read. One that does not empty its socket knows already."""
        data = b"" if message is None else json.dumps(message).encode("ascii")
        try:
            self.connection.send(data + b"\n")
        except OSError:
            pass


class Keeper(object):
    """``session`` is held by this process. ``request``: what the controller asked for, see attach.py."""

    def __init__(self, session, listener, request):
        self._session = session
        self._listener = listener
        self._writer = spool.Writer(session.folder, int(request.get("cap") or spool.CAP))
        self._selector = selectors.DefaultSelector()
        self._clients = {}  # descriptor: Client
        self._current = None  # the one whose commands count
        self._heard = {}  # client: number of its newest command
        self._ended = False
        self._pending = []  # ops the agent has not said Ready to
        self._fetched = 0
        self._run_end = 0  # place after the last Ready of a run
        self._stopping = None  # why, once the spool cannot take more
        self._quit = None  # when the agent was told to end
        self._forget = False
        self._alone_since = time.monotonic()
        self._said = Lines(LONGEST_LINE)
        self._prints = Lines(PRINT_LENGTH * 4)
        command = [sys.executable, "-u", sys.argv[0], *request.get("arguments", ()), "--by", request["by"]]
        pipe = subprocess.PIPE
        self._agent = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)

    def run(self):
        """Until the agent has ended."""
        self._watch(self._agent.stdout, self._take_said)
        self._watch(self._agent.stderr, self._take_prints)
        self._watch(self._listener, self._accept)
        while not self._ended:
            for key, _ in self._selector.select(LOOK_S):
                key.data(key.fileobj)
            self._look()
        self._end()

    def _watch(self, file, take):
        os.set_blocking(file.fileno(), False)
        self._selector.register(file, selectors.EVENT_READ, take)

    # -- what the agent says

    def _take_said(self, pipe):
        data = os.read(pipe.fileno(), 1 << 16)
        if not data:
            self._selector.unregister(pipe)
            self._ended = True
            return
        lines = self._said.feed(data)
        if not lines:
            return
        self._keep(b"\n".join(lines) + b"\n")
        for line in lines:
            if line.startswith(b'{"k":"ready"'):
                self._is_ready()
            elif line.startswith((b'{"k":"run"', b'{"k":"resume"')):
                self._stay_out_of_the_way(line)

    def _take_prints(self, pipe):
        data = os.read(pipe.fileno(), 1 << 16)
        if not data:
            self._selector.unregister(pipe)
            return
        for line in self._prints.feed(data):
            text = line.decode("utf-8", "replace")[:PRINT_LENGTH]
            self._keep(json.dumps({"k": "print", "text": text}, separators=(",", ":")).encode("ascii") + b"\n")

    def _keep(self, data):
        if self._writer.is_full:
            self._writer.drop(self._fetched)
        try:
            if self._writer.size > ABOVE_CAP * self._writer.cap:
                raise OSError(0, "it is full")
            self._writer.append(data)
        except OSError as error:
            self._stopping = "what it said could not be kept on the board any more: {}".format(error.strerror)
            self._kill()
            return
        if self._writer.is_full and self._stopping is None:
            self._stopping = "nobody fetched what it said, and there is no more room for it: the run was stopped"
            self._command({"op": "stop", "force": False})
        if self._current is not None:
            self._current.tell()

    def _is_ready(self):
        if self._pending and self._pending.pop(0) == "run":
            self._run_end = self._writer.end
            self._note(run_end=self._run_end, busy=bool(self._pending))
        self._alone_since = time.monotonic()

    def _stay_out_of_the_way(self, line):
        """On the cores of the screen, which this is a part of; so does whoever is attached."""
        try:
            mine = json.loads(line.decode("ascii"))["protocol"]["screen_cores"]
        except (ValueError, KeyError, TypeError):
            return
        cores.keep_to(mine)
        if self._current is not None:
            self._current.tell({"cores": mine})

    def _note(self, **changes):
        """For whoever comes later. A disk that takes no more must not end a run."""
        try:
            self._session.save(**changes)
        except OSError:
            pass

    # -- controllers

    def _accept(self, listener):
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        self._clients[connection.fileno()] = Client(connection)
        self._watch(connection, self._take_commands)

    def _take_commands(self, connection):
        client = self._clients[connection.fileno()]
        try:
            data = connection.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._leave(client)
            return
        for line in client.lines.feed(data):
            try:
                message = json.loads(line.decode("utf-8"))
                if "hello" in message:
                    self._welcome(client, message["hello"])
                elif client is self._current:
                    self._obey(client, message)
            except (ValueError, KeyError, TypeError):
                continue

    def _welcome(self, client, hello):
        """One controller at a time. One that comes again, or says so, takes the place of an earlier one."""
        client.name, client.by = str(hello["client"]), str(hello["by"])
        now = self._current
        if now is not None and now.name != client.name and not hello.get("take"):
            client.tell({"held": {"by": now.by, "since": now.since}})
            return
        if now is not None:
            now.tell({"taken": client.by})
            self._leave(now)
        self._current = client
        self._note(client={"by": client.by, "since": client.since})
        client.tell({"welcome": {"heard": self._heard.get(client.name, 0), "pending": self._pending}})

    def _leave(self, client):
        self._selector.unregister(client.connection)
        del self._clients[client.connection.fileno()]
        client.connection.close()
        if client is self._current:
            self._current = None
            self._alone_since = time.monotonic()
            self._note(client=None, fetched=self._fetched)

    def _obey(self, client, message):
        op = message["op"]
        if op == "ack":
            self._fetched = max(self._fetched, min(int(message["at"]), self._writer.end))
        elif op == "quit":
            self._forget = True
            self._end_agent()
        else:
            number = int(message.get("i") or 0)
            if number and number <= self._heard.get(client.name, 0):
                return  # sent again, because the line dropped before it was known that it had come
            self._heard[client.name] = number
            if op != "stop":
                self._pending.append(op)
            if op == "run":
                self._note(plan=message.pop("plan", None), run_since=int(time.time()), busy=True)
            self._command(message)

    # -- the agent's life

    def _command(self, message):
        """The agent reads at any time, so that a pipe is never full for long."""
        try:
            self._agent.stdin.write(json.dumps(message).encode("ascii") + b"\n")
            self._agent.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended, which is read from the other pipe

    def _look(self):
        now = time.monotonic()
        if self._quit is not None and now - self._quit > QUIT_S:
            self._kill()
        elif self._current is None and not self._pending and now - self._alone_since > IDLE_S:
            self._end_agent()

    def _end_agent(self):
        if self._quit is None:
            self._quit = time.monotonic()
            try:
                self._agent.stdin.close()
            except OSError:
                pass

    def _kill(self):
        try:
            os.killpg(self._agent.pid, signal.SIGKILL)
        except OSError:
            pass

    def _end(self):
        code = self._agent.wait()
        self._listener.close()
        self._writer.close()
        over = {"rc": code, "why": self._stopping, "idle": self._quit is not None and not self._forget}
        left = self._pending or self._fetched < self._run_end
        if self._forget or not (left or self._current is not None):
            self._session.remove()
        else:
            self._note(over=over, client=None, fetched=self._fetched, busy=False, end=self._writer.end)
        for client in list(self._clients.values()):
            client.tell({"over": over})
            client.connection.close()


def start(session, request):
    """A keeper for a new session, in a process of its own. Returns when it can be connected to. Raises OSError."""
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(ready)
            os.setsid()
            if os.fork() == 0:
                _become(session, request, tell)
            status = 0
        finally:
            os._exit(status)
    os.close(tell)
    os.waitpid(child, 0)
    with os.fdopen(ready, "rb") as pipe:
        said = pipe.read()
    if said != b"ready":
        raise OSError(0, said.decode("utf-8", "replace") or "its keeper did not start")


def _become(session, request, tell):
    """The keeper's whole life, in the grandchild."""
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        held = session.hold()
        _leave_terminal(session)
        keeper = Keeper(session, session.listen(), request)
        os.write(tell, b"ready")
    except Exception as error:
        os.write(tell, "{}: {}".format(type(error).__name__, error)[:500].encode("utf-8", "replace"))
        os._exit(1)
    os.close(tell)
    keeper.run()
    os.close(held)


def _leave_terminal(session):
    """Nothing of the line stays open, else it could not be closed; what is printed goes beside the spool."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    said = os.open(os.path.join(session.folder, "keeper.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.dup2(said, 2)
    os.close(nowhere)
    os.close(said)
