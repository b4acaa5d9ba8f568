"""A page without the console's framework: login, account. It brings its styles, and no script.

Text is escaped where it is put in; ``Html`` marks what is markup already.
"""

import html
from importlib.resources import files
from typing import NewType

from starlette.responses import HTMLResponse

from hub.web.choice import Language, Theme

Html = NewType("Html", str)
"""Markup; only :func:`markup` makes it."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    # Not no-referrer: a browser would then hide the Origin of the forms, which the gate asks for.
    "Referrer-Policy": "same-origin",
}


def markup(template: str, **values: str | Html) -> Html:
    """Fill a template of ours: every value is escaped but those named ``*_html``."""
    filled = {
        name: value if name.endswith("_html") else html.escape(value, quote=True)
        for name, value in values.items()
    }
    return Html(template.format_map(filled))


def page_response(
    title: str,
    body: Html,
    language: Language,
    theme: Theme,
    status: int = 200,
    styles: str = "",
) -> HTMLResponse:
    """A whole page that nobody keeps, frames, or feeds with scripts."""
    content = markup(
        _PAGE,
        lang=language.tag,
        theme=theme,
        title=title,
        styles_html=Html(_styles() + styles),
        body_html=body,
    )
    return HTMLResponse(content, status, headers=_HEADERS)


def _styles() -> str:
    # The console's own colours and sizes: one look, kept in one place.
    tokens = files("hub").joinpath("console/static/tokens.css").read_text("utf-8")
    return tokens + files("hub").joinpath("web/page.css").read_text("utf-8")


_PAGE = """<!doctype html>
<html lang="{lang}" data-theme="{theme}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Custos</title><style>{styles_html}</style></head>
<body>{body_html}</body></html>
"""
