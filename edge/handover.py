"""A handover between two people at one scanner, told label by label.

The giver's badge, parcels, the receiver's badge, END: each is a label, and what they add up to is
an act. A parcel scanned twice is one parcel. At ``ACT_SCANS_MAX`` parcels the act is written and
the next begins; without a receiver it cannot be written, so no more is taken in before the
receiver's badge. Pure. Source: design section 6 ("handover, both badges", "Seal check").
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec import Struct

from edge.acts import ActDraft, ActHint
from wire.events import ActKind
from wire.limits import ACT_SCANS_MAX
from wire.names import Count, Hex16, Seq


class Meant(StrEnum):
    """What a refusal, or a seal, means as things stand."""

    NOTHING = "nothing"
    LAST = "last"
    """The parcel scanned last."""
    ALL = "all"
    """The receiver's badge was scanned since: a refusal now refuses all."""


class Item(Struct, frozen=True, array_like=True):
    """One parcel, or one bag or pallet with all that is in it; ``code`` is its waybill or label."""

    seq: Seq
    code: str
    is_parcel: bool


class Handover(Struct, frozen=True, kw_only=True):
    """A handover under way; the giver is who works at the scanner.

    ``accepted`` items stand in acts already, ``refused`` ones in refusals.
    """

    receiver: Hex16 | None = None
    items: tuple[Item, ...] = ()
    meant: Meant = Meant.NOTHING
    accepted: Count = 0
    refused: Count = 0

    @property
    def is_full(self) -> bool:
        """Say whether one act can cover no more."""
        return len(self.items) >= ACT_SCANS_MAX

    @property
    def has_begun(self) -> bool:
        """Say whether anything was scanned to be handed over."""
        return bool(self.items or self.accepted or self.refused)


class Turn(NamedTuple):
    """A handover after one label, the act that the label completed, and what to tell people."""

    handover: Handover
    act: ActDraft | None = None
    hint: ActHint | None = None


NOT_BEGUN = Handover()

Rule = Callable[[Handover, str, str | None], Turn]
"""What a label's value does to a handover with this giver."""


def take(handover: Handover, item: Item, giver: str | None) -> Turn:
    """A parcel or a unit was scanned."""
    items = tuple(known for known in handover.items if known.code != item.code)
    if len(items) < ACT_SCANS_MAX:
        return Turn(_with(handover, items=(*items, item), meant=Meant.LAST))
    if handover.receiver is None:
        return Turn(handover, hint=ActHint.HANDOVER_FULL)
    written = handover.accepted + len(items)
    begun = _with(handover, items=(item,), meant=Meant.LAST, accepted=written)
    return Turn(begun, _accept(handover, giver))


def receive(handover: Handover, by: str | None, giver: str) -> Turn:
    """A badge was scanned after the parcels: whose hands they go into."""
    if by == giver:
        return Turn(handover, hint=ActHint.SAME_PERSON)
    return Turn(_with(handover, receiver=by, meant=Meant.ALL))


def check_seal(handover: Handover, seal: str, giver: str | None) -> Turn:
    """A sealed bag's number was scanned: it belongs to the parcel scanned last."""
    if handover.meant is Meant.NOTHING or not handover.items:
        return Turn(handover, hint=ActHint.NO_PARCEL)
    last = handover.items[-1]
    act = ActDraft(
        act=ActKind.SEAL_CHECK,
        by=giver,
        scans=(last.seq,),
        waybill=last.code if last.is_parcel else None,
        giver=giver,
        receiver=handover.receiver,
        seal=seal,
    )
    return Turn(handover, act)


def refuse(handover: Handover, reason: str, giver: str | None) -> Turn:
    """The receiver does not take the last parcel, or after the receiver's badge none of them."""
    refused = handover.items[-1:] if handover.meant is Meant.LAST else handover.items
    if handover.meant is Meant.NOTHING or not refused:
        return Turn(handover, hint=ActHint.NO_PARCEL)
    is_one_parcel = len(refused) == 1 and refused[0].is_parcel
    act = ActDraft(
        act=ActKind.HANDOVER_REFUSE,
        by=handover.receiver or giver,
        scans=tuple(item.seq for item in refused),
        waybill=refused[0].code if is_one_parcel else None,
        giver=giver,
        receiver=handover.receiver,
        reason=reason,
    )
    left = handover.items[: -len(refused)]
    count = handover.refused + len(refused)
    # Nothing is meant now: a refusal read twice must not refuse the parcel before.
    return Turn(_with(handover, items=left, refused=count, meant=Meant.NOTHING), act)


def end(handover: Handover, giver: str | None) -> Turn:
    """END was scanned: both sides have confirmed, or the handover stays open."""
    if not handover.items:
        return Turn(NOT_BEGUN)
    if handover.receiver is None:
        return Turn(NOT_BEGUN, hint=ActHint.NO_RECEIVER)
    return Turn(NOT_BEGUN, _accept(handover, giver))


def _accept(handover: Handover, giver: str | None) -> ActDraft:
    return ActDraft(
        act=ActKind.HANDOVER_ACCEPT,
        by=handover.receiver,
        scans=tuple(item.seq for item in handover.items),
        giver=giver,
        receiver=handover.receiver,
    )


def _with(handover: Handover, **changes: object) -> Handover:
    return msgspec.structs.replace(handover, **changes)
