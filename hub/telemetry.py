"""Structured logs on stderr; metrics of all the hub's processes together.

prometheus_client looks at its directory's name in the environment once, when it is imported: so
nothing that counts is imported before :func:`keep_metrics` has set it.
"""

import contextlib
import logging
import mmap
import os
import shutil
import sys
from pathlib import Path

import structlog

_METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_METRICS_BYTES = 64 * 1024
"""As much as the library gives such a file at first."""
_METRICS_KINDS = ("counter", "histogram")


def start_logging(role: str) -> None:
    """JSON lines on stderr, each with the role; libraries only from WARNING on."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Plain stacks: the structured ones repeat local variables, and with them secrets.
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)


def keep_metrics(data_dir: Path) -> None:
    """Make an empty directory for this run's counters; those of an earlier run are over.

    Raises:
        RuntimeError: too late: the metrics library counts for this process alone already.
        OSError: the disk has no room for them.
    """
    if "prometheus_client" in sys.modules:
        raise RuntimeError("prometheus_client was imported before its directory was known")
    path = data_dir / "metrics"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    os.environ[_METRICS_VARIABLE] = str(path)
    reserve_metrics()


def reserve_metrics() -> None:
    """Take the room of this process's counters now.

    The library maps files with holes: a counter that fell into one on a full disk was the end of
    the process (SIGBUS).

    Raises:
        OSError: the disk has no room.
    """
    for path in _metrics_files(os.getpid()):
        with path.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, _METRICS_BYTES)


def release_metrics(pid: int) -> None:
    """Give back the room that a process took which has ended; what it counted stays.

    A role that dies again and again must not fill the disk.
    """
    for path in _metrics_files(pid):
        with contextlib.suppress(OSError), path.open("rb+") as file:
            used = int.from_bytes(file.read(4), sys.byteorder)
            os.ftruncate(file.fileno(), max(used, mmap.PAGESIZE))


def _metrics_files(pid: int) -> list[Path]:
    """As the library names them; none while nobody keeps metrics."""
    directory = os.environ.get(_METRICS_VARIABLE)
    kinds = _METRICS_KINDS if directory is not None else ()
    return [Path(str(directory)) / f"{kind}_{pid}.db" for kind in kinds]


def render_metrics() -> tuple[bytes, str]:
    """All processes' metrics in Prometheus' text format, and its content type."""
    # See above: not before :func:`keep_metrics`.
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    if _METRICS_VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # library without types
    return generate_latest(registry), CONTENT_TYPE_LATEST
