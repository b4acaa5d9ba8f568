"""Keys and certificates of the closed wire: made and read, nothing kept.

P-256 with ECDSA and SHA-256, which every TLS 1.3 library takes. Time and random bytes are
arguments. Source: design section 4, RFC 5280, docs/adr/0031.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SEED_BYTES = 32
SERIAL_BYTES = 16
NAME_CHARS_MAX = 64
"""Of a common name (RFC 5280, ub-common-name)."""

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Purpose(StrEnum):
    """What a certificate is good for."""

    SERVER = "server"
    CLIENT = "client"


class TlsKey:
    """A private key of P-256, made from 32 random bytes that the caller drew and keeps."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a key for TLS is made of {SEED_BYTES} bytes, not {len(seed)}")
        self.private = ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, _CURVE)
        self.point = _point_of(self.private.public_key())
        """The public key as the wire has it: 130 hex digits."""

    def pem(self) -> bytes:
        """The private key as TLS libraries read it (PKCS #8)."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says; times are aware UTC."""

    serial: int
    name: str
    point: str
    since: datetime
    until: datetime

    def is_due(self, now: datetime) -> bool:
        """Say whether it is time to renew it: less than a third of its life is left.

        A clock that shows a time before it began knows nothing of its end: ask, too.
        """
        return now < self.since or (self.until - now) * 3 < self.until - self.since


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate in the making; ``hosts`` are the names and addresses of a server."""

    name: str
    point: str
    serial: int
    since: datetime
    until: datetime
    purpose: Purpose
    hosts: tuple[str, ...] = ()


def serial_of(random: bytes) -> int:
    """A positive serial number of ``SERIAL_BYTES`` random bytes."""
    return int.from_bytes(random[:SERIAL_BYTES]) & (2 ** (8 * SERIAL_BYTES - 1) - 1) or 1


def read_certificate(pem: bytes) -> Certificate:
    """Read one certificate; whether its signature is right, TLS itself decides.

    Raises:
        ValueError: no certificate of a P-256 key with one common name.
    """
    read = x509.load_pem_x509_certificate(pem)
    names = read.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    key = read.public_key()
    if len(names) != 1 or not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("a certificate without one common name and a key of P-256")
    return Certificate(
        serial=read.serial_number,
        name=str(names[0].value),
        point=_point_of(key),
        since=read.not_valid_before_utc,
        until=read.not_valid_after_utc,
    )


def make_authority(key: TlsKey, name: str, serial: int, since: datetime, until: datetime) -> bytes:
    """A CA's own certificate, PEM; it signs certificates and revocations, and no other CA."""
    public = key.private.public_key()
    builder = _builder(name, name, public, serial, since, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(ca=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    builder = builder.add_extension(identifier, critical=False)
    return builder.sign(key.private, SHA256()).public_bytes(Encoding.PEM)


def issue(order: Order, key: TlsKey, authority: bytes) -> bytes:
    """A certificate by the CA with this key and certificate, PEM.

    Raises:
        ValueError: the name is too long, the point lies on no curve, a host is no name.
    """
    if not 0 < len(order.name) <= NAME_CHARS_MAX:
        raise ValueError(f"a certificate's name has 1 to {NAME_CHARS_MAX} characters")
    public = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, bytes.fromhex(order.point))
    builder = _builder(
        order.name, read_certificate(authority).name, public, order.serial, order.since, order.until
    )
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(_usage(ca=False), critical=True)
    is_server = order.purpose is Purpose.SERVER
    use = ExtendedKeyUsageOID.SERVER_AUTH if is_server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    if order.hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in order.hosts])
        builder = builder.add_extension(names, critical=False)
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.private.public_key())
    builder = builder.add_extension(own, critical=False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    builder = builder.add_extension(identifier, critical=False)
    return builder.sign(key.private, SHA256()).public_bytes(Encoding.PEM)


def make_revocations(
    revoked: Iterable[tuple[int, datetime]],
    number: int,
    now: datetime,
    key: TlsKey,
    authority: bytes,
) -> bytes:
    """The list of revoked certificates (CRL), PEM: serials and since when, and its own number.

    It is good as long as its CA: a broker that is given no newer one must not refuse everybody.
    """
    ca = x509.load_pem_x509_certificate(authority)
    builder = x509.CertificateRevocationListBuilder().issuer_name(ca.subject)
    builder = builder.last_update(now).next_update(ca.not_valid_after_utc)
    for serial, at in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(one)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.private.public_key())
    builder = builder.add_extension(own, critical=False)
    return builder.sign(key.private, SHA256()).public_bytes(Encoding.PEM)


def read_revocations(pem: bytes) -> tuple[int, Sequence[int]]:
    """A list's number and the serials on it.

    Raises:
        ValueError: no such list.
    """
    read = x509.load_pem_x509_crl(pem)
    try:
        number = read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound as error:
        raise ValueError("a list of revocations without a number") from error
    return number, [each.serial_number for each in read]


def _builder(
    name: str,
    issuer: str,
    public: ec.EllipticCurvePublicKey,
    serial: int,
    since: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        subject_name=_name(name),
        issuer_name=_name(issuer),
        public_key=public,
        serial_number=serial,
        not_valid_before=since,
        not_valid_after=until,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _point_of(public: ec.EllipticCurvePublicKey) -> str:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
