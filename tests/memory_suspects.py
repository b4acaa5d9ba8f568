"""The suspects' own table as a dictionary; ``tests.memory_missing`` holds its rows."""

import dataclasses
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from hub.evidence import SecondLook
from hub.incidents.service import Suspicion
from hub.missing.rules.worth import Value
from hub.missing.suspect_store import Suspect


class Tables(Protocol):
    """What is kept of suspects."""

    on_raise: Callable[[str, Suspicion, datetime], None] | None
    on_look: Callable[[Suspect, SecondLook, datetime], None] | None
    closed: set[int]
    suspects: dict[int, Suspect]
    looked: list[tuple[datetime, SecondLook]]

    def put_suspect(self, each: Suspect) -> None:
        """Write one."""

    def due_looks(self, now: datetime, limit: int) -> list[Suspect]:
        """Those that are to be looked at."""


_OF_SUSPICION = (
    "kind",
    "subject",
    "site",
    "previous_site",
    "since",
    "expected_site",
    "expected_by",
    "p_lost",
    "tier",
    "reasons_zh",
    "reasons_en",
    "evidence",
)


class MemorySuspects:
    """Stands for ``hub.missing.suspect_store``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(
        self,
        _tx: object,
        suspicion: Suspicion,
        waybill: str,
        incident: int,
        now: datetime,
        value: Value,
        *,
        high_value: bool,
        look_at: datetime | None = None,
    ) -> int:
        tables = self._tables
        if tables.on_raise is not None:
            tables.on_raise(waybill, suspicion, now)
        its = {field: getattr(suspicion, field) for field in _OF_SUSPICION}
        which = len(tables.suspects) + 1
        suspect = Suspect(
            id=which,
            waybill=waybill,
            high_value=high_value,
            incident=incident,
            raised_at=now,
            closed_at=None,
            value=value,
            look_at=look_at,
            **its,
        )
        tables.put_suspect(suspect)
        return which

    def close(self, _tx: object, ids: Iterable[int], now: datetime) -> None:
        tables = self._tables
        for which in ids:
            tables.closed.add(which)
            closed = dataclasses.replace(tables.suspects[which], closed_at=now, look_at=None)
            tables.put_suspect(closed)

    def due_looks(self, _tx: object, now: datetime, limit: int) -> list[Suspect]:
        return self._tables.due_looks(now, limit)

    def put_looks(self, _tx: object, looked_at: Iterable[tuple[Suspect, Value]]) -> None:
        tables = self._tables
        for suspect, value in looked_at:
            look = suspect.look
            assert look is not None
            if tables.on_look is not None:
                tables.on_look(suspect, look, look.evidence.at)
            tables.looked.append((look.evidence.at, look))
            tables.put_suspect(dataclasses.replace(suspect, value=value))

    def end_looks(self, _tx: object, ids: Iterable[int]) -> None:
        for which in ids:
            over = dataclasses.replace(self._tables.suspects[which], look_at=None)
            self._tables.put_suspect(over)
