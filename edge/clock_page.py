"""The clock that a station shows to its cameras, as a code that is renewed four times a second.

Whoever holds it before a camera measures how late that camera's pictures come. It tells the time
and nothing else, so that also a handheld on the network may show it. Source: design section 8.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response

from edge.gate import CLOCK_PATH
from edge.video.shown_clock import PREFIX


class ClockPage:
    """The page and its picture; ``now`` is the edge's wall clock."""

    def __init__(
        self, static: Path, headers: Mapping[str, str], now: Callable[[], datetime]
    ) -> None:
        self._static, self._headers, self._now = static, headers, now

    def add_to(self, app: FastAPI) -> None:
        """Serve it there."""
        app.add_api_route(CLOCK_PATH, self._page, methods=["GET"])
        app.add_api_route(f"{CLOCK_PATH}/code.svg", self._code, methods=["GET"])

    async def _page(self) -> Response:
        return FileResponse(self._static / "clock.html", headers=self._headers)

    async def _code(self) -> Response:
        try:
            # Here: an edge of scanners alone has no video libraries, and no camera to show it to.
            import zxingcpp
        except ImportError:
            return PlainTextResponse("no video libraries", HTTPStatus.NOT_FOUND)
        text = f"{PREFIX}{int(self._now().timestamp() * 1000)}"
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
        headers = {**self._headers, "Cache-Control": "no-store"}
        return Response(code.to_svg(), media_type="image/svg+xml", headers=headers)
