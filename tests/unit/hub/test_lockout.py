"""Guessing takes ever longer, for an account and for a peer. Source: design section 4."""

import pytest

from hub.access import lockout
from hub.access.lockout import (
    ACCOUNT_FREE_TRIES,
    DELAY_MAX_S,
    FORGET_AFTER_S,
    PEER_FREE_TRIES,
    Lockouts,
    delay_s,
)


def test_the_delay_doubles_up_to_its_bound() -> None:
    beyond = [delay_s(4 + n, 4) for n in range(-4, 13)]
    assert beyond[:5] == [0] * 5
    assert beyond[5:9] == [1, 2, 4, 8]
    assert beyond[-1] == DELAY_MAX_S
    assert delay_s(10**6, 4) == DELAY_MAX_S


def fail(lockouts: Lockouts, times: int, account: str = "li", peer: str = "a") -> None:
    for _ in range(times):
        lockouts.record_failure(account, peer, 0.0)


def test_an_account_waits_whoever_asks_and_others_do_not() -> None:
    lockouts = Lockouts()
    fail(lockouts, ACCOUNT_FREE_TRIES)
    assert lockouts.wait_s("li", "a", 0.0) == 0
    fail(lockouts, 1)
    assert lockouts.wait_s("li", "a", 0.0) == 1
    assert lockouts.wait_s("li", "b", 0.5) == 0.5
    assert lockouts.wait_s("li", "b", 1.0) == 0
    assert lockouts.wait_s("han", "a", 0.0) == 0


def test_a_peer_that_tries_many_accounts_waits_for_all_of_them() -> None:
    lockouts = Lockouts()
    for n in range(PEER_FREE_TRIES + 1):
        lockouts.record_failure(f"name{n}", "a", 0.0)
    assert lockouts.wait_s("somebody else", "a", 0.0) == 1
    assert lockouts.wait_s("somebody else", "b", 0.0) == 0


def test_the_right_password_ends_the_accounts_wait_and_not_the_peers() -> None:
    lockouts = Lockouts()
    fail(lockouts, PEER_FREE_TRIES + 1)
    lockouts.record_success("li")
    assert lockouts.wait_s("li", "b", 0.0) == 0
    assert lockouts.wait_s("li", "a", 0.0) == 1


def test_failures_are_forgotten_after_an_hour() -> None:
    lockouts = Lockouts()
    fail(lockouts, ACCOUNT_FREE_TRIES + 3)
    later = FORGET_AFTER_S + 1
    lockouts.record_failure("li", "a", later)
    assert lockouts.wait_s("li", "a", later) == 0


def test_a_flood_of_names_frees_no_locked_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockout, "KEPT_MAX", 50)
    lockouts = Lockouts()
    fail(lockouts, ACCOUNT_FREE_TRIES + 5)
    for n in range(500):
        lockouts.record_failure(f"name{n}", f"peer{n}", 0.0)
    assert len(lockouts._failures) == 50
    assert lockouts.wait_s("li", "b", 0.0) > 0
