"""Broker and hub gone: the station goes on, nothing is lost, doubled or reordered (P2, P3)."""

import time
from pathlib import Path

import pytest

from tests.rig.house import open_house
from tests.rig.programs import wait_until
from wire.names import Signal

SCANS = 200
LATE_AFTER_S = 1


@pytest.mark.timeout(180)
def test_200_scans_without_hub_and_broker_arrive_once_in_order_and_late(tmp_path: Path) -> None:
    policy = f"[late]\nlate_s = {LATE_AFTER_S}\n"
    with open_house(tmp_path, policy) as house:
        wanted = [f"{755000000700 + number}" for number in range(4)]
        for waybill in wanted:
            entry = {"result": "wanted", "reason": "stolen trolley"}
            status, _ = house.hub.call("PUT", f"wanted/{waybill}", entry)
            assert status in (200, 201)
        wait_until(
            lambda: house.edge.page()["list"]["version"] >= 1 + len(wanted),
            "the entries reach the station",
        )
        house.wait_delivered()
        before = len(house.hub.events())

        house.hub.kill()
        house.broker.kill()
        codes, heard = [], []
        for number in range(SCANS):
            # No code twice: within 300 ms the second would be the guard's, not a scan.
            code = wanted[number // 50] if number % 50 == 7 else f"{755100000000 + number}"
            code = f"{103000000000 + number}" if number % 40 == 3 else code
            codes.append(code)
            heard.append(house.scan(code))
        expected = [
            Signal.WANTED if code in wanted or code.startswith("103") else Signal.OK
            for code in codes
        ]
        assert heard == expected

        # A hub that is back within a second of the last scan would rightly not call that one late.
        time.sleep(LATE_AFTER_S)
        house.broker.start()
        house.hub.start()
        items = wait_until(
            lambda: len(found := house.hub.events()) >= before + SCANS and found,
            "all scans at the hub",
            timeout_s=60,
        )
        offline = sorted(items, key=lambda item: item["seq"])[before:]
        assert [item["waybill"] for item in offline] == codes
        places = {(item["edge"], item["spool"], item["seq"]) for item in items}
        assert len(places) == len(items)
        times = [item["at"] for item in offline]
        assert times == sorted(times)
        assert all(item["at"] < item["received_at"] for item in offline)
        assert all(item["late"] for item in offline)
        alerts = house.hub.get("alerts?limit=1000")["items"]
        by_waybill = {a["waybill"]: a for a in alerts if a["kind"] in ("hv_passage", "wanted")}
        for code in (c for c in codes if c in wanted or c.startswith("103")):
            assert by_waybill[code]["late"] is True
