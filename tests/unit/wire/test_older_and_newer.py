"""Peers of another age on the same wire version: the oldest that is supported, and one to come.

``tests/golden/wire-first`` is what the oldest speak. What may change within a version, and what
makes the next, stands in docs/adr/0036.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.uplink_events import Arrived, Refused
from ledger.keys import SigningKey
from ledger.signing import ContentError, message_type, open_sealed
from tests import samples
from tests.unit.edge.test_uplink_core import HUB, House, kinds
from wire import WIRE_VERSION, envelope
from wire.envelope import split_lines
from wire.limits import BATCH_EVENTS_MAX, LINE_DEPTH_MAX, SNAPSHOT_BYTES_MAX
from wire.lines import LineError, parse_line
from wire.messages import FromHub, MessageBase
from wire.wanted import parse_list

GOLDEN = Path(__file__).parents[2] / "golden"
FIRST, NOW = GOLDEN / "wire-first", GOLDEN / "wire"
OLD_EVENTS = sorted(path.name for path in FIRST.glob("event-*.json"))
OLD_MESSAGES = sorted(path.name for path in FIRST.glob("*.msg"))
FROM_HUB = {
    name for name in OLD_MESSAGES
    if name.split(".")[0].removesuffix("-problem").replace("-", "_")
    in {str(each.__struct_config__.tag) for each in FromHub.__args__}
}  # fmt: skip


def head_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes().partition(b"\n")[0])
    return found


def signed(head: dict[str, Any], key: SigningKey, lines: bytes = b"") -> bytes:
    """A message as another program would write it."""
    raw = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    signature = key.sign(envelope.signing_bytes(str(head["type"]), raw))
    return envelope.join(raw, signature) + lines


def objects_in(value: object) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value, itself included."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from objects_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects_in(each)


def with_unknown(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same with a field that nobody knows, in each of its objects in turn."""
    for number in range(sum(1 for _ in objects_in(value))):
        copy = json.loads(json.dumps(value))
        list(objects_in(copy))[number]["of_a_later_version"] = {"n": 1}
        yield copy


# ---------------------------------------------------------------- the oldest that are supported


@pytest.mark.parametrize("name", OLD_EVENTS)
def test_the_oldest_edges_lines_are_read(name: str) -> None:
    event = parse_line((FIRST / name).read_bytes().removesuffix(b"\n"))
    told = head_of(FIRST / name)
    assert (event.site, event.edge, event.seq) == (told["site"], told["edge"], told["seq"])


@pytest.mark.parametrize("name", OLD_MESSAGES)
def test_the_oldest_peers_messages_open_under_their_keys(name: str) -> None:
    payload = (FIRST / name).read_bytes()
    key = samples.HUB_KEY if name in FROM_HUB else samples.EDGE_KEY
    opened = open_sealed(payload, MessageBase, key.public_key, SNAPSHOT_BYTES_MAX)
    assert message_type(opened.message) == head_of(FIRST / name)["type"]


def test_an_oldest_batch_is_whole_to_its_last_line() -> None:
    payload = (FIRST / "batch.msg").read_bytes()
    opened = open_sealed(payload, MessageBase, samples.EDGE_KEY.public_key, SNAPSHOT_BYTES_MAX)
    lines = split_lines(opened.lines, BATCH_EVENTS_MAX)
    assert [parse_line(line).seq for line in lines] == [1, 2, 3, 4, 5]
    assert parse_list((FIRST / "wanted-list.json").read_bytes().removesuffix(b"\n")).version > 0


def _lacks(old: object, new: object, path: str = "") -> list[str]:
    """What the oldest reader looks for and would not find, or find as something else."""
    if isinstance(old, dict) and isinstance(new, dict):
        missing = [f"{path}.{key}" for key in old if key not in new]
        kept = [key for key in old if key in new]
        return missing + [
            lack for key in kept for lack in _lacks(old[key], new[key], f"{path}.{key}")
        ]
    if isinstance(old, list) and isinstance(new, list):
        return _lacks(old[0], new[0], f"{path}[]") if old and new else []
    is_same = old is None or new is None or type(old) is type(new)
    return [] if is_same else [f"{path}: {type(old).__name__} became {type(new).__name__}"]


@pytest.mark.parametrize("name", sorted(FROM_HUB))
def test_what_this_hub_sends_the_oldest_edge_finds_complete(name: str) -> None:
    assert len(FROM_HUB) >= 6
    assert _lacks(head_of(FIRST / name), head_of(NOW / name)) == []


@pytest.mark.parametrize("name", [*OLD_EVENTS, *sorted(set(OLD_MESSAGES) - FROM_HUB)])
def test_what_this_edge_sends_the_oldest_hub_finds_complete(name: str) -> None:
    assert _lacks(head_of(FIRST / name), head_of(NOW / name)) == []


# ---------------------------------------------------------------- one to come


@pytest.mark.parametrize("name", sorted(path.name for path in NOW.glob("event-*.json")))
def test_a_later_edges_lines_are_read_whatever_they_add(name: str) -> None:
    plain = head_of(NOW / name)
    for later in with_unknown(plain):
        line = json.dumps(later, ensure_ascii=False, separators=(",", ":")).encode()
        assert parse_line(line) == parse_line(json.dumps(plain).encode())
    assert LINE_DEPTH_MAX > 2


@pytest.mark.parametrize("name", sorted(samples.MESSAGES))
def test_a_later_peers_messages_are_read_whatever_they_add(name: str) -> None:
    key = samples.key_of(name)
    plain = head_of(NOW / f"{name}.msg")
    for later in with_unknown(plain):
        opened = open_sealed(signed(later, key), MessageBase, key.public_key, SNAPSHOT_BYTES_MAX)
        assert opened.message == samples.MESSAGES[name]


@pytest.mark.parametrize("name", sorted(samples.MESSAGES))
def test_a_field_with_a_default_may_be_missing_and_no_other(name: str) -> None:
    key, message = samples.key_of(name), samples.MESSAGES[name]
    plain = head_of(NOW / f"{name}.msg")
    fields = msgspec.structs.fields(type(message))
    for each in fields:
        earlier = {k: v for k, v in plain.items() if k != each.encode_name}
        payload = signed(earlier, key)
        if each.required:
            with pytest.raises(ContentError):
                open_sealed(payload, MessageBase, key.public_key, SNAPSHOT_BYTES_MAX)
        else:
            open_sealed(payload, MessageBase, key.public_key, SNAPSHOT_BYTES_MAX)


def test_another_wire_version_is_refused_whole() -> None:
    line = head_of(NOW / "event-scan.json") | {"v": WIRE_VERSION + 1}
    with pytest.raises(LineError):
        parse_line(json.dumps(line).encode())
    receipt = head_of(NOW / "receipt.msg") | {"v": WIRE_VERSION + 1}
    with pytest.raises(ContentError):
        open_sealed(
            signed(receipt, samples.HUB_KEY), MessageBase, samples.HUB_KEY.public_key, 100_000
        )


def test_a_command_that_this_edge_does_not_know_is_refused_and_it_goes_on() -> None:
    house = House()
    house.connect()
    later = {"type": "of_a_later_version", "v": 1, "site": "755A", "edge": "dock"}
    assert kinds(house.step(Arrived(signed(later, HUB)))) == [Refused]
    assert Refused not in kinds(house.step(house.receipt(house.state_payload)))
