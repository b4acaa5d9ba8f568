"""How a badge becomes the pseudonym that stands in event lines. Pure. Source: design section 3.

Edge and hub must agree on it to the byte: the edge makes the pseudonym of a scanned badge, the hub
finds the person behind it.
"""

import hashlib
import hmac

PSEUDONYM_CHARS = 16


def badge_sha256(badge: str) -> str:
    """What a badge (token or plain number) hashes to, lower hex.

    Pseudonyms are made of the hash, so that the hub can make them for every site without keeping
    a token from which a badge could be printed.
    """
    return hashlib.sha256(badge.encode("utf-8")).hexdigest()


def pseudonym(badge_hash: str, site_salt: str) -> str:
    """A badge as it may stand in a line of one site: 16 hex digits.

    Args:
        badge_hash: from :func:`badge_sha256`.
        site_salt: 32 hex digits; another site's pseudonyms tell nothing of this one's.
    """
    salted = hmac.digest(bytes.fromhex(site_salt), bytes.fromhex(badge_hash), "sha256")
    return salted.hex()[:PSEUDONYM_CHARS]
