"""A certificate counts on files: damaged ones, good copies, and what it said before (P5)."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from hub.network import Network
from hub.video.media import note_damaged, note_gone
from hub.video.service import CertificateState, Issue, as_issued, earlier_issues
from hub.video.store import issues
from tests.certificate_parts import (
    FILMS,
    GAP,
    HV,
    MIDDLE,
    PRESENT,
    Watching,
    begun,
    damage,
    handover,
    reasons,
    watch_present,
)
from tests.footage_index_parts import NETWORK, SITE, at, camera
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


# ---------------------------------------------------------------- damaged files


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
