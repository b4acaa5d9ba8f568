"""What later looks at a suspicion say stands beside its first evidence, which stays as it was.

Source: HV-2.11.2, docs/adr/0044.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.evidence import SecondLook, Verdict
from hub.incidents import steps, store
from hub.incidents.rules import Act, Incident
from hub.incidents.search import SYSTEM, read


@dataclass(frozen=True, slots=True)
class Told:
    """A look that says something else than the one before; ``note``: of what, in figures."""

    verdict: Verdict
    note: str


def searched_among(tx: Connection, incident_ids: Collection[int]) -> frozenset[int]:
    """Those of these searches that are on: neither found nor declared lost."""
    return store.open_among(tx, incident_ids)


def note_look(
    tx: Connection, incident_id: int, look: SecondLook, told: Sequence[Told], now: datetime
) -> None:
    """Show a look with its search; what it says anew goes into the history. Nothing else changes.

    No alert, mail, timer or entry of the wanted list moves: a search belongs to people.
    """
    kept = read(tx, incident_id)
    if not _stands_for(kept, look):
        store.set_look(tx, incident_id, look)
    for each in told:
        steps.record(tx, incident_id, Act(each.verdict), SYSTEM, now, note=each.note)


def _stands_for(incident: Incident, newer: SecondLook) -> bool:
    """Say whether the look that is shown tells more than a newer one at another of a group.

    Who became surer is not looked at any more, and stands for the group until it is found.
    """
    shown = incident.look
    if shown is None or shown.waybill == newer.waybill or shown.waybill not in incident.unseen:
        return False
    return shown.verdict is Verdict.SURER and newer.verdict is not Verdict.SURER
