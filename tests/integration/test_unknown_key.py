"""Batches that no enrolled key signed: kept as evidence, alarmed, and nothing of them believed."""

from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.rig.programs import Broker, Hub, running, wait_until
from tests.samples import batch, chain, scan
from wire.topics import Channel, Topic


def _publish(broker: Broker, topic: str, payload: bytes) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def test_a_batch_signed_by_an_unknown_key_is_an_alarm_and_no_event(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    hub = Hub(tmp_path, broker.url)
    with running(broker, hub):
        topic = str(Topic("755A", "dock", Channel.EVENTS))
        for _ in range(3):
            _publish(broker, topic, batch(chain([scan()])))

        def act_alerts() -> list[dict[str, object]]:
            found: list[dict[str, object]] = hub.get("alerts?state=open&level=act")["items"]
            return found

        alerts = wait_until(act_alerts, "the alarm")
        assert [(a["kind"], a["site"]) for a in alerts] == [("edge_refused", "755A")]
        assert hub.events("") == []
        kept = hub.get("quarantine")["items"]
        assert len(kept) == 1, "the same raw batch is kept once"
