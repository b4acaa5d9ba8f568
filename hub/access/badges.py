"""Staff badges: random tokens that are shown once, and the people behind pseudonyms.

A badge's plain number counts until a token is printed for it, then only the newest token that was
not revoked; for the past all of them still say who it was. The caller owns the transaction.
Source: design section 3 (``by``), interface ("Labels").

    UnknownBadgeError    the network file lists no such badge
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from hub.access import badge_store, store
from hub.access.accounts import RandomBytes
from hub.access.badge_store import BadgeToken
from hub.network import Network, Staff
from wire.badges import badge_sha256, pseudonym

TOKEN_BYTES = 9
TOKEN_DIGITS = 22
"""Decimal, because Code 128 puts two digits into one bar: a short label for 72 random bits."""


class UnknownBadgeError(Exception):
    """The network file lists no such badge."""


def print_badge(
    tx: Connection,
    network: Network,
    badge: str,
    who: str,
    now: datetime,
    random_bytes: RandomBytes,
) -> str:
    """A new token for a person; earlier ones and the plain number count no more.

    Raises:
        UnknownBadgeError: the network file lists no such badge.
    """
    if badge not in network.people:
        raise UnknownBadgeError(f"the network file lists no badge {badge}")
    badge_store.revoke(tx, badge, who, now)
    token = f"{int.from_bytes(random_bytes(TOKEN_BYTES), 'big'):0{TOKEN_DIGITS}d}"
    badge_store.add(tx, badge, badge_sha256(token), who, now)
    return token


def revoke_badge(tx: Connection, badge: str, who: str, now: datetime) -> bool:
    """End a person's token, e.g. of a lost badge; say whether there was one that counted.

    The plain number does not come back: whoever found the badge could read it there.
    """
    return badge_store.revoke(tx, badge, who, now)


def tokens_of(tx: Connection, badges: Iterable[str]) -> dict[str, BadgeToken]:
    """The newest token of each of these badges that ever had one, revoked or not."""
    return badge_store.newest_of(tx, list(badges))


def people_of(tx: Connection, network: Network, site: str) -> dict[str, Staff]:
    """Who works at a site, by the pseudonym of the badge that counts now.

    Who has only revoked tokens is not among them: at the station that badge is nobody's.
    """
    salt = store.salt_of(tx, site)
    if salt is None:
        return {}
    mine = [person for person in network.staff if person.site == site]
    tokens = tokens_of(tx, [person.badge for person in mine])
    hashes = {person.badge: badge_sha256(person.badge) for person in mine}
    hashes |= {badge: token.token_sha256 for badge, token in tokens.items()}
    return {
        pseudonym(hashes[person.badge], salt): person
        for person in mine
        if person.badge not in tokens or tokens[person.badge].revoked_at is None
    }


def person_of(tx: Connection, network: Network, site: str, by: str) -> Staff | None:
    """The person behind a pseudonym in a site's lines, whatever became of the badge since.

    None: the badge is not in the network file, or no edge was ever enrolled at the site.
    """
    salt = store.salt_of(tx, site)
    if salt is None:
        return None
    _read_new_tokens(tx, network)
    badge = network.pseudonyms.find(salt, by)
    return None if badge is None else network.people.get(badge)


def _read_new_tokens(tx: Connection, network: Network) -> None:
    index = network.pseudonyms
    known, newest = index.newest, badge_store.newest(tx)
    if newest == known:
        return
    # Those of before and more, unless this is another database, e.g. a restored one.
    is_more = known is None or badge_store.has(tx, known)
    added = badge_store.after(tx, known[0] if known is not None and is_more else 0)
    pairs = [(token.token_sha256, token.badge) for token in added]
    index.add_tokens(pairs, newest, anew=not is_more)
