"""The whole edge put together: which thread owns what, and how it starts and stops.

Threads: one for each port, the station (core and spool), the uplink (and paho's), the errands
over HTTP, the page. They meet only at bounded queues, which are described where they are.
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
from edge.broker_link import BrokerAddress
from edge.clock import SystemClock
from edge.config import ConfigError, EdgeConfig, settings_for_tests
from edge.data_dir import DataDir, DataDirError
from edge.enrolment import Enrolment, EnrolmentError, Membership, load_or_make_key
from edge.errand_thread import ErrandThread
from edge.errands import DeliverBodies, Enrol, FetchWanted
from edge.hub_http import HubHttp
from edge.metrics import Metrics
from edge.page import Page, PageError, PageServer
from edge.scan_lines import last_scans
from edge.seams import SpoolUnusableError
from edge.session import FixedSession, Session, parse_session
from edge.spool import FILE_NAME, Spool
from edge.spool_reader import SpoolReader
from edge.spool_schema import check_sqlite_version
from edge.station import StationCore
from edge.station_events import (
    Acknowledged,
    DevicesChanged,
    Enrolled,
    ScannerSetup,
    StationSetup,
)
from edge.station_thread import ForUplink, StationThread
from edge.uplink import Uplink
from edge.uplink_core import UplinkCore, UplinkSetup
from edge.uplink_events import SnapshotArrived
from edge.verdict import HeldList, shipped_list
from edge.wanted import KeptList, WantedKeeper
from edge.wanted_store import KeptListError, WantedStore
from wire.policy import Policy, parse_policy
from wire.wanted import WantedIndex

ID_BYTES = 16
STOP_TIMEOUT_S = 5.0
LAST_LINES = 200
"""So far back a scanner's last scan before a crash is looked for."""
BODIES_SEARCHED_MAX = 200
BODIES_SEARCHED_BYTES_MAX = 2_000_000
SWITCH_INTERVAL_S = 0.0005
"""Python's own 5 ms would let any busy thread hold up a scan for as long."""

_logger = structlog.get_logger(__name__)


class StartError(Exception):
    """The edge cannot start; one sentence says why: exit 2."""


_START_ERRORS = (
    ConfigError, DataDirError, SpoolUnusableError, PageError, EnrolmentError, OSError, ValueError,
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
        test_clock, self._fail_points = settings_for_tests(config)
        self._clock = SystemClock(test_clock)
        self._run_id = self._clock.random_bytes(ID_BYTES).hex()
        self._metrics = Metrics()
        check_sqlite_version(apsw.sqlite_lib_version())
        data_dir = DataDir(config.data_dir)
        stack.callback(data_dir.close)
        directory = data_dir.path
        self._key = load_or_make_key(directory, self._clock)
        self._enrolment = Enrolment(directory, config.site, config.edge, self._key, config.token())
        self._membership = self._enrolment.load()
        if self._membership is None and not self._may_enrol():
            raise StartError(
                "hub.token is missing: this edge is not enrolled, and only a hub on this machine "
                f"takes one without; print one with: custos-hub enrol {config.site} {config.edge}"
            )
        self._store = WantedStore(directory, config.site, config.edge)
        spool_path = directory / FILE_NAME
        new_id = self._clock.random_bytes(ID_BYTES).hex()
        self._spool = Spool(spool_path, new_id, fail_points=self._fail_points)
        stack.callback(self._spool.close)
        self._uplink_reader = SpoolReader(spool_path)
        stack.callback(self._uplink_reader.close)
        self._errand_reader = SpoolReader(spool_path)
        stack.callback(self._errand_reader.close)
        self._page = Page(self._metrics, self.is_ready, self._acknowledge)
        self._server = PageServer(self._page, *config.listen_address())
        stack.callback(self._server.stop, STOP_TIMEOUT_S)
        self._station = self._make_station(str(test_clock) if test_clock else None)
        self._errands = self._make_errands()
        self._ports = {
            scanner.id: PortThread(scanner.id, scanner.url, self._station.put, self._clock.mono_ns)
            for scanner in config.scanner
        }
        self._uplink: Uplink | None = None
        self._devices: DevicesChanged | None = None
        self._uplink_lock = threading.Lock()

    def _may_enrol(self) -> bool:
        return self._config.token() is not None or self._config.may_enrol_without_token()

    # ------------------------------------------------------------ parts

    def _make_station(self, test_clock: str | None) -> StationThread:
        policy = shipped_policy()
        setup = StationSetup(
            site=self._config.site,
            edge=self._config.edge,
            boot=self._clock.boot_id(),
            version=program_version(),
            test_clock=test_clock,
            policy=policy,
            scanners=tuple(
                ScannerSetup(
                    scanner.id,
                    scanner.scanner_protocol(),
                    FixedSession(badge=scanner.by, step=scanner.step, place=scanner.place),
                )
                for scanner in self._config.scanner
            ),
        )
        lines = self._uplink_reader.last_lines(LAST_LINES)
        bodies = self._uplink_reader.bodies(BODIES_SEARCHED_MAX, BODIES_SEARCHED_BYTES_MAX)
        core = StationCore(
            setup,
            self._spool,
            self._clock,
            HeldList(WantedIndex(shipped_list(policy)), None),
            self._membership.site_salt if self._membership else None,
            self._kept_sessions(),
            last_scans(lines, bodies),
        )
        return StationThread(
            core,
            self._spool,
            self._clock,
            self._metrics,
            self._fail_points,
            show=self._page.show,
            to_uplink=self._tell_uplink,
            on_bodies=self._bodies_wait,
            on_crash=partial(self._end, 1, "the station failed; see the log"),
        )

    def _kept_sessions(self) -> dict[str, Session]:
        sessions = {}
        for device, state in self._spool.sessions().items():
            try:
                sessions[device] = parse_session(state)
            except ValueError as error:
                # Another version's: people scan their badge again, nothing else is lost.
                _logger.warning("session not readable", device=device, reason=str(error))
        return sessions

    def _make_errands(self) -> ErrandThread:
        config = self._config
        self._deliver = DeliverBodies(
            config.site, config.edge, self._key, self._errand_reader, self._station.put
        )
        self._fetch = FetchWanted(self._snapshot_arrived)
        enrol = None
        if self._membership is None:
            enrol = Enrol(self._enrolment, self._run_id, self._enrolled)
        return ErrandThread(
            HubHttp(config.hub.http),
            enrol,
            (self._fetch, self._deliver),
            self._metrics,
            on_refused=partial(self._end, 2),
        )

    def _make_uplink(self, membership: Membership) -> Uplink:
        config = self._config
        kept, problem = self._load_list(membership)
        core = UplinkCore(
            UplinkSetup(
                site=config.site,
                edge=config.edge,
                run=self._run_id,
                spool_id=self._spool.id,
                version=program_version(),
                key=self._key,
                hub_key=membership.hub_key,
            ),
            self._uplink_reader,
            self._spool.upto_seq,
            WantedKeeper(shipped_list(shipped_policy()), kept),
            self._keep_list,
            self._clock,
            problem,
        )
        self._station.put(core.list_changed())
        return Uplink(
            core,
            BrokerAddress(*config.mqtt_address(), config.site, config.edge),
            self._clock,
            self._metrics,
            self._fail_points,
            to_station=self._station.put,
            fetch=self._fetch_list,
        )

    def _load_list(self, membership: Membership) -> tuple[KeptList | None, str | None]:
        try:
            return self._store.load(membership.hub_key), None
        except KeptListError as error:
            _logger.error("kept wanted list refused", reason=str(error))
            return None, "corrupted"

    def _keep_list(self, kept: KeptList) -> str | None:
        try:
            self._store.save(kept)
        except OSError as error:
            _logger.error("wanted list not kept", reason=str(error))
            return "not_kept"
        return None

    # ------------------------------------------------------------ what threads tell each other

    def _tell_uplink(self, event: ForUplink) -> None:
        if isinstance(event, DevicesChanged):
            self._devices = event
        with self._uplink_lock:
            if self._uplink is not None:
                self._uplink.put(event)

    def _enrolled(self, membership: Membership) -> None:
        self._station.put(Enrolled(membership.site_salt))
        self._start_uplink(membership)
        _logger.info("enrolled")

    def _start_uplink(self, membership: Membership) -> None:
        uplink = self._make_uplink(membership)
        with self._uplink_lock:
            self._uplink = uplink
            if self._devices is not None:
                uplink.put(self._devices)
        uplink.start()

    def _bodies_wait(self) -> None:
        self._deliver.ask()
        self._errands.wake()

    def _fetch_list(self, request: bytes) -> None:
        self._fetch.ask(request)
        self._errands.wake()

    def _snapshot_arrived(self, payload: bytes) -> None:
        with self._uplink_lock:
            if self._uplink is not None:
                self._uplink.put(SnapshotArrived(payload))

    def _acknowledge(self) -> None:
        self._station.put_or_drop(Acknowledged())

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
        if self._membership is not None:
            self._start_uplink(self._membership)
        self._errands.start()

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
        stuck = [name for name, port in self._ports.items() if not port.stop(STOP_TIMEOUT_S)]
        if self._uplink is not None and not self._uplink.stop(STOP_TIMEOUT_S):
            stuck.append("uplink")
        if not self._errands.stop(STOP_TIMEOUT_S):
            stuck.append("errands")
        if not self._station.stop(STOP_TIMEOUT_S):
            stuck.append("station")
        if stuck:
            # They may still use what is open; the end of the process closes it.
            _logger.warning("threads did not end in time", threads=stuck)
            return
        self._open_things.close()
