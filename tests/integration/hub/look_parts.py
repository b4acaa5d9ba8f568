"""Parts for tests of second looks: parcels that are lost, and what was said of them since."""

from datetime import datetime, timedelta

from hub.app import make_duties
from hub.evidence import SecondLook
from hub.incidents.service import Act, Dossier, Kind, read_dossier
from hub.missing import store, suspect_store
from hub.missing.service import Suspect
from hub.timers import Timers
from tests.integration.hub.suspect_parts import Watching
from tests.missing_parts import HOUR, local
from wire.names import Step

EVENING = local(14, "15:00")
LEFT_AT = local(14, "19:30")
RAISED_AT = LEFT_AT + 33 * HOUR
"""When silence alone makes a parcel of this carrier suspect: with 15 %, so doubtful."""
DUE_AT = LEFT_AT + 2 * HOUR
"""When it should have come to 755W."""
LATE_UNTIL = DUE_AT + 36 * HOUR
"""Until then a vehicle of which nobody has come is late, and no more (``silent_max_min``)."""
OTHER_HV = "103000000002"
SIBLINGS = tuple(f"1030000001{n:02d}" for n in range(6))
MINUTE = timedelta(minutes=1)


def lose(watching: Watching, *waybills: str) -> None:
    """Each leaves in a vehicle of its own and is suspected at ``RAISED_AT``."""
    watching.declare(*waybills)
    for number, waybill in enumerate(waybills):
        watching.scan(waybill, "755A", Step.DEPART, LEFT_AT, f"VEH:V-{number}")
    watching.turn(RAISED_AT - HOUR)
    assert not {each.waybill for each in watching.suspects()} & set(waybills)
    watching.turn(RAISED_AT)


def only(watching: Watching) -> Suspect:
    (suspect,) = watching.suspects()
    return suspect


def look_of(suspect: Suspect) -> SecondLook:
    assert suspect.look is not None
    return suspect.look


def dossier(watching: Watching, kind: Kind = Kind.PARCEL) -> Dossier:
    (incident,) = watching.incidents(kind)
    with watching.hub.database.reading() as tx:
        return read_dossier(tx, incident.id)


def acts(found: Dossier) -> list[Act]:
    return [line.act for line in found.history]


def cut_off(watching: Watching, site: str, since: datetime) -> None:
    with watching.hub.database.writing() as tx:
        store.begin_outage(tx, site, since)


def escalate(watching: Watching, now: datetime) -> None:
    """The whole clock role's turn, incidents' timers included."""
    watching.hub.clock.at = now
    Timers(watching.hub.database, make_duties(watching.hub.role)).turn(now, 1)


def suspect_a_bag(watching: Watching, *waybills: str) -> datetime:
    """A bag of which nobody is seen again; by then a whole one is likely lost. Say when."""
    watching.declare(*waybills)
    watching.scan(waybills, "755W", Step.PACK, LEFT_AT, "BAG:B-1")
    now = LEFT_AT
    while not watching.suspects():
        now += HOUR
        watching.turn(now)
    return now


def make_doubtful(watching: Watching, at: datetime) -> None:
    """Let all open suspicions be looked at again."""
    with watching.hub.database.writing() as tx:
        tx.execute(suspect_store.suspect.update().values(look_at=at))
