"""Open routes without personal data: is the hub there, is it ready, its metrics, its version."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from hub.heartbeat import Role, heartbeats, is_alive
from hub.telemetry import render_metrics
from hub.version import custos_version
from hub.web.context import Hub, HubContext
from wire import WIRE_VERSION

open_router = APIRouter(tags=["health"])
about_router = APIRouter(prefix="/api/v1", tags=["about"])


class About(BaseModel):
    """Which Custos this is, and where its edges find the broker."""

    version: str
    wire_version: int
    mqtt: str
    test_clock: str | None


@open_router.get("/healthz")
def healthz() -> dict[str, str]:
    """The web role answers."""
    return {"status": "ok"}


@open_router.get("/readyz", responses={503: {"description": "Not ready"}})
def readyz(hub: Hub) -> Response:
    """Database with room on its disk, ingest and broker are there: events can come in."""
    found = readiness(hub)
    status = HTTPStatus.OK if all(found.values()) else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse({"ready": all(found.values())} | found, status)


@open_router.get("/metrics", response_class=Response)
def metrics() -> Response:
    """All processes' metrics for Prometheus."""
    content, media_type = render_metrics()
    return Response(content, media_type=media_type)


@about_router.get("/about")
def about(hub: Hub) -> About:
    """Which Custos this is."""
    return About(
        version=custos_version(),
        wire_version=WIRE_VERSION,
        mqtt=hub.mqtt,
        test_clock=hub.test_clock,
    )


def readiness(hub: HubContext) -> dict[str, bool]:
    """What must be there before the hub is of use."""
    try:
        with hub.database.reading() as tx:
            ingest = heartbeats(tx).get(Role.INGEST)
        has_room = hub.database.has_room()
    except (SQLAlchemyError, OSError):
        return {"database": False, "room": False, "ingest": False, "broker": False}
    is_up = is_alive(ingest, hub.clock.now(), hub.clock.rate)
    is_listening = is_up and ingest is not None and ingest.listening_since is not None
    return {"database": True, "room": has_room, "ingest": is_up, "broker": is_listening}
