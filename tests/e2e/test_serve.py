"""`jetbench-tui serve`: the page, its websocket, and who is refused."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pyte
import pytest
from browser import BROWSER, browsing
from terminal import UNKNOWN

from jetbench.cli.serve import loopback, own_page
from outside import command, gone, jetbench, wait_for

LAB = Path(__file__).parents[2] / "recordings" / "lab-x86-2cores.jsonl"
served = pytest.mark.skipif(importlib.util.find_spec("textual_serve") is None, reason="textual-serve is not installed")

in_a_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

Script = Callable[[object, str], Awaitable[None]]


def serving(script: Script, *arguments: str | Path) -> None:
    """Start the server at a free port, run the script with an HTTP session and the address, end the server."""
    import aiohttp

    words = [*command("serve", "--port", "0", *arguments)]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://\S+", server.stdout.readline())
            assert address is not None

            async def run() -> None:
                async with aiohttp.ClientSession() as session:
                    await script(session, address[0])

            asyncio.run(run())
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(90) == 0
        gone([server.pid])


class Page:
    """What a browser would show of one websocket."""

    def __init__(self, socket: object, columns: int, rows: int) -> None:
        self.socket = socket
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)

    async def until(self, words: str, seconds: float = 60) -> None:
        async def read() -> None:
            while words not in "\n".join(self.screen.display):
                message = await self.socket.receive()  # type: ignore[attr-defined]
                if isinstance(message.data, bytes):
                    self.stream.feed(UNKNOWN.sub(b"", message.data))

        try:
            await asyncio.wait_for(read(), seconds)
        except asyncio.TimeoutError:
            raise AssertionError(f"{words!r} did not come; the page:\n" + "\n".join(self.screen.display)) from None

    async def press(self, keys: str) -> None:
        await self.socket.send_json(["stdin", keys])  # type: ignore[attr-defined]


@served
def test_a_recording_in_a_page_of_its_own_and_of_nobody_else() -> None:
    import aiohttp

    async def script(session: aiohttp.ClientSession, address: str) -> None:
        page = await (await session.get(address)).text()
        host = address.removeprefix("http://")
        assert f"ws://{host}/ws" in page
        assert not [link for link in re.findall(r"<(?:link|script)[^>]*>", page) if "//" in link and host not in link]
        async with session.ws_connect(f"{address}/ws?width=100&height=30", headers={"Origin": address}) as socket:
            await Page(socket, 100, 30).until("mobilenet_v2")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{address}/ws", headers={"Origin": "https://somewhere.example"})
        assert refused.value.status == 403
        assert (await session.get(address, headers={"Host": "rebound.example"})).status == 403

    serving(script, LAB)


@served
@in_a_browser
def test_in_a_browser_it_is_seen_and_driven_but_not_by_a_page_of_somebody_else(tmp_path: Path) -> None:
    from aiohttp import web

    async def hostile(request: web.Request) -> web.Response:
        return web.Response(text="<title>somewhere else</title>", content_type="text/html")

    async def script(session: object, address: str) -> None:
        async with browsing(session, tmp_path / "browser") as tab:
            await tab.call("Page.navigate", url=address)
            screen = pyte.Screen(80, 24)

            def shows(*words: str) -> Callable[[], bool]:
                def look() -> bool:
                    opened = [e["params"]["url"] for e in tab.events if e["method"] == "Network.webSocketCreated"]
                    if opened:
                        size = dict(re.findall(r"(width|height)=(\d+)", opened[-1]))
                        screen.resize(int(size["height"]), int(size["width"]))
                        screen.reset()
                        pyte.ByteStream(screen).feed(UNKNOWN.sub(b"", tab.frames()))
                    return all(word in "\n".join(screen.display) for word in words)

                return look

            assert await tab.until(shows("Models", "mobilenet_v2")), screen.display
            assert await tab.value("document.body.classList.contains('-first-byte')"), "the page shows its terminal"
            await tab.value("document.querySelector('.xterm-helper-textarea').focus()")
            await tab.press("3")
            await tab.press("z")
            assert await tab.until(lambda: not shows("1 Models")()), screen.display
            assert shows("3 Latency")()

            other = web.Application()
            other.router.add_get("/", hostile)
            runner = web.AppRunner(other)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            await tab.call("Page.navigate", url=f"http://127.0.0.1:{runner.addresses[0][1]}/")
            while await tab.value("document.title") != "somewhere else":
                await asyncio.sleep(0.05)
            socket = address.replace("http", "ws") + "/ws?width=80&height=24"
            assert await tab.value(TRY % socket) == "refused"
            await runner.cleanup()

    serving(script, LAB)


# What a page can do to reach a websocket of another origin.
TRY = """new Promise(done => {
    const socket = new WebSocket("%s");
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
})"""


@served
@pytest.mark.torch
def test_a_run_goes_on_when_its_page_is_closed() -> None:
    async def script(session: object, address: str) -> None:
        async with session.ws_connect(f"{address}/ws?width=120&height=40") as socket:  # type: ignore[attr-defined]
            page = Page(socket, 120, 40)
            await page.until("software")
            await page.press("s")
            await page.until("LIVE")

    serving(script)  # and when the server ends
    (recording,) = sorted(Path(os.environ["XDG_DATA_HOME"]).rglob("*.jsonl"))
    wait_for(recording, '"k":"run_end"', 120)
    assert '"status":"done"' in recording.read_text().splitlines()[-1]


def test_others_than_this_machine_only_when_it_is_said() -> None:
    done = jetbench("serve", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "no login" in done.stderr and "ssh -L" in done.stderr


@pytest.mark.parametrize(
    "host, is_loopback",
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.7", False), ("localhost.example", False), ("", False)],
)  # fmt: skip
def test_what_loopback_is(host: str, is_loopback: bool) -> None:
    assert loopback(host) is is_loopback


@pytest.mark.parametrize(
    "origin, host, listening, own",
    [
        (None, "127.0.0.1:8000", "127.0.0.1", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "127.0.0.1", True),
        ("http://localhost:9000", "localhost:9000", "127.0.0.1", True),  # through a tunnel
        ("http://127.0.0.1:8001", "127.0.0.1:8000", "127.0.0.1", False),
        ("https://evil.example", "127.0.0.1:8000", "127.0.0.1", False),
        ("http://evil.example:8000", "evil.example:8000", "127.0.0.1", False),  # its DNS says 127.0.0.1
        ("null", "127.0.0.1:8000", "127.0.0.1", False),
        (None, "", "127.0.0.1", False),
        (None, "[", "127.0.0.1", False),
        ("http://board.lan:8000", "board.lan:8000", "0.0.0.0", True),
        ("http://evil.example", "board.lan:8000", "0.0.0.0", False),
    ],
)
def test_whose_page_it_is(origin: str | None, host: str, listening: str, own: bool) -> None:
    assert own_page(origin, host, listening) is own


def test_without_textual_serve_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "textual_serve").mkdir()
    (tmp_path / "textual_serve" / "__init__.py").write_text("raise ImportError('not here')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    words = command("serve", "--port", "0")
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "jetbench-tui[serve]" in done.stderr
