"""How long somebody who guesses passwords has to wait; the caller brings the time.

Counted per account name, whether there is such an account or not, and per peer; in memory, bounded,
and of the one web process (its threads share it), so that a guesser writes no rows.
Source: design section 4.
"""

import threading
from dataclasses import dataclass

ACCOUNT_FREE_TRIES = 4
PEER_FREE_TRIES = 20
"""More than for an account: a whole site may stand behind one address."""
DELAY_MAX_S = 900.0
FORGET_AFTER_S = 3600.0
"""Failures are forgotten after an hour without another one."""
KEPT_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Failures:
    """How often in a row, and until when nothing is tried; seconds of a clock that only grows."""

    count: int
    last_s: float
    locked_until_s: float


def delay_s(count: int, free_tries: int) -> float:
    """How long to wait after the n-th failure in a row: nothing, then 1 s doubling to 15 min."""
    beyond = count - free_tries
    return 0.0 if beyond <= 0 else min(DELAY_MAX_S, float(2 ** min(beyond - 1, 10)))


class Lockouts:
    """Who has to wait; the longest unheard of are forgotten first where there are too many."""

    def __init__(self) -> None:
        self._failures: dict[str, Failures] = {}
        self._lock = threading.Lock()

    def wait_s(self, account: str, peer: str, now_s: float) -> float:
        """Seconds until the next try for this account from this peer; 0: now."""
        with self._lock:
            found = [self._failures.get(key) for key in _keys(account, peer)]
        waits = [each.locked_until_s - now_s for each in found if each is not None]
        return max([0.0, *waits])

    def record_failure(self, account: str, peer: str, now_s: float) -> None:
        """A wrong password; the next try waits longer."""
        account_key, peer_key = _keys(account, peer)
        with self._lock:
            self._count(account_key, ACCOUNT_FREE_TRIES, now_s)
            self._count(peer_key, PEER_FREE_TRIES, now_s)
            while len(self._failures) > KEPT_MAX:
                del self._failures[self._least_worth()]

    def record_success(self, account: str) -> None:
        """The right password: the account's failures are over, the peer's other ones are not."""
        with self._lock:
            self._failures.pop(_keys(account, "")[0], None)

    def _count(self, key: str, free_tries: int, now_s: float) -> None:
        known = self._failures.pop(key, None)
        is_new = known is None or now_s - known.last_s > FORGET_AFTER_S
        count = 1 if known is None or is_new else known.count + 1
        self._failures[key] = Failures(count, now_s, now_s + delay_s(count, free_tries))

    def _least_worth(self) -> str:
        # The oldest that has not failed often: flooding with new names must not free a locked one.
        for key, failures in self._failures.items():
            if failures.count <= ACCOUNT_FREE_TRIES:
                return key
        return next(iter(self._failures))


def _keys(account: str, peer: str) -> tuple[str, str]:
    return f"account {account}", f"peer {peer}"
