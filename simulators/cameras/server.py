"""RTSP over TCP for several cameras on one port, on aio-rtsp-toolkit's server.

Shell. The toolkit speaks RTSP and RTCP; it serves files, each client reading and pacing its own.
Here a channel's pictures come from elsewhere, once for all its clients, and a picture's packets
are written at once: the toolkit's sleep between packets costs more than all the rest.
"""

import asyncio
import base64
import logging
import struct
import urllib.parse
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import aio_sockets
from aio_rtsp_toolkit.server import RtspServer
from aio_rtsp_toolkit.server_media import MediaSource, MediaTrackInfo, profile_level_id_from_sps
from aio_rtsp_toolkit.server_session import RtspServerSession
from aio_rtsp_toolkit.server_session_types import StreamTrackState

from simulators.cameras.channel import Channel, RtpUnit, Viewer
from simulators.cameras.encoder import ParameterSets
from simulators.cameras.orders import OrderError

CLOCK_HZ = 90_000
FIRST_TIMESTAMP = CLOCK_HZ // 1000
"""1 ms: to FFmpeg 0 means that none is known, and the first picture would have no time."""
PAYLOAD_TYPE = 96
SESSIONS_MAX = 256
"""Clients of one process; more are hung up on."""
_TRACK = "track1"
_log = logging.getLogger(__name__)


class CameraServer(RtspServer):
    """Serves each channel at ``rtsp://host:port/<camera id>``."""

    def __init__(
        self, channels: Sequence[Channel], host: str, port: int, login: str | None
    ) -> None:
        """Not yet listening.

        Args:
            channels: cameras with different ids.
            host: address to listen on.
            port: 0 takes a free one, and keeps it.
            login: ``user:password`` that a client must give (Basic), None for none.
        """
        super().__init__(".", host, port)
        self.logger = _log  # type: ignore[assignment]  # it only names its arguments otherwise
        self.channels = {channel.camera_id: channel for channel in channels}
        self._sessions: set[CameraSession] = set()
        self._authorization = login and "Basic " + base64.b64encode(login.encode()).decode()

    async def start(self) -> "CameraServer":
        """Listen.

        Raises:
            OSError: the address cannot be had.
        """
        await super().start()
        if isinstance(self._server, asyncio.Server):
            self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def order(self, camera_id: str, words: tuple[str, ...]) -> None:
        """Tell one camera, or all with ``*``; see ``orders``.

        The port is closed while all cameras are lost, and taken again when one is back.

        Raises:
            OrderError: no such camera, or the order cannot be followed; nothing has changed.
            OSError: another program took the port in the meantime.
        """
        told = [one for one in self.channels.values() if camera_id in ("*", one.camera_id)]
        if not told:
            raise OrderError(f"there is no camera '{camera_id}'")
        for channel in told:
            channel.check(words)
        for channel in told:
            channel.order(words)
            if channel.is_lost:
                self._hang_up(channel)
        all_lost = all(channel.is_lost for channel in self.channels.values())
        if all_lost and self._server is not None:
            self._server.close()
            self._server = None
        elif not all_lost and self._server is None:
            await self.start()

    async def close(self) -> None:
        """Hang up on everybody and close the port."""
        ended = [session.ended for session in self._sessions]
        self._hang_up(None)
        await asyncio.gather(*(event.wait() for event in ended))
        await super().close()

    def allows(self, authorization: str | None) -> bool:
        """Say whether this request header holds the login."""
        return self._authorization is None or authorization == self._authorization

    async def _handle_client(self, sock: aio_sockets.TCPSocket) -> None:
        if len(self._sessions) >= SESSIONS_MAX:
            sock.writer.transport.abort()
            return
        session = CameraSession(self, sock)
        self._sessions.add(session)
        try:
            with suppress(ConnectionError):
                await session.run()
        finally:
            self._sessions.discard(session)
            session.ended.set()

    def _hang_up(self, channel: Channel | None) -> None:
        for session in tuple(self._sessions):
            if channel is None or session.channel is channel:
                session.hang_up()


class CameraSession(RtspServerSession):
    """One client: the toolkit's dialogue, with a channel's pictures."""

    def __init__(self, server: CameraServer, sock: aio_sockets.TCPSocket) -> None:
        super().__init__(server, sock)
        self.channel: Channel | None = None
        self.ended = asyncio.Event()
        self._cameras = server

    def hang_up(self) -> None:
        """Break the connection without a word, as a camera does that lost its power."""
        self.sock.writer.transport.abort()

    async def _handle_describe(self, uri: str, req_headers: dict[str, str]) -> None:
        if not self._cameras.allows(req_headers.get("authorization")):
            realm = {"WWW-Authenticate": 'Basic realm="camera"'}
            await self._send_response(req_headers, 401, "Unauthorized", realm)
            return
        camera_id = urllib.parse.urlsplit(uri).path.strip("/")
        channel = self._cameras.channels.get(camera_id)
        if channel is None:
            await self._send_response(req_headers, 404, "Not Found")
            return
        self.channel = channel
        if channel.is_lost:
            self.hang_up()
            return
        self.media_source = _describe(camera_id, channel.source.parameter_sets)
        self.track_states = {_TRACK: StreamTrackState(self.media_source.tracks[0])}
        self.content_base = self._cameras.build_content_base(uri, req_headers)
        described = {"Content-Base": self.content_base, "Content-Type": "application/sdp"}
        body = self.media_source.build_sdp().encode()
        await self._send_response(req_headers, 200, "OK", described, body)

    async def _stream_media(self) -> None:
        channel, state = self.channel, self.track_states[_TRACK]
        assert channel is not None, "the toolkit plays only what was described"
        viewer = Viewer(self.hang_up)
        channel.join(viewer)
        try:
            first = await viewer.units.get()
            await self._send_unit(state, first, 0)
            while True:
                unit = await viewer.units.get()
                await self._send_unit(state, unit, unit.at_ms - first.at_ms)
        except ConnectionError:
            self.hang_up()
        finally:
            channel.leave(viewer)

    async def _send_unit(self, state: StreamTrackState, unit: RtpUnit, since_first_ms: int) -> None:
        timestamp = (FIRST_TIMESTAMP + since_first_ms * CLOCK_HZ // 1000) & 0xFFFFFFFF
        async with self.write_lock:
            await self.sock.send(_interleaved(state, unit, timestamp))
        # For the toolkit's sender reports.
        state.last_rtp_timestamp = timestamp
        state.last_rtp_send_time = unit.at_ms / 1000
        await self._maybe_send_rtcp_sr(state)


def _interleaved(state: StreamTrackState, unit: RtpUnit, timestamp: int) -> bytes:
    """A picture's RTP packets in the frames of RTSP's connection; counts them in ``state``."""
    parts: list[bytes] = []
    for payload, marker in unit.payloads:
        head = struct.pack(
            "!BBHBBHII",
            ord("$"),
            state.rtp_channel,
            len(payload) + 12,
            0x80,
            marker << 7 | PAYLOAD_TYPE,
            state.sequence_number,
            timestamp,
            state.ssrc,
        )
        state.sequence_number = (state.sequence_number + 1) & 0xFFFF
        state.octet_count += len(payload)
        parts += head, payload
    state.packet_count += len(unit.payloads)
    return b"".join(parts)


def _describe(camera_id: str, sets: ParameterSets) -> MediaSource:
    sprop = ",".join(base64.b64encode(part).decode() for part in (sets.sps, sets.pps))
    track = MediaTrackInfo(
        media_type="video",
        control=_TRACK,
        codec_name="h264",
        payload_type=PAYLOAD_TYPE,
        clock_rate=CLOCK_HZ,
        fmtp=(
            f"packetization-mode=1; profile-level-id={profile_level_id_from_sps(sets.sps)}; "
            f"sprop-parameter-sets={sprop}"
        ),
    )
    return MediaSource(file_path=Path(camera_id), tracks=[track], session_name=camera_id)
