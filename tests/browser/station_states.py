"""States of the station page, built as the edge would send them."""

from typing import Any

State = dict[str, Any]

WANTED_TONES = [[2400, 120, 60], [2400, 120, 60], [2400, 120, 60]]
STOP_TONES = [[900, 200, 80]] * 5
SCAN = {
    "seq": 12,
    "at": "2026-11-22T01:02:03.456Z",
    "device": "dock-1",
    "waybill": "755000123456",
    "text": None,
    "symbology": "code128",
    "symbology_unknown": False,
    "result": "clear",
    "banner_zh": None,
    "banner_en": None,
    "reason": None,
    "owner": None,
    "command": None,
    "hint": None,
    "step": "arrive",
    "signal": "ok",
    "handover": None,
}
WHO = {"by": "a1b2c3d4e5f60718", "name": "李强", "unknown": False}
COMMAND = {"verb": "STEP", "value": "arrive", "person": None, "place": None}
SESSION = {
    "device": "dock-1",
    "who": WHO,
    "step": "arrive",
    "place": {"id": "dock1", "unknown": False},
    "container": None,
    "container_kind": None,
}
RECENT = [
    ("103000000001", "hv", "wanted"),
    ("755000123456", "clear", "ok"),
    (None, "not_a_parcel", "warn"),
    ("755000123455", "clear", "ok"),
    ("755000129001", "stop", "stop"),
    ("755000123454", "clear", "ok"),
    (None, "hostile", "reject"),
    ("755000123453", "clear", "ok"),
]

ROOM: State = {"fill_percent": 3, "forgotten_early": 0, "refuses": False}


def base(screen: str = "ready", **changes: Any) -> State:
    state: State = {
        "type": "state",
        "site": "755A",
        "edge": "dock",
        "version": "0.1.0",
        "test_clock": None,
        "screen": screen,
        "ack_needed": False,
        "alarm": None,
        "scan": None,
        "recent": [
            {
                "seq": 12 - i,
                "at": f"2026-11-22T01:02:{30 - 3 * i:02d}.456Z",
                "device": "dock-1",
                "waybill": waybill,
                "result": result,
                "signal": signal,
            }
            for i, (waybill, result, signal) in enumerate(RECENT)
        ],
        "session": [SESSION],
        "devices": [
            {
                "id": "dock-1",
                "protocol": "honeywell",
                "connected": True,
                "source": "pts:/dev/pts/3",
                "simulated": True,
                "reprogrammed": False,
                "reason": None,
            }
        ],
        "link": {
            "connected": True,
            "enrolled": True,
            "receipt_age_s": 2,
            "offline": False,
            "problem": None,
        },
        "spool": {"depth": 3, "oldest_age_s": 0, **ROOM},
        "list": {"version": 7, "age_s": 12, "stale": False, "problem": None},
        "pack": {"version": 4, "problem": None},
        "clock": {"offset_ms": -3, "error_ms": 5},
        "handover": None,
        "tasks": [],
        "task_count": 0,
        "deliveries": [],
        "delivery_count": 0,
        "handhelds": {"pairing": None, "paired": []},
    }
    return {**state, **changes}


def scanned(screen: str, scan: dict[str, Any], **changes: Any) -> State:
    return base(screen, scan={**SCAN, **scan}, **changes)


def first_start() -> State:
    """Nothing scanned, nobody on duty, never connected to a hub."""
    return base(
        recent=[],
        session=[{**SESSION, "who": None, "step": None, "place": None}],
        link={
            "connected": False,
            "enrolled": False,
            "receipt_age_s": None,
            "offline": True,
            "problem": None,
        },
        spool={"depth": 0, "oldest_age_s": None, **ROOM},
        list={"version": 0, "age_s": None, "stale": True, "problem": None},
        pack={"version": 0, "problem": None},
        clock={"offset_ms": None, "error_ms": None},
    )


def recorded() -> State:
    return scanned("recorded", {}, alarm={"seq": 12, "tones": [[1800, 80, 0]], "repeat": False})


def wanted(ack_needed: bool = True) -> State:
    return scanned(
        "wanted",
        {
            "waybill": "103000000001",
            "result": "hv",
            "signal": "wanted",
            "banner_zh": "特殊安全产品(高价值)快件",
            "banner_en": "HIGH VALUE",
        },
        ack_needed=ack_needed,
        alarm={"seq": 12, "tones": WANTED_TONES, "repeat": True} if ack_needed else None,
    )


def wanted_entry(reason: str = "寄件人报失 reported missing by its sender") -> State:
    """A single wanted waybill: its banner takes two lines in English, and a reason follows."""
    return scanned(
        "wanted",
        {
            "waybill": "755671862057",
            "result": "wanted",
            "signal": "wanted",
            "banner_zh": "通缉快件",
            "banner_en": "WANTED PARCEL",
            "reason": reason,
        },
        ack_needed=True,
        alarm={"seq": 12, "tones": WANTED_TONES, "repeat": True},
    )


def stop() -> State:
    return scanned(
        "stop",
        {
            "waybill": "755000129001",
            "result": "stop",
            "signal": "stop",
            "reason": "寄件人报案:调包嫌疑",
            "owner": "华南区运营 0755-1234567",
        },
        ack_needed=True,
        alarm={"seq": 12, "tones": STOP_TONES, "repeat": True},
    )


def warn() -> State:
    return scanned(
        "warn",
        {
            "waybill": None,
            "text": "1034567890128",
            "symbology": "ean13",
            "result": "not_a_parcel",
            "hint": "wrong_symbology",
            "signal": "warn",
        },
    )


def no_effect() -> State:
    """A seal outside a handover."""
    return scanned(
        "warn",
        {
            "waybill": None,
            "result": "not_a_parcel",
            "command": {**COMMAND, "verb": "SEAL", "value": "S-000871"},
            "hint": "no_handover",
            "signal": "warn",
        },
    )


def reject(text: str = "75500012\x02\x1b[2J<script>alert(1)</script>") -> State:
    return scanned(
        "reject",
        {
            "waybill": None,
            "text": text,
            "result": "hostile",
            "hint": "control_characters",
            "signal": "reject",
        },
    )


def not_recorded() -> State:
    return scanned("not_recorded", {"hint": "disk_full", "signal": "not_recorded"})


def command(verb: str = "STEP", value: str | None = "arrive", **fields: Any) -> State:
    return scanned(
        "command",
        {
            "waybill": None,
            "result": "not_a_parcel",
            "command": {**COMMAND, "verb": verb, "value": value, **fields},
        },
    )


WANG = {"by": "0011223344556677", "name": "王芳", "unknown": False}
STRANGER = {"by": "ffee00112233aabb", "name": None, "unknown": True}


def handover(scan: dict[str, Any] | None = None, **fields: Any) -> State:
    """A handover under way: three parcels and a bag, the receiver's badge is due."""
    told = {
        "device": "dock-1",
        "outcome": "open",
        "giver": WHO,
        "receiver": None,
        "parcels": 3,
        "units": 1,
        "refused": 0,
        "accepted": 0,
        "is_full": False,
    }
    shown = None if scan is None else {**SCAN, "step": "handover", **scan}
    session = [{**SESSION, "step": "handover"}]
    return base("handover", scan=shown, handover={**told, **fields}, session=session)


def handed_over() -> State:
    end = {"waybill": None, "command": {**COMMAND, "verb": "END", "value": ""}}
    return handover(end, receiver=WANG, outcome="accepted", refused=1)


def one_sided() -> State:
    end = {"waybill": None, "command": {**COMMAND, "verb": "END", "value": ""}}
    return handover({**end, "signal": "warn", "hint": "no_receiver"}, outcome="one_sided")


CHECKS = [
    {"id": "cage", "zh": "滞留笼内", "en": "Retention cage"},
    {"id": "belt", "zh": "分拣线下与滑槽", "en": "Under the sorting belt and in the chutes"},
    {"id": "vehicle", "zh": "车厢与空袋", "en": "Vehicles and empty bags"},
    {"id": "counter", "zh": "柜台与问题件区", "en": "Counter and problem area"},
]


def task(incident: int, waybill: str, due_in_s: int, **fields: Any) -> dict[str, Any]:
    return {
        "incident": incident,
        "waybill": waybill,
        "since": "2026-11-22T00:40:00.000Z",
        "due_in_s": due_in_s,
        "last_seen_zh": "755W 二级中转场 11-22 08:12 装车",
        "last_seen_en": "755W level-2 hub, loaded 22 Nov 08:12",
        "contact": "华南区运营 0755-1234567",
        "checks": CHECKS,
        "found": None,
        **fields,
    }


def with_search() -> State:
    return base(tasks=[task(7, "103000000001", 2_531)], task_count=1)


def with_searches() -> State:
    tasks = [
        task(9, "103000000044", -380),
        task(7, "103000000001", 2_531),
        task(8, "755671862057", 3_300, found=False),
    ]
    return base(tasks=tasks, task_count=2)


def with_signers(count: int = 1) -> State:
    deliveries = [
        {
            "waybill": f"10300000000{n}",
            "at": "2026-11-22T01:02:03.456Z",
            "device": "dock-1",
            "who": WHO,
        }
        for n in range(1, count + 1)
    ]
    return base(deliveries=deliveries, delivery_count=count)
