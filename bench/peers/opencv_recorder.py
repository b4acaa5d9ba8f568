"""The usual recipe for recording a camera: OpenCV captures, OpenCV writes.

``python -m bench.peers.opencv_recorder URL FILE SECONDS`` prints pictures and processor seconds.
"""

import resource
import sys
import time

import cv2


def main() -> None:
    """Record for some seconds."""
    url, target, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    is_there, picture = capture.read()
    if not is_there:
        raise SystemExit("no picture")
    height, width = picture.shape[:2]
    writer = cv2.VideoWriter(target, cv2.VideoWriter.fourcc(*"mp4v"), 25, (width, height))
    before = resource.getrusage(resource.RUSAGE_SELF)
    frames, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        is_there, picture = capture.read()
        if not is_there:
            break
        writer.write(picture)
        frames += 1
    after = resource.getrusage(resource.RUSAGE_SELF)
    writer.release()
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(frames, used_s)


if __name__ == "__main__":
    main()
