"""Bring to the hub what it ordered: file by file, part by part, from where it stands, at a rate.

Pictures come first, for they are small and somebody looks at a wall of them; then what somebody
waits to see, also in the middle of another file, which goes on afterwards. What the hub has is
asked of the hub, never remembered: a kill on either side costs one question. Source: design
section 8 ("resumable upload by content hash with a rate limit").
"""

import hashlib
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import structlog

from edge.data_dir import read_file, write_file
from edge.footage_post import FootagePost, SenderError
from edge.hub_http import HubHttp, HubRefusedError, HubUnreachableError
from edge.metrics import Metrics
from edge.uplink_events import OrderFootage
from edge.video.footage_schema import FootageError
from edge.video.stills import FOLDER as STILLS
from edge.video.stills import SUFFIX
from edge.video.upload_store import Upload, UploadStore, WaitingPicture
from edge.video.wall import WallStills
from wire.events import Damage
from wire.limits import FOOTAGE_PART_BYTES_MAX, PICTURE_BYTES_MAX

ORDERS_WAITING_MAX = 1_000
"""Orders between the uplink's thread and the record on the disk."""
AGAIN_BYTES_MAX = 32
IDLE_S = 1.0
"""How often it is looked whether there is anything to send."""
STANDSTILLS_MAX = 3
"""After so many parts that the hub did not take, it is left alone for a while."""
_NOT_WANTED = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    }
)
"""The hub will never take this; anything else may pass."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SenderSetup:
    """``send_kbit_s`` and ``hub_offset_ms`` are asked each time: site pack and hub change them.

    ``hub_offset_ms`` is what must be added to this edge's time to get the hub's, None: unknown.
    ``again`` is the file that says since when stills go again (ms since 1970), while it is there.
    """

    folder: Path
    again: Path
    send_kbit_s: Callable[[], int]
    hub_offset_ms: Callable[[], int | None]
    now_s: Callable[[], float]


class FootageSender:
    """Sends the files and pictures of one edge; see :class:`edge.footage_post.Sender`."""

    def __init__(
        self,
        setup: SenderSetup,
        store: UploadStore,
        wall: WallStills,
        post: FootagePost,
        metrics: Metrics,
    ) -> None:
        self._setup = setup
        self._store, self._wall, self._post = store, wall, post
        self._metrics = metrics
        self._lock = threading.Lock()
        self._ordered: deque[OrderFootage] = deque()
        self._again_ms = _read_again(setup.again)
        self._sha256: str | None = None
        self._have = 0
        self._standstills = 0

    def order(self, order: OrderFootage) -> bool:
        """The hub wants these files; see :class:`edge.footage_post.Sender`."""
        with self._lock:
            waiting = sum(len(each.sha256s) for each in self._ordered)
            if waiting + len(order.sha256s) > ORDERS_WAITING_MAX:
                return False
            self._ordered.append(order)
        return True

    def deliver_again(self, since: datetime | None) -> None:
        """The hub lost what it had since then; see :class:`edge.footage_post.Sender`."""
        since_ms = 0 if since is None else int(since.timestamp() * 1000)
        with self._lock:
            self._again_ms = since_ms if self._again_ms is None else min(self._again_ms, since_ms)
            try:
                write_file(self._setup.again, b"%d\n" % self._again_ms)
            except OSError as error:
                # Known to this program alone: lost if it ends before its next turn.
                _logger.error("not noted that stills go again", reason=str(error))

    def close(self) -> None:
        """Let go of the record."""
        self._store.close()

    def turn(self, hub: HubHttp) -> float:
        """Do one thing; see :class:`edge.footage_post.Sender`.

        Raises:
            HubError, SenderError: it was not done.
        """
        began_s = self._setup.now_s()
        try:
            self._take_orders()
            self._take_stills_again()
            sent = self._send_next(hub)
        except FootageError as error:
            raise SenderError(str(error)) from error
        if sent is None:
            return IDLE_S
        due_s = began_s + sent * 8 / 1000 / self._setup.send_kbit_s()
        return max(0.0, due_s - self._setup.now_s())

    def _take_orders(self) -> None:
        with self._lock:
            ordered = list(self._ordered)
        for order in ordered:
            dropped = self._store.order(order.sha256s, is_urgent=order.is_urgent)
            self._metrics.dropped_messages.inc(dropped)
            with self._lock:
                self._ordered.popleft()

    def _take_stills_again(self) -> None:
        with self._lock:
            since_ms = self._again_ms
        if since_ms is None:
            return
        self._store.pictures_again(stills_since(self._setup.folder, since_ms))
        with self._lock, suppress(OSError):  # a file that stays lets them go twice
            if self._again_ms == since_ms:
                self._again_ms = None
                self._setup.again.unlink(missing_ok=True)

    def _send_next(self, hub: HubHttp) -> int | None:
        """How many bytes were sent; None: there is nothing to send."""
        for send in (self._send_picture, self._send_still, self._send_file):
            sent = send(hub)
            if sent is not None:
                return sent
        return None

    # ------------------------------------------------------------ pictures

    def _send_picture(self, hub: HubHttp) -> int | None:
        waiting = self._store.next_picture()
        if waiting is None:
            return None
        path = self._setup.folder / waiting.camera / STILLS / f"{waiting.sha256}{SUFFIX}"
        raw = _picture(path, waiting.sha256)
        if raw is not None:
            self._give(hub, waiting.camera, waiting.at_ms, raw, is_named=True)
        self._store.picture_done(waiting.sha256)
        return len(raw or b"")

    def _send_still(self, hub: HubHttp) -> int | None:
        still = self._wall.take()
        if still is None:
            return None
        self._give(hub, still.camera, still.at_ms, still.jpeg, is_named=False)
        return len(still.jpeg)

    def _give(self, hub: HubHttp, camera: str, at_ms: int, raw: bytes, *, is_named: bool) -> None:
        hub_ms = at_ms + (self._setup.hub_offset_ms() or 0)
        at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=hub_ms)
        try:
            self._post.picture(hub, camera, at, raw, is_named=is_named)
        except HubRefusedError as error:
            self._check_for_good(error)
        self._metrics.pictures_sent.inc()

    # ------------------------------------------------------------ files

    def _send_file(self, hub: HubHttp) -> int | None:
        upload = self._store.next_upload()
        if upload is None:
            return None
        try:
            return self._send_part(hub, upload)
        except HubRefusedError as error:
            self._sha256 = None
            self._check_for_good(error)
            _logger.warning("the hub does not want a file", reason=str(error))
            self._store.done(upload.sha256)
            return 0
        except HubUnreachableError:
            self._sha256 = None
            raise

    def _send_part(self, hub: HubHttp, upload: Upload) -> int:
        path = self._setup.folder / upload.camera / upload.file
        is_new = self._sha256 != upload.sha256
        damage = None if upload.gone or not is_new else _damage_of(path, upload.sha256)
        if damage is not None:
            self._store.suspect(upload.sha256)
        if upload.gone or damage:
            self._post.gone(hub, upload.sha256, upload.gone or str(damage))
            self._metrics.footage_files.labels("gone").inc()
            self._finish(upload)
            return 0
        if is_new:
            have, raw = self._post.part(hub, upload.sha256, upload.bytes, 0, b""), b""
            self._sha256, self._standstills = upload.sha256, 0
        else:
            raw = self._read(path)
            have = self._post.part(hub, upload.sha256, upload.bytes, self._have, raw)
            self._metrics.footage_bytes.inc(len(raw))
            self._watch_progress(have)
        self._have = have
        if have == upload.bytes:
            self._metrics.footage_files.labels("sent").inc()
            self._finish(upload)
        return len(raw)

    def _read(self, path: Path) -> bytes:
        # A second's worth: what else goes to the hub never waits longer behind it.
        size = min(FOOTAGE_PART_BYTES_MAX, self._setup.send_kbit_s() * 1000 // 8)
        try:
            with path.open("rb") as file:
                file.seek(self._have)
                raw = file.read(max(1, size))
        except OSError:
            raw = b""
        if not raw:
            # Deleted or cut short in the middle: the next turn finds out which.
            self._sha256 = None
        return raw

    def _watch_progress(self, have: int) -> None:
        self._standstills = 0 if have > self._have else self._standstills + 1
        if self._standstills >= STANDSTILLS_MAX:
            raise HubUnreachableError("the hub does not take a file's next part")

    def _finish(self, upload: Upload) -> None:
        self._sha256 = None
        self._store.done(upload.sha256)

    def _check_for_good(self, error: HubRefusedError) -> None:
        if error.status not in _NOT_WANTED:
            raise error
        self._metrics.footage_files.labels("refused").inc()


def _read_again(path: Path) -> int | None:
    try:
        raw = read_file(path, AGAIN_BYTES_MAX)
    except OSError:
        return 0  # unreadable: all of them
    return None if raw is None else int(raw) if raw.strip().isdigit() else 0


def stills_since(folder: Path, since_ms: int) -> list[WaitingPicture]:
    """The stills that were kept since then, the oldest first; by their files' times."""
    found = []
    for path in folder.glob(f"*/{STILLS}/*{SUFFIX}"):
        with suppress(FileNotFoundError):  # its time was over in this moment
            at_ms = path.stat().st_mtime_ns // 1_000_000
            if at_ms >= since_ms:
                found.append(WaitingPicture(path.stem, path.parent.parent.name, at_ms))
    return sorted(found, key=lambda each: each.at_ms)


def _damage_of(path: Path, sha256: str) -> Damage | None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return Damage.MISSING
    return None if found == sha256 else Damage.CHANGED


def _picture(path: Path, sha256: str) -> bytes | None:
    try:
        raw = read_file(path, PICTURE_BYTES_MAX)
    except OSError as error:
        _logger.warning("a still cannot be sent", reason=str(error))
        return None
    is_right = raw is not None and hashlib.sha256(raw).hexdigest() == sha256
    return raw if is_right else None
