"""jetbench-tui serve: the app in a browser. Each page is an app of its own, in a process of its own.

textual-serve knows no login, and a browser lets any page of the web open a websocket to this machine. So it listens
on loopback unless it is told twice, and takes a connection only from the page that it handed out itself.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import re
import shlex
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from jetbench.cli.errors import CliError
from jetbench.cli.options import PYTHON, ROOT, inherited, screen_options, sensor_arguments, sensor_options

if TYPE_CHECKING:
    from aiohttp import web
    from textual_serve.server import Server

ANYWAY = "--i-know-it-has-no-login"
LINK = re.compile(r"<link\b[^>]*>")
# As over a link: textual-serve asks for 60 pictures a second. The shell stays: asyncio kills its child when it ends,
# and a run outlives the server.
COMMAND = "TEXTUAL_FPS=15 {}; exit $?"


@click.command("serve")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option(
    ANYWAY, "anyway", is_flag=True, help="Listen on other addresses than loopback: whoever comes can measure."
)
@PYTHON
@ROOT
@sensor_options
@screen_options
@click.pass_context
def command(ctx: click.Context, /, file: Path | None, host: str, port: int, anyway: bool, **options: Any) -> None:
    """The app in a browser, or FILE, a recording. For this machine alone: ssh -L 8000:127.0.0.1:8000 BOARD.

    A run goes on to its end when its page is closed.
    """
    given = {**(ctx.obj or {}), **{name: value for name, value in options.items() if value}}
    words = _arguments(given, inherited(ctx, options), sensor_arguments(options, ctx), file)
    if not anyway and not loopback(host):
        raise CliError(
            f"{host} can be reached from other machines, and there is no login",
            hint=f"ssh -L {port}:127.0.0.1:{port} BOARD is safe; {ANYWAY} listens all the same",
        )
    if file is not None:
        _check(file)
    serve(host, port or _free_port(host), [sys.executable, "-m", "jetbench", *words])


def loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_page(origin: str | None, host: str, listening: str) -> bool:
    """Whether a request is from a page of this server, and for it.

    ``origin`` and ``host`` are its headers; programs send no origin. A name that somebody else's DNS points here
    is not ours: on loopback the host has to be loopback as well.
    """
    try:
        asked = urlsplit(f"//{host}").hostname or ""
        if loopback(listening) and not loopback(asked):
            return False
        return origin is None or urlsplit(origin).netloc == host
    except ValueError:
        return False


def _arguments(
    given: Mapping[str, Any], where: tuple[str | None, str | None], sensors: tuple[str, ...], file: Path | None
) -> list[str]:
    """The command line of each app."""
    words = [f"--{name}={value}" for name, value in zip(("python", "root"), where, strict=True) if value]
    words += [f"--{name}={given[name]}" for name in ("theme", "glyphs", "fps") if given.get(name)]
    words += ["--no-mouse"] if given.get("no_mouse") else []
    return [*words, *sensors, *(["replay", str(file.resolve())] if file is not None else [])]


def _check(file: Path) -> None:
    from jetbench.recording.format import RecordingError
    from jetbench.recording.reader import read_header

    try:
        read_header(file)
    except (RecordingError, OSError) as error:
        raise CliError(str(error)) from error


def _free_port(host: str) -> int:
    import socket

    try:
        with socket.create_server((host, 0)) as free:
            return int(free.getsockname()[1])
    except OSError as error:
        raise CliError(f"{host}: {error.strerror or error}") from error


def serve(host: str, port: int, words: list[str]) -> None:
    """Until Ctrl-C or SIGTERM. Raises CliError where textual-serve is missing, or the port is taken."""
    server = _server(host, port, COMMAND.format(shlex.join(words)))
    try:
        server.serve()
    except OSError as error:
        taken = "is taken; --port names another" if error.errno == errno.EADDRINUSE else error.strerror or error
        raise CliError(f"{host}:{port} {taken}") from error


async def _listens(host: str, port: int, address: str) -> None:
    """Says where it is as soon as somebody who goes there is answered: at the start nothing listens yet."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            print(f"jetbench-tui is at {address}  (Ctrl-C ends it)", flush=True)
            return


def _server(host: str, port: int, shell: str) -> Server:
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError as error:
        raise CliError("serve needs textual-serve: pip install 'jetbench-tui[serve]'") from error

    @web.middleware
    async def only_own(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not own_page(request.headers.get("Origin"), request.headers.get("Host", ""), host):
            raise web.HTTPForbidden(text="not from here")
        return await handler(request)

    class Pages(Server):
        def initialize_logging(self) -> None:
            """Nothing: what an app prints comes through, who asked for which file does not."""

        async def on_startup(self, app: web.Application) -> None:
            self.telling = asyncio.create_task(_listens(host, port, self.public_url))

        async def _make_app(self) -> web.Application:
            app = await super()._make_app()
            app.middlewares.append(only_own)
            return app

        async def handle_index(self, request: web.Request) -> Any:
            # Addresses in the page are those it was asked for by: a tunnel has a port of its own.
            self.public_url = f"http://{request.headers.get('Host') or f'{host}:{port}'}"
            page: Any = await super().handle_index(request)
            # A board in a lab reaches no font on the internet, and no page is drawn before that is known.
            page.text = LINK.sub(lambda link: link[0] if self.public_url in link[0] else "", page.text)
            return page

    shown = f"[{host}]" if ":" in host else host
    return Pages(shell, host=host, port=port, title="jetbench-tui", public_url=f"http://{shown}:{port}")
