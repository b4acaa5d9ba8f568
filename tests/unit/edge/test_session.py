"""The session: a fold over badge and command labels."""

import hashlib
import hmac
from datetime import UTC, timedelta

import msgspec
import pytest

from devices.frames import Frame
from devices.symbology import CommandLabel, Label, read_label
from edge.acts import ActHint
from edge.session import (
    EMPTY,
    FixedSession,
    Outcome,
    Session,
    current,
    encode_session,
    follow,
    parse_session,
    pseudonym,
    touch,
    with_fixed,
)
from edge.shifts import NO_SHIFTS, Shifts
from tests.unit.edge.fakes import GIVER, NOTHING_FIXED, PLAIN, POLICY, RECEIVER, SALT, START_AT, by
from wire.events import ContainerKind
from wire.names import Step
from wire.site_pack import PackShift

FULL = Session(
    by="a" * 16,
    step=Step.ARRIVE,
    place="dock1",
    container="truck-9",
    container_kind=ContainerKind.VEHICLE,
)


def label(text: str) -> Label:
    return read_label(Frame(text.encode(), "C0", False, len(text)), POLICY.waybill)


def scanned(
    session: Session, text: str, fixed: FixedSession = NOTHING_FIXED, salt: str | None = SALT
) -> Outcome:
    return follow(session, label(text), 9, fixed, salt)


def after(session: Session, *texts: str) -> Session:
    for text in texts:
        session = scanned(session, text).after
    return session


def test_a_badge_becomes_a_keyed_hash_and_never_stands_for_itself() -> None:
    badge_sha256 = hashlib.sha256(b"t0k3n").digest()
    expected = hmac.new(bytes.fromhex(SALT), badge_sha256, hashlib.sha256).hexdigest()[:16]
    assert pseudonym("t0k3n", SALT) == expected
    assert pseudonym("t0k3n", "cd" * 16) != expected


def test_before_enrolment_nobody_can_be_named() -> None:
    assert pseudonym("t0k3n", None) is None
    assert scanned(FULL, "CX:BY:t0k3n", salt=None).after.by is None


def test_each_label_sets_its_own_field_only() -> None:
    for text, expected in (
        ("CX:BY:t0k3n", Session(by=pseudonym("t0k3n", SALT))),
        ("CX:STEP:load", Session(step=Step.LOAD)),
        ("CX:PLACE:cage1", Session(place="cage1")),
        ("CX:BAG:b-1", Session(container="b-1", container_kind=ContainerKind.BAG)),
        ("CX:VEH:v-1", Session(container="v-1", container_kind=ContainerKind.VEHICLE)),
        ("CX:FLT:f-1", Session(container="f-1", container_kind=ContainerKind.FLIGHT)),
        ("CX:PAL:p-1", Session(container="p-1", container_kind=ContainerKind.PALLET)),
    ):
        outcome = scanned(EMPTY, text)
        assert (outcome.line, outcome.after) == (expected, expected)
        assert (outcome.act, outcome.hint) == (None, None)


def test_waybills_and_strange_codes_change_nothing() -> None:
    for text in (PLAIN, "6901234567892", "CX:STEP:fly"):
        assert scanned(FULL, text) == Outcome(FULL, FULL)


def test_of_two_containers_the_latest_counts() -> None:
    assert after(EMPTY, "CX:VEH:v-1", "CX:BAG:b-1").container == "b-1"
    assert after(EMPTY, "CX:BAG:b-1", "CX:FLT:f-1").container == "f-1"


@pytest.mark.parametrize("unit", ["CX:BAG:b-1", "CX:PAL:p-1"])
@pytest.mark.parametrize("step", ["load", "unload"])
@pytest.mark.parametrize("vehicle", ["CX:VEH:v-1", "CX:FLT:f-1"])
def test_what_is_loaded_into_a_vehicle_does_not_take_its_place(
    unit: str, step: str, vehicle: str
) -> None:
    loading = after(EMPTY, f"CX:STEP:{step}", vehicle)
    assert scanned(loading, unit) == Outcome(loading, loading)


@pytest.mark.parametrize("step", ["arrive", "depart"])
def test_a_bag_that_arrives_or_departs_is_scanned_like_a_parcel(step: str) -> None:
    session = after(EMPTY, f"CX:STEP:{step}", "CX:VEH:v-1")
    assert scanned(session, "CX:BAG:b-1") == Outcome(session, session)


@pytest.mark.parametrize("step", ["load", "unload", "pack", "store", "sort"])
def test_elsewhere_a_bag_is_what_parcels_go_into(step: str) -> None:
    assert after(EMPTY, f"CX:STEP:{step}", "CX:BAG:b-1").container == "b-1"
    assert after(EMPTY, f"CX:STEP:{step}", "CX:BAG:b-1", "CX:PAL:p-1").container == "p-1"


def test_a_step_fixed_by_the_config_counts_like_a_scanned_one() -> None:
    fixed = FixedSession(step=Step.LOAD)
    session = after(EMPTY, "CX:VEH:v-1")
    assert scanned(session, "CX:BAG:b-1", fixed).after == session


def test_end_clears_everything_and_still_belongs_to_whom_it_ends() -> None:
    assert scanned(FULL, "CX:END") == Outcome(FULL, EMPTY)


@pytest.mark.parametrize("text", ["CX:SEAL:s-1", "CX:REFUSE:damaged"])
def test_seal_and_refusal_mean_nothing_outside_a_handover(text: str) -> None:
    assert scanned(FULL, text) == Outcome(FULL, FULL, None, ActHint.NO_HANDOVER)


# ---------------------------------------------------------------- its end


def test_a_session_ends_after_thirty_idle_minutes_and_not_at_them() -> None:
    used = touch(FULL, START_AT)
    assert current(used, 30, NO_SHIFTS, START_AT + timedelta(minutes=30)) == used
    late = START_AT + timedelta(minutes=30, milliseconds=1)
    assert current(used, 30, NO_SHIFTS, late) == EMPTY


def test_a_clock_set_back_never_lets_a_session_live_for_long() -> None:
    used = touch(FULL, START_AT)
    assert current(used, 30, NO_SHIFTS, START_AT - timedelta(minutes=30)) == used
    assert current(used, 30, NO_SHIFTS, START_AT - timedelta(hours=2)) == EMPTY


def shift_until(minutes: int) -> Shifts:
    """A shift that ends so many minutes after the tests begin."""
    ends = (START_AT + timedelta(minutes=minutes)).strftime("%H:%M")
    return Shifts(UTC, (PackShift(name="s", starts="06:00", ends=ends),))


def test_a_session_ends_with_the_shift_in_which_it_began() -> None:
    used = touch(FULL, START_AT)
    shifts = shift_until(10)
    assert current(used, 30, shifts, START_AT + timedelta(minutes=9, seconds=59)) == used
    assert current(used, 30, shifts, START_AT + timedelta(minutes=10)) == EMPTY


def test_going_on_scanning_does_not_prolong_the_shift_but_a_badge_begins_anew() -> None:
    later = START_AT + timedelta(minutes=9)
    again = touch(touch(FULL, START_AT), later)
    assert (again.began_at, again.used_at) == (
        "2026-11-22T08:00:00.000Z",
        "2026-11-22T08:09:00.000Z",
    )
    badge = touch(scanned(again, f"CX:BY:{GIVER}").after, START_AT + timedelta(minutes=11))
    assert current(badge, 30, shift_until(10), START_AT + timedelta(minutes=12)) == badge


def test_a_handover_under_way_outlives_the_shift_but_not_the_idle_time() -> None:
    texts = (f"CX:BY:{GIVER}", "CX:STEP:handover", PLAIN)
    session = touch(after(EMPTY, *texts), START_AT)
    shifts = shift_until(10)
    assert current(session, 30, shifts, START_AT + timedelta(minutes=11)) == session
    assert current(session, 30, shifts, START_AT + timedelta(minutes=31)) == EMPTY


def test_an_empty_session_stays_empty_when_touched() -> None:
    assert touch(EMPTY, START_AT) == EMPTY


def test_fixed_values_apply_where_the_session_has_none() -> None:
    fixed = FixedSession(badge="t0k3n", step=Step.SORT, place="belt")
    assert with_fixed(EMPTY, fixed, SALT) == Session(
        by=pseudonym("t0k3n", SALT), step=Step.SORT, place="belt"
    )
    assert with_fixed(FULL, fixed, SALT) == FULL


# ---------------------------------------------------------------- kept


def test_a_kept_session_is_read_back_handover_and_all() -> None:
    texts = (f"CX:BY:{GIVER}", "CX:STEP:handover", PLAIN, "CX:BAG:b-1", f"CX:BY:{RECEIVER}")
    used = touch(after(EMPTY, *texts), START_AT)
    assert used.handover is not None
    assert used.handover.receiver == by(RECEIVER)
    assert parse_session(encode_session(used)) == used


def test_a_session_of_an_older_program_is_read() -> None:
    old = b'{"by":"%s","step":"load","used_at":"2026-11-22T08:00:00.000Z"}' % (b"a" * 16)
    assert parse_session(old) == Session(
        by="a" * 16, step=Step.LOAD, used_at="2026-11-22T08:00:00.000Z"
    )


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b'{"step":"fly"}',
        b'{"used_at":"2026-13-01"}',
        b'{"began_at":"2026-13-01T00:00:00.000Z"}',
        b"[]",
        b'{"handover":{"items":[[0,"a",true]]}}',
    ],
)
def test_a_kept_session_that_is_none_is_refused(bad: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_session(bad)


def test_a_label_is_told_from_a_waybill() -> None:
    assert isinstance(label("CX:END"), CommandLabel)
    assert msgspec.structs.asdict(EMPTY)["handover"] is None
