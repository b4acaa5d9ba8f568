"""A database that another program keeps: PostgreSQL, which tells who listens that there is news.

Source: design section 5 ("LISTEN/NOTIFY on PostgreSQL"), docs/adr/0038.
"""

import threading
from collections.abc import Callable
from typing import Any

CHANNEL = "custos_outbox"
HEAR_S = 0.5
"""So long is waited for a notification before the listener looks whether it shall end."""
RETRY_S = 1.0


class Server:
    """Listens on a connection and a thread of its own, from the first question on."""

    def __init__(self, connect: Callable[[], Any], error: type[Exception]) -> None:
        """``connect`` opens a psycopg connection, or raises ``error``."""
        self._connect = connect
        self._error = error
        self._heard = 0
        self._is_listening = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def has_room(self) -> bool:
        """Its disk is that program's affair."""
        return True

    def checkpoint(self) -> None:
        """So is its log."""

    def commits(self) -> int | None:
        """How often news was heard of; None while nobody listens to the server."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._listen, name="notify", daemon=True)
            self._thread.start()
        return self._heard if self._is_listening else None

    def close(self) -> None:
        """End the listener, if there is one; the next question starts it again."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                with self._connect() as connection:
                    self._hear(connection)
            except self._error:
                # Without it news is read as often as before; what is wrong the engines tell.
                self._is_listening = False
                self._stop.wait(RETRY_S)
        self._is_listening = False

    def _hear(self, connection: Any) -> None:
        connection.autocommit = True
        connection.execute(f"LISTEN {CHANNEL}")
        self._is_listening = True
        while not self._stop.is_set():
            for _ in connection.notifies(timeout=HEAR_S):
                self._heard += 1
