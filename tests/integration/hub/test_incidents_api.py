"""What people do with a search, by REST: HV-2.11.2.2, HV-3, HV-3a."""

import base64

import httpx
import pytest
from fastapi import FastAPI

from hub.access.rules import UNMASKING_ROLES, Role
from hub.alerts.service import AlertKind
from hub.incidents.service import (
    ATTACHMENT_BYTES_MAX,
    State,
)
from hub.network import Network
from hub.wanted.service import find_entry
from tests.hub_parts import HubHome
from tests.incident_parts import WAYBILL, acts, begin, dossier, open_alerts, scan, turn
from tests.integration.hub.route_cases import make_account
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem
from wire.wanted import WantedResult

WHY = {"unmask": "claims officer asks"}

pytestmark = [pytest.mark.anyio, on_both_databases]


@pytest.fixture
def network() -> Network:
    return NETWORK


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


async def test_released_unseen_it_is_searched_for_again_and_can_still_be_lost(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    await post(admin, incident_id, "stop", reason="police")
    told = (await post(admin, incident_id, "release", reason="ok")).json()
    assert told["state"] == "escalated"
    turn(hub, 72)
    assert dossier(hub, incident_id).incident.state is State.LOST


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


async def test_triage_names_the_link_writes_to_it_and_expects_a_follow_up(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    incident_id = begin(hub)
    order = {"level": "region", "abnormal_site": "755W", "note": "never unloaded"}
    told = (await post(admin, incident_id, "triage", **order)).json()
    assert [mail["to"] for mail in told["mails"]][-1] == ["desk@755w.example"]
    turn(hub, 2)
    assert open_alerts(hub, AlertKind.FOLLOW_UP_LATE) == [f"parcel/{WAYBILL}"]
    await post(admin, incident_id, "follow_up", reason="asked the driver")
    assert open_alerts(hub, AlertKind.FOLLOW_UP_LATE) == []


async def test_a_follow_up_in_time_raises_nothing(hub: HubHome, admin: httpx.AsyncClient) -> None:
    incident_id = begin(hub)
    order = {"level": "site", "abnormal_site": "755W", "note": "n"}
    await post(admin, incident_id, "triage", **order)
    await post(admin, incident_id, "follow_up", reason="done")
    turn(hub, 3)
    assert hub.alerts(AlertKind.FOLLOW_UP_LATE) == []


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

    whole = base64.b64encode(bytes(ATTACHMENT_BYTES_MAX)).decode()
    assert (await attach(whole)).status_code == 200
    over = base64.b64encode(bytes(ATTACHMENT_BYTES_MAX + 1)).decode()
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
