import pytest

from ledger.keys import SigningKey, is_signed_by, key_hash

# RFC 8032, section 7.1, test 2.
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_published_vector_is_signed_and_verified() -> None:
    key = SigningKey(SEED)
    assert key.public_key == PUBLIC
    assert key.sign(b"\x72") == SIGNATURE
    assert is_signed_by(PUBLIC, b"\x72", SIGNATURE)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33), b"hex" * 20])
def test_a_seed_of_a_wrong_length_is_refused(seed: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(seed)


@pytest.mark.parametrize(
    ("public_key", "message", "signature"),
    [
        (PUBLIC, b"\x73", SIGNATURE),
        (PUBLIC, b"", SIGNATURE),
        (PUBLIC, b"\x72", SIGNATURE[:-1]),
        (PUBLIC, b"\x72", SIGNATURE + b"\x00"),
        (PUBLIC, b"\x72", b""),
        (PUBLIC, b"\x72", bytes(64)),
        (PUBLIC[:-1], b"\x72", SIGNATURE),
        (b"", b"\x72", SIGNATURE),
        (SEED, b"\x72", SIGNATURE),
    ],
)
def test_a_wrong_key_message_or_signature_is_told(
    public_key: bytes, message: bytes, signature: bytes
) -> None:
    assert not is_signed_by(public_key, message, signature)


def test_a_signature_with_the_group_order_added_is_refused() -> None:
    # The classic malleability: S + L verifies in a careless library.
    order = 2**252 + 27742317777372353535851937790883648493
    shifted = int.from_bytes(SIGNATURE[32:], "little") + order
    twin = SIGNATURE[:32] + shifted.to_bytes(32, "little")
    assert not is_signed_by(PUBLIC, b"\x72", twin)


def test_a_key_hash_is_sha256_of_the_raw_key() -> None:
    assert key_hash(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_signing_key_never_shows_its_seed() -> None:
    key = SigningKey(SEED)
    assert SEED.hex() not in repr(key) + str(vars(key))
