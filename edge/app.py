"""The whole edge put together: which thread owns what, and how it starts and stops.

Threads: one for each port, the station (core and spool), the uplink (and paho's), the errands
over HTTP, the uploads, the page. They meet only at bounded queues, which are described where
they are.
Source: design section 2.
"""

import sys
import threading
from contextlib import ExitStack
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

import apsw
import structlog

from devices.port_thread import PortThread
from edge.camera_side import CameraSideError, open_cameras
from edge.clock import SystemClock
from edge.config import (
    ConfigError,
    EdgeConfig,
    ScannerTable,
    is_loopback,
    settings_for_tests,
)
from edge.data_dir import DataDir, DataDirError
from edge.enrolment import ENROLLED_NAME, EnrolmentError
from edge.forms import AnyForm
from edge.handheld_store import HandheldStore, PairedHandheld
from edge.hub_side import HubSide, Surroundings
from edge.metrics import Metrics
from edge.open_work import open_work
from edge.page import Page, PageError, PageServer
from edge.scan_lines import last_scans, missing_devices
from edge.scanner_desk import ScannerDesk
from edge.seams import SpoolUnusableError
from edge.session import FixedSession, Session, parse_session
from edge.spool import FILE_NAME, Spool
from edge.spool_reader import SpoolReader
from edge.spool_schema import check_sqlite_version
from edge.station import StationCore
from edge.station_events import (
    Acknowledged,
    FormAnswered,
    FormSent,
    HandheldAnswered,
    HandheldAsked,
    HandheldsChanged,
    Input,
    PackChanged,
    ScannerSetup,
    StationSetup,
)
from edge.station_thread import ForPage, StationThread
from edge.verdict import HeldList, shipped_list
from wire.policy import Policy, parse_policy
from wire.site_pack import EdgePolicy, edge_policy
from wire.wanted import WantedIndex

ID_BYTES = 16
STOP_TIMEOUT_S = 5.0
LAST_LINES = 200
"""So far back a scanner's last scan before a crash is looked for, work that is still open, and
scanners that were lost."""
BODIES_SEARCHED_MAX = 200
BODIES_SEARCHED_BYTES_MAX = 2_000_000
SWITCH_INTERVAL_S = 0.0005
"""Python's own 5 ms would let any busy thread hold up a scan for as long."""

_logger = structlog.get_logger(__name__)


class StartError(Exception):
    """The edge cannot start; one sentence says why: exit 2."""


_START_ERRORS = (
    ConfigError, DataDirError, SpoolUnusableError, PageError, EnrolmentError, CameraSideError,
    OSError, ValueError,
)  # fmt: skip


def program_version() -> str:
    """The installed version; "unpackaged" when run from a source tree."""
    try:
        return version("custos")
    except PackageNotFoundError:
        return "unpackaged"


def shipped_policy() -> Policy:
    """The policy that is part of the program."""
    return parse_policy((files("wire") / "policy.toml").read_bytes())


class Edge:
    """One edge, from its config to its end."""

    def __init__(self, config: EdgeConfig) -> None:
        """Open everything that must be there before the first scan.

        Raises:
            StartError: one sentence.
        """
        self._config = config
        self._ended = threading.Event()
        self._exit_code = 0
        self._sentence: str | None = None
        with ExitStack() as stack:
            try:
                self._open(stack)
            except _START_ERRORS as error:
                raise StartError(str(error)) from error
            self._open_things = stack.pop_all()

    def _open(self, stack: ExitStack) -> None:
        config = self._config
        test_clock, fail_points = settings_for_tests(config)
        clock = SystemClock(test_clock)
        check_sqlite_version(apsw.sqlite_lib_version())
        self._check_token()
        data_dir = DataDir(config.data_dir)
        stack.callback(data_dir.close)
        around = Surroundings(
            config=config,
            clock=clock,
            metrics=Metrics(),
            fail_points=fail_points,
            directory=data_dir.path,
            run_id=_new_id(clock),
            version=program_version(),
        )
        path = data_dir.path / FILE_NAME
        spool = Spool(path, _new_id(clock), fail_points=fail_points)
        stack.callback(spool.close)
        readers = (SpoolReader(path), SpoolReader(path))
        for reader in readers:
            stack.callback(reader.close)
        page = Page(
            around.metrics,
            self.is_ready,
            self._acknowledge,
            self._take_form,
            self._ask_for_handheld,
            clock.mono_ns,
            clock.now,
            has_tls=not is_loopback(config.listen_address()[0]),
        )
        certificate = config.station.certificate()
        self._server = PageServer(page, *config.listen_address(), certificate)
        stack.callback(self._server.stop, STOP_TIMEOUT_S)
        shipped = shipped_policy()
        policy = edge_policy(shipped)
        wanted = shipped_list(policy.waybill)
        refused = partial(self._end, 2)
        self._cameras = open_cameras(around, shipped, self._to_station)
        self._hub_side = HubSide(
            around, readers, wanted, self._to_station, refused, self._cameras.sender
        )
        core = self._make_core(around, spool, readers[0], policy)
        self._station = StationThread(
            core,
            spool,
            clock,
            around.metrics,
            fail_points,
            show=page.show,
            answer=partial(_answer, page),
            answer_cameras=self._cameras.answer,
            to_uplink=self._hub_side.tell,
            on_bodies=self._hub_side.deliver_bodies,
            on_crash=partial(self._end, 1, "the station failed; see the log"),
        )
        self._ports = {
            scanner.id: PortThread(
                scanner.id,
                scanner.url,
                self._to_station,
                clock.mono_ns,
                peers=scanner.peer_networks(),
            )
            for scanner in config.scanner
        }
        for name, port in self._ports.items():
            _watch(around.metrics, name, port, core.desks[name])

    def _check_token(self) -> None:
        config = self._config
        is_enrolled = (config.data_dir / ENROLLED_NAME).exists()
        if not (is_enrolled or config.token() or config.may_enrol_without_token()):
            raise StartError(
                "hub.token is missing: this edge is not enrolled, and only a hub on this machine "
                f"takes one without; print one with: custos-hub enrol {config.site} {config.edge}"
            )

    def _make_core(
        self, around: Surroundings, spool: Spool, reader: SpoolReader, policy: EdgePolicy
    ) -> StationCore:
        config, test_clock = self._config, around.clock.test_clock
        setup = StationSetup(
            site=config.site,
            edge=config.edge,
            boot=around.clock.boot_id(),
            version=around.version,
            test_clock=str(test_clock) if test_clock else None,
            policy=policy,
            scanners=tuple(_scanner_setup(scanner) for scanner in config.scanner),
        )
        bodies = reader.bodies(BODIES_SEARCHED_MAX, BODIES_SEARCHED_BYTES_MAX)
        membership = self._hub_side.membership
        lines = reader.last_lines(LAST_LINES)
        store = HandheldStore(around.directory)
        return StationCore(
            setup,
            spool,
            around.clock,
            HeldList(WantedIndex(shipped_list(policy.waybill)), None),
            membership.site_salt if membership else None,
            _kept_sessions(spool),
            last_scans(lines, bodies, spool.id),
            open_work(lines),
            store,
            _paired(store),
            missing_devices(lines),
        )

    def _to_station(self, event: Input) -> None:
        if isinstance(event, PackChanged):
            self._cameras.adopt(event.pack)
        self._station.put(event)

    def _acknowledge(self, alarm_seq: int) -> None:
        self._station.put_or_drop(Acknowledged(alarm_seq))

    def _take_form(self, form: AnyForm) -> bool:
        return self._station.put_or_drop(FormSent(form))

    def _ask_for_handheld(self, asked: HandheldAsked) -> bool:
        return self._station.put_or_drop(asked)

    # ------------------------------------------------------------ life

    @property
    def url(self) -> str:
        """The station page's address."""
        return self._server.url

    def is_ready(self) -> bool:
        """Say whether scans are judged and recorded; ports may be down."""
        return self._station.is_running()

    def start(self) -> None:
        """Start every thread."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._station.start(self._ports)
        for port in self._ports.values():
            port.start()
        self._server.start()
        self._hub_side.start()
        self._cameras.start()

    def end(self) -> None:
        """Ask for a clean end; safe in a signal handler."""
        self._ended.set()

    def _end(self, exit_code: int, sentence: str) -> None:
        self._exit_code, self._sentence = exit_code, sentence
        self._ended.set()

    def wait(self) -> tuple[int, str | None]:
        """Wait for the end; the exit code, and the sentence that explains it."""
        self._ended.wait()
        return self._exit_code, self._sentence

    def stop(self) -> None:
        """Stop every thread: first what brings scans, last what records them."""
        stuck = self._cameras.stop(STOP_TIMEOUT_S)
        stuck += [name for name, port in self._ports.items() if not port.stop(STOP_TIMEOUT_S)]
        stuck += self._hub_side.stop(STOP_TIMEOUT_S)
        if not self._station.stop(STOP_TIMEOUT_S):
            stuck.append("station")
        if stuck:
            # They may still use what is open; the end of the process closes it.
            _logger.warning("threads did not end in time", threads=stuck)
            return
        self._open_things.close()


def _answer(page: Page, answered: ForPage) -> None:
    match answered:
        case FormAnswered():
            page.answer(answered.key, answered.refusal)
        case HandheldAnswered():
            page.handheld.answer(answered.key, answered.answer)
        case HandheldsChanged():
            page.handheld.admit(answered.by_token)


def _watch(metrics: Metrics, name: str, port: PortThread, desk: ScannerDesk) -> None:
    metrics.port_crashes.labels(name).set_function(lambda: port.crashes)
    metrics.noise_bytes.labels(name).set_function(lambda: desk.framer.noise_bytes)


def _new_id(clock: SystemClock) -> str:
    return clock.random_bytes(ID_BYTES).hex()


def _scanner_setup(scanner: ScannerTable) -> ScannerSetup:
    fixed = FixedSession(badge=scanner.by, step=scanner.step, place=scanner.place)
    return ScannerSetup(scanner.id, scanner.scanner_protocol(), fixed)


def _paired(store: HandheldStore) -> tuple[PairedHandheld, ...]:
    try:
        return store.load()
    except (OSError, ValueError) as error:
        # Cables work all the same; each handheld has to be paired again, and keeps its queue.
        _logger.error("paired handhelds not readable", reason=str(error))
        return ()


def _kept_sessions(spool: Spool) -> dict[str, Session]:
    sessions = {}
    for device, state in spool.sessions().items():
        try:
            sessions[device] = parse_session(state)
        except ValueError as error:
            # Another version's: people scan their badge again, nothing else is lost.
            _logger.warning("session not readable", device=device, reason=str(error))
    return sessions
