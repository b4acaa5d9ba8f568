import re
from importlib.resources import files

import pytest

from wire.policy import parse_policy

SHIPPED = files("wire").joinpath("policy.toml").read_bytes()
KIND = '[[waybill]]\nname="own"\npattern="{pattern}"\nsymbologies=["qr"]\ncheck="{check}"\n'


def refused(own: str | bytes) -> str:
    with pytest.raises(ValueError, match=r"^policy: ") as caught:
        parse_policy(SHIPPED, own if isinstance(own, bytes) else own.encode())
    return str(caught.value)


def test_the_shipped_policy_is_the_one_of_the_design() -> None:
    policy = parse_policy(SHIPPED)
    [kind] = policy.waybill
    assert (kind.pattern, kind.series_hv, kind.check) == ("[0-9]{12}", "103", "none")
    assert kind.symbologies == ("code128", "gs1-128")
    assert (policy.list.stale_age_s, policy.link.hub_silent_s) == (180, 90)
    assert (policy.scan.repeat_guard_ms, policy.session.idle_min) == (300, 30)
    assert policy.late.future_max_h == 24


def test_a_carriers_key_replaces_one_value_and_leaves_its_neighbours() -> None:
    policy = parse_policy(SHIPPED, b"[scan]\nrepeat_guard_ms = 500\n")
    assert policy.scan.repeat_guard_ms == 500
    assert policy.scan.resend_window_s == parse_policy(SHIPPED).scan.resend_window_s
    assert policy.waybill == parse_policy(SHIPPED).waybill


def test_a_carriers_waybill_kinds_replace_the_shipped_ones() -> None:
    own = KIND.format(pattern="[A-Z]{2}", check="mod7").encode()
    [kind] = parse_policy(SHIPPED, own).waybill
    assert (kind.name, kind.series_hv) == ("own", None)


@pytest.mark.parametrize(
    "own",
    ["[list]\nstale_age = 1\n", "[liste]\nstale_age_s = 1\n", "top = 1\n",
     KIND.format(pattern="x", check="none") + 'serie_hv = "103"\n'],
)  # fmt: skip
def test_an_unknown_key_is_an_error_that_names_it(own: str) -> None:
    assert "unknown field" in refused(own)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", '"180"', "true", "1000000001", "[]"])
def test_a_value_out_of_its_bounds_is_refused(value: str) -> None:
    assert "stale_age_s" in refused(f"[list]\nstale_age_s = {value}\n")


@pytest.mark.parametrize("value", ["1", "1000000000"])
def test_a_value_at_its_bounds_is_taken(value: str) -> None:
    own = f"[list]\nstale_age_s = {value}\n".encode()
    assert parse_policy(SHIPPED, own).list.stale_age_s == int(value)


@pytest.mark.parametrize("pattern", ["[", "(", "a{99999999999999}", "(?P<a>x)(?P<a>y)"])
def test_a_pattern_that_is_no_regular_expression_is_refused(pattern: str) -> None:
    assert "regular expression" in refused(KIND.format(pattern=pattern, check="none"))


@pytest.mark.parametrize(
    "own", ["[list", "list = 3", b"\xff", "waybill = []", KIND.format(pattern="x", check="mod9")]
)
def test_what_is_no_policy_is_refused(own: str | bytes) -> None:
    refused(own)


def test_kinds_are_taken_up_to_their_bound() -> None:
    kind = KIND.format(pattern="x", check="none")
    kinds = [kind.replace('"own"', f'"own-{number}"') for number in range(17)]
    assert len(parse_policy(SHIPPED, "".join(kinds[:16]).encode()).waybill) == 16
    assert "16" in refused("".join(kinds))


def test_two_kinds_with_one_name_are_refused() -> None:
    assert "share a name" in refused(KIND.format(pattern="x", check="none") * 2)


def test_every_shipped_value_that_the_sources_leave_open_says_so() -> None:
    values = [line for line in SHIPPED.decode().splitlines() if re.match(r"[a-z_]+ = ", line)]
    unmarked = [line for line in values if "#" not in line]
    assert unmarked == ['name = "domestic"']
