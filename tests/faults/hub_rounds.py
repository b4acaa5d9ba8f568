"""Rounds of the forked hub: one armed life, one that comes back, and what must be true after both.

0 lost, 0 doubled, 0 reordered of what was acknowledged; timers once; a mail at least once, always
under its own Message-ID. Source: promise P2, design section 7.
"""

import base64
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from hub.failpoints import Action, FailPoint
from hub.video.media import path_of
from tests.faults.footage_faults import Figures
from tests.faults.hub_lives import KILLED, Life, Live, hub_lives
from tests.faults.hub_truth import stored_lines
from tests.hub_parts import SigningEdge
from tests.integration.hub.footage_uploads import FILM
from wire.lines import line_hash
from wire.names import Result

ENDS_THE_ROLE = frozenset({FailPoint.INGEST_ACKNOWLEDGED, FailPoint.INGEST_ANSWERED})
"""Nobody catches what fails there: the role ends, and its supervisor starts it again."""
HITS_MAX = {"ingest": 3, "footage": 2}
"""How often a scene passes its points for sure; once where nothing is said."""
BATCHES = 3


@dataclass
class HubRounds:
    """Plays rounds against the hub in ``folder`` and remembers what the outside was told."""

    live: Live
    folder: Path
    rng: random.Random
    is_hasty: bool = False
    edge: SigningEdge = field(default_factory=SigningEdge)
    batches: list[tuple[int, bytes]] = field(default_factory=list)
    heads: dict[int, str] = field(default_factory=dict)
    upto: int = 0
    n: int = 0
    mail_ids: set[str] = field(default_factory=set)

    def play(self, point: FailPoint, action: Action) -> None:
        """One round at one place, at a drawn passing of it."""
        scene = point.partition("_")[0]
        hit = self.rng.randint(1, HITS_MAX.get(scene, 1))
        self.n += 1
        armed = f"{point}:{hit}:{action}"
        is_ended = action is Action.FAIL and point in ENDS_THE_ROLE
        status = KILLED if action is Action.KILL else int(is_ended)
        try:
            getattr(self, f"_{scene}")(armed, status)
        except AssertionError as error:
            error.add_note(f"at {armed}, round {self.n}")
            raise

    def _ingest(self, armed: str, status: int) -> None:
        for _ in range(BATCHES):
            self._scan()
        assert self._deliver(armed).status == status
        assert self._deliver("").status == 0
        assert self.upto == self.edge.seq

    def _scan(self) -> None:
        lines = []
        for _ in range(self.rng.randint(1, 3)):
            series = self.rng.choice(("103", "755"))
            result = Result.HV if series == "103" else Result.CLEAR
            code = f"{series}{self.rng.randrange(20):09d}"
            lines.append(self.edge.line(self.edge.scan(code, result=result)))
            self.heads[self.edge.seq] = line_hash(lines[-1])
        self.batches.append((self.edge.seq, self.edge.batch(lines)))

    def _deliver(self, armed: str) -> Life:
        """As an edge does: everything without a receipt, in order, and once more."""
        self.batches = [each for each in self.batches if each[0] > self.upto]
        sent = [base64.b64encode(payload).decode() for _, payload in self.batches]
        life = self.live("ingest", armed, batches=sent, is_hasty=self.is_hasty)
        stored = stored_lines(self.folder)
        promised = max([self.upto, *life.all("acknowledged"), *life.all("receipted")])
        for seq in range(1, promised + 1):
            assert stored.get((self.edge.spool, seq)) == self.heads[seq]
        self.upto = max([self.upto, *life.all("receipted")])
        return life

    def _bodies(self, armed: str, status: int) -> None:
        before = self.live("bodies", armed, n=self.n)
        after = self.live("bodies", n=self.n)
        assert (before.status, after.status) == (status, 0)
        assert after.all("status") == [204]
        self.n += 1
        (kept,) = self.live("bodies", n=self.n).all("bodies")
        # One more than before the last one: the armed one is there once, however often it came.
        assert kept == after.all("bodies")[0] + 1

    def _footage(self, armed: str, status: int) -> None:
        before = self.live("footage", armed, n=self.n)
        after = self.live("footage", n=self.n)
        assert (before.status, after.status) == (status, 0)
        content = self.n.to_bytes(4, "big") + FILM
        assert after.all("have")[0] >= max([0, *before.all("have")])
        assert after.all("have")[-1] == len(content)
        assert path_of(self.folder, sha256(content).hexdigest()).read_bytes() == content

    def _news(self, armed: str, status: int) -> None:
        life = self.live("news", armed, n=self.n)
        assert life.status == status
        if status == 0:
            assert life.all("heard") == life.all("raised")
        self.n += 1
        (asked,) = self.live("news", n=self.n).all("asked")
        assert [asked.count(each) for each in life.all("raised")] == [1]

    def _timer(self, armed: str, status: int) -> None:
        before = self.live("timer", armed, n=self.n, is_new=True)
        after = self.live("timer", n=self.n, is_new=False)
        assert (before.status, after.status) == (status, 0)
        put = before.all("version")[0]
        assert (after.all("version"), after.all("left")) == ([put + 1], [False])

    def _mail(self, armed: str, status: int) -> None:
        before = self.live("mail", armed, n=self.n, is_new=True)
        after = self.live("mail", n=self.n, is_new=False)
        assert (before.status, after.status) == (status, 0)
        (queued,) = before.all("queued")
        taken = before.all("taken") + after.all("taken")
        self.mail_ids.add(queued)
        assert queued in taken
        assert set(taken) <= self.mail_ids
        (sent,) = after.all("sent")
        assert queued in sent


def _catch_the_mutant(playing: HubRounds) -> None:
    """A worker that tells the broker first and stores afterwards, at the same place."""
    playing.is_hasty = True
    try:
        playing.play(FailPoint.INGEST_BEFORE_COMMIT, Action.KILL)
    except AssertionError:
        return
    raise AssertionError("the mutant that acknowledges before it commits was not caught")


def hits_in(log: Path) -> Counter[str]:
    """How often each fail-point was hit, as the programs that wrote the log told."""
    hits: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        if line.startswith('{"event": "fail point"'):
            hits[json.loads(line)["point"]] += 1
    return hits


def play_rounds(folder: Path, rng: random.Random, rounds: int) -> Figures:
    """Rounds through all places in a drawn order; the hits of each."""
    log, home = folder / "hub.log", folder / "hub"
    home.mkdir()
    with hub_lives(home, log) as live:
        playing = HubRounds(live, home, rng)
        for _ in range(rounds):
            places = [(point, action) for point in FailPoint for action in Action]
            rng.shuffle(places)
            for point, action in places:
                playing.play(point, action)
        _catch_the_mutant(playing)
    hits = hits_in(log)
    assert set(hits) == set(FailPoint), "a place was never reached"
    return {"faults": hits.total(), "events": playing.edge.seq, "hits": dict(hits)}
