"""The edge's requests to the hub over HTTP: each is one signed message, answered by one or none.

Source: interface ("each HTTP request of the edge is signed with its key").

    HubError
    +- HubUnreachableError   no answer, or the hub's own trouble: ask again later
    +- HubRefusedError       the hub understood and says no; ``status`` is HTTP's
"""

import httpx

ENROL_PATH = "/api/v1/edge/enrol"
CERTIFICATE_PATH = "/api/v1/edge/certificate"
ROTATE_PATH = "/api/v1/edge/rotate"
BODIES_PATH = "/api/v1/edge/bodies"
WANTED_PATH = "/api/v1/edge/wanted"
PACK_PATH = "/api/v1/edge/pack"
TIMEOUT_S = 10.0


class HubError(Exception):
    """The hub did not do what was asked."""


class HubUnreachableError(HubError):
    """Nothing is decided; the same request may be sent again."""


class HubRefusedError(HubError):
    """The hub refused; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the hub answers {status}")
        self.status = status


class HubHttp:
    """One client; for one thread."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        # The hub's address is direct: an environment's proxy is for people.
        self._client = httpx.Client(
            base_url=url, timeout=TIMEOUT_S, trust_env=False, transport=transport
        )

    def post(self, path: str, message: bytes, answer_bytes_max: int) -> bytes:
        """Send one signed message; return the answer's bytes.

        Raises:
            HubUnreachableError: no connection, no answer in time, a 5xx, or an answer longer than
                allowed.
            HubRefusedError: any other answer than 2xx.
        """
        headers = {"Content-Type": "application/octet-stream"}
        try:
            with self._client.stream("POST", path, content=message, headers=headers) as answer:
                if answer.status_code >= 500:
                    raise HubUnreachableError(f"the hub answers {answer.status_code}")
                if not answer.is_success:
                    raise HubRefusedError(answer.status_code)
                return _read(answer, answer_bytes_max)
        except httpx.HTTPError as error:
            raise HubUnreachableError(f"the hub cannot be reached: {error}") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _read(answer: httpx.Response, bytes_max: int) -> bytes:
    received = bytearray()
    for piece in answer.iter_bytes():
        received += piece
        if len(received) > bytes_max:
            raise HubUnreachableError(f"the hub's answer is longer than {bytes_max} bytes")
    return bytes(received)
