"""What an edge has deleted is deleted, whichever of its spools tells first (P5).

A new spool is told at once while the old one drains: a deletion may come before its segments.
"""

import pytest

from hub.network import Network
from hub.video.service import find_coverage, segments_between
from hub.video.store import deletions
from hub.video.store.footage import FoundSegment
from tests.certificate_parts import FILMS, GAP, PRESENT, Watching, handover, reasons
from tests.footage_index_parts import CAGE, DOCK, NETWORK, SITE, at, camera, segment, tell
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from wire.events import Camera, CameraFact, ClockReading, Event
from wire.names import format_at

TOLD_S = 39
LATER_S = 400
"""By the hub's clock; the edge's was set back in between."""
SET_BACK = ClockReading(offset_ms=LATER_S * 1000, error_ms=5)


def deletion(since: float = 0, until: float = 30, name: str = DOCK, told: float = TOLD_S) -> Camera:
    """All that was recorded between two moments by the edge's clock."""
    ends = {"since": format_at(at(since)), "until": format_at(at(until))}
    return camera(CameraFact.DELETED, told, name, segments=3, reason="disk", **ends)


FILM = list(FILMS.values())
GONE = deletion()


@pytest.fixture
def network() -> Network:
    return NETWORK


@pytest.fixture
def newer(edge: SigningEdge) -> SigningEdge:
    """The same edge, with a spool that it began when it gave up the other."""
    return SigningEdge(spool="cd" * 16)


def index(hub: HubHome, name: str = DOCK) -> list[FoundSegment]:
    with hub.database.reading() as tx:
        return segments_between(tx, SITE, name, at(-1), at(900))


def deleted(hub: HubHome, name: str = DOCK) -> list[bool]:
    return [each.deleted_at is not None for each in index(hub, name)]


@on_both_databases
@pytest.mark.parametrize(
    "batches",
    [
        [FILM, [GONE]],
        [[GONE], FILM],
        [[*FILM, GONE]],
        [[GONE, *FILM]],
        [FILM[:1], [GONE], FILM[1:]],
        [[GONE], FILM[2:], FILM[:2]],
        [[GONE], FILM, [GONE]],
        [[GONE], [GONE], FILM],
    ],
    ids=lambda batches: "|".join("".join(type(each).__name__[0] for each in b) for b in batches),
)
def test_deleted_footage_is_a_gap_in_whichever_order_it_is_told(
    hub: HubHome, edge: SigningEdge, newer: SigningEdge, batches: list[list[Event]]
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    for batch in batches:
        tell(hub, newer if GONE in batch else edge, *batch)
    found = watching.told(handover(edge))
    assert (found.state, set(reasons(found)), found.is_final) == (GAP, {"deleted"}, True)
    assert {each.deleted_at for each in index(hub)} == {at(TOLD_S)}
    with hub.database.reading() as tx:
        clip = find_coverage(tx, SITE, DOCK, at(0), at(30)).coverage
    assert clip.state is GAP


def test_the_same_lines_in_two_spools_are_told_once_and_mark_both(
    hub: HubHome, edge: SigningEdge, newer: SigningEdge
) -> None:
    for spool in (edge, newer):
        tell(hub, spool, GONE, FILMS[10])
    assert deleted(hub) == [True, True]
    assert hub.count("footage_deletion") == 1


@pytest.mark.parametrize("is_told_first", [False, True])
def test_what_a_deletion_does_not_reach_stays(
    hub: HubHome, edge: SigningEdge, newer: SigningEdge, is_told_first: bool
) -> None:
    gone = [deletion(10, 20), deletion(name=CAGE)]
    films = [*FILM, segment(0, number=99), segment(31, 1, CAGE)]
    tell(hub, *((newer, *gone) if is_told_first else (edge, *films)))
    tell(hub, *((edge, *films) if is_told_first else (newer, *gone)))
    assert (deleted(hub), deleted(hub, CAGE)) == ([False, False, True, False], [False])


@pytest.mark.parametrize("is_told_first", [False, True])
def test_what_was_recorded_after_a_deletion_stays_though_the_clock_was_set_back(
    hub: HubHome, edge: SigningEdge, newer: SigningEdge, is_told_first: bool
) -> None:
    again = [segment(each, number=each, clock=SET_BACK) for each in (10, 20, 30)]
    hub.clock.move(LATER_S + 60)
    tell(hub, *((newer, GONE) if is_told_first else (edge, *FILM, *again)))
    tell(hub, *((edge, *FILM, *again) if is_told_first else (newer, GONE)))
    assert deleted(hub) == [True] * 3 + [False] * 3


@pytest.mark.parametrize("told", [(TOLD_S, LATER_S + 50), (LATER_S + 50, TOLD_S)])
@pytest.mark.parametrize("is_told_first", [False, True])
def test_of_the_same_time_deleted_twice_the_later_word_counts(
    hub: HubHome, edge: SigningEdge, newer: SigningEdge, told: list[int], is_told_first: bool
) -> None:
    gone = [deletion(told=each) for each in told]
    films = [*FILM, segment(20, number=99, clock=SET_BACK)]
    hub.clock.move(LATER_S + 60)
    tell(hub, *((newer, *gone) if is_told_first else (edge, *films)))
    tell(hub, *((edge, *films) if is_told_first else (newer, *gone)))
    assert deleted(hub) == [True] * 4


@on_both_databases
def test_of_deletions_that_overlap_a_bounded_number_is_looked_at(
    hub: HubHome, edge: SigningEdge, newer: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletions, "OVERLAPS_MAX", 3)
    monkeypatch.setattr(deletions, "_reaching", deletions._make_reaching())
    inside = [
        camera(
            CameraFact.DELETED,
            TOLD_S,
            since=format_at(at(second)),
            until=format_at(at(second + 0.1)),
        )
        for second in (11, 15, 21, 22, 23)
    ]
    tell(hub, newer, GONE, *inside)
    tell(hub, edge, *FILM)
    # Of the last, three smaller ones began after the one that reaches it.
    assert deleted(hub) == [True, True, False]


def test_another_edges_deletion_says_nothing_of_this_ones_footage(
    hub: HubHome, edge: SigningEdge
) -> None:
    gate = hub.enrol(SigningEdge(edge="gate", spool="cd" * 16))
    told = camera(
        CameraFact.DELETED, TOLD_S, edge="gate", since=GONE.since, until=GONE.until, segments=3
    )
    hub.take(gate.batch([gate.line(told)]), edge="gate")
    assert hub.count("footage_deletion") == 1
    watching = Watching(hub, edge)
    hub.clock.move(40)
    assert watching.told(*FILM, handover(edge)).state is PRESENT


@on_both_databases
def test_a_hostile_deletion_reaches_only_what_its_own_edge_had_told_by_then(
    hub: HubHome, edge: SigningEdge, newer: SigningEdge
) -> None:
    ends = {"since": "0001-01-01T00:00:00.000Z", "until": "9999-12-31T23:59:59.999Z"}
    hub.clock.move(LATER_S)
    tell(hub, newer, camera(CameraFact.DELETED, TOLD_S, **ends))
    tell(hub, newer, camera(CameraFact.DELETED, TOLD_S, since=ends["until"], until=ends["since"]))
    tell(hub, edge, *FILM, segment(40))
    assert deleted(hub) == [True, True, True, False]
