"""Thresholds in words, sites that changed, what it does not know, why others do not judge."""

from hub.console.markup import box, icon, text
from hub.console.model.drawing import (
    STATE_ICON,
    hours,
    percent,
    price,
    product,
    title,
)
from hub.console.model.views import ENDLESS_H, ModelSight, prices_of
from hub.console.why import draw_bar
from hub.console.wording import Words
from hub.missing.service.models import EVERY_PRODUCT, USUAL_LATE, ModelReport, Report

SITES_SHOWN_MAX = 6
PRODUCTS_SHOWN_MAX = 6
REASONS_SHOWN_MAX = 3
_NEVER_LOOKED_AT = ("weather", "undeclared", "lanes", "past")


def draw_thresholds(report: Report, words: Words) -> None:
    """What is waited for, in hours, and what that costs."""
    with box("section", "model-part"):
        title(words.say("model.thresholds"))
        ours, theirs = hours(report.wait_h, words), hours(report.before_wait_h, words)
        text(words.say("model.wait", n=ours, rule=theirs), "model-sentence", "p")
        prices = prices_of(report)
        text(words.say("model.price"), "", "p")
        with box("dl", "model-prices"):
            for name, price_h in prices[:PRODUCTS_SHOWN_MAX]:
                is_alone = len(prices) == 1
                text(product(name, words, is_alone=is_alone), "", "dt")
                endless = price_h >= ENDLESS_H
                said = words.say("model.price.endless") if endless else price(price_h, words)
                text(said, "gap" if endless else "figure", "dd")
        if len(prices) > PRODUCTS_SHOWN_MAX:
            text(words.say("model.price.more", n=len(prices) - PRODUCTS_SHOWN_MAX), "label", "p")
        text(words.say("model.price.about"), "label", "p")


def draw_drift(shown: ModelReport, sight: ModelSight, words: Words) -> None:
    """Sites whose scans come later than learned; that there is none is a sentence, too."""
    with box("section", "model-part"):
        title(words.say("model.drift"))
        if not shown.sites:
            text(words.say("model.drift.unseen"), "gap", "p")
            return
        if not shown.drifted:
            text(words.say("model.drift.none", all=shown.sites), "model-sentence", "p")
        else:
            said = words.say("model.drift.some", n=len(shown.drifted), all=shown.sites)
            text(said, "model-sentence", "p")
            most = max(0.2, *(each.late / each.count for each in shown.drifted))
            with box("ul", "model-lines m-amber"):
                for each in shown.drifted[:SITES_SHOWN_MAX]:
                    share = each.late / each.count
                    with box("li", "model-drift"):
                        name = sight.site_names.get(each.site, "")
                        text(f"{each.site} {name}".strip(), "bar-name")
                        figures = {"share": percent(share), "late": each.late, "n": each.count}
                        text(words.say("model.drift.is", **figures), "label figure")
                        draw_bar(share / most, USUAL_LATE / most)
        hidden = len(shown.drifted) - SITES_SHOWN_MAX
        if hidden > 0:
            text(words.say("model.drift.more", n=hidden), "label", "p")
        text(words.say("model.drift.about"), "label", "p")


def draw_unknown(report: Report, sight: ModelSight, words: Words) -> None:
    """What nobody should expect of it."""
    with box("section", "model-part"):
        title(words.say("model.unknown"))
        with box("ul", "model-lines"):
            if report.unknown > 0:
                said = words.say("model.unknown.share", share=percent(report.unknown))
            else:
                said = words.say("model.unknown.nothing")
            text(said, "", "li")
            for each in _NEVER_LOOKED_AT:
                text(words.say(f"model.unknown.{each}"), "", "li")
            lost = report.lost.get(EVERY_PRODUCT)
            if lost is not None:
                figures = {"n": f"{10_000 * lost:.1f}", "policy": sight.lost_per_10000}
                text(words.say("model.unknown.lost", **figures), "", "li")
            text(words.say("model.unknown.imagined"), "", "li")


def draw_reasons(sight: ModelSight, words: Words) -> None:
    """Why earlier nights brought no model that counts, or one that did not last."""
    told = {each.made.id for each in sight.troubles}
    bad = [each.made for each in sight.models if each.made.reason_en is not None]
    bad = [made for made in bad if made.id not in told]
    if not bad:
        return
    with box("section", "model-part"):
        title(words.say("model.reasons"))
        with box("ul", "model-lines"):
            for made in bad[:REASONS_SHOWN_MAX]:
                with box("li", "model-why"):
                    icon(STATE_ICON[made.state])
                    said = words.say(
                        "model.night.why",
                        day=words.day(made.made_at)[5:],
                        state=words.say(f"model.state.{made.state}"),
                        reason=words.told(made.reason_zh or "", made.reason_en or ""),
                    )
                    text(said)
        if len(bad) > REASONS_SHOWN_MAX:
            text(words.say("model.reasons.more", n=len(bad) - REASONS_SHOWN_MAX), "label", "p")
