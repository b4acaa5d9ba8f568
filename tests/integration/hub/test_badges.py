"""Random, revocable badges, and the people behind pseudonyms. Source: design section 3, HV-R1."""

import httpx
import pytest
from fastapi import FastAPI

from hub.access.badges import people_of, person_of
from hub.access.rules import Role
from hub.app import make_duties
from hub.network import Network, Staff
from hub.packs.service import PackDuty, find_pack
from tests.hub_parts import HubHome, SigningEdge
from tests.integration.hub.route_cases import make_account
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem
from wire.badges import badge_sha256, pseudonym
from wire.site_pack import Duty, parse_pack

pytestmark = pytest.mark.anyio

LI = Staff(badge="1001", name="李雷", duty=Duty.COURIER, site="755A")
HAN = Staff(badge="1002", name="韩梅", duty=Duty.DRIVER, site="020W")


@pytest.fixture
def network() -> Network:
    """A courier here and a driver from elsewhere."""
    return Network(staff=(LI, HAN))


def by(hub: HubHome, badge: str, site: str = "755A") -> str:
    """How a badge stands in the lines of a site."""
    with hub.database.reading() as tx:
        rows = tx.exec_driver_sql("SELECT site, salt FROM site_salt").all()
        salts = {row.site: row.salt for row in rows}
    return pseudonym(badge_sha256(badge), salts[site])


def found(hub: HubHome, badge: str, site: str = "755A") -> Staff | None:
    with hub.database.reading() as tx:
        return person_of(tx, hub.role.network, site, by(hub, badge, site))


def at_work(hub: HubHome, site: str = "755A") -> dict[str, Staff]:
    with hub.database.reading() as tx:
        return people_of(tx, hub.role.network, site)


async def print_for(client: httpx.AsyncClient, badge: str) -> str:
    answer = await client.post(f"{API}/staff/{badge}/token")
    assert answer.status_code == 201, answer.text
    label = str(answer.json()["label"])
    return label.removeprefix("CX:BY:")


@on_both_databases
async def test_who_it_was_is_known_by_number_and_by_every_token_that_was_ever_printed(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    assert found(hub, "1001") == LI
    assert found(hub, "1002") == HAN  # A visitor at this site.
    assert found(hub, "9999") is None
    first = await print_for(admin, "1001")
    assert found(hub, first) == LI
    second = await print_for(admin, "1001")
    assert second != first
    assert len(second) == 22
    for badge in ("1001", first, second):
        assert found(hub, badge) == LI
    assert (await admin.delete(f"{API}/staff/1001/token")).status_code == 204
    for badge in ("1001", first, second):
        assert found(hub, badge) == LI


async def test_one_badge_counts_at_a_time(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    assert at_work(hub) == {by(hub, "1001"): LI}
    first = await print_for(admin, "1001")
    assert at_work(hub) == {by(hub, first): LI}
    second = await print_for(admin, "1001")
    assert at_work(hub) == {by(hub, second): LI}
    await admin.delete(f"{API}/staff/1001/token")
    assert at_work(hub) == {}, "whoever found the badge could read the plain number on it"
    third = await print_for(admin, "1001")
    assert at_work(hub) == {by(hub, third): LI}


async def test_a_site_without_an_edge_has_no_pseudonyms(hub: HubHome) -> None:
    assert at_work(hub) == {}
    with hub.database.reading() as tx:
        assert person_of(tx, hub.role.network, "755A", "0" * 16) is None


async def test_the_same_person_has_another_pseudonym_at_another_site(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.enrol(SigningEdge(site="020W"))
    assert by(hub, "1001", "755A") != by(hub, "1001", "020W")
    assert found(hub, "1001", "020W") == LI


async def test_a_token_is_shown_once_and_kept_nowhere(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    token = await print_for(admin, "1001")
    listed = (await admin.get(f"{API}/staff")).text
    assert token not in listed
    assert '"made_by":"administrator"' in listed
    with hub.database.reading() as tx:
        assert token not in repr(tx.exec_driver_sql("SELECT * FROM staff_badge").all())


async def test_a_printed_badge_makes_the_sites_pack_anew(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    (duty,) = [each for each in make_duties(hub.role) if isinstance(each, PackDuty)]
    packs = []
    for act in ("", "print", "revoke"):
        if act == "print":
            token = await print_for(admin, "1001")
        elif act == "revoke":
            await admin.delete(f"{API}/staff/1001/token")
        with hub.database.writing() as tx:
            duty.run(tx, hub.clock.now())
            stored = find_pack(tx, "755A")
        assert stored is not None
        packs.append([person.by for person in parse_pack(stored.data).staff])
    assert packs == [[by(hub, "1001")], [by(hub, token)], []]


async def test_nobody_gets_a_badge_whom_the_network_file_does_not_list(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    problem(await admin.post(f"{API}/staff/9999/token"), 404)
    problem(await admin.delete(f"{API}/staff/1001/token"), 404)
    assert hub.count("staff_badge") == 0


async def test_people_are_told_page_by_page(hub: HubHome, admin: httpx.AsyncClient) -> None:
    first = (await admin.get(f"{API}/staff?limit=1")).json()
    assert [each["badge"] for each in first["items"]] == ["1001"]
    rest = (await admin.get(f"{API}/staff?limit=1&cursor={first['next']}")).json()
    assert [each["name"] for each in rest["items"]] == ["韩梅"]


async def test_a_supervisor_prints_for_their_own_people(hub: HubHome, app: FastAPI) -> None:
    token = make_account(hub, "su", Role.SUPERVISOR, "755A")
    async with client_of(app, Authorization=f"Bearer {token}") as client:
        await print_for(client, "1001")
        problem(await client.post(f"{API}/staff/1002/token"), 404)
