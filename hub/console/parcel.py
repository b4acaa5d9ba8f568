"""The parcel page: what is recorded of one waybill, oldest first, with its gaps.

Source: console.md ("Custody replay") as far as there is custody: scans only, so far.
"""

from datetime import timedelta

import structlog
from nicegui.element import Element
from nicegui.run import io_bound
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from hub.alerts.service import AlertState
from hub.console.feed import Feed, Snapshot
from hub.console.frame import Frame
from hub.console.markup import age, attribute, box, chip, icon, text, waybill
from hub.console.rules import MEANING_OF, RESULT_MEANING, Meaning, is_simulated
from hub.console.scans import draw_scan
from hub.console.seam import Rooms
from hub.console.views import Card, ParcelSight, ScanLine
from hub.console.wording import Words, visible

GAP_SHOWN_FROM = timedelta(hours=1)
"""A stretch without a scan that is longer is drawn with its length."""

_log = structlog.get_logger()
_failures = Counter("custos_console_parcel_failures", "Parcel pages that could not be read")


class ParcelPage:
    """One parcel; drawn again when the feed says that anything about it changed."""

    def __init__(self, words: Words, frame: Frame, root: str, rooms: Rooms, number: str) -> None:
        self._words = words
        self._frame = frame
        self._root = root
        self._rooms = rooms
        self._number = number
        self._beat = -1
        self._shown: ParcelSight | None = None
        self._body = box("main", "parcel")
