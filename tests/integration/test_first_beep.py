"""One scan, start to end, on real bytes: pty, edge, mosquitto, hub, REST (design section 3)."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.house import House, open_house
from tests.rig.programs import wait_until
from wire.names import Signal

ORDINARY = "755012345678"
HIGH_VALUE = "103000000019"
FOREIGN = "1034567890128"
BADGE = "zqxj"
"""Of letters that no hash has: four digits of one stood in a line by chance."""
HOSTILE = b"755\x07\x1b[2J12345"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("first-beep")) as opened:
        yield opened


@pytest.fixture(scope="module")
def scans(house: House) -> dict[str, dict[str, Any]]:
    """Scan a badge, a step and one label of each sort; what the scanner heard and the hub holds."""
    heard = {}
    for name, code, aim in [
        ("badge", f"CX:BY:tok-{BADGE}", "C0"),
        ("step", "CX:STEP:arrive", "C0"),
        ("ordinary", ORDINARY, "C0"),
        ("hv", HIGH_VALUE, "C0"),
        ("hostile", HOSTILE, "Q1"),
        ("foreign", FOREIGN, "E0"),
    ]:
        heard[name] = house.scan(code, aim)
    house.wait_delivered()
    items = wait_until(
        lambda: (
            (found := house.hub.events())
            and len(found) == 6
            and all(item["feedback"] for item in found)
            and found
        ),
        "six scans with feedback at the hub",
    )
    names = ["badge", "step", "ordinary", "hv", "hostile", "foreign"]
    in_order = sorted(items, key=lambda item: item["seq"])
    return {
        name: {**item, "heard": heard[name]} for name, item in zip(names, in_order, strict=True)
    }


def test_each_label_is_answered_with_its_own_signal(scans: dict[str, dict[str, Any]]) -> None:
    assert {name: scan["heard"] for name, scan in scans.items()} == {
        "badge": Signal.OK,
        "step": Signal.OK,
        "ordinary": Signal.OK,
        "hv": Signal.WANTED,
        "hostile": Signal.REJECT,
        "foreign": Signal.WARN,
    }


@pytest.mark.parametrize(
    ("name", "code", "aim", "result"),
    [
        ("ordinary", ORDINARY.encode(), "C0", "clear"),
        ("hv", HIGH_VALUE.encode(), "C0", "hv"),
        ("hostile", HOSTILE, "Q1", "hostile"),
        ("foreign", FOREIGN.encode(), "E0", "not_a_parcel"),
    ],
)
def test_each_scan_is_kept_with_its_raw_bytes_and_circumstances(
    scans: dict[str, dict[str, Any]], name: str, code: bytes, aim: str, result: str
) -> None:
    scan = scans[name]
    assert bytes.fromhex(str(scan["code_hex"])) == code
    assert scan["aim"] == aim
    assert scan["result"] == result
    assert scan["step"] == "arrive"
    assert isinstance(scan["by"], str) and len(scan["by"]) == 16
    assert isinstance(scan["list_version"], int)
    assert scan["feedback"]["signal"] == scan["heard"]
    timings = [scan["timing_us"]["decode"], scan["timing_us"]["verdict"]]
    timings += [scan["feedback"]["commit_us"], scan["feedback"]["feedback_us"]]
    assert all(isinstance(us, int) and 0 <= us < 5_000_000 for us in timings), timings


@pytest.mark.parametrize("waybill", [ORDINARY, HIGH_VALUE])
def test_a_waybill_is_found_by_its_number_once(house: House, scans: object, waybill: str) -> None:
    found = house.hub.events(f"waybill={waybill}")
    assert [item["waybill"] for item in found] == [waybill]


@pytest.mark.parametrize("waybill", [FOREIGN, FOREIGN[:12]])
def test_a_foreign_label_is_no_waybill(house: House, scans: object, waybill: str) -> None:
    assert house.hub.events(f"waybill={waybill}") == []


def test_a_badge_never_stands_in_a_line(house: House, scans: dict[str, dict[str, Any]]) -> None:
    lines = [base64.b64decode(item["line_b64"]) for item in house.hub.events("")]
    told = (BADGE.encode(), BADGE.encode().hex().encode())
    assert lines and not any(each in line for line in lines for each in told)


def test_a_high_value_passage_is_on_the_wall(house: House, scans: object) -> None:
    alerts = house.hub.get("alerts?state=open&level=passage")["items"]
    assert [(a["waybill"], a["site"], a["late"]) for a in alerts] == [(HIGH_VALUE, "755A", False)]
