"""Which language and theme a person chose, kept in cookies that hold nothing else."""

from enum import StrEnum
from typing import TypeVar

from starlette.requests import HTTPConnection

LANGUAGE_COOKIE = "custos_language"
THEME_COOKIE = "custos_theme"
YEAR_S = 365 * 24 * 3600

E = TypeVar("E", bound=StrEnum)


class Language(StrEnum):
    """The languages of the screens, the first one first."""

    ZH = "zh"
    EN = "en"

    @property
    def other(self) -> "Language":
        """The one that the switch offers."""
        return Language.EN if self is Language.ZH else Language.ZH

    @property
    def tag(self) -> str:
        """As HTML names it."""
        return "zh-CN" if self is Language.ZH else "en"


class Theme(StrEnum):
    """Dark first; light in equal care."""

    DARK = "dark"
    LIGHT = "light"


def language_of(connection: HTTPConnection) -> Language:
    """``?lang=`` first, then the cookie, then Chinese."""
    kept = connection.cookies.get(LANGUAGE_COOKIE)
    return chosen(connection.query_params.get("lang", kept), Language.ZH)


def theme_of(connection: HTTPConnection) -> Theme:
    """The cookie, then dark."""
    return chosen(connection.cookies.get(THEME_COOKIE), Theme.DARK)


def chosen(asked: str | None, default: E) -> E:
    """The value that was asked for, if there is such a one."""
    return next((each for each in type(default) if each.value == asked), default)
