"""What people do with a search, by REST: HV-2.11.2.2, HV-3, HV-3a."""

import base64
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from hub.access.rules import UNMASKING_ROLES, Role
from hub.alerts.service import AlertKind
from hub.incidents.service import Kind, State, incident_about
from hub.network import Network
from hub.wanted.service import find_entry
from hub.web.documents import DOCUMENT_BYTES_MAX
from tests.hub_parts import HubHome
from tests.incident_parts import OTHER, WAYBILL, acts, begin, dossier, open_alerts, scan, turn
from tests.integration.hub.route_cases import make_account
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem
from wire.names import Step, format_at
from wire.wanted import WantedResult

WHY = {"unmask": "claims officer asks"}

pytestmark = [pytest.mark.anyio, on_both_databases]


@pytest.fixture
def network() -> Network:
    return NETWORK


def wanted(
    hub: HubHome, waybill: str = WAYBILL
) -> tuple[WantedResult, str, tuple[str, ...] | None] | None:
    """What the list says of a parcel: what to do, whose word it is, and where it holds."""
    with hub.database.reading() as tx:
        entry = find_entry(tx, waybill)
    return None if entry is None else (entry.result, entry.owner, entry.scope)


async def post(
    admin: httpx.AsyncClient, incident_id: int, action: str, **order: object
) -> httpx.Response:
    return await admin.post(f"{API}/incidents/{incident_id}/{action}", json=order)


async def test_an_incident_is_told_with_all_that_belongs_to_it(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    (item,) = (await admin.get(f"{API}/incidents?state=self_check&site=755W")).json()["items"]
    assert (item["subject"], item["reasons_zh"]) == (WAYBILL, ["晚点 5 小时"])
    assert (await admin.get(f"{API}/incidents?site=755A")).json()["items"] == []
    assert len((await admin.get(f"{API}/incidents?waybill={WAYBILL}")).json()["items"]) == 1
    told = (await admin.get(f"{API}/incidents/{incident_id}")).json()
    assert [line["act"] for line in told["history"]] == ["opened"]
    assert told["mails"][0]["state"] == "queued"
    problem(await admin.get(f"{API}/incidents/999"), 404)


async def test_stopped_it_waits_for_release_whatever_is_scanned(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    assert (await post(admin, incident_id, "stop", reason="police")).json()["state"] == "stopped"
    with hub.database.reading() as tx:
        entry = find_entry(tx, WAYBILL)
    assert entry is not None
    assert (entry.result, entry.scope) == (WantedResult.STOP, None)
    scan(hub)
    assert dossier(hub, incident_id).incident.state is State.STOPPED
    turn(hub, 100)
    assert dossier(hub, incident_id).incident.state is State.STOPPED
    assert (await post(admin, incident_id, "release", reason="ok")).json()["state"] == "found"
    with hub.database.reading() as tx:
        assert find_entry(tx, WAYBILL) is None
    problem(await post(admin, incident_id, "stop", reason="again"), 409)


async def test_released_within_the_hour_it_is_a_self_check_again_and_the_region_is_told_in_time(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    """HV-2.11.2, HV-3."""
    incident_id = begin(hub)
    turn(hub, 0.3)
    await post(admin, incident_id, "stop", reason="police")
    turn(hub, 0.3)
    assert (await post(admin, incident_id, "release", reason="ok")).json()["state"] == "self_check"
    assert wanted(hub) == (WantedResult.WANTED, f"incident/{incident_id}", ("021W", "755W"))
    turn(hub, 0.39)
    assert dossier(hub, incident_id).incident.state is State.SELF_CHECK
    turn(hub, 0.02)
    found = dossier(hub, incident_id)
    assert acts(found) == ["opened", "stopped", "released", "escalated"]
    told = {mail.to for mail in found.mails[1:]}
    assert told == {("ops@south.example",), ("ops@east.example",)}
    assert open_alerts(hub, AlertKind.ESCALATED) == [f"parcel/{WAYBILL}"]


async def test_released_after_the_hour_the_region_is_told_at_once(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    """HV-2.11.2: the stop took the hour's end, not the report."""
    incident_id = begin(hub)
    await post(admin, incident_id, "stop", reason="police")
    turn(hub, 5)
    assert acts(dossier(hub, incident_id)) == ["opened", "stopped"]
    await post(admin, incident_id, "release", reason="ok")
    turn(hub)
    found = dossier(hub, incident_id)
    assert (found.incident.state, acts(found)[-1]) == (State.ESCALATED, "escalated")
    assert len(found.mails) == 3
    turn(hub, 72)
    assert dossier(hub, incident_id).incident.state is State.LOST


async def test_released_after_the_region_was_told_it_is_not_told_again(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    turn(hub, 1)
    await post(admin, incident_id, "stop", reason="police")
    assert (await post(admin, incident_id, "release", reason="ok")).json()["state"] == "escalated"
    turn(hub, 71)
    assert acts(dossier(hub, incident_id)).count("escalated") == 1
    turn(hub, 1)
    assert dossier(hub, incident_id).incident.state is State.LOST


async def test_a_stop_goes_over_a_persons_entry_which_comes_back_with_the_release(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    """HV-3: the flow stops at once, whoever wanted the parcel before."""
    hub.put_wanted(WAYBILL, owner="zhao", scope=("755A",), covert=True)
    incident_id = begin(hub)
    assert wanted(hub) == (WantedResult.WANTED, "zhao", ("755A",))
    await post(admin, incident_id, "stop", reason="police")
    assert wanted(hub) == (WantedResult.STOP, f"incident/{incident_id}", None)
    order = {"result": "wanted", "reason": "let it pass"}
    problem(await admin.put(f"{API}/wanted/{WAYBILL}", json=order), 409)
    problem(await admin.delete(f"{API}/wanted/{WAYBILL}"), 409)
    assert wanted(hub) == (WantedResult.STOP, f"incident/{incident_id}", None)
    await post(admin, incident_id, "release", reason="ok")
    assert wanted(hub) == (WantedResult.WANTED, "zhao", ("755A",))


async def test_what_expired_beneath_a_stop_does_not_come_back(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    until = format_at(hub.clock.now() + timedelta(minutes=30))
    hub.put_wanted(WAYBILL, owner="zhao", expires_at=until)
    incident_id = begin(hub)
    await post(admin, incident_id, "stop", reason="police")
    turn(hub, 0.6)
    await post(admin, incident_id, "release", reason="ok")
    assert wanted(hub) == (WantedResult.WANTED, f"incident/{incident_id}", ("021W", "755W"))


async def test_a_group_is_stopped_with_the_parcels_that_were_seen_but_not_delivered(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    """HV-3."""
    third = "103000000003"
    bag = {"kind": Kind.GROUP, "subject": "bag B-1", "waybills": (WAYBILL, OTHER, third)}
    incident_id = begin(hub, **bag)
    scan(hub, OTHER)
    scan(hub, third, site="755W", step=Step.DELIVER)
    assert wanted(hub, OTHER) is None
    await post(admin, incident_id, "stop", reason="bag cut open")
    stopped = (WantedResult.STOP, f"incident/{incident_id}", None)
    assert [wanted(hub, each) for each in (WAYBILL, OTHER, third)] == [stopped, stopped, None]
    told = (await post(admin, incident_id, "release", reason="counted")).json()
    assert (told["state"], told["unseen"]) == ("self_check", [WAYBILL])
    assert (wanted(hub, OTHER), wanted(hub) is None) == (None, False)


async def test_one_incidents_end_does_not_undo_another_ones_stop(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    """HV-3: a parcel may be searched for by itself and with its bag."""
    alone = begin(hub)
    bag = begin(hub, kind=Kind.GROUP, subject="bag B-1", waybills=(WAYBILL, OTHER))
    await post(admin, bag, "stop", reason="bag cut open")
    await post(admin, alone, "stop", reason="police")
    await post(admin, bag, "release", reason="counted")
    assert wanted(hub) == (WantedResult.STOP, f"incident/{alone}", None)
    await post(admin, alone, "release", reason="ok")
    assert wanted(hub) == (WantedResult.WANTED, f"incident/{alone}", ("021W", "755W"))
    scan(hub)
    assert (wanted(hub), wanted(hub, OTHER) is None) == (None, False)


async def test_a_stop_that_the_full_list_cannot_take_is_refused_and_changes_nothing(
    hub: HubHome, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = {"kind": Kind.GROUP, "subject": "bag B-1", "waybills": (WAYBILL, OTHER)}
    incident_id = begin(hub, **bag)
    scan(hub, OTHER)
    before = dossier(hub, incident_id)
    monkeypatch.setattr("hub.wanted.service.WANTED_ENTRIES_MAX", 1)
    problem(await post(admin, incident_id, "stop", reason="bag cut open"), 409)
    assert dossier(hub, incident_id) == before
    assert wanted(hub) == (WantedResult.WANTED, f"incident/{incident_id}", ("021W", "755W"))


async def test_a_person_declares_it_lost_only_after_the_region_knows(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    problem(await post(admin, incident_id, "confirm_lost", reason="gone"), 409)
    assert acts(dossier(hub, incident_id)) == ["opened"]
    turn(hub, 1)
    told = (await post(admin, incident_id, "confirm_lost", reason="gone")).json()
    assert told["state"] == "lost"
    assert told["history"][-1]["who"] == "administrator"


def asks(site: str) -> dict[str, str]:
    return {"level": "region", "abnormal_site": site, "note": "never unloaded"}


async def test_triage_names_the_link_writes_to_it_and_expects_a_follow_up(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    told = (await post(admin, incident_id, "triage", **asks("755W"))).json()
    assert [mail["to"] for mail in told["mails"]][-1] == ["desk@755w.example"]
    turn(hub, 2)
    assert open_alerts(hub, AlertKind.FOLLOW_UP_LATE) == [f"parcel/{WAYBILL}@755W"]
    await post(admin, incident_id, "follow_up", site="755W", reason="asked the driver")
    assert open_alerts(hub, AlertKind.FOLLOW_UP_LATE) == []


async def test_a_follow_up_in_time_raises_nothing(hub: HubHome, admin: httpx.AsyncClient) -> None:
    incident_id = begin(hub)
    await post(admin, incident_id, "triage", **asks("755W"))
    await post(admin, incident_id, "follow_up", site="755W", reason="done")
    turn(hub, 3)
    assert hub.alerts(AlertKind.FOLLOW_UP_LATE) == []


async def test_each_site_that_is_asked_has_a_follow_up_of_its_own(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    """HV-2.11.2.2: asking a second site takes nothing off the first."""
    incident_id = begin(hub)
    await post(admin, incident_id, "triage", **asks("755W"))
    turn(hub, 1.5)
    await post(admin, incident_id, "triage", **asks("021W"))
    turn(hub, 0.5)
    assert open_alerts(hub, AlertKind.FOLLOW_UP_LATE) == [f"parcel/{WAYBILL}@755W"]
    problem(await post(admin, incident_id, "follow_up", site="755A", reason="done"), 409)
    await post(admin, incident_id, "follow_up", site="021W", reason="done")
    assert open_alerts(hub, AlertKind.FOLLOW_UP_LATE) == [f"parcel/{WAYBILL}@755W"]
    turn(hub, 3)
    (alert,) = hub.alerts(AlertKind.FOLLOW_UP_LATE)
    assert (alert.site, alert.count) == ("755W", 1)
    with hub.database.reading() as tx:
        assert incident_about(tx, alert.subject) == incident_id


@pytest.mark.parametrize("is_found", [True, False])
async def test_no_timer_outlives_its_search(
    hub: HubHome, admin: httpx.AsyncClient, is_found: bool
) -> None:
    """HV-2.11.2: nobody is late with a parcel that was found, or that counts as lost."""
    incident_id = begin(hub)
    turn(hub, 1)
    await post(admin, incident_id, "triage", **asks("755W"))
    if is_found:
        scan(hub)
    else:
        await post(admin, incident_id, "confirm_lost", reason="burnt")
    assert not any(timer.due_at for timer in dossier(hub, incident_id).timers)
    turn(hub, 100)
    assert hub.alerts(AlertKind.FOLLOW_UP_LATE) == []


async def test_a_late_follow_up_is_no_more_asked_for_once_it_is_found(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    await post(admin, incident_id, "triage", **asks("755W"))
    turn(hub, 2)
    scan(hub)
    assert open_alerts(hub, AlertKind.FOLLOW_UP_LATE) == []


async def test_a_police_receipt_is_filed_encrypted_and_the_claims_contact_told(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    receipt = b"%PDF-1.7 receipt 4711"
    order = {
        "name": "回执.pdf",
        "content_b64": base64.b64encode(receipt).decode(),
        "police": True,
        "note": "报警经过",
    }
    told = (await post(admin, incident_id, "attach", **order)).json()
    assert [mail["to"] for mail in told["mails"]][-1] == ["claims@east.example"]
    (filed,) = told["attachments"]
    path = f"{API}/incidents/{incident_id}/attachments/{filed['sha256']}"
    assert (await admin.get(path, params=WHY)).content == receipt
    with hub.database.reading() as tx:
        stored = tx.exec_driver_sql("SELECT encrypted FROM incident_attachment").scalar_one()
    assert b"4711" not in bytes(stored)
    nothing = f"{API}/incidents/{incident_id}/attachments/{'0' * 64}"
    problem(await admin.get(nothing, params=WHY), 404)


async def test_a_document_is_shown_with_a_reason_to_who_may_unmask_and_the_look_recorded(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    """CS-P1: a police receipt names people."""
    incident_id = begin(hub)
    order = {"name": "a", "content_b64": base64.b64encode(b"4711").decode(), "note": "n"}
    (filed,) = (await post(admin, incident_id, "attach", **order)).json()["attachments"]
    path = f"{API}/incidents/{incident_id}/attachments/{filed['sha256']}"
    problem(await admin.get(path), 422)
    assert hub.count("look") == 0
    assert (await admin.get(path, params=WHY)).content == b"4711"
    (look,) = (await admin.get(f"{API}/looks")).json()["items"]
    about = f"incident/{incident_id}/{filed['sha256']}"
    assert (look["what"], look["about"], look["reason"]) == ("document", about, WHY["unmask"])
    for role in set(Role) - {Role.ADMINISTRATOR}:
        token = make_account(hub, f"li-{role}", role)
        async with client_of(app, Authorization=f"Bearer {token}") as client:
            answer = await client.get(path, params=WHY)
        assert (answer.status_code == 200) == (role in UNMASKING_ROLES), role
    assert hub.count("look") == len(UNMASKING_ROLES)


async def test_a_document_has_a_bound_and_must_be_base64(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)

    async def attach(content: str) -> httpx.Response:
        order = {"name": "a", "content_b64": content, "note": "n"}
        return await post(admin, incident_id, "attach", **order)

    whole = base64.b64encode(bytes(DOCUMENT_BYTES_MAX)).decode()
    assert (await attach(whole)).status_code == 200
    over = base64.b64encode(bytes(DOCUMENT_BYTES_MAX + 1)).decode()
    problem(await attach(over), 422)
    problem(await attach("?"), 422)
    assert hub.count("incident_attachment") == 1


async def test_a_site_answers_by_rest_and_a_stranger_to_the_search_does_not(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    answered = await post(admin, incident_id, "checked", site="755W", found=False, checks=["cage"])
    assert answered.json()["history"][-1]["site"] == "755W"
    problem(await post(admin, incident_id, "checked", site="755A", found=False), 409)
