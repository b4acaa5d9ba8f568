"""Old wanted lists: one without a fresh head shows as stale, a replayed one is refused (P3)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hub.clock import TEST_CLOCK_VARIABLE
from tests.rig.house import House, open_house
from tests.rig.programs import wait_until
from wire.names import Signal
from wire.topics import Channel, Topic

FAST = {TEST_CLOCK_VARIABLE: "2026-11-22T01:00:00+00:00,60"}
"""A minute a second: the shipped 180 s of policy pass in three."""
DELTA = b'{"type":"wanted_delta"'


def test_a_list_whose_head_is_old_shows_as_stale_and_still_judges(tmp_path: Path) -> None:
    with open_house(tmp_path, env=FAST) as house:
        wait_until(lambda: house.edge.page()["list"]["stale"] is False, "a fresh list")
        house.hub.kill()
        shown = wait_until(
            lambda: (page := house.edge.page())["list"]["stale"] and page, "the list is stale"
        )
        assert shown["list"]["age_s"] > 180
        assert shown["link"]["offline"] is True
        assert house.scan("103000000019") is Signal.WANTED


@contextmanager
def _wiretap(house: House) -> Iterator[tuple[paho.Client, list[bytes]]]:
    """A stranger on the broker who hears every command and can send it again."""
    heard: list[bytes] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.on_message = lambda _client, _userdata, message: heard.append(bytes(message.payload))
    listens = threading.Event()
    client.on_connect = lambda *_: client.subscribe(_commands(house), qos=1)
    client.on_subscribe = lambda *_: listens.set()
    client.connect("127.0.0.1", house.broker.port)
    client.loop_start()
    try:
        assert listens.wait(10)
        yield client, heard
    finally:
        client.disconnect()
        client.loop_stop()


def _commands(house: House) -> str:
    return str(Topic(house.edge.site, house.edge.edge, Channel.CMD))


def test_a_replayed_older_list_is_refused(tmp_path: Path) -> None:
    with open_house(tmp_path) as house, _wiretap(house) as (stranger, heard):

        def put(waybill: str) -> int:
            """Make a waybill wanted; the version that the station holds afterwards."""
            before = int(house.edge.page()["list"]["version"])
            entry = {"result": "wanted", "reason": "test"}
            assert house.hub.call("PUT", f"wanted/{waybill}", entry)[0] in (200, 201)
            wait_until(lambda: house.edge.page()["list"]["version"] > before, "the new version")
            return int(house.edge.page()["list"]["version"])

        wait_until(lambda: house.edge.page()["list"]["version"] > 0, "the first list")
        # Its first state after a start tells the hub what it holds: from now on deltas come.
        house.edge.stop()
        house.start_edge()
        wait_until(lambda: house.edge.page()["link"]["connected"], "the broker again")
        put("755400000001")
        old = wait_until(
            lambda: [m for m in heard if m.startswith(b'{"type":"wanted_delta"')], "the older delta"
        )[0]
        newest = put("755400000002")
        removed, _ = house.hub.call("DELETE", "wanted/755400000001")
        assert removed == 204
        wait_until(lambda: house.edge.page()["list"]["version"] > newest, "the removal")
        held = house.edge.page()["list"]["version"]

        stranger.publish(_commands(house), old, qos=1).wait_for_publish(10)
        wait_until(lambda: b"message refused" in house.edge.log.read_bytes(), "the refusal")
        assert house.edge.page()["list"]["version"] == held
        assert house.scan("755400000001") is Signal.OK
        assert house.scan("755400000002") is Signal.WANTED
