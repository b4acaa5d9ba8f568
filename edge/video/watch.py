"""Is the camera well? Judges its key frames one by one and tells a fault, and its end. Pure.

A fold: ``CameraWatch.step`` takes what ``features_of`` saw in a key frame (one every 1 to 4 s) and
answers with findings. Each frame shows at most one fault, but one that is moved or defocused may be
frozen as well. A fault is told once the frames that showed it stand for long enough, and is over
once frames that could show it and did not stand for long enough; so neither a lamp that flickers
nor one broken frame tells anything. A frame stands for the time since the one before it, five
seconds at most; a fault is as old as the last frame without it, a minute at most before the first
with it.

``lost`` (no frames at all) is the recorder's to tell. Source: design section 8, HV-2.11.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from edge.video.watch_features import Features
from edge.video.watch_reference import DamagedReferenceError, Likeness, Reference
from edge.video.watch_still import Stillness
from edge.video.watch_ticking import Ticking


class Fault(StrEnum):
    """What a picture can suffer from."""

    BLACK = "black"
    COVERED = "covered"
    FROZEN = "frozen"
    MOVED = "moved"
    DEFOCUSED = "defocused"


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a fault must be seen before it is told, and not be seen before it is over, s."""

    told_s: float
    over_s: float


HOLDS: Mapping[Fault, Hold] = {
    # Told within 5 s, also where key frames are looked at each 3 or 4 s: the first black one tells.
    Fault.BLACK: Hold(2.5, 3),
    # Told within 15 s; watch_still and watch_ticking hold it, for they see how far back it reaches.
    Fault.FROZEN: Hold(0, 3),
    # Told within 30 s. Shorter, and who stands before the lens to clean it were a fault.
    Fault.COVERED: Hold(18, 8),
    Fault.MOVED: Hold(18, 8),
    Fault.DEFOCUSED: Hold(18, 8),
}
HIDES: Mapping[Fault, frozenset[Fault]] = {
    Fault.BLACK: frozenset(Fault) - {Fault.BLACK},
    Fault.COVERED: frozenset({Fault.FROZEN, Fault.MOVED, Fault.DEFOCUSED}),
    Fault.FROZEN: frozenset(),
    Fault.MOVED: frozenset({Fault.DEFOCUSED}),
    Fault.DEFOCUSED: frozenset(),
}
"""What cannot be seen while a fault is: a hand before the lens hides where the camera looks."""
AGAINST_REFERENCE = (Fault.COVERED, Fault.MOVED, Fault.DEFOCUSED)
STANDS_S_MAX = 5.0
"""A frame after a longer pause (the camera was lost) says nothing about the pause."""
VOUCHED_S_MAX = 60.0
"""Yet nothing vouches for it: a fault that such a frame shows may be as old as the one before it.
Recorded footage has a key frame a minute at least."""

BLACK_SHARE_MIN = 0.85
"""Tiles that are black in a black picture; a burnt-in clock and name fill at most a tenth."""
LOOK_FOR_SHIFT_BELOW = 0.8
"""Correlation of the whole; only below it is worth 1.5 ms to look where else it would fit."""
SHIFT_MIN = 0.0125
"""Share of the width: less is a trembling mast."""
SHIFT_FIT_MIN = 0.2
"""Correlation at the new place; two unlike pictures stay below 0.1."""
SHIFT_GAIN_MIN = 1.3
"""How much better the new place must fit than the old one: shelves fit themselves when shifted."""
MOVED_KEPT_PART = 0.7
"""Part of the usual likeness left when a camera was turned or zoomed so that no shift fits: there
are edges, but not where they were. Lamps, people and parcels leave 0.85 and more."""
BARE_CONTRAST_MAX = 0.25
"""Part of the usual (squared) contrast: less is a cover, a lost focus, or little light."""
LOST_KEPT_PART = 0.4
"""With little contrast and less than this of the usual likeness nothing of the view is left: it is
covered. A room in which nothing at all is to be seen without its lamps is told as covered too: it
cannot be told apart."""
LOST_CONTRAST_MAX = 0.02
"""Part of the contrast that goes with this light: less is covered, however much of the likeness a
big burnt-in clock keeps up."""
SOFT_SHARE_MIN = 0.5
"""Firm tiles that lost fine detail when focus is lost; a fogged-up cold lens is the same to us."""
FIRM_SHARE_MIN = 0.06
"""A view with fewer firm tiles (a bare wall) is too plain to say anything but black and frozen."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that is told, or told to be over; times are those of :meth:`CameraWatch.step`."""

    kind: Fault
    began_at: datetime | None
    """From then on the picture is not vouched for: the last key frame without the fault, at most
    ``VOUCHED_S_MAX`` before the first with it; of a freeze the first picture that came again. None:
    it was told in another boot, by whose clock nothing can be said now."""
    told_at: datetime
    """By the clock of the boot that told it."""
    is_over: bool


@dataclass(slots=True)
class _Case:
    """What speaks for one fault so far."""

    seen_s: float = 0.0
    gone_s: float = 0.0
    began_at: datetime | None = None
    told: Finding | None = None


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """A watch as it lies on disk."""

    reference: bytes
    told: tuple[Finding, ...]
    boot: str | None = None
    """By whose clock the times are; None: nobody wrote it down."""
    view: str | None = None
    """What the camera was aimed at; None: nobody has given it a name."""


class CameraWatch:
    """Watches one camera. Not thread-safe: one owner feeds it."""

    def __init__(self) -> None:
        self._reference = Reference()
        self._cases = {fault: _Case() for fault in Fault}
        self._still, self._ticking = Stillness(), Ticking()
        self._last_at: datetime | None = None
        self._view: str | None = None

    @property
    def told(self) -> tuple[Finding, ...]:
        """The faults that are told and not over."""
        return tuple(case.told for case in self._cases.values() if case.told is not None)

    @property
    def judged(self) -> frozenset[Fault]:
        """The faults that could be told now: fewer for a view that is new, or of a bare wall."""
        if self._reference.is_learned and self._reference.firm_share >= FIRM_SHARE_MIN:
            return frozenset(Fault)
        return frozenset({Fault.BLACK, Fault.FROZEN})

    def step(self, features: Features, at: datetime) -> tuple[Finding, ...]:
        """Judge the next key frame.

        Args:
            features: of this key frame.
            at: the frame's, by a clock for durations that counts on over a restart in one boot;
                an aware datetime, but no wall time. Before the last: no time has gone.

        Returns:
            What is to be told now: faults found and faults over, mostly nothing.
        """
        gone_s = max(0.0, (at - (self._last_at or at)).total_seconds())
        stands_s = min(gone_s, STANDS_S_MAX)
        self._last_at = at
        shown = self._shown(features, at - timedelta(seconds=min(gone_s, VOUCHED_S_MAX)), at)
        hidden = frozenset[Fault]().union(*(HIDES[fault] for fault in shown))
        found: list[Finding] = []
        for fault in Fault:
            if fault in shown:
                found += self._seen(fault, stands_s, shown[fault], at)
            elif fault not in hidden:
                found += self._not_seen(fault, stands_s, at)
        if not shown and not self.told:
            self._reference.learn(features, stands_s)
        return tuple(found)

    def is_suspicious(self, at: datetime) -> bool:
        """Say whether every key frame is worth looking at for now."""
        return self._ticking.is_suspicious(at)

    def aim(self, view: str | None, at: datetime) -> tuple[Finding, ...]:
        """What a person says the camera is aimed at: forget the reference of another view.

        Returns:
            The end of every fault that was told against the old reference.
        """
        if view == self._view:
            return ()
        self._view, self._reference = view, Reference()
        return tuple(
            self._end(self._cases[fault], finding, at)
            for fault in AGAINST_REFERENCE
            if (finding := self._cases[fault].told) is not None
        )

    def pack(self, boot: str) -> bytes:
        """What a restart must not forget: the reference, and the faults that are told. 30 kB.

        ``boot``: the id of this boot, whose clock the times are of.
        """
        kept = _Kept(self._reference.pack(), self.told, boot, self._view)
        return msgspec.msgpack.encode(kept)

    @classmethod
    def unpack(cls, kept: bytes, boot: str) -> "CameraWatch":
        """The watch that ``pack`` wrote. What was only suspected begins anew.

        In another boot than ``boot`` another clock ran: when a fault began is forgotten then, and
        where an older program did not write the boot down.

        Raises:
            DamagedReferenceError: damaged, or of another version: begin with a new watch.
        """
        watch = cls()
        try:
            found = msgspec.msgpack.decode(kept, type=_Kept)
        except msgspec.MsgspecError as error:
            raise DamagedReferenceError(f"no camera watch: {error}") from error
        watch._reference, watch._view = Reference.unpack(found.reference), found.view
        for finding in found.told:
            is_ours = found.boot == boot
            told = finding if is_ours else replace(finding, began_at=None)
            watch._cases[finding.kind].told = told
        return watch

    def _shown(self, features: Features, since: datetime, at: datetime) -> dict[Fault, datetime]:
        """The faults that this frame shows and none of its others hides; since when."""
        same = (self._still.step(features.small, at), self._ticking.step(features.small, at))
        same_since = min((each for each in same if each is not None), default=None)
        if features.black_share >= BLACK_SHARE_MIN:
            return {Fault.BLACK: since}
        shown = dict.fromkeys(self._against_reference(features), since)
        if same_since is not None and Fault.COVERED not in shown:
            shown[Fault.FROZEN] = same_since
        return shown

    def _against_reference(self, features: Features) -> set[Fault]:
        if Fault.MOVED not in self.judged:
            return set()
        likeness = self._reference.compare(features)
        if likeness.fit < LOOK_FOR_SHIFT_BELOW and self._fits_elsewhere(features, likeness.fit):
            return {Fault.MOVED}
        if likeness.contrast < BARE_CONTRAST_MAX:
            return self._bare(likeness)
        if likeness.soft_share >= SOFT_SHARE_MIN:
            return {Fault.DEFOCUSED}
        return {Fault.MOVED} if likeness.kept < MOVED_KEPT_PART * likeness.usual_kept else set()

    @staticmethod
    def _bare(likeness: Likeness) -> set[Fault]:
        """A picture with little contrast. A lamp that goes out takes light with it."""
        for_its_light = likeness.contrast / min(1.0, likeness.light**2)
        is_lost = likeness.kept < LOST_KEPT_PART * likeness.usual_kept
        if is_lost or for_its_light < LOST_CONTRAST_MAX:
            return {Fault.COVERED}
        return {Fault.DEFOCUSED} if for_its_light < BARE_CONTRAST_MAX else set()

    def _fits_elsewhere(self, features: Features, fit: float) -> bool:
        shift = self._reference.shift_of(features)
        is_better = shift.fit >= max(SHIFT_FIT_MIN, SHIFT_GAIN_MIN * fit)
        return shift.distance >= SHIFT_MIN and is_better

    def _seen(
        self, fault: Fault, stands_s: float, since: datetime, at: datetime
    ) -> tuple[Finding, ...]:
        case = self._cases[fault]
        case.gone_s = 0.0
        if case.seen_s == 0:
            case.began_at = since
        case.seen_s += stands_s
        if case.told is not None or case.seen_s < HOLDS[fault].told_s:
            return ()
        case.told = Finding(fault, case.began_at or since, at, is_over=False)
        return (case.told,)

    def _not_seen(self, fault: Fault, stands_s: float, at: datetime) -> tuple[Finding, ...]:
        case = self._cases[fault]
        if case.told is None:
            # Falls as it rose: one good frame in between does not begin the count anew.
            case.seen_s = max(0.0, case.seen_s - stands_s)
            return ()
        case.gone_s += stands_s
        if case.gone_s < HOLDS[fault].over_s:
            return ()
        return (self._end(case, case.told, at),)

    @staticmethod
    def _end(case: _Case, told: Finding, at: datetime) -> Finding:
        case.seen_s, case.gone_s, case.told = 0.0, 0.0, None
        return replace(told, told_at=at, is_over=True)
