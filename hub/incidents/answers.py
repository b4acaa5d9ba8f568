"""A site's answer to its self-check, from the station page or by REST. Source: HV-2.11.2."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.incidents import steps
from hub.incidents.rules import OPEN, Act, Incident
from hub.packs.service import renew_packs


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site says: ``who`` looked, whether it is there, and which lines were ticked.

    "There" closes nothing: a scan does. A search ends on what was recorded (promise P5).
    """

    site: str
    who: str
    found: bool
    checks: tuple[str, ...]
    note: str | None


def record_answer(tx: Connection, incident: Incident, answer: Answer, now: datetime) -> None:
    """Put an answer into the history; one that comes after the end changes nothing else."""
    said = "在本网点，待扫描 / here, to be scanned" if answer.found else "未找到 / not found"
    ticked = ", ".join(answer.checks) or "–"
    note = f"{said} [{ticked}] {answer.note or ''}".strip()
    steps.record(tx, incident.id, Act.CHECKED, answer.who, now, answer.site, note)
    if incident.state in OPEN:
        renew_packs(tx, incident.sites)
