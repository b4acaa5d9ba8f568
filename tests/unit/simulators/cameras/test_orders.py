"""What a camera can be told while it runs, and what its text on a command line may say."""

from pathlib import Path

import pytest

from simulators.cameras.belt import BeltOptions
from simulators.cameras.cage import CageOptions
from simulators.cameras.camera_options import (
    ClipCamera,
    LiveCamera,
    OptionsError,
    parse_cameras,
)
from simulators.cameras.faults import Fault
from simulators.cameras.orders import (
    DRIFT_PPM_MAX,
    LAID_MAX,
    OFFSET_MS_MAX,
    WALKS_MAX,
    Clock,
    OnvifFault,
    OrderError,
    Orders,
    follow,
    split_line,
)
from simulators.cameras.pictures import Size
from simulators.cameras.surroundings import WALK_MS, Laid
from tests.unit.simulators.cameras.films import AT_MS


def told(*lines: str) -> Orders:
    orders = Orders()
    for line in lines:
        orders = follow(orders, tuple(line.split()), AT_MS)
    return orders


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_takes_the_place_of_the_one_before(fault: Fault) -> None:
    assert told("black", fault.value) == Orders(fault=fault)


def test_a_repaired_camera_keeps_its_clock_and_its_light() -> None:
    orders = told("lights off", "clock -1500", "moved", "ok")
    assert (orders.fault, orders.conditions.lit, orders.clock.offset_ms) == (Fault.OK, False, -1500)
    assert follow(orders, ("lights", "on"), AT_MS).conditions.lit


def test_only_people_who_still_walk_are_kept_and_only_so_many() -> None:
    orders = Orders()
    for number in range(WALKS_MAX + 1):
        orders = follow(orders, ("person",), AT_MS + number)
    assert orders.conditions.walks == tuple(range(AT_MS + 1, AT_MS + WALKS_MAX + 1))
    later_ms = AT_MS + WALK_MS + WALKS_MAX
    assert follow(orders, ("person",), later_ms).conditions.walks == (later_ms,)


def test_parcels_are_laid_and_only_so_many_are_kept() -> None:
    orders = Orders()
    for number in range(LAID_MAX + 1):
        orders = follow(orders, ("parcel", f"{number:012}"), AT_MS + number)
    laid = orders.conditions.laid
    assert (len(laid), laid[-1]) == (LAID_MAX, Laid(f"{LAID_MAX:012}", AT_MS + LAID_MAX))


@pytest.mark.parametrize("waybill", ["10300000001", "1030000000011", "10300000000a", "１" * 12])
def test_what_is_no_waybill_is_not_laid(waybill: str) -> None:
    with pytest.raises(OrderError, match="twelve digits"):
        told(f"parcel {waybill}")


def test_a_drifting_clock_grows_from_its_offset() -> None:
    clock = told("clock 700 -50").clock
    assert clock == Clock(700, -50, AT_MS)
    assert clock.shown_ms(AT_MS) == AT_MS + 700
    assert clock.shown_ms(AT_MS + 20_000_000) == AT_MS + 20_000_000 + 700 - 1_000
    assert Clock(-OFFSET_MS_MAX).shown_ms(5) == 0


@pytest.mark.parametrize(
    "line",
    [
        "explode",
        "BLACK",
        "black now",
        "lights",
        "lights dim",
        "person two",
        "clock",
        "clock 1.5",
        "clock ١",
        "clock 1 2 3",
        "onvif",
        "onvif late",
        "onvif hang now",
        f"clock {OFFSET_MS_MAX + 1}",
        f"clock 0 -{DRIFT_PPM_MAX + 1}",
        f"clock {'9' * 5_000}",
    ],
)
def test_an_order_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(OrderError):
        told(line)


def test_how_a_camera_tells_its_time_is_ordered_apart_from_its_picture() -> None:
    orders = told("black", "clock 192000", "onvif hang", "ok")
    assert (orders.fault, orders.onvif) == (Fault.OK, OnvifFault.HANG)
    assert told("onvif bomb", "onvif ok") == Orders()


def test_the_largest_offset_and_drift_are_taken() -> None:
    told(f"clock {OFFSET_MS_MAX} {DRIFT_PPM_MAX}", f"clock -{OFFSET_MS_MAX} -{DRIFT_PPM_MAX}")


@pytest.mark.parametrize("line", ["", " \n", "belt-1", "belt-1 \n"])
def test_a_line_without_camera_and_order_is_refused(line: str) -> None:
    with pytest.raises(OrderError, match="CAMERA and ORDER"):
        split_line(line)


def test_a_line_is_split_into_camera_and_words() -> None:
    assert split_line(" belt-1  clock  5 -3\r\n") == ("belt-1", ("clock", "5", "-3"))
    assert len(split_line("a " * 1_000)[1]) < 10


def test_cameras_are_read_from_the_command_line() -> None:
    belt, cage, clip = parse_cameras(
        [
            "in=belt,seed=5,speed=900,angle=12.5,size=1280x720,fps=10,no=77,kbit=800,ahead=9",
            "cage-1=cage,seed=6",
            "old=clip,file=a/b.mp4",
        ]
    )
    options = BeltOptions(Size(1280, 720), 5, 900, 12.5)
    assert belt == LiveCamera("in", options, camera_no=77, fps=10, bit_rate=800_000, ahead_ms=9)
    assert cage == LiveCamera("cage-1", CageOptions(seed=6), camera_no=2)
    assert clip == ClipCamera("old", Path("a/b.mp4"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("belt", "ID=belt, ID=cage or ID=clip"),
        ("a b=belt", "ID=belt"),
        ("*=belt", "ID=belt"),
        ("a=door", "ID=belt"),
        ("a=belt,speed=0", "speed is 1 to 5000"),
        ("a=belt,speed=fast", "speed is"),
        ("a=belt,angle=flat", "camera a"),
        ("a=belt,angle=nan", "degrees"),
        ("a=cage,speed=5", "a cage has no 'speed'"),
        ("a=belt,fps=0", "fps is 1 to 60"),
        ("a=belt,fps=61", "fps is 1 to 60"),
        ("a=belt,no=256", "no is 0 to 255"),
        ("a=belt,seed=2147483648", "seed is"),
        ("a=belt,kbit=99", "kbit is"),
        ("a=belt,ahead=-1", "ahead is"),
        ("a=belt,size=99x99", "size is"),
        ("a=belt,size=9999x640", "size is"),
        ("a=belt,size=641x360", "even sides"),
        ("a=belt,size=320x240", "does not fit"),
        ("a=cage,size=360x640", "does not fit"),
        ("a=clip", "a clip needs file=PATH"),
        ("a=clip,file=x,seed=1", "a clip has no 'seed'"),
        ("a=belt,", "has no ''"),
    ],
)
def test_a_text_that_says_no_camera_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(OptionsError, match=sentence):
        parse_cameras([text])


def test_two_cameras_with_one_id_are_refused() -> None:
    with pytest.raises(OptionsError, match="an id of its own"):
        parse_cameras(["a=belt", "a=cage"])
