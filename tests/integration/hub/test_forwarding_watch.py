"""Nobody waits for, or looks for, the old number of a parcel with a new waybill: HV-2.9."""

from datetime import datetime

import pytest

from hub.incidents.service import Kind, State
from hub.network import Network
from hub.parcels.declaring import declare_parcel
from hub.parcels.forwarding import end_replaced
from hub.parcels.service import Declaration, ReplaceReason
from tests.custody_hub import SIBLING as NEW
from tests.custody_hub import WAYBILL as OLD
from tests.hub_parts import HubHome
from tests.integration.hub.suspect_parts import Watching
from tests.missing_parts import HOUR, local
from tests.missing_parts import network as small_network
from wire.names import Step

EVENING = local(14, "15:00")
LONG_H = 60.0


@pytest.fixture
def network() -> Network:
    return small_network()


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    hub.clock.at = EVENING
    watching = Watching(hub)
    watching.declare(OLD)
    watching.scan(OLD, "755A", Step.ACCEPT, EVENING)
    return watching


def go_on(watching: Watching, now: datetime) -> None:
    watching.hub.clock.at = now
    said = Declaration(
        None, None, None, None, None, None, replaces=OLD, replaces_reason=ReplaceReason.RETURN
    )
    with watching.hub.database.writing() as tx:
        declare_parcel(tx, NEW, said, "li", watching.hub.role.policy, now)
        end_replaced(tx, [NEW], watching.hub.search(), now)


def test_the_control_without_a_new_waybill_it_becomes_suspect(watching: Watching) -> None:
    watching.watch(EVENING, LONG_H)
    assert [each.waybill for each in watching.suspects()] == [OLD]


def test_after_the_new_ones_first_scan_nobody_waits_for_it(watching: Watching) -> None:
    go_on(watching, EVENING + HOUR)
    watching.scan(NEW, "755A", Step.ACCEPT, EVENING + HOUR)
    watching.watch(EVENING, LONG_H)
    assert OLD not in {each.waybill for each in watching.suspects()}


def test_only_declared_it_is_waited_for_until_the_new_one_is_scanned(
    watching: Watching,
) -> None:
    go_on(watching, EVENING + HOUR)
    watching.watch(EVENING, LONG_H)
    assert [each.waybill for each in watching.suspects()] == [OLD]
    seen_at = EVENING + (LONG_H + 1) * HOUR
    watching.scan(NEW, "755A", Step.ACCEPT, seen_at)
    # Its search has found it under its new number, and nothing starts again.
    assert watching.suspects() == []
    (incident,) = watching.incidents(Kind.PARCEL)
    assert incident.state is State.FOUND
    watching.watch(seen_at, 5)
    assert OLD not in {each.waybill for each in watching.suspects()}


def test_a_search_is_found_also_where_the_new_waybill_is_declared_last(
    watching: Watching,
) -> None:
    watching.watch(EVENING, LONG_H)
    seen_at = EVENING + (LONG_H + 1) * HOUR
    watching.scan(NEW, "755A", Step.ACCEPT, seen_at)
    assert [each.waybill for each in watching.suspects()] == [OLD]
    go_on(watching, seen_at + HOUR)
    assert watching.suspects() == []
    (incident,) = watching.incidents(Kind.PARCEL)
    assert incident.state is State.FOUND
