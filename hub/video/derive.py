"""``python -m hub.video.derive``: makes one derivative of footage in a process of its own.

What cameras sent is read by a library of a million lines of C. If it falls over a file, or never
comes back from one, that costs this process and nobody else: :mod:`hub.video.workshop` starts it
with no more of the hub than the names of files. One job comes by stdin, one answer goes by stdout.
"""

import hashlib
import os
import resource
import signal
import sys
from pathlib import Path

import msgspec

from hub.video.clip import ClipError, MixedError, NoPicturesError, Part, cut_clip
from hub.video.convert import ConvertError, NoPictureError, to_h264
from hub.video.jobs import (
    JOB_BYTES_MAX,
    ConvertJob,
    CutJob,
    Failed,
    Job,
    Limits,
    Made,
    Master,
    Why,
)
from hub.video.written import check_written

MEMORY_BYTES_MAX = 2 * 1024**3
"""Of addresses; pictures of 4K that refer to sixteen others take a quarter of it."""
LATE_S = 5
"""So much later than its starter this process gives itself up: then that one is no more."""


class ChangedError(Exception):
    """A master is not what its name says."""


def main() -> None:
    """Do the job that stdin tells."""
    job = msgspec.json.decode(sys.stdin.buffer.read(JOB_BYTES_MAX), type=Job)
    _keep_within(job.limits)
    sys.stdout.buffer.write(msgspec.json.encode(answer_to(job)))


def answer_to(job: Job) -> Made | Failed:
    """Do a job, and say what became of it."""
    try:
        return _cut(job) if isinstance(job, CutJob) else _convert(job)
    except ChangedError as error:
        return Failed(Why.CHANGED, str(error))
    except (NoPicturesError, NoPictureError) as error:
        return Failed(Why.NOTHING, str(error))
    except MixedError as error:
        return Failed(Why.MIXED, str(error))
    except (ClipError, ConvertError) as error:
        return Failed(Why.BROKEN, str(error))
    except OSError as error:
        return Failed(Why.DISK, error.strerror or "")


def _cut(job: CutJob) -> Made:
    parts = [Part(_checked(each), each.began_ms) for each in job.masters]
    clip = cut_clip(parts, job.since_ms, job.until_ms, _target(job.fd), job.words)
    check_written(_target(job.fd), clip.frames)
    return Made(clip.began_ms, clip.length_ms, clip.frames)


def _convert(job: ConvertJob) -> Made:
    found = to_h264(_checked(job.master), _target(job.fd), job.words)
    check_written(_target(job.fd), found.frames)
    return Made(0, found.length_ms, found.frames)


def _target(fd: int) -> Path:
    """The open file, which has no other name: nothing is left of it after any kill."""
    return Path(f"/proc/self/fd/{fd}")


def _checked(master: Master) -> Path:
    """A derivative names its masters, so they must be what it names."""
    path = Path(master.path)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ChangedError(f"{path.name} cannot be read: {error.strerror}") from None
    if found != master.sha256:
        raise ChangedError(f"{path.name} is not what its name says")
    return path


def _keep_within(limits: Limits) -> None:
    """No file of any content gets more of this machine than that."""
    os.nice(limits.niceness)
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, limits.bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    # The kernel's own answer to it: Python would not come to handle it inside the library.
    signal.alarm(limits.seconds + LATE_S)


if __name__ == "__main__":
    main()
