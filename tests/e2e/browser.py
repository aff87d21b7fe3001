"""A real browser without a window, driven over its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
# The tests may run as root, and in a container with little shared memory.
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
           "--remote-debugging-port=0", "--window-size=1200,800", "--disable-background-networking")  # fmt: skip


class Tab:
    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for message in self.socket:
            data = json.loads(message.data)
            if "id" in data:
                self._answers.pop(data["id"]).set_result(data)
            else:
                self.events.append(data)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = 1 + max(self._answers, default=0)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        found = await asyncio.wait_for(answer, 20)
        assert "error" not in found, found
        return found["result"]

    async def value(self, expression: str) -> Any:
        found = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return found["result"].get("value")

    async def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            text = key if kind == "keyDown" else ""
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, text=text, windowsVirtualKeyCode=ord(key.upper())
            )

    def frames(self) -> bytes:
        """What the page's websocket received."""
        found = [
            event["params"]["response"] for event in self.events if event["method"] == "Network.webSocketFrameReceived"
        ]
        return b"".join(base64.b64decode(frame["payloadData"]) for frame in found if frame["opcode"] == 2)

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> bool:
        end = asyncio.get_running_loop().time() + seconds
        while not condition() and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05)
        return condition()

    async def screenshot(self, path: Path) -> None:
        found = await self.call("Page.captureScreenshot")
        path.write_bytes(base64.b64decode(found["data"]))


@asynccontextmanager
async def browsing(session: Any, folder: Path) -> AsyncIterator[Tab]:
    """A tab of a browser that keeps all it writes in the folder."""
    assert BROWSER is not None
    words = [BROWSER, *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as browser:
        try:
            port = folder / "DevToolsActivePort"
            for _ in range(600):
                if port.exists() and port.read_text().count("\n"):
                    break
                await asyncio.sleep(0.05)
            address = f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json"
            pages = [page for page in await (await session.get(address)).json() if page["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket)
                await tab.call("Network.enable")
                yield tab
        finally:
            with suppress(ProcessLookupError):
                browser.terminate()
