"""The few requests that the demo makes to the hub, over the standard library.

Shell. No proxy is asked: hub and edges are on this machine.
"""

import http.client
import json
import urllib.error
import urllib.request

TIMEOUT_S = 5.0
BODY_BYTES_MAX = 64 * 1024


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


class HubRest:
    """An administrator's requests."""

    def __init__(self, base_url: str, token: str) -> None:
        """``base_url`` without a final slash; ``token`` is the content of admin.token."""
        self._base_url = base_url
        self._token = token

    def put_wanted(self, waybill: str, entry: dict[str, str]) -> None:
        """Put a waybill on the wanted list (interface.md: PUT wanted/{waybill}).

        Raises:
            HubRestError: the hub refused or did not answer.
        """
        request = urllib.request.Request(
            f"{self._base_url}/api/v1/wanted/{waybill}",
            data=json.dumps(entry).encode(),
            method="PUT",
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
            },
        )
        try:
            _open(request).close()
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(BODY_BYTES_MAX).decode(errors="replace")
            raise HubRestError(f"the hub answered {error.code}: {said}") from error
        except (OSError, http.client.HTTPException) as error:
            raise HubRestError(f"the hub did not answer: {error}") from error
