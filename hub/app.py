"""The composition root: it alone knows all rooms. Source: design section 2."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from hub.access.service import people_of
from hub.alerts.project import AlertProjection
from hub.calendar import Holidays
from hub.custody.project import CustodyProjection
from hub.custody.service import CustodyDuty, Judge
from hub.dispatch.project import DispatchProjection
from hub.dispatch.service import DispatchDuty
from hub.failpoints import NO_FAIL_POINTS, FailingProjection
from hub.heartbeat import Role
from hub.incidents.project import IncidentProjection
from hub.incidents.service import IncidentDuty, Search, tasks_of
from hub.ingest.projecting import Projection
from hub.ingest.refolding import refold_next
from hub.ingest.role import run_ingest
from hub.mail.sender import MailSender, SmtpOutlet, run_sender
from hub.missing.duties import LookDuty, QueryDuty, SuspectDuty, TrainDuty
from hub.missing.judge import SilenceJudge, make_judge
from hub.missing.project import MissingProjection
from hub.missing.second_look import SecondLooks
from hub.missing.watchman import make_watchman
from hub.packs.service import PackDuty
from hub.parcels.flights import FlightDuty, FlightProjection
from hub.parcels.project import ParcelProjection
from hub.parcels.signed_returns import SignedReturnDuty, SignedReturnProjection
from hub.role_process import run_as_process
from hub.roles import SENDER_WITHOUT_SMTP, RoleContext, make_chains, make_search
from hub.supervisor import RoleOrder
from hub.timers import Duty, frame_duties, run_clock, run_signer
from hub.training import start_training
from hub.version import custos_version
from hub.video.monitoring import MonitoringDuty
from hub.video.project import VideoProjection
from hub.video.room import RoomDuty
from hub.video.scrub import ScrubDuty
from hub.video.service import CertificateDuty, ChannelDuty, pack_holds
from hub.wanted.project import WantedProjection

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI
    from starlette.routing import BaseRoute

    from hub.missing.history import Tell
    from hub.missing.service.models import Trained
    from hub.web.context import HubContext


def make_projections(context: RoleContext) -> list[Projection]:
    """The rooms' parts in arriving events, in their fixed order (design section 3)."""
    faults = context.fail_points
    return [
        *([] if faults is NO_FAIL_POINTS else [FailingProjection(faults)]),
        ParcelProjection(_search(context)),
        FlightProjection(context.policy),
        SignedReturnProjection(context.policy),
        CustodyProjection(_judge(context)),
        WantedProjection(),
        MissingProjection(_silence_judge(context), _search(context), context.policy),
        IncidentProjection(_search(context), context.policy),
        DispatchProjection(context.policy, context.network),
        VideoProjection(context.policy, context.network, context.clock.rate),
        AlertProjection(context.policy, context.network),
    ]


def refold(context: RoleContext) -> Iterator[tuple[str, str | None]]:
    """Let rooms work on the events that they failed on: where each stands, and what still fails."""
    projections, after_id = make_projections(context), 0
    while True:
        # A commit for each: the hub's own work comes in between.
        with context.database.writing() as tx:
            tried = refold_next(tx, projections, after_id, context.clock.now())
        if tried is None:
            return
        place = tried.unfolded
        after_id = place.id
        yield f"{place.room}: {place.site}/{place.edge} line {place.seq}", tried.error


def train(context: RoleContext, now: datetime, tell: Tell) -> Trained:
    """Learn a model of silence from what was recorded until ``now``, and decide whether it counts.

    Args:
        context: the hub's.
        now: aware UTC.
        tell: hears how many parcels were read, of how many.
    """
    # Imported here: only this needs what learns.
    from hub.missing.train import train as learn

    return learn(context.database, _silence_judge(context), context.policy, now, tell)


def make_duties(context: RoleContext) -> list[Duty]:
    """What the rooms do because time passes."""
    policy, network = context.policy, context.network
    watchman = make_watchman(_silence_judge(context), _search(context), policy)
    return [
        *frame_duties(policy, context.clock.rate),
        CustodyDuty(_judge(context)),
        SuspectDuty(watchman),
        # Before the incidents' timers: what goes to the region then has the newer number.
        LookDuty(SecondLooks(watchman)),
        QueryDuty(network),
        *([TrainDuty(partial(start_training, context.settings))] if context.trains else []),
        IncidentDuty(_search(context)),
        DispatchDuty(network),
        FlightDuty(network),
        SignedReturnDuty(network),
        ChannelDuty(network),
        CertificateDuty(network),
        ScrubDuty(context.settings.data_dir),
        RoomDuty(context.settings.data_dir),
        MonitoringDuty(network, policy.monitoring, _search(context).mails),
        PackDuty(
            network,
            policy,
            people=lambda tx, site: people_of(tx, network, site),
            tasks=lambda tx, site: tasks_of(tx, network, site),
            holds=pack_holds,
        ),
    ]


def create_app(context: HubContext) -> FastAPI:
    """The web application: every route behind the gate, every error a problem+json."""
    # Imported here: the web's libraries would cost each other role half a second and 15 MB.
    from fastapi import FastAPI

    from hub.access.gate import Gate, refuse_ungranted
    from hub.access.lockout import Lockouts
    from hub.alerts.live import LiveFeed, live_router
    from hub.video.workshop import Workshop
    from hub.web.problems import PROBLEM_RESPONSES, tell_problems

    feed, workshop = LiveFeed(context), Workshop(context.data_dir)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        workshop.sweep()
        reader = asyncio.create_task(feed.run())
        yield
        workshop.close()
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader

    app = FastAPI(
        title="Custos",
        version=custos_version(),
        lifespan=lifespan,
        responses=PROBLEM_RESPONSES,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.hub = context
    app.state.lockouts = Lockouts()
    app.state.workshop = workshop
    tell_problems(app)
    live = live_router(feed)
    routers = (live, *_plain_routers(), *_room_routers())
    refuse_ungranted(route for router in routers for route in router.routes)
    app.include_router(live)
    app.router.routes.extend(_routes())
    app.add_middleware(Gate, hub=context)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route that needs nothing of one application; worked out once, for it takes 0.2 s."""
    from fastapi import APIRouter, Security
    from fastapi.security import HTTPBearer

    from hub.web.problems import PROBLEM_RESPONSES

    # The gate has checked the caller already; this tells OpenAPI's readers how to come in.
    bearer = Security(HTTPBearer(auto_error=False, description="The token in admin.token"))
    whole = APIRouter(responses=PROBLEM_RESPONSES)
    for router in _plain_routers():
        whole.include_router(router)
    for router in _room_routers():
        whole.include_router(router, dependencies=[bearer])
    return tuple(whole.routes)


def _plain_routers() -> tuple[APIRouter, ...]:
    """What is asked without a bearer token."""
    import hub.access.api
    import hub.access.identity_api
    import hub.access.labels_api
    import hub.access.login
    import hub.video.upload_api
    from hub.web import health

    return (
        health.open_router,
        hub.access.api.link_router,
        hub.access.api.edge_router,
        hub.access.identity_api.edge_router,
        hub.access.login.router,
        hub.access.labels_api.router,
        hub.video.upload_api.router,
    )


def _room_routers() -> tuple[APIRouter, ...]:
    """Every room's routes under ``/api/v1``."""
    import hub.access.accounts_api
    import hub.access.identity_api
    import hub.access.staff_api
    import hub.alerts.api
    import hub.custody.api
    import hub.dispatch.api
    import hub.incidents.api
    import hub.ingest.api
    import hub.ingest.quarantine_api
    import hub.ingest.spools_api
    import hub.missing.api
    import hub.missing.models_api
    import hub.parcels.api
    import hub.parcels.manifest_api
    import hub.parcels.signed_return_api
    import hub.policy.api
    import hub.video.api
    import hub.video.clip_api
    import hub.video.playback_api
    import hub.wanted.api
    import hub.web.health

    return (
        hub.access.accounts_api.router,
        hub.access.staff_api.router,
        hub.access.identity_api.router,
        hub.web.health.about_router,
        hub.policy.api.router,
        hub.ingest.api.router,
        hub.ingest.quarantine_api.router,
        hub.ingest.spools_api.router,
        hub.parcels.api.router,
        hub.parcels.manifest_api.router,
        hub.parcels.signed_return_api.router,
        hub.custody.api.router,
        hub.video.api.router,
        hub.video.playback_api.router,
        hub.video.clip_api.router,
        hub.dispatch.api.router,
        hub.wanted.api.router,
        hub.alerts.api.router,
        hub.incidents.api.router,
        hub.missing.api.router,
        hub.missing.models_api.router,
    )


def _run_ingest(context: RoleContext) -> None:
    run_ingest(context, make_projections(context))


def _run_clock(context: RoleContext) -> None:
    sender = _mail_sender(context)
    mails = threading.Thread(target=run_sender, args=(sender, context.stop), name="mails")
    mails.start()
    try:
        run_clock(context, make_duties(context))
    finally:
        context.stop.set()
        mails.join()


def _mail_sender(context: RoleContext) -> MailSender:
    smtp = context.settings.smtp
    return MailSender(
        context.database,
        context.keys.bodies,
        context.clock,
        context.policy.mail,
        SENDER_WITHOUT_SMTP if smtp is None else smtp.sender,
        None if smtp is None else SmtpOutlet(smtp),
        context.fail_points,
    )


def _search(context: RoleContext) -> Search:
    return make_search(
        context.settings, context.policy, context.network, context.keys, context.clock
    )


def _judge(context: RoleContext) -> Judge:
    return Judge(make_chains(context.policy, context.network))


def _silence_judge(context: RoleContext) -> SilenceJudge:
    holidays = Holidays(context.policy.holiday)
    return make_judge(context.network, context.policy, holidays.is_holiday)


def _create_app_with_console(context: HubContext) -> FastAPI:
    # Only the web role carries the screens' framework; the other roles stay small without it.
    from hub.access.gate import refuse_ungranted
    from hub.console.console import MOUNT_PATH, mount_console, page_routes

    app = create_app(context)
    mount_console(app, context)
    refuse_ungranted(page_routes(), MOUNT_PATH)
    return app


def _run_web(context: RoleContext) -> None:
    from hub.web.role import run_web

    run_web(context, _create_app_with_console)


_RUNNERS = {
    Role.INGEST: _run_ingest,
    Role.WEB: _run_web,
    Role.CLOCK: _run_clock,
    Role.SIGNER: run_signer,
}


def run_role(order: RoleOrder) -> None:
    """Be one role until told to stop: all that its process does."""
    run_as_process(order, _RUNNERS[order.role])
