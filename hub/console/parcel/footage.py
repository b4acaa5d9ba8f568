"""The footage of a parcel's events: marks under the ruler, the player, and what is certified."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from nicegui.element import Element

from hub.console.cameras.lists import draw_clips
from hub.console.cameras.player import Opened, Player
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, button, chip, icon, text
from hub.console.parcel.certified import earlier_said, share_said
from hub.console.parcel.films import scenes_of, state_of
from hub.console.parcel.views import Film
from hub.console.wording import Words, visible
from hub.video.service import Certificate, CertificateState, FootageLook, Issue, TakenClip

_MEANING = {
    CertificateState.PRESENT: Meaning.RECORDED,
    CertificateState.GAP: Meaning.STOP,
    CertificateState.UNKNOWN: Meaning.UNPROVEN,
    CertificateState.UNSEEN: Meaning.NO_DATA,
    None: Meaning.INFORMATION,
}
_ICON = {
    CertificateState.PRESENT: "cameras",
    CertificateState.GAP: "broken",
    CertificateState.UNKNOWN: "help",
    CertificateState.UNSEEN: "skipped",
    None: "clock",
}
LOOKS_SHOWN_MAX = 30


def film_name(words: Words, film: Film) -> str:
    """A film in one sentence: what happened where and when, and what is certain of its footage."""
    said = [_what(words, each.what) for each in film.certificates]
    what = " + ".join(dict.fromkeys(said))
    where = film.site if film.place is None else f"{film.site} {visible(film.place)}"
    state = words.say(f"film.{_word(state_of(film))}")
    return f"{what} · {where} · {words.clock_time(film.at)} · {state}"


def draw_film_mark(
    words: Words, film: Film, chosen: str | None, choose: Callable[[str], None]
) -> Element:
    """A mark on the ruler's row of footage; a click opens it."""
    state, said = state_of(film), film_name(words, film)
    found = attribute(box("button", f"film-mark m-{_MEANING[state]}"), "type", "button")
    # Within the row at both ends of a parcel's life, where half of it would stand out.
    found.style(f"left: clamp(0px, calc({100 * film.position:.2f}% - 15px), calc(100% - 30px))")
    attribute(attribute(found, "aria-label", said), "title", said)
    attribute(found, "aria-pressed", "true" if film.key == chosen else "false")
    found.on("click", partial(choose, film.key))
    with found:
        icon(_ICON[state])
    return found


class FilmPart:
    """The player under the ruler; nothing is opened, and so on record, before somebody asks."""

    def __init__(self, words: Words, waybill: str, entered: Callable[[str], None]) -> None:
        self._words = words
        self._waybill = waybill
        self._films: tuple[Film, ...] = ()
        self._chosen: str | None = None
        self._runs = False
        with box("section", "part films") as self._whole:
            with box("header", "part-head"):
                text(words.say("film.title"), "", "h2")
                text(words.say("film.about"), "label")
                self._run = button(words.say("film.run"), "films-run", "v")
                self._run.on("click", self._run_through)
            self._none = text(words.say("film.none"), "gap", "p")
            self._player = Player(words, _ignore, self._follow)
        self._entered = entered

    def show(self, films: tuple[Film, ...] | None) -> None:
        """These are its films now; None: they are not this person's business."""
        self._whole.set_visibility(films is not None)
        self._films = films = films or ()
        self._none.set_visibility(not films)
        self._run.set_visibility(bool(films))
        self._play()

    def choose(self, key: str) -> None:
        """Open a film at its event."""
        self._chosen, self._runs = key, False
        self._play()

    def _run_through(self) -> None:
        self._chosen, self._runs = self._films[0].key, True
        self._play()
        self._entered(self._chosen)

    def _follow(self, key: str) -> None:
        self._chosen = key
        self._entered(key)

    def _play(self) -> None:
        if self._chosen is None:
            return
        scenes = scenes_of(self._films, partial(film_name, self._words), runs=self._runs)
        purpose = self._words.say("film.purpose", waybill=self._waybill)
        self._player.show(scenes, self._chosen, purpose, self._waybill)


async def _ignore(_opened: Opened) -> None:
    """A parcel's page asks for no finding: that is of the daily playback."""


def draw_certificates(words: Words, film: Film) -> None:
    """What is certified of each of its events, camera by camera."""
    text(words.say("film.certificate"), "detail-title", "h3")
    for each in film.certificates:
        with box("div", "certificate"):
            with box("p", "certificate-head"):
                text(_what(words, each.what), "", "b")
                text(words.clock_time(each.occurred_at), "figure")
                word = _word(each.state)
                chip(words.say(f"film.{word}"), _MEANING[each.state], _ICON[each.state])
            text(words.say(f"film.{word}.why"), "", "p")
            if not each.is_clock_sure:
                text(words.say("film.unsure"), "gap", "p")
            _draw_shares(words, each, {one.camera: one.name for one in film.cameras})
            _draw_earlier(words, each, film.earlier.get(each.id, ()))


def _draw_shares(words: Words, certificate: Certificate, names: Mapping[str, str]) -> None:
    if not certificate.cameras:
        return
    with box("ol", "shares"):
        for share in certificate.cameras:
            with box("li"):
                text(visible(names.get(share.camera, share.camera)), "", "b")
                text(words.say(f"film.{share.coverage.state}"))
                if share.is_simulated:
                    chip(words.say("scan.simulated"), Meaning.UNPROVEN)
                text(share_said(words, share), "history-reason")


def _draw_earlier(words: Words, certificate: Certificate, earlier: Sequence[Issue]) -> None:
    """The newest first: what was believed last counts most."""
    if not earlier:
        return
    with box("ol", "shares earlier"):
        for issue in reversed(earlier):
            with box("li"):
                text(earlier_said(words, issue, certificate.occurred_at), "history-reason")


def draw_film_looks(words: Words, looks: Sequence[FootageLook], clips: Sequence[TakenClip]) -> None:
    """Who looked at footage for this parcel, and took some of it away."""
    text(words.say("film.looks"), "detail-title", "h2")
    if not looks:
        text(words.say("film.looks.none"), "gap", "p")
    with box("ol", "history"):
        for look in looks[:LOOKS_SHOWN_MAX]:
            since, until = words.clock_time(look.since), words.clock_time(look.until)
            with box("li"):
                icon("view")
                text(visible(look.who), "", "b")
                text(visible(f"{look.site} / {look.camera}"))
                age(look.at, words.exact(look.at))
                said = words.say("playback.look", since=since, until=until)
                text(said, "history-reason figure", "p")
                draw_clips([each for each in clips if each.look_id == look.id], words)


def _what(words: Words, what: str) -> str:
    return words.messages.get(f"step.{what}") or words.name("cause", what)


def _word(state: CertificateState | None) -> str:
    return "pending" if state is None else str(state)
