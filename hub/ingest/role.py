"""The role ``ingest``: alone listens to the broker. Source: design section 5."""

from collections.abc import Sequence

from hub.broker_identity import BrokerIdentity, keep_certificate
from hub.config import MqttScheme
from hub.db.checkpoints import checkpoints_beside
from hub.ingest.commands import CommandDesk
from hub.ingest.intake import Intake
from hub.ingest.link import BrokerLink
from hub.ingest.projecting import Projection
from hub.ingest.pushes import FootagePusher, PackPusher, WantedPusher
from hub.ingest.worker import Worker
from hub.roles import RoleContext

_CLIENT_ID_BYTES = 4


def run_ingest(context: RoleContext, projections: Sequence[Projection]) -> None:
    """Take in what edges send until told to stop.

    Raises:
        RuntimeError: the broker thread has ended: the supervisor must start this role anew.
    """
    clock = context.clock
    client_id = f"custos-hub-{clock.random_bytes(_CLIENT_ID_BYTES).hex()}"
    identity = None
    if context.settings.mqtt_scheme is MqttScheme.MQTTS:
        data_dir = context.settings.data_dir
        keep_certificate(data_dir, context.database, context.keys, clock)
        identity = BrokerIdentity(data_dir)
    link = BrokerLink(context.settings.mqtt_url, client_id, clock.now, identity)
    commands = CommandDesk(clock.random_bytes)
    intake = Intake(projections, context.policy, commands)
    worker = Worker(
        context.database,
        link,
        intake,
        (WantedPusher(commands), PackPusher(commands), FootagePusher(commands)),
        context.keys.statement,
        clock,
        context.fail_points,
        context.sign_of_life,
    )
    link.start()
    try:
        with checkpoints_beside(context.database, context.fail_points):
            while not context.stop.is_set():
                worker.step(context.stop)
                if not link.is_running:
                    raise RuntimeError("the broker thread has ended")
    finally:
        link.stop()
