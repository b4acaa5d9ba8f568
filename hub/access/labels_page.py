"""The page of labels as HTML: what to choose is on the screen only, what to print is below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import HTMLResponse

from hub.access.badge_store import BadgeToken
from hub.access.words import say
from hub.label_sheet import sheet_html, sheet_styles
from hub.labels import Label
from hub.network import Staff
from hub.web.choice import Language, Theme
from hub.web.page import Html, markup, page_response


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody for whom a badge can be printed, and the newest that was."""

    staff: Staff
    token: BadgeToken | None


def labels_page(
    sections: Sequence[tuple[str, Sequence[Label]]],
    people: Sequence[Person],
    *,
    sites: Sequence[str],
    site: str,
    containers: Mapping[str, str],
    language: Language,
    theme: Theme,
) -> HTMLResponse:
    """What can be printed of a site ("": only what belongs to none).

    ``containers``: which ids were asked for, by the field's name.

    Raises:
        ValueError: more labels than fit on one page.
    """
    body = markup(
        _PAGE,
        title=say("labels.title", language),
        back=say("account.console", language),
        about=say("labels.about", language),
        choose_html=_choose_form(sites, site, containers, language),
        people_html=_people_table(people, language),
        sheet_html=sheet_html(sections, language),
    )
    title = say("labels.title", language)
    return page_response(title, body, language, theme, styles=sheet_styles())


def printed_page(label: Label, language: Language, theme: Theme) -> HTMLResponse:
    """A new badge, shown this once."""
    body = markup(
        _PRINTED,
        title=say("labels.printed", language),
        about=say("labels.once", language),
        back=say("labels.back", language),
        sheet_html=sheet_html([("badges", [label])], language),
    )
    title = say("labels.printed", language)
    return page_response(title, body, language, theme, styles=sheet_styles())


def _choose_form(
    sites: Sequence[str], site: str, containers: Mapping[str, str], language: Language
) -> Html:
    options = [
        markup(
            '<option value="{value}"{mark_html}>{words}</option>',
            value=each,
            mark_html=Html(" selected" if each == site else ""),
            words=each or say("labels.site.none", language),
        )
        for each in ("", *sites)
    ]
    fields = [
        markup(
            '<label>{words}<input name="{name}" value="{value}" autocomplete="off"></label>',
            words=say(f"labels.{name}", language),
            name=name,
            value=value,
        )
        for name, value in containers.items()
    ]
    return markup(
        _CHOOSE,
        site=say("labels.site", language),
        options_html=Html("".join(options)),
        fields_html=Html("".join(fields)),
        do=say("labels.do", language),
    )


def _people_table(people: Sequence[Person], language: Language) -> Html:
    if not people:
        return markup('<p class="about">{words}</p>', words=say("labels.people.none", language))
    rows = [
        markup(
            _PERSON,
            name=person.staff.name,
            badge=person.staff.badge,
            state=say(f"labels.{_state(person.token)}", language),
            do=say("labels.print", language),
        )
        for person in people
    ]
    return markup("<table>{rows_html}</table>", rows_html=Html("".join(rows)))


def _state(token: BadgeToken | None) -> str:
    if token is None:
        return "plain"
    return "token" if token.revoked_at is None else "revoked"


_PAGE = """<main class="labels"><div class="screen">
<header><h1>{title}</h1><a href="/console">{back}</a></header>
<section><p>{about}</p>{choose_html}</section><section>{people_html}</section></div>
{sheet_html}</main>"""

_PRINTED = """<main class="labels"><div class="screen"><header><h1>{title}</h1></header>
<section><p class="done">{about}</p><p><a href="/console/labels">{back}</a></p></section></div>
{sheet_html}</main>"""

_CHOOSE = """<form class="choose" method="get" action="/console/labels">
<label>{site}<select name="site">{options_html}</select></label>{fields_html}
<label><button>{do}</button></label></form>"""

_PERSON = """<tr><td><b>{name}</b></td><td>{badge}</td><td>{state}</td>
<td><form method="post" action="/console/labels/badge">
<input type="hidden" name="badge" value="{badge}"><button class="quiet">{do}</button></form></td>
</tr>"""
