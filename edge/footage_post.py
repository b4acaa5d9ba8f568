"""What an edge says to its hub of its footage: parts, what is gone, pictures; each is signed.

Source: design section 8, interface (REST).

    SenderError    this edge's own disk refuses: try again later
"""

import hashlib
from datetime import datetime
from typing import Protocol

import msgspec

from edge.hub_http import HubHttp, HubUnreachableError
from edge.uplink_events import OrderFootage
from ledger.keys import SigningKey
from ledger.signing import seal
from wire.messages import FootageGone, FootageHave, FootagePart, Picture
from wire.names import format_at

FOOTAGE_PATH = "/api/v1/edge/footage"
GONE_PATH = "/api/v1/edge/footage-gone"
PICTURE_PATH = "/api/v1/edge/picture"
_HAVE_BYTES_MAX = 256
_NO_ANSWER_BYTES_MAX = 0

_have = msgspec.json.Decoder(FootageHave)


class SenderError(Exception):
    """The edge's own disk refuses; the same is tried again."""


class Sender(Protocol):
    """What brings footage to the hub; but for the first two it belongs to one thread."""

    def order(self, order: OrderFootage) -> bool:
        """The hub wants these files (any thread may say so); False: no room, it will say so again.

        Urgent ones go before all others. Never waits.
        """

    def deliver_again(self, since: datetime | None) -> None:
        """The hub lost what it had since then (None: ever): pictures are sent again.

        Files it orders again by itself. Any thread may say so; on the disk when it returns.
        """

    def turn(self, hub: HubHttp) -> float:
        """Do one thing; how long to wait before the next, in seconds.

        Raises:
            HubError, SenderError: it was not done; the same is tried again.
        """

    def close(self) -> None:
        """Let go of what is open."""


class FootagePost:
    """Signs and sends as one edge."""

    def __init__(self, site: str, edge: str, key: SigningKey) -> None:
        self._site, self._edge = site, edge
        self._key = key

    def part(self, hub: HubHttp, sha256: str, size: int, offset: int, raw: bytes) -> int:
        """Send a part of a file of ``size`` bytes, or ask only; how many the hub has then.

        Raises:
            HubError: not taken.
        """
        header = FootagePart(
            site=self._site,
            edge=self._edge,
            sha256=sha256,
            bytes=size,
            offset=offset,
            count=len(raw),
            part_sha256=hashlib.sha256(raw).hexdigest(),
        )
        answer = hub.post(FOOTAGE_PATH, seal(header, self._key) + raw + b"\n", _HAVE_BYTES_MAX)
        try:
            have = _have.decode(answer).have
        except msgspec.MsgspecError as error:
            raise HubUnreachableError(f"no answer of a hub: {error}") from error
        if have > size:
            raise HubUnreachableError("the hub has more of a file than there is")
        return have

    def gone(self, hub: HubHttp, sha256: str, reason: str) -> None:
        """Tell that an ordered file cannot be sent.

        Raises:
            HubError: it was not heard.
        """
        message = FootageGone(site=self._site, edge=self._edge, sha256=sha256, reason=reason)
        hub.post(GONE_PATH, seal(message, self._key), _NO_ANSWER_BYTES_MAX)

    def picture(
        self, hub: HubHttp, camera: str, at: datetime, raw: bytes, *, is_named: bool
    ) -> None:
        """Send a still (JPEG).

        Raises:
            HubError: not taken.
        """
        header = Picture(
            site=self._site,
            edge=self._edge,
            camera=camera,
            at=format_at(at),
            sha256=hashlib.sha256(raw).hexdigest(),
            bytes=len(raw),
            is_named=is_named,
        )
        hub.post(PICTURE_PATH, seal(header, self._key) + raw + b"\n", _NO_ANSWER_BYTES_MAX)
