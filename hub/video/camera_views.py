"""Cameras as the network file and the edges tell of them together. Source: interface (REST)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.fact import is_simulated
from hub.network import Channel, Network
from hub.packs.service import footage_days
from hub.video.rules.own_clock import OwnClock
from hub.video.store import cameras
from hub.video.store.cameras import CameraRow, Trouble
from wire.policy import Policy


@dataclass(frozen=True, slots=True)
class CameraClock:
    """``offset_ms`` is added to a picture's time to get its edge's, wrong by ``error_ms``."""

    offset_ms: int
    error_ms: int
    measured_at: datetime
    measured_by: str


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera as network file and edges tell of it; ``edge`` null: none has told of it yet.

    ``own_clock`` is what it writes into its picture, off by more than the policy allows if
    ``is_own_clock_wrong``; footage is timed by ``clock`` alone.
    ``is_simulated``: by what its edge says of its other end it is no real camera (P6).
    """

    site: str
    camera: str
    edge: str | None
    name: str | None
    role: str | None
    places: tuple[str, ...]
    is_lost: bool
    troubles: tuple[Trouble, ...]
    heard_at: datetime | None
    last_footage_at: datetime | None
    clock: CameraClock | None
    footage_days: int
    own_clock: OwnClock | None = None
    is_own_clock_wrong: bool = False
    is_simulated: bool = False


def list_cameras(
    tx: Connection, network: Network, policy: Policy, sites: Collection[str] | None = None
) -> list[CameraView]:
    """Every camera that the network file names or an edge has told of, by site and name."""
    heard = {(each.site, each.camera): each for each in cameras.every(tx, sites)}
    named = {
        (each.site, each.camera): each
        for each in network.channel
        if sites is None or each.site in sites
    }
    troubles: dict[tuple[str, str], list[Trouble]] = {}
    for trouble in cameras.open_troubles(tx, sites):
        troubles.setdefault((trouble.site, trouble.camera), []).append(trouble)
    return [
        _view(key, heard.get(key), named.get(key), troubles.get(key, []), network, policy)
        for key in sorted(heard.keys() | named.keys())
    ]


def is_camera_known(tx: Connection, network: Network, site: str, camera: str) -> bool:
    """Say whether the network file names a camera, or an edge has told of it."""
    is_named = any(each.camera == camera for each in network.channels_of.get(site, ()))
    return is_named or cameras.find(tx, site, camera) is not None


def is_camera_simulated(tx: Connection, site: str, camera: str) -> bool:
    """Say whether a camera is no real one, by what its edge says of its other end (P6)."""
    known = cameras.find(tx, site, camera)
    return known is not None and is_simulated(known.source)


def _view(
    key: tuple[str, str],
    heard: CameraRow | None,
    channel: Channel | None,
    troubles: list[Trouble],
    network: Network,
    policy: Policy,
) -> CameraView:
    site, camera = key
    retention = policy.retention
    days = max(retention.days, retention.area_days)
    own, limit_s = None if heard is None else heard.own_clock, policy.video.own_clock_s
    return CameraView(
        site=site,
        camera=camera,
        edge=None if heard is None else heard.edge,
        name=None if channel is None else channel.name,
        role=None if channel is None else channel.role,
        places=() if channel is None else channel.places,
        is_lost=any(each.fact == "lost" for each in troubles),
        troubles=tuple(troubles),
        heard_at=None if heard is None else heard.heard_at,
        last_footage_at=None if heard is None else heard.last_footage_at,
        clock=None if heard is None else _clock(heard),
        footage_days=days if channel is None else footage_days(channel, network, policy),
        own_clock=own,
        is_own_clock_wrong=bool(own and limit_s and own.is_off_by_more(limit_s)),
        is_simulated=heard is not None and is_simulated(heard.source),
    )


def _clock(heard: CameraRow) -> CameraClock | None:
    if heard.offset_ms is None or heard.error_ms is None or heard.measured_at is None:
        return None
    return CameraClock(heard.offset_ms, heard.error_ms, heard.measured_at, heard.measured_by or "")
