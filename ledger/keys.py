"""Ed25519 keys as bytes: 32 private, 32 public, 64 of signature. Source: design section 4."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

KEY_BYTES = 32


class SigningKey:
    """A private key, made from 32 random bytes that the caller drew and keeps."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY_BYTES:
            raise ValueError(f"a signing key has {KEY_BYTES} bytes, not {len(seed)}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature."""
        return self._key.sign(message)


def is_signed_by(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a signature is right; a key or signature of a wrong length is wrong."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_hash(public_key: bytes) -> str:
    """SHA-256 of a raw public key, lower hex: how a token names the hub's key."""
    return hashlib.sha256(public_key).hexdigest()
