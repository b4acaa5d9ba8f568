"""Why something is suspected, as every screen draws it: three lines with bars, and what follows.

Source: console.md ("the evidence as three plain lines with bars"), docs/adr/0042, 0044.
"""

from collections.abc import Sequence

from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, chip, countdown, text
from hub.console.wording import Words, visible
from hub.evidence import Bar, Evidence, Line, LineKind, Look, SecondLook, Verdict, percent

_MEANINGS = {
    LineKind.SILENCE: Meaning.OPEN,
    LineKind.RARITY: Meaning.UNPROVEN,
    LineKind.COMPANY: Meaning.RECORDED,
    LineKind.READS: Meaning.INFORMATION,
    LineKind.UNKNOWN: Meaning.NO_DATA,
}
_VERDICTS = {Verdict.DOUBTFUL: Meaning.UNPROVEN, Verdict.SURER: Meaning.OPEN}
_VERDICT_ICONS = {Verdict.DOUBTFUL: "help", Verdict.SURER: "alarm"}
"""Those that explain a silence look alike: information, and a clock."""


def draw_why(first: Evidence | None, look: SecondLook | None, words: Words) -> None:
    """The three lines, and as of when they stand: what was seen since is not in them.

    Those of the newest look, where there was one; what the ``first`` alert said can be opened then.
    """
    if look is not None:
        _draw_second_look(look, words)
        _draw_lines(look.evidence, "why.as_of.look", words)
    if first is None:
        return
    if look is None:
        _draw_lines(first, "why.as_of", words)
        return
    with box("details", "raw"):
        text(words.say("why.first"), "", "summary")
        _draw_lines(first, "why.as_of", words)


def chance_words(look: SecondLook, words: Words) -> tuple[str, str]:
    """How likely it was lost by the first alert, and how likely by the look."""
    return _chance(look.p_lost_first, words), _chance(look.evidence.p_lost, words)


def draw_verdict(look: SecondLook, words: Words) -> None:
    """What a look came to, as a mark."""
    key = "explained" if look.verdict.is_explained else look.verdict
    meaning = _VERDICTS.get(look.verdict, Meaning.INFORMATION)
    chip(words.say(f"why.verdict.{key}"), meaning, _VERDICT_ICONS.get(look.verdict, "clock"))


def _draw_second_look(look: SecondLook, words: Words) -> None:
    """The newer number with its age, and what it was at first."""
    first, now = chance_words(look, words)
    at = look.evidence.at
    with box("div", f"second-look m-{_VERDICTS.get(look.verdict, Meaning.INFORMATION)}"):
        with box("p", "why-age"):
            text(
                words.say("why.second", first=first, at=words.clock_time(at)[:5], now=now), "", "b"
            )
            age(at, words.exact(at), "label")
            draw_verdict(look, words)
        why = look.why_zh if words.is_zh else look.why_en
        if why is not None:
            text(visible(why), "", "p")
            text(words.say("why.explained"), "label", "p")


def _draw_lines(evidence: Evidence, as_of: str, words: Words) -> None:
    with box("p", "why-age"):
        text(words.say(as_of), "label")
        age(evidence.at, words.exact(evidence.at), "label")
    with box("ol", "why"):
        for line in evidence.lines:
            _draw_line(line, words)


def _draw_line(line: Line, words: Words) -> None:
    with box("li", f"why-line m-{_MEANINGS[line.kind]}"):
        text(visible(line.zh if words.is_zh else line.en), "why-words", "p")
        if line.bar is not None:
            draw_bar(line.bar.share, line.bar.mark_share)
            text(visible(_caption(line.bar, words)), "label", "p")


def _caption(bar: Bar, words: Words) -> str:
    return bar.zh if words.is_zh else bar.en


def draw_bar(share: float, mark: float | None = None) -> None:
    """A bar from 0 to 1; the words beside it say all that it shows."""
    with attribute(box("div", "bar"), "aria-hidden", "true"):
        box("i", "bar-full").style(f"width: {100 * min(1.0, max(0.0, share)):.1f}%")
        if mark is not None:
            box("i", "bar-mark").style(f"left: {100 * min(1.0, max(0.0, mark)):.1f}%")


def draw_chances(evidence: Evidence, words: Words) -> None:
    """How likely it is lost, or went elsewhere, with prior and budget; no estimate is a gap."""
    with box("dl", "facts facts-wide"):
        for name, chance in (("lost", evidence.p_lost), ("diverted", evidence.p_diverted)):
            with box("div", "fact"):
                text(words.say(f"why.{name}"), "label", "dt")
                text(_chance(chance, words), "gap" if chance is None else "figure", "dd")
    prior, budget = evidence.prior_per_10000, evidence.budget_per_1000
    text(words.say("why.assumed", prior=f"{prior:g}", budget=budget), "label", "p")


def _chance(chance: float | None, words: Words) -> str:
    return words.say("why.unknown") if chance is None else percent(chance)


def draw_shares(evidence: Evidence, names: dict[str, str], words: Words) -> None:
    """Who answers for it, by site: a proposal; monitoring staff confirm (HV-2.11.2.2)."""
    text(words.say("why.shares"), "detail-title", "h2")
    with box("ul", "bars"):
        for each in evidence.shares:
            with box("li", f"bar-line m-{Meaning.INFORMATION}"):
                text(f"{each.site} {names.get(each.site, '')}".strip(), "bar-name")
                text(percent(each.share), "figure")
                draw_bar(each.share)
    text(words.say("why.shares.about"), "label", "p")


def draw_looks(looks: Sequence[Look], words: Words) -> None:
    """What is looked at next, and how long that is."""
    with box("ul", "looks"):
        for look in looks:
            with box("li", "look"):
                text(visible(look.zh if words.is_zh else look.en))
                countdown(look.at, words.exact(look.at))
