"""The demo's person logs in to the real application as anybody does, and its query counts."""

import pytest

from hub.missing.service import Query, shift_asks
from hub.network import Network, Shift
from simulators.hub_person import HubPerson
from simulators.hub_rest import HubRest, HubRestError
from tests.hub_parts import ADMIN_TOKEN, HubHome
from tests.integration.hub.login_parts import hash_quickly
from tests.missing_parts import network as small_network

ALL_DAY = Shift(site="755A", name="day", starts="00:00", ends="23:59")


@pytest.fixture
def network() -> Network:
    plain = small_network()
    return Network(region=plain.region, site=plain.site, lane=plain.lane, shift=(ALL_DAY,))


def query_in_shift(hub: HubHome) -> Query | None:
    with hub.database.reading() as tx:
        (on,) = shift_asks(tx, hub.role.network, None, hub.clock.now())
    return on.query


def test_who_logs_in_and_asks_does_the_shifts_duty(
    hub: HubHome, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HV-2.11.2: a named person asks; the administrator's token is none."""
    hash_quickly(monkeypatch)
    url = f"http://127.0.0.1:{port}"
    administrator = HubRest(url, ADMIN_TOKEN)
    administrator.get("suspects?site=755A")
    assert query_in_shift(hub) is None
    person = HubPerson(url, administrator, "office")
    for _ in range(2):
        assert person.get("suspects?site=755A")["items"] == []
    query = query_in_shift(hub)
    assert query is not None
    assert query.who == "office"
    assert hub.count("missing_query") == 3


def test_a_name_that_is_taken_is_said(
    hub: HubHome, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_quickly(monkeypatch)
    url = f"http://127.0.0.1:{port}"
    administrator = HubRest(url, ADMIN_TOKEN)
    HubPerson(url, administrator, "office").get("me")
    with pytest.raises(HubRestError, match="409"):
        HubPerson(url, administrator, "office").get("me")
    with pytest.raises(HubRestError, match="did not answer"):
        HubPerson("http://127.0.0.1:1", HubRest("http://127.0.0.1:1", "x"), "office").get("me")
    assert hub.count("account") == 1
