"""Why a parcel is suspect: plain lines with bars; what is not known is said to be unknown."""

from datetime import datetime, timedelta

from hub.access.service import Caller, may
from hub.console.incidents.looks import STATE_ICON, STATE_MEANING
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, chip, countdown, icon, text, waybill
from hub.console.screens import ROOT
from hub.console.suspects.views import Evidence, SuspectLine, Worth
from hub.console.visit import Visit
from hub.console.why import draw_bar, draw_chances, draw_looks, draw_shares, draw_why
from hub.console.wording import Words, visible
from hub.evidence import percent
from hub.missing.service import HALVES_EVERY, NextLook, Siblings, Suspect, container_words


def draw_evidence(evidence: Evidence, visit: Visit) -> None:
    """Everything about the chosen parcel."""
    words = visit.words
    waybill(evidence.waybill, "detail-waybill")
    _draw_links(evidence.line, evidence.waybill, visit.caller, words)
    if evidence.line is not None:
        _draw_suspect(evidence.line, evidence, words)
    elif evidence.look is not None:
        _draw_look(evidence.look, evidence, words)
    else:
        text(words.say("suspects.gone"), "gap", "p")


def _draw_links(line: SuspectLine | None, number: str, caller: Caller, words: Words) -> None:
    with box("p", "searched-head"):
        with attribute(box("a", "link"), "href", f"{ROOT}/parcels/{number}"):
            text(words.say("card.parcel"))
        if line is not None and may(caller.role, "GET /console/incidents/{incident_id}"):
            url = f"{ROOT}/incidents/{line.suspect.incident}"
            with attribute(box("a", "link"), "href", url):
                text(words.say("incident.number", id=line.suspect.incident))
            chip(
                words.name("incident.state", line.state),
                STATE_MEANING[line.state],
                STATE_ICON[line.state],
            )


def _draw_suspect(line: SuspectLine, evidence: Evidence, words: Words) -> None:
    suspect, why = line.suspect, line.suspect.newest.evidence
    text(words.say("incident.evidence"), "detail-title", "h2")
    if why is None:
        _draw_reasons(suspect, evidence, words)
    else:
        draw_why(suspect.evidence, suspect.look, words)
        draw_chances(why, words)
        draw_shares(why, {}, words)
    if line.worth is not None:
        _draw_worth(line.worth, words)
    text(words.say("suspects.next"), "detail-title", "h2")
    looks = () if why is None or suspect.closed_at is not None else why.looks
    ahead = [look for look in looks if look.at > evidence.now]
    draw_looks(ahead, words)
    with box("dl", "facts"):
        if why is None:
            _fact(words, "suspects.expected", suspect.expected_site)
            _when(words, "suspects.expected_by", suspect.expected_by)
        if line.due is None or line.due.due_at not in {look.at for look in ahead}:
            _draw_deadline(line, words)


def _draw_deadline(line: SuspectLine, words: Words) -> None:
    with box("div", "fact"):
        text(words.say("suspects.then"), "label", "dt")
        with box("dd"):
            if line.due is None:
                text(words.say("suspects.then.none"), "gap")
            else:
                text(words.name("timer", line.due.timer))
                countdown(line.due.due_at, words.exact(line.due.due_at))


def _draw_reasons(suspect: Suspect, evidence: Evidence, words: Words) -> None:
    """Of a suspect without three lines, e.g. an older one: its reasons, and what is known now."""
    with box("ul", "evidence"):
        for reason in suspect.reasons_zh if words.is_zh else suspect.reasons_en:
            text(visible(reason), "", "li")
    with box("div", "bars"):
        _draw_silence(suspect.since, suspect.expected_by, evidence.now, words)
        for each in evidence.company:
            _draw_company(each, words)
        _draw_estimate(suspect, words)


def worth_words(worth: Worth) -> str:
    """In whole CNY: more digits than the estimates behind it have would be a lie."""
    return f"¥{worth.cny:,}"


def _draw_worth(worth: Worth, words: Words) -> None:
    """The figure by which it is ranked, and what it is made of."""
    text(words.say("suspects.worth.title"), "detail-title", "h2")
    text(worth_words(worth), "worth-figure figure", "p")
    p_key = "suspects.worth.p" if worth.is_estimated else "suspects.worth.p.unknown"
    value, saved = words.money(worth.value.cny), percent(worth.saved)
    with box("ul", "worth-parts"):
        text(words.say(p_key, p=percent(worth.p_lost)), "", "li")
        text(words.say(f"suspects.worth.value.{worth.value.basis}", value=value), "", "li")
        text(words.say("suspects.worth.saved", saved=saved), "", "li")
    hours = round(HALVES_EVERY / timedelta(hours=1))
    text(words.say("suspects.worth.about", h=hours), "label", "p")


def _draw_look(look: NextLook, evidence: Evidence, words: Words) -> None:
    text(words.say("suspects.not_suspect"), "", "p")
    with box("div", "bars"):
        _draw_silence(look.seen_at, look.expected_by, evidence.now, words)
        for each in evidence.company:
            _draw_company(each, words)
    with box("dl", "facts"):
        _fact(words, "suspects.last", look.site)
        _fact(words, "suspects.expected", look.expected_site)
        _when(words, "suspects.expected_by", look.expected_by)
        with box("div", "fact"):
            text(words.say("suspects.look_at"), "label", "dt")
            with box("dd"):
                countdown(look.due_at, words.exact(look.due_at))


def _draw_silence(
    since: datetime, expected_by: datetime | None, now: datetime, words: Words
) -> None:
    """The silence against the time that the plan gives it."""
    end = max(now, expected_by or now)
    whole = (end - since).total_seconds() or 1.0
    said = words.say("suspects.bar.silence", age=words.span(now - since))
    mark = None if expected_by is None else (expected_by - since).total_seconds() / whole
    late = expected_by is not None and now > expected_by
    meaning = Meaning.OPEN if late or expected_by is None else Meaning.INFORMATION
    note = words.say("suspects.bar.unplanned")
    if expected_by is not None:
        key = "suspects.bar.late" if late else "suspects.bar.in_time"
        note = words.say(key, age=words.span(abs(now - expected_by)))
    _draw_bar(said, note, (now - since).total_seconds() / whole, meaning, mark)


def _draw_company(company: Siblings, words: Words) -> None:
    seen = company.total - len(company.unseen)
    named = container_words(company.ride)[0 if words.is_zh else 1]
    said = words.say("suspects.bar.company", name=visible(named))
    note = words.say("suspects.bar.company.seen", seen=seen, all=company.total)
    _draw_bar(said, note, seen / company.total, Meaning.RECORDED)


def _draw_estimate(suspect: Suspect, words: Words) -> None:
    """A probability only where its tier has one; none is a gap, never zero."""
    said = words.say("incident.p_lost")
    tier = words.name("tier", suspect.tier)
    if suspect.p_lost is None:
        with box("div", "bar-line"):
            text(said, "bar-name")
            text(words.say("suspects.bar.no_estimate", tier=tier), "gap")
        return
    note = words.say("suspects.bar.estimate", share=percent(suspect.p_lost), tier=tier)
    _draw_bar(said, note, suspect.p_lost, Meaning.UNPROVEN)


def _draw_bar(
    name: str, note: str, share: float, meaning: Meaning, mark: float | None = None
) -> None:
    """A line with its bar; the words say all that the bar shows."""
    with box("div", f"bar-line m-{meaning}"):
        text(name, "bar-name")
        text(note, "label")
        draw_bar(share, mark)


def _fact(words: Words, key: str, value: str | None) -> None:
    with box("div", "fact"):
        text(words.say(key), "label", "dt")
        missing = words.say("figure.unknown")
        text(value or missing, "" if value else "gap", "dd")


def _when(words: Words, key: str, at: datetime | None) -> None:
    with box("div", "fact"):
        text(words.say(key), "label", "dt")
        with box("dd"):
            if at is None:
                text(words.say("figure.unknown"), "gap")
            else:
                icon("clock")
                text(f"{words.day(at)} {words.clock_time(at)[:5]}", "figure")
                age(at, words.exact(at), "label")
