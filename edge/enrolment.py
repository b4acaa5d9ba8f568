"""Becoming known to the hub: our key made and kept first, then shown, then the hub's answer kept.

A crash anywhere repeats the same request with the same key, which the hub answers the same way.
Source: design section 4.

A hub that was restored from a backup may know us no more: then it is shown its own answer.

    EnrolmentError      the answer is not the hub's, or not for us: ask again later
    EnrolmentRefused    token or name is wrong: one sentence, exit 2
"""

from dataclasses import dataclass
from pathlib import Path

from msgspec import UNSET, UnsetType

from edge.data_dir import read_file, write_file
from edge.hub_http import ENROL_PATH, HubHttp, HubRefusedError
from edge.seams import Clock
from edge.tls_identity import TlsIdentity
from ledger.keys import KEY_BYTES, SigningKey, key_hash
from ledger.signing import ContentError, open_sealed, peek, seal
from wire.envelope import EnvelopeError
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import Enrol, Enrolled

KEY_NAME = "edge.key"
ENROLLED_NAME = "enrolled"
FORBIDDEN = frozenset({401, 403})
CONFLICT = 409


class EnrolmentError(Exception):
    """What the hub answered cannot be believed."""


class EnrolmentRefusedError(Exception):
    """The hub will never take us like this; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Token:
    """``<secret>.<SHA-256 of the hub key>``, printed by ``custos-hub enrol``."""

    secret: str
    hub_key_sha256: str


@dataclass(frozen=True, slots=True)
class Membership:
    """What an enrolled edge knows: the hub's key, and the salt of its site (32 hex)."""

    hub_key: bytes
    site_salt: str


def load_or_make_key(directory: Path, clock: Clock) -> SigningKey:
    """The key of this edge; made and on disk before anybody hears of it.

    Raises:
        OSError: the disk refused.
        ValueError: the kept key has another length.
    """
    path = directory / KEY_NAME
    seed = read_file(path, KEY_BYTES)
    if seed is None:
        seed = clock.random_bytes(KEY_BYTES)
        write_file(path, seed)
    return SigningKey(seed)


class Enrolment:
    """One edge's enrolment at its hub."""

    def __init__(
        self,
        directory: Path,
        site: str,
        edge: str,
        key: SigningKey,
        token: Token | None,
        tls: TlsIdentity | None = None,
    ) -> None:
        """``tls``: what a certificate is asked for with it; None: the broker wants none."""
        self._path = directory / ENROLLED_NAME
        self._site, self._edge = site, edge
        self._key = key
        self._token = token
        self._tls = tls

    def load(self) -> Membership | None:
        """The kept answer of the hub; None before enrolment.

        Raises:
            EnrolmentError: what lies there is not an answer to this key.
            OSError: unreadable.
        """
        answer = read_file(self._path, MESSAGE_BYTES_MAX)
        return None if answer is None else self._check(answer, None)

    def ask(self, hub: HubHttp, boot: str) -> Membership:
        """Show our key to the hub and keep its answer.

        Raises:
            HubError: unreachable, or an unexpected refusal: ask again later.
            EnrolmentError: the answer is no hub's answer to us.
            EnrolmentRefusedError: 401, 403, 409, or another hub than the one that the token names.
            OSError: the answer could not be kept.
        """
        answer = self._post(hub, boot, UNSET)
        membership = self._check(answer, self._token)
        self._keep_certificate(answer, membership)
        write_file(self._path, answer)
        return membership

    def ask_again(self, hub: HubHttp, boot: str) -> None:
        """Show the hub what it once answered: it knows this key no more.

        Raises:
            HubError, EnrolmentError, EnrolmentRefusedError, OSError: as of :meth:`ask`; what was
                kept stands.
        """
        kept = read_file(self._path, MESSAGE_BYTES_MAX)
        if kept is None:
            raise EnrolmentError("there is no answer of the hub's to show")
        answer = self._post(hub, boot, kept.decode())
        if self._check(answer, None) != self._check(kept, None):
            raise EnrolmentError("the hub answers otherwise than it once did")

    def _post(self, hub: HubHttp, boot: str, enrolled: str | UnsetType) -> bytes:
        request = Enrol(
            site=self._site,
            edge=self._edge,
            public_key=self._key.public_key.hex(),
            secret=self._token.secret if self._token else None,
            boot=boot,
            enrolled=enrolled,
            tls_key=UNSET if self._tls is None else self._tls.point,
        )
        try:
            return hub.post(ENROL_PATH, seal(request, self._key), MESSAGE_BYTES_MAX)
        except HubRefusedError as error:
            raise _refusal(error, self._site, self._edge) or error from error

    def adopt(self, answer: bytes, hub_key: bytes) -> Membership:
        """Keep an answer of the hub that this edge is enrolled with already.

        Raises:
            EnrolmentError: it is none, of another hub, or not to this key.
            OSError: it could not be kept.
        """
        membership = self._check(answer, None)
        # The answer brings a key along; only the one that is known makes it our hub's.
        if membership.hub_key != hub_key:
            raise EnrolmentError("the answer is another hub's")
        write_file(self._path, answer)
        return membership

    def _keep_certificate(self, answer: bytes, membership: Membership) -> None:
        message = open_sealed(answer, Enrolled, membership.hub_key, MESSAGE_BYTES_MAX).message
        pem, ca = message.certificate, message.ca
        if self._tls is None or not isinstance(pem, str) or not isinstance(ca, str):
            return
        try:
            self._tls.keep(pem, ca)
        except ValueError as error:
            raise EnrolmentError(f"the hub's certificate is not ours: {error}") from error

    def _check(self, answer: bytes, token: Token | None) -> Membership:
        try:
            claimed = peek(answer, MESSAGE_BYTES_MAX)
            if not isinstance(claimed, Enrolled):
                raise ContentError("the answer is another message")
            hub_key = bytes.fromhex(claimed.hub_key)
            message = open_sealed(answer, Enrolled, hub_key, MESSAGE_BYTES_MAX).message
        except EnvelopeError as error:
            raise EnrolmentError(f"the hub's answer cannot be believed: {error}") from error
        # The key came with the answer; the token's hash is what makes it the hub's.
        if token is not None and key_hash(hub_key) != token.hub_key_sha256:
            raise EnrolmentRefusedError(
                f"the enrolment token of {self._site}/{self._edge} names another hub's key than "
                "the hub at hub.http has: one of the two is wrong; print a new token there with: "
                f"custos-hub enrol {self._site} {self._edge}"
            )
        if (message.site, message.edge) != (self._site, self._edge):
            raise EnrolmentError("the hub's answer is for another edge")
        if message.public_key != self._key.public_key.hex():
            raise EnrolmentError("the hub's answer is for another key")
        return Membership(hub_key, message.site_salt)


def _refusal(error: HubRefusedError, site: str, edge: str) -> EnrolmentRefusedError | None:
    if error.status == CONFLICT:
        return EnrolmentRefusedError(
            f"the hub already knows another edge named {site}/{edge}: two edges must not share "
            "a name; choose another, or, if this is its new disk, let an administrator print a "
            f"token with: custos-hub enrol {site} {edge} --replace --reason WHY"
        )
    if error.status in FORBIDDEN:
        return EnrolmentRefusedError(
            f"the hub does not accept the enrolment token of {site}/{edge}: it is wrong, used or "
            f"expired; print a new one with: custos-hub enrol {site} {edge}"
        )
    return None
