"""What stands around a parcel's custody: breaches, its way, containers, searches, who looked."""

from collections.abc import Mapping, Sequence

from hub.alerts.service import HistoryEntry
from hub.console.incidents.looks import STATE_ICON, STATE_MEANING, state_word
from hub.console.looks import MEANING_OF, Meaning
from hub.console.markup import age, attribute, box, chip, countdown, icon, text, waybill
from hub.console.parcel.views import ParcelSight, Searched
from hub.console.screens import ROOT
from hub.console.views import Card, Level, Seen, State
from hub.console.wording import Words, visible
from hub.custody.service import FoundBreach, Record, what_en, what_zh
from hub.parcels.service import RULE_OF, Aboard, Declaration, Link, Manifest, SaidOnce, Track


def draw_breaches(breaches: Sequence[FoundBreach], words: Words) -> None:
    """What was done against the rules, in plain words, each with its rule."""
    with box("header", "part-head"):
        text(words.say("custody.breaches"), "", "h2")
        text(str(len(breaches)), "lane-count figure")
    if not breaches:
        text(words.say("custody.breaches.none"), "gap", "p")
        return
    with box("ol", "tasks"):
        for found in breaches:
            _draw_breach(found, words)


def _draw_breach(found: FoundBreach, words: Words) -> None:
    breach = found.breach
    with box("li", "task"):
        chip(breach.rule, Meaning.OPEN, "alarm")
        with box("div", "task-body"):
            text(words.say(f"kind.{breach.kind}"), "", "b")
            text(breach.site)
            text(visible(what_zh(breach) if words.is_zh else what_en(breach)))
            text(words.say(f"custody.breach.{breach.kind}"), "gap", "p")
        with box("div", "row-end"):
            age(breach.at, words.exact(breach.at))


def draw_links(before: Link | None, after: Link | None, words: Words) -> None:
    """The same parcel's other waybills; a new one is charged again (HV-2.9)."""
    if after is not None:
        _draw_link(after, after.new, "parcel.replaced_by", words)
    if before is not None:
        _draw_link(before, before.old, "parcel.replaces", words)
        text(words.say("parcel.charged"), "problem m-amber", "p")


def draw_way_to(key: str, number: str, words: Words) -> None:
    """A word, and the way to the page of the parcel's other waybill."""
    text(words.say(key), "label")
    with attribute(box("a", "link"), "href", f"{ROOT}/parcels/{number}"):
        waybill(number)


def _draw_link(link: Link, number: str, key: str, words: Words) -> None:
    text(words.say(key), "detail-title", "h2")
    with box("p", "searched-head"):
        with attribute(box("a", "link"), "href", f"{ROOT}/parcels/{number}"):
            waybill(number)
        chip(words.say(f"parcel.replaces.{link.reason}"), Meaning.INFORMATION, "back")
        if link.first is None:
            text(words.say("parcel.replaces.unseen"), "gap")
        else:
            text(link.first.site, "", "b")
            age(link.first.at, words.exact(link.first.at))


def draw_facts(sight: ParcelSight, words: Words) -> None:
    """What was declared, and where it stands on its way."""
    declared = sight.declared
    undeclared = words.say("parcel.declared.none")
    with box("dl", "facts facts-wide"):
        value = None if declared is None else declared.declared_value_cny
        _fact(words, "parcel.value", None if value is None else words.money(value), undeclared)
        _fact(words, "parcel.piece", _piece(declared, words), undeclared)
        goods = None if declared is None else declared.goods_class
        said = None if goods is None else words.name("goods", goods)
        _fact(words, "parcel.goods", said, words.say("goods.none"))
        _fact(words, "parcel.origin", None if declared is None else declared.origin, undeclared)
        destination = None if declared is None else declared.destination
        _fact(words, "parcel.destination", destination, undeclared)
        _seen(words, "parcel.first", sight.first)
        _seen(words, "parcel.last", sight.last)
        if sight.track is not None:
            expected = sight.track.expected_site
            _fact(words, "parcel.expected", expected, words.say("parcel.expected.none"))


def draw_declarations(said: Sequence[SaidOnce], words: Words) -> None:
    """All that was declared of it, the newest first; what was refused stays on record, too."""
    text(words.say("parcel.said"), "detail-title", "h2")
    if not said:
        text(words.say("parcel.said.none"), "gap", "p")
    with box("ol", "history"):
        for each in said:
            with box("li"):
                if each.refusal is not None:
                    refused = words.say("parcel.said.refused", rule=RULE_OF[each.refusal])
                    chip(refused, Meaning.OPEN, "alarm")
                text(words.money(each.declaration.declared_value_cny), "", "b")
                text(_piece(each.declaration, words) or "", "figure")
                text(visible(each.by))
                age(each.at, words.exact(each.at))
                if each.declaration.replaces is not None:
                    text(words.say("parcel.said.replaces"), "label")
                    text(visible(each.declaration.replaces), "code")
                if each.declaration.reason is not None:
                    text(visible(each.declaration.reason), "history-reason", "p")


def _piece(declared: Declaration | None, words: Words) -> str | None:
    """Weight, size and count of pieces, as far as they were declared; null: none of them was."""
    if declared is None:
        return None
    found = []
    if declared.weight_kg is not None:
        found.append(f"{declared.weight_kg.normalize():f} kg")
    if declared.size_m is not None:
        found.append(" × ".join(f"{edge.normalize():f}" for edge in declared.size_m) + " m")
    if declared.pieces is not None:
        found.append(words.say("parcel.pieces", n=declared.pieces))
    return " · ".join(found) or None


def draw_route(track: Track, words: Words) -> None:
    """Its sites in the order of its way; the last recorded one is marked."""
    if track.route is None:
        text(words.say("parcel.route.none"), "gap", "p")
        return
    with attribute(box("ol", "route"), "aria-label", words.say("parcel.route")):
        for position, site in enumerate(track.route):
            is_here = position == track.position
            is_past = track.position is not None and position < track.position
            look = "is-here" if is_here else "is-past" if is_past else ""
            with box("li", f"stop {look}") as stop:
                if is_here:
                    attribute(stop, "aria-current", "step")
                text(site, "", "b")
    if track.position is None and track.site is not None:
        chip(words.say("parcel.route.beside", site=track.site), Meaning.OPEN, "alarm")
    if track.returning:
        chip(words.say("parcel.route.back"), Meaning.INFORMATION, "back")


def _seen(words: Words, key: str, seen: Seen | None) -> None:
    if seen is None:
        return
    with box("div", "fact"):
        text(words.say(key), "label", "dt")
        with box("dd"):
            text(seen.site, "", "b")
            age(seen.at, words.exact(seen.at))


def _fact(words: Words, key: str, value: str | None, missing: str) -> None:
    with box("div", "fact"):
        text(words.say(key), "label", "dt")
        text(missing if value is None else value, "gap" if value is None else "", "dd")


def draw_containers(containers: Sequence[Aboard], words: Words) -> None:
    """What it was aboard of, the newest first."""
    text(words.say("parcel.containers"), "detail-title", "h2")
    if not containers:
        text(words.say("parcel.containers.none"), "gap", "p")
        return
    with box("ol", "history"):
        for each in containers:
            with box("li"):
                text(words.name("container", each.kind), "label")
                text(visible(each.id), "code")
                if each.until is None:
                    chip(words.say("parcel.aboard"), Meaning.INFORMATION)
                else:
                    text(words.span(each.until - each.since), "figure")
                age(each.since, words.exact(each.since))


def draw_loads(loads: Sequence[Record], words: Words) -> None:
    """What vehicle took it, with what goods, as it was on record at the load (HV-X8)."""
    text(words.say("parcel.loads"), "detail-title", "h2")
    if not loads:
        text(words.say("parcel.loads.none"), "gap", "p")
        return
    with box("ol", "history"):
        for record in reversed(loads):
            with box("li"):
                _draw_load(record, words)


def _draw_load(record: Record, words: Words) -> None:
    into, carriage = record.container, record.carriage
    if into is None or carriage is None:
        return
    text(words.name("container", into.kind), "label")
    text(visible(into.id), "code")
    text(record.site, "", "b")
    age(record.at, words.exact(record.at))
    kind = words.name(f"carriage.{into.kind}", carriage.kind)
    text(kind, "gap" if carriage.kind is None else "")
    goods = words.name("goods", carriage.goods)
    text(goods, "gap" if carriage.goods is None else "")


def draw_manifest(manifest: Manifest | None, words: Words) -> None:
    """The newest manifest that lists it."""
    text(words.say("parcel.manifest"), "detail-title", "h2")
    if manifest is None:
        text(words.say("parcel.manifest.none"), "gap", "p")
        return
    with box("ol", "history"), box("li"):
        text(words.name("container", manifest.kind), "label")
        text(visible(manifest.id), "code")
        text(f"{manifest.origin} → {manifest.destination}", "", "b")
        text(words.say("parcel.manifest.count", n=len(manifest.waybills)))
        age(manifest.put_at, words.exact(manifest.put_at))
        text(visible(manifest.put_by), "history-reason")
        if manifest.remarks is not None:
            text(visible(manifest.remarks), "history-reason", "p")


def draw_searches(searches: Sequence[Searched], words: Words) -> None:
    """Searches for it, each with all that was done."""
    text(words.say("parcel.searches"), "detail-title", "h2")
    if not searches:
        text(words.say("parcel.searches.none"), "gap", "p")
    for each in searches:
        _draw_search(each, words)


def _draw_search(each: Searched, words: Words) -> None:
    incident = each.incident
    with box("div", "searched"):
        with box("p", "searched-head"):
            url = f"{ROOT}/incidents/{incident.id}"
            with attribute(box("a", "link"), "href", url):
                text(words.say("incident.number", id=incident.id))
            state = incident.state
            chip(state_word(words, incident), STATE_MEANING[state], STATE_ICON[state])
            if each.due is not None:
                countdown(each.due.due_at, words.exact(each.due.due_at))
        with box("ol", "history"):
            for line in reversed(each.history):
                with box("li"):
                    text(words.clock_time(line.at), "label figure")
                    text(words.name("incident.did", line.act), "", "b")
                    text(visible(line.who))
                    age(line.at, words.exact(line.at))
                    if line.note is not None:
                        text(visible(line.note), "history-reason", "p")


def draw_alerts(
    cards: Sequence[Card], answers: Mapping[int, Sequence[HistoryEntry]], words: Words
) -> None:
    """Its alerts, the newest first, with the reasons that people gave when they answered."""
    text(words.say("parcel.alerts"), "detail-title", "h2")
    if not cards:
        text(words.say("parcel.alerts.none"), "gap", "p")
    with box("ol", "history parcel-alerts"):
        for card in cards:
            with box("li"):
                chip(words.name("kind", card.kind), MEANING_OF.get(card.kind, Meaning.OPEN))
                # A passage asks nobody to act; it is closed by the parcel itself.
                passing = card.level is Level.PASSAGE and card.state is State.OPEN
                text(words.say("state.here" if passing else f"state.{card.state}"))
                text(card.site or "", "gap")
                age(card.raised_at, words.exact(card.raised_at))
                text(words.told(card.text_zh, card.text_en), "history-reason", "p")
                for line in answers.get(card.id, ()):
                    said = f"{words.name('act', line.act)} {visible(line.who)}: "
                    text(said + visible(line.reason or ""), "history-reason", "p")


def draw_looks(sight: ParcelSight, words: Words) -> None:
    """Who was shown its personal data, and why; only for those who check that."""
    if sight.looks is None:
        return
    text(words.say("parcel.looks"), "detail-title", "h2")
    if not sight.looks:
        text(words.say("parcel.looks.none"), "gap", "p")
    with box("ol", "history"):
        for look in sight.looks:
            with box("li"):
                icon("view")
                text(visible(look.who), "", "b")
                text(words.name("role", look.role), "label")
                age(look.at, words.exact(look.at))
                text(visible(look.reason), "history-reason", "p")
