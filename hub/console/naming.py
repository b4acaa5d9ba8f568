"""Whom a record names, as far as the one who looks may know it. Source: CS-P1."""

import re
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from hub.access.service import Caller, mask_name, person_of
from hub.console.wording import person
from hub.incidents.service import HistoryLine
from hub.network import Network, Staff
from wire.badges import PSEUDONYM_CHARS

_PSEUDONYM = re.compile(rf"[0-9a-f]{{{PSEUDONYM_CHARS}}}")


def name_for(caller: Caller, staff: Staff | None) -> str | None:
    """A person's name, masked for who may not know that site's people; None: unknown person."""
    if staff is None:
        return None
    return staff.name if caller.knows_staff(staff.site) else mask_name(staff.name)


def named_history(
    tx: Connection, network: Network, caller: Caller, history: Iterable[HistoryLine]
) -> list[HistoryLine]:
    """What was done, by name where an edge told it of a badge; accounts stand as they are."""

    def who(line: HistoryLine) -> str:
        if line.site is None or _PSEUDONYM.fullmatch(line.who) is None:
            return line.who
        return name_for(caller, person_of(tx, network, line.site, line.who)) or person(line.who)

    return [replace(line, who=who(line)) for line in history]
