"""The loop most people write first: paho, json, sqlite3, a commit a message.

``python -m bench.peers.naive_hub PORT DATABASE``. No signatures, no chain, nothing twice or in
order, no rooms but one alert: the comparison says what Custos's promises cost above it.
"""

import json
import sqlite3
import sys
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

TABLE = (
    "CREATE TABLE event (id INTEGER PRIMARY KEY, edge TEXT, spool TEXT, seq INTEGER, at TEXT,"
    " kind TEXT, waybill TEXT, result TEXT, line TEXT)"
)
INSERT = (
    "INSERT INTO event (edge, spool, seq, at, kind, waybill, result, line)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
FIELDS = ("edge", "spool", "seq", "at", "kind", "waybill", "result")


def main() -> None:
    """Store what comes until killed."""
    port, path = sys.argv[1:3]
    store = sqlite3.connect(path, check_same_thread=False)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute(TABLE)
    store.commit()

    def keep(client: Client, _data: object, message: MQTTMessage) -> None:
        for line in message.payload.decode().split("\n"):
            if not line.startswith('{"kind"'):
                continue
            event: dict[str, Any] = json.loads(line)
            store.execute(INSERT, (*(event.get(name) for name in FIELDS), line))
            if str(event.get("waybill")).startswith("103"):
                client.publish("alerts", str(event["waybill"]))
        store.commit()

    client = Client(
        CallbackAPIVersion.VERSION2, client_id="naive", protocol=MQTTProtocolVersion.MQTTv5
    )
    client.on_message = keep
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", int(port))
    client.subscribe("custos/v1/+/+/events", qos=1)
    client.loop_forever()


if __name__ == "__main__":
    main()
