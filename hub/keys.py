"""The hub's key files: made once, never shown, on the disk before their first use.

Source: design section 4.

    KeyFileError      a key file is unreadable or of the wrong length; one sentence, exit 2
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ledger.certificates import TlsKey
from ledger.keys import KEY_BYTES, SigningKey

NONCE_BYTES = 12
_FILE_BYTES_MAX = 4096

HUB_KEY_FILE = "hub.key"
BODY_KEY_FILE = "body.key"
AUTHORITY_KEY_FILE = "ca.key"
LINK_KEY_FILE = "mqtt.key"
ADMIN_TOKEN_FILE = "admin.token"


class KeyFileError(Exception):
    """A key file cannot be used; the sentence says which and why."""


@dataclass(frozen=True)
class HubKeys:
    """The statement key signs receipts, the wanted list and commands; bodies have their own.

    The authority's key signs the certificates of broker, hub and edges; ``link`` is the hub's own
    for TLS to its broker.
    """

    statement: SigningKey
    bodies: "BodyCipher"
    authority: TlsKey
    link: TlsKey


class BodyCipher:
    """Encrypts private bodies at rest; ``name`` ties a cipher text to what it belongs to."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)

    def encrypt(self, plain: bytes, name: str, nonce: bytes) -> bytes:
        """Nonce and cipher text; the nonce is ``NONCE_BYTES`` fresh random bytes."""
        if len(nonce) != NONCE_BYTES:
            raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def decrypt(self, stored: bytes, name: str) -> bytes | None:
        """The plain bytes; ``None`` where key, name or bytes are not those of the encryption."""
        nonce, encrypted = stored[:NONCE_BYTES], stored[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, encrypted, name.encode())
        except (InvalidTag, ValueError):
            return None


def load_keys(data_dir: Path, random_bytes: Callable[[int], bytes]) -> HubKeys:
    """Read the hub's keys, making those that are missing.

    Raises:
        KeyFileError: a file is unreadable or broken.
    """
    return HubKeys(
        statement=SigningKey(_load_key(data_dir / HUB_KEY_FILE, random_bytes)),
        bodies=BodyCipher(_load_key(data_dir / BODY_KEY_FILE, random_bytes)),
        authority=TlsKey(_load_key(data_dir / AUTHORITY_KEY_FILE, random_bytes)),
        link=TlsKey(_load_key(data_dir / LINK_KEY_FILE, random_bytes)),
    )


def read_public_key(data_dir: Path) -> bytes | None:
    """Whose statements these are: the hub's public key; ``None`` where there is none yet.

    Raises:
        KeyFileError: a file is unreadable or broken.
    """
    path = data_dir / HUB_KEY_FILE
    if not path.exists():
        return None
    return SigningKey(_load_key(path, _no_key)).public_key


def load_secret(path: Path, make: Callable[[], str]) -> str:
    """Read a secret of one line, making its file (0600) where it is missing.

    Two programs that start at once agree: the first to link its file in wins.

    Raises:
        KeyFileError: unreadable, or no single line of text.
    """
    try:
        if not path.exists():
            _create(path, make().encode() + b"\n")
        data = path.read_bytes()[:_FILE_BYTES_MAX]
        text = data.decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be read or made: {error}") from error
    if not text or "\n" in text:
        raise KeyFileError(f"{path} must hold one line")
    return text


def _load_key(path: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    text = load_secret(path, lambda: random_bytes(KEY_BYTES).hex())
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise KeyFileError(f"{path} holds no key") from error
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"{path} holds {len(key)} bytes, a key has {KEY_BYTES}")
    return key


def _no_key(_count: int) -> bytes:
    raise KeyFileError("the key file went away while it was read")


def write_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file so that it is whole after a power cut: the old one or the new one.

    Raises:
        OSError: the old one stands.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        _write_through(draft, data, mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _create(path: Path, data: bytes) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        _write_through(draft, data, 0o600)
        # Another program may be first; then its key is the one.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _write_through(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        # Whatever the umask leaves: the broker's account reads some of them.
        os.fchmod(descriptor, mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
