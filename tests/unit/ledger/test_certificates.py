"""Certificates of the closed wire: what is issued says what was ordered, and no more."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ledger.certificates import (
    NAME_CHARS_MAX,
    Order,
    Purpose,
    TlsKey,
    issue,
    make_authority,
    make_revocations,
    read_certificate,
    read_revocations,
    serial_of,
)

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
CA_KEY, EDGE_KEY = TlsKey(bytes(range(32))), TlsKey(bytes(range(32, 64)))
CA = make_authority(CA_KEY, "Custos hub", 7, NOW, NOW + 10 * YEAR)
ORDER = Order("755A/dock", EDGE_KEY.point, 8, NOW, NOW + timedelta(days=90), Purpose.CLIENT)


def test_a_certificate_says_what_was_ordered() -> None:
    read = read_certificate(issue(ORDER, CA_KEY, CA))
    assert (read.serial, read.name, read.point) == (8, "755A/dock", EDGE_KEY.point)
    assert (read.since, read.until) == (ORDER.since, ORDER.until)


def test_a_certificate_is_signed_by_its_authority_and_by_no_other() -> None:
    made = x509.load_pem_x509_certificate(issue(ORDER, CA_KEY, CA))
    made.verify_directly_issued_by(x509.load_pem_x509_certificate(CA))
    other = make_authority(TlsKey(b"x" * 32), "Custos hub", 7, NOW, NOW + YEAR)
    with pytest.raises(InvalidSignature):
        made.verify_directly_issued_by(x509.load_pem_x509_certificate(other))


def test_an_edges_certificate_makes_nobody_a_server_or_an_authority() -> None:
    made = x509.load_pem_x509_certificate(issue(ORDER, CA_KEY, CA))
    use = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(use) == [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("seed", [bytes(32), b"\xff" * 32, bytes(31) + b"\x01"])
def test_every_seed_makes_a_key_that_tls_can_use(seed: bytes, tmp_path: Path) -> None:
    key = TlsKey(seed)
    order = Order("broker", key.point, 9, NOW, NOW + YEAR, Purpose.SERVER, ("localhost", "::1"))
    pair = tmp_path / "pair.pem"
    pair.write_bytes(key.pem() + issue(order, CA_KEY, CA))
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair)


@pytest.mark.parametrize("length", [31, 33, 0])
def test_a_key_of_another_length_is_none(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        TlsKey(bytes(length))


@pytest.mark.parametrize("point", ["04" + "00" * 64, "04" + "ff" * 64])
def test_a_point_that_lies_on_no_curve_gets_no_certificate(point: str) -> None:
    order = Order("755A/dock", point, 8, NOW, NOW + YEAR, Purpose.CLIENT)
    with pytest.raises(ValueError):
        issue(order, CA_KEY, CA)


def test_a_name_is_at_most_as_long_as_the_standard_lets_it_be() -> None:
    for length in (NAME_CHARS_MAX, 1):
        order = Order("x" * length, EDGE_KEY.point, 8, NOW, NOW + YEAR, Purpose.CLIENT)
        assert read_certificate(issue(order, CA_KEY, CA)).name == "x" * length
    for length in (NAME_CHARS_MAX + 1, 0):
        order = Order("x" * length, EDGE_KEY.point, 8, NOW, NOW + YEAR, Purpose.CLIENT)
        with pytest.raises(ValueError, match="characters"):
            issue(order, CA_KEY, CA)


def test_a_certificate_is_due_when_less_than_a_third_of_its_life_is_left() -> None:
    read = read_certificate(issue(ORDER, CA_KEY, CA))
    assert not read.is_due(NOW + timedelta(days=60))
    assert read.is_due(NOW + timedelta(days=60, seconds=1))
    assert read.is_due(NOW + timedelta(days=900))
    assert read.is_due(NOW - timedelta(seconds=1))
    assert not read.is_due(NOW)


def test_a_list_of_revocations_is_read_as_it_was_made() -> None:
    made = make_revocations([(8, NOW), (9, NOW)], 2, NOW, CA_KEY, CA)
    assert read_revocations(made) == (2, [8, 9])
    assert read_revocations(make_revocations([], 0, NOW, CA_KEY, CA)) == (0, [])
    read = x509.load_pem_x509_crl(made)
    assert read.is_signature_valid(CA_KEY.private.public_key())
    assert read.next_update_utc == read_certificate(CA).until


@pytest.mark.parametrize("pem", [b"", b"garbage", CA])
def test_what_is_no_list_of_revocations_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError):
        read_revocations(pem)


@pytest.mark.parametrize("pem", [b"", b"garbage", make_revocations([], 0, NOW, CA_KEY, CA)])
def test_what_is_no_certificate_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError):
        read_certificate(pem)


def test_a_serial_number_is_positive_and_fits_twenty_bytes() -> None:
    assert serial_of(bytes(16)) == 1
    assert 0 < serial_of(b"\xff" * 16) < 2**127
