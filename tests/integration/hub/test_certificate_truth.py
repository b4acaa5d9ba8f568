"""A certificate never says more than is true: troubles, damage, and what is told late (P5)."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from hub.alerts.service import AlertKind, AlertState
from hub.network import Network
from hub.video.media import WantedFile, note_damaged, note_gone, note_stored
from hub.video.service import (
    CertificateDuty,
    CertificateState,
    Issue,
    as_issued,
    certificates_of,
    earlier_issues,
    troubles_between,
)
from hub.video.store import issues
from hub.video.store.certificates import CameraShare, Certificate
from tests.footage_index_parts import CAGE, DOCK, NETWORK, SITE, at, camera, segment, tell
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from wire.events import CameraFact, Segment
from wire.names import Result, Step, format_at

HV = "103000000001"
PRESENT, GAP = CertificateState.PRESENT, CertificateState.GAP
FILMS = {second: segment(second) for second in (10, 20, 30)}
MIDDLE = FILMS[20]


@pytest.fixture
def network() -> Network:
    return NETWORK


@dataclass
class Watching:
    """A hub that has certified the footage of a handover at 15 s, and what is certified now."""

    hub: HubHome
    edge: SigningEdge

    def certify(self) -> Certificate:
        with self.hub.database.writing() as tx:
            CertificateDuty(NETWORK).run(tx, self.hub.clock.now())
        with self.hub.database.reading() as tx:
            (found,) = certificates_of(tx, HV)
        return found

    def told(self, *events: object) -> Certificate:
        """What is certified once a second after these were told."""
        tell(self.hub, self.edge, *events)  # type: ignore[arg-type]  # events of any kind
        self.hub.clock.move(1)
        return self.certify()

    def share(self, name: str = DOCK) -> CameraShare:
        return next(each for each in self.certify().cameras if each.camera == name)

    def store(self, film: Segment) -> None:
        """The hub has a good copy."""
        wanted = WantedFile(film.sha256, SITE, "dock", DOCK, film.bytes)
        with self.hub.database.writing() as tx:
            note_stored(tx, wanted, self.hub.clock.now())


def handover(edge: SigningEdge, place: str | None = "dock1", second: float = 15) -> object:
    when = format_at(at(second))
    return edge.scan(HV, at=when, result=Result.HV, step=Step.ARRIVE, place=place)


@pytest.fixture
def watching(hub: HubHome, edge: SigningEdge) -> Watching:
    found = Watching(hub, edge)
    hub.clock.move(40)
    assert found.told(*FILMS.values(), handover(edge)).state is PRESENT
    return found


def begun(fact: CameraFact, told: float, since: float | None = None, **fields: object) -> object:
    began = None if since is None else format_at(at(since))
    return camera(fact, told, since=began, **fields)


def over(fact: CameraFact, told: float, since: float) -> object:
    return begun(fact, told, since, is_over=True)


def reasons(found: Certificate) -> list[str]:
    return [each.reason for share in found.cameras for each in share.coverage.gaps]


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
    assert found.cameras[0].troubles[0].doubt_ms == 12_000


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


# ---------------------------------------------------------------- damaged files


def damage(film: Segment, second: float = 35) -> object:
    began = format_at(at(0))
    return camera(
        CameraFact.DAMAGED,
        second,
        since=began,
        until=film.at,
        segment=film.sha256,
        reason="changed",
    )


@on_both_databases
def test_a_file_that_its_edge_finds_damaged_is_a_gap_until_a_good_copy_comes(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    assert watching.told(*FILMS.values(), handover(edge)).state is PRESENT
    found = watching.told(damage(MIDDLE))
    assert (found.state, reasons(found), found.is_final) == (GAP, ["damaged"], True)
    assert MIDDLE.sha256 not in found.cameras[0].coverage.segments
    watching.store(MIDDLE)
    assert (watching.certify().state, reasons(watching.certify())) == (PRESENT, [])


def test_a_file_of_which_the_hub_holds_a_good_copy_stays_present(watching: Watching) -> None:
    before = watching.certify()
    watching.store(MIDDLE)
    assert watching.told(damage(MIDDLE)) == before


def test_a_damage_that_is_told_before_its_segment_counts_all_the_same(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    watching.told(damage(MIDDLE), handover(edge))
    found = watching.told(*FILMS.values())
    assert (found.state, reasons(found)) == (GAP, ["damaged"])


def test_the_same_content_at_another_edge_is_not_damaged_by_it(watching: Watching) -> None:
    gate = watching.hub.enrol(SigningEdge(edge="gate", spool="cd" * 16))
    told = camera(CameraFact.DAMAGED, 35, "gate-cam", edge="gate", segment=MIDDLE.sha256)
    watching.hub.take(gate.batch([gate.line(told)]), edge="gate")
    assert watching.hub.count("footage_damage") == 1
    assert watching.certify().state is PRESENT


def test_a_copy_that_is_damaged_at_the_hub_is_a_gap_until_it_came_again(
    watching: Watching,
) -> None:
    watching.store(MIDDLE)
    hub = watching.hub
    with hub.database.writing() as tx:
        note_damaged(tx, MIDDLE.sha256, "changed", hub.clock.now())
    found = watching.certify()
    assert (found.state, reasons(found)) == (GAP, ["damaged"])
    watching.store(MIDDLE)
    assert watching.certify().state is PRESENT


@pytest.mark.parametrize(
    ("why", "reason"),
    [("missing", "damaged"), ("deleted", "deleted"), ("no_cameras", "gone")],
)
def test_a_file_that_its_edge_cannot_send_is_a_gap(
    watching: Watching, why: str, reason: str
) -> None:
    hub = watching.hub
    with hub.database.writing() as tx:
        assert note_gone(tx, SITE, "dock", MIDDLE.sha256, why, hub.clock.now())
    found = watching.certify()
    assert (found.state, reasons(found)) == (GAP, [reason])


def test_what_its_edge_deletes_is_a_gap_unless_the_hub_holds_it(watching: Watching) -> None:
    watching.store(FILMS[10])
    watching.store(FILMS[20])
    gone = camera(
        CameraFact.DELETED, 90, since=format_at(at(0)), until=format_at(at(30)), segments=3
    )
    found = watching.told(gone)
    assert (found.state, reasons(found)) == (GAP, ["deleted"])
    (lost,) = found.cameras[0].coverage.gaps
    assert lost.since == at(20)


def test_a_hostile_time_of_a_trouble_is_believed_no_further_than_it_can_be(
    watching: Watching,
) -> None:
    first = "0001-01-01T00:00:00.000Z"
    found = watching.told(camera(CameraFact.FROZEN, 24, since=first))
    assert found.state is GAP


# ---------------------------------------------------------------- what was certified before


def earlier(watching: Watching) -> list[Issue]:
    with watching.hub.database.reading() as tx:
        return [each for found in earlier_issues(tx, HV).values() for each in found]


@on_both_databases
def test_what_was_certified_before_is_kept_with_its_end_and_why(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(400)
    unknown = watching.told(handover(edge))
    hub.clock.move(300)
    unknown = watching.certify()
    assert unknown.state is CertificateState.UNKNOWN
    present = watching.told(*FILMS.values())
    hidden = watching.told(begun(CameraFact.BLACK, 14, 12))
    assert [each.state for each in (present, hidden)] == [PRESENT, GAP]
    first, second = earlier(watching)
    assert (first.state, first.issued_at) == (unknown.state, unknown.issued_at)
    assert (first.ended_at, first.news) == (present.issued_at, "footage")
    assert (second.state, second.cameras) == (PRESENT, present.cameras)
    assert (second.ended_at, second.news) == (hidden.issued_at, "trouble")
    assert hidden.first_issued_at == unknown.issued_at


def test_a_certificate_is_what_it_was_at_any_moment(watching: Watching) -> None:
    present = watching.certify()
    watching.hub.clock.move(60)
    found = watching.told(damage(MIDDLE))
    known = earlier(watching)
    assert present.issued_at is not None
    assert found.issued_at is not None
    assert as_issued(found, known, found.issued_at) == found
    before = as_issued(found, known, found.issued_at - timedelta(milliseconds=1))
    assert before is not None
    assert (before.state, before.cameras) == (PRESENT, present.cameras)
    assert before.issued_at == present.issued_at
    assert as_issued(found, known, present.issued_at - timedelta(milliseconds=1)) is None


def test_of_what_was_certified_before_the_newest_are_shown_and_all_are_kept(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = watching.hub
    for nth in range(issues.EARLIER_MAX + 1):
        watching.store(MIDDLE)
        assert watching.certify().state is PRESENT
        with hub.database.writing() as tx:
            note_damaged(tx, MIDDLE.sha256, "changed", hub.clock.now())
        hub.clock.move(1)
        assert watching.certify().state is GAP, nth
    shown = earlier(watching)
    assert len(shown) == issues.EARLIER_MAX
    assert hub.count("footage_issue") == 2 * issues.EARLIER_MAX + 1
    assert shown == sorted(shown, key=lambda each: each.ended_at)
    assert (shown[-1].ended_at, shown[-1].news) == (hub.clock.now(), "damage")
    monkeypatch.setattr(issues, "EARLIER_OF_A_PARCEL_MAX", 3)
    assert earlier(watching) == shown[-3:]


def test_nothing_changes_or_deletes_what_was_certified_before() -> None:
    hub = Path(issues.__file__).parents[2]
    told = {path for path in hub.rglob("*.py") if "footage_issue" in path.read_text("utf-8")}
    store = Path(issues.__file__)
    assert {path for path in told if "migrations" not in path.parts} == {store}
    assert not re.search(r"\b(update|delete|drop|truncate)\(", store.read_text("utf-8"))
    assert "text(" not in store.read_text("utf-8")
