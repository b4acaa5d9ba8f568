"""What edges tell of footage and cameras: index, alerts, certificates (design section 8)."""

from datetime import timedelta

import pytest

from hub.alerts.service import AlertKind, AlertState
from hub.network import Network
from hub.video.certificates import GIVE_UP_AFTER, PER_TURN_MAX
from hub.video.service import (
    CertificateDuty,
    CertificateState,
    HoldError,
    Stretch,
    UnknownHoldError,
    certificates_of,
    end_hold,
    gaps_between,
    hold_footage,
    list_cameras,
    list_holds,
    open_orders,
    pack_holds,
    segments_between,
    troubles_between,
)
from hub.video.store.certificates import Certificate
from tests import samples
from tests.footage_index_parts import CAGE, DOCK, NETWORK, SITE, at, camera, gap, segment, tell
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from wire.events import Act, ActKind, CameraFact, ClockReading
from wire.limits import PACK_HOLDS_MAX
from wire.names import Result, Step, format_at

HV = "103000000001"
MARGIN = 10


@pytest.fixture
def network() -> Network:
    return NETWORK


def certify(hub: HubHome) -> list[Certificate]:
    """One turn of the clock; what is certified of the parcel then."""
    with hub.database.writing() as tx:
        CertificateDuty(NETWORK).run(tx, hub.clock.now())
    with hub.database.reading() as tx:
        return certificates_of(tx, HV)


def ordered(hub: HubHome) -> list[str]:
    """The files that the edge has still to send."""
    with hub.database.reading() as tx:
        return [each.sha256 for each in open_orders(tx, SITE, "dock", 100)]


def scan_at(second: float, edge: SigningEdge, **fields: object) -> object:
    plain: dict[str, object] = {"result": Result.HV, "step": Step.ARRIVE, "place": "dock1"}
    return edge.scan(HV, at=format_at(at(second)), **{**plain, **fields})


@on_both_databases
def test_a_told_segment_is_in_the_index_by_the_hubs_time(hub: HubHome, edge: SigningEdge) -> None:
    clock = ClockReading(offset_ms=2000, error_ms=5)
    tell(hub, edge, segment(10, clock=clock), segment(20, clock=clock))
    with hub.database.reading() as tx:
        (first, second) = segments_between(tx, SITE, DOCK, at(0), at(60))
        assert (first.began_at, first.ended_at, first.told_at) == (at(2), at(12), at(10))
        assert (second.bytes, second.codec, second.error_ms) == (1_000_000, "h264", 40)
        assert segments_between(tx, SITE, DOCK, at(12), at(60)) == [second]
        assert segments_between(tx, SITE, CAGE, at(0), at(60)) == []


def test_footage_that_begins_just_before_a_segments_end_is_found(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10), segment(20))
    with hub.database.reading() as tx:
        found = segments_between(tx, SITE, DOCK, at(9.989), at(15))
    assert [each.ended_at for each in found] == [at(10), at(20)]


def test_footage_is_found_however_long_or_many_its_segments_are(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(600, 600, CAGE), *(segment(n, 1) for n in range(1, 121)))
    with hub.database.reading() as tx:
        assert len(segments_between(tx, SITE, CAGE, at(100), at(120))) == 1
        found = segments_between(tx, SITE, DOCK, at(2), at(110))
    assert [each.ended_at for each in found] == [at(n) for n in range(3, 111)]


def test_deleted_footage_is_marked_by_the_edges_own_times(hub: HubHome, edge: SigningEdge) -> None:
    clock = ClockReading(offset_ms=2000, error_ms=5)
    tell(hub, edge, *(segment(10 * n, clock=clock) for n in (1, 2, 3)))
    gone = camera(
        CameraFact.DELETED, 99, since=format_at(at(0)), until=format_at(at(20)), segments=2
    )
    tell(hub, edge, gone)
    with hub.database.reading() as tx:
        found = segments_between(tx, SITE, DOCK, at(0), at(60))
    assert [each.deleted_at is not None for each in found] == [True, True, False]


@on_both_databases
def test_a_gap_is_kept_and_a_long_one_of_today_is_one_alert(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, gap(5, 5), gap(70, 60), gap(130, 60))
    with hub.database.reading() as tx:
        found = gaps_between(tx, SITE, DOCK, at(0), at(200))
    assert [each.ended_at for each in found] == [at(5), at(70), at(130)]
    (alert,) = hub.alerts(AlertKind.FOOTAGE_GAP)
    assert (alert.count, alert.site, alert.subject) == (2, SITE, f"{SITE}/dock/{DOCK}")
    assert "60 s" in alert.text_en and "60 秒" in alert.text_zh


def test_a_gap_of_yesterday_is_history_and_no_alert(hub: HubHome, edge: SigningEdge) -> None:
    hub.clock.move(2 * 86_400)
    tell(hub, edge, gap(70, 60))
    assert hub.alerts(AlertKind.FOOTAGE_GAP) == []


def test_a_camera_is_lost_until_it_is_back(hub: HubHome, edge: SigningEdge) -> None:
    tell(hub, edge, camera(CameraFact.LOST, 10))
    with hub.database.reading() as tx:
        cage, dock = list_cameras(tx, NETWORK, hub.role.policy)
    assert (cage.edge, cage.is_lost) == (None, False)
    assert (dock.edge, dock.is_lost, dock.role) == ("dock", True, "dock")
    assert hub.alerts(AlertKind.CAMERA_LOST)[0].state is AlertState.OPEN
    tell(hub, edge, camera(CameraFact.BACK, 20))
    assert hub.alerts(AlertKind.CAMERA_LOST)[0].state is AlertState.CLOSED
    with hub.database.reading() as tx:
        (trouble,) = troubles_between(tx, SITE, DOCK, at(0), at(60))
    assert (trouble.fact, trouble.since, trouble.until) == ("lost", at(10), at(20))


@pytest.mark.parametrize("fact", ["black", "covered", "frozen", "moved", "defocused"])
def test_what_is_wrong_with_a_view_begins_when_it_was_last_right_and_ends(
    hub: HubHome, edge: SigningEdge, fact: str
) -> None:
    begun = camera(CameraFact(fact), 30, since=format_at(at(25)), picture="ab" * 32)
    tell(hub, edge, begun)
    (alert,) = hub.alerts(AlertKind.CAMERA_VIEW)
    assert (alert.state, alert.raised_at) == (AlertState.OPEN, hub.clock.now())
    with hub.database.reading() as tx:
        (trouble,) = troubles_between(tx, SITE, DOCK, at(0), at(60))
    assert (trouble.fact, trouble.since, trouble.picture) == (fact, at(25), "ab" * 32)
    tell(hub, edge, camera(CameraFact(fact), 50, is_over=True))
    assert hub.alerts(AlertKind.CAMERA_VIEW)[0].state is AlertState.CLOSED


def test_a_disk_that_is_too_small_is_one_alert_with_the_newest_forecast_until_it_does(
    hub: HubHome, edge: SigningEdge
) -> None:
    for second, days in ((1, 12), (2, 11)):
        short = camera(CameraFact.SHORT, second, device=None, days_fit=days, days_asked=30)
        tell(hub, edge, short)
    (alert, before) = hub.alerts(AlertKind.FOOTAGE_SHORT)
    assert (alert.state, before.state) == (AlertState.OPEN, AlertState.CLOSED)
    assert "holds 11 days" in alert.text_en and "11 天" in alert.text_zh
    tell(hub, edge, camera(CameraFact.SHORT, 3, device=None, days_fit=30, is_over=True))
    assert {each.state for each in hub.alerts(AlertKind.FOOTAGE_SHORT)} == {AlertState.CLOSED}


def test_an_old_loss_that_arrives_behind_newer_footage_opens_nothing(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(100))
    tell(hub, edge, camera(CameraFact.LOST, 10))
    assert hub.alerts(AlertKind.CAMERA_LOST) == []
    with hub.database.reading() as tx:
        assert not list_cameras(tx, NETWORK, hub.role.policy)[1].is_lost


# ---------------------------------------------------------------- certificates


@on_both_databases
def test_a_handovers_footage_is_certified_as_soon_as_it_is_told_and_ordered(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10), scan_at(15, edge))
    hub.clock.move(26)
    (waiting,) = certify(hub)
    assert (waiting.state, waiting.issued_at, ordered(hub)) == (None, None, [])
    tell(hub, edge, segment(20), segment(30))
    hub.clock.move(5)
    (found,) = certify(hub)
    assert (found.state, found.is_final) == (CertificateState.PRESENT, True)
    assert (found.since, found.until) == (at(15 - MARGIN - 0.005), at(15 + MARGIN + 0.005))
    (share,) = found.cameras
    assert (share.camera, len(share.coverage.segments)) == (DOCK, 3)
    assert ordered(hub) == list(share.coverage.segments)


def test_an_outage_is_a_gap_and_never_called_present(hub: HubHome, edge: SigningEdge) -> None:
    tell(hub, edge, segment(10), scan_at(15, edge), gap(22, 12), segment(32))
    hub.clock.move(40)
    (found,) = certify(hub)
    assert found.state is CertificateState.GAP
    (told,) = found.cameras[0].coverage.gaps
    assert (told.since, told.until, told.reason) == (at(10), at(22), "camera_lost")


def test_what_nobody_told_is_unknown_after_five_minutes_and_whole_once_the_edge_is_back(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, scan_at(15, edge))
    hub.clock.move(299)
    assert certify(hub)[0].state is None
    hub.clock.move(1)
    (found,) = certify(hub)
    assert (found.state, found.is_final) == (CertificateState.UNKNOWN, False)
    assert found.issued_at == hub.clock.now()
    first = found.first_issued_at
    hub.clock.move(86_400)
    tell(hub, edge, segment(10), segment(20), segment(30))
    (found,) = certify(hub)
    assert (found.state, found.is_final) == (CertificateState.PRESENT, True)
    assert (found.first_issued_at, found.issued_at) == (first, hub.clock.now())


def test_an_event_that_was_a_month_on_its_way_waits_for_its_footage_as_any_other(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.clock.move(31 * 86_400)
    tell(hub, edge, scan_at(15, edge))
    hub.clock.move(300)
    (found,) = certify(hub)
    assert (found.state, found.is_final) == (CertificateState.UNKNOWN, False)
    hub.clock.move(GIVE_UP_AFTER.total_seconds() - 1)
    assert not certify(hub)[0].is_final
    tell(hub, edge, segment(10), segment(20), segment(30))
    assert certify(hub)[0].state is CertificateState.PRESENT


def test_a_certificate_whose_footage_never_comes_is_given_up(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, scan_at(15, edge))
    hub.clock.move(300 + GIVE_UP_AFTER.total_seconds() - 1)
    assert not certify(hub)[0].is_final
    hub.clock.move(1)
    (found,) = certify(hub)
    assert (found.state, found.is_final) == (CertificateState.UNKNOWN, True)


def test_an_event_that_arrives_days_late_is_linked_to_the_footage_of_its_own_time(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10), segment(20), segment(30))
    hub.clock.move(5 * 86_400)
    tell(hub, edge, scan_at(15, edge))
    (found,) = certify(hub)
    assert (found.state, found.is_final) == (CertificateState.PRESENT, True)
    assert len(ordered(hub)) == 3


def test_a_place_that_no_camera_sees_is_told_at_once(hub: HubHome, edge: SigningEdge) -> None:
    tell(hub, edge, scan_at(15, edge, place="yard"))
    (found,) = certify(hub)
    assert (found.state, found.is_final, found.cameras) == (CertificateState.UNSEEN, True, ())


def test_a_scan_without_place_may_be_seen_by_any_camera_of_the_site(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, scan_at(15, edge, place=None), segment(30, 30), gap(30, 30, CAGE))
    hub.clock.move(60)
    (found,) = certify(hub)
    assert found.state is CertificateState.PRESENT
    assert {each.camera for each in found.cameras} == {CAGE, DOCK}


def test_only_what_moves_a_watched_parcel_is_certified(hub: HubHome, edge: SigningEdge) -> None:
    ordinary = edge.scan("755123456789", result=Result.CLEAR, step=Step.ARRIVE)
    tell(hub, edge, ordinary, scan_at(1, edge, step=Step.COUNT), scan_at(2, edge, step=None))
    assert hub.count("footage_certificate") == 0
    wanted = edge.scan("755123456789", result=Result.WANTED, step=Step.ARRIVE)
    tell(hub, edge, wanted, edge.deliver(HV))
    assert hub.count("footage_certificate") == 2


def test_a_handover_of_many_is_certified_for_each(hub: HubHome, edge: SigningEdge) -> None:
    scans = [
        edge.scan(f"10300000000{n}", at=format_at(at(n)), result=Result.HV, step=Step.HANDOVER)
        for n in (1, 2)
    ]
    tell(hub, edge, *scans)
    act = Act(
        site=SITE,
        edge="dock",
        at=format_at(at(5)),
        mono_ms=1,
        boot=samples.BOOT,
        clock=ClockReading(offset_ms=0, error_ms=5),
        act=ActKind.HANDOVER_ACCEPT,
        scans=(edge.seq - 1, edge.seq),
        place="dock1",
    )
    tell(hub, edge, act)
    with hub.database.reading() as tx:
        found = [each.what for each in certificates_of(tx, HV)]
    assert found == ["handover", "handover_accept"]


def test_a_measured_camera_clock_moves_and_widens_where_footage_is_looked_for(
    hub: HubHome, edge: SigningEdge
) -> None:
    measured = camera(CameraFact.CLOCK, 1, offset_ms=-4000, error_ms=500, reason="shown")
    tell(hub, edge, measured, scan_at(15, edge), segment(30, 21), gap(9, 9))
    hub.clock.move(60)
    (found,) = certify(hub)
    # Its pictures are 4 s late: what happened from 5 to 25 stands at 9 to 29 of the footage.
    assert found.state is CertificateState.GAP
    assert found.cameras[0].coverage.gaps[0].since == at(15 - MARGIN - 0.005 + 4 - 0.5)


def test_a_clock_that_was_measured_before_moves_nothing_when_it_is_told_late(
    hub: HubHome, edge: SigningEdge
) -> None:
    newer = camera(CameraFact.CLOCK, 2, offset_ms=-4000, error_ms=10, reason="shown")
    older = camera(CameraFact.CLOCK, 1, offset_ms=0, error_ms=10, reason="shown")
    tell(hub, edge, newer, scan_at(20, edge), segment(30, 21), gap(40, 10))
    tell(hub, edge, older)
    hub.clock.move(60)
    # What happened from 10 to 30 stands at 14 to 34 of the footage.
    assert certify(hub)[0].state is CertificateState.GAP


def test_an_unsure_clock_is_told(hub: HubHome, edge: SigningEdge) -> None:
    tell(hub, edge, scan_at(15, edge, clock=ClockReading()))
    assert not certify(hub)[0].is_clock_sure


def test_one_turn_looks_at_a_bounded_number(hub: HubHome, edge: SigningEdge) -> None:
    tell(hub, edge, *(scan_at(n / 10, edge) for n in range(PER_TURN_MAX + 1)))
    hub.clock.move(600)
    issued = [sum(each.state is not None for each in certify(hub)) for _ in range(2)]
    assert issued == [PER_TURN_MAX, PER_TURN_MAX + 1]


# ---------------------------------------------------------------- holds


@on_both_databases
def test_a_hold_stands_in_the_sites_pack_until_it_ends(hub: HubHome) -> None:
    with hub.database.writing() as tx:
        made = hold_footage(
            tx, NETWORK, SITE, DOCK, Stretch(at(0), at(60)), HV, "police", "w", at(1)
        )
        (told,) = pack_holds(tx, SITE)
        assert (told.camera, told.since, told.until) == (DOCK, format_at(at(0)), format_at(at(60)))
        assert list_holds(tx) == [made]
        end_hold(tx, made.id, "m", at(2))
        assert (pack_holds(tx, SITE), list_holds(tx)) == ([], [])
        with pytest.raises(UnknownHoldError):
            end_hold(tx, made.id, "m", at(3))


def test_a_hold_of_no_time_too_long_or_one_too_many_is_refused(hub: HubHome) -> None:
    def hold(since: float, until: float, camera: str = DOCK) -> None:
        with hub.database.writing() as tx:
            asked = Stretch(at(since), at(until))
            hold_footage(tx, NETWORK, SITE, camera, asked, None, "r", "w", at(0))

    for since, until in ((5, 5), (5, 4), (0, timedelta(days=31).total_seconds() + 1)):
        with pytest.raises(HoldError):
            hold(since, until)
    for _ in range(PACK_HOLDS_MAX):
        hold(0, 1)
    with pytest.raises(HoldError, match="stand at"):
        hold(0, 1)
    assert hub.count("footage_hold") == PACK_HOLDS_MAX
