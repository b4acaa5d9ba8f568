"""Hash and verify passwords with argon2id.

Slow on purpose, so never on the event loop or in a transaction; imported only where somebody logs
in or sets a password.

BusyError      too many are being hashed at this moment: try again
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE_MAX = 2
"""Each takes a core and 64 MiB for about 150 ms."""
WAIT_S_MAX = 5.0

_hasher = PasswordHasher()
_turns = threading.BoundedSemaphore(AT_ONCE_MAX)
_NOBODYS = _hasher.hash("a password that nobody has")


class BusyError(Exception):
    """Too many passwords are being hashed: try again."""


def hash_password(password: str) -> str:
    """What is stored of a password.

    Raises:
        BusyError: no turn within ``WAIT_S_MAX``.
    """
    with _Turn():
        return _hasher.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Say whether a password fits; without a stored one it takes as long, and does not.

    Raises:
        BusyError: no turn within ``WAIT_S_MAX``.
    """
    with _Turn():
        try:
            _hasher.verify(_NOBODYS if stored is None else stored, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


class _Turn:
    def __enter__(self) -> None:
        if not _turns.acquire(timeout=WAIT_S_MAX):
            raise BusyError

    def __exit__(self, *_error: object) -> None:
        _turns.release()
