"""What the fold of a parcel's records comes to: spans, gaps, breaches, contradictions. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.custody.rules.records import Container, Record
from hub.network import Network, Staff
from wire.policy import DeliveryPolicy, HandoverPolicy, StoragePolicy, VehiclePolicy
from wire.site_pack import Duty

DRIVING = frozenset({Duty.DRIVER, Duty.COURIER, Duty.DEDICATED_DELIVERER})
"""Duties whose badge at departure is a driver's."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who answers for a parcel: a pseudonym at a site, and the badge behind it where it is known.

    One person has another pseudonym at each site; only the badge says that it is the same.
    """

    site: str
    by: str | None
    badge: str | None

    def is_same(self, other: "Holder | None") -> bool:
        """Say whether the other is the same person, as far as anybody can know."""
        if other is None:
            return False
        if self.badge is not None and other.badge is not None:
            return self.badge == other.badge
        return self.by is not None and (self.site, self.by) == (other.site, other.by)


class Standing(StrEnum):
    """How well a span is proven (promise P5)."""

    CONFIRMED = "confirmed"
    """Both sides of a handover scanned."""
    RECORDED = "recorded"
    """One badge, as the step asks, or the place's named keeper."""
    OPEN = "open"
    """Handed over by one side: the giver still answers, for a while."""
    CLAIMED = "claimed"
    """Taken without a handover."""
    UNCONFIRMED = "unconfirmed"
    """Somebody else claimed it, and the holder never gave it."""
    CONTRADICTED = "contradicted"
    """The parcel was seen elsewhere than at the holder's site."""
    NOBODY = "nobody"


class GapKind(StrEnum):
    """Why custody is not proven for a while."""

    NO_ACCEPTANCE = "no_acceptance"
    """The first record is no acceptance; where somebody takes it at once, the gap has no length."""
    OPEN_HANDOVER = "open_handover"
    NO_DRIVER = "no_driver"
    NOT_NAMED = "not_named"
    """Somebody took it who scanned no badge."""
    UNCONFIRMED = "unconfirmed"
    """Between the last that was seen of one holder and another's claim; the first one is asked."""


class BreachKind(StrEnum):
    """What was done against the rules."""

    SERIES_MISUSED = "series_misused"
    SERIES_MISSING = "series_missing"
    ABOVE_BAND = "above_band"
    OVERSIZE = "oversize"
    SEVERAL_PIECES = "several_pieces"
    OPEN_HANDOVER = "open_handover"
    BAGGED_AT_BRANCH = "bagged_at_branch"
    NO_HANDOVER = "no_handover"
    BAGGED_WITH_OTHERS = "bagged_with_others"
    LEFT_SIBLINGS = "left_siblings"
    NO_SIGNER = "no_signer"
    UNDELIVERED = "undelivered"
    """Out for delivery when the day's hour came; delivered later it stays on record."""
    STORAGE = "storage"
    NO_CAMERA = "no_camera"
    """A site without any camera: one standing breach, not one a parcel."""
    NOT_STORED = "not_stored"
    """It lay for long with no storage recorded (HV-2.3, HV-2.4.1, HV-2.5.3, HV-2.8)."""
    WRONG_RECEIVER = "wrong_receiver"
    WRONG_DELIVERER = "wrong_deliverer"
    RETURN_UNSAID = "return_unsaid"
    STOPPED_MOVED = "stopped_moved"
    NOT_LOADED_FIRST = "not_loaded_first"
    """Into a flight, after an ordinary parcel."""
    PALLET_APART = "pallet_apart"
    """By air on another pallet than most, or on none."""
    VEHICLE_UNLISTED = "vehicle_unlisted"
    """Its vehicle was not on the carrier's list."""
    VEHICLE_KIND = "vehicle_kind"
    """Its goods may not travel in such a vehicle."""
    OLD_WAYBILL = "old_waybill"
    """Moved under the waybill that it had before (HV-2.9)."""
    SEEN_ELSEWHERE = "seen_elsewhere"
    """A camera read its label at a site that is not its holder's, or after its delivery."""


RULE_OF = {
    BreachKind.SERIES_MISUSED: "HV-2.2.2.2",
    BreachKind.SERIES_MISSING: "HV-2.2.2.2",
    BreachKind.ABOVE_BAND: "HV-1.2.2",
    BreachKind.OVERSIZE: "HV-1.2.1",
    BreachKind.SEVERAL_PIECES: "HV-1.2.2",
    BreachKind.OPEN_HANDOVER: "HV-2.2.6",
    BreachKind.BAGGED_AT_BRANCH: "HV-2.3",
    BreachKind.NO_HANDOVER: "HV-2.2.6",
    BreachKind.BAGGED_WITH_OTHERS: "HV-2.4.1",
    BreachKind.LEFT_SIBLINGS: "HV-2.4.2",
    BreachKind.NO_SIGNER: "HV-2.6",
    BreachKind.UNDELIVERED: "HV-2.6",
    BreachKind.STORAGE: "HV-2.8",
    BreachKind.NO_CAMERA: "HV-2.8",
    BreachKind.NOT_STORED: "HV-2.8",
    BreachKind.WRONG_RECEIVER: "HV-2.4.1",
    BreachKind.WRONG_DELIVERER: "HV-2.5",
    BreachKind.RETURN_UNSAID: "HV-2.9",
    BreachKind.STOPPED_MOVED: "HV-3",
    BreachKind.NOT_LOADED_FIRST: "HV-2.4.2",
    BreachKind.PALLET_APART: "HV-2.4.2",
    BreachKind.VEHICLE_UNLISTED: "HV-X8",
    BreachKind.VEHICLE_KIND: "HV-X8",
    BreachKind.OLD_WAYBILL: "HV-2.9",
    BreachKind.SEEN_ELSEWHERE: "HV-2.11.2",
}


@dataclass(frozen=True, slots=True)
class Span:
    """One holder in one place and container, from (included) until (not included).

    ``holder`` null: nobody. ``site`` null: under way. ``to_at`` null: until now. ``opened_by`` and
    ``closed_by`` are steps, acts, ``handover_expired`` or ``replaced`` (by a new waybill).
    ``containers`` run from the inside out.
    """

    holder: Holder | None
    site: str | None
    place: str | None
    containers: tuple[Container, ...]
    standing: Standing
    from_at: datetime
    to_at: datetime | None
    opened_by: str
    closed_by: str | None
    evidence: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch for which nobody answers, or nobody can prove who did.

    ``site`` is where it was when the gap began; ``to_at`` null: it lasts.
    """

    kind: GapKind
    site: str
    from_at: datetime
    to_at: datetime | None
    evidence: Record

    @property
    def is_nobodys(self) -> bool:
        """Whether nobody at all answers for the parcel: the time that sites are ranked by."""
        return self.kind is not GapKind.UNCONFIRMED


@dataclass(frozen=True, slots=True)
class Breach:
    """What was done against a rule, when, where, and the line that shows it.

    ``words`` name what the rule is about (a bag, what is missing). ``tell_at``: until then it may
    still be mended, so nobody is alarmed before.
    """

    kind: BreachKind
    waybill: str | None
    at: datetime
    site: str
    evidence: Record
    words: tuple[str, ...]
    tell_at: datetime

    @property
    def rule(self) -> str:
        """The rule's id in the operating documents."""
        return RULE_OF[self.kind]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The parcel was seen at a site that is not its holder's, or after its delivery."""

    holder: Holder | None
    holder_site: str
    evidence: Record


@dataclass(frozen=True, slots=True)
class Exit:
    """A scan of the parcel by itself, at the very site where it had been put into a container."""

    container: Container
    put: Record
    evidence: Record


@dataclass(frozen=True, slots=True)
class Chain:
    """A parcel's custody as believed at ``as_of``.

    ``due_at`` is when it changes next without any new record; ``complete`` says that no older
    records were left out. ``replaced_by`` is the waybill under which it goes on (HV-2.9).
    """

    spans: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    breaches: tuple[Breach, ...]
    contradictions: tuple[Contradiction, ...]
    exits: tuple[Exit, ...]
    as_of: datetime
    due_at: datetime | None
    delivered: bool
    complete: bool = True
    replaced_by: str | None = None

    @property
    def is_over(self) -> bool:
        """Nobody holds it under this waybill any more: delivered, or gone on under another."""
        return self.delivered or self.replaced_by is not None

    def span_at(self, at: datetime) -> Span | None:
        """The one span of an instant; None before the first record and after the end."""
        for span in self.spans:
            if span.from_at <= at and (span.to_at is None or at < span.to_at):
                return span
        return None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of the parcel itself; ``route`` are its sites, None where nobody can say.

    ``refused_for`` is the breach that each way of it is: it must not travel as it was declared.
    ``replaced_by`` is the waybill under which it goes on (HV-2.9).
    """

    waybill: str
    is_high_value: bool
    refused_for: BreachKind | None = None
    route: tuple[str, ...] | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What records are read against; ``people`` are those behind pseudonyms, by site and ``by``."""

    network: Network
    handover: HandoverPolicy
    delivery: DeliveryPolicy
    storage: StoragePolicy
    vehicle: VehiclePolicy
    people: Mapping[tuple[str, str], Staff]

    def person(self, site: str, by: str | None) -> Holder | None:
        """Who scanned as ``by`` at a site; None: nobody did by name."""
        if by is None:
            return None
        found = self.people.get((site, by))
        return Holder(site, by, None if found is None else found.badge)

    def drives(self, holder: Holder | None) -> bool:
        """Say whether somebody is known to be a driver."""
        if holder is None or holder.badge is None:
            return False
        found = self.network.people.get(holder.badge)
        return found is not None and found.duty in DRIVING
