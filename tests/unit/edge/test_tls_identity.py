"""The edge's certificate: kept whole, renewed in time, and what is not ours is not kept."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from edge.enrolment import EnrolmentError
from edge.errands import CERTIFY_AGAIN_NS, Certify
from edge.hub_http import CERTIFICATE_PATH, HubHttp, HubUnreachableError
from edge.tls_identity import AUTHORITY_NAME, PAIR_NAME, TlsIdentity, TlsIdentityError
from ledger.certificates import Order, Purpose, TlsKey, issue, make_authority
from ledger.keys import SigningKey
from ledger.signing import open_sealed, seal
from tests.unit.edge.fakes import FakeClock
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import Certified, Renew

HUB, EDGE, STRANGER = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
CA_KEY = TlsKey(b"c" * 32)
DAYS_90 = timedelta(days=90)


class House:
    """An edge's directory, and a hub in memory that issues."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = FakeClock()
        self.tls = TlsIdentity(directory, "755A", "dock", self.clock)
        now = self.clock.now()
        self.ca = make_authority(CA_KEY, "CA", 1, now, now + 100 * DAYS_90).decode()
        self.asked: list[Renew] = []
        self.certified = 0
        self.answer: dict[str, str] = {}
        self.signer = HUB
        self.status = 200

    def issued(self, name: str = "755A/dock", point: str | None = None) -> str:
        now = self.clock.now().replace(microsecond=0)
        order = Order(name, point or self.tls.point, 7, now, now + DAYS_90, Purpose.CLIENT)
        return issue(order, CA_KEY, self.ca.encode()).decode()

    def errand(self) -> Certify:
        def count() -> None:
            self.certified += 1

        return Certify("755A", "dock", EDGE, lambda: HUB.public_key, self.tls, self.clock, count)

    def hub(self) -> HubHttp:
        return HubHttp("http://hub", transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == CERTIFICATE_PATH
        opened = open_sealed(request.content, Renew, EDGE.public_key, MESSAGE_BYTES_MAX)
        self.asked.append(opened.message)
        if self.status != 200:
            return httpx.Response(self.status)
        own = {"site": "755A", "edge": "dock", "tls_key": opened.message.tls_key}
        pems = {"certificate": self.issued(), "ca": self.ca}
        message = Certified(**{**own, **pems, **self.answer})
        return httpx.Response(200, content=seal(message, self.signer))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_key_is_made_once_and_is_nobody_elses_to_read(house: House) -> None:
    again = TlsIdentity(house.directory, "755A", "dock", house.clock)
    assert again.point == house.tls.point
    modes = {path.name: path.stat().st_mode & 0o777 for path in house.directory.iterdir()}
    assert modes == {"edge-tls.key": 0o600}


def test_without_a_certificate_there_is_nothing_to_come_with_and_one_is_due(house: House) -> None:
    assert house.tls.certificate() is None
    assert house.tls.is_due(house.clock.now())
    with pytest.raises(TlsIdentityError, match="no certificate yet"):
        house.tls.context()


def test_a_certificate_is_asked_for_kept_and_asked_for_again_when_it_is_due(house: House) -> None:
    errand = house.errand()
    assert errand.is_due()
    errand.run(house.hub())
    assert (len(house.asked), house.certified) == (1, 1)
    assert house.asked[0].tls_key == house.tls.point
    assert house.tls.context().minimum_version.name == "TLSv1_3"
    assert not errand.is_due()
    house.clock.advance(59 * 86_400_000)
    assert not errand.is_due()
    house.clock.advance(2 * 86_400_000)
    assert errand.is_due()


def test_a_hub_that_is_away_is_asked_again_at_once(house: House) -> None:
    errand = house.errand()
    house.status = 503
    with pytest.raises(HubUnreachableError):
        errand.run(house.hub())
    assert errand.is_due()


def test_a_hub_that_refuses_is_asked_no_more_than_now_and_then(house: House) -> None:
    errand = house.errand()
    house.status = 401
    errand.run(house.hub())
    assert not errand.is_due()
    house.clock.advance(CERTIFY_AGAIN_NS // 1_000_000 - 1)
    assert not errand.is_due()
    house.clock.advance(1)
    assert errand.is_due()
    assert house.certified == 0


@pytest.mark.parametrize("wrong", ["signer", "edge", "key", "name", "authority", "certificate"])
def test_a_certificate_that_is_not_the_hubs_to_us_is_not_kept(house: House, wrong: str) -> None:
    match wrong:
        case "signer":
            house.signer = STRANGER
        case "edge":
            house.answer = {"edge": "cage"}
        case "key":
            house.answer = {"certificate": house.issued(point=CA_KEY.point)}
        case "name":
            house.answer = {"certificate": house.issued(name="755A/cage")}
        case "authority" | "certificate":
            field = {"authority": "ca", "certificate": "certificate"}[wrong]
            house.answer = {field: "-----BEGIN CERTIFICATE-----\nMIIB\n"}
    with pytest.raises(EnrolmentError, match="cannot be believed"):
        house.errand().run(house.hub())
    assert house.tls.certificate() is None
    assert house.certified == 0


def test_a_crash_between_the_files_is_a_certificate_that_is_asked_for_again(house: House) -> None:
    house.errand().run(house.hub())
    whole = (house.directory / PAIR_NAME).read_bytes()
    for damage in (whole[:100], b""):
        (house.directory / PAIR_NAME).write_bytes(damage)
        assert house.tls.is_due(house.clock.now())
    (house.directory / PAIR_NAME).write_bytes(whole)
    assert not house.tls.is_due(house.clock.now())
    (house.directory / AUTHORITY_NAME).unlink()
    assert house.tls.is_due(house.clock.now())
