"""A file of scans, line by line, with nothing in it that could hold us up or fill our memory."""

import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

LINE_BYTES_MAX = 4_096
FILE_BYTES_MAX = 4 * 1024**3
HEAD_BYTES = 65_536
STRANGE_MAX = 3
"""So many lines of a file's head may be in another encoding before the file is."""
_BOM = b"\xef\xbb\xbf"
_STRANGERS = {
    b"PK\x03\x04": "xlsx",
    b"\xd0\xcf\x11\xe0": "xls",
    b"\x1f\x8b": "gzip",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"%PDF": "pdf",
    b"SQLite format 3": "sqlite",
}


class NoScansError(Exception):
    """The file is no CSV of scans at all. ``what`` is of ``words.FILE_FAULTS``, with its values."""

    def __init__(self, what: str, value: str = "", more: str = "") -> None:
        super().__init__(what)
        self.what, self.value, self.more = what, value, more


def open_scans(path: Path) -> BinaryIO:
    """Open a file of scans, placed behind a byte order mark.

    Raises:
        NoScansError: unreadable, no file, empty, too long, or something else than text in UTF-8.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise NoScansError("no_file", str(path))
        if found.st_size > FILE_BYTES_MAX:
            raise NoScansError("bytes_max", str(FILE_BYTES_MAX // 1024**3))
        file = path.open("rb")
    except OSError as error:
        raise NoScansError("unreadable", f"{path}: {error.strerror}") from error
    with ExitStack() as unless_read:
        unless_read.callback(file.close)
        _look_at(file)
        unless_read.pop_all()
    return file


def lines_of(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Each line that is not empty, with its number; nothing for one that is too long."""
    row = 1
    while line := file.readline(LINE_BYTES_MAX + 1):
        is_long = len(line) > LINE_BYTES_MAX
        while len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
            line = file.readline(LINE_BYTES_MAX + 1)
        if is_long or line.strip():
            yield row, None if is_long else line
        row += 1


def _look_at(file: BinaryIO) -> None:
    try:
        head = file.read(HEAD_BYTES)
    except OSError as error:
        raise NoScansError("unreadable", str(error.strerror)) from error
    if not head.strip():
        raise NoScansError("empty")
    for begin, name in _STRANGERS.items():
        if head.startswith(begin):
            raise NoScansError("stranger", name)
    if b"\0" in head:
        raise NoScansError("stranger", "binary")
    _check_encoding(head)
    file.seek(len(_BOM) if head.startswith(_BOM) else 0)


def _check_encoding(head: bytes) -> None:
    """A line here or there is that row's own trouble; a header, or most lines, is the file's."""
    lines = head.split(b"\n")
    whole = lines if len(head) < HEAD_BYTES else lines[:-1] or lines
    told = [each for each in whole if not each.isascii()]
    strange = [each for each in told if not _reads(each, "utf-8")]
    if not strange:
        return
    if strange[0] is whole[0] or (len(strange) > STRANGE_MAX and 2 * len(strange) > len(told)):
        raise NoScansError("gb18030" if _reads(b"".join(strange), "gb18030") else "not_utf8")


def _reads(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
