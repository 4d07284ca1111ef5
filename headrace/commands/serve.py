"""headrace serve: the web pages, until told to stop."""

import signal
import socket
from typing import Annotated, Final

import typer
import uvicorn

from headrace.commands.common import FOUND_WANTING, failures_told, load_existing, say
from headrace.commands.views import Config, Directory
from headrace.places import views
from headrace.settings import WrongSettings
from headrace.web.app import make_app
from headrace.web.source import Source

DEFAULT_PORT: Final = 8610
LOCAL: Final = ("127.0.0.1", "::1", "localhost")


def serve(
    directory: Directory = None,
    config: Config = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on. The pages ask for no password.")] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Another name that browsers know this machine by.")
    ] = None,
) -> None:
    """Serve web pages for finance and operations (docs/dashboards.md). They only read; the address is on stdout.

    Whether flows run or not makes no difference.
    """
    with failures_told():
        settings = load_existing(directory, config)
        source = Source(lambda: views(settings))
        try:
            app = make_app(source, settings, [*LOCAL, "[::1]", host, *(name or [])])
            listening = _listen(host, port)
            shown = f"[{host}]" if ":" in host else host
            print(f"http://{shown}:{listening.getsockname()[1]}/", flush=True)
            if host not in LOCAL:
                say(f"--host {host}: whoever reaches this address sees the books; keep it inside")
            server = uvicorn.Server(
                uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, ws="none")
            )
            # The server stops in order and then raises the signal again, which ends nothing any more.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: None)
            server.run(sockets=[listening])
            if not server.started:
                raise typer.Exit(FOUND_WANTING)
        finally:
            source.close()


def _listen(host: str, port: int) -> socket.socket:
    """Raises WrongSettings where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise WrongSettings(
            f"--host {host} --port {port}: cannot listen there ({error.strerror}); choose another"
        ) from error
    listening.listen()
    return listening
