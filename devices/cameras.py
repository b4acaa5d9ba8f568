"""A camera's stream, opened by URL: its packets as they come, and a typed error for each silence.

The library tells of a wrong password, a dead camera and an ended stream in a dozen ways, or not at
all; here each becomes one of four. No error names the address, which may hold a password.
Source: design section 8.

    CameraError
    +- CameraUnreachableError   refused, no route, no answer in time: open again, with backoff
    +- CameraRefusedError       wrong user, password or path: open again slowly, a person must look
    +- CameraEndedError         the stream ended, or nothing came for too long: open again
    +- CameraFormatError        no pictures in it, or coded in a way that no browser or player takes
"""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from wire.events import Codec

OPEN_S_MAX: Final = 6.0
STALL_S_MAX: Final = 4.0
"""A camera that sends nothing for so long is lost; the station tells it within ten seconds."""
RTSP_PORT: Final = 554
FILM: Final = "file:"
_OPTIONS = {
    "rtsp": {
        "rtsp_transport": "tcp",
        # A stream's first pictures are wanted, not a long look at what it may hold.
        "analyzeduration": "1000000",
        "fflags": "+nobuffer",
    },
}
_CODECS = {"h264": Codec.H264, "hevc": Codec.H265}
_REFUSALS = (
    av.error.HTTPUnauthorizedError,
    av.error.HTTPForbiddenError,
    av.error.HTTPNotFoundError,
    av.error.HTTPBadRequestError,
    av.error.HTTPOtherClientError,
)


class CameraError(Exception):
    """Nothing comes from the camera; the sentence says why and names no address."""


class CameraUnreachableError(CameraError):
    """Nobody answers there."""


class CameraRefusedError(CameraError):
    """Somebody answers and refuses: the user, the password or the path is wrong."""


class CameraEndedError(CameraError):
    """The stream ended, broke, or nothing came of it for too long."""


class CameraFormatError(CameraError):
    """No video in it that can be kept."""


class Camera:
    """An open stream. Not for sharing between threads."""

    def __init__(
        self, url: str, *, open_s_max: float = OPEN_S_MAX, stall_s_max: float = STALL_S_MAX
    ) -> None:
        """Open ``url``: ``rtsp://…``, always over TCP, or a file, which plays once.

        Blocks for at most ``open_s_max`` s; afterwards each packet may take ``stall_s_max`` s.

        Raises:
            CameraError: one of its four kinds.
        """
        scheme = urlsplit(url).scheme
        self._is_file = scheme in {"", "file"}
        options = _OPTIONS.get(scheme, {})
        try:
            self._container: InputContainer = av.open(
                url, "r", options=options, timeout=(open_s_max, stall_s_max)
            )
        except _REFUSALS as error:
            raise CameraRefusedError(_reason(error)) from None
        except av.error.InvalidDataError as error:
            if self._is_file:
                raise CameraFormatError(_reason(error)) from None
            # A camera that hangs up while it is asked what it sends.
            raise CameraUnreachableError(_reason(error)) from None
        except (av.error.FFmpegError, OSError) as error:
            raise CameraUnreachableError(_reason(error)) from None
        self.source = source_of(url)
        """Whether its other end is this machine, a film, or neither (promise P6)."""
        try:
            self.video, self.codec = _video_of(self._container)
        except CameraFormatError:
            self.close()
            raise

    @property
    def is_live(self) -> bool:
        """Its packets come at their own pace; a file's come as fast as they are taken."""
        return not self._is_file

    def packets(self) -> Iterator["Packet[VideoStream]"]:
        """Every packet as it comes, with the camera's own times; never ends by itself.

        Raises:
            CameraEndedError: the stream ended, broke, or nothing came for ``stall_s_max``.
        """
        try:
            for packet in self._container.demux(self.video):
                if packet.size and packet.pts is not None and packet.dts is not None:
                    yield packet
        except av.error.ExitError:
            raise CameraEndedError("nothing came of it for too long") from None
        except (av.error.FFmpegError, OSError) as error:
            raise CameraEndedError(_reason(error)) from None
        raise CameraEndedError("the stream ended")

    def close(self) -> None:
        """Let the camera go."""
        with suppress(av.error.FFmpegError, OSError):
            self._container.close()


def source_of(url: str) -> str:
    """Where a camera is, as far as it may be told: its address never leaves the edge.

    ``tcp:localhost`` on this very machine, else ``tcp:elsewhere``, ``tcp:unknown`` where the
    operating system cannot say, ``file:`` for a film. May ask the network's name service.
    """
    parts = urlsplit(url)
    if parts.scheme in {"", "file"}:
        return FILM
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or RTSP_PORT, type=socket.SOCK_STREAM)
        peers = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    except (OSError, UnicodeError, ValueError):
        return "tcp:unknown"
    return "tcp:localhost" if any(peer.is_loopback for peer in peers) else "tcp:elsewhere"


def _video_of(container: InputContainer) -> tuple[VideoStream, Codec]:
    if not container.streams.video:
        raise CameraFormatError("there are no pictures in it")
    video = container.streams.video[0]
    codec = codec_of(video)
    if codec is None:
        name = video.codec_context.name
        raise CameraFormatError(f"its pictures are coded as {name}, not H.264 or H.265")
    return video, codec


def codec_of(video: VideoStream) -> Codec | None:
    """How a stream is coded; None: in a way that is not kept."""
    return _CODECS.get(video.codec_context.name)


def _reason(error: OSError | av.error.FFmpegError) -> str:
    # ``str(error)`` ends with the URL.
    return (error.strerror or type(error).__name__).lower()
