"""The login and account pages as HTML: plain forms that need no script."""

from starlette.responses import HTMLResponse

from hub.access.account_store import Account
from hub.access.rules import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Caller
from hub.access.words import say
from hub.web.choice import Language, Theme
from hub.web.page import Html, markup, page_response


def login_page(
    language: Language,
    theme: Theme,
    status: int,
    onward: str,
    name: str = "",
    problem: str | None = None,
) -> HTMLResponse:
    """Ask who it is; ``onward`` is where a person wanted to go, ``problem`` why not yet."""
    body = markup(
        _LOGIN,
        title=say("login.title", language),
        other=language.other,
        other_name="English" if language is Language.ZH else "中文",
        other_tag=language.other.tag,
        problem_html=_note("problem", problem),
        name_label=say("login.name", language),
        name=name,
        password_label=say("login.password", language),
        password_max=str(PASSWORD_CHARS_MAX),
        onward=onward,
        do=say("login.do", language),
        about=say("login.link", language),
    )
    return page_response(say("login.title", language), body, language, theme, status)


def account_page(
    caller: Caller,
    account: Account | None,
    language: Language,
    theme: Theme,
    *,
    problem: str | None = None,
    done: str | None = None,
) -> HTMLResponse:
    """Who one is here, and what one may change of it; ``account`` None: came in by a link."""
    parts = [_who(caller, account, language), _note("problem", problem), _note("done", done)]
    if account is None:
        parts.append(_section(markup("<p>{words}</p>", words=say("account.nobody", language))))
    else:
        parts.append(_password_form(account, language))
    if account is not None and not account.must_change:
        parts.append(_choice_form(language, theme))
    parts.append(_leave_form(account, language))
    title = say("account.title", language)
    body = markup("<main>{parts_html}</main>", parts_html=Html("".join(parts)))
    status = 200 if problem is None else 422
    return page_response(title, body, language, theme, status)


def refused_page(caller: Caller, language: Language, theme: Theme) -> HTMLResponse:
    """The page is not for this role; what to do is one click away."""
    title = say("refused.title", language)
    body = markup(
        _REFUSED,
        title=title,
        words=say("refused.do", language, role=say(f"role.{caller.role}", language)),
        account=say("account.title", language),
    )
    return page_response(title, body, language, theme, 403)


def _who(caller: Caller, account: Account | None, language: Language) -> Html:
    sites = caller.sites
    must_change = account is not None and account.must_change
    link = markup('<p><a href="/console/">{words}</a></p>', words=say("account.console", language))
    return markup(
        _WHO,
        title=say("account.title", language),
        name=caller.name,
        role=say(f"role.{caller.role}", language),
        sites=say("account.sites.all", language) if sites is None else ", ".join(sorted(sites)),
        role_label=say("account.role", language),
        sites_label=say("account.sites", language),
        console_html=Html("") if must_change else link,
    )


def _password_form(account: Account, language: Language) -> Html:
    must = _note("problem", say("account.must", language) if account.must_change else None)
    return markup(
        _PASSWORD,
        must_html=must,
        title=say("password.title", language),
        name=account.name,
        old=say("password.old", language),
        new=say("password.new", language),
        again=say("password.again", language),
        rule=say("password.rule", language, least=PASSWORD_CHARS_MIN),
        least=str(PASSWORD_CHARS_MIN),
        most=str(PASSWORD_CHARS_MAX),
        do=say("password.do", language),
    )


def _choice_form(language: Language, theme: Theme) -> Html:
    languages = [(each.value, "中文" if each is Language.ZH else "English") for each in Language]
    themes = [(each.value, say(f"choice.{each}", language)) for each in Theme]
    return markup(
        _CHOICE,
        title=say("choice.title", language),
        language=say("choice.language", language),
        languages_html=_options(languages, language),
        theme=say("choice.theme", language),
        themes_html=_options(themes, theme),
        do=say("choice.do", language),
    )


def _leave_form(account: Account | None, language: Language) -> Html:
    everywhere = markup(
        _EVERYWHERE,
        words=say("sessions.all", language),
    )
    return markup(
        _LEAVE,
        title=say("sessions.title", language),
        here=say("sessions.here", language),
        everywhere_html=Html("") if account is None or account.must_change else everywhere,
    )


def _options(values: list[tuple[str, str]], chosen: str) -> Html:
    options = [
        markup(
            '<option value="{value}"{mark_html}>{words}</option>',
            value=value,
            mark_html=Html(" selected" if value == chosen else ""),
            words=words,
        )
        for value, words in values
    ]
    return Html("".join(options))


def _section(body: Html) -> Html:
    return markup("<section>{body_html}</section>", body_html=body)


def _note(kind: str, words: str | None) -> Html:
    if words is None:
        return Html("")
    return markup('<p class="{kind}" role="alert">{words}</p>', kind=kind, words=words)


_LOGIN = """<main>
<header><h1>Custos</h1><a href="/login?lang={other}" lang="{other_tag}">{other_name}</a></header>
<section><h2>{title}</h2>{problem_html}
<form method="post" action="/login">
<input type="hidden" name="onward" value="{onward}">
<label>{name_label}<input name="name" value="{name}" autocomplete="username" autocapitalize="none"
 spellcheck="false" maxlength="32" required autofocus></label>
<label>{password_label}<input name="password" type="password" autocomplete="current-password"
 maxlength="{password_max}" required></label>
<button>{do}</button></form></section>
<p class="about">{about}</p></main>"""

_REFUSED = """<main><header><h1>{title}</h1></header>
<section><p>{words}</p><p><a href="/account">{account}</a></p></section></main>"""

_WHO = """<header><h1>{title}</h1></header>
<section><p><b>{name}</b></p>
<p>{role_label}: {role}<br>{sites_label}: {sites}</p>{console_html}</section>"""

_PASSWORD = """<section><h2>{title}</h2>{must_html}
<form method="post" action="/account/password">
<input type="hidden" name="name" value="{name}" autocomplete="username">
<label>{old}<input name="old" type="password" autocomplete="current-password"
 maxlength="{most}" required></label>
<label>{new}<input name="new" type="password" autocomplete="new-password"
 minlength="{least}" maxlength="{most}" required aria-describedby="rule"></label>
<label>{again}<input name="again" type="password" autocomplete="new-password"
 minlength="{least}" maxlength="{most}" required></label>
<p class="about" id="rule">{rule}</p><button>{do}</button></form></section>"""

_CHOICE = """<section><h2>{title}</h2><form method="post" action="/account/choice">
<label>{language}<select name="language">{languages_html}</select></label>
<label>{theme}<select name="theme">{themes_html}</select></label>
<button class="quiet">{do}</button></form></section>"""

_EVERYWHERE = """<form method="post" action="/account/sessions">
<button class="quiet">{words}</button></form>"""

_LEAVE = """<section><h2>{title}</h2>
<form method="post" action="/logout"><button class="quiet">{here}</button></form><br>
{everywhere_html}</section>"""
