"""A cluster of Dask distributed, as far as measuring needs it. Only this module imports distributed.

What runs on a worker is text that the worker executes, and a module of the agent that it imports: nothing of ours need
be installed there, and no bytecode travels, so the worker's Python may be another one than ours.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import distributed
import msgspec

from jetbench.domain.fleet import Member
from jetbench.domain.text import printable
from jetbench.link import bootstrap
from jetbench.link.base import LinkError, UnreachableError

RESOURCE = "bench"  # what a worker declares that may measure; one of it, so that one case runs at a time
CONNECT_S = 10.0
ASK_S = 5.0
RETRY_S = 1.0  # for a scheduler that was away
OPEN_S = 60.0  # a slow board that unpacks the agent
_ADDRESS = re.compile(r"((tcp|tls|wss?)://)?([\w.-]+|\[[0-9A-Fa-f:.%\w]+\]):\d{1,5}/?")
_ALL = "all"  # the topic under which a scheduler tells which workers come and go
_TLS = "distributed.comm.tls.ca-file, .client.cert, .client.key"
# Executed by a builtin, so that scheduler and workers need no module of ours to read it.
_OPEN = "exec(text, scope) or scope['opened'](**request)"
_ASK = "getattr(__import__('sys').modules.get(name), 'answer', lambda **_: {'gone': True})(**request)"


_CLOSED = "the connection to the scheduler is closed"


class AwayError(Exception):
    """A worker, or the scheduler, that does not answer; the text is one line."""


class Found(msgspec.Struct, frozen=True):
    """A worker as the scheduler has it."""

    name: str  # that of its own, or that of its host where it was given none
    address: str
    host: str
    named: bool


class Cluster:
    """One connection to a scheduler, for all boards. Any thread may call. Raises UnreachableError or LinkError."""

    def __init__(self, address: str, connect_s: float = CONNECT_S) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._closed = False
        self._watched: dict[str, tuple[str, Callable[[], None]]] = {}  # by session
        self._seen: dict[str, Found] = {}  # by the address it had at first
        self._takers: dict[str, dict[str, Callable[[dict[str, Any]], None]]] = {}  # by topic and session
        _check(address)
        _quieten()
        try:
            self._client = _client(address, connect_s)
        except (OSError, TimeoutError) as error:
            hint = "is it started, and the port the right one? dask scheduler, on a machine that all boards reach"
            tls = f"TLS is as Dask has it ({_TLS}), the same here and there"
            raise UnreachableError(
                f"no scheduler answers at {address}: {_line(error)}", tls if address.startswith("tls") else hint
            ) from error

    def workers(self) -> tuple[Member, ...]:
        """Those that may measure, in the order of their names. Raises UnreachableError where none may."""
        found = self._found()
        if not found:
            hint = f'dask worker {self.address} --nworkers 1 --nthreads 1 --resources "{RESOURCE}=1", on the board'
            raise UnreachableError(f"no worker of {self.address} declares the resource {RESOURCE}", hint)
        names = [worker.name for worker in found]
        members = []
        for worker in found:
            self._seen[worker.address] = worker
            twice = names.count(worker.name) > 1
            name = f"{worker.name} {worker.address.rpartition(':')[2]}" if twice else worker.name
            members.append(Member(name=name, kind="dask", address=worker.address))
        return tuple(members)

    def _found(self) -> list[Found]:
        try:
            workers = self._wait(self._listed, ASK_S)
        except AwayError as error:
            raise UnreachableError(f"the scheduler at {self.address} does not answer") from error
        found = [_worker(address, told) for address, told in workers.items() if RESOURCE in told.get("resources", ())]
        return sorted(found, key=lambda worker: (worker.name, worker.address))

    async def _listed(self, client: Any) -> Mapping[str, Any]:
        """Of every worker what the scheduler knows of it, by address."""
        told: Mapping[str, Any] = (await client.scheduler.identity(n_workers=-1))["workers"]
        return told

    def is_there(self, address: str) -> bool:
        """Whether the scheduler has that worker. Raises AwayError where it does not say."""
        return address in self._wait(self._listed, ASK_S)

    def known(self, address: str) -> Found | None:
        """The worker there, or the one that was started in its place."""
        there = next((worker for worker in self._found() if worker.address == address), None)
        return there or (self.again(self._seen[address]) if address in self._seen else None)

    def again(self, worker: Found) -> Found | None:
        """The same board's worker, once it was started anew: it has another address, and its name, or its host."""
        with contextlib.suppress(UnreachableError):
            found = self._found()
            same = [each for each in found if (each.name, each.named) == (worker.name, worker.named)]
            return next((each for each in same if each.host == worker.host), same[0] if same else None)
        return None

    # -- to one worker

    def open(self, address: str, request: dict[str, Any]) -> dict[str, Any]:
        """As ``bootstrap.WORKER`` answers. Raises AwayError."""
        scope = {"text": bootstrap.WORKER, "scope": {}, "request": request}
        return self._run(address, _OPEN, scope, OPEN_S)

    def ask(self, address: str, name: str, request: dict[str, Any], timeout: float = ASK_S) -> dict[str, Any]:
        """What the module ``name`` answers there. Raises AwayError."""
        return self._run(address, _ASK, {"name": name, "request": request}, timeout)

    def _run(self, address: str, expression: str, scope: dict[str, Any], timeout: float) -> dict[str, Any]:
        async def asked(client: Any) -> Any:
            return await client.run(eval, expression, scope, workers=[address], on_error="return")

        answer = self._wait(asked, timeout).get(address)
        if isinstance(answer, OSError) or answer is None:
            raise AwayError(_line(answer) if answer is not None else "it is not there")
        if isinstance(answer, Exception):
            return {"broken": f"{type(answer).__name__}: {_line(answer)}"}
        return answer if isinstance(answer, dict) else {"broken": "it answers what cannot be"}

    def _wait(self, function: Callable[[Any], Any], timeout: float) -> Any:
        client = self._reached()

        async def work() -> Any:
            if client.scheduler is None:
                raise OSError(_CLOSED)
            return await function(client)

        try:
            return client.sync(work, callback_timeout=timeout)
        except (OSError, TimeoutError) as error:
            raise AwayError(_line(error)) from error
        except RuntimeError as error:  # its loop is closed
            raise AwayError(_CLOSED) from error

    def _reached(self) -> Any:
        """The client, or another one where it has given up: for seconds there was no scheduler. Raises AwayError."""
        with self._lock:
            if self._client.status == "closed" and not self._closed:
                try:
                    self._client = _client(self.address, RETRY_S)
                except (OSError, TimeoutError) as error:
                    raise AwayError(_line(error)) from error
                for topic in self._takers:
                    self._client.subscribe_topic(topic, partial(self._heard, topic))
                if self._watched:
                    self._client.subscribe_topic(_ALL, self._changed)
            return self._client

    def case(
        self, address: str, name: str, request: dict[str, Any], key: str, over: Callable[[dict[str, Any]], None]
    ) -> Callable[[], None]:
        """A task of its own for one case, on that worker alone; ``over`` hears the answer, ``{}`` where there is none.

        Returns what cancels it. It is never retried by Dask: another worker, or the same one started anew, knows
        nothing of the run that the case belongs to, and answers so.
        """
        scope = {"name": name, "request": request}
        where = {"workers": [address], "allow_other_workers": False, "resources": {RESOURCE: 1}}
        client = self._reached()
        with _gone_is_away():
            future = client.submit(eval, _ASK, scope, key=key, pure=False, retries=0, **where)

        def done(future: Any) -> None:
            answer = None
            if future.status == "finished":
                with contextlib.suppress(Exception):  # the worker died just now
                    answer = future.result(timeout=ASK_S)
            over(answer if isinstance(answer, dict) else {})

        future.add_done_callback(done)

        async def cancelled() -> None:
            await client.cancel([future], asynchronous=True)

        def cancel() -> None:
            with contextlib.suppress(Exception):  # the scheduler is gone
                client.sync(cancelled, callback_timeout=ASK_S)

        return cancel

    def subscribe(self, topic: str, session: str, take: Callable[[dict[str, Any]], None]) -> None:
        """What is told of a session under that topic from now on; ``take`` is called in a thread of the client's.
        Raises AwayError."""
        client = self._reached()
        with self._lock, _gone_is_away():
            self._takers.setdefault(topic, {})[session] = take
            # Again too: a scheduler that was started anew has forgotten it.
            client.subscribe_topic(topic, partial(self._heard, topic))

    def _heard(self, topic: str, event: tuple[float, Any]) -> None:
        message = event[1]
        if isinstance(message, dict):
            taker = self._takers.get(topic, {}).get(str(message.get("session")))
            if taker is not None:
                taker(message)

    def unsubscribe(self, topic: str, session: str) -> None:
        with self._lock:
            left = self._takers.get(topic, {})
            left.pop(session, None)
            if not left and self._takers.pop(topic, None) is not None:
                with contextlib.suppress(Exception):  # the scheduler is gone
                    self._client.unsubscribe_topic(topic)

    def watch(self, address: str, session: str, gone: Callable[[], None]) -> None:
        """``gone`` is called when the scheduler has lost that worker, in a thread of the client's. Raises AwayError."""
        client = self._reached()
        with self._lock, _gone_is_away():
            self._watched[session] = (address, gone)
            client.subscribe_topic(_ALL, self._changed)

    def unwatch(self, session: str) -> None:
        self._watched.pop(session, None)

    def _changed(self, event: tuple[float, Any]) -> None:
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker":
            for address, gone in list(self._watched.values()):
                if address == message.get("worker"):
                    gone()

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(Exception):
            self._client.close(timeout=ASK_S)


def _client(address: str, timeout: float) -> Any:
    """Raises OSError, TimeoutError."""
    return distributed.Client(address, timeout=timeout, set_as_default=False)


@contextlib.contextmanager
def _gone_is_away() -> Iterator[None]:
    """Where its scheduler is gone a client raises what it likes, plain Exception among it."""
    try:
        yield
    except Exception as error:
        raise AwayError(_line(error)) from error


def _check(address: str) -> None:
    """What distributed would refuse with half a client made, which then waits for its own end. Raises LinkError."""
    if not _ADDRESS.fullmatch(address):
        raise LinkError(f"--dask {printable(address, 80)}: no address of a scheduler; give it as tcp://HOST:8786")
    security = distributed.Security()  # of Dask's configuration
    encrypted = address.startswith(("tls://", "wss://"))
    if encrypted and security.get_connection_args("client").get("ssl_context") is None:
        raise LinkError(f"--dask {address}: Dask's configuration has no certificates for TLS: {_TLS}")
    if security.require_encryption and not encrypted:
        raise LinkError(f"--dask {address}: Dask's configuration wants encryption: give it as tls://HOST:8786")


def _worker(address: str, told: Mapping[str, Any]) -> Found:
    name, host = str(told.get("name") or ""), str(told.get("host") or "")
    named = bool(name) and "://" not in name
    return Found(printable(name if named else host or address, 80), address, host, named)


def _line(error: BaseException) -> str:
    return printable(str(error).strip().split("\n")[0] or type(error).__name__, 200)


def _quieten() -> None:
    """What distributed logs and warns of would be written over the screen."""
    logger = logging.getLogger("distributed")
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False
    warnings.filterwarnings("ignore", module="distributed")
