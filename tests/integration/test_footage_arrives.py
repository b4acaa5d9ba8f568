"""Footage from a site to the hub by the real programs: ordered while the edge is off, cut by kills.

The camera is a file that plays again and again. Design section 8: every byte is right, whatever is
killed, and a clip asked of an edge that is away arrives after its return.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.video.media import path_of
from tests.rig.programs import Broker, Edge, Hub, running, wait_until
from tests.video_parts import write_clip
from wire.names import format_at

CAMERA = "cage-cam"
PATIENCE_S = 60.0
"""Whoever starts programs anew waits longer between two tries to reach them."""
SLOWLY = "[video]\nsend_kbit_s = 32\n"
"""Four thousand bytes a second: a segment of the clip takes some seconds."""


@dataclass
class House:
    broker: Broker
    hub: Hub
    edge: Edge

    def segments(self) -> list[dict[str, Any]]:
        since = format_at(datetime.now(UTC) - timedelta(minutes=30))
        until = format_at(datetime.now(UTC) + timedelta(minutes=1))
        asked = f"clips?site={self.edge.site}&camera={CAMERA}&from={since}&to={until}"
        found: list[dict[str, Any]] = self.hub.get(asked)["items"]
        return found

    def play(self, segment: dict[str, Any]) -> int:
        """Open a playback of one segment, which orders it; the playback's id."""
        order = {
            "site": self.edge.site,
            "camera": CAMERA,
            "from": segment["since"],
            "to": segment["until"],
            "purpose": "test",
        }
        status, opened = self.hub.call("POST", "playbacks", order)
        assert status == 201, opened
        return int(opened["id"])

    def state_of(self, playback: int, sha256: str) -> dict[str, Any]:
        played = self.hub.get(f"playbacks/{playback}")["segments"]
        (found,) = [each for each in played if each["sha256"] == sha256]
        return dict(found)

    def stills(self) -> list[Path]:
        return list(self.hub.data_dir.rglob("*.jpg"))


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    write_clip(folder / "clip.mp4", 2)
    broker = Broker(folder)
    hub = Hub(folder, broker.url, SLOWLY)
    edge = Edge(folder, hub, broker.url, {})
    with edge.config.open("a") as config:
        config.write(f'[[camera]]\nid = "{CAMERA}"\nurl = "{folder / "clip.mp4"}"\n')
    with running(broker, hub, edge):
        yield House(broker, hub, edge)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_footage_arrives_whole_after_the_edges_return_and_a_kill_on_each_side(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path) as house:
        segment = wait_until(house.segments, "a segment is in the hub's index", PATIENCE_S)[0]
        wait_until(house.stills, "the site pack is at the edge, and a still at the hub", PATIENCE_S)
        sha256 = str(segment["sha256"])
        house.edge.kill()
        playback = house.play(segment)
        assert house.state_of(playback, sha256)["state"] == "ordered"
        seen = [0]

        def arrives(at_least: int) -> bool:
            state = house.state_of(playback, sha256)
            assert state["have"] >= seen[-1], "what the hub had is gone"
            seen.append(state["have"])
            return bool(seen[-1] >= at_least)

        house.edge.start()
        wait_until(lambda: arrives(4_000), "the first part is here", PATIENCE_S)
        house.edge.kill()
        assert house.state_of(playback, sha256)["state"] == "partial"
        house.edge.start()
        wait_until(lambda: arrives(8_000), "it goes on after the edge was killed", PATIENCE_S)
        house.hub.kill()
        house.hub.start()
        wait_until(
            lambda: arrives(int(segment["bytes"])),
            "it goes on after the hub was killed",
            PATIENCE_S,
        )
        assert house.state_of(playback, sha256)["state"] == "stored"
        stored = path_of(house.hub.data_dir, sha256).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == sha256
    kept = (house.edge.data_dir / "footage" / CAMERA).glob("*.mp4")
    assert stored in [path.read_bytes() for path in kept]
