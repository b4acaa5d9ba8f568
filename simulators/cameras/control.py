"""Lines of orders over TCP: ``belt-1 black`` is answered ``ok``, or ``refused: <why>``.

Shell. One line, one answer; see ``orders`` for what can be said.
"""

import asyncio

from simulators.cameras.orders import LINE_BYTES_MAX, OrderError, split_line
from simulators.cameras.server import CameraServer

CLIENTS_MAX = 8


async def tell(server: CameraServer, line: str) -> None:
    """Carry one line out.

    Raises:
        OrderError: it cannot be followed; nothing has changed.
    """
    camera_id, words = split_line(line)
    try:
        await server.order(camera_id, words)
    except OSError as error:
        raise OrderError(f"the port is taken: {error.strerror}") from error


class Control:
    """Listens for lines, from at most ``CLIENTS_MAX`` at once."""

    def __init__(self, server: CameraServer) -> None:
        self._server = server
        self._writers: set[asyncio.StreamWriter] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; port 0 takes a free one.

        Returns:
            The port.

        Raises:
            OSError: the address cannot be had.
        """
        listener = await asyncio.start_server(self._talk, host, port, limit=LINE_BYTES_MAX)
        self._listener = listener
        taken: int = listener.sockets[0].getsockname()[1]
        return taken

    async def close(self) -> None:
        """Hang up and listen no more."""
        if self._listener is not None:
            self._listener.close()
        for writer in self._writers:
            writer.transport.abort()
        # Each talk ends at its next read.
        while self._writers:
            await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= CLIENTS_MAX:
            writer.transport.abort()
            return
        self._writers.add(writer)
        try:
            # A line that is too long, or a client that is gone, ends the talk.
            while line := await reader.readline():
                writer.write(f"{await self._answer(line)}\n".encode())
                await writer.drain()
        except (ConnectionError, ValueError):
            writer.transport.abort()
        finally:
            writer.close()
            self._writers.discard(writer)

    async def _answer(self, line: bytes) -> str:
        try:
            await tell(self._server, line.decode("utf-8", "replace"))
        except OrderError as error:
            return f"refused: {error}"
        return "ok"
