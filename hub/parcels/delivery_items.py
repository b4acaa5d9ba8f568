"""A parcel's attempts to deliver and its signed returns as JSON tells them."""

from pydantic import BaseModel

from hub.parcels.service import Attempt, Outcome, SignedCopy
from hub.web.context import at_text


class AttemptItem(BaseModel):
    """One time out for delivery; the second and later ones are free (CS-D1)."""

    n: int
    out_at: str | None
    site: str
    ended_at: str | None
    outcome: Outcome
    free: bool


class SignedCopyItem(BaseModel):
    """A copy of the signed paper; ``accepted`` null: nobody has checked it."""

    sha256: str
    name: str
    note: str
    at: str | None
    who: str
    accepted: bool | None
    checked_at: str | None
    checked_by: str | None
    check_note: str | None


def attempt_item(attempt: Attempt) -> AttemptItem:
    """One attempt."""
    return AttemptItem(
        n=attempt.n,
        out_at=at_text(attempt.out_at),
        site=attempt.site,
        ended_at=at_text(attempt.ended_at),
        outcome=attempt.outcome,
        free=attempt.is_free,
    )


def copy_item(copy: SignedCopy) -> SignedCopyItem:
    """One copy, without its content."""
    check = copy.check
    return SignedCopyItem(
        sha256=copy.sha256,
        name=copy.name,
        note=copy.note,
        at=at_text(copy.at),
        who=copy.who,
        accepted=None if check is None else check.accepted,
        checked_at=None if check is None else at_text(check.at),
        checked_by=None if check is None else check.by,
        check_note=None if check is None else check.note,
    )
