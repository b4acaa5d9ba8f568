"""The shift board: one card for each thing that is due, with its countdown and what to do."""

from functools import partial

from nicegui.element import Element

from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, countdown, icon, text, waybill
from hub.console.pages import draw_broken, draw_empty
from hub.console.rules import is_waybill
from hub.console.shift.desk import ShiftDesk
from hub.console.shift.duties import is_pressing
from hub.console.shift.views import DueCard, DueKind, ShiftBoard
from hub.console.visit import Visit
from hub.console.wording import visible

READ_EVERY_BEATS = 3
SHIFTS_SHOWN_MAX = 4
SHIFT_KEYS = (("j", "keys.row.next"), ("k", "keys.row.previous"), ("Enter", "keys.row.open"))
_ICON = {
    DueKind.QUERY: "suspects",
    DueKind.SELF_CHECK: "incidents",
    DueKind.UPSTREAM: "incidents",
    DueKind.FOLLOW_UP: "incidents",
    DueKind.SEND: "dispatch",
    DueKind.FORWARD: "dispatch",
    DueKind.RECEIVE: "dispatch",
    DueKind.DELIVER: "parcel",
    DueKind.STORE: "quarantine",
}


class ShiftPage:
    """What is due at somebody's sites, a card each."""

    def __init__(self, visit: Visit, desk: ShiftDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        with box("main", "page"):
            with box("header", "page-head"):
                text(words.say("shift.title"), "page-title", "h1")
                text(words.say("shift.about"), "label", "p")
            self._shifts = box("div", "shifts")
            self._notice = box("div", "notice")
            self._cards = KeyedList(box("ol", "due-cards"))

    async def start(self) -> None:
        """Show what is due and follow what comes."""
        visit = self._visit
        read = partial(self._desk.board, visit.caller)
        await Live(visit, read, self._draw, self._tell_broken, READ_EVERY_BEATS).start()

    def _tell_broken(self) -> None:
        self._shifts.clear()
        self._cards.show([])
        draw_broken(self._notice, self._words)

    def _draw(self, board: ShiftBoard) -> None:
        self._draw_shifts(board)
        self._notice.clear()
        if not board.cards:
            draw_empty(self._notice, self._words, "shift.empty", "check")
        self._cards.show(
            [
                Row(
                    f"{card.kind}/{card.site}/{card.about}",
                    (card, is_pressing(card, board.now)),
                    partial(self._draw_card, card, is_now=is_pressing(card, board.now)),
                )
                for card in board.cards
            ]
        )

    def _draw_shifts(self, board: ShiftBoard) -> None:
        words = self._words
        self._shifts.clear()
        with self._shifts:
            if not board.shifts:
                text(words.say("shift.none"), "gap", "p")
            for each in board.shifts[:SHIFTS_SHOWN_MAX]:
                due = sum(card.site == each.site for card in board.cards)
                with box("div", "shift-on"):
                    text(f"{each.site} {visible(each.shift)}", "", "b")
                    countdown(each.ends_at, words.exact(each.ends_at), "shift-left")
                    text(words.say("shift.due", n=due), "label")
            hidden = len(board.shifts) - SHIFTS_SHOWN_MAX
            if hidden > 0:
                text(words.say("shift.hidden", n=hidden), "label")

    def _draw_card(self, card: DueCard, *, is_now: bool) -> Element:
        words = self._words
        meaning = Meaning.OPEN if is_now else Meaning.INFORMATION
        if card.due_at is None:
            meaning = Meaning.NO_DATA
        with box("li") as whole:
            link = attribute(box("a", f"due-card m-{meaning}"), "href", card.link or "")
            with attribute(link, "data-row", ""):
                with box("span", "due-head"):
                    icon(_ICON[card.kind])
                    text(words.say(f"due.{card.kind}", n=card.count), "due-name", "b")
                    text(card.site, "due-site")
                self._draw_about(card)
                with box("span", "due-when"):
                    if card.due_at is not None:
                        countdown(card.due_at, words.exact(card.due_at), "due-left")
                    else:
                        text(words.say("due.none"), "due-left gap")
                    if card.since is not None:
                        text(words.say("due.since"), "label")
                        age(card.since, words.exact(card.since), "label")
                text(words.say(f"due.{card.kind}.do"), "due-do", "span")
        return whole

    def _draw_about(self, card: DueCard) -> None:
        if not card.about:
            return
        if is_waybill(card.about) and card.kind is not DueKind.QUERY:
            waybill(card.about, "row-main")
        else:
            text(visible(card.about), "row-main")
