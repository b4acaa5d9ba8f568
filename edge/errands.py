"""The errands over HTTP: enrol, deliver private bodies, fetch wanted list and site pack.

None of them holds up a scan: the station works before it is enrolled and while the hub is away.
Each errand remembers by itself that it is due, so asking twice is asking once.
Source: design sections 3 and 4.
"""

import hashlib
from collections.abc import Callable
from typing import Protocol

import structlog

from edge.enrolment import Enrolment, EnrolmentError, EnrolmentRefusedError, Membership
from edge.failpoints import FailPoint, FailPoints
from edge.hub_http import BODIES_PATH, CERTIFICATE_PATH, HubHttp, HubRefusedError
from edge.rotation import RotateKey
from edge.seams import Clock
from edge.station_events import BodiesDelivered
from edge.tls_identity import TlsIdentity
from ledger.keys import SigningKey
from ledger.signing import open_sealed, seal
from wire.bodies import PrivateBody
from wire.envelope import EnvelopeError
from wire.limits import BODIES_BYTES_MAX, BODIES_PER_MESSAGE_MAX, MESSAGE_BYTES_MAX
from wire.messages import Bodies, Certified, Renew, encode
from wire.names import format_at

HEADER_BYTES_MAX = 1024
CERTIFY_AGAIN_NS = 300 * 1_000_000_000
"""So long after a request for a certificate the next one is made, whatever became of it."""
NO_ANSWER_BYTES_MAX = 0
"""The hub's yes to bodies is empty; whoever answers with a page is not the hub."""

_logger = structlog.get_logger(__name__)


class BodyShelf(Protocol):
    """Where private bodies wait (``edge.spool_reader``)."""

    def bodies(self, count_max: int, bytes_max: int) -> dict[str, PrivateBody]:
        """Some of them, by hash."""


class Errand(Protocol):
    """Something to do at the hub."""

    def is_due(self) -> bool:
        """Say whether there is anything to do."""

    def run(self, hub: HubHttp) -> None:
        """Do it; whatever it raises, it is still due afterwards."""


class Enrol:
    """Become known to the hub, once."""

    def __init__(
        self, enrolment: Enrolment, run_id: str, on_enrolled: Callable[[Membership], None]
    ) -> None:
        self._enrolment = enrolment
        self._run_id = run_id
        self._on_enrolled = on_enrolled
        self._is_done = False

    def is_due(self) -> bool:
        """Until the hub has answered."""
        return not self._is_done

    def run(self, hub: HubHttp) -> None:
        """Ask; see ``Enrolment.ask`` for what it raises."""
        membership = self._enrolment.ask(hub, self._run_id)
        self._is_done = True
        self._on_enrolled(membership)


class EnrolAgain:
    """Become known once more to a hub that was restored; the station records meanwhile."""

    def __init__(self, enrolment: Enrolment, run_id: str) -> None:
        self._enrolment = enrolment
        self._run_id = run_id
        self._is_due = False

    def ask(self) -> None:
        """The hub does not know us (any thread may say so)."""
        self._is_due = True

    def is_due(self) -> bool:
        """Until the hub has answered."""
        return self._is_due

    def run(self, hub: HubHttp) -> None:
        """Ask.

        Raises:
            HubError, EnrolmentError: it is asked again later. A refusal does not end the program:
                only an administrator can mend it, and the station shows that it is refused.
        """
        try:
            self._enrolment.ask_again(hub, self._run_id)
        except EnrolmentRefusedError as error:
            raise EnrolmentError(str(error)) from error
        self._is_due = False


class ChangeKey:
    """Let the new signing key count, before anything is signed with it."""

    def __init__(self, rotation: RotateKey, on_changed: Callable[[Membership], None]) -> None:
        self._rotation = rotation
        self._on_changed = on_changed
        self._is_done = False

    def is_due(self) -> bool:
        """Until the hub has answered."""
        return not self._is_done

    def run(self, hub: HubHttp) -> None:
        """Ask; see ``RotateKey.run`` for what it raises."""
        membership = self._rotation.run(hub)
        self._is_done = True
        self._on_changed(membership)


class Certify:
    """Have a certificate for the broker that is not about to end.

    Refused (by a hub that has revoked us, or knows no certificates), it waits before it asks again,
    so that the other errands go on.
    """

    def __init__(
        self,
        site: str,
        edge: str,
        key: SigningKey,
        hub_key: Callable[[], bytes | None],
        tls: TlsIdentity,
        clock: Clock,
        on_certified: Callable[[], None],
    ) -> None:
        self._site, self._edge = site, edge
        self._key = key
        self._hub_key = hub_key
        self._tls = tls
        self._clock = clock
        self._on_certified = on_certified
        self._not_before_ns = 0

    def is_due(self) -> bool:
        """While there is none, or too little of its life is left."""
        if self._hub_key() is None or self._clock.mono_ns() < self._not_before_ns:
            return False
        return self._tls.is_due(self._clock.now())

    def run(self, hub: HubHttp) -> None:
        """Ask for one and keep it.

        Raises:
            HubUnreachableError: no answer; it stays due.
            EnrolmentError: the answer is not the hub's, or not for us.
            OSError: it could not be kept.
        """
        request = Renew(
            site=self._site,
            edge=self._edge,
            tls_key=self._tls.point,
            at=format_at(self._clock.now()),
        )
        try:
            answer = hub.post(CERTIFICATE_PATH, seal(request, self._key), MESSAGE_BYTES_MAX)
        except HubRefusedError as error:
            self._wait()
            _logger.error("the hub gives us no certificate", reason=str(error))
            return
        # Whatever came: a clock that is years ahead would find every certificate due.
        self._wait()
        try:
            message = open_sealed(
                answer, Certified, self._hub_key() or b"", MESSAGE_BYTES_MAX
            ).message
            if (message.site, message.edge) != (self._site, self._edge):
                raise ValueError("it is for another edge")
            self._tls.keep(message.certificate, message.ca)
        except (EnvelopeError, ValueError) as error:
            raise EnrolmentError(f"the hub's certificate cannot be believed: {error}") from error
        _logger.info("certificate kept")
        self._on_certified()

    def _wait(self) -> None:
        self._not_before_ns = self._clock.mono_ns() + CERTIFY_AGAIN_NS


class DeliverBodies:
    """Bring private bodies to the hub; once it has them they wait no more, and are kept.

    One message at a time: the next after somebody says again that bodies wait, which the station
    does once it has put the delivered ones away. A disk that does not let them go must not make
    the edge send the same ones without end.
    """

    def __init__(
        self,
        site: str,
        edge: str,
        key: SigningKey,
        shelf: BodyShelf,
        on_delivered: Callable[[BodiesDelivered], None],
        fail_points: FailPoints,
    ) -> None:
        self._site, self._edge = site, edge
        self._key = key
        self._shelf = shelf
        self._on_delivered = on_delivered
        self._fail_points = fail_points
        self._asked, self._served = 1, 0  # some may be left from before this start

    def ask(self) -> None:
        """Bodies wait (any thread may say so)."""
        self._asked += 1

    def is_due(self) -> bool:
        """While bodies may wait that were not delivered."""
        return self._served < self._asked

    def run(self, hub: HubHttp) -> None:
        """Deliver one message full.

        Raises:
            HubError: the hub did not take them; they stay due.
        """
        # Before looking, not after: a body that comes meanwhile must make it due again.
        asked = self._asked
        found = self._shelf.bodies(BODIES_PER_MESSAGE_MAX, BODIES_BYTES_MAX - HEADER_BYTES_MAX)
        if not found:
            self._served = asked
            return
        lines = [encode(body) for body in found.values()]
        sent = b"".join(line + b"\n" for line in lines)
        header = Bodies(
            site=self._site,
            edge=self._edge,
            count=len(lines),
            sha256=hashlib.sha256(sent).hexdigest(),
        )
        self._fail_points.hit(FailPoint.BEFORE_BODIES)
        hub.post(BODIES_PATH, seal(header, self._key, lines), NO_ANSWER_BYTES_MAX)
        self._fail_points.hit(FailPoint.AFTER_BODIES)
        # One that came meanwhile is asked for again, like those that did not fit.
        self._served = self._asked
        self._on_delivered(BodiesDelivered(tuple(found)))


class FetchSigned:
    """Bring something that the hub has signed: the wanted list, the site pack."""

    def __init__(
        self, path: str, answer_bytes_max: int, on_answer: Callable[[bytes], None]
    ) -> None:
        self._path = path
        self._answer_bytes_max = answer_bytes_max
        self._on_answer = on_answer
        self._request: bytes | None = None

    def ask(self, request: bytes) -> None:
        """It is wanted; ``request`` is the signed message (any thread may ask)."""
        self._request = request

    def is_due(self) -> bool:
        """While a request waits."""
        return self._request is not None

    def run(self, hub: HubHttp) -> None:
        """Fetch it.

        Raises:
            HubError: no answer; it stays due.
        """
        request = self._request
        if request is None:
            return
        self._on_answer(hub.post(self._path, request, self._answer_bytes_max))
        # A newer request that came meanwhile is answered by this too, or asked again.
        self._request = None
