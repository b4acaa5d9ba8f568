"""What custody answers: nobody's time, last holders, names, the REST routes. Design section 6."""

import httpx
import pytest

from hub.access.service import person_of
from hub.app import create_app
from hub.custody import service
from tests.custody_hub import PLAIN, SIBLING, WAYBILL, Carrier, at
from tests.custody_parts import NETWORK
from tests.hub_parts import BEARER
from tests.postgres_parts import on_both_databases
from tests.rest_parts import client_of
from wire.names import Step, format_at

# ---------------------------------------------------------------- nobody's time, last holder


@on_both_databases
def test_nobodys_time_is_measured_and_sites_are_ranked_by_it(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, None))
    carrier.hand_in(carrier.scan(90, Step.RETRIEVE, "KIM"))
    carrier.hand_in(carrier.scan(100, Step.DEPART, "LOADER", "HUB", waybill=SIBLING))
    carrier.hub.clock.at = at(120)
    with carrier.hub.database.reading() as tx:
        ranked = service.nobody_time(tx, at(30), at(120))
        only = service.nobody_time(tx, at(30), at(120), frozenset({"HUB"}))
    assert [(each.site, each.seconds, each.parcels, each.lasting) for each in ranked] == [
        ("BRANCH", 3600, 1, 0),
        ("HUB", 1200, 1, 1),
    ]
    assert only == ranked[1:]


def test_the_last_holder_is_known_also_while_nobody_holds(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KEEPER", place="counter"))
    carrier.hand_in(carrier.scan(30, Step.DEPART, "LOADER"))
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KEEPER", waybill=SIBLING))
    carrier.hand_in(carrier.scan(30, Step.DEPART, "DRIVER", waybill=SIBLING))
    with carrier.hub.database.reading() as tx:
        found = [
            service.last_holder(tx, carrier.hub.chains(), waybill, at(60))
            for waybill in (WAYBILL, SIBLING, PLAIN)
        ]
    left, under_way, nothing = found
    assert left is not None
    assert (left.holder.badge, left.site, left.place) == ("KEEPER", "BRANCH", "counter")
    assert under_way is not None
    assert (under_way.holder.badge, under_way.site, under_way.since) == ("DRIVER", "BRANCH", at(30))
    assert nothing is None


def test_the_person_behind_a_pseudonym_is_found_at_every_site(carrier: Carrier) -> None:
    by = carrier.by("FAR", "DRIVER")
    assert by is not None
    with carrier.hub.database.reading() as tx:
        found = person_of(tx, NETWORK, "FAR", by)
        assert found is not None
        assert found.badge == "DRIVER"
        assert person_of(tx, NETWORK, "FAR", "0" * 16) is None
        assert person_of(tx, NETWORK, "NOWHERE", by) is None


# ---------------------------------------------------------------- REST


@pytest.fixture
def base(carrier: Carrier) -> Carrier:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM", place="counter"))
    carrier.hand_in(carrier.scan(10, Step.HANDOVER, "KIM"))
    carrier.turn(60)
    return carrier


async def ask(carrier: Carrier, path: str) -> httpx.Response:
    async with client_of(create_app(carrier.hub.web()), **BEARER) as client:
        return await client.get(f"/api/v1/{path}")


@pytest.mark.anyio
async def test_the_chain_is_shown_with_names_and_each_entrys_evidence(base: Carrier) -> None:
    answer = (await ask(base, f"parcels/{WAYBILL}/custody")).json()
    first, last = answer["spans"][0], answer["spans"][-1]
    assert first["holder"]["name"] == "Kim"
    assert (first["holder"]["duty"], first["from"], first["place"]) == (
        "courier",
        format_at(at(0)),
        "counter",
    )
    assert (last["holder"], last["from"], last["to"]) == (None, format_at(at(40)), None)
    (evidence,) = first["evidence"]
    spool = base.edge("BRANCH").spool
    assert {
        key: evidence[key] for key in ("site", "edge", "spool", "seq", "what", "simulated")
    } == {
        "site": "BRANCH",
        "edge": "dock",
        "spool": spool,
        "seq": 1,
        "what": "accept",
        "simulated": False,
    }
    (gap,) = answer["gaps"]
    assert (gap["kind"], gap["seconds"], gap["nobody"]) == ("open_handover", 1200, True)
    (breach,) = answer["breaches"]
    assert (breach["kind"], breach["rule"]) == ("open_handover", "HV-2.2.6")
    assert answer["as_of"] == format_at(at(60))


@pytest.mark.anyio
async def test_as_of_shows_what_was_believed_then(base: Carrier) -> None:
    then = format_at(at(20))
    answer = (await ask(base, f"parcels/{WAYBILL}/custody?as_of={then}")).json()
    assert (answer["as_of"], answer["gaps"], answer["breaches"]) == (then, [], [])
    assert [span["standing"] for span in answer["spans"]][-1] == "open"
    before = await ask(base, f"parcels/{WAYBILL}/custody?as_of=2020-01-01T00:00:00Z")
    assert before.status_code == 404


@on_both_databases
@pytest.mark.anyio
async def test_breaches_are_listed_by_site_and_time(base: Carrier) -> None:
    (found,) = (await ask(base, "breaches?site=BRANCH")).json()["items"]
    assert (found["waybill"], found["at"]) == (WAYBILL, format_at(at(40)))
    assert (await ask(base, "breaches?site=HUB")).json() == {"items": [], "next": None}
    later = format_at(at(41))
    assert (await ask(base, f"breaches?since={later}")).json()["items"] == []
    page = (await ask(base, "breaches?limit=1")).json()
    assert (await ask(base, f"breaches?cursor={page['next']}")).json()["items"] == []


@pytest.mark.anyio
async def test_nobodys_time_is_answered_by_site(base: Carrier) -> None:
    since = format_at(at(0))
    (found,) = (await ask(base, f"nobody-time?since={since}")).json()["items"]
    assert found == {"site": "BRANCH", "seconds": 1200, "parcels": 1, "lasting": 1}
