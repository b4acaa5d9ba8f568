"""What one simulated camera is, as ``custos-sim camera --camera`` says it.

``ID=belt`` or ``ID=cage``, then ``,key=value``: ``seed``, ``speed`` (px/s), ``angle`` (degrees),
``bare`` (1: only what is laid onto the belt), ``size`` (``1280x720``), ``fps``, ``kbit`` (a
second), ``no`` (in the burnt-in clock), ``ahead`` (ms by which its clock is fast). ``ID=clip``
needs ``file=PATH``, an mp4 that is played over and over.

    OptionsError   the text says no camera
    ClipError      the file cannot be used
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from simulators.cameras.belt import SPEED_MAX_PX_S, Belt, BeltOptions
from simulators.cameras.cage import Cage, CageOptions
from simulators.cameras.channel import Channel
from simulators.cameras.clip import read_clip
from simulators.cameras.clock_code import CAMERA_NO_MAX
from simulators.cameras.encoder import BIT_RATE
from simulators.cameras.orders import OFFSET_MS_MAX, Clock, Orders
from simulators.cameras.pictures import FULL_HD, Size
from simulators.cameras.scene import Scene
from simulators.cameras.source import LiveSource, LoopedSource

FPS = 25
FPS_MAX = 60
SEED_MAX = 2**31 - 1
KBIT_MAX = 50_000
SIDE_MAX = 4096
_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class OptionsError(ValueError):
    """The sentence says what is wrong with a camera's text."""


@dataclass(frozen=True, slots=True)
class LiveCamera:
    """A camera that draws what ``scene`` shows."""

    camera_id: str
    scene: BeltOptions | CageOptions = field(default_factory=BeltOptions)
    camera_no: int = 1
    fps: int = FPS
    bit_rate: int = BIT_RATE
    ahead_ms: int = 0


@dataclass(frozen=True, slots=True)
class ClipCamera:
    """A camera that plays a file over and over."""

    camera_id: str
    path: Path


CameraOptions = LiveCamera | ClipCamera


def scene_of(options: BeltOptions | CageOptions) -> Scene:
    """The scene of a live camera; its truth is what every process works out for these options."""
    return Belt(options) if isinstance(options, BeltOptions) else Cage(options)


def open_channel(options: CameraOptions) -> Channel:
    """Open encoder or file.

    Raises:
        ClipError: the file cannot be used.
    """
    if isinstance(options, ClipCamera):
        return Channel(options.camera_id, LoopedSource(read_clip(options.path)))
    source = LiveSource(
        scene_of(options.scene),
        seed=options.scene.seed,
        camera_no=options.camera_no,
        fps=options.fps,
        bit_rate=options.bit_rate,
    )
    channel = Channel(options.camera_id, source)
    channel.orders = Orders(clock=Clock(options.ahead_ms))
    return channel


def parse_cameras(texts: list[str]) -> tuple[CameraOptions, ...]:
    """Read all cameras of a command line; without ``no`` they are numbered from 1.

    Raises:
        OptionsError: one of them says no camera, or two have one id.
    """
    cameras = tuple(_parse(text, place) for place, text in enumerate(texts, 1))
    ids = [camera.camera_id for camera in cameras]
    if len(set(ids)) < len(ids):
        raise OptionsError("each camera needs an id of its own")
    return cameras


def _parse(text: str, place: int) -> CameraOptions:
    camera_id, _, rest = text.partition("=")
    kind, *pairs = rest.split(",")
    values = dict(pair.partition("=")[::2] for pair in pairs)
    if not _ID.fullmatch(camera_id) or kind not in ("belt", "cage", "clip"):
        raise OptionsError(f"--camera is ID=belt, ID=cage or ID=clip, not {text}")
    try:
        camera = (
            _parse_clip(camera_id, values)
            if kind == "clip"
            else _parse_live(camera_id, kind, values, place)
        )
    except ValueError as error:
        raise OptionsError(f"camera {camera_id}: {error}") from error
    if values:
        raise OptionsError(f"camera {camera_id}: a {kind} has no '{next(iter(values))}'")
    return camera


def _parse_clip(camera_id: str, values: dict[str, str]) -> ClipCamera:
    path = values.pop("file", "")
    if not path:
        raise ValueError("a clip needs file=PATH")
    return ClipCamera(camera_id, Path(path))


def _parse_live(camera_id: str, kind: str, values: dict[str, str], place: int) -> LiveCamera:
    size = _size(values.pop("size", str(FULL_HD)))
    seed = _number(values, "seed", 1, 0, SEED_MAX)
    scene: BeltOptions | CageOptions
    if kind == "belt":
        speed_px_s = _number(values, "speed", 400, 1, SPEED_MAX_PX_S)
        angle_deg, is_bare = float(values.pop("angle", "0")), _number(values, "bare", 0, 0, 1) == 1
        scene = BeltOptions(size, seed, speed_px_s, angle_deg, is_bare)
    else:
        scene = CageOptions(size, seed)
    return LiveCamera(
        camera_id=camera_id,
        scene=scene,
        camera_no=_number(values, "no", place, 0, CAMERA_NO_MAX),
        fps=_number(values, "fps", FPS, 1, FPS_MAX),
        bit_rate=_number(values, "kbit", BIT_RATE // 1000, 100, KBIT_MAX) * 1000,
        ahead_ms=_number(values, "ahead", 0, 0, OFFSET_MS_MAX),
    )


def _size(text: str) -> Size:
    found = re.fullmatch(r"([0-9]{3,4})x([0-9]{3,4})", text)
    if found is None or max(int(found[1]), int(found[2])) > SIDE_MAX:
        raise ValueError(f"size is WIDTHxHEIGHT, at most {SIDE_MAX}, not {text}")
    return Size(int(found[1]), int(found[2]))


def _number(values: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.pop(name, str(default))
    if not re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) or not least <= int(text) <= most:
        raise ValueError(f"{name} is {least} to {most}, not {text}")
    return int(text)
