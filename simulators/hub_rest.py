"""The few requests that the demo makes to the hub, over the standard library.

Shell. No proxy is asked: hub and edges are on this machine.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

TIMEOUT_S = 15.0
BODY_BYTES_MAX = 1024 * 1024


class HubRestError(Exception):
    """The hub refused or did not answer; the sentence says what it said."""


def is_ready(url: str) -> bool:
    """Say whether ``GET url`` is answered with 200."""
    try:
        with _open(url) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except (OSError, http.client.HTTPException):
        return False


def _open(request: urllib.request.Request | str) -> http.client.HTTPResponse:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answer: http.client.HTTPResponse = opener.open(request, timeout=TIMEOUT_S)
    return answer


def read_answer(
    open_: Callable[[urllib.request.Request], http.client.HTTPResponse],
    request: urllib.request.Request,
) -> bytes:
    """What the hub answers, at most ``BODY_BYTES_MAX``.

    Raises:
        HubRestError: the hub refused or did not answer.
    """
    try:
        with open_(request) as answer:
            return answer.read(BODY_BYTES_MAX)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(BODY_BYTES_MAX).decode(errors="replace")
        raise HubRestError(f"the hub answered {error.code}: {said}") from error
    except (OSError, http.client.HTTPException) as error:
        raise HubRestError(f"the hub did not answer: {error}") from error


class HubRest:
    """An administrator's requests; paths are those under /api/v1."""

    def __init__(self, base_url: str, token: str) -> None:
        """``base_url`` without a final slash; ``token`` is the content of admin.token."""
        self._base_url = base_url
        self._token = token

    def get(self, path: str) -> Any:
        """The JSON of a route.

        Raises:
            HubRestError: the hub refused or did not answer, or not with JSON of at most
                ``BODY_BYTES_MAX``.
        """
        try:
            return json.loads(self._ask("GET", path, None))
        except ValueError as error:
            raise HubRestError(f"the hub's answer cannot be read: {error}") from error

    def send(self, method: str, path: str, body: Mapping[str, object] | None) -> None:
        """PUT, POST or DELETE.

        Raises:
            HubRestError: the hub refused or did not answer.
        """
        self._ask(method, path, body)

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None) -> bytes:
        request = urllib.request.Request(
            f"{self._base_url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
            },
        )
        return read_answer(_open, request)
