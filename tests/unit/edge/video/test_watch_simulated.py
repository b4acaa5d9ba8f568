"""The camera watch on the simulated belt and cage, whose burnt-in clock outlives every fault."""

from collections.abc import Iterator

import pytest

from devices.pictures import Grey
from edge.video.watch import Fault
from simulators.cameras import clock_code
from simulators.cameras.belt import Belt, BeltOptions
from simulators.cameras.cage import Cage, CageOptions
from simulators.cameras.faults import Fault as Order
from simulators.cameras.faults import FaultyLens
from simulators.cameras.pictures import Size, luma_of
from simulators.cameras.surroundings import Conditions
from tests.unit.edge.video.watching import START, told_of

SIZE = Size(640, 360)
SCENES = {
    "belt": Belt(BeltOptions(SIZE, seed=1)),
    "fast belt": Belt(BeltOptions(SIZE, seed=2, speed_px_s=1500, angle_deg=30)),
    "cage": Cage(CageOptions(SIZE, seed=1)),
}
FAULTS = {
    Order.BLACK: Fault.BLACK,
    Order.COVERED: Fault.COVERED,
    Order.MOVED: Fault.MOVED,
    Order.DEFOCUS: Fault.DEFOCUSED,
}
BEGINS_S, ENDS_S, LAST_S, APART_S = 30, 62, 76, 2
START_MS = round(START.timestamp() * 1000)


def film(scene: Belt | Cage, order: Order, lit: bool = True) -> Iterator[tuple[float, Grey]]:
    lens = FaultyLens(SIZE, 1)
    for at_s in range(0, LAST_S, APART_S):
        at_ms, is_changed = START_MS + at_s * 1000, BEGINS_S < at_s < ENDS_S
        picture = scene.frame(at_ms, Conditions(lit=lit or not is_changed))
        if is_changed:
            lens.apply(order, picture, at_ms)
        clock_code.draw(luma_of(picture), at_ms, 1)
        yield at_s, luma_of(picture)


@pytest.mark.parametrize("order", FAULTS)
@pytest.mark.parametrize("name", SCENES)
def test_a_simulated_fault_is_told_in_time_and_so_is_its_end(name: str, order: Order) -> None:
    kind = FAULTS[order]
    told = told_of(film(SCENES[name], order))
    assert [(finding.kind, finding.is_over) for finding in told] == [(kind, False), (kind, True)]
    assert told[0].at_s <= BEGINS_S + (5 if kind is Fault.BLACK else 30)


@pytest.mark.parametrize("name", SCENES)
def test_a_lamp_that_goes_out_is_no_fault(name: str) -> None:
    assert told_of(film(SCENES[name], Order.OK, lit=False)) == []
