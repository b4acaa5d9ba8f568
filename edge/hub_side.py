"""Everything that speaks to the hub: the errands over HTTP, and the uplink once it is enrolled.

Source: design sections 3 and 4.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from edge.broker_link import BrokerAddress
from edge.clock import SystemClock
from edge.config import EdgeConfig
from edge.enrolment import Enrolment, Membership
from edge.errand_thread import ErrandThread
from edge.errands import Certify, ChangeKey, DeliverBodies, Enrol, EnrolAgain, FetchSigned
from edge.failpoints import FailPoint, FailPoints
from edge.footage_post import FootagePost, Sender
from edge.hub_http import PACK_PATH, WANTED_PATH, HubHttp
from edge.metrics import Metrics
from edge.pack import KeptPack, PackKeeper, open_pack
from edge.pack_store import KeptPackError, PackStore
from edge.rotation import RotateKey, open_keys
from edge.spool_reader import SpoolReader
from edge.station_events import DevicesChanged, Enrolled, Input
from edge.station_thread import ForUplink
from edge.tls_identity import TlsIdentity
from edge.uplink import Uplink
from edge.uplink_core import UplinkCore, UplinkSetup
from edge.uplink_events import PackArrived, SnapshotArrived, UplinkInput
from edge.upload_thread import UploadThread
from edge.wanted import KeptList, WantedKeeper
from edge.wanted_store import KeptListError, WantedStore
from wire.limits import PACK_MESSAGE_BYTES_MAX, SNAPSHOT_BYTES_MAX
from wire.wanted import WantedList

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every part of the program uses. ``run_id`` is 32 random hex of this start."""

    config: EdgeConfig
    clock: SystemClock
    metrics: Metrics
    fail_points: FailPoints
    directory: Path
    run_id: str
    version: str


class HubSide:
    """From :meth:`start` to :meth:`stop`; the spool's two readers are for its two threads."""

    def __init__(
        self,
        around: Surroundings,
        readers: tuple[SpoolReader, SpoolReader],
        shipped: WantedList,
        to_station: Callable[[Input], None],
        on_refused: Callable[[str], None],
        make_sender: Callable[[FootagePost], Sender],
    ) -> None:
        """Make or load the key and what the hub once answered.

        Raises:
            OSError, ValueError, EnrolmentError: what is kept cannot be read or believed.
        """
        config = around.config
        self._around = around
        self._reader, errand_reader = readers
        self._shipped = shipped
        self._to_station = to_station
        keys = open_keys(around.directory, around.clock)
        # Nothing is said to the hub before it knows the new key, so all may be made with that one.
        self._key = keys.following or keys.known
        self._tls: TlsIdentity | None = None
        if config.has_tls():
            self._tls = TlsIdentity(around.directory, config.site, config.edge, around.clock)
        names = (config.site, config.edge)
        enrolment = Enrolment(around.directory, *names, keys.known, config.token(), self._tls)
        self.membership: Membership | None = enrolment.load()
        self._is_waiting = self.membership is None or keys.following is not None
        self._store = WantedStore(around.directory, config.site, config.edge)
        self._pack_store = PackStore(around.directory, config.site, config.edge)
        self._deliver = DeliverBodies(
            config.site, config.edge, self._key, errand_reader, to_station, around.fail_points
        )
        self._fetch = FetchSigned(
            WANTED_PATH, SNAPSHOT_BYTES_MAX, lambda answer: self._arrived(SnapshotArrived(answer))
        )
        self._fetch_pack = FetchSigned(
            PACK_PATH, PACK_MESSAGE_BYTES_MAX, lambda answer: self._arrived(PackArrived(answer))
        )
        self._enrol_again = EnrolAgain(enrolment, around.run_id)
        first: Enrol | ChangeKey | None = None
        if self.membership is None:
            first = Enrol(enrolment, around.run_id, self._enrolled)
        elif keys.following is not None:
            answered = Enrolment(around.directory, *names, keys.following, None)
            hub_key = self.membership.hub_key
            rotation = RotateKey(around.directory, *names, keys, answered, hub_key)
            first = ChangeKey(rotation, self._enrolled)
        self._errands = ErrandThread(
            HubHttp(config.hub.http),
            first,
            (self._enrol_again, self._fetch, self._deliver, self._fetch_pack, *self._certify()),
            around.metrics,
            on_refused,
        )
        sender = make_sender(FootagePost(config.site, config.edge, self._key))
        self._uploads = UploadThread(HubHttp(config.hub.http), sender, around.metrics)
        self._lock = threading.Lock()  # guards the two below
        self._uplink: Uplink | None = None
        self._devices: DevicesChanged | None = None

    def _certify(self) -> list[Certify]:
        if self._tls is None:
            return []
        config, clock = self._around.config, self._around.clock
        return [
            Certify(
                config.site,
                config.edge,
                self._key,
                lambda: self.membership.hub_key if self.membership else None,
                self._tls,
                clock,
                self._certified,
            )
        ]

    def _certified(self) -> None:
        with self._lock:
            if self._uplink is not None:
                self._uplink.retry_now()

    def start(self) -> None:
        """Begin: at once where the hub knows us already."""
        if self.membership is not None and not self._is_waiting:
            self._start_uplink(self.membership)
        self._errands.start()

    def stop(self, timeout_s: float) -> list[str]:
        """End the threads; the names of those that did not end in time."""
        stuck = []
        if not self._errands.stop(timeout_s):
            stuck.append("errands")
        if not self._uploads.stop(timeout_s):
            stuck.append("uploads")
        if self._uplink is not None and not self._uplink.stop(timeout_s):
            stuck.append("uplink")
        return stuck

    def tell(self, event: ForUplink) -> None:
        """News from the station; before enrolment only the devices are remembered."""
        with self._lock:
            if isinstance(event, DevicesChanged):
                self._devices = event
            if self._uplink is not None:
                self._uplink.put(event)

    def deliver_bodies(self) -> None:
        """Private bodies wait in the spool."""
        self._deliver.ask()
        self._errands.wake()

    def _ask_to_enrol_again(self) -> None:
        self._enrol_again.ask()
        self._errands.wake()

    def _ask(self, errand: FetchSigned, request: bytes) -> None:
        errand.ask(request)
        self._errands.wake()

    def _arrived(self, answer: UplinkInput) -> None:
        with self._lock:
            if self._uplink is not None:
                self._uplink.put(answer)

    def _enrolled(self, membership: Membership) -> None:
        self.membership = membership
        self._to_station(Enrolled(membership.site_salt))
        self._start_uplink(membership)
        _logger.info("enrolled")

    def _start_uplink(self, membership: Membership) -> None:
        uplink = self._make_uplink(membership)
        with self._lock:
            self._uplink = uplink
            if self._devices is not None:
                uplink.put(self._devices)
        uplink.start()
        self._uploads.start()

    def _make_uplink(self, membership: Membership) -> Uplink:
        around, config = self._around, self._around.config
        kept, problem = self._load_list(membership)
        setup = UplinkSetup(
            site=config.site,
            edge=config.edge,
            run=around.run_id,
            version=around.version,
            key=self._key,
            hub_key=membership.hub_key,
        )
        keeper = WantedKeeper(self._shipped, kept)
        core = UplinkCore(
            setup,
            self._reader,
            keeper,
            self._keep_list,
            around.clock,
            problem,
            self._make_packs(membership),
        )
        unsure = core.may_be_lost()
        if unsure is not None:
            self._uploads.deliver_again(unsure)
        self._to_station(core.list_changed())
        self._to_station(core.pack_changed())
        return Uplink(
            core,
            BrokerAddress(
                *config.mqtt_address(),
                config.site,
                config.edge,
                None if self._tls is None else self._tls.context,
            ),
            around.clock,
            around.metrics,
            around.fail_points,
            to_station=self._to_station,
            fetch=partial(self._ask, self._fetch),
            fetch_pack=partial(self._ask, self._fetch_pack),
            order_footage=self._uploads.order,
            on_unknown=self._ask_to_enrol_again,
            on_went_back=self._uploads.deliver_again,
        )

    def _load_list(self, membership: Membership) -> tuple[KeptList | None, str | None]:
        try:
            return self._store.load(membership.hub_key), None
        except KeptListError as error:
            _logger.error("kept wanted list refused", reason=str(error))
            return None, "corrupted"

    def _make_packs(self, membership: Membership) -> PackKeeper:
        site, edge, hub_key = self._around.config.site, self._around.config.edge, membership.hub_key
        kept, problem = None, None
        try:
            kept = self._pack_store.load(hub_key)
        except KeptPackError as error:
            _logger.error("kept site pack refused", reason=str(error))
            problem = "corrupted"
        reads = partial(open_pack, site=site, edge=edge, hub_key=hub_key)
        return PackKeeper(reads, self._keep_pack, kept, problem)

    def _keep_pack(self, kept: KeptPack) -> str | None:
        try:
            self._pack_store.save(kept)
        except OSError as error:
            _logger.error("site pack not kept", reason=str(error))
            return "not_kept"
        return None

    def _keep_list(self, kept: KeptList) -> str | None:
        hit = self._around.fail_points.hit
        try:
            hit(FailPoint.BEFORE_LIST)
            self._store.save(kept)
            hit(FailPoint.AFTER_LIST)
        except OSError as error:
            _logger.error("wanted list not kept", reason=str(error))
            return "not_kept"
        return None
