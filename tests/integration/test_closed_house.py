"""A whole house behind certificates: what works, what heals, and what a thief gets of it.

Hub, edge and mosquitto are the real programs, the broker's folder is what ``custos-hub broker``
wrote. Source: design section 4, P2.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.tls_identity import AUTHORITY_NAME, PAIR_NAME
from ledger.certificates import (
    Order,
    Purpose,
    TlsKey,
    issue,
    make_authority,
    read_certificate,
)
from ledger.keys import SigningKey
from ledger.signing import seal
from tests.faults.wire_faults import (
    CAPTURED_SCANS,
    authority_key,
    broker_of,
    codes,
    connected,
    open_alerts,
    replay_frames,
    scan_all,
    stored,
)
from tests.hub_parts import SigningEdge
from tests.rig import warm
from tests.rig.closed import ClosedBroker, open_closed_house
from tests.rig.house import DEVICE, House, is_connected
from tests.rig.programs import Edge, http_status, running, wait_until
from wire.topics import Channel, Topic

REPLAYED = 2_000
"""Captured frames that are sent again; ``make faults`` sends 100,000."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def certificate_of(edge: Edge) -> str:
    pem = (edge.data_dir / PAIR_NAME).read_bytes()
    return f"{read_certificate(pem).serial:x}"


def age_certificate(house: House) -> str:
    """Give the edge one that was issued 80 days ago and has ten left; its serial."""
    edge, now = house.edge, datetime.now(UTC).replace(microsecond=0)
    key = TlsKey((edge.data_dir / "edge-tls.key").read_bytes())
    since, until = now - timedelta(days=80), now + timedelta(days=10)
    order = Order("755A/dock", key.point, 4711, since, until, Purpose.CLIENT)
    pem = issue(order, authority_key(house), (house.hub.data_dir / "ca.crt").read_bytes())
    (edge.data_dir / PAIR_NAME).write_bytes(pem + key.pem())
    return certificate_of(edge)


def test_a_house_behind_certificates_works_renews_and_heals(tmp_path: Path) -> None:
    with open_closed_house(tmp_path) as house:
        before, between, after = codes(0, 10), codes(100, 10), codes(200, 10)
        scan_all(house, before)
        house.wait_delivered()
        # A certificate that is about to end is renewed while events flow.
        house.edge.stop()
        old = age_certificate(house)
        house.start_edge()
        scan_all(house, between[:5])
        wait_until(lambda: certificate_of(house.edge) != old, "a certificate is renewed")
        # The broker dies: the station goes on, and all comes with the new certificate.
        house.broker.kill()
        scan_all(house, between[5:])
        house.broker.start()
        scan_all(house, after)
        wait_until(lambda: is_connected(house.hub, house.edge), "the edge is back", 60)
        house.wait_delivered(60)
        assert stored(house) == before + between + after
        assert not [e for e in house.hub.get("alerts?level=act")["items"] if e["state"] == "open"]


def test_an_edge_from_before_certificates_gets_one_and_goes_on_in_its_spool(
    tmp_path: Path,
) -> None:
    with open_closed_house(tmp_path) as house:
        scan_all(house, codes(0, 3))
        house.wait_delivered()
        house.edge.stop()
        for name in ("edge-tls.key", PAIR_NAME, AUTHORITY_NAME):
            (house.edge.data_dir / name).unlink()
        house.start_edge()
        scan_all(house, codes(3, 3))
        house.wait_delivered()
        assert stored(house) == codes(0, 6)
        (edge,) = house.hub.get("edges")["items"]
        assert len(edge["spools"]) == 1


def test_an_edges_key_is_changed_and_nothing_is_lost_at_it(tmp_path: Path) -> None:
    with open_closed_house(tmp_path) as house:
        scan_all(house, codes(0, 3))
        house.wait_delivered()
        (known,) = house.hub.get("edges")["items"]
        arguments = ["--config", str(house.edge.config)]
        in_use = warm.run("edge", "rotate-key", *arguments)
        assert (in_use.returncode, "in use" in in_use.stderr) == (2, True)
        # Some lines wait for the broker: they go under the new key.
        house.broker.kill()
        scan_all(house, codes(3, 3))
        house.edge.stop()
        done = warm.run("edge", "rotate-key", *arguments)
        assert done.returncode == 0, done.stderr
        house.broker.start()
        house.start_edge()
        scan_all(house, codes(6, 3))
        house.wait_delivered(60)
        assert stored(house) == codes(0, 9)
        record = house.hub.get("edges/755A/dock/record")
        new, old = record["keys"]
        assert (old["public_key"], old["ended_by"]) == (known["public_key"], "rotated")
        assert new["public_key"] != old["public_key"]
        now, before = record["certificates"]
        assert (now["revoked_at"], before["reason"]) == (None, "another key")
        assert not list(house.edge.data_dir.glob("*.next"))


# ---------------------------------------------------------------- revoked, and replaced


def custos_hub(house: House, *arguments: str) -> str:
    done = warm.run("hub", "--config", str(house.hub.config), *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_stolen_edge_is_revoked_and_its_new_disk_takes_over(tmp_path: Path) -> None:
    with open_closed_house(tmp_path) as house:
        scan_all(house, codes(0, 5))
        house.wait_delivered()
        said = custos_hub(house, "revoke", "755A", "dock", "--reason", "stolen at night")
        assert "755A/dock is revoked; it is on the list: send mosquitto a SIGHUP" in said
        # The connection stands still: the hub itself takes nothing from the commit on.
        scan_all(house, codes(5, 3))
        wait_until(lambda: open_alerts(house, "edge_revoked"), "the wall says so")
        assert stored(house) == codes(0, 5)
        broker_of(house).reload()
        house.edge.stop()
        house.start_edge()
        refused = "it may refuse our certificate"
        wait_until(lambda: refused in house.edge.tail(20_000), "the broker refuses it")
        scan_all(house, codes(8, 2))
        assert stored(house) == codes(0, 5)

        house.edge.stop()
        token = custos_hub(
            house, "enrol", "755A", "dock", "--replace", "--reason", "its disk was stolen"
        )
        with new_disk(house, tmp_path / "new", token) as edge:
            wait_until(lambda: is_connected(house.hub, edge), "the new disk's first state")
            edge.wait_scanners()
            scan_all(house, codes(20, 3))
            wait_until(lambda: edge.depth() == 0, "all of the new disk is receipted")
            assert stored(house) == codes(0, 5) + codes(20, 3)
            (lost,) = open_alerts(house, "spool_lost")
            assert "after event" in lost["text_en"]
            # The thief starts the old disk beside it.
            house.edge.start()
            time.sleep(3)
            assert stored(house) == codes(0, 5) + codes(20, 3)
            assert is_connected(house.hub, edge)
            house.edge.stop()
        told = [each["act"] for each in house.hub.get("edges/755A/dock/record")["acts"]]
        assert told[::-1][2:] == [
            "revoked",
            "replacement_allowed",
            "replaced",
            "spool_closed",
            "certified",
        ]


@contextmanager
def new_disk(house: House, directory: Path, token: str) -> Iterator[Edge]:
    """The same edge on an empty disk, with the same scanner."""
    directory.mkdir()
    scanners = {DEVICE: (house.scanner.cable.url, "honeywell")}
    edge = Edge(directory, house.hub, broker_of(house).url, scanners, token=token)
    with running(edge):
        assert http_status(f"{edge.url}/readyz") == 200
        yield edge


# ---------------------------------------------------------------- frames sent again, and forged


def test_frames_that_were_captured_and_altered_ones_change_nothing(tmp_path: Path) -> None:
    told = replay_frames(tmp_path, REPLAYED)
    assert told["replayed"] == REPLAYED
    assert told["captured"] > CAPTURED_SCANS / 2
    assert told["altered"] >= 50


def test_who_one_is_not_is_believed_neither_by_topic_nor_by_message_nor_by_key(
    tmp_path: Path,
) -> None:
    with open_closed_house(tmp_path) as house:
        scan_all(house, codes(0, 2))
        house.wait_delivered()
        house.edge.stop()
        key = SigningKey((house.edge.data_dir / "edge.key").read_bytes())
        dock = SigningEdge(key=key, spool="ab" * 16)
        cage = SigningEdge(edge="cage", key=key, spool="cd" * 16)
        stranger = SigningEdge(key=SigningKey(os.urandom(32)), spool="ef" * 16)
        mine = str(Topic("755A", "dock", Channel.EVENTS))
        forged = [
            cage.batch([cage.line(cage.scan("755299999990"))]),
            stranger.batch([stranger.line(stranger.scan("755299999991"))]),
            # The header is ours, the line another's.
            dock.batch([dock.line(dock.scan("755299999992", edge="cage"))]),
            seal(dock.state(), key),
        ]
        with connected(house) as thief:
            for payload in forged:
                thief.publish(mine, payload)
            wait_until(lambda: len(thief.received) >= len(forged), "an answer to each")
            thief.publish(str(Topic("755A", "cage", Channel.EVENTS)), forged[0])
        assert stored(house) == codes(0, 2)
        assert {each["edge"] for each in house.hub.get("edges")["items"]} == {"dock"}
        assert open_alerts(house, "edge_refused")


def test_neither_hub_nor_edge_believes_a_foreign_broker_and_both_say_so(tmp_path: Path) -> None:
    with open_closed_house(tmp_path) as house:
        broker = broker_of(house)
        scan_all(house, codes(0, 1))
        house.wait_delivered()
        broker.kill()
        pretend(broker)
        broker.start()
        scan_all(house, codes(1, 3))
        wait_until(lambda: "not of this hub's CA" in house.hub.tail(20_000), "the hub says why")
        wait_until(lambda: "not of the hub's CA" in house.edge.tail(20_000), "the edge says why")
        assert stored(house) == codes(0, 1)
        broker.kill()
        custos_hub(house, "broker")
        broker.start()
        house.wait_delivered(60)
        assert stored(house) == codes(0, 4)


def pretend(broker: ClosedBroker) -> None:
    """Give the broker a certificate for the right host, by an authority of the same name."""
    key, now = TlsKey(os.urandom(32)), datetime.now(UTC).replace(microsecond=0)
    until = now + timedelta(days=1)
    authority = make_authority(key, "Custos hub CA", 7, now, until)
    order = Order("localhost", key.point, 8, now, until, Purpose.SERVER, ("localhost",))
    (broker.folder / "broker.pem").write_bytes(issue(order, key, authority) + key.pem())
