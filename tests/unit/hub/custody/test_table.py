"""Each row of the table in design section 6, with what is missing. HV-2.2.5, 2.4, 2.6, 2.8, 2.9."""

import pytest

from hub.custody.rules.chain import BreachKind
from hub.custody.rules.records import Container
from tests.custody_parts import Day, gaps, kinds, minute_of, only_breach, told, truck


def accepted() -> Day:
    day = Day()
    day.scan(0, "accept", "KIM")
    return day


# ---------------------------------------------------------------- accept


def test_accept_opens_a_span_held_by_whom_scanned() -> None:
    chain = accepted().chain()
    assert told(chain) == [(0, "KIM", "recorded")]
    (span,) = chain.spans
    assert (span.site, span.opened_by, span.to_at) == ("BRANCH", "accept", None)
    assert gaps(chain) == []


def test_without_acceptance_the_chain_says_so() -> None:
    day = Day()
    day.scan(5, "arrive", "KEEPER")
    chain = day.chain()
    assert told(chain) == [(5, "KEEPER", "claimed")]
    assert gaps(chain) == [("no_acceptance", 5, 5)]
    assert kinds(chain) == []


def test_a_parcel_that_was_only_seen_is_nobodys_from_then_on() -> None:
    day = Day()
    day.scan(5, "sort", "SORTER")
    chain = day.chain()
    assert told(chain) == [(5, None, "nobody")]
    assert gaps(chain) == [("no_acceptance", 5, None)]


def test_an_acceptance_without_a_badge_names_nobody() -> None:
    day = Day()
    day.scan(0, "accept")
    day.scan(10, "retrieve", "KEEPER")
    chain = day.chain()
    assert told(chain) == [(0, None, "nobody"), (10, "KEEPER", "recorded")]
    assert gaps(chain) == [("not_named", 0, 10)]


def test_accepting_twice_changes_nothing_and_both_scans_are_evidence() -> None:
    day = accepted()
    day.scan(3, "accept", "KIM")
    (span,) = day.chain().spans
    assert [record.seq for record in span.evidence] == [1, 2]


# ---------------------------------------------------------------- handover


def test_a_handover_with_both_badges_makes_the_receiver_the_holder() -> None:
    day = accepted()
    day.handover(10, "KIM", "KEEPER", place="counter")
    chain = day.chain()
    assert told(chain)[-1] == (11, "KEEPER", "confirmed")
    assert {held for _, held, _ in told(chain)[:-1]} == {"KIM"}
    assert gaps(chain) == []
    assert chain.spans[-1].place == "counter"


def test_an_open_handover_leaves_the_giver_answering_for_half_an_hour_then_nobody() -> None:
    day = accepted()
    day.scan(10, "handover", "KIM")
    waiting = day.chain(at=39.9)
    assert told(waiting) == [(0, "KIM", "open")]
    assert waiting.due_at == minute_of(40)
    over = day.chain(at=40)
    assert told(over) == [(0, "KIM", "recorded"), (40, None, "nobody")]
    assert gaps(over) == [("open_handover", 40, None)]
    assert over.due_at is None


# ---------------------------------------------------------------- store, retrieve


def test_a_stored_parcel_is_held_by_the_places_named_keeper_until_retrieved() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="cage1")
    day.scan(60, "retrieve", "LOADER", place="cage1")
    chain = day.chain()
    assert told(chain) == [
        (0, "KIM", "recorded"),
        (10, "KEEPER", "recorded"),
        (60, "LOADER", "recorded"),
    ]
    stored = chain.spans[1]
    assert (stored.place, stored.containers) == ("cage1", (Container("store", "C-1"),))
    assert kinds(chain) == []


def test_the_keeper_who_retrieves_is_known_to_be_the_same_person() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="cage1")
    day.scan(60, "retrieve", "KEEPER", place="cage1")
    day.scan(61, "inspect", "KEEPER", place="cage1")
    assert told(day.chain())[1:] == [(10, "KEEPER", "recorded"), (60, "KEEPER", "recorded")]


def test_a_place_without_keeper_container_lock_and_camera_is_a_storage_breach() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="counter")
    chain = day.chain()
    assert told(chain)[-1][1] == "KIM"
    breach = only_breach(chain)
    assert (breach.kind, breach.rule) == (BreachKind.STORAGE, "HV-2.8")
    assert breach.words == ("keeper", "container", "place", "camera")


def test_a_site_without_any_camera_is_not_blamed_for_each_parcel() -> None:
    day = accepted()
    day.scan(10, "store", "SORTER", place="cage9", site="HUB")
    assert kinds(day.chain()) == []


def test_retrieving_without_a_badge_leaves_nobody() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="cage1")
    day.scan(60, "retrieve", place="cage1")
    chain = day.chain()
    assert told(chain)[-1] == (60, None, "nobody")
    assert gaps(chain) == [("not_named", 60, None)]


# ---------------------------------------------------------------- load, depart


def test_a_loader_holds_until_a_drivers_badge() -> None:
    day = accepted()
    day.scan(20, "load", "LOADER", container=truck())
    day.scan(30, "depart", "DRIVER", container=truck())
    chain = day.chain()
    assert told(chain) == [
        (0, "KIM", "recorded"),
        (20, "LOADER", "recorded"),
        (30, "DRIVER", "recorded"),
    ]
    under_way = chain.spans[-1]
    assert (under_way.site, under_way.containers) == (None, (truck(),))


def test_a_driver_who_was_handed_the_load_keeps_it_whoever_scans_the_departure() -> None:
    day = accepted()
    day.scan(20, "load", "LOADER", container=truck())
    day.handover(21, "LOADER", "DRIVER")
    day.scan(30, "depart", "LOADER", container=truck())
    assert told(day.chain())[-1] == (30, "DRIVER", "confirmed")


def test_without_a_drivers_badge_nobody_holds_from_the_departure_on() -> None:
    day = accepted()
    day.scan(20, "load", "LOADER", container=truck())
    day.scan(30, "depart", "LOADER", container=truck())
    chain = day.chain()
    assert told(chain)[-1] == (30, None, "nobody")
    assert gaps(chain) == [("no_driver", 30, None)]
    assert chain.gaps[0].site == "BRANCH"


# ---------------------------------------------------------------- arrive


def under_way() -> Day:
    day = accepted()
    day.scan(30, "depart", "DRIVER", container=truck())
    return day


def test_an_arrival_by_another_badge_is_a_claim_with_a_gap_and_a_breach() -> None:
    day = under_way()
    day.scan(200, "arrive", "HUBKEEPER", site="HUB")
    chain = day.chain()
    assert told(chain)[1:] == [(30, "DRIVER", "unconfirmed"), (200, "HUBKEEPER", "claimed")]
    assert gaps(chain) == [("unconfirmed", 30, 200)]
    assert not chain.gaps[0].is_nobodys
    breach = only_breach(chain)
    assert (breach.kind, breach.site) == (BreachKind.NO_HANDOVER, "HUB")
    assert breach.tell_at == minute_of(230)


def test_the_drivers_own_arrival_keeps_custody_and_his_handover_passes_it() -> None:
    day = under_way()
    day.scan(200, "arrive", "DRIVER", site="HUB")
    day.handover(205, "DRIVER", "HUBKEEPER", site="HUB")
    chain = day.chain()
    assert told(chain)[-1] == (206, "HUBKEEPER", "confirmed")
    assert {held for _, held, _ in told(chain)[1:-1]} == {"DRIVER"}
    assert (kinds(chain), gaps(chain)) == ([], [])


def test_a_handover_soon_after_the_arrival_takes_claim_gap_and_breach_back() -> None:
    day = under_way()
    day.scan(200, "arrive", "HUBKEEPER", site="HUB")
    day.handover(204, "DRIVER", "HUBKEEPER", site="HUB")
    chain = day.chain()
    assert told(chain)[-1] == (205, "HUBKEEPER", "confirmed")
    assert {held for _, held, _ in told(chain)[1:-1]} == {"DRIVER"}
    assert (kinds(chain), gaps(chain)) == ([], [])


def test_a_handover_long_after_the_arrival_leaves_the_breach() -> None:
    day = under_way()
    day.scan(200, "arrive", "HUBKEEPER", site="HUB")
    day.handover(240, "DRIVER", "HUBKEEPER", site="HUB")
    chain = day.chain()
    assert kinds(chain) == [BreachKind.NO_HANDOVER]
    assert told(chain)[-1] == (241, "HUBKEEPER", "confirmed")


def test_what_the_claimant_stored_meanwhile_stays_stored_when_the_handover_follows() -> None:
    day = under_way()
    day.scan(200, "arrive", "KEEPER", site="HUB")
    day.scan(202, "store", "KEEPER", site="HUB", place="cage9")
    day.handover(204, "DRIVER", "KEEPER", site="HUB")
    chain = day.chain()
    assert told(chain)[-1][1] == "HUBKEEPER"
    assert (kinds(chain), gaps(chain)) == ([], [])


def test_an_arrival_without_a_badge_moves_the_parcel_and_not_its_custody() -> None:
    day = under_way()
    day.scan(200, "arrive", site="HUB")
    chain = day.chain()
    assert told(chain)[-1] == (200, "DRIVER", "recorded")
    assert chain.spans[-1].site == "HUB"


# ---------------------------------------------------------------- taken elsewhere, arrival unread

TAKING = ["store", "retrieve", "load", "out_for_delivery"]


@pytest.mark.parametrize("step", TAKING)
def test_who_takes_it_where_its_driver_was_never_seen_claims_it_with_a_gap(step: str) -> None:
    day = under_way()
    day.scan(200, step, "HUBKEEPER", site="HUB", place="cage9")
    chain = day.chain(at=300)
    assert told(chain)[1:] == [(30, "DRIVER", "unconfirmed"), (200, "HUBKEEPER", "claimed")]
    assert gaps(chain) == [("unconfirmed", 30, 200)]
    assert kinds(chain) == []


@pytest.mark.parametrize("step", TAKING)
def test_who_takes_it_at_another_site_than_its_holders_claims_it_with_a_gap(step: str) -> None:
    day = accepted()
    day.scan(10, "inspect", "SORTER")
    day.scan(200, step, "HUBKEEPER", site="HUB", place="cage9")
    chain = day.chain()
    assert told(chain) == [(0, "KIM", "unconfirmed"), (200, "HUBKEEPER", "claimed")]
    assert gaps(chain) == [("unconfirmed", 10, 200)]


@pytest.mark.parametrize("step", ["sort", "unload", "arrive"])
def test_others_seeing_it_there_before_does_not_make_the_claim_a_proven_one(step: str) -> None:
    day = under_way()
    day.scan(200, step, None if step == "arrive" else "SORTER", site="HUB")
    day.scan(210, "load", "LOADER", site="HUB")
    chain = day.chain()
    assert told(chain)[1:] == [
        (30, "DRIVER", "recorded"),
        (200, "DRIVER", "unconfirmed"),
        (210, "LOADER", "claimed"),
    ]
    assert gaps(chain) == [("unconfirmed", 200, 210)]


def test_who_takes_it_back_where_its_holder_was_after_it_was_seen_elsewhere_claims_it() -> None:
    day = accepted()
    day.scan(100, "sort", "SORTER", site="HUB")
    day.scan(200, "load", "LOADER")
    chain = day.chain()
    assert [standing for _, _, standing in told(chain)] == ["recorded", "unconfirmed", "claimed"]
    assert len(chain.contradictions) == 1
    assert gaps(chain) == [("unconfirmed", 100, 200)]


@pytest.mark.parametrize("step", ["sort", "unload", "arrive", "handover"])
def test_the_holder_who_shows_himself_there_may_be_relieved_as_at_any_site(step: str) -> None:
    day = under_way()
    day.scan(200, step, "DRIVER", site="HUB")
    day.scan(210, "load", "LOADER", site="HUB")
    chain = day.chain()
    assert told(chain)[-1] == (210, "LOADER", "recorded")
    assert gaps(chain) == []


def test_the_driver_who_stores_it_himself_leaves_no_gap() -> None:
    day = under_way()
    day.scan(200, "store", "DRIVER", site="HUB", place="cage9")
    chain = day.chain()
    assert told(chain)[1:] == [(30, "DRIVER", "recorded"), (200, "HUBKEEPER", "recorded")]
    assert gaps(chain) == []


def test_what_nobody_held_under_way_is_claimed_by_who_takes_it_there() -> None:
    day = Day()
    day.scan(0, "accept", "KEEPER")
    day.scan(30, "depart", "LOADER", container=truck())
    day.scan(200, "store", "SORTER", site="HUB", place="cage9")
    chain = day.chain()
    assert told(chain)[-1] == (200, "HUBKEEPER", "claimed")
    assert gaps(chain) == [("no_driver", 30, 200)]


def test_what_was_left_lying_here_is_taken_up_here_without_a_claim() -> None:
    day = accepted()
    day.scan(10, "handover", "KIM")
    day.scan(60, "store", "KEEPER", place="cage1")
    assert told(day.chain())[-1] == (60, "KEEPER", "recorded")


def test_taking_it_there_without_a_badge_leaves_nobody_and_the_driver_unconfirmed() -> None:
    day = under_way()
    day.scan(200, "retrieve", site="HUB")
    chain = day.chain()
    assert told(chain)[1:] == [(30, "DRIVER", "unconfirmed"), (200, None, "nobody")]
    assert gaps(chain) == [("unconfirmed", 30, 200), ("not_named", 200, None)]


def test_a_handover_soon_after_a_claim_by_loading_takes_claim_and_gap_back() -> None:
    day = under_way()
    day.scan(200, "load", "LOADER", site="HUB")
    day.handover(204, "DRIVER", "LOADER", site="HUB")
    chain = day.chain()
    assert told(chain)[-1] == (205, "LOADER", "confirmed")
    assert {held for _, held, _ in told(chain)[1:-1]} == {"DRIVER"}
    assert gaps(chain) == []


def test_a_giver_who_waits_is_still_asked_when_somebody_takes_it_elsewhere() -> None:
    day = accepted()
    day.scan(10, "handover", "KIM")
    day.scan(20, "load", "LOADER", site="HUB")
    chain = day.chain()
    assert kinds(chain) == [BreachKind.OPEN_HANDOVER]
    assert told(chain) == [(0, "KIM", "unconfirmed"), (20, "LOADER", "claimed")]


def test_another_driver_who_departs_with_it_from_elsewhere_claims_it() -> None:
    day = under_way()
    day.scan(200, "depart", "LIN", site="HUB", container=truck("V-2"))
    chain = day.chain()
    assert told(chain)[1:] == [(30, "DRIVER", "unconfirmed"), (200, "LIN", "claimed")]
    assert gaps(chain) == [("unconfirmed", 30, 200)]


def test_a_departure_from_elsewhere_without_a_drivers_badge_is_nobodys_from_there() -> None:
    day = under_way()
    day.scan(200, "depart", "LOADER", site="HUB", container=truck("V-2"))
    chain = day.chain()
    assert told(chain)[1:] == [(30, "DRIVER", "unconfirmed"), (200, None, "nobody")]
    assert [(gap.kind, gap.site) for gap in chain.gaps] == [
        ("unconfirmed", "BRANCH"),
        ("no_driver", "HUB"),
    ]


def test_a_second_badge_at_the_drivers_own_departure_changes_nothing() -> None:
    day = under_way()
    day.scan(31, "depart", "LOADER", container=truck())
    assert told(day.chain())[-1] == (30, "DRIVER", "recorded")
