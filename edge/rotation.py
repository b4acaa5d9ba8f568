"""A new signing key for an edge that is enrolled: the old one signs it, then it alone counts.

The new key lies beside the old one from ``custos-edge rotate-key`` on. The next start shows it to
the hub before anything else is said there, and what the edge holds to send is then signed with it.
A crash anywhere repeats the same request, which the hub answers the same way. Scans go on all the
while. Source: design section 4, docs/adr/0032.
"""

from dataclasses import dataclass
from pathlib import Path

import structlog

from edge.data_dir import read_file, sync_directory, write_file
from edge.enrolment import ENROLLED_NAME, KEY_NAME, Enrolment, Membership, load_or_make_key
from edge.hub_http import ROTATE_PATH, HubHttp
from edge.seams import Clock
from edge.tls_identity import forget_key
from ledger.keys import KEY_BYTES, SigningKey
from ledger.signing import peek, rotation_proof, seal
from wire.envelope import EnvelopeError
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import Enrolled, Rotate

NEXT_NAME = "edge.key.next"

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The key that the hub knows, and the one that is to count instead, if there is one."""

    known: SigningKey
    following: SigningKey | None


def prepare(directory: Path, clock: Clock) -> None:
    """Make the new key; one that waits already stays.

    Raises:
        OSError: the disk refused.
    """
    if read_file(directory / NEXT_NAME, KEY_BYTES) is None:
        write_file(directory / NEXT_NAME, clock.random_bytes(KEY_BYTES))


def open_keys(directory: Path, clock: Clock) -> OwnKeys:
    """The keys of this edge; a change that the hub has answered is finished first.

    With a new key waiting, the key for TLS is made anew, too: its certificate ends with the old.

    Raises:
        OSError: the disk refused.
        ValueError: a kept key has another length.
    """
    seed = read_file(directory / NEXT_NAME, KEY_BYTES)
    if seed is None or not (directory / ENROLLED_NAME).exists():
        return OwnKeys(load_or_make_key(directory, clock), None)
    following = SigningKey(seed)
    if _answered_key(directory) == following.public_key.hex():
        _finish(directory)
        return OwnKeys(following, None)
    forget_key(directory)
    return OwnKeys(load_or_make_key(directory, clock), following)


class RotateKey:
    """Show the new key to the hub; before all other errands, and once."""

    def __init__(
        self,
        directory: Path,
        site: str,
        edge: str,
        keys: OwnKeys,
        following: Enrolment,
        hub_key: bytes,
    ) -> None:
        """``following`` reads the hub's answer as one to the new key."""
        self._directory = directory
        self._site, self._edge = site, edge
        self._keys = keys
        self._following = following
        self._hub_key = hub_key

    def run(self, hub: HubHttp) -> Membership:
        """Ask, keep the answer, let the new key take the old one's place.

        Raises:
            HubError: unreachable or refused: the same is asked again.
            EnrolmentError: the answer is no hub's answer to us.
            OSError: it could not be kept.
        """
        known, new = self._keys.known, self._keys.following
        if new is None:
            raise ValueError("there is no new key")
        proof = new.sign(rotation_proof(self._site, self._edge, known.public_key, new.public_key))
        request = Rotate(
            site=self._site,
            edge=self._edge,
            public_key=new.public_key.hex(),
            proof=proof.hex(),
        )
        answer = hub.post(ROTATE_PATH, seal(request, known), MESSAGE_BYTES_MAX)
        membership = self._following.adopt(answer, self._hub_key)
        _finish(self._directory)
        _logger.info("signing key changed")
        return membership


def _answered_key(directory: Path) -> str | None:
    answer = read_file(directory / ENROLLED_NAME, MESSAGE_BYTES_MAX)
    if answer is None:
        return None
    try:
        message = peek(answer, MESSAGE_BYTES_MAX)
    except EnvelopeError:
        return None
    return message.public_key if isinstance(message, Enrolled) else None


def _finish(directory: Path) -> None:
    (directory / NEXT_NAME).replace(directory / KEY_NAME)
    sync_directory(directory)
