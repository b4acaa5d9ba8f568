"""Labels as a page to be printed: A4, Code 128, both languages beside the bars."""

import re
from collections.abc import Sequence
from importlib.resources import files

from hub.labels import Label
from hub.web.choice import Language
from hub.web.page import Html, markup

MODULE_MM = 0.33
"""The narrowest bar; any scanner reads it from a hand's breadth."""
WIDTH_MM_MAX = 83.0
HEIGHT_MM = 16
LABELS_MAX = 500
"""On one page; printing more is no accident that should cost a web process its memory."""

_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
_TITLES = {
    "badges": ("工牌", "Badges"),
    "steps": ("作业步骤", "Steps"),
    "places": ("位置", "Places"),
    "containers": ("容器", "Containers"),
}


def barcode_svg(code: str) -> Html:
    """A code as Code 128 in SVG, quiet zones included."""
    # Imported here: only who prints needs it.
    import zxingcpp

    barcode = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.Code128)
    svg = zxingcpp.write_barcode_to_svg(barcode)
    # Inside a page an SVG is an element: without its XML head, and scaled to millimetres.
    size = _SIZE.search(svg)
    assert size is not None
    modules, height = size.groups()
    width_mm = min(WIDTH_MM_MAX, int(modules) * MODULE_MM)
    scaled = (
        f'viewBox="0 0 {modules} {height}" preserveAspectRatio="none" '
        f'width="{width_mm:.1f}mm" height="{HEIGHT_MM}mm"'
    )
    return Html(svg[svg.index("<svg") :].replace(size.group(), scaled, 1))


def sheet_styles() -> str:
    """What a page with a sheet needs, on the screen and in print."""
    return files("hub").joinpath("web/labels.css").read_text("utf-8")


def sheet_html(sections: Sequence[tuple[str, Sequence[Label]]], language: Language) -> Html:
    """Labels as a part of a page that has ``sheet_styles``.

    Args:
        sections: names (``badges``, ``steps``, ``places``, ``containers``) and their labels.
        language: of the headings; each label has both.

    Raises:
        ValueError: more than ``LABELS_MAX`` labels.
    """
    if sum(len(labels) for _, labels in sections) > LABELS_MAX:
        raise ValueError(f"at most {LABELS_MAX} labels on one page")
    parts = "".join(_section(name, labels, language) for name, labels in sections if labels)
    return markup('<div class="sheet">{parts_html}</div>', parts_html=Html(parts))


def sheet_page(sections: Sequence[tuple[str, Sequence[Label]]], language: Language) -> str:
    """A whole page of nothing but labels; as :func:`sheet_html`."""
    body = sheet_html(sections, language)
    return markup(_SHEET, lang=language.tag, styles_html=Html(sheet_styles()), body_html=body)


def _section(name: str, labels: Sequence[Label], language: Language) -> Html:
    title = _TITLES[name][0 if language is Language.ZH else 1]
    return markup(
        "<section><h2>{title}</h2><ul>{labels_html}</ul></section>",
        title=title,
        labels_html=Html("".join(_label(label) for label in labels)),
    )


def _label(label: Label) -> Html:
    return markup(
        '<li>{svg_html}<p class="words"><b>{zh}</b> <span lang="en">{en}</span></p>'
        '<p class="note">{note}</p><p class="code">{code}</p></li>',
        svg_html=barcode_svg(label.code),
        zh=label.zh,
        en=label.en,
        note=label.note,
        code=label.code,
    )


_SHEET = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>Custos</title><style>{styles_html}</style>
</head><body>{body_html}</body></html>
"""
