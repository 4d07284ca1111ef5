"""A server that says to each connection what a test wants, byte by byte where it must."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """Its address. `talk` has each connection, in a thread of its own; what ends a connection ends its talk."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                talk(connection)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    Thread(target=one, args=(listening.accept()[0],), daemon=True).start()

        Thread(target=serve, daemon=True).start()
        yield listening.getsockname()
        # Closing alone does not wake who waits in accept.
        listening.shutdown(socket.SHUT_RDWR)
