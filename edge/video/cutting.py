"""What becomes of each packet of a camera: where segments are cut, and what time has no footage.

Pure: packets and times come in as values, acts go out; writing files is ``camera_thread``'s.
Times are seconds on the machine's own clock that never steps. Source: design section 8.
"""

from dataclasses import dataclass
from enum import StrEnum

SEGMENT_S_MAX = 10.0
"""Footage is cut at the last key frame before this, if key frames come often enough."""
SEGMENT_S_HARD_MAX = 60.0
"""Without any key frame it is cut here; what follows cannot be shown until the next one."""
SEGMENT_BYTES_MAX = 64 * 1024 * 1024
JUMP_S = 2.0
"""A stream whose own time jumps by more than this has begun anew."""
DRIFT_MAX = 200e-6
"""A camera's clock may lose so much against the machine's: a fifth of a second in 1,000."""
SEAM_S_MAX = 0.1
"""So little between two segments is the seam of a reopened stream, not time without footage."""


class GapReason(StrEnum):
    """Why there is no footage."""

    CAMERA_LOST = "camera_lost"
    STREAM_JUMPED = "stream_jumped"
    NO_KEY_FRAME = "no_key_frame"
    DISK = "disk"
    """The file could not be written."""
    EDGE_DOWN = "edge_down"
    """The program did not run."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet: its place in the stream's own time, and when it had come.

    ``pts_s`` is when its picture is shown and ``length_s`` for how long; ``size`` in bytes.
    """

    pts_s: float
    length_s: float
    is_key: bool
    size: int
    arrived_s: float


@dataclass(frozen=True, slots=True)
class Span:
    """Footage from ``began_s`` to ``ended_s``, give or take ``error_s``."""

    began_s: float
    ended_s: float
    error_s: float
    frames: int


@dataclass(frozen=True, slots=True)
class Gap:
    """No footage from ``began_s`` to ``ended_s``."""

    began_s: float
    ended_s: float
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Begin:
    """A new file begins with the packet that this was told for.

    The answer is :meth:`Cutter.begun`, or :meth:`Cutter.give_up` where the disk refuses the file.
    """


@dataclass(frozen=True, slots=True)
class End:
    """The open file is whole: close it before anything else."""

    span: Span


Act = Begin | End | Gap


@dataclass(slots=True)
class _Open:
    """A segment that is being written; ``delay`` is from a picture's own time to its arrival."""

    first_pts_s: float
    end_pts_s: float
    delay_s_min: float
    delay_s_max: float
    frames: int = 0
    size: int = 0

    @property
    def length_s(self) -> float:
        return self.end_pts_s - self.first_pts_s

    def add(self, packet: Arrival) -> None:
        delay_s = packet.arrived_s - packet.pts_s
        self.delay_s_min = min(self.delay_s_min, delay_s)
        self.delay_s_max = max(self.delay_s_max, delay_s)
        self.end_pts_s = max(self.end_pts_s, packet.pts_s + packet.length_s)
        self.frames += 1
        self.size += packet.size


class Cutter:
    """One camera's footage, from the first packet to the last."""

    def __init__(self, covered_s: float | None) -> None:
        """``covered_s``: footage or a gap is on record until then; None: nothing ever was."""
        self.covered_s = covered_s
        self.is_waiting = True
        self._is_new = covered_s is None
        self._reason = GapReason.EDGE_DOWN
        self._open: _Open | None = None
        self._key_pts_s: float | None = None
        self._last_pts_s: float | None = None
        self._delay_s: float | None = None

    def take(self, packet: Arrival) -> list[Act]:
        """Say what to do before ``packet`` is written; while ``is_waiting`` it is not.

        A file begins with a key frame, so what comes before the first one is dropped.
        """
        is_first = self.covered_s is None or self._reason is GapReason.EDGE_DOWN
        acts = self._hear_first(packet) if is_first else []
        if self._has_jumped(packet):
            acts += self.stop(GapReason.STREAM_JUMPED)
        if self._open is not None and self._is_cut_due(self._open, packet):
            acts += self._end()
        if self._open is not None and not packet.is_key and self._is_too_long(self._open):
            acts += self.stop(GapReason.NO_KEY_FRAME)
        if self._open is None and packet.is_key:
            acts += self._begin(packet)
        if packet.is_key:
            self._key_pts_s = packet.pts_s
        self._last_pts_s = packet.pts_s
        if self._open is not None:
            self._open.add(packet)
        return acts

    def stop(self, reason: GapReason) -> list[Act]:
        """Nothing more comes for now: close what is open; the time until it goes on is a gap."""
        acts = self._end()
        if not self.is_waiting or self._reason is not GapReason.DISK:
            # A camera that is lost while the disk refuses its footage: the disk is still why.
            self._reason = reason
        self.is_waiting = True
        self._delay_s = self._key_pts_s = self._last_pts_s = None
        return acts

    def begun(self) -> list[Act]:
        """The file is there: what time had no footage before its first picture."""
        acts = self._gap_before()
        self.is_waiting = False
        return acts

    def give_up(self, reason: GapReason) -> list[Act]:
        """The open file cannot be kept, or did not begin: its time has no footage.

        While files are refused for the same reason again and again, that is one gap.
        """
        acts = [] if reason is self._reason else self._gap_before()
        self._open = None
        return acts + self.stop(reason)

    def taken(self, packet: Arrival) -> tuple[float, float] | None:
        """When a recorded packet's picture was taken, as its segment will tell it.

        Returns:
            The moment and its error, both in seconds; None: nothing is recorded.
        """
        segment = self._open
        if segment is None or self._delay_s is None:
            return None
        delay_s = min(self._delay_s, segment.delay_s_min)
        return packet.pts_s + delay_s, segment.delay_s_max - delay_s

    def gap_until(self, now_s: float) -> list[Act]:
        """While nothing can be recorded: what has no footage so far; more may follow."""
        if not self.is_waiting or self.covered_s is None or now_s <= self.covered_s:
            return []
        gap = Gap(self.covered_s, now_s, self._reason)
        self._is_new, self.covered_s = False, now_s
        return [gap]

    def _hear_first(self, packet: Arrival) -> list[Act]:
        # The program runs again; from here on something else is why there is no footage.
        acts = self.gap_until(packet.arrived_s)
        self.covered_s = packet.arrived_s
        self._reason = GapReason.NO_KEY_FRAME
        return acts

    def _has_jumped(self, packet: Arrival) -> bool:
        if self._last_pts_s is None:
            return False
        return abs(packet.pts_s - self._last_pts_s) > JUMP_S

    def _is_cut_due(self, segment: _Open, packet: Arrival) -> bool:
        if not packet.is_key or self._key_pts_s is None:
            return False
        next_key_after_s = packet.pts_s - self._key_pts_s
        return segment.length_s + next_key_after_s > SEGMENT_S_MAX

    def _is_too_long(self, segment: _Open) -> bool:
        return segment.length_s >= SEGMENT_S_HARD_MAX or segment.size >= SEGMENT_BYTES_MAX

    def _begin(self, packet: Arrival) -> list[Act]:
        delay_s = packet.arrived_s - packet.pts_s
        if self._delay_s is None:
            self._delay_s = delay_s
        self._open = _Open(packet.pts_s, packet.pts_s, delay_s, delay_s)
        return [Begin()]

    def _gap_before(self) -> list[Act]:
        segment, covered_s = self._open, self.covered_s
        if not self.is_waiting or segment is None or self._delay_s is None or covered_s is None:
            return []
        is_new, self._is_new = self._is_new, False
        began_s = segment.first_pts_s + self._delay_s
        if began_s <= covered_s + SEAM_S_MAX:
            return []
        self.covered_s = began_s
        if is_new:
            # The first key frame there ever was: nobody waited for what came before it.
            return []
        return [Gap(covered_s, began_s, self._reason)]

    def _end(self) -> list[Act]:
        segment, self._open = self._open, None
        if segment is None or self._delay_s is None:
            return []
        # Pictures that waited on their way came late; the one that came soonest tells the time.
        slower_s = self._delay_s + DRIFT_MAX * segment.length_s
        delay_s = min(segment.delay_s_min, slower_s)
        began_s = segment.first_pts_s + self._delay_s
        ended_s = max(began_s, segment.end_pts_s + delay_s)
        self._delay_s = delay_s
        self.covered_s = ended_s
        return [End(Span(began_s, ended_s, segment.delay_s_max - delay_s, segment.frames))]
