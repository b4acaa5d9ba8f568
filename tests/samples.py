"""One sample of everything that crosses between programs; the golden files are these, sealed."""

import hashlib
from importlib.resources import files

from ledger.keys import SigningKey
from ledger.signing import seal
from tests.identity_samples import EDGE_KEY, HUB_KEY, IDENTITY_FROM_EDGE, IDENTITY_MESSAGES
from wire import messages as m
from wire.bodies import PrivateBody
from wire.events import (
    Act,
    ActKind,
    Camera,
    CameraFact,
    ClockReading,
    Codec,
    ContainerKind,
    Event,
    Feedback,
    Head,
    QueuedScan,
    Scan,
    ScanTiming,
    Segment,
    Station,
    StationFact,
)
from wire.lines import line_hash, seal_line
from wire.names import ZERO_HEAD, Result, Signal, Step
from wire.policy import parse_policy
from wire.site_pack import (
    CheckItem,
    Duty,
    PackChannel,
    PackHold,
    PackPerson,
    PackPlace,
    PackShift,
    SelfCheckTask,
    SitePack,
    edge_policy,
    pack_bytes,
    pack_sha256,
)
from wire.wanted import (
    ListHead,
    Tone,
    WantedEntry,
    WantedList,
    WantedResult,
    WantedRule,
    list_bytes,
    list_sha256,
    make_list,
)

SPOOL = "5b0e1d3c" * 4
BOOT = "0123456789abcdef" * 2
CONNECTION = "fedcba9876543210" * 2
AT = "2026-11-22T01:02:03.456Z"
LATER = "2026-11-22T01:02:04.000Z"
CLOCK = ClockReading(offset_ms=-12, error_ms=5)
BODY_HASH = "ab" * 32


def scan(**fields: object) -> Scan:
    """A scan of an ordinary waybill; ``fields`` replace its own."""
    plain: dict[str, object] = {
        "site": "755A",
        "edge": "dock",
        "at": AT,
        "mono_ms": 86_400_000,
        "boot": BOOT,
        "clock": CLOCK,
        "device": "dock-1",
        "source": "usb:0c2e:0b61:1234",
        "by": "0011223344556677",
        "waybill": "755123456789",
        "code_hex": b"755123456789".hex(),
        "text": "755123456789",
        "length": 12,
        "aim": "C0",
        "symbology": "code128",
        "step": Step.ARRIVE,
        "place": "dock1",
        "container": "B-0042",
        "container_kind": ContainerKind.BAG,
        "result": Result.CLEAR,
        "list_version": 7,
        "list_age_s": 12,
        "timing_us": ScanTiming(decode=41, verdict=9),
    }
    return Scan(**{**plain, **fields})


_STATION = {"site": "755A", "edge": "dock", "at": AT, "mono_ms": 1, "boot": BOOT, "clock": CLOCK}

EVENTS: dict[str, Event] = {
    "event-scan": scan(),
    "event-scan-private": scan(
        waybill=None,
        code_hex=None,
        text=None,
        body=BODY_HASH,
        length=31,
        aim=None,
        symbology=None,
        step=None,
        place=None,
        container=None,
        container_kind=None,
        by=None,
        clock=ClockReading(),
        result=Result.HOSTILE,
        list_version=0,
        list_age_s=None,
        maybe_repeat_of=3,
        queued=QueuedScan(queue="77" * 16, n=4, at=LATER, result=Result.HOSTILE, list_version=6),
    ),
    "event-feedback": Feedback(
        **_STATION, of_seq=1, signal=Signal.WANTED, commit_us=310, feedback_us=90, repeats=2
    ),
    "event-act": Act(
        **_STATION,
        device="dock-1",
        source="pts:/dev/pts/3",
        by="8899aabbccddeeff",
        act=ActKind.HANDOVER_ACCEPT,
        scans=(2, 3),
        step=Step.HANDOVER,
        place="dock1",
        giver="0011223344556677",
        receiver="8899aabbccddeeff",
        seal="S-1",
        body=BODY_HASH,
    ),
    "event-camera": Camera(
        **_STATION,
        device="cage-cam",
        fact=CameraFact.GAP,
        length_ms=61_040,
        reason="camera_lost",
    ),
    "event-camera-sighting": Camera(
        **_STATION,
        device="belt-cam",
        fact=CameraFact.SIGHTING,
        since=AT,
        waybill="755123456789",
        picture="7a" * 32,
    ),
    "event-camera-clock": Camera(
        **_STATION,
        device="belt-cam",
        fact=CameraFact.CLOCK,
        offset_ms=-180,
        error_ms=45,
        reason="shown",
    ),
    "event-camera-damaged": Camera(
        **_STATION,
        device="cage-cam",
        fact=CameraFact.DAMAGED,
        since=AT,
        until=LATER,
        segment="5e" * 32,
        reason="changed",
    ),
    "event-camera-short": Camera(**_STATION, fact=CameraFact.SHORT, days_fit=12, days_asked=30),
    "event-camera-own-clock": Camera(
        **_STATION,
        device="dock-cam",
        fact=CameraFact.OWN_CLOCK,
        offset_ms=-192_410,
        error_ms=9,
        reason="onvif",
    ),
    "event-segment": Segment(
        **_STATION,
        device="cage-cam",
        length_ms=9_960,
        error_ms=140,
        sha256="5e" * 32,
        bytes=2_480_113,
        codec=Codec.H264,
        frames=249,
    ),
    "event-station": Station(
        **_STATION,
        fact=StationFact.SPOOL_START,
        after_spool="9" * 32,
        after_seq=2001,
        after_head="c" * 64,
    ),
    "event-head": Head(**_STATION, depth=3, list_version=7, list_age_s=59),
}
"""By the name of the golden file; each holds the event sealed as the first line of SPOOL."""

RULE = WantedRule(
    id="hv-domestic", prefix="103", banner_zh="特殊安全产品(高价值)快件", banner_en="HIGH VALUE"
)
ENTRY = WantedEntry(
    id="w-1",
    waybill="755123456789",
    result=WantedResult.WANTED,
    reason='看一看 "now"',
    tone=Tone.STOP,
    banner_zh="请核对",
    banner_en="check it",
    priority=1,
    owner="HQ",
    expires_at="2026-12-01T00:00:00.000Z",
    covert=True,
    scope=("755A", "755W"),
)
STOP_ENTRY = WantedEntry(
    id="w-0", waybill="103000000001", result=WantedResult.STOP, reason="police hold"
)
WANTED: WantedList = make_list(7, (RULE,), (ENTRY, STOP_ENTRY))
LIST_HEAD = ListHead(version=7, list_sha256=list_sha256(WANTED), head_at=AT)

POLICY = parse_policy((files("wire") / "policy.toml").read_bytes())
PACK = SitePack(
    version=4,
    site="755A",
    timezone="Asia/Shanghai",
    staff=(PackPerson(by="0011223344556677", name="王芳", duty=Duty.WAREHOUSE_KEEPER),),
    places=(PackPlace(id="cage1", kind="cage", keeper="0011223344556677"),),
    channels=(
        PackChannel(camera="cage-cam", footage_days=90),
        PackChannel(camera="belt-cam", footage_days=30, reads_labels=True, view="rack-2"),
    ),
    holds=(PackHold(id="h-1", camera="cage-cam", since=AT, until=LATER),),
    shifts=(PackShift(name="night", starts="22:00", ends="06:00"),),
    tasks=(
        SelfCheckTask(
            incident=9,
            waybill="103000000001",
            since=AT,
            due_at=LATER,
            last_seen_zh="755A cage1，09:02",
            last_seen_en="755A cage1, 09:02",
            contact="region@example.test",
            checks=(CheckItem(id="cage", zh="检查滞留笼", en="Look into the cage"),),
        ),
    ),
    policy=edge_policy(POLICY),
)

FOOTAGE = b"\x00\x00\x00\x1cftypiso5\n"
"""The bytes of a part, which may hold line feeds."""
PICTURE = b"\xff\xd8\xff\xd9"

BODY = PrivateBody(salt="d" * 32, body='{"code_hex":"00ff","text":null}')

_TO = {"site": "755A", "edge": "dock"}
_COMMAND = {**_TO, "id": "e" * 32, "expires_at": LATER}
_SPOOL_HEAD = m.SpoolHead(spool=SPOOL, seq=200, head="c" * 64)

MESSAGES: dict[str, m.MessageBase] = {
    "state": m.State(
        **_TO,
        n=4,
        boot=BOOT,
        connection=CONNECTION,
        at=AT,
        mono_ms=1,
        heads=(_SPOOL_HEAD,),
        wanted=LIST_HEAD,
        clock=CLOCK,
        depth=3,
        oldest_at=AT,
        devices=(m.DeviceState(id="dock-1", source=None, protocol="honeywell", connected=False),),
        version="0.1.0",
    ),
    "gone": m.Gone(**_TO, boot=BOOT, connection=CONNECTION),
    "enrol": m.Enrol(**_TO, public_key=EDGE_KEY.public_key.hex(), secret="once", boot=BOOT),
    "fetch": m.Fetch(**_TO, have_version=6, at=AT),
    "receipt": m.Receipt(
        **_TO,
        answers="a" * 64,
        heads=(_SPOOL_HEAD,),
        wanted_version=7,
        received_at=AT,
        sent_at=LATER,
    ),
    "receipt-problem": m.Receipt(
        **_TO,
        answers="a" * 64,
        heads=(m.SpoolHead(spool=SPOOL, seq=0, head=ZERO_HEAD),),
        wanted_version=0,
        problem=m.Problem.BROKEN_CHAIN,
        received_at=AT,
        sent_at=LATER,
    ),
    "wanted-delta": m.WantedDelta(
        **_COMMAND, from_version=6, put=(ENTRY,), remove=("w-9",), rules=(RULE,), head=LIST_HEAD
    ),
    "wanted-head": m.WantedHead(**_COMMAND, head=LIST_HEAD),
    "wanted-fetch": m.WantedFetch(**_COMMAND, version=7),
    "pack-fetch": m.PackFetch(**_TO, have_version=3, at=AT),
    "pack-head": m.PackHead(**_COMMAND, version=4),
    "footage-order": m.FootageOrder(**_COMMAND, files=("5e" * 32, "6f" * 32)),
    "spool-close": m.SpoolClose(**_COMMAND, spool=SPOOL, upto_seq=200),
    "footage-gone": m.FootageGone(**_TO, sha256="5e" * 32, reason="deleted"),
    "enrolled": m.Enrolled(
        **_TO,
        public_key=EDGE_KEY.public_key.hex(),
        hub_key=HUB_KEY.public_key.hex(),
        site_salt="4" * 32,
    ),
    **IDENTITY_MESSAGES,
}
"""The messages without lines, by the name of their golden file; each is one sealed message."""

FROM_EDGE = IDENTITY_FROM_EDGE | {
    "state",
    "gone",
    "enrol",
    "fetch",
    "pack-fetch",
    "batch",
    "bodies",
    "footage-gone",
}


def key_of(name: str) -> SigningKey:
    """The key that signs the golden message of this name."""
    return EDGE_KEY if name in FROM_EDGE else HUB_KEY


def chain(events: list[Event], spool: str = SPOOL) -> list[bytes]:
    """The events sealed one after the other, as a spool that begins with them."""
    lines: list[bytes] = []
    prev = ZERO_HEAD
    for seq, event in enumerate(events, start=1):
        lines.append(seal_line(event, spool, seq, prev))
        prev = line_hash(lines[-1])
    return lines


def batch(lines: list[bytes], first_seq: int = 1, key: SigningKey = EDGE_KEY) -> bytes:
    """A sealed batch of these lines."""
    header = m.Batch(
        **_TO, spool=SPOOL, first_seq=first_seq, count=len(lines), head=line_hash(lines[-1])
    )
    return seal(header, key, lines)


def golden() -> dict[str, bytes]:
    """Every golden file's bytes, as the code of today writes them."""
    lines = chain(list(EVENTS.values()))
    body = m.encode(BODY)
    bodies = m.Bodies(**_TO, count=1, sha256=hashlib.sha256(body + b"\n").hexdigest())
    snapshot = m.WantedSnapshot(**_TO, head=LIST_HEAD)
    data = pack_bytes(PACK)
    pack = m.Pack(**_TO, version=PACK.version, sha256=pack_sha256(data), made_at=AT)
    part = m.FootagePart(
        **_TO,
        sha256="5e" * 32,
        bytes=2_480_113,
        offset=1_048_576,
        count=len(FOOTAGE),
        part_sha256=hashlib.sha256(FOOTAGE).hexdigest(),
    )
    picture = m.Picture(
        **_TO,
        camera="cage-cam",
        at=AT,
        sha256=hashlib.sha256(PICTURE).hexdigest(),
        bytes=len(PICTURE),
        is_named=True,
    )
    return {
        **{f"{name}.json": chain([event])[0] + b"\n" for name, event in EVENTS.items()},
        **{f"{name}.msg": seal(message, key_of(name)) for name, message in MESSAGES.items()},
        "batch.msg": batch(lines),
        "bodies.msg": seal(bodies, EDGE_KEY, [body]),
        "footage-part.msg": seal(part, EDGE_KEY) + FOOTAGE + b"\n",
        "picture.msg": seal(picture, EDGE_KEY) + PICTURE + b"\n",
        "wanted-snapshot.msg": seal(snapshot, HUB_KEY, [list_bytes(WANTED)]),
        "wanted-list.json": list_bytes(WANTED),
        "pack.msg": seal(pack, HUB_KEY, [pack_bytes(PACK)]),
        "site-pack.json": pack_bytes(PACK),
        "private-body.json": body + b"\n",
    }
