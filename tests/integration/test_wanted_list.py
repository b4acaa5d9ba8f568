"""The wanted list from the REST call to the tone (HV-2.11.1, HV-3, P3)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.rig.house import House, open_house
from tests.rig.programs import wait_until
from wire.names import Signal, format_at


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("wanted")) as opened:
        yield opened


def _list_version(house: House) -> int:
    states = house.hub.get("edges")["items"]
    return max(int(state["wanted_version"] or 0) for state in states)


def _put(house: House, waybill: str, **entry: object) -> None:
    status, body = house.hub.call("PUT", f"wanted/{waybill}", {"reason": "test", **entry})
    assert status in (200, 201), body


def _hears(house: House, waybill: str, signal: Signal, timeout_s: float = 5.0) -> float:
    """Seconds until a scan of ``waybill`` is answered with ``signal``."""
    start = time.monotonic()

    # A little over the repeat guard, so that each pull is a scan of its own.
    wait_until(
        lambda: house.scan(waybill) is signal,
        f"{waybill} answered with {signal}",
        timeout_s,
        pause_s=0.31,
    )
    return time.monotonic() - start


def test_a_new_entry_reaches_a_connected_station_within_a_second(house: House) -> None:
    waybill = "755300000001"
    start = time.monotonic()
    _put(house, waybill, result="wanted")
    time.sleep(0.5)
    heard = house.scan(waybill, timeout_s=0.4)
    assert time.monotonic() - start < 1.0
    assert heard is Signal.WANTED


def test_an_entry_matches_reads_of_the_past(house: House) -> None:
    waybill = "755300000002"
    assert house.scan(waybill) is Signal.OK
    wait_until(lambda: house.hub.events(f"waybill={waybill}"), "the read is at the hub")
    _put(house, waybill, result="wanted")
    alerts = house.hub.get("alerts?state=open&level=act")["items"]
    found = [a for a in alerts if a["waybill"] == waybill]
    assert [(a["kind"], a["site"]) for a in found] == [("wanted_past", "755A")]


def test_an_entry_expires_by_itself(house: House) -> None:
    waybill = "755300000003"
    expires_at = datetime.now(UTC) + timedelta(seconds=3)
    _put(house, waybill, result="wanted", expires_at=format_at(expires_at))
    _hears(house, waybill, Signal.WANTED)
    _hears(house, waybill, Signal.OK, timeout_s=8)
    assert datetime.now(UTC) >= expires_at
    wait_until(
        lambda: house.hub.call("GET", f"wanted/{waybill}")[0] == 404, "the hub forgets it too"
    )


def test_a_stop_entry_sounds_stop(house: House) -> None:
    waybill = "755300000004"
    _put(house, waybill, result="stop", reason="police hold")
    _hears(house, waybill, Signal.STOP)
    wait_until(
        lambda: any(
            (a["waybill"], a["kind"], a["level"]) == (waybill, "stop", "act")
            for a in house.hub.get("alerts?state=open")["items"]
        ),
        "the stop alert",
    )


def test_a_removed_entry_is_quiet_again(house: House) -> None:
    waybill = "755300000005"
    _put(house, waybill, result="wanted")
    _hears(house, waybill, Signal.WANTED)
    assert house.hub.call("DELETE", f"wanted/{waybill}")[0] == 204
    _hears(house, waybill, Signal.OK)
