"""Pictures beside events: what a camera showed when something was told of it.

A still is named by its hash, which stands in the event's line: one that was changed is no longer
the one that was told. Source: design section 8, console ("picture of the moment").

    StillError    the disk refused: the event goes without a picture
"""

import hashlib
from pathlib import Path

import cv2

from devices.pictures import Grey
from edge.data_dir import write_file

FOLDER = "stills"
"""Below each camera's folder."""
WIDTH_PX_MAX = 960
QUALITY = 85
STILLS_MAX = 5_000
"""Of one camera; beyond it the oldest goes. A fault has two, one at its beginning and its end; a
label that passes has one, of about 10 kB."""
SUFFIX = ".jpg"


class StillError(Exception):
    """There is no picture; the sentence says why."""


class Stills:
    """The stills of one camera, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first still."""
        self._folder = folder

    def keep(self, picture: Grey) -> str:
        """Put a picture on the disk, not wider than ``WIDTH_PX_MAX``; its file's SHA-256.

        Raises:
            StillError: the disk does not take it.
        """
        data = _encoded(picture)
        name = hashlib.sha256(data).hexdigest()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_file(self._folder / f"{name}{SUFFIX}", data)
            self._forget_oldest()
        except OSError as error:
            raise StillError(f"no picture kept: {error.strerror}") from error
        return name

    def _forget_oldest(self) -> None:
        files = list(self._folder.glob(f"*{SUFFIX}"))
        if len(files) > STILLS_MAX:
            files.sort(key=lambda file: file.stat().st_mtime_ns)
            for file in files[: len(files) - STILLS_MAX]:
                file.unlink(missing_ok=True)


def _encoded(picture: Grey) -> bytes:
    height, width = picture.shape
    if width > WIDTH_PX_MAX:
        size = (WIDTH_PX_MAX, max(1, height * WIDTH_PX_MAX // width))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype("uint8")
    is_done, coded = cv2.imencode(SUFFIX, picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not is_done:
        raise StillError("no picture kept: it cannot be coded")
    return coded.tobytes()
