"""The handhelds of this station: who is paired, and what each hands in.

No thread, no I/O of its own: spool and store are arguments. A handheld's scan goes the way of a
cabled one; its place in the handheld's queue is part of the same commit, so that what was handed in
twice is stored once, whichever of the two deaths came in between. Source: docs/adr/0021.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from edge.excerpt import ListSource
from edge.feedback_log import Draft, FeedbackLog
from edge.forms import HandheldForm, PairForm, Refusal, RevokeForm
from edge.handheld_desk import HandheldDesk, ScanningFor, make_pull
from edge.handheld_store import HANDHELDS_MAX, PairedHandheld, token_sha256
from edge.handheld_talk import (
    HandIn,
    HandInAnswer,
    HandInProblem,
    ListAsk,
    PairAsk,
    Paired,
    PairRefusal,
    Told,
)
from edge.page_state import HandheldsView, HandheldView, ListView, PairingView
from edge.pairing import CODE_BYTES, Pairing, make_code
from edge.scanning import Pull, Scanned
from edge.screen import screen_of
from edge.seams import Clock, SpoolError, SpoolWriter
from edge.session import EMPTY, Session
from edge.station_events import (
    FormAnswered,
    HandheldAnswered,
    HandheldAsked,
    HandheldsChanged,
    NotRecorded,
    Output,
    StationSetup,
)
from edge.timekeeper import Timekeeper
from edge.views import session_view
from edge.workplace import Known
from wire.names import format_at

TOKEN_BYTES = 32


class PairedStore(Protocol):
    """Where paired handhelds are kept (``edge.handheld_store``)."""

    def save(self, handhelds: tuple[PairedHandheld, ...]) -> None:
        """Keep these and no others.

        Raises:
            OSError: the old ones stand.
        """


class Handhelds:
    """All of them, and the code that pairs the next."""

    def __init__(
        self,
        setup: StationSetup,
        known: Known,
        spool: SpoolWriter,
        clock: Clock,
        time: Timekeeper,
        feedback: FeedbackLog,
        store: PairedStore,
        paired: Iterable[PairedHandheld],
        sessions: Mapping[str, Session],
        scanning: ScanningFor,
    ) -> None:
        """``paired`` and ``sessions`` (by device): as the disk has them."""
        self._setup = setup
        self._known = known
        self._spool = spool
        self._clock = clock
        self._time = time
        self._feedback = feedback
        self._store = store
        self._pairing = Pairing()
        self._scanning = scanning
        self.desks = {
            each.name: HandheldDesk(each, sessions.get(each.name, EMPTY), self._scanning)
            for each in paired
        }

    def changed(self) -> HandheldsChanged:
        """Who may come in, for the page."""
        return HandheldsChanged(
            {desk.paired.token_sha256: name for name, desk in self.desks.items()}
        )

    def answer(self, asked: HandheldAsked) -> list[Output]:
        """Take what came over the network."""
        if isinstance(asked.ask, PairAsk):
            return self._pair(asked.key, asked.ask)
        desk = self.desks.get(asked.device or "")
        if desk is None or desk.paired.token_sha256 != asked.token_sha256:
            return [HandheldAnswered(asked.key, HandInProblem.NOT_PAIRED)]
        desk.seen_ms = self._clock.boottime_ms()
        if isinstance(asked.ask, ListAsk):
            known = self._known
            source = ListSource(known.site, known.held, known.policy, known.roster.version)
            return [HandheldAnswered(asked.key, source)]
        desk.work.source = asked.source
        return self._take(desk, asked.key, asked.ask, asked.read_ns)

    # ------------------------------------------------------------ pairing

    def obey(self, form: HandheldForm) -> list[Output]:
        """Take a form of the station page: a person stands there."""
        match form:
            case PairForm():
                return [FormAnswered(form.key, self._begin(form.name))]
            case RevokeForm():
                return self._revoke(form)

    def _begin(self, name: str) -> Refusal | None:
        if any(scanner.id == name for scanner in self._setup.scanners):
            return Refusal.NAME_TAKEN
        if len(self.desks) >= HANDHELDS_MAX and name not in self.desks:
            return Refusal.TOO_MANY
        code = make_code(self._clock.random_bytes(CODE_BYTES))
        self._pairing.begin(name, code, self._clock.boottime_ms())
        return None

    def _pair(self, key: str, ask: PairAsk) -> list[Output]:
        name = self._pairing.redeem(ask.code, self._clock.boottime_ms())
        if isinstance(name, PairRefusal):
            return [HandheldAnswered(key, name)]
        token = self._clock.random_bytes(TOKEN_BYTES).hex()
        paired = PairedHandheld(
            name=name,
            token_sha256=token_sha256(token),
            queue=ask.queue,
            paired_at=format_at(self._clock.now()),
        )
        # The same browser under another name before: it is one handheld, and one queue.
        others = {
            known: desk
            for known, desk in self.desks.items()
            if known != name and desk.paired.queue != ask.queue
        }
        try:
            self._store.save((*(desk.paired for desk in others.values()), paired))
        except OSError:
            return [HandheldAnswered(key, PairRefusal.DISK)]
        session = self.desks[name].work.session if name in self.desks else EMPTY
        self.desks = {**others, name: HandheldDesk(paired, session, self._scanning)}
        self._pairing.end()
        return [self.changed(), HandheldAnswered(key, Paired(device=name, token=token))]

    def _revoke(self, form: RevokeForm) -> list[Output]:
        left = {name: desk for name, desk in self.desks.items() if name != form.name}
        if len(left) == len(self.desks):
            return [FormAnswered(form.key, Refusal.NOT_PAIRED)]
        try:
            self._store.save(tuple(desk.paired for desk in left.values()))
        except OSError:
            return [FormAnswered(form.key, Refusal.DISK)]
        self.desks = left
        return [self.changed(), FormAnswered(form.key, None)]

    # ------------------------------------------------------------ scans

    def _take(self, desk: HandheldDesk, key: str, said: HandIn, read_ns: int) -> list[Output]:
        if said.queue != desk.paired.queue:
            return [HandheldAnswered(key, HandInProblem.OTHER_QUEUE)]
        try:
            # Asked of the disk each time: a commit that failed may have happened.
            durable = self._spool.handed_in(said.queue)
        except SpoolError as error:
            return [
                HandheldAnswered(key, HandInProblem.DISK),
                NotRecorded(str(error), scans=0),
            ]
        # A spool that was put back from a copy knows less than it once acknowledged.
        upto = max(durable, said.forgotten)
        new = [scan for scan in said.scans if scan.n > upto]
        outputs: list[Output] = []
        told = []
        problem = None
        for code in new:
            pull = make_pull(said, code, read_ns, self._clock.now())
            found = desk.scanning.scan(desk.work, pull)
            if isinstance(found, NotRecorded):
                outputs.append(found)
                problem = HandInProblem.DISK
                break
            upto = code.n
            outputs.append(found.recorded)
            told.append(self._tell(desk, code.n, found, is_live=_is_live(pull)))
        answer = self._say(desk, upto, problem, tuple(told))
        return [*outputs, HandheldAnswered(key, answer)]

    def _tell(self, desk: HandheldDesk, n: int, found: Scanned, *, is_live: bool) -> Told:
        view = desk.screen.latest_scan()
        assert view is not None  # it was shown a moment ago
        if is_live:
            # What was kept was answered by the handheld then: ``queued`` says how.
            draft = Draft(
                found.seq,
                desk.work.device,
                desk.work.source,
                found.by,
                found.signal,
                found.commit_us,
                found.durable_ns,
                is_answered=True,
            )
            self._feedback.open(draft)
        return Told(n=n, screen=screen_of(view), scan=view)

    def _say(
        self,
        desk: HandheldDesk,
        upto: int,
        problem: HandInProblem | None,
        told: tuple[Told, ...],
    ) -> HandInAnswer:
        now, known, setup = self._clock.now(), self._known, self._setup
        hub_now = self._time.hub_time(now)
        return HandInAnswer(
            site=setup.site,
            edge=setup.edge,
            device=desk.work.device,
            version=setup.version,
            at=format_at(now),
            upto=upto,
            problem=problem,
            told=told,
            session=session_view(desk.work.device, desk.work.shown(known, now), known.roster),
            list=ListView(
                version=known.held.version,
                age_s=known.held.age_s(hub_now),
                stale=known.held.is_stale(hub_now, known.policy.list),
                problem=None,
            ),
            pack_version=known.roster.version,
            guard_ms=known.policy.scan.repeat_guard_ms,
        )

    # ------------------------------------------------------------ the station page

    def view(self) -> HandheldsView:
        """The handhelds for the station page, by name, and the code while it counts."""
        now_ms = self._clock.boottime_ms()
        shown = self._pairing.shown(now_ms)
        pairing = None
        if shown is not None:
            left_s = (shown.until_ms - now_ms + 999) // 1000
            pairing = PairingView(name=shown.name, code=shown.code, left_s=left_s)
        paired = tuple(
            HandheldView(
                id=name,
                seen_age_s=None if desk.seen_ms is None else (now_ms - desk.seen_ms) // 1000,
            )
            for name, desk in sorted(self.desks.items())
        )
        return HandheldsView(pairing=pairing, paired=paired)


def _is_live(pull: Pull) -> bool:
    return pull.handed_in is not None and pull.handed_in.kept is None
