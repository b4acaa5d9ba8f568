"""A certificate never says more than is true: pictures that show nothing, told late or not (P5)."""

import msgspec
import pytest

from hub.alerts.service import AlertKind, AlertState
from hub.network import Network
from hub.video.service import CertificateState, troubles_between
from tests.certificate_parts import (
    FILMS,
    GAP,
    PRESENT,
    Watching,
    begun,
    handover,
    over,
    reasons,
    watch_present,
)
from tests.footage_index_parts import CAGE, DOCK, NETWORK, SITE, at, camera, gap, segment
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from wire.events import CameraFact
from wire.names import format_at


@pytest.fixture
def network() -> Network:
    return NETWORK


@pytest.fixture
def watching(hub: HubHome, edge: SigningEdge) -> Watching:
    return watch_present(hub, edge)


def test_whatever_all_errors_together_reach_is_looked_at_again(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(100)
    late = camera(CameraFact.CLOCK, 1, offset_ms=-59_000, error_ms=2_000)
    films = [segment(second, error_ms=60_000) for second in range(10, 100, 10)]
    assert watching.told(late, *films, handover(edge)).state is PRESENT
    hub.clock.move(100)
    # What happened until 25 s stands until 86 s of the footage, which may be a minute early.
    assert watching.told(begun(CameraFact.BLACK, 147, 145.7)).state is GAP


# ---------------------------------------------------------------- cameras that saw it then


def seeing(*places: tuple[str, ...]) -> Network:
    """The network file, where the cage's camera and the dock's see these places."""
    channels = zip(NETWORK.channel, places, strict=True)
    changed = tuple(msgspec.structs.replace(each, places=seen) for each, seen in channels)
    return msgspec.structs.replace(NETWORK, channel=changed)


def test_a_camera_that_is_turned_to_the_place_later_proves_nothing_of_before(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    elsewhere = [segment(second, 10, CAGE, second) for second in (10, 20, 30)]
    found = watching.told(gap(30, 30), *elsewhere, handover(edge))
    assert (found.state, [each.camera for each in found.cameras]) == (GAP, [DOCK])
    watching.network = seeing(("dock1",), ())
    found = watching.told(begun(CameraFact.MOVED, 24, 17))
    assert (found.state, [each.camera for each in found.cameras]) == (GAP, [DOCK])


def test_a_camera_that_was_taken_away_saw_what_it_saw(watching: Watching) -> None:
    watching.network = seeing(("cage1",), ())
    found = watching.told(begun(CameraFact.MOVED, 24, 17))
    assert (found.state, [each.camera for each in found.cameras]) == (PRESENT, [DOCK])


# ---------------------------------------------------------------- pictures that show nothing


@on_both_databases
@pytest.mark.parametrize("fact", [CameraFact.BLACK, CameraFact.COVERED, CameraFact.FROZEN])
def test_a_picture_that_shows_nothing_turns_what_was_called_present(
    hub: HubHome, edge: SigningEdge, fact: CameraFact
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    first = watching.told(*FILMS.values(), handover(edge))
    assert (first.state, first.is_final) == (PRESENT, True)
    found = watching.told(begun(fact, 24, 17))
    assert (found.state, set(reasons(found))) == (GAP, {fact})
    (trouble,) = found.cameras[0].troubles
    assert (trouble.fact, trouble.since, trouble.until) == (fact, at(17), None)
    assert found.issued_at == hub.clock.now()
    assert found.first_issued_at == first.issued_at
    (gap_found,) = found.cameras[0].coverage.gaps
    assert gap_found.until == found.until
    assert gap_found.since <= at(17)


def test_a_freeze_may_have_begun_before_the_first_picture_that_came_again(
    watching: Watching,
) -> None:
    # By what is told alone, 26 s is behind the time that is certified.
    found = watching.told(begun(CameraFact.FROZEN, 31, 26))
    assert found.state is GAP
    assert found.cameras[0].troubles[0].doubt_ms == 20_000


def test_a_trouble_whose_begin_is_not_told_is_as_old_as_its_detection_allows(
    watching: Watching,
) -> None:
    found = watching.told(begun(CameraFact.COVERED, 50))
    assert (found.state, reasons(found)) == (GAP, ["covered"])
    assert found.cameras[0].troubles[0].doubt_ms == 30_000


@pytest.mark.parametrize("fact", [CameraFact.MOVED, CameraFact.DEFOCUSED])
def test_a_camera_that_looks_elsewhere_is_told_beside_present(
    watching: Watching, fact: CameraFact
) -> None:
    found = watching.told(begun(fact, 24, 17))
    assert (found.state, reasons(found)) == (PRESENT, [])
    assert [each.fact for each in found.cameras[0].troubles] == [fact]


def test_a_trouble_before_or_behind_the_time_takes_nothing(watching: Watching) -> None:
    early = [begun(CameraFact.BLACK, 2, 1), over(CameraFact.BLACK, 4, 1)]
    found = watching.told(*early, begun(CameraFact.BLACK, 33, 30))
    assert (found.state, found.cameras[0].troubles) == (PRESENT, ())


def test_the_end_of_a_trouble_gives_back_what_it_never_covered(watching: Watching) -> None:
    # Nobody tells of the end: what follows is hidden until somebody does.
    assert watching.told(begun(CameraFact.BLACK, 2, 1)).state is GAP
    found = watching.told(over(CameraFact.BLACK, 4, 1))
    assert (found.state, reasons(found)) == (PRESENT, [])


def test_another_camera_that_saw_all_is_enough(hub: HubHome, edge: SigningEdge) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    both = [segment(30, 30, name, number) for number, name in ((1, DOCK), (2, CAGE))]
    assert watching.told(*both, handover(edge, None)).state is PRESENT
    found = watching.told(begun(CameraFact.BLACK, 24, 17))
    assert found.state is PRESENT
    assert watching.share(DOCK).coverage.state is GAP
    assert watching.share(CAGE).coverage.state is PRESENT
    assert watching.told(camera(CameraFact.COVERED, 26, CAGE, since=format_at(at(9)))).state is GAP


def test_pictures_that_came_late_hide_as_much_more(hub: HubHome, edge: SigningEdge) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    late = [segment(second, error_ms=900) for second in (10, 20, 30)]
    assert watching.told(*late, handover(edge)).state is PRESENT
    # Its first black picture may stand 0.9 s earlier in the footage than it was looked at.
    assert watching.told(begun(CameraFact.BLACK, 30, 25.9)).state is GAP


def test_an_issue_that_finds_nothing_new_is_none(watching: Watching) -> None:
    before = watching.certify()
    found = watching.told(begun(CameraFact.BLACK, 60, 55))
    assert found == before


# ---------------------------------------------------------------- told late, out of order


@on_both_databases
def test_a_trouble_of_an_older_spool_turns_what_was_issued_and_alarms_nobody(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(400)
    news = [*FILMS.values(), segment(300), handover(edge)]
    assert watching.told(*news).state is PRESENT
    assert watching.told(begun(CameraFact.BLACK, 14, 12)).state is GAP
    found = watching.told(over(CameraFact.BLACK, 19, 12))
    assert [(each.since, each.until) for each in found.cameras[0].coverage.gaps] == [
        (at(12 - 0.04), at(19 + 0.04))
    ]
    assert hub.alerts(AlertKind.CAMERA_VIEW) == []


def test_a_late_trouble_turns_what_came_long_after_it_until_its_end_is_told(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(1000)
    films = [segment(second) for second in (890, 900, 910, 920)]
    assert watching.told(*films, handover(edge, second=900)).state is PRESENT
    # Its edge was away: nobody has told yet when the picture came back.
    assert watching.told(begun(CameraFact.BLACK, 14, 12)).state is GAP
    assert watching.told(over(CameraFact.BLACK, 19, 12)).state is PRESENT


def test_what_was_hidden_and_is_not_told_of_is_unknown_again_at_once(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    found = watching.told(FILMS[10], begun(CameraFact.BLACK, 2, 1), handover(edge))
    assert (found.state, found.is_final) == (GAP, True)
    found = watching.told(over(CameraFact.BLACK, 4, 1))
    assert (found.state, found.is_final) == (CertificateState.UNKNOWN, False)
    assert watching.told(FILMS[20], FILMS[30]).state is PRESENT


def test_an_end_that_comes_before_its_begin_tells_the_whole_of_it(watching: Watching) -> None:
    found = watching.told(over(CameraFact.BLACK, 19, 12))
    assert [(each.since, each.until) for each in found.cameras[0].troubles] == [(at(12), at(19))]
    again = watching.told(begun(CameraFact.BLACK, 14, 12))
    assert again == found
    with watching.hub.database.reading() as tx:
        assert len(troubles_between(tx, SITE, DOCK, at(0), at(60))) == 1


def test_an_older_end_does_not_end_a_newer_trouble(watching: Watching) -> None:
    watching.told(begun(CameraFact.BLACK, 44, 40))
    watching.told(begun(CameraFact.BLACK, 14, 12), over(CameraFact.BLACK, 19, 12))
    with watching.hub.database.reading() as tx:
        old, new = troubles_between(tx, SITE, DOCK, at(0), at(60))
    assert (old.since, old.until) == (at(12), at(19))
    assert (new.since, new.until) == (at(40), None)
    (alert,) = watching.hub.alerts(AlertKind.CAMERA_VIEW)
    assert alert.state is AlertState.OPEN


def test_a_trouble_that_follows_an_end_at_once_is_another(watching: Watching) -> None:
    watching.told(begun(CameraFact.BLACK, 14, 12), over(CameraFact.BLACK, 19, 12))
    # The clock was put right by some milliseconds in between.
    watching.told(begun(CameraFact.BLACK, 24, 18.99))
    with watching.hub.database.reading() as tx:
        found = troubles_between(tx, SITE, DOCK, at(0), at(60))
    assert [each.until for each in found] == [at(19), None]


def test_a_hostile_time_of_a_trouble_is_believed_no_further_than_it_can_be(
    watching: Watching,
) -> None:
    first = "0001-01-01T00:00:00.000Z"
    found = watching.told(camera(CameraFact.FROZEN, 24, since=first))
    assert found.state is GAP
