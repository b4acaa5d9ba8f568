"""Stored footage that is looked at in the night, and what may happen to it on the disk."""

import hashlib
from pathlib import Path

import httpx

from hub.video.media import FileStatus, path_of
from hub.video.scrub import ScrubDuty
from tests.hub_parts import HubHome, SigningEdge
from tests.integration.hub.footage_uploads import order, send, state_of

CONTENTS = [bytes([number]) * 3000 for number in range(3)]
NAMES = [hashlib.sha256(content).hexdigest() for content in CONTENTS]
DAY_S = 24 * 3600


async def store_films(hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient) -> list[Path]:
    """Three stored files."""
    for content in CONTENTS:
        order(hub, content)
        assert await send(stranger, edge, content, content=content) == len(content)
    return [path_of(hub.data_dir, name) for name in NAMES]


def night(hub: HubHome) -> None:
    """Let a day pass, and the clock role take some turns."""
    hub.clock.move(DAY_S)
    take_turns(hub, ScrubDuty(hub.data_dir), 12)


def take_turns(hub: HubHome, duty: ScrubDuty, turns: int) -> None:
    """Let the clock role take some turns."""
    for _ in range(turns):
        with hub.database.writing() as tx:
            duty.run(tx, hub.clock.now())


def statuses(hub: HubHome) -> list[FileStatus]:
    """What the hub says of each file."""
    return [state_of(hub, name).status for name in NAMES]


def change(path: Path, _other: Path) -> None:
    """Another byte in the middle."""
    content = bytearray(path.read_bytes())
    content[1500] ^= 1
    path.write_bytes(content)


def remove(path: Path, _other: Path) -> None:
    """Nothing at its name."""
    path.unlink()


def swap(path: Path, other: Path) -> None:
    """Each at the other's name."""
    mine, others = path.read_bytes(), other.read_bytes()
    path.write_bytes(others)
    other.write_bytes(mine)
