"""Footage that is not what it was, here or at its edge: somebody has to know at once.

Source: design section 8; each file is looked at again, at the hub every night.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, find_unclosed, raise_alert
from hub.fact import Fact
from hub.video.media import wake_counting_on
from hub.video.store import footage
from hub.video.store.certificates import News
from hub.video.store.media_files import WantedFile
from wire.events import Camera, Damage

NAMED_CHARS = 12
"""So much of a file's hash is told to people: enough to find it."""


_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        Damage.CHANGED: ("内容被改动", "was changed"),
        Damage.MISSING: ("丢失或无法读取", "is missing or cannot be read"),
        Damage.SWAPPED: ("被调换为另一段录像", "was swapped with another file"),
    }
)
_UNKNOWN = ("已损坏", "is damaged")
AWAY = ("录像磁盘不在（未挂载？）", "its disk is not there (not mounted?)")
"""Why nothing can be read, in Chinese and in English."""
_UNREAD_SUBJECT = "hub"


def tell_damage_here(tx: Connection, file: WantedFile, damage: Damage, now: datetime) -> None:
    """A file on the hub's disk is not what it was."""
    words = _words_of(file.camera, file.sha256, damage, ("中心", "the hub"))
    subject = f"{file.site}/{file.edge}/{file.camera}"
    finding = Finding(AlertKind.FOOTAGE_DAMAGED, subject, now, site=file.site, words=words)
    raise_alert(tx, finding, now)


def tell_unread_here(
    tx: Connection, file: WantedFile, reason: tuple[str, str], now: datetime
) -> None:
    """The hub cannot read a file just now: one alert, however many, until a person closes it."""
    if is_told_unread(tx):
        return
    words = {"camera": f"{file.site}/{file.camera}", "file": file.sha256[:NAMED_CHARS]}
    words |= {"what_zh": reason[0], "what_en": reason[1]}
    raise_alert(tx, Finding(AlertKind.FOOTAGE_UNREAD, _UNREAD_SUBJECT, now, words=words), now)


def is_told_unread(tx: Connection) -> bool:
    """Say whether people were told that stored footage cannot be read, and have not closed it."""
    return find_unclosed(tx, AlertKind.FOOTAGE_UNREAD, _UNREAD_SUBJECT) is not None


def tell_damage_at_edge(
    tx: Connection, fact: Fact, event: Camera, camera: str, now: datetime
) -> None:
    """An edge says that a file of its own is not what it was."""
    if event.segment is not None:
        damage = event.reason or ""
        footage.add_damage(tx, event.site, event.edge, event.segment, damage, fact.occurred_at)
        wake_counting_on(tx, event.segment, now, News.DAMAGE)
    words = _words_of(camera, event.segment or "", event.reason or "", ("站点", "its site"))
    subject = f"{event.site}/{event.edge}/{camera}"
    at, late = fact.occurred_at, fact.late
    finding = Finding(AlertKind.FOOTAGE_DAMAGED, subject, at, late, site=event.site, words=words)
    raise_alert(tx, finding, now)


def _words_of(camera: str, sha256: str, damage: str, where: tuple[str, str]) -> dict[str, str]:
    what_zh, what_en = _WORDS.get(damage, _UNKNOWN)
    return {
        "camera": camera,
        "file": sha256[:NAMED_CHARS],
        "what_zh": what_zh,
        "what_en": what_en,
        "where_zh": where[0],
        "where_en": where[1],
    }
