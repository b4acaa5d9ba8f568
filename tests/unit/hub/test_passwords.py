"""Passwords are hashed by argon2id, a few at a time. Source: design section 4."""

import pytest

from hub.access import passwords
from hub.access.passwords import BusyError, hash_password, is_password
from hub.access.rules import (
    PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN,
    PasswordFault,
    is_account_name,
    password_fault,
)


def test_a_hash_fits_its_password_and_no_other() -> None:
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert len(stored) <= 200  # As long as its column.
    assert "correct" not in stored
    assert is_password(stored, "correct horse")
    assert not is_password(stored, "correct horsf")


@pytest.mark.parametrize("stored", [None, "", "$argon2id$nothing", "plain"])
def test_without_a_hash_nothing_fits(stored: str | None) -> None:
    assert not is_password(stored, "a password that nobody has")


def test_a_third_at_once_waits_and_then_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAIT_S_MAX", 0.0)
    with passwords._Turn(), passwords._Turn(), pytest.raises(BusyError):
        hash_password("correct horse")
    assert hash_password("correct horse")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("abcde" * 2, None),
        ("abcdefghi", PasswordFault.SHORT),
        ("a1b2c3d4e" * 2, None),
        ("aaaabbbbcccc", PasswordFault.SIMPLE),
        ("my name is LI.LEI", PasswordFault.NAME),
        ("四个汉字再加六个就够了", None),
    ],
)
def test_a_password_is_long_and_not_simple(password: str, fault: PasswordFault | None) -> None:
    assert password_fault(password, "li.lei") is fault


def test_a_password_has_its_bounds() -> None:
    most = "abcdefgh" * (PASSWORD_CHARS_MAX // 8)
    assert password_fault(most, "li") is None
    assert password_fault(most + "x", "li") is PasswordFault.LONG
    assert password_fault(most[:PASSWORD_CHARS_MIN], "li") is None


@pytest.mark.parametrize("name", ["li", "li.lei-2_x", "a" * 32])
def test_an_account_name(name: str) -> None:
    assert is_account_name(name)


@pytest.mark.parametrize(
    "name", ["", "l", "Li", "a" * 33, ".li", "li\n", "李雷", "administrator", "a b"]
)
def test_no_account_name(name: str) -> None:
    assert not is_account_name(name)
