"""Custody in the hub: what arrives, in any order, is folded, judged and told. Design section 6."""

import pytest

from hub.alerts.service import AlertKind, AlertState
from hub.custody import service
from hub.custody.service import BreachKind
from tests import samples
from tests.custody_hub import PLAIN, SIBLING, WAYBILL, Carrier, at, told
from tests.postgres_parts import on_both_databases
from wire.events import ActKind, ContainerKind
from wire.names import Result, Step, format_at

# ---------------------------------------------------------------- the chain


def test_a_days_custody_is_told_by_name_across_sites(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(10, Step.STORE, "KIM", place="cage1"))
    aboard = {"container": "V-1", "container_kind": ContainerKind.VEHICLE}
    carrier.hand_in(carrier.scan(60, Step.LOAD, "LOADER", **aboard))
    carrier.hand_in(carrier.scan(70, Step.DEPART, "DRIVER", **aboard))
    giving = carrier.scan(200, Step.HANDOVER, "DRIVER", site="HUB")
    people = {"giver": "DRIVER", "receiver": "HUBKEEPER", "by": "HUBKEEPER"}
    carrier.hand_in(giving, carrier.act(201, ActKind.HANDOVER_ACCEPT, "HUB", scans=(1,), **people))
    carrier.hand_in(carrier.scan(202, Step.ARRIVE, "HUBKEEPER", site="HUB", place="cage9"))
    chain = carrier.chain(300)
    assert told(chain) == [
        (0, "KIM", "recorded"),
        (10, "KEEPER", "recorded"),
        (60, "LOADER", "recorded"),
        (70, "DRIVER", "recorded"),
        (200, "DRIVER", "recorded"),
        (201, "HUBKEEPER", "confirmed"),
        (202, "HUBKEEPER", "confirmed"),
    ]
    assert (chain.gaps, carrier.breaches()) == ((), [])


@on_both_databases
def test_what_was_believed_then_is_what_was_answered_then(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(10, Step.HANDOVER, "KIM"))
    then = carrier.chain(60)
    assert told(then)[-1] == (40, None, "nobody")
    late = carrier.scan(15, Step.HANDOVER, "KEEPER")
    carrier.hand_in(late, minute=90)
    assert told(carrier.chain(100))[-1] == (15, "KEEPER", "confirmed")
    assert carrier.chain(100, as_of=60) == then


def test_the_order_of_arrival_does_not_matter(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(200, Step.ARRIVE, "HUBKEEPER", site="HUB"), minute=200)
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"), minute=250)
    carrier.hand_in(carrier.scan(30, Step.DEPART, "DRIVER"), minute=250)
    chain = carrier.chain(300)
    assert told(chain) == [
        (0, "KIM", "recorded"),
        (30, "DRIVER", "unconfirmed"),
        (200, "HUBKEEPER", "claimed"),
    ]
    assert carrier.breaches() == [BreachKind.NO_HANDOVER]


def test_a_bags_scans_are_its_parcels(carrier: Carrier) -> None:
    bag = {"container": "B-1", "container_kind": ContainerKind.BAG}
    aboard = {"container": "V-1", "container_kind": ContainerKind.VEHICLE}
    label = {"waybill": None, "text": "CX:BAG:B-1", "result": Result.NOT_A_PARCEL, **aboard}
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "SORTER", site="HUB"))
    carrier.hand_in(carrier.scan(5, Step.PACK, "SORTER", site="HUB", **bag))
    carrier.hand_in(carrier.scan(10, Step.LOAD, "LOADER", site="HUB", **label))
    carrier.hand_in(carrier.scan(20, Step.DEPART, "DRIVER", site="HUB", **label))
    giving = carrier.scan(90, Step.HANDOVER, "DRIVER", site="FAR", **{**label, "container": None})
    people = {"giver": "DRIVER", "receiver": "KEEPER", "by": "KEEPER"}
    carrier.hand_in(giving, carrier.act(91, ActKind.HANDOVER_ACCEPT, "FAR", scans=(1,), **people))
    chain = carrier.chain(100)
    assert told(chain)[2:] == [
        (10, "LOADER", "recorded"),
        (20, "DRIVER", "recorded"),
        (90, "DRIVER", "recorded"),
        (91, "KEEPER", "confirmed"),
    ]
    assert [each.id for each in chain.spans[3].containers] == ["B-1", "V-1"]


def test_a_chain_says_when_its_oldest_scans_were_left_out(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(3):
        carrier.hand_in(carrier.scan(minute, Step.COUNT, "KIM"))
    assert carrier.chain(10).complete
    monkeypatch.setattr("hub.custody.chains.SCANS_FOLDED_MAX", 2)
    chain = carrier.chain(10)
    assert (chain.complete, chain.spans[0].from_at) == (False, at(1))


# ---------------------------------------------------------------- breaches


@on_both_databases
def test_an_open_handover_is_told_once_when_its_time_is_over(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(10, Step.HANDOVER, "KIM"))
    carrier.turn(39.9)
    assert carrier.breaches() == []
    for minute in (40, 41, 500):
        carrier.turn(minute)
    assert carrier.breaches() == [BreachKind.OPEN_HANDOVER]
    (alert,) = carrier.hub.alerts(AlertKind.OPEN_HANDOVER)
    assert (alert.count, alert.site, alert.first_at) == (1, "BRANCH", at(40))


@on_both_databases
def test_a_breach_that_turns_out_to_be_none_is_withdrawn_and_its_alert_closes(
    carrier: Carrier,
) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(10, Step.HANDOVER, "KIM"))
    carrier.turn(60)
    carrier.hand_in(carrier.scan(15, Step.HANDOVER, "KEEPER"), minute=70)
    assert carrier.breaches() == []
    (alert,) = carrier.hub.alerts(AlertKind.OPEN_HANDOVER)
    assert alert.state is AlertState.CLOSED
    with carrier.hub.database.reading() as tx:
        then = service.breaches_of(tx, WAYBILL, at(65))
        now = service.breaches_of(tx, WAYBILL, at(75))
    assert ([each.breach.kind for each in then], now) == ([BreachKind.OPEN_HANDOVER], [])


def test_a_claim_is_a_breach_at_once_and_told_when_no_handover_followed(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(30, Step.DEPART, "DRIVER"))
    carrier.hand_in(carrier.scan(200, Step.ARRIVE, "HUBKEEPER", site="HUB"))
    assert carrier.breaches() == [BreachKind.NO_HANDOVER]
    carrier.turn(229)
    assert carrier.hub.alerts(AlertKind.NO_HANDOVER) == []
    for minute in (230, 231):
        carrier.turn(minute)
    (alert,) = carrier.hub.alerts(AlertKind.NO_HANDOVER)
    assert (alert.count, alert.site) == (1, "HUB")


def test_a_skipped_arrival_hides_neither_the_claim_nor_the_gap(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(30, Step.DEPART, "DRIVER"))
    carrier.hand_in(carrier.scan(200, Step.STORE, "SORTER", site="HUB", place="cage9"))
    chain = carrier.chain(300)
    assert told(chain)[1:] == [(30, "DRIVER", "unconfirmed"), (200, "HUBKEEPER", "claimed")]
    assert [(gap.kind, gap.from_at, gap.to_at) for gap in chain.gaps] == [
        (service.GapKind.UNCONFIRMED, at(30), at(200))
    ]
    assert carrier.hub.alerts(AlertKind.NO_HANDOVER) == []


def test_a_claim_that_was_confirmed_in_time_is_never_told(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(30, Step.DEPART, "DRIVER"))
    carrier.hand_in(carrier.scan(200, Step.ARRIVE, "HUBKEEPER", site="HUB"))
    giving = carrier.scan(203, Step.HANDOVER, "DRIVER", site="HUB")
    people = {"giver": "DRIVER", "receiver": "HUBKEEPER", "by": "HUBKEEPER"}
    carrier.hand_in(giving, carrier.act(204, ActKind.HANDOVER_ACCEPT, "HUB", scans=(2,), **people))
    carrier.turn(400)
    assert carrier.breaches() == []
    assert carrier.hub.alerts(AlertKind.NO_HANDOVER) == []


def test_a_delivery_without_the_signers_id_is_told_when_its_time_is_over(
    carrier: Carrier,
) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(60, Step.DELIVER, "KIM"))
    carrier.turn(89)
    assert carrier.breaches() == []
    carrier.turn(90)
    assert carrier.breaches() == [BreachKind.NO_SIGNER]
    body = samples.BODY_HASH
    act = carrier.act(80, ActKind.DELIVER, waybill=WAYBILL, scans=(2,), by="KIM", body=body)
    carrier.hand_in(act, minute=120)
    assert carrier.breaches() == []


def test_storing_at_a_site_without_any_camera_is_one_standing_breach(carrier: Carrier) -> None:
    for n, waybill in enumerate((WAYBILL, SIBLING, WAYBILL)):
        scan = carrier.scan(n, Step.STORE, "HUBKEEPER", "HUB", place="cage9", waybill=waybill)
        carrier.hand_in(scan)
    assert carrier.breaches() == [BreachKind.NO_CAMERA]
    (alert,) = carrier.hub.alerts(AlertKind.NO_CAMERA)
    assert (alert.subject, alert.waybill, alert.count) == ("HUB", None, 1)


def test_a_site_without_any_camera_may_store_a_wanted_ordinary_parcel(carrier: Carrier) -> None:
    own = {"waybill": PLAIN, "result": Result.WANTED, "place": "cage9"}
    carrier.hand_in(carrier.scan(0, Step.STORE, "HUBKEEPER", "HUB", **own))
    assert carrier.breaches() == []


def test_a_bad_place_is_named_in_both_languages(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(5, Step.STORE, "KIM", place="counter"))
    (alert,) = carrier.hub.alerts(AlertKind.STORAGE)
    assert "保管人、可上锁容器、固定上锁场所、监控覆盖" in alert.text_zh
    assert "a named keeper, a lockable container" in alert.text_en


def test_what_misses_its_shift_may_lie_in_a_branchs_dedicated_area(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(5, Step.STORE, "KIM", place="area"))
    assert (carrier.breaches(), told(carrier.chain(10))[-1]) == ([], (5, "KEEPER", "recorded"))


def test_a_wanted_ordinary_parcel_is_packed_as_ordinary_ones_are(carrier: Carrier) -> None:
    bag = {"container": "B-1", "container_kind": ContainerKind.BAG, "site": "HUB"}
    wanted = {"waybill": PLAIN, "result": Result.WANTED}
    carrier.hand_in(carrier.scan(5, Step.PACK, "SORTER", **bag, **wanted))
    other = {"waybill": "755000000002", "result": Result.CLEAR}
    carrier.hand_in(carrier.scan(6, Step.PACK, "SORTER", **bag, **other))
    assert carrier.breaches() == []
    carrier.hand_in(carrier.scan(7, Step.PACK, "SORTER", **bag))
    assert carrier.breaches() == [BreachKind.BAGGED_WITH_OTHERS]


@pytest.mark.parametrize("put", [Step.PACK, Step.LOAD])
@on_both_databases
def test_an_ordinary_parcel_packed_with_a_high_value_one_is_found_in_either_order(
    carrier: Carrier, put: Step
) -> None:
    bag = {"container": "B-1", "container_kind": ContainerKind.BAG, "site": "HUB"}
    plain = {"waybill": PLAIN, "result": Result.CLEAR}
    carrier.hand_in(carrier.scan(5, put, "SORTER", **bag))
    assert carrier.breaches() == []
    carrier.hand_in(carrier.scan(6, put, "SORTER", **bag, **plain))
    assert carrier.breaches() == [BreachKind.BAGGED_WITH_OTHERS]
    again = {**bag, "container": "B-2"}
    carrier.hand_in(carrier.scan(15, put, "SORTER", **again, **plain))
    carrier.hand_in(carrier.scan(16, put, "SORTER", **again))
    assert carrier.breaches() == [BreachKind.BAGGED_WITH_OTHERS] * 2


@on_both_databases
def test_an_alert_with_two_breaches_behind_it_says_the_one_that_is_left(carrier: Carrier) -> None:
    own = {"container_kind": ContainerKind.BAG, "site": "HUB"}
    for minute, bag in ((5, "B-1"), (15, "B-2")):
        bagged = {**own, "container": bag}
        carrier.hand_in(carrier.scan(minute, Step.PACK, "SORTER", **bagged))
        plain = {"waybill": PLAIN, "result": Result.CLEAR}
        carrier.hand_in(carrier.scan(minute + 2, Step.PACK, "SORTER", **bagged, **plain))
    (alert,) = carrier.hub.alerts(AlertKind.BAGGED_WITH_OTHERS)
    assert (alert.count, alert.first_at, alert.last_at) == (2, at(7), at(17))
    # Handhelds hand in late that it had been taken out before the other one was put in.
    for n, minute, bag in ((1, 6, "B-1"), (2, 16, "B-2")):
        queued = samples.QueuedScan(
            queue="77" * 16, n=n, at=format_at(at(minute)), result=Result.HV, list_version=1
        )
        late = carrier.scan(minute, Step.UNLOAD, "SORTER", queued=queued, container=bag, **own)
        carrier.hand_in(late, minute=60)
        (alert,) = carrier.hub.alerts(AlertKind.BAGGED_WITH_OTHERS)
        stands = (AlertState.OPEN, at(17)) if n == 1 else (AlertState.CLOSED, at(17))
        assert (alert.state, alert.first_at) == stands


@on_both_databases
def test_who_is_seen_behind_its_bag_is_found_and_a_late_unpacking_takes_it_back(
    carrier: Carrier,
) -> None:
    bag = {"container": "B-1", "container_kind": ContainerKind.BAG, "site": "HUB"}
    aboard = {"container": "V-1", "container_kind": ContainerKind.VEHICLE, "site": "HUB"}
    label = {"waybill": None, "text": "CX:BAG:B-1", "result": Result.NOT_A_PARCEL}
    for minute, waybill in ((5, WAYBILL), (6, SIBLING)):
        carrier.hand_in(carrier.scan(minute, Step.PACK, "SORTER", waybill=waybill, **bag))
    for minute, step in ((10, Step.LOAD), (20, Step.DEPART)):
        carrier.hand_in(carrier.scan(minute, step, "DRIVER", **aboard, **label))
    assert carrier.breaches() == []
    carrier.hand_in(carrier.scan(30, Step.SORT, "SORTER", site="HUB"))
    assert carrier.breaches() == [BreachKind.LEFT_SIBLINGS]
    (alert,) = carrier.hub.alerts(AlertKind.LEFT_SIBLINGS)
    assert (alert.waybill, alert.level) == (WAYBILL, "act")
    # A handheld hands in late that it had been taken out again before the bag left.
    queued = samples.QueuedScan(
        queue="77" * 16, n=1, at=format_at(at(8)), result=Result.HV, list_version=1
    )
    late = carrier.scan(8, Step.UNLOAD, "SORTER", queued=queued, **bag)
    carrier.hand_in(late, minute=60)
    assert carrier.breaches() == []


def test_a_stopped_parcel_that_moves_is_told_with_its_line(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(5, Step.DEPART, "DRIVER", result=Result.STOP))
    (alert,) = carrier.hub.alerts(AlertKind.STOPPED_MOVED)
    assert (alert.level, alert.waybill) == ("act", WAYBILL)


def test_ordinary_parcels_cost_no_watching_and_still_have_a_chain(carrier: Carrier) -> None:
    plain = {"waybill": PLAIN, "result": Result.CLEAR}
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM", **plain))
    carrier.hand_in(carrier.scan(5, Step.HANDOVER, "KIM", **plain))
    assert carrier.hub.count("custody_watch") == 0
    assert told(carrier.chain(100, waybill=PLAIN))[-1] == (35, None, "nobody")
    carrier.hand_in(carrier.scan(50, Step.SORT, "KIM", waybill=PLAIN, result=Result.WANTED))
    assert carrier.hub.count("custody_watch") == 1


def test_what_one_turn_leaves_the_next_one_does(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.custody.service.DUE_PER_TURN_MAX", 1)
    for waybill in (WAYBILL, SIBLING):
        carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM", waybill=waybill))
        carrier.hand_in(carrier.scan(1, Step.HANDOVER, "KIM", waybill=waybill))
    carrier.turn(100)
    assert len(carrier.breaches()) == 1
    carrier.turn(100)
    assert len(carrier.breaches()) == 2


@on_both_databases
def test_only_so_many_parcels_are_taken_to_be_in_a_bag(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.custody.note_store.MEMBERS_READ_MAX", 1)
    bag = {"container": "B-1", "container_kind": ContainerKind.BAG, "site": "HUB"}
    for waybill in (WAYBILL, SIBLING):
        carrier.hand_in(carrier.scan(0, Step.ACCEPT, "SORTER", site="HUB", waybill=waybill))
        carrier.hand_in(carrier.scan(5, Step.PACK, "SORTER", waybill=waybill, **bag))
    label = {"waybill": None, "text": "CX:BAG:B-1", "result": Result.NOT_A_PARCEL}
    carrier.hand_in(carrier.scan(10, Step.HANDOVER, "SORTER", site="HUB", **label))
    with carrier.hub.database.reading() as tx:
        due = tx.exec_driver_sql("SELECT count(*) FROM custody_watch WHERE due_at IS NOT NULL")
        assert due.scalar_one() == 1


def test_of_a_subject_only_the_newest_notes_count(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = {"giver": "KIM", "receiver": "KEEPER", "by": "KEEPER"}
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(carrier.scan(10, Step.HANDOVER, "KIM"))
    carrier.hand_in(carrier.act(11, ActKind.HANDOVER_ACCEPT, scans=(2,), **people))
    carrier.hand_in(carrier.act(12, ActKind.EXCEPTION, waybill=WAYBILL, scans=(2,)))
    assert told(carrier.chain(100))[-1][1] == "KEEPER"
    monkeypatch.setattr("hub.custody.note_store.NOTES_READ_MAX", 1)
    assert told(carrier.chain(100))[-1] == (40, None, "nobody")


def test_of_a_containers_log_only_the_newest_lines_are_looked_at(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.custody.note_store.LOG_READ_MAX", 1)
    bag = {"container": "B-1", "container_kind": ContainerKind.BAG, "site": "HUB"}
    carrier.hand_in(carrier.scan(5, Step.PACK, "SORTER", **bag))
    carrier.hand_in(carrier.scan(6, Step.PACK, "SORTER", **bag, waybill=PLAIN, result=Result.CLEAR))
    assert carrier.breaches() == []
