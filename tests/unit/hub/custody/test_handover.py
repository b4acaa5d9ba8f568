"""Both forms of handover, one-sided ones, refusals, seals. Source: design section 6, HV-2.2.6."""

import pytest

from hub.custody.rules.chain import BreachKind
from tests.custody_parts import Day, bag, gaps, kinds, only_breach, told
from wire.events import ActKind


def held_by_kim() -> Day:
    day = Day()
    day.scan(0, "accept", "KIM")
    return day


def two_scans(first: str, second: str, apart: float) -> Day:
    day = held_by_kim()
    day.scan(10, "handover", first, edge="dock")
    day.scan(10 + apart, "handover", second, edge="cage")
    return day


@pytest.mark.parametrize("first", ["KIM", "KEEPER"])
def test_two_scans_on_two_devices_are_one_handover_whoever_was_first(first: str) -> None:
    second = {"KIM": "KEEPER", "KEEPER": "KIM"}[first]
    chain = two_scans(first, second, apart=30).chain()
    assert told(chain)[-1] == (40, "KEEPER", "confirmed")
    assert {held for _, held, _ in told(chain)[:-1]} == {"KIM"}
    assert (kinds(chain), gaps(chain)) == ([], [])


def test_scans_further_apart_than_the_policy_are_no_handover() -> None:
    chain = two_scans("KIM", "KEEPER", apart=31).chain()
    assert told(chain) == [
        (0, "KIM", "recorded"),
        (40, None, "nobody"),
        (41, "KEEPER", "claimed"),
    ]
    assert gaps(chain) == [("open_handover", 40, 41)]
    assert only_breach(chain).kind is BreachKind.OPEN_HANDOVER


def test_a_receiver_alone_is_an_open_handover_too() -> None:
    day = held_by_kim()
    day.scan(10, "handover", "KEEPER")
    assert told(day.chain(at=39)) == [(0, "KIM", "open")]
    assert told(day.chain())[-1] == (40, None, "nobody")


def test_one_person_scanning_twice_is_no_handover_and_the_later_scan_counts() -> None:
    day = two_scans("KIM", "KIM", apart=20)
    assert told(day.chain(at=59))[-1][1:] == ("KIM", "open")
    assert told(day.chain(at=60))[-1] == (60, None, "nobody")


def test_a_giver_who_was_not_known_to_hold_it_leaves_a_gap_before() -> None:
    day = held_by_kim()
    day.handover(20, "LOADER", "KEEPER")
    chain = day.chain()
    assert told(chain)[-1] == (21, "KEEPER", "confirmed")
    assert gaps(chain)[0][0] == "unconfirmed"
    assert kinds(chain) == []


def test_of_two_strangers_the_first_gives() -> None:
    chain = two_scans("LOADER", "KEEPER", apart=5).chain()
    assert told(chain)[-1] == (15, "KEEPER", "confirmed")


def test_an_act_answers_its_scans_however_long_the_handover_took() -> None:
    day = held_by_kim()
    scan = day.scan(10, "handover", "KIM")
    day.scan(45, "inspect", "SORTER")
    day.act(
        50, ActKind.HANDOVER_ACCEPT, giver="KIM", receiver="KEEPER", covers=(scan.seq,), by="KEEPER"
    )
    chain = day.chain()
    assert told(chain)[-1] == (50, "KEEPER", "confirmed")
    assert (kinds(chain), gaps(chain)) == ([], [])


def test_an_act_that_claims_a_later_scan_does_not_keep_it_open_for_ever() -> None:
    day = held_by_kim()
    day.act(5, ActKind.HANDOVER_REFUSE, giver="KIM", covers=(3,))
    day.scan(10, "handover", "KIM")
    assert told(day.chain())[-1] == (40, None, "nobody")


def test_a_refused_parcel_stays_with_its_giver_and_the_refusal_is_evidence() -> None:
    day = held_by_kim()
    scan = day.scan(10, "handover", "KIM")
    refusal = day.act(
        11, ActKind.HANDOVER_REFUSE, giver="KIM", covers=(scan.seq,), detail="torn", by="KIM"
    )
    chain = day.chain()
    assert told(chain) == [(0, "KIM", "recorded")]
    assert refusal in chain.spans[-1].evidence
    assert (kinds(chain), gaps(chain), chain.due_at) == ([], [], None)


def test_a_seal_check_is_evidence_with_its_number() -> None:
    day = held_by_kim()
    day.scan(10, "handover", "KIM")
    day.act(10.5, ActKind.SEAL_CHECK, by="KIM", detail="S-77")
    day.act(11, ActKind.HANDOVER_ACCEPT, giver="KIM", receiver="KEEPER", covers=(2,), by="KEEPER")
    chain = day.chain()
    assert [each.detail for span in chain.spans for each in span.evidence if each.detail] == [
        "S-77"
    ]
    assert told(chain)[-1][1] == "KEEPER"


def test_an_acceptance_that_names_no_receiver_completes_nothing() -> None:
    day = held_by_kim()
    scan = day.scan(10, "handover", "KIM")
    day.act(11, ActKind.HANDOVER_ACCEPT, giver="KIM", covers=(scan.seq,))
    assert told(day.chain())[-1][1] == "KIM"


def test_who_tries_again_after_his_time_claims_it_and_can_still_hand_it_over() -> None:
    day = held_by_kim()
    day.scan(10, "handover", "KIM")
    day.scan(60, "handover", "KIM")
    day.scan(65, "handover", "KEEPER")
    chain = day.chain()
    assert told(chain) == [
        (0, "KIM", "recorded"),
        (40, None, "nobody"),
        (60, "KIM", "claimed"),
        (65, "KEEPER", "confirmed"),
    ]


def test_storing_ends_an_open_handover() -> None:
    day = held_by_kim()
    day.scan(10, "handover", "KIM")
    day.scan(20, "store", "KIM", place="cage1")
    chain = day.chain()
    assert told(chain)[-1] == (20, "KEEPER", "recorded")
    assert kinds(chain) == []


def test_a_bag_is_handed_over_with_all_that_is_in_it() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "SORTER")
    day.scan(5, "pack", "SORTER", container=bag())
    day.handover(10, "SORTER", "LOADER", unit=bag())
    chain = day.chain()
    assert told(chain)[-1] == (11, "LOADER", "confirmed")
    assert chain.spans[-1].containers == (bag(),)


def test_the_scans_of_a_handover_in_its_second_form_confirm_a_claim() -> None:
    day = held_by_kim()
    day.scan(30, "depart", "DRIVER")
    day.scan(200, "arrive", "KEEPER", site="HUB")
    for minute, who in ((205, "KEEPER"), (206, "DRIVER")):
        day.scan(minute, "handover", who, site="HUB", edge=f"of-{who}")
    chain = day.chain()
    assert told(chain)[-1] == (206, "KEEPER", "confirmed")
    assert {held for _, held, _ in told(chain)[1:-1]} == {"DRIVER"}
    assert (kinds(chain), gaps(chain)) == ([], [])


def test_a_handover_is_still_in_time_at_the_very_last_moment() -> None:
    day = held_by_kim()
    day.scan(10, "handover", "KIM")
    day.scan(40, "handover", "KEEPER")
    assert gaps(day.chain()) == []
