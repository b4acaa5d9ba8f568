"""In transit a high-value parcel's data is checked at every scan; there may be none: HV-2.4.1."""

from hub.alerts.service import AlertKind, AlertState, Level
from hub.parcels.declaring import declare_parcel
from hub.parcels.rules.parcel import Declaration
from tests.custody_hub import PLAIN, WAYBILL, Carrier
from tests.postgres_parts import on_both_databases
from wire.names import Result, Step


def declare(carrier: Carrier, waybill: str = WAYBILL) -> None:
    hub = carrier.hub
    with hub.database.writing() as tx:
        said = Declaration(None, "BRANCH", "FAR", None, None, None)
        declare_parcel(tx, waybill, said, "li", hub.role.policy, hub.clock.now())


@on_both_databases
def test_what_nobody_declared_is_told_at_a_hub_until_it_is_declared(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    assert carrier.hub.alerts(AlertKind.UNDECLARED) == []
    for minute, step in ((100, Step.ARRIVE), (101, Step.SORT)):
        carrier.hand_in(carrier.scan(minute, step, "HUBKEEPER", site="HUB"))
    (alert,) = carrier.hub.alerts(AlertKind.UNDECLARED)
    assert (alert.level, alert.site, alert.count) == (Level.WARN, "HUB", 2)
    assert "没有申报资料" in alert.text_zh
    assert "no declaration is on record" in alert.text_en
    declare(carrier)
    (alert,) = carrier.hub.alerts(AlertKind.UNDECLARED)
    assert alert.state is AlertState.CLOSED
    carrier.hand_in(carrier.scan(300, Step.ARRIVE, "HUBKEEPER", site="SECOND"))
    assert len(carrier.hub.alerts(AlertKind.UNDECLARED)) == 1


def test_declared_or_ordinary_parcels_pass_quietly(carrier: Carrier) -> None:
    declare(carrier)
    plain = {"waybill": PLAIN, "result": Result.CLEAR}
    carrier.hand_in(carrier.scan(0, Step.ARRIVE, "HUBKEEPER", site="HUB"))
    carrier.hand_in(carrier.scan(1, Step.ARRIVE, "HUBKEEPER", site="HUB", **plain))
    assert carrier.hub.alerts(AlertKind.UNDECLARED) == []
