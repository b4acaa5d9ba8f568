"""The hub's machine: its store, clock and keys, and the ingest that is started on it again.

The real worker, intake, rooms and routes over a real SQLite store, whose file lies in memory. A
kill takes what was not committed; a commit can fail, or say that it failed although it happened.
"""

import threading
from collections import Counter
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from edge.hub_http import BODIES_PATH, PACK_PATH, WANTED_PATH, HubRefusedError, HubUnreachableError
from hub.access import api
from hub.access.service import Enrolment
from hub.app import make_projections
from hub.db.engine import Database, sqlite_module
from hub.heartbeat import Role
from hub.ingest.intake import Incoming
from hub.ingest.worker import Worker
from hub.network import EMPTY
from hub.roles import RoleContext, make_chains, make_search
from hub.wanted.service import WantedError, current_list
from hub.web.context import HubContext
from hub.web.problems import ProblemError
from ledger.signing import peek
from tests.simulation.broker import Broker
from tests.simulation.edge_truth import Lists
from tests.simulation.hub_process import HubProcess
from tests.simulation.template import FILE, Template
from tests.simulation.world import SECOND, Clock, Died, World
from wire.limits import SNAPSHOT_BYTES_MAX
from wire.messages import WantedSnapshot

RESTART_MS = 3 * SECOND
_ROUTES = {
    BODIES_PATH: api._keep_bodies,
    WANTED_PATH: api._fetch_wanted,
    PACK_PATH: api._fetch_pack,
}


class Store(Database):
    """The day's store; ``fails``: so many of the next commits, and whether each has happened."""

    def __init__(self, inner: Database, passes: Callable[[str], None]) -> None:
        self.inner = inner
        self.passes = passes
        self.fails: list[bool] = []

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self.inner.writing() as tx:
            yield tx
            self.passes("before the commit")
            self._refuse(happened=False)
        self.passes("after the commit")
        self._refuse(happened=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.inner.reading() as tx:
            yield tx

    def _refuse(self, *, happened: bool) -> None:
        if self.fails and self.fails[-1] is happened:
            self.fails.pop()
            raise OperationalError("COMMIT", {}, Exception("the disk refuses"))


class Stop(threading.Event):
    """Tells a worker to end; who waits for it waits not at all."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


class HubMachine:
    """The machine of the hub; ``process`` is None while its ingest does not run."""

    def __init__(
        self, world: World, template: Template, broker: Broker, lists: Lists, kind: type[Worker]
    ) -> None:
        self.world, self.template, self.broker, self.lists = world, template, broker, lists
        self.kind = kind
        self.clock = Clock(world, world.rng.randrange(-500, 500), world.rng.randrange(-20, 20))
        template.renew()
        self.hits: Counter[str] = Counter()
        self._dies_at: dict[str, int] = {}
        self.store = Store(template.database, self.hit)
        self.keys = template.keys
        self.role = self._make_role()
        self.projections = make_projections(self.role)
        self.web = self._make_web()
        self.process: HubProcess | None = None
        self.ever_stored: Counter[str] = Counter()
        """How far each spool was committed at most; a store that is put back has less."""
        self.doubted: Container[str] = ()
        """Spools of which an edge holds another history than it did."""
        self.stalls_until_ms = 0
        self.is_reachable = True
        self.backup: Path | None = None
        self.lost_unnoticed = False
        """Bodies were lost without a line, so that no edge notices (docs/adr/0035)."""
        self._looking: Any = None

    def _make_role(self) -> RoleContext:
        template = self.template
        return RoleContext(
            role=Role.INGEST,
            settings=template.settings,
            policy=template.policy,
            own_policy_keys=frozenset(),
            network=EMPTY,
            clock=self.clock,
            database=self.store,
            keys=self.keys,
            stop=Stop(),
            listen_fd=None,
        )

    def _make_web(self) -> HubContext:
        template, role = self.template, self.role
        return HubContext(
            database=self.store,
            keys=self.keys,
            clock=self.clock,
            policy=role.policy,
            own_policy_keys=role.own_policy_keys,
            network=role.network,
            search=make_search(template.settings, role.policy, role.network, self.keys, self.clock),
            chains=make_chains(role.policy, role.network),
            mqtt="mqtt://127.0.0.1:1883",
            enrolment=Enrolment.TOKEN,
            test_clock=None,
            data_dir=template.folder,
        )

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """The program, from its store."""
        if self.process is None:
            self.process = HubProcess(self)
            self.process.start()

    def kill(self) -> None:
        """SIGKILL of the hub; the supervisor starts it again."""
        if self.process is not None:
            self.process.end()
            self.process = None
        self.store.fails.clear()
        self.world.after(RESTART_MS, self.start)

    def back_up(self) -> None:
        """Keep a copy of the store."""
        self._look_away()
        self.backup = self.template.folder / "backup"
        self.template.copy_to(self.backup)

    def restore(self) -> None:
        """The store is lost; the hub goes on with the copy."""
        if self.backup is not None:
            before = self._lines_and_bodies()
            self.kill()
            self._look_away()
            self.template.renew(self.backup)
            lines, bodies = self._lines_and_bodies()
            self.lost_unnoticed |= lines == before[0] and bodies != before[1]

    def _lines_and_bodies(self) -> tuple[object, object]:
        lines = self.look("SELECT spool, upto_seq FROM spool_head ORDER BY spool")
        return lines, self.look("SELECT count(*) FROM private_body")

    def heal(self) -> None:
        """Nothing fails any more."""
        self.store.fails.clear()
        self._dies_at.clear()
        self.stalls_until_ms = 0
        self.is_reachable = True

    def take_down(self) -> None:
        """The day is over."""
        if self.process is not None:
            self.process.end()
            self.process = None
        self._look_away()

    def die_at(self, point: str, passing: int) -> None:
        """Let the program be killed when it passes a point for the so-manieth time from now."""
        self._dies_at[point] = passing

    def hit(self, point: str) -> None:
        """The program passes a point."""
        self.hits[point] += 1
        left = self._dies_at.get(point)
        if left is not None:
            self._dies_at[point] = left - 1
            if left <= 1:
                del self._dies_at[point]
                self.world.fault(f"hub killed: {point}")
                raise Died(self.kill)

    def heads(self) -> dict[str, int]:
        """How far each spool is committed."""
        found: dict[str, int] = dict(self.look("SELECT spool, upto_seq FROM spool_head"))
        self.ever_stored |= Counter(found)
        return found

    def look(self, query: str) -> list[Any]:
        """What is committed, seen from outside and without the hub's own means."""
        if self._looking is None:
            path = str(self.template.folder / FILE)
            self._looking = sqlite_module().connect(path)
        return list(self._looking.execute(query).fetchall())

    def _look_away(self) -> None:
        if self._looking is not None:
            self._looking.close()
            self._looking = None

    # ------------------------------------------------------------ what others ask of it

    def incoming(self, topic: str, payload: bytes) -> Incoming:
        """A message as the hub's link hands it on."""
        return Incoming(topic, payload, self.clock.now())

    def post(self, path: str, message: bytes, answer_bytes_max: int) -> bytes:
        """Answer an edge's errand; the way there can fail, and the way back."""
        if self.process is None or not self.is_reachable or self.world.chance(0.02):
            raise HubUnreachableError("no answer")
        try:
            response = _ROUTES[path](self.web, message)
        except ProblemError as error:
            raise HubRefusedError(error.status) from error
        except OperationalError as error:
            raise HubUnreachableError("503") from error
        except Died as death:
            death.bury()
            raise HubUnreachableError("cut off") from None
        if self.world.chance(0.02):
            raise HubUnreachableError("the answer is lost")
        answer = bytes(response.body)
        assert len(answer) <= answer_bytes_max
        if path == WANTED_PATH:
            snapshot = peek(answer, SNAPSHOT_BYTES_MAX)
            assert isinstance(snapshot, WantedSnapshot)
            with self.template.database.reading() as tx:
                self.lists.signed(
                    snapshot.head.version, snapshot.head.list_sha256, current_list(tx)
                )
        return answer

    def work(self, act: Callable[[Connection], object]) -> bool:
        """Somebody does something at the hub's console; say whether it was done."""
        if self.process is None:
            return False
        try:
            with self.store.writing() as tx:
                act(tx)
        except (OperationalError, WantedError):
            return False
        self.process.has_news()
        return True
