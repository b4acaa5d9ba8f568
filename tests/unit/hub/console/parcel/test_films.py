"""A parcel's footage on its page: what belongs together, what is certain of it, what is played."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hub.console.cameras.player import CAMERAS_MAX, Watched
from hub.console.parcel.films import film_at, films_of, scenes_of, state_of
from hub.console.parcel.views import Film
from hub.video.service import Certificate, CertificateState

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
MARGIN = timedelta(seconds=10)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def certificate(
    second: float,
    state: CertificateState | None = CertificateState.PRESENT,
    place: str = "dock1",
    site: str = "755A",
) -> Certificate:
    return Certificate(
        id=int(second) + 1,
        site=site,
        edge="dock",
        spool="0" * 32,
        seq=int(second) + 1,
        waybill="103000000001",
        place=place,
        what="handover",
        occurred_at=at(second),
        since=at(second) - MARGIN,
        until=at(second) + MARGIN,
        is_clock_sure=True,
        due_at=at(second + 300),
        look_at=None,
        state=state,
        cameras=(),
        issued_at=at(second + 12),
        first_issued_at=at(second + 12),
    )


def cameras(site: str, place: str | None) -> list[Watched]:
    return [Watched(site, f"{place}-{nth}", f"camera {nth}") for nth in range(6)]


def films(*certificates: Certificate) -> list[Film]:
    return films_of(certificates, cameras)


def test_records_of_one_place_within_seconds_are_one_film_of_all_their_time() -> None:
    (film,) = films(certificate(4), certificate(0))
    assert (film.at, film.since, film.until) == (at(0), at(-10), at(14))
    assert [each.occurred_at for each in film.certificates] == [at(0), at(4)]


def test_what_is_later_elsewhere_or_at_another_site_is_a_film_of_its_own() -> None:
    others = (certificate(6), certificate(7, place="cage1"), certificate(8, site="755W"))
    assert len(films(certificate(0), *others)) == 4


def test_a_film_shows_no_more_cameras_than_play_beside_each_other() -> None:
    (film,) = films(certificate(0))
    assert [each.camera for each in film.cameras] == [f"dock1-{nth}" for nth in range(CAMERAS_MAX)]


def test_of_several_records_the_worst_is_certain() -> None:
    present, gap, unknown = CertificateState.PRESENT, CertificateState.GAP, CertificateState.UNKNOWN
    assert state_of(*films(certificate(0), certificate(1))) is present
    assert state_of(*films(certificate(0), certificate(1, None))) is None
    assert state_of(*films(certificate(0, unknown), certificate(1, None))) is unknown
    assert state_of(*films(certificate(0, unknown), certificate(1, gap))) is gap


def test_a_handovers_film_is_found_by_its_records() -> None:
    first, second = films(certificate(0), certificate(60))
    line = ("755A", "dock", "0" * 32, 61)
    assert film_at([first, second], [("755A", "dock", "0" * 32, 7), line]) is second
    assert film_at([first, second], [("755W", "dock", "0" * 32, 1)]) is None


def test_scenes_open_at_their_event_and_run_from_the_first_ones_begin() -> None:
    found = films(certificate(0), certificate(60))
    scenes = scenes_of(found, lambda film: film.key, runs=False)
    assert [(each.key, each.at, each.plays) for each in scenes] == [
        ("film-1", at(0), False),
        ("film-61", at(60), False),
    ]
    assert scenes_of(found, lambda film: film.key, runs=True) == [
        replace(scenes[0], at=at(-10), plays=True),
        scenes[1],
    ]
    assert scenes_of([], lambda film: film.key, runs=True) == []
