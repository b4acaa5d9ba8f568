"""Which footage may go, and which must stay. Pure.

What is held stays, whatever its age and however full the disk is; the rest goes when its days are
over, and the oldest goes before that when the disk has to have room for scans. Source: design
section 8 ("holds beat retention and a full disk, deletions are records").
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.video.footage import Hold, Kept
from wire.names import parse_at
from wire.site_pack import PackHold

DAY_MS = 86_400_000
HOLD_MARGIN_MS = 60_000
"""Held around what the hub asked for: its clock and this edge's were told apart only so well."""
BELIEVED_FROM_MS = 1_577_836_800_000
"""2020: times before are a machine's that had forgotten them (design section 5)."""
RESERVE_BYTES_MIN = 2 * 1024**3
RESERVE_SHARE = 0.05
"""So much of a disk is left free: scans and their answers must never wait for footage."""


@dataclass(frozen=True, slots=True)
class Space:
    """The disk that holds the footage, in bytes."""

    free: int
    total: int

    @property
    def reserve(self) -> int:
        """What is to stay free; of a disk that is smaller than twice that, half."""
        wanted = max(RESERVE_BYTES_MIN, int(self.total * RESERVE_SHARE))
        return min(wanted, self.total // 2)

    @property
    def missing(self) -> int:
        """How much has to be deleted now."""
        return max(0, self.reserve - self.free)

    @property
    def is_full(self) -> bool:
        """Nothing more is recorded: half of the reserve is gone, and nothing could be deleted."""
        return self.free < self.reserve // 2


@dataclass(frozen=True, slots=True)
class Doomed:
    """Files of one camera that follow each other, and why they go."""

    files: tuple[Kept, ...]
    is_early: bool

    @property
    def length_ms(self) -> int:
        """From the first picture to the last."""
        return max(0, self.files[-1].ended_ms - self.files[0].began_ms)


def is_held(file: Kept, holds: Iterable[Hold]) -> bool:
    """Say whether a hold covers any of a file's time."""
    return any(
        hold.camera == file.camera
        and hold.since_ms < file.ended_ms + file.later_ms
        and file.began_ms - file.earlier_ms < hold.until_ms
        for hold in holds
    )


def holds_of(asked: Iterable[PackHold], offset_ms: int | None) -> list[Hold]:
    """What the hub wants held, by this edge's clock; by id and camera.

    ``offset_ms`` is what must be added to this edge's time to get the hub's, now. Of a file that
    the hub was not told of yet nobody knows which it was: what lies between is held as well.
    """
    offset_ms = offset_ms or 0
    return sorted(
        (
            Hold(
                each.id,
                each.camera,
                _to_ms(each.since) - max(0, offset_ms) - HOLD_MARGIN_MS,
                _to_ms(each.until) - min(0, offset_ms) + HOLD_MARGIN_MS,
            )
            for each in asked
        ),
        key=lambda hold: (hold.id, hold.camera),
    )


def _to_ms(at: str) -> int:
    return round(parse_at(at).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class KeepRule:
    """How long footage is kept at least: ``days`` by camera, ``days_else`` of all others."""

    days: Mapping[str, int]
    days_else: int

    def is_over(self, file: Kept, hub_now_ms: int | None) -> bool:
        """Say whether a file's days are over for certain.

        Without the hub's time (``None``) this edge's clock may be anything, and so may it have been
        for a file that is dated before clocks are believed: then only the disk's room decides.
        """
        if hub_now_ms is None or file.ended_ms < BELIEVED_FROM_MS:
            return False
        days = self.days.get(file.camera, self.days_else)
        return hub_now_ms - file.ended_ms - file.later_ms >= days * DAY_MS


def to_delete(
    oldest: Sequence[Kept],
    holds: Sequence[Hold],
    rule: KeepRule,
    hub_now_ms: int | None,
    space: Space,
    ordered: Collection[str] = (),
) -> list[Doomed]:
    """Choose among the files that were recorded first, in the order in which they were recorded.

    ``ordered`` are the hashes of those that the hub waits for: their days are not over before it
    has them, but a disk without room does not wait for it.
    """
    missing = space.missing
    open_runs: dict[str, Doomed] = {}
    done: list[Doomed] = []
    for file in oldest:
        is_over = file.sha256 not in ordered and rule.is_over(file, hub_now_ms)
        run = open_runs.pop(file.camera, None)
        if is_held(file, holds) or not (is_over or missing > 0):
            done += [run] if run else []
            continue
        missing -= file.bytes
        if run is None or run.is_early is is_over:
            done += [run] if run else []
            run = Doomed((), is_early=not is_over)
        open_runs[file.camera] = Doomed((*run.files, file), run.is_early)
    return [*done, *open_runs.values()]
