"""The site pack: what an edge knows of its site beside the wanted list.

People behind badges, places, shifts, the policy that stations work by, and the searches that are
asked of the site now. It travels over HTTP as one line under the hub's signature; an edge never
takes an older one, and works on with the one it has. Pure. Source: design section 3.
"""

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wire.events import Waybill
from wire.limits import (
    ACT_CHECKS_MAX,
    ERROR_TEXT_MAX,
    PACK_BYTES_MAX,
    PACK_CHANNELS_MAX,
    PACK_HOLDS_MAX,
    PACK_PLACES_MAX,
    PACK_SHIFTS_MAX,
    PACK_STAFF_MAX,
    PACK_TASKS_MAX,
)
from wire.names import END, At, ClockTime, Count, Hex16, Name, Seq, parse_at
from wire.policy import (
    HandoverPolicy,
    LinkPolicy,
    ListPolicy,
    Policy,
    ScanPolicy,
    SessionPolicy,
    VideoPolicy,
    WaybillKind,
)

_PRINTABLE = r"^[^\u0000-\u001f\u007f]*" + END
PackText = Annotated[str, Meta(pattern=_PRINTABLE, max_length=120)]


class Duty(StrEnum):
    """A person's duty (domain: roles, HV-R1); a driver is ours, design section 6 needs one."""

    COURIER = "courier"
    DEDICATED_DELIVERER = "dedicated_deliverer"
    DRIVER = "driver"
    WAREHOUSE_KEEPER = "warehouse_keeper"
    DESIGNATED_KEEPER = "designated_keeper"
    """Keeper or receiver."""
    SITE_SUPERVISOR = "site_supervisor"
    DISPATCHER = "dispatcher"
    MONITORING_STAFF = "monitoring_staff"
    REGIONAL_OPERATIONS_CONTACT = "regional_operations_contact"
    WAYBILL_ENTRY_CLERK = "waybill_entry_clerk"
    MATERIALS_KEEPER = "materials_keeper"
    CASHIER = "cashier"
    CUSTOMER_SERVICE_AGENT = "customer_service_agent"
    CUSTOMER_SERVICE_SUPERVISOR = "customer_service_supervisor"
    CUSTOMER_SERVICE_MANAGER = "customer_service_manager"
    CLAIMS_OFFICER = "claims_officer"
    REGIONAL_CLAIMS_CONTACT = "regional_claims_contact"
    HEADQUARTERS_HV_CONTACT = "headquarters_hv_contact"
    LEGAL_OFFICER = "legal_officer"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class PackPerson(Struct, frozen=True, kw_only=True):
    """Whom a badge's pseudonym means at this site."""

    by: Hex16
    name: PackText
    duty: Duty


class PackPlace(Struct, frozen=True, kw_only=True):
    """A place of the site; ``keeper`` is the pseudonym of its named keeper (HV-2.8)."""

    id: Name
    kind: Name
    keeper: Hex16 | None = None


class PackShift(Struct, frozen=True, kw_only=True):
    """A working window in the site's local time; it may cross midnight."""

    name: Name
    starts: ClockTime
    ends: ClockTime


class PackChannel(Struct, frozen=True, kw_only=True):
    """A camera of the site, and for how many days at least its footage is kept.

    ``reads_labels``: it looks at parcels from above, so its edge reads their labels. ``view``:
    what it is aimed at; what the edge has learned of another view is forgotten.
    """

    camera: Name
    footage_days: Count
    reads_labels: bool = False
    view: Name | None = None


class PackHold(Struct, frozen=True, kw_only=True):
    """Footage of a camera that must stay, from one moment to another, both by the hub's time."""

    id: Name
    camera: Name
    since: At
    until: At

    def __post_init__(self) -> None:
        parse_at(self.since)
        parse_at(self.until)


class CheckItem(Struct, frozen=True, kw_only=True):
    """One line of a self-check's list."""

    id: Name
    zh: PackText
    en: PackText


class SelfCheckTask(Struct, frozen=True, kw_only=True):
    """A search asked of this site (HV-2.11.2): look for the parcel, tick the list, answer."""

    incident: Seq
    waybill: Waybill
    since: At
    due_at: At
    last_seen_zh: PackText
    last_seen_en: PackText
    contact: PackText
    checks: Annotated[tuple[CheckItem, ...], Meta(max_length=ACT_CHECKS_MAX)]

    def __post_init__(self) -> None:
        parse_at(self.since)
        parse_at(self.due_at)


class EdgePolicy(Struct, frozen=True, kw_only=True):
    """The part of the carrier's policy that stations work by."""

    waybill: Annotated[tuple[WaybillKind, ...], Meta(min_length=1, max_length=16)]
    list: ListPolicy
    scan: ScanPolicy
    session: SessionPolicy
    link: LinkPolicy
    handover: HandoverPolicy
    video: VideoPolicy | None = None
    """Null: a hub from before cameras; then nothing is sent but what it orders."""


def edge_policy(policy: Policy) -> EdgePolicy:
    """The part of a whole policy that goes to stations."""
    return EdgePolicy(
        waybill=policy.waybill,
        list=policy.list,
        scan=policy.scan,
        session=policy.session,
        link=policy.link,
        handover=policy.handover,
        # An edge from before this key would refuse a pack with it.
        video=msgspec.structs.replace(policy.video, own_clock_s=None),
    )


class SitePack(Struct, frozen=True, kw_only=True):
    """The whole pack; ``version`` grows with every change for this site."""

    version: Count
    site: Name
    timezone: PackText
    staff: Annotated[tuple[PackPerson, ...], Meta(max_length=PACK_STAFF_MAX)]
    places: Annotated[tuple[PackPlace, ...], Meta(max_length=PACK_PLACES_MAX)]
    channels: Annotated[tuple[PackChannel, ...], Meta(max_length=PACK_CHANNELS_MAX)] = ()
    holds: Annotated[tuple[PackHold, ...], Meta(max_length=PACK_HOLDS_MAX)] = ()
    shifts: Annotated[tuple[PackShift, ...], Meta(max_length=PACK_SHIFTS_MAX)]
    tasks: Annotated[tuple[SelfCheckTask, ...], Meta(max_length=PACK_TASKS_MAX)]
    policy: EdgePolicy


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(SitePack)


def pack_bytes(pack: SitePack) -> bytes:
    """The pack as it is sent and hashed.

    Raises:
        ValueError: longer than ``PACK_BYTES_MAX``.
    """
    data = _encoder.encode(pack)
    if len(data) > PACK_BYTES_MAX:
        raise ValueError(f"a site pack of {len(data)} bytes, at most {PACK_BYTES_MAX} are allowed")
    return data


def pack_sha256(data: bytes) -> str:
    """What a pack's bytes hash to, lower hex."""
    return hashlib.sha256(data).hexdigest()


def parse_pack(data: bytes) -> SitePack:
    """Read a pack.

    Raises:
        ValueError: too long, not JSON, or a field out of its bounds.
    """
    if len(data) > PACK_BYTES_MAX:
        raise ValueError(f"a site pack of {len(data)} bytes, at most {PACK_BYTES_MAX} are allowed")
    try:
        return _decoder.decode(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no site pack: {error}"[:ERROR_TEXT_MAX]) from error
