"""Real footage at a hub, and a playback of it."""

from collections.abc import Sequence
from pathlib import Path

import httpx

from hub.video.store.footage import FoundSegment
from hub.video.workshop import FOLDER
from tests.footage_index_parts import at
from tests.hub_parts import HubHome
from tests.integration.hub.playback_cases import order, put_segment
from tests.rest_parts import API
from tests.video_parts import RATE, write_clip, write_segments
from wire.names import format_at

SITE = "755A"
EACH_S = 4
"""So long is each of the segments."""


def film(folder: Path, count: int = 3, *, codec: str = "libx264") -> list[Path]:
    """Segments that follow each other, cut as the recorder cuts them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_clip(folder / "clip.mp4", count * EACH_S, codec=codec)
    return write_segments(folder, folder / "clip.mp4", EACH_S * RATE)


def put_film(
    hub: HubHome, paths: Sequence[Path], away: Sequence[int] = (), *, codec: str = "h264"
) -> list[FoundSegment]:
    """Segments in the index from the start of the tests' clock on; all but ``away`` are here."""
    return [
        put_segment(
            hub,
            SITE,
            number,
            is_here=number not in away,
            content=path.read_bytes(),
            length_s=EACH_S,
            codec=codec,
        )
        for number, path in enumerate(paths)
    ]


async def opened(client: httpx.AsyncClient) -> str:
    """Open a playback of the first minute; its path."""
    answer = await client.post(f"{API}/playbacks", json=order(SITE))
    assert answer.status_code == 201, answer.text
    return f"{API}/playbacks/{answer.json()['id']}"


def span(since_s: float, until_s: float) -> dict[str, str]:
    """The query of a clip."""
    return {"from": format_at(at(since_s)), "to": format_at(at(until_s))}


def left_over(hub: HubHome) -> list[str]:
    """What of clips and copies is left on the disk."""
    folder = hub.data_dir / FOLDER
    return sorted(each.name for each in folder.rglob("*")) if folder.exists() else []


def save(answer: httpx.Response, folder: Path) -> Path:
    """A clip that was given out, as a file."""
    assert answer.status_code == 200, answer.text
    path = folder / "got.mp4"
    path.write_bytes(answer.content)
    return path
