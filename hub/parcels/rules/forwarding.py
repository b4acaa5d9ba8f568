"""Which waybill may take another's place. Pure. Source: HV-2.9.

ReplacementError
+- UnknownReplacedError     the old waybill cannot be meant      (422)
+- ReplacementClashError    what is known speaks against it      (409)
"""

from hub.parcels.rules.parcel import Declaration, Link, Parcel


class ReplacementError(Exception):
    """A waybill may not take the place that was declared; the sentence says why."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} (HV-2.9)")


class UnknownReplacedError(ReplacementError):
    """The old waybill cannot be meant."""


class ReplacementClashError(ReplacementError):
    """What is known of one of the two speaks against it."""


def check_going_on(new: Parcel, said: Declaration) -> None:
    """Keep what has happened: a parcel that travels in another's place goes on doing that.

    Raises:
        ReplacementClashError: another waybill, or none, is named now.
    """
    known = new.replaces
    if known is not None and known.first is not None and said.replaces != known.old:
        why = f"{new.waybill} travels in place of {known.old} already: name that"
        raise ReplacementClashError(why)


def check_replacement(
    new: Parcel, old: Parcel | None, *, is_stopped: bool, keeps_value: bool
) -> None:
    """Refuse what cannot be the same parcel under a new number.

    Args:
        new: the waybill that is declared, as it is known before.
        old: what is known of the waybill that it shall replace; null: nothing.
        is_stopped: the old one may not go on (HV-3), so nor may it under another number.
        keeps_value: not a high-value parcel that would go on as an ordinary one (ours).

    Raises:
        UnknownReplacedError: nothing is known of the old one, or it is the new one itself.
        ReplacementClashError: it was delivered, is stopped, goes on under another number already,
            or would be high value no more; or the new one itself goes on under another.
    """
    if old is None:
        raise UnknownReplacedError("nothing is known of the waybill that it replaces")
    if old.waybill == new.waybill:
        raise UnknownReplacedError(f"{new.waybill} cannot replace itself")
    if _is_agreed(old.replaced_by, new):
        return
    if old.seen is not None and old.seen.is_over:
        raise ReplacementClashError(f"{old.waybill} was delivered or given back")
    if old.replaced_by is not None and old.replaced_by.new != new.waybill:
        why = f"{old.waybill} goes on as {old.replaced_by.new} already"
        raise ReplacementClashError(why)
    if new.replaced_by is not None:
        why = f"{new.waybill} itself goes on as {new.replaced_by.new}"
        raise ReplacementClashError(why)
    if is_stopped:
        raise ReplacementClashError(f"{old.waybill} is stopped: release it first")
    if not keeps_value:
        why = f"{old.waybill} is high value: use a high-value waybill, or declare its value"
        raise ReplacementClashError(why)


def _is_agreed(link: Link | None, new: Parcel) -> bool:
    """Whether the parcel travels under the new number already: then saying it again is in order."""
    return link is not None and link.new == new.waybill and link.first is not None
