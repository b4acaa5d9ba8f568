"""Policy: every number that a carrier may change, as types; the values live in ``policy.toml``.

``wire/policy.toml`` holds the shipped defaults; a carrier's own file overrides single keys. An
unknown key is an error, because a misspelt policy is a policy not carried out. Pure: callers read
the files. Source: domain.md ("Every number is a policy value").
"""

import re
import tomllib
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from wire.names import ClockTime, Name, Prefix

HOLIDAYS_MAX = 1_000
Positive = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class VehicleKind(StrEnum):
    """What a road vehicle is, as HV-X8 tells them apart."""

    CONTAINER = "container"
    CLOSED_BOX_LOCKED = "closed_box_locked"
    HALF_CLOSED_BOX_LOCKED = "half_closed_box_locked"
    OTHER = "other"


class GoodsClass(StrEnum):
    """What goods are declared as, as far as HV-X8 tells them apart."""

    ELECTRONICS = "electronics"
    OTHER = "other"


class WaybillKind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a waybill of one kind looks like.

    ``pattern`` must match the whole code; ``symbologies`` are those of ``devices.symbology``;
    ``series_hv`` is the prefix of high-value parcels (HV-2.11.1), tried on waybills only.
    """

    name: Name
    pattern: Annotated[str, Meta(min_length=1, max_length=200)]
    symbologies: tuple[str, ...]
    check: Literal["none", "mod7", "mod10"]
    series_hv: Prefix | None = None

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"pattern {self.pattern!r} is no regular expression") from error


class ListPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``stale_age_s``: a list whose newest signed head is older than this is shown as stale."""

    stale_age_s: Positive


class ScanPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``repeat_guard_ms``: the same bytes from one device within this are one scan.

    ``resend_window_s``: how long a scanner may send a code again that it heard no answer to; the
    same code within this after a start is marked maybe_repeat_of.
    """

    repeat_guard_ms: Positive
    resend_window_s: Positive


class SessionPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``idle_min``: who, step, place and bag are forgotten after this much idle time."""

    idle_min: Positive


class LinkPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``hub_silent_s``: no receipt for this long lights "offline" and raises an alert."""

    hub_silent_s: Positive


class LatePolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``late_s``: an event received this long after it was recorded is late.

    ``future_max_h``: event times further ahead are not believed; received_at counts instead.
    """

    late_s: Positive
    future_max_h: Positive


class HandoverPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``open_min``: a giver still holds for this long after a one-sided handover, then nobody.

    ``join_min``: giver's and receiver's scans on two devices within this are one handover.
    """

    open_min: Positive
    join_min: Positive


class DeliveryPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``signer_min``: a delivery without the signer's ID after this is a breach (HV-2.6).

    Deliveries are done by ``due_at``, local to the site; from ``warn_at`` on people are warned.
    ``signed_return_h``: a copy of the signed paper is accepted within this (HV-1.2.8, CS-D1).
    """

    signer_min: Positive
    warn_at: ClockTime
    due_at: ClockTime
    signed_return_h: Positive


class StoragePolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``within_min``: what lies longer at a site is stored there (HV-2.3, 2.4.1, 2.5.3, 2.8)."""

    within_min: Positive


class AcceptancePolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``hv_above_cny``: a declared value above this asks for an HV waybill (HV-1.2.1).

    ``value_cny_max``: above this, refused until the policy changes (HV-1.2.2). A high-value parcel
    weighs at most ``weight_kg_max``, fits into ``size_mm_max`` in some orientation (HV-1.2.1) and
    is of at most ``pieces_max`` (HV-1.2.2).
    """

    hv_above_cny: Positive
    value_cny_max: Positive
    weight_kg_max: Positive
    size_mm_max: tuple[Positive, Positive, Positive]
    pieces_max: Positive


class VehiclePolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The road vehicles that high-value parcels, and those of electronics, may travel in (HV-X8).

    Goods whose class nobody declared are not judged as electronics.
    """

    kinds: tuple[VehicleKind, ...]
    electronics_kinds: tuple[VehicleKind, ...]


class MissingPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a silent parcel is a suspect; see ``hub.missing.rules``.

    ``late_min``: how late a scan is on average, where nothing is learned yet; what was learned
    weighs as much as this once there are ``samples_min`` past scans. ``false_per_1000``: the budget
    of good parcels suspected in their whole life. ``lost_per_10000``: the prior of ``p_lost``.
    ``handle_min``: between a parcel's arrival and its leaving. ``delivery_min``: so long before
    ``[delivery] due_at`` what is to be delivered goes out, or on the next day.
    ``unplanned_min``: silence of a high-value parcel without a way.
    ``silent_max_min``: longer after its next scan was due, silence is never waited for.
    ``site_silent_min``, ``site_odds``: no scan at a site for so long, and a working site would be
    as quiet only once in so many. ``group_min``, ``group_pct``: so many and so much of a bag or
    vehicle silent together is one alert. ``undeclared_cny``: what a parcel of no HV series counts
    as that nobody declared a value of, when suspects are put in order. A suspicion whose P(lost) is
    below ``doubtful_pct`` is looked at again every ``second_look_min``.
    """

    late_min: Positive
    samples_min: Positive
    false_per_1000: Annotated[int, Meta(ge=1, le=1_000)]
    lost_per_10000: Annotated[int, Meta(ge=1, le=10_000)]
    handle_min: Positive
    delivery_min: Positive
    unplanned_min: Positive
    silent_max_min: Positive
    site_silent_min: Positive
    site_odds: Annotated[int, Meta(ge=10)]
    group_min: Annotated[int, Meta(ge=2)]
    group_pct: Annotated[int, Meta(ge=1, le=100)]
    undeclared_cny: Positive
    doubtful_pct: Annotated[int, Meta(ge=1, le=100)]
    second_look_min: Positive


class HolidayPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the calendar of statutory days errs: days that are some, and days that are none."""

    added: Annotated[tuple[date, ...], Meta(max_length=HOLIDAYS_MAX)]
    removed: Annotated[tuple[date, ...], Meta(max_length=HOLIDAYS_MAX)]


class IncidentPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``self_check_min``: nothing found after this goes to the region (HV-2.11.2).

    ``lost_h``: an escalated parcel that is still silent after this counts as lost.
    ``follow_up_min``: the responsible person follows up within this (HV-2.11.2.2).
    """

    self_check_min: Positive
    lost_h: Positive
    follow_up_min: Positive


class MailPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``stuck_min``: a mail that waits this long is an alert; ``give_up_h``: nobody tries on."""

    stuck_min: Positive
    give_up_h: Positive


class ManifestPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``window_h``: scans so long before a manifest was put belong to its trip.

    ``flight_min``: a flight's manifest comes within this after it left (HV-2.4.2).
    """

    window_h: Positive
    flight_min: Positive


class DispatchPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``list_min``: the HV list is sent so long after a shift's transfer (HV-2.7).

    ``receive_min``: a destination's centre has received what was forwarded to it within this.
    """

    list_min: Positive
    receive_min: Positive


class RetentionPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``days``: how long an edge keeps footage; ``area_days``: where parcels rest or are taken.

    Source: design section 8.
    """

    days: Positive
    area_days: Positive


class VideoPolicy(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How footage is linked to scans and travels (design section 8).

    ``margin_s``: a scan's footage is looked for so far around it. ``certificate_min``: what is not
    known of an event's footage this long after it came in is told as unknown. ``gap_s``: a gap as
    long as this is an alert. ``sighting_s``: a label that is out of view for so long and comes back
    is a new passage. ``send_kbit_s``: an edge sends footage no faster. ``still_s``: how often it
    sends what each camera shows. ``own_clock_s``: the clock that a camera writes into its picture
    is shown as wrong when it is further off; it is for the hub, stations are not told it.
    """

    margin_s: Annotated[int, Meta(ge=10, le=600)]
    certificate_min: Positive
    gap_s: Positive
    sighting_s: Positive
    send_kbit_s: Positive
    still_s: Positive
    own_clock_s: Positive | None = None


class MonitoringPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a site's monitoring log goes to the department above it (HV-2.11.3), local times.

    ``log_send_at``: the log of the day before is sent; ``log_due_at``: it must have left by then.
    ``month_day``: the month's summary must have left by this day of the next month.
    """

    log_send_at: ClockTime
    log_due_at: ClockTime
    month_day: Annotated[int, Meta(ge=1, le=28)]


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole policy file."""

    waybill: Annotated[tuple[WaybillKind, ...], Meta(min_length=1, max_length=16)]
    list: ListPolicy
    scan: ScanPolicy
    session: SessionPolicy
    link: LinkPolicy
    late: LatePolicy
    handover: HandoverPolicy
    delivery: DeliveryPolicy
    storage: StoragePolicy
    acceptance: AcceptancePolicy
    vehicle: VehiclePolicy
    missing: MissingPolicy
    holiday: HolidayPolicy
    incident: IncidentPolicy
    mail: MailPolicy
    retention: RetentionPolicy
    video: VideoPolicy
    monitoring: MonitoringPolicy
    manifest: ManifestPolicy
    dispatch: DispatchPolicy


def parse_policy(shipped: bytes, own: bytes | None = None) -> Policy:
    """Read the shipped policy with a carrier's own keys laid over it.

    Tables are merged key by key; the array of waybill kinds is replaced whole.

    Raises:
        ValueError: not TOML, an unknown key, a value out of its bounds, or two kinds of waybill
            with one name; the sentence names it.
    """
    try:
        merged = _load(shipped)
        if own is not None:
            for key, value in _load(own).items():
                known = merged.get(key)
                if isinstance(known, dict) and isinstance(value, dict):
                    merged[key] = {**known, **value}
                else:
                    merged[key] = value
        policy = msgspec.convert(merged, Policy)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"policy: {error}") from error
    if len({kind.name for kind in policy.waybill}) != len(policy.waybill):
        raise ValueError("policy: two kinds of waybill share a name")
    return policy


def keys_in(own: bytes) -> frozenset[str]:
    """The keys that a carrier's own file sets, e.g. ``late.late_s``; ``waybill`` for all its kinds.

    Args:
        own: what :func:`parse_policy` has taken.
    """
    found: set[str] = set()
    for key, value in _load(own).items():
        found |= {f"{key}.{name}" for name in value} if isinstance(value, dict) else {key}
    return frozenset(found)


def _load(data: bytes) -> dict[str, Any]:
    return tomllib.loads(data.decode("utf-8"))
