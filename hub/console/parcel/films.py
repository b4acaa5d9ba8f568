"""A parcel's events as its footage has them: certificates of one place and time together. Pure.

A handover is several records within seconds: whoever looks sees one scene. Source: design section 8
("footage certificate").
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from hub.console.cameras.player import CAMERAS_MAX, Scene, Watched
from hub.console.parcel.views import Film, Line
from hub.video.service import Certificate, CertificateState, Issue

Cameras = Callable[[str, str | None], Sequence[Watched]]
"""The cameras that see a place of a site."""
Earlier = Mapping[int, tuple[Issue, ...]]
_NOTHING: Earlier = MappingProxyType({})
Title = Callable[[Film], str]
TOGETHER = timedelta(seconds=5)
"""Records of one place so near to each other are one scene."""
_WORST = (
    CertificateState.GAP,
    CertificateState.UNKNOWN,
    None,
    CertificateState.UNSEEN,
    CertificateState.PRESENT,
)


def films_of(
    certificates: Iterable[Certificate], cameras: Cameras, earlier: Earlier = _NOTHING
) -> list[Film]:
    """Put neighbouring certificates of one place together, the oldest first.

    ``earlier``: what they said before, by their ids.
    """
    found: list[Film] = []
    for each in sorted(certificates, key=lambda one: (one.occurred_at, one.id)):
        before = found[-1] if found else None
        is_there = before is not None and (before.site, before.place) == (each.site, each.place)
        if before is not None and is_there and each.occurred_at - before.at <= TOGETHER:
            found[-1] = replace(
                before,
                until=max(before.until, each.until),
                certificates=(*before.certificates, each),
                earlier={**before.earlier, each.id: earlier.get(each.id, ())},
            )
        else:
            found.append(_film(each, cameras, earlier.get(each.id, ())))
    return found


def state_of(film: Film) -> CertificateState | None:
    """What is certain of all its events together: the worst; None: not certified yet."""
    states = {each.state for each in film.certificates}
    return next(each for each in _WORST if each in states)


def film_at(films: Iterable[Film], lines: Iterable[Line]) -> Film | None:
    """The film of the first of these records that has one."""
    by_line = {line_of(each): film for film in films for each in film.certificates}
    return next((by_line[line] for line in lines if line in by_line), None)


def line_of(certificate: Certificate) -> Line:
    """Where the record of a certificate stands."""
    return (certificate.site, certificate.edge, certificate.spool, certificate.seq)


def scenes_of(films: Sequence[Film], title: Title, *, runs: bool) -> list[Scene]:
    """The films as the player plays them, each opened at its event.

    ``runs``: the first one begins at its begin, and play goes from one to the next.
    """
    scenes = [
        Scene(
            key=film.key,
            title=title(film),
            since=film.since,
            until=film.until,
            at=film.at,
            cameras=film.cameras,
            marks=tuple((each.occurred_at, each.what) for each in film.certificates),
        )
        for film in films
    ]
    if runs and scenes:
        scenes[0] = replace(scenes[0], at=scenes[0].since, plays=True)
    return scenes


def _film(certificate: Certificate, cameras: Cameras, earlier: tuple[Issue, ...]) -> Film:
    seen_by = cameras(certificate.site, certificate.place)[:CAMERAS_MAX]
    return Film(
        key=f"film-{certificate.id}",
        site=certificate.site,
        place=certificate.place,
        at=certificate.occurred_at,
        since=certificate.since,
        until=certificate.until,
        certificates=(certificate,),
        cameras=tuple(seen_by),
        earlier={certificate.id: earlier},
    )
