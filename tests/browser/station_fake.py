"""An edge as the station page sees it: static files and /ws, with a state that a test sets.

It speaks the contract of the station page and nothing more: the whole state on connect, after
each change and every 200 ms (the real edge: at least every second).
"""

import asyncio
import copy
import threading
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

STATIC = Path(__file__).parents[2] / "edge" / "static"
BEAT_S = 0.2
START_S_MAX = 10.0

State = dict[str, Any]


class FakeEdge:
    """Runs in a thread of its own; ``url`` is the page, ``heard`` what the page sent.

    ``is_followed``: a page has started and opened its socket.
    """

    def __init__(self, state: State) -> None:
        self.heard: list[object] = []
        self.is_followed = False
        self.answers: dict[str, Any] | None = {"recorded": True, "reason": None}
        self.is_silent = False
        self.refuses = False
        self._state = copy.deepcopy(state)
        self._server = uvicorn.Server(
            uvicorn.Config(self._app(), host="127.0.0.1", port=0, log_level="error")
        )
        self._thread = threading.Thread(target=self._server.run, name="fake-edge")

    def __enter__(self) -> "FakeEdge":
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(START_S_MAX / 0.02)):
            if self._server.started:
                return self
            waited.wait(0.02)
        raise TimeoutError("the fake edge did not start")

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=START_S_MAX)

    @property
    def url(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/"

    def show(self, state: State) -> None:
        """Send another state from the next beat on."""
        self._state = copy.deepcopy(state)

    def _app(self) -> FastAPI:
        app = FastAPI()
        app.mount("/static", StaticFiles(directory=STATIC))

        @app.get("/")
        def index() -> FileResponse:
            return FileResponse(STATIC / "index.html")

        @app.websocket("/ws")
        async def follow(socket: WebSocket) -> None:
            if self.refuses:
                await socket.close()
                return
            await socket.accept()
            self.is_followed = True
            speaking = asyncio.create_task(self._speak(socket))
            try:
                while True:
                    said = await socket.receive_json()
                    self.heard.append(said)
                    if said["type"] != "ack" and self.answers is not None:
                        answer = {"type": "answer", "key": said["key"], **self.answers}
                        await socket.send_json(answer)
            except WebSocketDisconnect:
                pass
            finally:
                speaking.cancel()

        return app

    async def _speak(self, socket: WebSocket) -> None:
        n = 0
        while not self._server.should_exit and not self.refuses:
            if not self.is_silent:
                n += 1
                await socket.send_json({**self._state, "n": n})
            await asyncio.sleep(BEAT_S)
        await socket.close()
