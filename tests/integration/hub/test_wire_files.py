"""What keeps the closed wire going by itself: renewed certificates, a list that is made good."""

from datetime import timedelta

import pytest

from hub.access.authority import ENDING, SERVER_LIFE
from hub.access.service import revoke
from hub.alerts.service import AlertKind, AlertState
from hub.broker_folder import CRL_NAME, BrokerOrder, refresh_revocations, write_folder
from hub.broker_identity import AUTHORITY_FILE, PAIR_FILE, BrokerIdentity, keep_certificate
from hub.timers import Timers, WireKeeper, frame_duties
from ledger.certificates import read_certificate, read_revocations
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases

pytestmark = on_both_databases


def write(hub: HubHome) -> None:
    folder = str(hub.data_dir / "broker")
    order = BrokerOrder(
        directory=folder, path=folder, hosts=("localhost",), port=8883, bind="", user="root"
    )
    write_folder(hub.data_dir, order, hub.database, hub.keys.authority, hub.clock)


def keep(hub: HubHome) -> bytes:
    keep_certificate(hub.data_dir, hub.database, hub.keys, hub.clock)
    return (hub.data_dir / PAIR_FILE).read_bytes()


def test_the_hubs_own_certificate_stays_until_it_is_due_and_is_then_another(hub: HubHome) -> None:
    first = keep(hub)
    hub.clock.move(timedelta(days=59).total_seconds())
    assert keep(hub) == first
    hub.clock.move(timedelta(days=2).total_seconds())
    second = keep(hub)
    assert read_certificate(second).until > read_certificate(first).until
    assert read_certificate(second).name == "custos-hub"
    ca = read_certificate((hub.data_dir / AUTHORITY_FILE).read_bytes())
    assert ca.point == hub.keys.authority.point
    assert BrokerIdentity(hub.data_dir).context.minimum_version.name == "TLSv1_3"


def test_a_lost_certificate_file_is_written_again(hub: HubHome) -> None:
    first = keep(hub)
    (hub.data_dir / PAIR_FILE).unlink()
    assert keep(hub) == first


def test_that_the_brokers_certificate_ends_is_told_in_time_and_closed_by_a_new_one(
    hub: HubHome,
) -> None:
    timers = Timers(hub.database, frame_duties(hub.role.policy, 1.0))

    def turn() -> list[AlertState]:
        timers.turn(hub.clock.now(), hub.clock.mono_ns())
        return [each.state for each in hub.alerts(AlertKind.BROKER_CERTIFICATE)]

    assert turn() == []
    write(hub)
    hub.clock.move((SERVER_LIFE - ENDING).total_seconds() - 1)
    assert turn() == []
    hub.clock.move(1)
    assert turn() == turn() == [AlertState.OPEN]
    (alert,) = hub.alerts(AlertKind.BROKER_CERTIFICATE)
    assert alert.count == 1
    write(hub)
    assert turn() == [AlertState.CLOSED]


def test_a_revocation_that_a_crash_kept_from_the_list_is_made_good(hub: HubHome) -> None:
    write(hub)
    hub.enrol(SigningEdge())
    with hub.database.writing() as tx:
        tx.exec_driver_sql(
            "UPDATE certificate SET revoked_at = issued_at, revoked_by = 'li', reason = 'lost'"
            " WHERE kind = 'broker'"
        )
        revoke(tx, "755A", "dock", "li", "lost", hub.clock.now())
    crl = hub.data_dir / "broker" / CRL_NAME
    assert read_revocations(crl.read_bytes())[0] == 0
    keeper = WireKeeper(hub.role)
    keeper.turn(hub.clock.mono_ns())
    number, serials = read_revocations(crl.read_bytes())
    assert (number, len(serials)) == (1, 1)
    made = crl.read_bytes()
    hub.clock.move(60)
    keeper.turn(hub.clock.mono_ns())
    assert crl.read_bytes() == made


def test_what_has_ended_by_itself_leaves_the_list(hub: HubHome) -> None:
    write(hub)
    with hub.database.writing() as tx:
        tx.exec_driver_sql("UPDATE certificate SET revoked_at = issued_at WHERE kind = 'broker'")
    hub.clock.move(SERVER_LIFE.total_seconds() + 1)
    refresh_revocations(hub.data_dir, hub.database, hub.keys.authority, hub.clock)
    crl = (hub.data_dir / "broker" / CRL_NAME).read_bytes()
    assert read_revocations(crl) == (1, [])


@pytest.mark.parametrize("damage", [b"", b"garbage", b"{}"])
def test_an_order_that_cannot_be_read_ends_no_revocation(hub: HubHome, damage: bytes) -> None:
    write(hub)
    (hub.data_dir / "broker.json").write_bytes(damage)
    told = refresh_revocations(hub.data_dir, hub.database, hub.keys.authority, hub.clock)
    assert told == "no_broker"
