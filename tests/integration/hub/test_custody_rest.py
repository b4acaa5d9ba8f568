"""What lay unstored, who received and who took out, as the hub tells it: HV-2.4.1, 2.5, 2.8."""

from hub.alerts.service import AlertKind, AlertState
from hub.custody.service import BreachKind
from tests import samples
from tests.custody_hub import Carrier, at
from tests.postgres_parts import on_both_databases
from wire.names import Result, Step, format_at


@on_both_databases
def test_no_storage_recorded_is_told_with_its_length_until_a_late_scan_shows_it(
    carrier: Carrier,
) -> None:
    carrier.hand_in(carrier.scan(0, Step.ARRIVE, "KEEPER"))
    carrier.hand_in(carrier.scan(380, Step.LOAD, "LOADER"))
    assert carrier.breaches() == [BreachKind.NOT_STORED]
    (alert,) = carrier.hub.alerts(AlertKind.NOT_STORED)
    assert (alert.level, alert.site) == ("warn", "BRANCH")
    assert "停留 6 小时 20 分钟，没有存放记录" in alert.text_zh
    assert "lay at BRANCH for 6 h 20 min with no storage recorded" in alert.text_en
    queued = samples.QueuedScan(
        queue="77" * 16, n=1, at=format_at(at(10)), result=Result.HV, list_version=1
    )
    late = carrier.scan(10, Step.STORE, "KEEPER", place="cage1", queued=queued)
    carrier.hand_in(late, minute=400)
    assert carrier.breaches() == []
    (alert,) = carrier.hub.alerts(AlertKind.NOT_STORED)
    assert alert.state is AlertState.CLOSED


def test_who_receives_at_a_hub_and_who_takes_out_from_a_level_2_hub_is_told(
    carrier: Carrier,
) -> None:
    carrier.hand_in(carrier.scan(0, Step.ARRIVE, "SORTER", site="HUB"))
    carrier.hand_in(carrier.scan(200, Step.ARRIVE, "SORTER", site="SECOND"))
    assert carrier.breaches() == [BreachKind.WRONG_RECEIVER]
    carrier.hand_in(carrier.scan(210, Step.OUT_FOR_DELIVERY, "SORTER", site="SECOND"))
    (receiver,) = carrier.hub.alerts(AlertKind.WRONG_RECEIVER)
    (deliverer,) = carrier.hub.alerts(AlertKind.WRONG_DELIVERER)
    assert (receiver.site, deliverer.site) == ("HUB", "SECOND")
