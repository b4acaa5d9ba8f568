"""A handover between two people at one scanner (design section 6)."""

import pytest

from edge.acts import ActDraft, ActHint
from edge.handover import Handover, Meant
from edge.session import EMPTY, FixedSession, Session, follow
from tests.unit.edge.fakes import GIVER, HV, NOTHING_FIXED, PLAIN, RECEIVER, SALT, STRANGER, by
from tests.unit.edge.test_session import label
from wire.events import ActKind
from wire.limits import ACT_SCANS_MAX
from wire.names import Step

TO_GIVER, TO_RECEIVER, TO_STRANGER = (f"CX:BY:{who}" for who in (GIVER, RECEIVER, STRANGER))
BEGIN = (TO_GIVER, "CX:STEP:handover")


class Told:
    """A scanner's labels in order; each is recorded as the next sequence number."""

    def __init__(self, *texts: str, fixed: FixedSession = NOTHING_FIXED) -> None:
        self.session: Session = EMPTY
        self.acts: list[ActDraft] = []
        self.hints: list[ActHint] = []
        self.seq = 0
        self._fixed = fixed
        self.scan(*texts)

    def scan(self, *texts: str) -> "Told":
        for text in texts:
            self.seq += 1
            outcome = follow(self.session, label(text), self.seq, self._fixed, SALT)
            self.session = outcome.after
            self.acts += [outcome.act] if outcome.act else []
            self.hints += [outcome.hint] if outcome.hint else []
        return self

    @property
    def handover(self) -> Handover:
        assert self.session.handover is not None
        return self.session.handover


def accepted(*scans: int, giver: str = GIVER, receiver: str = RECEIVER) -> ActDraft:
    return ActDraft(
        act=ActKind.HANDOVER_ACCEPT,
        by=by(receiver),
        scans=scans,
        giver=by(giver),
        receiver=by(receiver),
    )


def test_both_badges_and_end_make_one_act_over_all_parcels() -> None:
    told = Told(*BEGIN, PLAIN, HV, TO_RECEIVER, "CX:END")
    assert told.acts == [accepted(3, 4)]
    assert (told.session, told.hints) == (EMPTY, [])


def test_a_bag_is_handed_over_with_all_that_is_in_it_and_stays_no_container() -> None:
    told = Told(*BEGIN, "CX:BAG:b-1", PLAIN, "CX:PAL:p-1")
    assert told.session.container is None
    assert [item.is_parcel for item in told.handover.items] == [False, True, False]
    assert told.scan(TO_RECEIVER, "CX:END").acts == [accepted(3, 4, 5)]


def test_the_giver_may_already_be_at_work_when_the_handover_begins() -> None:
    told = Told(TO_GIVER, "CX:STEP:load", PLAIN, "CX:STEP:handover", HV, TO_RECEIVER, "CX:END")
    assert told.acts == [accepted(5)]


def test_before_the_first_parcel_a_badge_is_the_givers() -> None:
    told = Told(TO_STRANGER, "CX:STEP:handover", TO_GIVER, PLAIN, TO_RECEIVER, "CX:END")
    assert told.acts == [accepted(4)]


def test_parcels_before_the_givers_badge_are_not_handed_over_by_that_giver() -> None:
    told = Told("CX:STEP:handover", PLAIN, TO_GIVER, HV, TO_RECEIVER, "CX:END")
    assert told.acts == [accepted(4)]


def test_a_giver_fixed_by_the_config_needs_no_badge() -> None:
    fixed = FixedSession(badge=GIVER, step=Step.HANDOVER)
    assert Told(PLAIN, TO_RECEIVER, "CX:END", fixed=fixed).acts == [accepted(1)]


def test_the_receivers_badge_names_the_receiver_in_its_own_line_only() -> None:
    told = Told(*BEGIN, PLAIN)
    outcome = follow(told.session, label(TO_RECEIVER), 4, NOTHING_FIXED, SALT)
    assert (outcome.line.by, outcome.after.by) == (by(RECEIVER), by(GIVER))


def test_parcels_after_the_receivers_badge_belong_to_it_too() -> None:
    assert Told(*BEGIN, PLAIN, TO_RECEIVER, HV, "CX:END").acts == [accepted(3, 5)]


def test_of_two_receivers_the_last_badge_counts() -> None:
    assert Told(*BEGIN, PLAIN, TO_STRANGER, TO_RECEIVER, "CX:END").acts == [accepted(3)]


def test_nobody_hands_over_to_oneself() -> None:
    told = Told(*BEGIN, PLAIN, TO_GIVER)
    assert told.hints == [ActHint.SAME_PERSON]
    assert told.handover.receiver is None


def test_without_a_receiver_there_is_no_act_and_it_is_said() -> None:
    told = Told(*BEGIN, PLAIN, "CX:END")
    assert (told.acts, told.hints, told.session) == ([], [ActHint.NO_RECEIVER], EMPTY)


def test_an_end_without_parcels_is_an_ordinary_end() -> None:
    told = Told(*BEGIN, "CX:END")
    assert (told.acts, told.hints, told.session) == ([], [], EMPTY)


def test_a_parcel_scanned_twice_is_one_parcel_known_by_its_last_scan() -> None:
    told = Told(*BEGIN, PLAIN, HV, PLAIN)
    assert [item.seq for item in told.handover.items] == [4, 5]
    assert told.scan(TO_RECEIVER, "CX:END").acts == [accepted(4, 5)]


def test_the_step_label_again_keeps_the_handover_and_another_step_drops_it() -> None:
    told = Told(*BEGIN, PLAIN, "CX:STEP:handover")
    assert len(told.handover.items) == 1
    assert told.scan("CX:STEP:load").session.handover is None
    assert told.scan(TO_RECEIVER, "CX:END").acts == []


def test_other_labels_leave_it_alone() -> None:
    told = Told(*BEGIN, PLAIN, "CX:PLACE:dock1", "CX:VEH:v-1", "6901234567892")
    assert [item.seq for item in told.handover.items] == [3]
    assert told.session.container == "v-1"


# ---------------------------------------------------------------- refusals


def refused(*scans: int, waybill: str | None = None, receiver: str | None = None) -> ActDraft:
    who = by(receiver) if receiver else None
    return ActDraft(
        act=ActKind.HANDOVER_REFUSE,
        by=who or by(GIVER),
        scans=scans,
        waybill=waybill,
        giver=by(GIVER),
        receiver=who,
        reason="damaged",
    )


REFUSE = "CX:REFUSE:damaged"


def test_a_refusal_means_the_parcel_scanned_last_and_the_others_go_over() -> None:
    told = Told(*BEGIN, PLAIN, HV, REFUSE, TO_RECEIVER, "CX:END")
    assert told.acts == [refused(4, waybill=HV), accepted(3)]


def test_after_the_receivers_badge_a_refusal_means_all_of_them() -> None:
    told = Told(*BEGIN, PLAIN, HV, TO_RECEIVER, REFUSE)
    assert told.acts == [refused(3, 4, receiver=RECEIVER)]
    assert told.handover.refused == 2
    assert told.scan("CX:END").acts == [refused(3, 4, receiver=RECEIVER)]


def test_a_parcel_scanned_again_after_the_receivers_badge_is_refused_alone() -> None:
    told = Told(*BEGIN, PLAIN, HV, TO_RECEIVER, PLAIN, REFUSE, "CX:END")
    assert told.acts == [refused(6, waybill=PLAIN, receiver=RECEIVER), accepted(4)]


def test_a_refusal_read_twice_refuses_nothing_more() -> None:
    told = Told(*BEGIN, PLAIN, HV, REFUSE, REFUSE)
    assert (told.acts, told.hints) == ([refused(4, waybill=HV)], [ActHint.NO_PARCEL])
    assert len(told.handover.items) == 1


def test_a_refused_bag_names_no_waybill() -> None:
    assert Told(*BEGIN, "CX:BAG:b-1", REFUSE).acts == [refused(3)]


def test_before_any_parcel_there_is_nothing_to_refuse() -> None:
    told = Told(*BEGIN, REFUSE)
    assert (told.acts, told.hints) == ([], [ActHint.NO_PARCEL])


# ---------------------------------------------------------------- seals


def test_a_seal_belongs_to_the_parcel_scanned_last() -> None:
    (act,) = Told(*BEGIN, PLAIN, HV, "CX:SEAL:s-871").acts
    assert (act.act, act.seal, act.waybill, act.scans) == (ActKind.SEAL_CHECK, "s-871", HV, (4,))
    assert (act.by, act.giver, act.receiver) == (by(GIVER), by(GIVER), None)


def test_a_seal_changes_nothing_of_the_handover() -> None:
    told = Told(*BEGIN, PLAIN)
    before = told.session
    assert told.scan("CX:SEAL:s-1").session == before


def test_a_seal_after_a_refusal_or_before_any_parcel_belongs_to_nothing() -> None:
    told = Told(*BEGIN, "CX:SEAL:s-1", PLAIN, HV, REFUSE, "CX:SEAL:s-1")
    assert told.hints == [ActHint.NO_PARCEL] * 2
    assert [act.act for act in told.acts] == [ActKind.HANDOVER_REFUSE]


# ---------------------------------------------------------------- the bound


def many(count: int) -> list[str]:
    return [f"755{number:09d}" for number in range(count)]


def test_an_act_covers_as_many_parcels_as_its_bound() -> None:
    told = Told(*BEGIN, *many(ACT_SCANS_MAX), TO_RECEIVER, "CX:END")
    assert [len(act.scans) for act in told.acts] == [ACT_SCANS_MAX]
    assert told.hints == []


def test_beyond_the_bound_the_receivers_badge_is_due_and_the_parcel_is_not_taken_in() -> None:
    told = Told(*BEGIN, *many(ACT_SCANS_MAX))
    before = told.session
    assert told.handover.is_full
    assert told.scan(HV).hints == [ActHint.HANDOVER_FULL]
    assert told.session == before
    told.scan("7550" + "0" * 8)  # one of those that are in it already
    assert (told.hints, len(told.handover.items)) == ([ActHint.HANDOVER_FULL], ACT_SCANS_MAX)


def test_with_a_receiver_the_next_act_begins_by_itself() -> None:
    told = Told(*BEGIN, *many(ACT_SCANS_MAX), TO_RECEIVER, HV)
    assert told.acts == [accepted(*range(3, 3 + ACT_SCANS_MAX))]
    assert (len(told.handover.items), told.handover.accepted) == (1, ACT_SCANS_MAX)
    assert told.handover.meant is Meant.LAST
    assert told.scan("CX:END").acts[1:] == [accepted(told.seq - 1)]


@pytest.mark.parametrize("text", ["CX:SEAL:s-1", REFUSE])
def test_a_full_handover_still_takes_seals_and_refusals(text: str) -> None:
    told = Told(*BEGIN, *many(ACT_SCANS_MAX), text)
    assert [act.scans for act in told.acts] == [(2 + ACT_SCANS_MAX,)]
