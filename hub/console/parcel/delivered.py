"""How often a parcel went out for delivery, and the copies of its signed paper.

Source: HV-1.2.8, CS-D1.
"""

from collections.abc import Sequence

from hub.console.looks import Meaning
from hub.console.markup import age, box, chip, text
from hub.console.parcel.views import ParcelSight
from hub.console.wording import Words, visible
from hub.parcels.service import Attempt, Outcome, SignedCopy

_OUTCOME_MEANING = {
    Outcome.DELIVERED: Meaning.RECORDED,
    Outcome.CAME_BACK: Meaning.OPEN,
    Outcome.OPEN: Meaning.INFORMATION,
}


def draw_delivered(sight: ParcelSight, words: Words) -> None:
    """Attempts where there was one; the signed paper where it is asked for, or was uploaded."""
    if sight.attempts:
        _draw_attempts(sight.attempts, words)
    is_asked = sight.declared is not None and sight.declared.signed_return
    if is_asked or sight.copies:
        _draw_copies(sight.copies, words, is_asked=is_asked)


def _draw_attempts(attempts: Sequence[Attempt], words: Words) -> None:
    text(words.say("parcel.attempts"), "detail-title", "h2")
    with box("ol", "history"):
        for each in reversed(attempts):
            with box("li"):
                key = "parcel.attempt.free" if each.is_free else "parcel.attempt"
                text(words.say(key, n=each.n), "", "b")
                outcome = words.say(f"parcel.attempt.{each.outcome}")
                chip(outcome, _OUTCOME_MEANING[each.outcome])
                text(each.site)
                if each.ended_at is not None:
                    text(words.span(each.ended_at - each.out_at), "figure")
                age(each.out_at, words.exact(each.out_at))


def _draw_copies(copies: Sequence[SignedCopy], words: Words, *, is_asked: bool) -> None:
    text(words.say("parcel.signed"), "detail-title", "h2")
    if not is_asked:
        text(words.say("parcel.signed.unasked"), "gap", "p")
    if not copies:
        text(words.say("parcel.signed.none"), "gap", "p")
        return
    with box("ol", "history"):
        for copy in reversed(copies):
            with box("li"):
                _draw_copy(copy, words)


def _draw_copy(copy: SignedCopy, words: Words) -> None:
    check = copy.check
    if check is None:
        chip(words.say("parcel.signed.unchecked"), Meaning.OPEN)
    elif check.accepted:
        chip(words.say("parcel.signed.accepted"), Meaning.RECORDED)
    else:
        chip(words.say("parcel.signed.refused"), Meaning.OPEN, "alarm")
    text(visible(copy.name), "", "b")
    text(copy.sha256[:16], "code")
    text(visible(copy.who))
    age(copy.at, words.exact(copy.at))
    text(visible(copy.note), "history-reason", "p")
    if check is not None:
        said = words.say("parcel.signed.checked", who=visible(check.by), at=words.exact(check.at))
        text(f"{said}: {visible(check.note)}", "history-reason", "p")
