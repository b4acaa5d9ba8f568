"""Single pictures out of a camera's stream: all of them, or its key frames, which need no other.

Source: design section 8 ("Camera watch on key frames", "Overhead cameras read labels").
"""

import av
import numpy as np
from av.codec.context import Flags
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from devices.pictures import Grey


class Decoder:
    """Decodes one stream, packet by packet. Not for sharing between threads."""

    def __init__(self, video: VideoStream) -> None:
        """A decoder of its own, so that copying the stream goes on untouched."""
        context = av.CodecContext.create(video.codec_context.name, "r")
        assert isinstance(context, VideoCodecContext)
        context.extradata = video.codec_context.extradata
        context.thread_count = 1
        # A picture is handed out at once, not with the next one.
        context.flags |= Flags.low_delay
        self._context = context

    def decode(self, packet: "Packet[VideoStream]") -> VideoFrame | None:
        """The newest picture that can be shown now; None: there is none, or it is damaged."""
        try:
            frames = self._context.decode(packet)
        except FFmpegError:
            self._context.flush_buffers()
            return None
        return frames[-1] if frames else None


def grey_of(frame: VideoFrame) -> Grey:
    """A decoded picture without its colours."""
    # The first plane of a camera's YUV is its grey picture already; rows may be padded.
    plane = frame.planes[0]
    rows = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
    return np.ascontiguousarray(rows[:, : plane.width])
