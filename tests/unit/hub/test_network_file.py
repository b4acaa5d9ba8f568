"""network.toml as interface.md writes it: read whole, and refused in one sentence."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.config import NETWORK_BYTES_MAX, ConfigError, load_network
from hub.network import EMPTY, UNLISTED, SiteKind
from hub.network_file import parse_network
from wire.limits import PACK_SHIFTS_MAX
from wire.site_pack import Duty

WHOLE = """
[[region]]
code = "south"
name = "华南"
operations_contact = "ops@south.example"
claims_contact = "claims@south.example"

[[site]]
code = "755A"
name = "深圳一部"
kind = "branch"
region = "south"
superior = "755W"
contacts = ["desk@755a.example"]

[[site]]
code = "755W"
name = "深圳中转场"
kind = "level-2"
region = "south"

[[site]]
code = "BER"
name = "Berlin"
kind = "level-1"
region = "south"
timezone = "Europe/Berlin"

[[place]]
site = "755A"
id = "cage1"
kind = "cage"
keeper = "1001"
container = "C-1"

[[lane]]
from = "755A"
to = "755W"
planned_h = 3.5
shift = "night"

[[lane]]
from = "755A"
to = "BER"
planned_h = 40

[[lane]]
from = "755W"
to = "BER"
planned_h = 12

[[shift]]
site = "755A"
name = "night"
from = 22:00:00
to = "06:00"

[[staff]]
badge = "1001"
name = "王芳"
duty = "designated keeper/receiver"
site = "755A"

[[channel]]
site = "755A"
camera = "cam-1"
places = ["cage1"]
role = "dedicated"
view = "cage-door"

[[vehicle]]
id = "V-1"
kind = "container"

[[flight]]
id = "F-1"
kind = "scheduled"
"""


def refusal(text: str) -> str:
    with pytest.raises(ValueError) as caught:
        parse_network(text.encode())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_whole_file_of_the_interface_is_read() -> None:
    network = parse_network(WHOLE.encode())
    assert network.sites["755A"].kind is SiteKind.BRANCH
    assert network.people["1001"].duty is Duty.DESIGNATED_KEEPER
    assert network.places["755A", "cage1"].keeper == "1001"
    (night,) = network.shifts_of["755A"]
    assert (night.starts, night.ends) == ("22:00", "06:00")
    region = network.region_of("755A")
    assert region is not None
    assert region.operations_contact == "ops@south.example"
    assert network.is_camera_covered("755A", "cage1")
    assert [each.view for each in network.channels_of["755A"]] == ["cage-door"]
    assert not network.is_camera_covered("755A", "dock1")


def test_a_vehicle_or_flight_is_of_its_kind_unlisted_or_nobody_can_say() -> None:
    """HV-X8, HV-2.4.2."""
    network = parse_network(WHOLE.encode())
    assert network.carrier_kind("vehicle", "V-1") == "container"
    assert network.carrier_kind("flight", "F-1") == "scheduled"
    assert network.carrier_kind("vehicle", "F-1") == UNLISTED
    assert EMPTY.carrier_kind("vehicle", "V-1") is None
    assert network.carrier_kind("bag", "B-1") is None


def test_every_duty_of_the_handbook_is_taken_as_it_is_written_there() -> None:
    for written, duty in (
        ("courier", Duty.COURIER),
        ("dedicated deliverer", Duty.DEDICATED_DELIVERER),
        ("customer-service agent", Duty.CUSTOMER_SERVICE_AGENT),
        ("headquarters HV contact", Duty.HEADQUARTERS_HV_CONTACT),
        ("designated receiver", Duty.DESIGNATED_KEEPER),
    ):
        network = parse_network(WHOLE.replace("designated keeper/receiver", written).encode())
        assert network.people["1001"].duty is duty


def test_a_route_is_the_quickest_way_by_planned_hours() -> None:
    network = parse_network(WHOLE.encode())
    assert network.route("755A", "BER") == ("755A", "755W", "BER")
    assert network.route("755A", "755A") == ("755A",)
    assert network.route("BER", "755A") is None
    lane = network.lane_between("755A", "755W")
    assert lane is not None
    assert lane.planned_h == 3.5
    assert network.lane_between("755W", "755A") is None


def test_dates_are_local_to_the_site_and_an_unnamed_site_has_the_default_zone() -> None:
    network = parse_network(WHOLE.encode())
    assert network.zone_of("BER") == ZoneInfo("Europe/Berlin")
    assert network.zone_of("elsewhere") == ZoneInfo("Asia/Shanghai")
    assert network.region_of("elsewhere") is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "cage"', 'kind = "cage"\ncolour = "red"', "colour"),
        ('kind = "branch"', 'kind = "shop"', "shop"),
        ('duty = "designated keeper/receiver"', 'duty = "wizard"', "wizard"),
        ('region = "south"\nsuperior', 'region = "north"\nsuperior', "755A: region north"),
        ('superior = "755W"', 'superior = "755X"', "superior 755X"),
        ('keeper = "1001"', 'keeper = "1002"', "keeper 1002"),
        ('places = ["cage1"]', 'places = ["cage2"]', "place cage2"),
        ('to = "755W"', 'to = "755X"', "to 755X"),
        ('shift = "night"', 'shift = "day"', "no shift day"),
        ("planned_h = 3.5", "planned_h = 0", "planned_h"),
        ('to = "06:00"', 'to = "24:30"', "shift"),
        ("Europe/Berlin", "Europe/Nowhere", "timezone"),
        ('code = "BER"', 'code = "755W"', "755W stands there twice"),
        ('kind = "container"', 'kind = "scheduled"', "scheduled"),
        ('kind = "scheduled"', 'kind = "container"', "container"),
        ("[[vehicle]]", '[[flight]]\nid = "F-1"\nkind = "dedicated"\n[[vehicle]]', "F-1 stands"),
        ("ops@south.example", "nobody", "operations_contact"),
        ("[[region]]", "[[region]", "network:"),
    ],
)
def test_what_does_not_fit_is_one_sentence_that_names_it(old: str, new: str, words: str) -> None:
    assert old in WHOLE
    assert words in refusal(WHOLE.replace(old, new, 1))


def test_superiors_that_go_round_in_a_circle_are_refused() -> None:
    circle = WHOLE.replace('kind = "level-2"', 'kind = "level-2"\nsuperior = "755A"')
    assert "circle" in refusal(circle)


def test_more_shifts_than_a_site_pack_holds_are_refused() -> None:
    def shifts(count: int) -> str:
        row = '[[shift]]\nsite = "755W"\nname = "s{}"\nfrom = "01:00"\nto = "02:00"\n'
        return WHOLE + "".join(row.format(number) for number in range(count))

    parse_network(shifts(PACK_SHIFTS_MAX).encode())
    assert "755W" in refusal(shifts(PACK_SHIFTS_MAX + 1))


def test_without_a_file_the_network_is_empty_and_a_bad_one_is_a_config_error(
    tmp_path: Path,
) -> None:
    assert load_network(None) is EMPTY
    path = tmp_path / "network.toml"
    with pytest.raises(ConfigError, match="cannot read"):
        load_network(path)
    path.write_text("[[site]]\ncode = 1\n")
    with pytest.raises(ConfigError, match="network"):
        load_network(path)
    with path.open("wb") as file:
        file.truncate(NETWORK_BYTES_MAX + 1)
    with pytest.raises(ConfigError, match="longer"):
        load_network(path)
