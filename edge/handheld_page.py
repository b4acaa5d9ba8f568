"""The handheld's page and all that it may ask for, over HTTP.

Whoever is not paired gets the page, may try a code, and nothing more. Its files are the program's
own and say nothing of the site. Source: console ("handheld browser"), docs/adr/0021.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from edge.asked import Asked, Unanswered
from edge.excerpt import ListSource, excerpt_bytes
from edge.gate import HANDHELD_PATH
from edge.handheld_store import token_sha256
from edge.handheld_talk import (
    HAND_IN_BYTES_MAX,
    PAIR_BYTES_MAX,
    HandIn,
    HandInAnswer,
    HandInProblem,
    ListAsk,
    PairAsk,
    Paired,
    PairRefusal,
    parse_hand_in,
    parse_pair,
)
from edge.station_events import HandheldAnswer, HandheldAsked

COOKIE = "handheld"
COOKIE_S = 400 * 86_400
"""As long as a browser keeps one at most; each hand-in renews it."""
TIMEOUT_S = 10.0
PAIR_PAUSE_S = 1.0
"""Tries to pair reach the station this rarely, whoever makes them and from wherever."""
PAIR_KEY = "pair"
FILES = (
    "handheld.html", "handheld.js", "handheld.css", "wedge.js", "queue.js", "own_list.js",
    "hand_in.js", "handheld_screen.js", "keypad.js", "sound.js", "words.js", "verdicts.js",
    "handover.js", "tokens.css", "station.css", "verdicts.css", "work.css",
    "messages.zh.json", "messages.en.json", "icon.svg",
)  # fmt: skip
"""What the page consists of; the service worker keeps all of it."""
_JSON = "application/json"
_NO_STORE = {"Cache-Control": "no-store"}
_STATUS = {
    HandInProblem.NOT_PAIRED: HTTPStatus.UNAUTHORIZED,
    HandInProblem.OTHER_QUEUE: HTTPStatus.CONFLICT,
    HandInProblem.DISK: HTTPStatus.SERVICE_UNAVAILABLE,
    HandInProblem.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
}
_PAIR_STATUS = {
    PairRefusal.NO_CODE: HTTPStatus.FORBIDDEN,
    PairRefusal.WRONG: HTTPStatus.FORBIDDEN,
    PairRefusal.TOO_SOON: HTTPStatus.TOO_MANY_REQUESTS,
    PairRefusal.BUSY: HTTPStatus.TOO_MANY_REQUESTS,
    PairRefusal.DISK: HTTPStatus.SERVICE_UNAVAILABLE,
}


class HandheldPage:
    """The routes; ``admit`` and ``answer`` may be called from any thread."""

    def __init__(
        self,
        static: Path,
        headers: Mapping[str, str],
        on_asked: Callable[[HandheldAsked], bool],
        mono_ns: Callable[[], int],
        *,
        has_tls: bool,
    ) -> None:
        """``on_asked`` gets what browsers say and tells whether it was taken."""
        self._static = static
        self._headers = headers
        self._on_asked = on_asked
        self._mono_ns = mono_ns
        self._has_tls = has_tls
        self._asked: Asked[HandheldAnswer] = Asked()
        self._by_token: Mapping[str, str] = MappingProxyType({})
        self._is_pairing = False
        self._under_way: set[str] = set()
        self._turn = asyncio.Lock()

    def admit(self, by_token: Mapping[str, str]) -> None:
        """These handhelds may come in, by the hash of their tokens, and no others."""
        self._by_token = by_token

    def answer(self, key: str, answer: HandheldAnswer) -> None:
        """What the station says to the one who asked under ``key``."""
        self._asked.answer(key, answer)

    def add_to(self, app: FastAPI) -> None:
        """Serve it there."""
        app.add_api_route(HANDHELD_PATH, self._to_page, methods=["GET"])
        app.add_api_route(f"{HANDHELD_PATH}/", self._page, methods=["GET"])
        app.add_api_route(f"{HANDHELD_PATH}/worker.js", self._worker, methods=["GET"])
        app.add_api_route(f"{HANDHELD_PATH}/pair", self._pair, methods=["POST"])
        app.add_api_route(f"{HANDHELD_PATH}/hand-in", self._hand_in, methods=["POST"])
        app.add_api_route(f"{HANDHELD_PATH}/list", self._list, methods=["GET"])

    # ------------------------------------------------------------ files

    async def _to_page(self) -> Response:
        return RedirectResponse(f"{HANDHELD_PATH}/")

    async def _page(self) -> Response:
        return FileResponse(self._static / "handheld.html", headers=self._headers)

    async def _worker(self) -> Response:
        script = worker_script(self._static)
        return Response(script, media_type="text/javascript", headers=self._headers)

    # ------------------------------------------------------------ pairing

    async def _pair(self, request: Request) -> Response:
        body = await _body(request, PAIR_BYTES_MAX)
        if body is None:
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            ask = parse_pair(body)
        except ValueError:
            return Response(status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
        if self._is_pairing:
            return _pair_refused(PairRefusal.BUSY)
        self._is_pairing = True
        try:
            answer = await self._ask(PAIR_KEY, request, ask, None)
            if not isinstance(answer, Paired):
                await asyncio.sleep(PAIR_PAUSE_S)
        finally:
            self._is_pairing = False
        if isinstance(answer, Paired):
            said = Response(msgspec.json.encode({"device": answer.device}), media_type=_JSON)
            self._give_cookie(said, answer.token)
            return said
        return _pair_refused(answer if isinstance(answer, PairRefusal) else PairRefusal.BUSY)

    def _give_cookie(self, response: Response, token: str) -> None:
        response.set_cookie(
            COOKIE,
            token,
            max_age=COOKIE_S,
            path=HANDHELD_PATH,
            secure=self._has_tls,
            httponly=True,
            samesite="strict",
        )

    # ------------------------------------------------------------ the paired ones

    async def _hand_in(self, request: Request) -> Response:
        token = self._token(request)
        if token is None:
            return _refused(HandInProblem.NOT_PAIRED)
        body = await _body(request, HAND_IN_BYTES_MAX)
        if body is None:
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            said = parse_hand_in(body)
        except ValueError:
            return Response(status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
        answer = await self._take_turn(request, said, token)
        if not isinstance(answer, HandInAnswer):
            return _refused(answer if isinstance(answer, HandInProblem) else HandInProblem.BUSY)
        told = Response(msgspec.json.encode(answer), media_type=_JSON)
        self._give_cookie(told, token)
        return told

    async def _take_turn(
        self, request: Request, said: HandIn, token: str
    ) -> HandheldAnswer | Unanswered:
        """One hand-in with scans at a time, of all handhelds: a cabled scan waits for one."""
        if token in self._under_way:
            return Unanswered.BUSY
        self._under_way.add(token)
        try:
            if not said.scans:
                return await self._ask(token_sha256(token), request, said, token)
            async with self._turn:
                return await self._ask(token_sha256(token), request, said, token)
        finally:
            self._under_way.discard(token)

    async def _list(self, request: Request) -> Response:
        token = self._token(request)
        if token is None:
            return _refused(HandInProblem.NOT_PAIRED)
        answer = await self._ask(f"list {token_sha256(token)}", request, ListAsk(), token)
        if not isinstance(answer, ListSource):
            return _refused(answer if isinstance(answer, HandInProblem) else HandInProblem.BUSY)
        return Response(excerpt_bytes(answer), media_type=_JSON, headers=_NO_STORE)

    def _token(self, request: Request) -> str | None:
        token = request.cookies.get(COOKIE, "")
        return token if token_sha256(token) in self._by_token else None

    async def _ask(
        self, key: str, request: Request, ask: HandIn | PairAsk | ListAsk, token: str | None
    ) -> HandheldAnswer | Unanswered:
        token_hash = token_sha256(token) if token else None
        asked = HandheldAsked(
            key=key,
            device=self._by_token.get(token_hash) if token_hash else None,
            token_sha256=token_hash,
            source=_source(request),
            ask=ask,
            read_ns=self._mono_ns(),
        )
        return await self._asked.ask(key, lambda: self._on_asked(asked), TIMEOUT_S)


def worker_script(static: Path) -> str:
    """The service worker, told what to keep: another version as soon as any file differs."""
    text = (static / "worker.js").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode("utf-8"))
    for name in FILES:
        digest.update((static / name).read_bytes())
    paths = [f"/static/{name}" for name in FILES if name != "handheld.html"]
    told = f"const VERSION = {json.dumps(digest.hexdigest()[:16])};\n"
    return f"{told}const FILES = {json.dumps(paths)};\n{text}"


async def _body(request: Request, bytes_max: int) -> bytes | None:
    """What was sent; None if it is too long, and then no more of it is read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            return None
    return bytes(body)


def _source(request: Request) -> str:
    if request.client is None:
        return "tcp:unknown"
    host, port = request.client.host, request.client.port
    return f"tcp:[{host}]:{port}" if ":" in host else f"tcp:{host}:{port}"


def _refused(problem: HandInProblem) -> Response:
    body = msgspec.json.encode({"problem": problem})
    return Response(body, _STATUS[problem], media_type=_JSON)


def _pair_refused(refusal: PairRefusal) -> Response:
    body = msgspec.json.encode({"problem": refusal})
    return Response(body, _PAIR_STATUS[refusal], media_type=_JSON)
