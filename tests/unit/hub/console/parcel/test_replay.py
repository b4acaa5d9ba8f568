"""What a parcel's custody looks like on the ruler: lanes, blocks, joints, gaps, what came late."""

from datetime import timedelta
from itertools import pairwise

from hub.console.parcel.replay import LEARNED_MAX, Layout
from hub.console.parcel.views import Half, Joint, Person, Replay, Shape
from hub.custody.service import GapKind, Holder, Standing
from tests.custody_parts import NETWORK, Day, minute_of
from wire.events import ActKind


def name_of(holder: Holder) -> Person:
    return Person(holder.site, holder.by, holder.badge)


def replay_of(day: Day, at: float = 24 * 60) -> Replay:
    layout = Layout(
        day.chain(at),
        name_of,
        lambda site, by: Person(site, by, None),
        lambda site: NETWORK.sites[site].name,
    )
    return layout.replay((), ())


def joints(replay: Replay) -> list[Joint]:
    return [joint for lane in replay.lanes for joint in lane.joints]


def test_lanes_are_sites_in_travel_order_and_under_way_is_the_last() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(60, "depart", "DRIVER")
    day.scan(300, "arrive", "DRIVER", site="HUB")
    found = replay_of(day)
    assert [lane.site for lane in found.lanes] == ["BRANCH", "HUB", None]
    assert [lane.name for lane in found.lanes] == ["分点部", "中转场", None]
    (under_way,) = found.lanes[2].blocks
    assert under_way.holder == Person("BRANCH", "BRANCH:DRIVER", "DRIVER")


def test_blocks_cover_the_whole_life_without_a_hole() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.handover(30, "KIM", "KEEPER")
    day.scan(60, "depart", None)
    day.scan(300, "arrive", "SORTER", site="HUB")
    blocks = sorted(
        (block for lane in replay_of(day).lanes for block in lane.blocks),
        key=lambda block: (block.since, block.shape),
    )
    spans = [block for block in blocks if block.shape is not Shape.DOUBT]
    assert (spans[0].stretch.start, spans[-1].stretch.end) == (0.0, 1.0)
    for before, after in pairwise(spans):
        assert before.stretch.end == after.stretch.start


def test_a_handover_of_both_sides_is_a_joint_of_two_done_halves() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.handover(30, "KIM", "KEEPER")
    day.scan(40, "inspect", None)
    (joint,) = joints(replay_of(day))
    assert (joint.given, joint.taken) == (Half.DONE, Half.DONE)
    assert joint.giver is not None
    assert joint.receiver is not None
    assert (joint.giver.name, joint.receiver.name) == ("KIM", "KEEPER")
    assert joint.at == minute_of(31)


def test_a_handover_that_one_side_scanned_is_open_while_it_waits_and_afterwards() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(30, "handover", "KIM")
    (waiting,) = joints(replay_of(day, at=40))
    (expired,) = joints(replay_of(day))
    for joint in (waiting, expired):
        assert (joint.given, joint.taken, joint.at) == (Half.DONE, Half.OPEN, minute_of(30))
        assert joint.receiver is None


def test_a_refused_handover_is_red_on_both_sides_and_names_both() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    scan = day.scan(30, "handover", "KIM")
    halves = {"giver": "KIM", "receiver": "KEEPER"}
    day.act(31, ActKind.HANDOVER_REFUSE, covers=(scan.seq,), by="KEEPER", **halves)
    (joint,) = joints(replay_of(day))
    assert (joint.given, joint.taken) == (Half.REFUSED, Half.REFUSED)
    assert joint.receiver == Person("BRANCH", "BRANCH:KEEPER", None)


def test_a_claim_is_a_joint_whose_giver_is_open_and_the_time_before_it_is_doubted() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(20, "inspect", None)
    day.scan(90, "arrive", "SORTER")
    found = replay_of(day)
    (joint,) = joints(found)
    assert (joint.given, joint.taken) == (Half.OPEN, Half.DONE)
    (doubt,) = [each for each in found.lanes[0].blocks if each.shape is Shape.DOUBT]
    assert doubt.gap is GapKind.UNCONFIRMED
    assert (doubt.since, doubt.until) == (minute_of(20), minute_of(90))


def test_a_step_that_needs_one_badge_is_no_joint() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(30, "retrieve", "KEEPER")
    assert joints(replay_of(day)) == []


def test_nobodys_time_is_a_gap_with_its_reason_in_every_place_it_was() -> None:
    day = Day()
    day.scan(0, "accept", "KEEPER")
    day.scan(60, "depart", None)
    day.scan(300, "inspect", None, site="HUB")
    found = replay_of(day, at=360)
    gaps = [block for lane in found.lanes for block in lane.blocks if block.gap is not None]
    assert {block.site for block in gaps} == {None, "HUB"}
    assert {block.gap for block in gaps} == {GapKind.NO_DRIVER}
    assert {block.shape for block in gaps} == {Shape.NOBODY}
    assert [block.length for block in gaps if block.until is None] == [timedelta(minutes=61)]


def test_a_missing_acceptance_has_no_length_and_is_shown_yet() -> None:
    day = Day()
    day.scan(0, "inspect", "KIM")
    day.scan(10, "retrieve", "KIM")
    found = replay_of(day)
    assert GapKind.NO_ACCEPTANCE in {block.gap for lane in found.lanes for block in lane.blocks}


def test_what_came_late_is_marked_where_it_became_known() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(30, "inspect", None, received_at=minute_of(200))
    learned = replay_of(day).learned
    assert [(each.at, each.late) for each in learned] == [
        (minute_of(0), False),
        (minute_of(200), True),
    ]


def test_of_many_moments_the_late_ones_and_the_newest_stay() -> None:
    day = Day()
    for minute in range(2 * LEARNED_MAX):
        more = {"received_at": minute_of(minute + 30)} if minute == 5 else {}
        day.scan(minute, "inspect", None, **more)
    learned = replay_of(day).learned
    assert len(learned) == LEARNED_MAX
    assert sum(each.late for each in learned) == 1
    assert learned[-1].at == minute_of(2 * LEARNED_MAX - 1)


def test_a_delivered_parcels_ruler_ends_with_it() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(60, "deliver", "KIM")
    found = replay_of(day)
    assert found.is_over
    assert found.marks[-1].at == minute_of(60)


def test_a_block_and_a_joint_are_found_by_their_key() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.handover(30, "KIM", "KEEPER")
    found = replay_of(day)
    block, joint = found.lanes[0].blocks[0], found.lanes[0].joints[0]
    assert found.block(block.key) == block
    assert found.joint(joint.key) == joint
    assert found.block("nothing") is None
    assert block.standing is Standing.RECORDED
