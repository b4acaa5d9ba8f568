"""The player as the screens use it: which stretches of which cameras, in what order.

The browser opens each stretch with the hub itself, which is what puts the look on record; see
``static/player.js``.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from nicegui.events import GenericEventArguments

from hub.console.frame import Keys
from hub.console.markup import attribute, box
from hub.console.wording import Words
from wire.names import format_at

CAMERAS_MAX = 4
"""As many play beside each other."""
PLAYER_KEYS: Keys = (
    ("p", "keys.player.play"),
    ("z x", "keys.player.second"),
    (", .", "keys.player.frame"),
    ("- =", "keys.player.speed"),
    ("[ ]", "keys.player.scene"),
    ("i o", "keys.player.clip"),
    ("d", "player.clip.do"),
)
_PREFIX = "player."


@dataclass(frozen=True, slots=True)
class Watched:
    """A camera, and how it is called."""

    site: str
    camera: str
    name: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of time with the cameras that may show it; it opens at ``at``.

    ``marks`` are moments on its line with their words. ``plays``: it runs at once.
    """

    key: str
    title: str
    since: datetime
    until: datetime
    at: datetime
    cameras: tuple[Watched, ...]
    marks: tuple[tuple[datetime, str], ...] = ()
    plays: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What the browser tells: a scene is open, each of its looks on record under its id."""

    scene: str
    look_ids: tuple[int, ...]


class Player:
    """Plays scenes one after the other; it is not to be seen while there are none."""

    def __init__(
        self,
        words: Words,
        opened: Callable[[Opened], Awaitable[None]],
        entered: Callable[[str], None],
    ) -> None:
        """Put the player in place.

        Args:
            words: the person's language.
            opened: told of each scene that was opened.
            entered: told the key of the scene to which play went on.
        """
        self._words = words
        self._opened = opened
        self._entered = entered
        self._element = box("custos-player")
        self._element.set_visibility(False)
        self._element.on("opened", self._hear_opened, ["detail"])
        self._element.on("scene", self._hear_scene, ["detail"])
        self._scenes: tuple[Scene, ...] = ()
        self._purpose = ""

    def show(
        self, scenes: Sequence[Scene], chosen: str | None, purpose: str, waybill: str | None = None
    ) -> None:
        """Play these; the scene that is open and still the same goes on."""
        if (tuple(scenes), purpose) != (self._scenes, self._purpose):
            self._scenes, self._purpose = tuple(scenes), purpose
            plays = {
                "words": {
                    key: said
                    for key, said in self._words.messages.items()
                    if key.startswith(_PREFIX)
                },
                "purpose": purpose,
                "waybill": waybill,
                "scenes": [_told(scene) for scene in scenes],
            }
            attribute(self._element, "plays", msgspec.json.encode(plays).decode())
        self._element.set_visibility(bool(scenes))
        self.choose(chosen)

    def choose(self, key: str | None) -> None:
        """Open a scene."""
        attribute(self._element, "scene", key or "").update()

    async def _hear_opened(self, event: GenericEventArguments) -> None:
        told = event.args.get("detail") if isinstance(event.args, dict) else None
        if not isinstance(told, dict) or not isinstance(told.get("ids"), list):
            return
        ids = tuple(int(each) for each in told["ids"][:CAMERAS_MAX] if str(each).isdecimal())
        await self._opened(Opened(str(told.get("scene")), ids))

    def _hear_scene(self, event: GenericEventArguments) -> None:
        key = str(event.args.get("detail")) if isinstance(event.args, dict) else ""
        if any(scene.key == key for scene in self._scenes):
            self.choose(key)
            self._entered(key)


def _told(scene: Scene) -> dict[str, object]:
    return {
        "key": scene.key,
        "title": scene.title,
        "from": format_at(scene.since),
        "to": format_at(scene.until),
        "at": format_at(scene.at),
        "plays": scene.plays,
        "cameras": [
            {"site": each.site, "camera": each.camera, "name": each.name}
            for each in scene.cameras[:CAMERAS_MAX]
        ],
        "marks": [{"at": format_at(at), "title": title} for at, title in scene.marks],
    }
