"""Smart plugs that are asked over the local network: Tasmota and Shelly.

Tasmota: ``GET /cm?cmnd=Status%208``, StatusSNS.ENERGY.Power (tasmota.github.io/docs/Commands).
Shelly from the second generation on: ``GET /rpc/Switch.GetStatus?id=0``, apower (shelly-api-docs.shelly.cloud).
No proxy is asked and no redirect followed: the plug is in the same network.
"""

import json
import socket
import time
from typing import Any, Callable, Dict, Optional
from urllib.parse import urlsplit

from .files import clean
from .meter import MOST_WATTS, Meter

PERIOD_S = 1.0
TIMEOUT_S = 2.0
PATHS = {"tasmota": "/cm?cmnd=Status%208", "shelly": "/rpc/Switch.GetStatus?id=0"}
_ANSWER = 65536


def kind_of(url: str) -> Optional[str]:
    """Which plug a URL is of; None where it has no path. Raises ValueError with one sentence."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("--power-url %s: a plug's address is http://HOST" % clean(url)[:80])
    if parts.path in ("", "/"):
        return None
    if parts.path == "/cm":
        return "tasmota"
    if "/rpc/" in parts.path:
        return "shelly"
    text = "--power-url %s: neither a Tasmota plug (http://HOST%s) nor a Shelly one (http://HOST%s)"
    raise ValueError(text % (clean(parts.path)[:80], PATHS["tasmota"], PATHS["shelly"]))


def watts_of(answer: Any) -> float:
    """The power in a plug's answer. Raises ValueError with what is wrong."""
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    found = answer.get("apower")
    if found is None:
        sensors = answer.get("StatusSNS")
        energy = sensors.get("ENERGY") if isinstance(sensors, dict) else None
        found = energy.get("Power") if isinstance(energy, dict) else None
    if isinstance(found, list):
        raise ValueError("the plug has %d outputs and does not say which is the board's" % len(found))
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise ValueError("the answer has no power in it: is this a plug that measures?")
    if not -MOST_WATTS <= found <= MOST_WATTS:
        raise ValueError("the answer's power makes no sense")
    return abs(float(found))  # the sign is the direction it was plugged in


class PlugMeter(Meter):
    """``--power-url``: asked once a second."""

    def __init__(self, url: str, log: Callable[[str], None], clock: Optional[Callable[[], int]] = None) -> None:
        Meter.__init__(self, log, clock)
        parts = urlsplit(url)
        kind = kind_of(url)
        root = "%s://%s" % (parts.scheme, parts.netloc)
        self._urls: Dict[str, str] = {kind: url} if kind else {name: root + path for name, path in PATHS.items()}
        self.method = "meter:" + (kind or "plug")
        host = parts.hostname or ""
        port = ":%d" % parts.port if parts.port else ""
        self.source = "%s://%s%s" % (parts.scheme, host, port)  # neither a password nor a query
        self.hint = "ask the plug at %s from a browser: is it on, in this network, and does it measure?" % self.source
        self._wrong: Optional[str] = None

    def start(self) -> "Meter":
        import urllib.request  # here: the agent without a plug does without it

        class NoRedirect(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
        return Meter.start(self)

    def silence(self) -> str:
        return "the plug %s has not answered yet" % self.source

    def _run(self) -> None:
        due = self._clock()
        while not self._stopped.is_set():
            self._ask()
            now = self._clock()
            due += int(PERIOD_S * 1e9)
            if due < now:
                due = now
            self._stopped.wait((due - now) * 1e-9)

    def _ask(self) -> None:
        wrong = ""
        for kind, url in list(self._urls.items()):
            try:
                watts = watts_of(self._fetch(url))
            except Exception as error:  # a plug may answer anything
                wrong = wrong or _reason(error)
                continue
            if len(self._urls) > 1:
                self._urls = {kind: url}
                self.method = "meter:" + kind
            if self._wrong:
                self._log("%s answers again" % self.source)
            self._wrong = None
            self.take(watts)
            return
        if wrong != self._wrong:
            self._wrong = wrong
            self.failed("no power from the plug %s: %s" % (self.source, wrong))

    def _fetch(self, url: str) -> Any:
        """The time limit of a socket is one for each packet: an answer that trickles in needs one of its own."""
        end = time.monotonic() + TIMEOUT_S
        body = b""
        with self._opener.open(url, timeout=TIMEOUT_S) as answer:
            while len(body) < _ANSWER:
                piece = answer.read1(4096)
                if not piece:
                    break
                body += piece
                if time.monotonic() > end:
                    raise socket.timeout()
        return json.loads(body.decode("utf-8", "replace"))


def _reason(error: Exception) -> str:
    code = getattr(error, "code", None)
    if code is not None:
        return "HTTP status %s%s" % (code, " (it wants a password)" if code == 401 else "")
    cause = getattr(error, "reason", error)
    if isinstance(cause, socket.timeout):
        return "no answer within %g s" % TIMEOUT_S
    if isinstance(cause, OSError) and cause.strerror:
        return clean(cause.strerror)
    if isinstance(error, (json.JSONDecodeError, RecursionError)):
        return "the answer is no JSON"
    return clean(str(cause))[:120] or type(error).__name__
