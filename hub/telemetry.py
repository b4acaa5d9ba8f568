"""Structured logs on stderr; metrics of all the hub's processes together.

prometheus_client reads its directory's name from the environment when it is imported: the
supervisor sets it before it starts a role.
"""

import logging
import os
import shutil
import sys
from pathlib import Path

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


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


def empty_metrics_dir(data_dir: Path) -> Path:
    """An empty directory for this run's counters: those of an earlier run are over."""
    path = data_dir / "metrics"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    return path


def render_metrics() -> tuple[bytes, str]:
    """All processes' metrics in Prometheus' text format, and its content type."""
    registry = CollectorRegistry()
    if METRICS_VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # library without types
    return generate_latest(registry), CONTENT_TYPE_LATEST
