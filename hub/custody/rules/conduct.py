"""What was done against the rules, as far as single scans of one parcel show it. Pure.

Source: HV-1.2.1, 1.2.2, 2.2.2.2, 2.3, 2.4.1, 2.5, 2.6, 2.8, 2.9, HV-3, HV-X8.
"""

from datetime import datetime, timedelta

from hub.custody.rules.carriage import judge_vehicle
from hub.custody.rules.chain import Breach, BreachKind, Exit, Ground, Holder, Subject
from hub.custody.rules.outing import delivery_due_at
from hub.custody.rules.records import UNIT_KINDS, Record
from hub.custody.rules.resting import Rest
from hub.custody.rules.storage import missing_conditions
from hub.moves import ENDS_OUTING
from hub.network import HUB_KINDS, SiteKind
from wire.events import ContainerKind
from wire.names import Result, Step
from wire.site_pack import Duty

OUTBOUND = frozenset({Step.LOAD, Step.DEPART, Step.OUT_FOR_DELIVERY, Step.DELIVER})
"""Steps that move a parcel out; answered with ``stop`` they are a breach (HV-3)."""
MOVING = OUTBOUND | {Step.ARRIVE}
"""Steps that show a parcel on its way."""
_REACHING = frozenset({Step.ACCEPT, Step.ARRIVE})
_MINUTE = timedelta(minutes=1)


class Conduct:
    """Collects a parcel's breaches while its records are folded."""

    def __init__(self, subject: Subject, ground: Ground) -> None:
        self._subject = subject
        self._ground = ground
        self._found: dict[tuple[BreachKind, tuple[str, str, str, int]], Breach] = {}
        self._refusal_told = False
        self._furthest = -1
        self._returning = False
        self._repeats: dict[BreachKind, tuple[str | None, ...]] = {}
        self._out: Record | None = None
        self._rest = Rest(ground)

    def judge(self, scan: Record) -> None:
        """Look at one scan of the parcel or of the bag it is in."""
        refused_for = self._subject.refused_for
        if refused_for is not None and not self._refusal_told:
            self._refusal_told = True
            self.add(refused_for, scan)
        self._judge_stop(scan)
        self._judge_bagging(scan)
        self._judge_storage(scan)
        self._judge_direction(scan)
        self._judge_vehicle(scan)
        self._judge_outing(scan)
        self._judge_people(scan)
        self._note_rest(scan, self._rest.see(scan))

    def judge_old(self, scan: Record, new: str) -> None:
        """Look at a scan of a parcel that goes on as ``new``: it must not move as the old (HV-2.9).

        What else the rules ask of a parcel is asked of the new waybill's.
        """
        if scan.step in MOVING:
            self._add_once(BreachKind.OLD_WAYBILL, scan, (scan.site,), (new,))

    def add(
        self,
        kind: BreachKind,
        record: Record,
        words: tuple[str, ...] = (),
        at: datetime | None = None,
        tell_at: datetime | None = None,
    ) -> None:
        """Note a breach; of no high value only who was stopped, or refused, can commit one."""
        of_any = (BreachKind.STOPPED_MOVED, self._subject.refused_for)
        if not self._subject.is_high_value and kind not in of_any:
            return
        at = at or record.at
        breach = Breach(kind, self._subject.waybill, at, record.site, record, words, tell_at or at)
        self._found[kind, record.line] = breach

    def withdraw(self, kind: BreachKind, record: Record) -> None:
        """What a record seemed to show turned out to be in order."""
        self._found.pop((kind, record.line), None)

    def withdraw_of(self, exit_: Exit) -> None:
        """It had not left with its bag: what was done with that meanwhile was not done with it."""
        self._found = {
            key: breach
            for key, breach in self._found.items()
            if breach.evidence.unit != exit_.container or breach.at < exit_.put.at
        }

    def end_outing(self, at: datetime) -> None:
        """Delivered, or back, at a moment: too late is a breach (HV-2.6)."""
        if self._out is not None:
            due_at = delivery_due_at(self._out, self._ground)
            if due_at < at:
                self.add(BreachKind.UNDELIVERED, self._out, at=due_at)
        self._out = None

    def receive(self, receiver: Holder, record: Record) -> None:
        """Handed to a driver it moves on; to another who is known, it is out no more."""
        is_known = receiver.badge is not None and receiver.badge in self._ground.network.people
        if self._ground.drives(receiver):
            self._note_rest(record, self._rest.end(record))
        elif is_known:
            self.end_outing(record.at)

    def judge_outing(self, now: datetime) -> datetime | None:
        """Note a parcel that is still out when it should be delivered; return until when it may."""
        if self._out is None or not self._subject.is_high_value:
            return None
        due_at = delivery_due_at(self._out, self._ground)
        if now < due_at:
            return due_at
        self.add(BreachKind.UNDELIVERED, self._out, at=due_at)
        return None

    def breaches(self) -> tuple[Breach, ...]:
        """All that stand, by time."""
        return tuple(sorted(self._found.values(), key=lambda each: (each.at, each.kind)))

    def _judge_stop(self, scan: Record) -> None:
        """What is stopped goes on nowhere, at a level-1 hub neither (HV-2.5, HV-3).

        Being put into a bag or on a pallet is its last scan before it leaves with that.
        """
        is_bagged = (
            scan.step is Step.PACK
            and scan.container is not None
            and scan.container.kind in UNIT_KINDS
        )
        if scan.result is Result.STOP and (is_bagged or scan.step in OUTBOUND):
            # Load, depart and delivery of one outing are one breach.
            self._add_once(BreachKind.STOPPED_MOVED, scan, (scan.site,))
        elif scan.step in OUTBOUND:
            self._repeats.pop(BreachKind.STOPPED_MOVED, None)

    def _judge_bagging(self, scan: Record) -> None:
        bag = scan.container
        if scan.step is not Step.PACK or bag is None or bag.kind != ContainerKind.BAG:
            return
        site = self._ground.network.sites.get(scan.site)
        if site is not None and site.kind is SiteKind.BRANCH:
            self._add_once(BreachKind.BAGGED_AT_BRANCH, scan, (scan.site, bag.id), (bag.id,))

    def _judge_storage(self, scan: Record) -> None:
        if scan.step is not Step.STORE:
            if scan.step in OUTBOUND or scan.step in (Step.RETRIEVE, Step.ARRIVE):
                self._repeats.pop(BreachKind.STORAGE, None)
            return
        missing = missing_conditions(self._ground.network, scan.site, scan.place)
        if missing:
            self._add_once(BreachKind.STORAGE, scan, (scan.site, scan.place), missing)

    def _judge_direction(self, scan: Record) -> None:
        """Towards the origin only with the step return (HV-2.9).

        A bag's scan does not count: the parcel may have been lost from it.
        """
        route = self._subject.route
        if scan.unit is not None:
            return
        if scan.step is Step.RETURN:
            self._returning = True
        if scan.step not in _REACHING or route is None or scan.site not in route:
            return
        reached = route.index(scan.site)
        if reached < self._furthest and not self._returning:
            self.add(BreachKind.RETURN_UNSAID, scan)
        self._furthest = reached

    def _judge_vehicle(self, scan: Record) -> None:
        kind = judge_vehicle(scan, self._ground.vehicle)
        if kind is None or scan.container is None or scan.carriage is None:
            return
        words = [scan.container.id, f"vehicle:{scan.carriage.kind}"]
        if scan.carriage.goods is not None:
            words.append(f"goods:{scan.carriage.goods}")
        # Load and departure are one breach. A bag's may be withdrawn, then the parcel's own counts.
        unit = None if scan.unit is None else scan.unit.id
        self._add_once(kind, scan, (scan.site, scan.container.id, unit), tuple(words))

    def _judge_outing(self, scan: Record) -> None:
        is_out = scan.step is Step.OUT_FOR_DELIVERY
        if is_out or scan.step in ENDS_OUTING:
            self.end_outing(scan.at)
        if is_out:
            self._out = scan

    def _judge_people(self, scan: Record) -> None:
        """Who takes in at a hub, and who takes out from a level-2 hub (HV-2.4.1, HV-2.5).

        Only people whom the network lists are judged, receivers only where they are listed. A
        driver who scans his own arrival still holds it: his handover shows who receives.
        """
        site = self._ground.network.sites.get(scan.site)
        by = None if scan.by is None else self._ground.people.get((scan.site, scan.by))
        if site is None or by is None:
            return
        is_received = scan.step is Step.ARRIVE and site.kind in HUB_KINDS and by.site == scan.site
        if is_received and by.duty not in (Duty.DESIGNATED_KEEPER, Duty.DRIVER):
            self.add(BreachKind.WRONG_RECEIVER, scan)
        is_out = scan.step is Step.OUT_FOR_DELIVERY and site.kind is SiteKind.LEVEL_2
        if is_out and by.duty is not Duty.DEDICATED_DELIVERER:
            self.add(BreachKind.WRONG_DELIVERER, scan)

    def _note_rest(self, record: Record, lay: timedelta | None) -> None:
        if lay is not None:
            self.add(BreachKind.NOT_STORED, record, (str(lay // _MINUTE),))

    def _add_once(
        self,
        kind: BreachKind,
        scan: Record,
        same: tuple[str | None, ...],
        words: tuple[str, ...] = (),
    ) -> None:
        if self._repeats.get(kind) != same:
            self.add(kind, scan, words)
        self._repeats[kind] = same
