"""Footage of simulated cameras behind the player, and what its pictures show."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from playwright.sync_api import Locator, Page, Route

from hub.console.wording import ZONE, load_words
from hub.video.convert import to_h264
from hub.web.choice import Language
from simulators.cameras import clock_code
from simulators.cameras.cage import Cage, CageOptions
from simulators.cameras.clip import write_clip
from simulators.cameras.pictures import Size
from tests.video_parts import write_segments
from wire.names import format_at

STATIC = Path(__file__).parents[2] / "hub" / "console" / "static"
SIZE = Size(640, 360)
FPS = 10
BEGAN = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
HOST = "http://player.example"
_PAGE = """<!doctype html><html lang="zh" data-theme="dark"><title>player</title>
<link rel="stylesheet" href="/static/tokens.css"><link rel="stylesheet" href="/static/frame.css">
<link rel="stylesheet" href="/static/player.css">
<script id="custos-words" type="application/json">{"zone": "Asia/Shanghai"}</script>
<script type="module" src="/static/player.js"></script><main></main>"""


@dataclass
class Piece:
    """A segment as the hub tells of it, with its file."""

    path: Path
    ended_at: datetime
    length_ms: int
    error_ms: int = 40
    state: str = "stored"
    have: int = 0
    codec: str = "h264"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def told(self) -> dict[str, object]:
        return {
            "sha256": self.sha256,
            "from": format_at(self.ended_at - timedelta(milliseconds=self.length_ms)),
            "to": format_at(self.ended_at),
            "error_ms": self.error_ms,
            "length_ms": self.length_ms,
            "bytes": self.path.stat().st_size,
            "codec": self.codec,
            "state": self.state,
            "have": self.have,
        }


def film(
    folder: Path,
    seconds: int,
    seconds_each: int,
    *,
    camera_no: int = 1,
    began: datetime = BEGAN,
    codec: str = "h264",
) -> list[Piece]:
    """Footage of a cage, cut as the recorder cuts it, its clock burnt in."""
    folder.mkdir(parents=True, exist_ok=True)
    clip = folder / "clip.mp4"
    scene = Cage(CageOptions(SIZE, camera_no))
    begin_ms = round(began.timestamp() * 1000)
    write_clip(clip, scene, camera_no=camera_no, begin_ms=begin_ms, seconds=seconds, fps=FPS)
    if codec == "h265":
        clip = _as_h265(clip)
    each_ms = seconds_each * 1000
    return [
        Piece(path, began + timedelta(milliseconds=(nth + 1) * each_ms), each_ms, codec=codec)
        for nth, path in enumerate(write_segments(folder, clip, seconds_each * FPS))
    ]


def _as_h265(clip: Path) -> Path:
    """The same pictures at the same times, coded as H.265 with a key frame each second."""
    target = clip.with_suffix(".h265.mp4")
    with av.open(str(clip)) as source, av.open(str(target), "w") as container:
        stream = container.add_stream("libx265", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        said = f"keyint={FPS}:min-keyint={FPS}:scenecut=0:bframes=0:open-gop=0:log-level=none"
        stream.options = {"preset": "ultrafast", "crf": "20", "x265-params": said}
        for frame in source.decode(video=0):
            frame.pict_type = PictureType.NONE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target


@dataclass
class FakeHub:
    """Answers a page that holds nothing but the player."""

    page: Page
    cameras: dict[str, list[Piece]]
    gaps: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    clocks: dict[str, dict[str, int]] = field(default_factory=dict)
    own_clocks: dict[str, dict[str, object]] = field(default_factory=dict)
    rate: float = 1
    simulated: frozenset[str] = frozenset()
    opened: list[dict[str, object]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    """The query of each file that was asked for."""
    busy: int = 0
    """So often a copy is refused for now."""
    converts: bool = True

    def start(self) -> None:
        """Serve the page, the player's files and the footage."""
        self.page.route(f"{HOST}/**", self._answer)
        self.page.goto(HOST)
        self.page.wait_for_function("customElements.get('custos-player') !== undefined")

    def play(self, scenes: list[dict[str, object]], **more: object) -> Locator:
        """Put a player into the page."""
        words = load_words(Language.EN, ZONE).messages
        said = {key: text for key, text in words.items() if key.startswith("player.")}
        plays = {"words": said, "purpose": "test", "waybill": None, "scenes": scenes, **more}
        self.page.evaluate(
            """plays => {
              const player = document.createElement("custos-player");
              player.setAttribute("plays", plays);
              document.querySelector("main").replaceChildren(player);
            }""",
            json.dumps(plays),
        )
        return self.page.locator("custos-player")

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path == "/":
            route.fulfill(body=_PAGE, content_type="text/html")
        elif path.startswith("/static/"):
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            route.fulfill(body=(STATIC / path[8:]).read_bytes(), content_type=kind)
        elif "/files/" in path:
            self._give_file(route, *path.rsplit("/", 1)[1].split("?"))
        elif route.request.method == "POST":
            order = route.request.post_data_json
            self.opened.append(order)
            route.fulfill(status=201, json=self._told(str(len(self.opened)), order["camera"]))
        elif path.startswith("/api/v1/playbacks/"):
            nth = path.rsplit("/", 1)[1]
            route.fulfill(json=self._told(nth, str(self.opened[int(nth) - 1]["camera"])))
        else:
            route.fulfill(status=404)

    def _give_file(self, route: Route, wanted: str, query: str = "") -> None:
        pieces = [each for found in self.cameras.values() for each in found]
        (piece, *_) = (each for each in pieces if each.sha256 == wanted)
        self.given.append(query)
        if not query:
            route.fulfill(body=piece.path.read_bytes(), content_type="video/mp4")
        elif self.busy:
            self.busy -= 1
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={})
        elif self.converts:
            copy = piece.path.with_suffix(".copy.mp4")
            to_h264(piece.path, copy, {})
            route.fulfill(body=copy.read_bytes(), content_type="video/mp4")
        else:
            route.fulfill(status=422, json={})

    def _told(self, nth: str, camera: str) -> dict[str, object]:
        order = self.opened[int(nth) - 1]
        return {
            "id": nth,
            "from": order["from"],
            "segments": [each.told() for each in self.cameras[camera]],
            "gaps": self.gaps.get(camera, []),
            "clock": self.clocks.get(camera),
            "own_clock": self.own_clocks.get(camera),
            "rate": self.rate,
            "simulated": camera in self.simulated,
        }


def scene(
    *cameras: str, at_s: float = 0, length_s: float = 30, **more: object
) -> dict[str, object]:
    """A stretch of time with its cameras, ``at_s`` after ``BEGAN``."""
    return {
        "key": "one",
        "title": "one",
        "from": format_at(BEGAN),
        "to": format_at(BEGAN + timedelta(seconds=length_s)),
        "at": format_at(BEGAN + timedelta(seconds=at_s)),
        "cameras": [{"site": "755A", "camera": each, "name": each} for each in cameras],
        **more,
    }


def burnt_in(screen: Locator) -> datetime | None:
    """The clock in the picture that stands there, read from what the browser shows."""
    picture = screen.locator("video").screenshot()
    grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    found = None if grey is None else clock_code.read(np.asarray(grey, np.uint8))
    return None if found is None else datetime.fromtimestamp(found[0] / 1000, UTC)
