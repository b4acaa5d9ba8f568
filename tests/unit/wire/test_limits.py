"""Every bound in wire/limits.py has a test of its edge: at it and one over."""

from collections.abc import Callable

import msgspec
import pytest

from ledger.signing import open_sealed, seal
from tests import samples
from wire import limits
from wire import messages as m
from wire.bodies import PrivateBody
from wire.envelope import EnvelopeError, join, split, split_lines
from wire.lines import LineError, parse_line, seal_line
from wire.names import ZERO_HEAD
from wire.site_pack import pack_bytes, parse_pack
from wire.wanted import list_bytes, make_list, parse_list

_decoder = msgspec.json.Decoder(m.Message)
_LINE = seal_line(samples.scan(), samples.SPOOL, 1, ZERO_HEAD)


def message_of(size: int, bytes_max: int) -> None:
    empty = len(join(b"", bytes(64)))
    split(join(b"x" * (size - empty), bytes(64)), bytes_max)


def decoded(name: str, **fields: object) -> None:
    changed = msgspec.structs.replace(samples.MESSAGES[name], **fields)
    _decoder.decode(m.encode(changed))


def batch_header(count: int) -> None:
    header = m.Batch(
        site="755A", edge="dock", spool=samples.SPOOL, first_seq=1, count=count, head="a" * 64
    )
    payload = seal(header, samples.EDGE_KEY, [b"{}"] * count)
    opened = open_sealed(payload, m.Batch, samples.EDGE_KEY.public_key, limits.BATCH_BYTES_MAX)
    split_lines(opened.lines, limits.BATCH_EVENTS_MAX)


def bodies_header(count: int) -> None:
    _decoder.decode(m.encode(m.Bodies(site="755A", edge="dock", count=count, sha256="a" * 64)))


def line_with(field: str, value: str) -> None:
    parse_line(_LINE.removesuffix(b"}") + f',"{field}":{value}}}'.encode())


def code_of(size: int) -> None:
    event = samples.scan(code_hex="00" * size, text="x" * size)
    parse_line(seal_line(event, samples.SPOOL, 1, ZERO_HEAD))


def body_of(size: int) -> None:
    body = m.encode(PrivateBody(salt="d" * 32, body="x" * size))
    msgspec.json.decode(body, type=PrivateBody)


def certificate_of(size: int) -> None:
    begin = "-----BEGIN CERTIFICATE-----\n"
    decoded("certified", certificate=begin + "x" * (size - len(begin)))


def entries(count: int) -> tuple[object, ...]:
    return tuple(
        msgspec.structs.replace(samples.STOP_ENTRY, id=f"w{number}") for number in range(count)
    )


def rules(count: int) -> tuple[object, ...]:
    return tuple(msgspec.structs.replace(samples.RULE, id=f"r{number}") for number in range(count))


def footage_part(**fields: int) -> None:
    told = {"bytes": limits.FOOTAGE_FILE_BYTES_MAX, "offset": 0, "count": 1, **fields}
    header = m.FootagePart(site="755A", edge="dock", sha256="a" * 64, part_sha256="b" * 64, **told)
    _decoder.decode(m.encode(header))


def picture_of(size: int) -> None:
    header = m.Picture(
        site="755A",
        edge="dock",
        camera="c",
        at=samples.AT,
        sha256="a" * 64,
        bytes=size,
        is_named=False,
    )
    _decoder.decode(m.encode(header))


def deepest(depth: int) -> None:
    line_with("later", "[" * (depth - 1) + "]" * (depth - 1))


def seq_of(number: int) -> None:
    parse_line(_LINE.replace(b'"seq":1,', f'"seq":{number},'.encode()))


def delta_of(count: int) -> None:
    decoded("wanted-delta", put=entries(count))


def scope_of(count: int) -> None:
    scoped = msgspec.structs.replace(samples.ENTRY, scope=("755A",) * count)
    parse_list(list_bytes(make_list(1, (), (scoped,))))


def long_line(size: int) -> None:
    padding = "x" * (size - len(_LINE) - len(',"later":""'))
    line_with("later", f'"{padding}"')


def act_of(**fields: object) -> None:
    act = msgspec.structs.replace(samples.EVENTS["event-act"], **fields)
    parse_line(seal_line(act, samples.SPOOL, 1, ZERO_HEAD))


def pack_of(**fields: object) -> None:
    parse_pack(pack_bytes(msgspec.structs.replace(samples.PACK, **fields)))


def pack_sized(size: int) -> None:
    data = pack_bytes(samples.PACK)
    parse_pack(data + b" " * (size - len(data)))


SPOOL_HEADS = samples.MESSAGES["receipt"].heads
DEVICES = samples.MESSAGES["state"].devices
EDGES: dict[str, Callable[[int], None]] = {
    "LINE_BYTES_MAX": long_line,
    "LINE_DEPTH_MAX": deepest,
    "CODE_BYTES_MAX": code_of,
    "BATCH_BYTES_MAX": lambda size: message_of(size, limits.BATCH_BYTES_MAX),
    "BATCH_EVENTS_MAX": batch_header,
    "MESSAGE_BYTES_MAX": lambda size: message_of(size, limits.MESSAGE_BYTES_MAX),
    "SNAPSHOT_BYTES_MAX": lambda size: message_of(size, limits.SNAPSHOT_BYTES_MAX),
    "WANTED_ENTRIES_MAX": lambda count: make_list(1, (), entries(count)) and None,
    "WANTED_RULES_MAX": lambda count: make_list(1, rules(count), ()) and None,
    "SCOPE_SITES_MAX": scope_of,
    "DELTA_ENTRIES_MAX": delta_of,
    "BODY_BYTES_MAX": body_of,
    "BODIES_PER_MESSAGE_MAX": bodies_header,
    "BODIES_BYTES_MAX": lambda size: message_of(size, limits.BODIES_BYTES_MAX),
    "SPOOLS_PER_EDGE_MAX": lambda count: decoded("state", heads=SPOOL_HEADS * count),
    "DEVICES_PER_EDGE_MAX": lambda count: decoded("state", devices=DEVICES * count),
    "ACT_SCANS_MAX": lambda count: act_of(scans=(1,) * count),
    "ACT_CHECKS_MAX": lambda count: act_of(checks=("cage",) * count),
    "PACK_BYTES_MAX": pack_sized,
    "PACK_MESSAGE_BYTES_MAX": lambda size: message_of(size, limits.PACK_MESSAGE_BYTES_MAX),
    "PACK_STAFF_MAX": lambda count: pack_of(staff=samples.PACK.staff * count),
    "PACK_PLACES_MAX": lambda count: pack_of(places=samples.PACK.places * count),
    "PACK_CHANNELS_MAX": lambda count: pack_of(channels=samples.PACK.channels[:1] * count),
    "PACK_SHIFTS_MAX": lambda count: pack_of(shifts=samples.PACK.shifts * count),
    "PACK_HOLDS_MAX": lambda count: pack_of(holds=samples.PACK.holds * count),
    "ORDER_FILES_MAX": lambda count: decoded("footage-order", files=("a" * 64,) * count),
    "FOOTAGE_PART_BYTES_MAX": lambda count: footage_part(count=count),
    "FOOTAGE_MESSAGE_BYTES_MAX": lambda size: message_of(size, limits.FOOTAGE_MESSAGE_BYTES_MAX),
    "FOOTAGE_FILE_BYTES_MAX": lambda size: footage_part(bytes=size),
    "PICTURE_BYTES_MAX": picture_of,
    "PACK_TASKS_MAX": lambda count: pack_of(tasks=samples.PACK.tasks * count),
    "ENROLLED_CHARS_MAX": lambda count: decoded("enrol", enrolled="x" * count),
    "CERTIFICATE_CHARS_MAX": certificate_of,
    "INT_MAX": seq_of,
}
_OUTSIDE = {"ERROR_TEXT_MAX"}
"""Bounds of our own sentences, tested beside them."""


def test_every_bound_is_tested_here() -> None:
    named = {name for name in vars(limits) if name.isupper()}
    assert named == set(EDGES) | _OUTSIDE


@pytest.mark.parametrize("name", EDGES)
def test_what_is_at_its_bound_is_taken(name: str) -> None:
    EDGES[name](getattr(limits, name))


@pytest.mark.parametrize("name", EDGES)
def test_what_is_one_over_its_bound_is_refused(name: str) -> None:
    with pytest.raises((LineError, EnvelopeError, msgspec.ValidationError, ValueError)) as caught:
        EDGES[name](getattr(limits, name) + 1)
    assert "Error" in type(caught.value).__name__


_WIDEST = "\U0001f4e6"
"""Four bytes of UTF-8, more than any escape of a printable character."""


def widest_entry(number: int) -> object:
    return msgspec.structs.replace(
        samples.ENTRY,
        id=f"w{number:031d}",
        waybill="7" * 64,
        reason=_WIDEST * 200,
        banner_zh=_WIDEST * 80,
        banner_en=_WIDEST * 80,
        owner=_WIDEST * 64,
        scope=("S" * 32,) * limits.SCOPE_SITES_MAX,
    )


def widest_rule(number: int) -> object:
    return msgspec.structs.replace(
        samples.RULE,
        id=f"r{number:031d}",
        prefix="1" * 32,
        banner_zh=_WIDEST * 80,
        banner_en=_WIDEST * 80,
    )


def test_the_largest_delta_that_the_types_allow_fits_a_message() -> None:
    count = limits.DELTA_ENTRIES_MAX
    delta = msgspec.structs.replace(
        samples.MESSAGES["wanted-delta"],
        put=tuple(widest_entry(number) for number in range(count)),
        remove=tuple(f"x{number:031d}" for number in range(count)),
        rules=tuple(widest_rule(number) for number in range(limits.WANTED_RULES_MAX)),
    )
    payload = seal(delta, samples.HUB_KEY)
    opened = open_sealed(
        payload, m.WantedDelta, samples.HUB_KEY.public_key, limits.MESSAGE_BYTES_MAX
    )
    assert opened.message == delta


def test_the_largest_state_that_the_types_allow_fits_a_message() -> None:
    device = m.DeviceState(
        id="d" * 32, source=_WIDEST * 256, protocol=_WIDEST * 256, connected=False
    )
    state = msgspec.structs.replace(
        samples.MESSAGES["state"],
        heads=SPOOL_HEADS * limits.SPOOLS_PER_EDGE_MAX,
        devices=(device,) * limits.DEVICES_PER_EDGE_MAX,
        version=_WIDEST * 256,
    )
    payload = seal(state, samples.EDGE_KEY)
    opened = open_sealed(payload, m.State, samples.EDGE_KEY.public_key, limits.MESSAGE_BYTES_MAX)
    assert opened.message == state


def test_a_full_wanted_list_of_ordinary_entries_fits_a_snapshot() -> None:
    wanted = make_list(1, rules(limits.WANTED_RULES_MAX), entries(limits.WANTED_ENTRIES_MAX))
    assert len(msgspec.json.encode(wanted)) < limits.SNAPSHOT_BYTES_MAX / 2


def test_a_delta_removes_and_replaces_rules_within_the_same_bounds() -> None:
    decoded("wanted-delta", remove=("w",) * limits.DELTA_ENTRIES_MAX)
    decoded("wanted-delta", rules=rules(limits.WANTED_RULES_MAX))
    with pytest.raises(msgspec.ValidationError, match="remove"):
        decoded("wanted-delta", remove=("w",) * (limits.DELTA_ENTRIES_MAX + 1))
    with pytest.raises(msgspec.ValidationError, match="rules"):
        decoded("wanted-delta", rules=rules(limits.WANTED_RULES_MAX + 1))
