"""Fill in forms on a station page, as the person who stands there would.

Shell: one WebSocket a form. Source: HV-2.6 (signer's ID), HV-2.11.2 (self-check).
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

TIMEOUT_S = 5.0
FRAMES_MAX = 200
"""States that a busy page may show before the answer to a form comes."""


Heard = TypeVar("Heard")


class TypistError(Exception):
    """The form was not recorded; the sentence says why."""


class Typist:
    """Somebody at the station page at ``url`` (``http://…/``)."""

    def __init__(self, url: str) -> None:
        self._url = f"ws{url.removeprefix('http').rstrip('/')}/ws"

    def sign(self, waybill: str, signer_id: str) -> None:
        """Type the signer's ID of a delivered parcel.

        Raises:
            TypistError: it was not recorded.
        """
        with self._open() as page:
            _fill(page, "deliver", waybill=waybill, signer_name="", signer_id=signer_id)

    def answer_search(self, device: str, incident: int, found: bool) -> None:
        """Tick all lines of a search and answer it for whom is signed on at ``device``.

        Raises:
            TypistError: it was not recorded.
        """
        with self._open() as page:
            checks = _hear(page, partial(_lines_of, incident))
            _fill(page, "self_check", device=device, incident=incident, found=found, checks=checks)

    @contextmanager
    def _open(self) -> Iterator["ClientConnection"]:
        # Imported here: only the demo types, and only a full installation has it.
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        try:
            with connect(self._url, open_timeout=TIMEOUT_S, proxy=None) as page:
                yield page
        except (OSError, TimeoutError, WebSocketException, ValueError) as error:
            raise TypistError(f"the station page did not answer: {error}") from error


def _lines_of(incident: int, said: dict[str, Any]) -> list[str] | None:
    for task in said.get("tasks", ()):
        if task["incident"] == incident:
            return [check["id"] for check in task["checks"]]
    return None


def _fill(page: "ClientConnection", kind: str, **fields: Any) -> None:
    key = secrets.token_hex(16)
    page.send(json.dumps({"type": kind, "key": key, **fields}))
    answer = _hear(page, lambda said: said if said.get("key") == key else None)
    if not answer["recorded"]:
        raise TypistError(f"the station did not record it: {answer['reason']}")


def _hear(page: "ClientConnection", wanted: Callable[[dict[str, Any]], Heard | None]) -> Heard:
    """Read what the page says until it is what is wanted."""
    for _ in range(FRAMES_MAX):
        heard = wanted(json.loads(page.recv(timeout=TIMEOUT_S)))
        if heard is not None:
            return heard
    raise TypistError("the station page never answered the form")
