"""Samples of what crosses about keys and certificates; part of :mod:`tests.samples`."""

from ledger.keys import SigningKey
from ledger.signing import rotation_proof
from wire import messages as m

EDGE_KEY = SigningKey(bytes(range(32)))
HUB_KEY = SigningKey(bytes(range(32, 64)))
NEW_KEY = SigningKey(bytes(range(64, 96)))
POINT = "04" + "5c" * 64
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

_TO = {"site": "755A", "edge": "dock"}
_PROOF = NEW_KEY.sign(rotation_proof("755A", "dock", EDGE_KEY.public_key, NEW_KEY.public_key))

IDENTITY_MESSAGES: dict[str, m.MessageBase] = {
    "enrol-tls": m.Enrol(
        **_TO,
        public_key=EDGE_KEY.public_key.hex(),
        secret="once",
        boot="0123456789abcdef" * 2,
        tls_key=POINT,
    ),
    "renew": m.Renew(**_TO, tls_key=POINT, at="2026-11-22T01:02:03.456Z"),
    "rotate": m.Rotate(**_TO, public_key=NEW_KEY.public_key.hex(), proof=_PROOF.hex()),
    "enrolled-tls": m.Enrolled(
        **_TO,
        public_key=EDGE_KEY.public_key.hex(),
        hub_key=HUB_KEY.public_key.hex(),
        site_salt="4" * 32,
        certificate=PEM,
        ca=PEM,
    ),
    "certified": m.Certified(**_TO, tls_key=POINT, certificate=PEM, ca=PEM),
}
IDENTITY_FROM_EDGE = frozenset({"enrol-tls", "renew", "rotate"})
