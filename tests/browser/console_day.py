"""A hub with a day behind it: sites, stations, searches, mails and trouble, for the screens."""

import dataclasses
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

from msgspec.structs import replace
from playwright.sync_api import BrowserContext
from sqlalchemy import Connection

from hub.incidents.service import (
    Answer,
    Kind,
    Suspicion,
    Triage,
    TriageLevel,
    answer_self_check,
    list_incidents,
    open_incident,
    stop,
    triage,
)
from hub.missing.rules.worth import value_of
from hub.missing.store import known, put
from hub.missing.suspect_store import add as add_suspect
from hub.parcels.service import values_among
from hub.roles import make_search
from hub.wanted.service import list_version
from tests.browser.day_evidence import evidence_of
from tests.browser.day_parcels import CARRIED, FOUND, PASSING, STOPPED, SUSPECT, move_parcels
from tests.browser.day_reads import skip_scans
from tests.browser.hub_process import HubProcess, Pen
from tests.model_parts import learn_for_weeks
from tests.network_parts import NETWORK_TOML
from tests.smtp_parts import Mailbox, smtp_server
from wire.events import ClockReading, StationFact
from wire.messages import DeviceState
from wire.names import Result, Step, format_at
from wire.wanted import ListHead, WantedResult

BAG = "SZ-0093"
_SMTP = """
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "custos@carrier.example"
"""


DRIFTED_SITE = "755W"
QUIET = "020B"
"""A site where nothing happens, so nothing of this day is its people's business."""


def _with_more(network: str) -> str:
    """The small carrier with a dispatch centre over each hub, a quiet site, and its vehicles."""
    network += (
        f'\n[[site]]\ncode = "{QUIET}"\nname = "广州分点部"\nkind = "branch"\nregion = "south"\n'
    )
    for each, kind in (("V-12", "closed_box_locked"), ("V-77", "container"), ("V-78", "container")):
        network += f'\n[[vehicle]]\nid = "{each}"\nkind = "{kind}"\n'
    for code, kind, above in (("755W", "level-2", "755D"), ("021W", "level-1", "021D")):
        before, after = network.split(f'code = "{code}"', 1)
        above_it = after.replace(f'kind = "{kind}"', f'kind = "{kind}"\nsuperior = "{above}"', 1)
        network = f'{before}code = "{code}"{above_it}'
        region = "south" if above == "755D" else "east"
        network += (
            f'\n[[site]]\ncode = "{above}"\nname = "{above} 调度中心"\nkind = "dispatch"\n'
            f'region = "{region}"\ncontacts = ["desk@{above.lower()}.example"]\n'
        )
    return network


class OpenHub:
    """A running hub, and the administrator's one session on it."""

    process: HubProcess

    def __init__(self) -> None:
        self._open = ExitStack()
        self._session: dict[str, str] = {}

    def stop(self) -> None:
        self._open.close()

    def sign_in(self, context: BrowserContext) -> None:
        """Let the administrator in: the first browser uses the link, all of them its session."""
        if not self._session:
            page = context.new_page()
            page.goto(self.process.link)
            page.close()
            self._session = {each["name"]: each["value"] for each in context.cookies()}
        url = self.process.url
        context.add_cookies(
            [{"name": name, "value": value, "url": url} for name, value in self._session.items()]
        )

    def _pen(self, site: str, edge: str) -> Pen:
        pen = Pen(self.process, site, edge)
        self._open.callback(pen.database.close)
        return pen


class LivingHub(OpenHub):
    """Everything that the screens show, made by the rooms' own services and an edge's own bytes."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.incidents: dict[str, int] = {}
        try:
            port = self._open.enter_context(smtp_server(Mailbox("250 2.0.0 Ok: queued as 4D1F2")))
            network = folder / "network.toml"
            network.write_text(_with_more(NETWORK_TOML), encoding="utf-8")
            more = f'network = "{network}"\n{_SMTP.format(port=port)}'
            self.process = HubProcess(folder, more_config=more)
            self._open.callback(self.process.stop)
            self.dock = self._pen("755A", "dock")
            self.gate = self._pen("755W", "gate")
            self.belt = self._pen("021W", "belt")
            self._live_through_a_day()
        except BaseException:
            self.stop()
            raise

    def _live_through_a_day(self) -> None:
        self.stations()
        for number, value in ((SUSPECT, "48500"), (STOPPED, "26800"), (FOUND, "31200.50")):
            self.dock.declare(number, value, "755A", "021W")
            self.dock.scan(number, Result.HV, ago=timedelta(hours=30))
            self.gate.scan(number, Result.HV, ago=timedelta(hours=25))
        move_parcels(self.dock, self.gate, self.belt)
        self.searches()
        self.wanted()
        with self.dock.database.writing() as tx:
            skip_scans(tx, self.dock.role.network, datetime.now(UTC))
            learn_for_weeks(tx, datetime.now(UTC), DRIFTED_SITE)
        self.gate.film("yard-1")
        self.dock.scan("755123456789", Result.STOP, step=Step.LOAD)
        self.gate.scan(PASSING, Result.HV, step=Step.ACCEPT)
        self.belt.garble(b'{"v":1,"site":"021W","seq":"\xff\xfe broken')

    def suspect(self, tx: Connection, suspicion: Suspicion, incident: int, at: datetime) -> None:
        """Keep suspects as the clock role would, whose turn this day does not wait for."""
        for waybill, watched in known(tx, suspicion.waybills).items():
            declared = values_among(tx, [waybill]).get(waybill)
            value = value_of(declared, self.dock.role.policy, high_value=True)
            suspect_id = add_suspect(tx, suspicion, waybill, incident, at, value, high_value=True)
            put(tx, [replace(watched, due_at=None, suspect_id=suspect_id)])

    def stations(self) -> None:
        """One that is well, one with a lost scanner and a backlog, one that was never heard."""
        well = DeviceState(id="dock-1", source="usb:0c2e:0b61:2", protocol="ssi", connected=True)
        simulated = DeviceState(
            id="dock-2", source="pts:/dev/pts/3", protocol="honeywell", connected=True
        )
        lost = DeviceState(id="gate-1", source=None, protocol="newland", connected=False)
        with self.dock.database.reading() as tx:
            version = list_version(tx)
        held = ListHead(
            version=version, list_sha256="ab" * 32, head_at=format_at(datetime.now(UTC))
        )
        self.dock.tell_state(devices=(well, simulated), wanted=held, pack_version=1)
        for fact, ago, more in (
            (StationFact.DEVICE_LOST, 50, {}),
            (StationFact.DEVICE_BACK, 44, {}),
            (StationFact.SCANNER_REPROGRAMMED, 30, {}),
            (StationFact.CLOCK_STEP, 20, {"clock_step_ms": -1840}),
            (StationFact.DEVICE_LOST, 5, {}),
        ):
            self.gate.tell(fact, ago=timedelta(minutes=ago), device="gate-1", **more)
        for depth in (0, 4, 31, 77, 58):
            self.gate.tell_state(
                devices=(lost,),
                depth=depth,
                oldest_at=format_at(datetime.now(UTC) - timedelta(minutes=7)) if depth else None,
                clock=ClockReading(offset_ms=None, error_ms=None),
            )
            sleep(1.2)  # the console looks once a second; each look is a point of the sparkline

    def wanted(self) -> None:
        """What people have put on the list: open, covert, at some sites, for some time."""
        later = format_at(datetime.now(UTC) + timedelta(hours=5))
        for waybill, result, reason, more in (
            ("755123456789", WantedResult.STOP, "客户报案，配合公安", {"owner": "zhao.lei"}),
            ("755000000001", WantedResult.WANTED, "疑似调包", {"covert": True, "owner": "qian"}),
            ("755000000002", WantedResult.WANTED, "收件人更址", {"expires_at": later}),
            ("755000000003", WantedResult.STOP, "货不对单", {"scope": ("755A", "755W")}),
        ):
            self.dock.want(waybill, result, reason, **more)

    def searches(self) -> None:
        """One parcel that two sites look for, one that was stopped, a bag, and a silent site."""
        now = datetime.now(UTC)
        role = self.dock.role
        search = make_search(role.settings, role.policy, role.network, role.keys, role.clock)
        why = evidence_of(SUSPECT, role.network, now - timedelta(minutes=18))
        suspect = Suspicion(
            kind=Kind.PARCEL,
            subject=SUSPECT,
            waybills=(SUSPECT,),
            site="021W",
            previous_site="755W",
            since=now - timedelta(hours=25),
            expected_site="021W",
            expected_by=now - timedelta(hours=4),
            p_lost=0.37,
            tier="T2",
            reasons_zh=why.texts_zh,
            reasons_en=why.texts_en,
            evidence=why,
        )
        stopped = Suspicion(
            kind=Kind.PARCEL,
            subject=STOPPED,
            waybills=(STOPPED,),
            site="755W",
            previous_site="755A",
            since=now - timedelta(hours=26),
            expected_site=None,
            expected_by=None,
            p_lost=None,
            tier="T0",
            reasons_zh=("封签号与运单不符",),
            reasons_en=("The seal's number is not the waybill's",),
        )
        waybills = tuple(f"1030000048{i:02d}" for i in range(6))
        bag = Suspicion(
            kind=Kind.GROUP,
            subject=BAG,
            waybills=waybills,
            site="755W",
            previous_site="755A",
            since=now - timedelta(hours=9),
            expected_site="755W",
            expected_by=now - timedelta(hours=3),
            p_lost=0.12,
            tier="T2",
            reasons_zh=("整袋 6 件都没有到达扫描",),
            reasons_en=("None of the 6 in the bag was scanned on arrival",),
        )
        with self.dock.database.writing() as tx:
            first = open_incident(tx, search, suspect, now - timedelta(minutes=18))
            self.suspect(tx, suspect, first, now - timedelta(minutes=18))
            answer = Answer("021W", "chen.jing", False, ("dock", "vehicle"), "车厢已翻查两遍")
            answer_self_check(tx, first, answer, now - timedelta(minutes=6))
            found = Triage(TriageLevel.REGION, "755W", "装车后无到达扫描，车厢监控缺 12 分钟")
            triage(tx, search, first, found, "monitor.south", now - timedelta(minutes=3))
            second = open_incident(tx, search, stopped, now - timedelta(hours=2))
            self.suspect(tx, stopped, second, now - timedelta(hours=2))
            stop(tx, search, second, "zhao.lei", "等待公安到场", now - timedelta(minutes=70))
            third = open_incident(tx, search, bag, now - timedelta(minutes=40))
            open_incident(
                tx, search, dataclasses.replace(stopped, subject=FOUND, waybills=(FOUND,)), now
            )
            (refused,) = list_incidents(tx, waybill=CARRIED)
        self.incidents = {SUSPECT: first, STOPPED: second, BAG: third, CARRIED: refused.id}
        self.gate.scan(FOUND, Result.HV)
