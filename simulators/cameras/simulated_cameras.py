"""Several simulated cameras in one thread: for tests, for the demo and behind ``custos-sim``.

Shell. The thread owns the event loop, the port and all connections; drawing and encoding run in
the loop's pool.

    ListenError   an address cannot be had: say so and end
    OrderError    a camera cannot be told this: nothing has changed
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from simulators.cameras.camera_options import CameraOptions, open_channel
from simulators.cameras.channel import now_ms
from simulators.cameras.control import Control, tell
from simulators.cameras.onvif import OnvifService
from simulators.cameras.server import CameraServer

TIMEOUT_S = 20.0
"""For the start and for an order."""


class ListenError(Exception):
    """The sentence says which address and why."""


@dataclass(frozen=True, slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event
    server: CameraServer
    control_port: int | None
    onvif_port: int | None


class SimulatedCameras:
    """Cameras at ``url(id)`` from ``__enter__`` to ``__exit__``, told what to do by ``order``."""

    def __init__(
        self,
        cameras: Sequence[CameraOptions],
        *,
        listen: tuple[str, int] = ("127.0.0.1", 0),
        control: tuple[str, int] | None = None,
        login: str | None = None,
        onvif: tuple[str, int] | None = None,
        now_ms: Callable[[], int] = now_ms,
    ) -> None:
        """Open encoders and files; nothing runs yet.

        Args:
            cameras: with different ids.
            listen: host and port for RTSP; port 0 takes a free one.
            control: host and port for lines of orders (see ``orders``), None for none.
            login: ``user:password`` that clients must give, None for none.
            onvif: host and port where each camera tells its time, None for none.
            now_ms: the true time that ONVIF answers are wrong against, in ms since 1970.

        Raises:
            ClipError: a camera's file cannot be used.
        """
        self._channels = {camera.camera_id: open_channel(camera) for camera in cameras}
        self._listen, self._control, self._login = listen, control, login
        self._onvif, self._now_ms = onvif, now_ms
        self._running: Future[_Running] = Future()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cameras")
        self._ended: Future[None] = Future()

    def __enter__(self) -> Self:
        """Listen.

        Raises:
            ListenError: an address cannot be had.
        """
        self._ended = self._thread.submit(asyncio.run, self._serve())
        try:
            self._running.result(TIMEOUT_S)
        except OSError as error:
            self._thread.shutdown()
            raise ListenError(f"cannot listen: {error.strerror or error}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up on everybody and end the thread; raises what ended it before."""
        running = self._running.result(TIMEOUT_S)
        # A loop that has failed is closed, and needs no stop.
        with suppress(RuntimeError):
            running.loop.call_soon_threadsafe(running.stop.set)
        self._thread.shutdown()
        self._ended.result()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._running.result(TIMEOUT_S).server.port

    @property
    def control_port(self) -> int | None:
        """Where it listens for lines of orders."""
        return self._running.result(TIMEOUT_S).control_port

    def onvif_url(self, camera_id: str) -> str:
        """Where a camera tells its time."""
        assert self._onvif is not None
        port = self._running.result(TIMEOUT_S).onvif_port
        return f"http://{self._onvif[0]}:{port}/{camera_id}/onvif/device_service"

    @property
    def camera_ids(self) -> tuple[str, ...]:
        """All cameras."""
        return tuple(self._channels)

    def wait_end(self) -> None:
        """Wait for a failure, and raise it; a signal's handler runs meanwhile."""
        self._ended.result()

    def url(self, camera_id: str) -> str:
        """Where a camera is; holds the login."""
        before = f"{self._login}@" if self._login else ""
        return f"rtsp://{before}{self._listen[0]}:{self.port}/{camera_id}"

    def cut_off_count(self, camera_id: str) -> int:
        """Clients of a camera that did not keep up and were cut off."""
        return self._channels[camera_id].cut_off_count

    def order(self, line: str) -> None:
        """Tell cameras something, e.g. ``belt-1 black``; see ``orders``.

        Raises:
            OrderError: it cannot be followed.
        """
        running = self._running.result(TIMEOUT_S)
        told = asyncio.run_coroutine_threadsafe(tell(running.server, line), running.loop)
        told.result(TIMEOUT_S)

    async def _serve(self) -> None:
        server = CameraServer(tuple(self._channels.values()), *self._listen, self._login)
        control, onvif = Control(server), OnvifService(self._channels, self._now_ms)
        stop = asyncio.Event()
        try:
            await server.start()
            control_port = await control.start(*self._control) if self._control else None
            onvif_port = await onvif.start(*self._onvif) if self._onvif else None
        except OSError as error:
            self._running.set_exception(error)
        else:
            loop = asyncio.get_running_loop()
            self._running.set_result(_Running(loop, stop, server, control_port, onvif_port))
            await self._take_pictures(stop)
        finally:
            await onvif.close()
            await control.close()
            await server.close()

    async def _take_pictures(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            taking = [tasks.create_task(channel.run()) for channel in self._channels.values()]
            await stop.wait()
            for task in taking:
                task.cancel()
