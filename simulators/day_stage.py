"""Play a carrier's day on simulated scanners, and the scenes at the gate in its pauses.

Shell. Pulls, typed entries and REST calls are done at their simulated time, or as soon as may be
after it; a scene's beat comes whenever the pause of the one before is over.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from simulators.answers import Answer
from simulators.captions import MARK, Caption
from simulators.carrier.pulls import Call, Doing, Pull, Typed
from simulators.carrier.world import World
from simulators.day_queue import DayQueue
from simulators.demo_day import DESK
from simulators.hub_rest import HubRest, HubRestError
from simulators.play import Beat
from simulators.simulated_scanner import SimulatedScanner
from simulators.stage import Stage
from simulators.teller import Teller
from simulators.typist import Typist, TypistError
from wire.names import parse_at

GUARD_S = 0.35
"""A little longer than the stations take two equal codes for one scan (policy: repeat_guard_ms).
That is real time: in a fast day a parcel that is accepted and handed over at once needs it."""
MARGIN_S = 3.0
"""No work begins so shortly before a shift's end, nor after it: programs answer in real time."""
CLOCK_TRIES_MAX = 50
BEHIND_MAX = timedelta(hours=1)
"""Work that is done so long after its time is a day of its own: an onlooker has to know."""
NAP_S = 0.2
"""Nobody waits longer than this without a look around."""

Scanners = dict[tuple[str, str], SimulatedScanner]
"""By site and device."""


class Looker(Protocol):
    """Somebody who looks around while the day passes, and does what is due."""

    def look(self, now: datetime) -> None:
        """``now`` is the day's time."""


class DayStage:
    """The carrier's scanners and station pages; clock, voice and children are the scenes'."""

    def __init__(
        self,
        scanners: Scanners,
        typists: dict[str, Typist],
        hub: HubRest,
        world: World,
        scenes: Stage,
        see: Callable[[Pull], None],
    ) -> None:
        """``typists`` by site; ``see``: who looks on at each pull."""
        self._scanners, self._typists = scanners, typists
        self._hub, self._world = hub, world
        self._scenes, self._see = scenes, see
        self._teller = Teller.of(world.people)
        self._beat_at: datetime | None = None
        self._behind: dict[str, timedelta] = {}
        self._answered_s: dict[tuple[str, str, str], float] = {}
        self._is_behind = False
        self.pulls = 0

    def wait_hosts(self) -> None:
        """Wait until every scanner's cable is open at its edge."""
        for scanner in self._scanners.values():
            self._scenes.wait_host(scanner)

    def compare_clocks(self) -> None:
        """Learn how far each site's clock is behind ours: programs take a while to start.

        Raises:
            ChildDiedError, StopRequestedError: see :meth:`Children.pause`.
        """
        for _ in range(CLOCK_TRIES_MAX):
            try:
                edges = self._hub.get("edges")["items"]
            except HubRestError as error:
                self.surprise("hub", str(error))
                return
            told = [each for each in edges if (each["clock"] or {}).get("offset_ms") is not None]
            if len(told) == len(self._typists):
                break
            self._scenes.pause(NAP_S)
        for each in told:
            offset = timedelta(milliseconds=each["clock"]["offset_ms"])
            its_now = parse_at(each["last_state_at"]) - offset
            self._behind[each["site"]] = self._scenes.clock.now() - its_now

    def play(
        self, doings: Iterable[Doing], beats: Iterator[Beat], lookers: Sequence[Looker]
    ) -> None:
        """Play the days, and scenes meanwhile and afterwards, until there are no more scenes.

        Raises:
            ChildDiedError, StopRequestedError: see :meth:`Children.pause`.
        """
        queue = DayQueue(doings)
        while (turn := queue.next()) is not None:
            while self._look_around(beats, lookers):
                wait_s = self._scenes.clock.wait_s(turn.due_at)
                if wait_s == 0:
                    break
                self._scenes.pause(min(wait_s, NAP_S))
            else:
                return
            until = self._best_begun_at(turn.doing)
            if until is None:
                self._say_if_behind(turn.due_at)
                self._do(turn.doing)
            else:
                queue.put_off(turn, until)
        while self._look_around(beats, lookers):
            self._scenes.pause(NAP_S)

    def _look_around(self, beats: Iterator[Beat], lookers: Sequence[Looker]) -> bool:
        """Let everybody look, and play a beat if one is due; False once there are no more."""
        clock = self._scenes.clock
        for each in lookers:
            each.look(clock.now())
        if self._beat_at is not None and clock.wait_s(self._beat_at) > 0:
            return True
        beat = next(beats, None)
        if beat is None:
            return False
        self._beat_at = self._scenes.perform(beat)
        return True

    def _say_if_behind(self, due_at: datetime) -> None:
        """Once: the programs' clocks do not wait for a machine that scans too slowly."""
        behind = self._scenes.clock.now() - due_at
        if behind > BEHIND_MAX and not self._is_behind:
            self._is_behind = True
            hours = behind / timedelta(hours=1)
            self.tell("", f"此机太慢，这一天晚了 {hours:.1f} 小时，会误报；请用更小的 --speed")
            self.tell(
                "", f"this machine is too slow: the day is {hours:.1f} h late, parcels will be"
            )
            self.tell("", "suspected that only wait for their scan; use a smaller --speed")

    def tell(self, site: str, words: str) -> None:
        """One line under the day's time."""
        self._scenes.tell(site, "", words)

    def announce(self, site: str, words: Caption) -> None:
        """A chapter of the story, in lines that stand out among the day's work."""
        for line in words:
            self._scenes.tell(site, "", f"{MARK} {line}")

    def surprise(self, site: str, words: str) -> None:
        """Something went otherwise than the day expects."""
        self._scenes.surprise(site, "", words)

    def answer_search(self, site: str, incident: int) -> None:
        """The keeper on duty signs on and answers: nothing found (HV-2.11.2)."""
        keeper = self._world.receiver_at(site, self._scenes.clock.now())
        desk = self._scanners[site, DESK]
        try:
            desk.scan(f"CX:BY:{keeper}")
            self._typists[site].answer_search(DESK, incident, found=False)
            desk.scan("CX:END")
        except TypistError as error:
            self.surprise(site, str(error))

    def _do(self, doing: Doing) -> None:
        try:
            match doing:
                case Pull():
                    self._pull(doing)
                case Typed():
                    self._typists[doing.site].sign(doing.waybill, doing.text)
                case Call():
                    self._hub.send(doing.method, doing.path, doing.body)
        except TypistError as error:
            self.surprise(doing.site if isinstance(doing, Typed) else "", str(error))
        except HubRestError as error:
            self.surprise("hub", str(error))

    def _pull(self, pull: Pull) -> None:
        answer = self._scan_apart(pull)
        self.pulls += 1
        self._see(pull)
        expected, heard = self._teller.expects(pull), answer.signal if answer else None
        line = self._teller.hear(pull)
        if line is not None:
            self._scenes.tell(pull.site, pull.device, line)
        if heard not in expected:
            words = f"{pull.code} 应为 expected {'|'.join(expected)}, 实为 heard {heard}"
            self._scenes.surprise(pull.site, pull.device, words)

    def _best_begun_at(self, doing: Doing) -> datetime | None:
        """When to begin work that a shift's end would cut; the day plans so, but may run late."""
        if not isinstance(doing, Pull) or self._teller.is_working(doing):
            return None
        behind = self._behind.get(doing.site, timedelta())
        now = self._scenes.clock.now() - behind
        margin = timedelta(seconds=MARGIN_S) * self._scenes.clock.rate
        end = self._world.next_shift_end(doing.site, now - margin)
        return end + margin + behind if abs(end - now) < margin else None

    def _scan_apart(self, pull: Pull) -> Answer | None:
        """Scan no code twice within the guard; it counts from the answer to the first."""
        key = (pull.site, pull.device, pull.code)
        since_s = time.monotonic() - self._answered_s.get(key, -GUARD_S)
        if since_s < GUARD_S:
            self._scenes.pause(GUARD_S - since_s)
        answer = self._scanners[pull.site, pull.device].scan(pull.code)
        now_s = time.monotonic()
        recent = {k: at_s for k, at_s in self._answered_s.items() if now_s - at_s < GUARD_S}
        self._answered_s = recent | {key: now_s}
        return answer
