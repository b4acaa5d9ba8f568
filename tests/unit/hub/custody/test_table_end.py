"""The table of design section 6 from delivery on: evidence, returns. HV-2.4.1, 2.6, 2.6.4, 2.9."""

from hub.custody.rules.chain import BreachKind
from hub.custody.rules.records import Container
from tests.custody_parts import Day, bag, gaps, kinds, minute_of, only_breach, told, truck
from wire.events import ActKind


def accepted() -> Day:
    day = Day()
    day.scan(0, "accept", "KIM")
    return day


def under_way() -> Day:
    day = accepted()
    day.scan(30, "depart", "DRIVER", container=truck())
    return day


# ---------------------------------------------------------------- out for delivery, deliver


def test_out_for_delivery_gives_the_courier_custody() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="cage1")
    day.scan(60, "out_for_delivery", "LIN")
    assert told(day.chain())[-1] == (60, "LIN", "recorded")


def test_delivery_closes_custody_and_the_signers_id_may_follow() -> None:
    day = accepted()
    scan = day.scan(60, "deliver", "KIM")
    day.act(80, ActKind.DELIVER, by="KIM", covers=(scan.seq,), signed=True)
    chain = day.chain()
    assert chain.delivered
    assert chain.spans[-1].to_at == minute_of(60)
    assert chain.spans[-1].closed_by == "deliver"
    assert chain.span_at(minute_of(61)) is None
    assert (kinds(chain), chain.due_at) == ([], None)


def test_the_signers_id_typed_before_the_scan_counts() -> None:
    day = accepted()
    day.act(58, ActKind.DELIVER, by="KIM", signed=True)
    day.scan(60, "deliver", "KIM")
    chain = day.chain()
    assert (kinds(chain), chain.spans[-1].to_at) == ([], minute_of(58))


def test_a_delivery_without_the_signers_id_is_a_breach_when_the_time_is_over() -> None:
    day = accepted()
    day.scan(60, "deliver", "KIM")
    assert (kinds(day.chain(at=89)), day.chain(at=89).due_at) == ([], minute_of(90))
    breach = only_breach(day.chain(at=90))
    assert (breach.kind, breach.rule, breach.at) == (
        BreachKind.NO_SIGNER,
        "HV-2.6",
        minute_of(60),
    )


def test_an_id_without_a_body_or_too_late_does_not_count() -> None:
    day = accepted()
    day.scan(60, "deliver", "KIM")
    day.act(70, ActKind.DELIVER, by="KIM")
    day.act(91, ActKind.DELIVER, by="KIM", signed=True)
    assert kinds(day.chain()) == [BreachKind.NO_SIGNER]


def test_a_scan_after_delivery_is_a_contradiction_and_a_named_taker_holds_again() -> None:
    day = accepted()
    day.act(58, ActKind.DELIVER, by="KIM", signed=True)
    day.scan(100, "sort", "SORTER", site="HUB")
    seen = day.chain()
    assert (seen.delivered, len(seen.contradictions)) == (True, 1)
    day.scan(110, "arrive", "HUBKEEPER", site="HUB")
    taken = day.chain()
    assert not taken.delivered
    assert told(taken)[-1] == (110, "HUBKEEPER", "claimed")


def test_who_delivers_it_where_its_holder_never_was_has_claimed_it_before() -> None:
    day = under_way()
    day.scan(200, "deliver", "LIN", site="FAR")
    chain = day.chain(at=201)
    assert chain.delivered
    assert told(chain)[1:] == [(30, "DRIVER", "unconfirmed"), (200, "LIN", "claimed")]
    assert gaps(chain) == [("unconfirmed", 30, 200)]


def test_a_delivery_elsewhere_without_a_badge_leaves_the_holder_unconfirmed() -> None:
    day = accepted()
    day.act(200, ActKind.DELIVER, site="FAR", signed=True)
    chain = day.chain(at=201)
    assert chain.delivered
    assert told(chain) == [(0, "KIM", "unconfirmed")]
    assert gaps(chain) == [("unconfirmed", 0, 200)]


def test_the_holder_himself_delivers_anywhere_and_others_at_his_site() -> None:
    for who, site in (("KIM", "FAR"), ("LIN", "BRANCH"), (None, "BRANCH")):
        day = accepted()
        day.scan(60, "deliver", who, site=site)
        chain = day.chain(at=61)
        assert (chain.delivered, told(chain), gaps(chain)) == (True, [(0, "KIM", "recorded")], [])


# ---------------------------------------------------------------- pack, unload


def test_packing_and_unloading_change_the_container_and_not_the_holder() -> None:
    day = accepted()
    day.handover(5, "KIM", "LOADER")
    day.scan(10, "pack", "SORTER", container=Container("pallet", "P-1"))
    day.scan(20, "unload", "SORTER", container=Container("pallet", "P-1"))
    chain = day.chain()
    packed, unloaded = chain.spans[-2:]
    assert packed.containers == (Container("pallet", "P-1"),)
    assert unloaded.containers == ()
    assert {told(chain)[-1][1], told(chain)[-2][1]} == {"LOADER"}


def test_a_bag_carries_its_parcels_through_its_own_scans() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "SORTER")
    day.scan(5, "pack", "SORTER", container=bag())
    day.scan(10, "load", "LOADER", unit=bag(), container=truck())
    day.scan(11, "load", "HUBKEEPER", unit=bag("B-2"), container=truck("V-2"))
    day.scan(20, "depart", "DRIVER", unit=bag(), container=truck())
    day.scan(90, "unload", "KEEPER", unit=bag(), container=truck(), site="BRANCH")
    chain = day.chain()
    assert told(chain)[2:4] == [(10, "LOADER", "recorded"), (20, "DRIVER", "recorded")]
    assert [span.containers for span in chain.spans] == [
        (),
        (bag(),),
        (bag(), truck()),
        (bag(), truck()),
        (bag(),),
    ]


def test_a_parcel_that_is_scanned_by_itself_is_no_longer_in_its_bag() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "SORTER")
    day.scan(5, "pack", "SORTER", container=bag())
    day.scan(10, "sort", "SORTER")
    day.scan(15, "load", "LOADER", unit=bag(), container=truck())
    chain = day.chain()
    assert told(chain)[-1] == (10, "SORTER", "recorded")
    assert chain.spans[-1].containers == ()


# ---------------------------------------------------------------- return


def test_a_return_is_as_accept_towards_the_origin() -> None:
    day = accepted()
    day.scan(100, "arrive", "KIM", site="HUB")
    day.scan(200, "return", "KIM", site="HUB")
    day.scan(300, "arrive", "KIM", site="BRANCH")
    chain = day.chain(route=("BRANCH", "HUB", "FAR"))
    assert kinds(chain) == []
    assert chain.spans[-1].site == "BRANCH"


def test_going_back_without_a_return_is_a_breach() -> None:
    day = accepted()
    day.scan(100, "arrive", "KIM", site="HUB")
    day.scan(300, "arrive", "KIM", site="BRANCH")
    breach = only_breach(day.chain(route=("BRANCH", "HUB", "FAR")))
    assert (breach.kind, breach.rule) == (BreachKind.RETURN_UNSAID, "HV-2.9")
    assert kinds(day.chain(route=None)) == []


def test_a_delivered_parcel_may_be_returned() -> None:
    day = accepted()
    day.act(58, ActKind.DELIVER, by="KIM", signed=True)
    day.scan(100, "return", "KIM")
    chain = day.chain()
    assert (chain.delivered, chain.contradictions) == (False, ())
    assert told(chain)[-1] == (100, "KIM", "recorded")


# ---------------------------------------------------------------- evidence of place


def test_sorting_inspecting_and_counting_are_evidence_of_place_only() -> None:
    day = accepted()
    for minute, step in enumerate(("sort", "inspect", "count", None), start=1):
        day.scan(minute, step, "SORTER", place="counter")
    chain = day.chain()
    assert told(chain) == [(0, "KIM", "recorded"), (1, "KIM", "recorded")]
    assert (chain.spans[-1].place, len(chain.spans[-1].evidence)) == ("counter", 4)
    assert chain.contradictions == ()


def test_evidence_elsewhere_than_the_holders_site_is_a_contradiction() -> None:
    day = accepted()
    seen = day.scan(30, "sort", "SORTER", site="HUB")
    chain = day.chain()
    assert told(chain)[-1] == (30, "KIM", "contradicted")
    (contradiction,) = chain.contradictions
    assert (contradiction.holder_site, contradiction.evidence) == ("BRANCH", seen)


def test_evidence_at_the_next_site_is_no_contradiction_for_who_is_under_way() -> None:
    day = under_way()
    day.scan(200, "sort", "SORTER", site="HUB")
    chain = day.chain()
    assert (chain.contradictions, told(chain)[-1]) == ((), (200, "DRIVER", "recorded"))


def test_a_self_check_that_found_the_parcel_is_evidence_and_one_that_did_not_is_none() -> None:
    day = accepted()
    day.act(30, ActKind.SELF_CHECK, by="SORTER", site="HUB")
    assert day.chain().contradictions == ()
    day.act(40, ActKind.SELF_CHECK, by="SORTER", site="HUB", found=True)
    assert len(day.chain().contradictions) == 1
