"""The real edge with a site pack: names, handovers and what is typed on its page."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from edge.pack_store import PACK_NAME
from edge.session import pseudonym
from tests.integration.edge.fake_hub import SITE_SALT, site_pack
from tests.integration.edge.rig import House, open_house, wait_until
from wire.events import Act, ActKind, Scan
from wire.names import format_at
from wire.site_pack import CheckItem, SelfCheckTask

OK, WARN, WANTED = b"\x1b7,", b"\x1b5,\x1b5,", b"\x1b6," * 3 + b"\x1b3,"
PLAIN, HV = "755000000001", "103000000001"
GIVER, RECEIVER = pseudonym("g1v3r", SITE_SALT) or "", pseudonym("r3c31v3r", SITE_SALT) or ""
STAFF = {GIVER: "李强", RECEIVER: "王芳"}
SECRETS = ("张三丰", "440301199001011234", "g1v3r", "r3c31v3r")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as found:
        yield found


def task() -> SelfCheckTask:
    now = datetime.now(UTC)
    return SelfCheckTask(
        incident=7,
        waybill=HV,
        since=format_at(now),
        due_at=format_at(now + timedelta(hours=1)),
        last_seen_zh="755W 出港",
        last_seen_en="755W departure",
        contact="0755-1234567",
        checks=(CheckItem(id="cage", zh="滞留笼", en="Retention cage"),),
    )


def start_with_pack(house: House) -> None:
    house.hub.pack = site_pack(4, STAFF, task())
    house.edge.start()
    wait_until(lambda: house.edge.page()["pack"]["version"] == 4, "the site pack")


def acts(house: House) -> list[Act]:
    return [event for event in house.hub.events() if isinstance(event, Act)]


def send(house: House, form: dict[str, Any]) -> dict[str, Any]:
    url = f"ws://127.0.0.1:{house.edge.port}/ws"
    with connect(url, proxy=None) as page:
        page.send(json.dumps({"key": "1" * 32, **form}))
        while True:
            said: dict[str, Any] = json.loads(page.recv(timeout=15))
            if said["type"] == "answer":
                return said


def test_a_handover_by_two_named_people_is_one_act_at_the_hub(house: House) -> None:
    start_with_pack(house)
    wait_until(lambda: house.hub.states[-1].pack_version == 4, "a state with the pack's version")
    for code in ("CX:BY:g1v3r", "CX:PLACE:dock1", "CX:STEP:handover", PLAIN):
        assert house.scanner.scan(code) == OK
    # The scanner is answered first, the page right after: here and below.
    wait_until(lambda: house.edge.page()["screen"] == "handover", "the handover on the page")
    assert house.edge.page()["handover"]["giver"]["name"] == "李强"
    for code in ("CX:BY:r3c31v3r", "CX:END"):
        assert house.scanner.scan(code) == OK
    wait_until(lambda: bool(acts(house)), "the act")
    (act,) = acts(house)
    parcel = next(e for e in house.hub.events() if isinstance(e, Scan) and e.waybill == PLAIN)
    assert (act.act, act.giver, act.receiver) == (ActKind.HANDOVER_ACCEPT, GIVER, RECEIVER)
    assert (act.scans, act.place, act.by) == ((parcel.seq,), "dock1", RECEIVER)


def test_a_killed_edge_goes_on_with_the_handover_and_knows_people_without_the_hub(
    house: House,
) -> None:
    start_with_pack(house)
    for code in ("CX:BY:g1v3r", "CX:STEP:handover", PLAIN):
        assert house.scanner.scan(code) == OK
    house.edge.kill()
    house.hub.is_silent = True
    house.edge.start()
    page = house.edge.page()
    assert (page["handover"]["parcels"], page["handover"]["giver"]["name"]) == (1, "李强")
    for code in ("CX:BY:r3c31v3r", "CX:END"):
        assert house.scanner.scan(code) == OK
    house.hub.is_silent = False
    wait_until(lambda: len(acts(house)) == 1, "the act", 40)


def test_a_damaged_pack_is_refused_at_the_start_said_on_the_page_and_fetched_again(
    house: House,
) -> None:
    start_with_pack(house)
    house.edge.stop()
    kept = house.edge.data_dir / PACK_NAME
    kept.write_bytes(kept.read_bytes().replace("李强".encode(), "李刚".encode()))
    house.hub.disconnect()
    house.edge.start()
    page = house.edge.page()
    assert page["pack"] == {"version": 0, "problem": "corrupted"}
    assert house.scanner.scan("CX:BY:g1v3r") == OK
    wait_until(lambda: house.edge.page()["session"][0]["who"], "somebody on the page")
    assert house.edge.page()["session"][0]["who"]["name"] is None
    house.hub.connect()
    house.hub.push_pack(site_pack(4, STAFF, task()))
    wait_until(lambda: house.edge.page()["pack"] == {"version": 4, "problem": None}, "again")


def test_what_is_typed_of_people_reaches_the_hub_as_a_body_and_stands_nowhere_else(
    house: House,
) -> None:
    start_with_pack(house)
    for code in ("CX:BY:g1v3r", "CX:STEP:deliver"):
        assert house.scanner.scan(code) == OK
    assert house.scanner.scan(HV) == WANTED
    wait_until(lambda: [each["waybill"] for each in house.edge.page()["deliveries"]] == [HV], "it")
    name, number = SECRETS[:2]
    form = {"type": "deliver", "waybill": HV, "signer_name": name, "signer_id": number}
    assert send(house, form)["recorded"] is True
    house.edge.kill()  # what was called recorded is there
    house.edge.start()
    assert send(house, form)["reason"] == "not_delivered"  # and is not asked for again
    wait_until(lambda: any(number in body for body in house.hub.bodies.values()), "the body", 40)
    wait_until(lambda: [act.act for act in acts(house)] == [ActKind.DELIVER], "the act")
    (act,) = acts(house)
    assert (act.waybill, act.by) == (HV, GIVER)
    log = house.edge.log.read_text()
    lines = b"".join(house.hub.lines).decode()
    figures = house.edge.get("metrics")
    shown = json.dumps(house.edge.page(), ensure_ascii=False)
    found = [word for word in SECRETS for text in (log, lines, figures, shown) if word in text]
    assert found == []


def test_a_search_is_answered_by_a_named_person(house: House) -> None:
    start_with_pack(house)
    form = {
        "type": "self_check", "device": "dock-1", "incident": 7, "found": False,
        "checks": ["cage"],
    }  # fmt: skip
    assert send(house, form)["reason"] == "nobody"
    assert house.scanner.scan("CX:BY:g1v3r") == OK
    assert send(house, form)["recorded"] is True
    wait_until(lambda: bool(acts(house)), "the act")
    (act,) = acts(house)
    assert (act.incident, act.found, act.checks, act.by) == (7, False, ("cage",), GIVER)
    assert house.edge.page()["tasks"][0]["found"] is False


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_a_kill_at_the_end_of_a_handover_leaves_scan_and_act_or_neither(
    house: House, point: str
) -> None:
    start_with_pack(house)
    for code in ("CX:BY:g1v3r", "CX:STEP:handover", PLAIN, "CX:BY:r3c31v3r"):
        assert house.scanner.scan(code) == OK
    house.edge.stop()
    # The first commit is the start's head line, the second is END's: scan and act.
    house.edge.env["CUSTOS_FAIL_POINT"] = f"{point}:2"
    house.edge.launch()
    wait_until(house.edge.is_ready, "the edge is ready")
    house.scanner.scan("CX:END", timeout_s=1)
    wait_until(lambda: not house.edge.is_alive(), "the edge has died")
    house.edge.wait()
    house.edge.env.pop("CUSTOS_FAIL_POINT")
    house.edge.start()
    if house.edge.page()["handover"] is not None:
        assert house.scanner.scan("CX:END") == OK
    wait_until(lambda: bool(acts(house)), "the act", 40)
    wait_until(lambda: house.edge.page()["spool"]["depth"] == 0, "every line receipted", 40)
    ends = [e for e in house.hub.events() if isinstance(e, Scan) and e.text == "CX:END"]
    assert (len(ends), len(acts(house))) == (1, 1)
    assert acts(house)[0].seq == ends[0].seq + 1
