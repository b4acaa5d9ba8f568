"""Key files: made once, private, never half-written. Source: design section 4."""

import os
import stat
from pathlib import Path

import pytest

from hub.keys import (
    AUTHORITY_KEY_FILE,
    BODY_KEY_FILE,
    HUB_KEY_FILE,
    LINK_KEY_FILE,
    NONCE_BYTES,
    BodyCipher,
    KeyFileError,
    load_keys,
    load_secret,
)

CIPHER = BodyCipher(bytes(32))


def test_keys_are_made_once_and_stay_the_same(tmp_path: Path) -> None:
    first = load_keys(tmp_path, os.urandom)
    second = load_keys(tmp_path, os.urandom)
    assert first.statement.public_key == second.statement.public_key


def test_key_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    load_keys(tmp_path, os.urandom)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    files = (HUB_KEY_FILE, BODY_KEY_FILE, AUTHORITY_KEY_FILE, LINK_KEY_FILE)
    assert modes == dict.fromkeys(files, 0o600)


@pytest.mark.parametrize("content", ["", "zz", "ab" * 31, "ab\ncd", "é"])
def test_a_broken_key_file_is_one_sentence_and_stays_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / HUB_KEY_FILE
    path.write_text(content)
    with pytest.raises(KeyFileError, match=HUB_KEY_FILE):
        load_keys(tmp_path, os.urandom)
    assert path.read_text() == content


def test_of_two_programs_that_start_at_once_the_first_ones_secret_counts(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def other_program_is_faster() -> str:
        path.write_text("theirs\n")
        return "ours"

    assert load_secret(path, other_program_is_faster) == "theirs"
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_a_body_is_read_back_under_its_name_only() -> None:
    stored = CIPHER.encrypt(b"private", "name", bytes(NONCE_BYTES))
    assert b"private" not in stored
    assert CIPHER.decrypt(stored, "name") == b"private"
    assert CIPHER.decrypt(stored, "other") is None
    assert CIPHER.decrypt(stored[:-1], "name") is None
    assert CIPHER.decrypt(b"", "name") is None
    assert BodyCipher(b"k" * 32).decrypt(stored, "name") is None


def test_a_short_nonce_is_refused() -> None:
    with pytest.raises(ValueError, match="nonce"):
        CIPHER.encrypt(b"private", "name", b"short")
