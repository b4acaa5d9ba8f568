"""The embedded broker: rumqttd inside the iotcore wheel, in a process of its own.

It listens on loopback only; identity there is the messages' signature alone (design section 4).
iotcore ends its process when ours is gone, however we died. Source: facts.md ("MQTT").
"""

from pathlib import Path

from iotcore import Broker

from wire.limits import BATCH_BYTES_MAX

PAYLOAD_BYTES_MAX = BATCH_BYTES_MAX + 64 * 1024
CONNECTIONS_MAX = 2_000
INFLIGHT_MAX = 100
SEGMENT_BYTES = 2 * 1024 * 1024
SEGMENTS_MAX = 4
"""Each subscription's queue is cut at about 8 MiB: the broker may lose everything (P2)."""
START_TIMEOUT_S = 20.0


def start_broker(config_path: Path, host: str, port: int) -> Broker:
    """Write the broker's configuration and start it; it accepts connections on return.

    Raises:
        OSError: the port is taken.
        RuntimeError: it does not come up.
    """
    config_path.write_text(_CONFIG.format(listen=f"{host}:{port}"), "utf-8")
    broker = Broker(config_path=str(config_path))
    broker.start(START_TIMEOUT_S)
    return broker


_CONFIG = f"""\
id = 0

[router]
id = 0
max_connections = {CONNECTIONS_MAX}
max_outgoing_packet_count = 200
max_segment_size = {SEGMENT_BYTES}
max_segment_count = {SEGMENTS_MAX}

[v5.1]
name = "v5"
listen = "{{listen}}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = {PAYLOAD_BYTES_MAX}
max_inflight_count = {INFLIGHT_MAX}
dynamic_filters = true
"""
