"""The golden files are what older edges and hubs speak: read, and written again byte for byte."""

import hashlib
import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from ledger.signing import open_sealed
from scripts import write_schemas
from tests import samples
from wire import messages as m
from wire.bodies import CodeBody, PrivateBody
from wire.envelope import split_lines
from wire.events import Event
from wire.limits import (
    BATCH_BYTES_MAX,
    BATCH_EVENTS_MAX,
    FOOTAGE_MESSAGE_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    SNAPSHOT_BYTES_MAX,
)
from wire.lines import parse_line, seal_line
from wire.names import ZERO_HEAD
from wire.wanted import list_bytes, list_sha256, parse_list

FOLDER = Path(__file__).parents[2] / "golden" / "wire"


def test_every_golden_file_is_what_the_code_writes_today() -> None:
    written = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert written == samples.golden()


def test_every_event_kind_and_every_message_type_has_a_golden_file() -> None:
    kinds = {type(event) for event in samples.EVENTS.values()}
    types = {type(message) for message in samples.MESSAGES.values()}
    assert kinds == set(Event.__args__)
    with_lines = {m.Batch, m.Bodies, m.WantedSnapshot, m.Pack, m.FootagePart, m.Picture}
    assert types | with_lines == set(m.Message.__args__)


@pytest.mark.parametrize("name", samples.EVENTS)
def test_a_golden_event_is_read_and_written_again_byte_for_byte(name: str) -> None:
    line = (FOLDER / f"{name}.json").read_bytes().removesuffix(b"\n")
    event = parse_line(line)
    assert event == msgspec.structs.replace(samples.EVENTS[name], spool=samples.SPOOL)
    assert seal_line(event, samples.SPOOL, 1, ZERO_HEAD) == line


@pytest.mark.parametrize("name", samples.MESSAGES)
def test_a_golden_message_opens_under_its_key_as_what_was_sealed(name: str) -> None:
    payload = (FOLDER / f"{name}.msg").read_bytes()
    sealed = samples.MESSAGES[name]
    opened = open_sealed(payload, type(sealed), samples.key_of(name).public_key, MESSAGE_BYTES_MAX)
    assert (opened.message, opened.lines) == (sealed, b"")
    assert m.encode(opened.message) == opened.head


def test_the_golden_batch_holds_a_chain_of_every_kind() -> None:
    payload = (FOLDER / "batch.msg").read_bytes()
    opened = open_sealed(payload, m.Batch, samples.EDGE_KEY.public_key, BATCH_BYTES_MAX)
    lines = split_lines(opened.lines, BATCH_EVENTS_MAX)
    assert opened.message.count == len(lines) == len(samples.EVENTS)
    assert [parse_line(line).seq for line in lines] == list(range(1, len(lines) + 1))
    assert samples.batch(lines) == payload


def test_the_golden_bodies_are_covered_by_the_hash_in_their_signed_header() -> None:
    payload = (FOLDER / "bodies.msg").read_bytes()
    opened = open_sealed(payload, m.Bodies, samples.EDGE_KEY.public_key, MESSAGE_BYTES_MAX)
    assert hashlib.sha256(opened.lines).hexdigest() == opened.message.sha256
    [line] = split_lines(opened.lines, opened.message.count)
    body = msgspec.json.decode(line, type=PrivateBody)
    assert body == samples.BODY
    assert msgspec.json.decode(body.body, type=CodeBody) == CodeBody(code_hex="00ff", text=None)


@pytest.mark.parametrize(
    ("name", "kind", "raw"),
    [
        ("footage-part", m.FootagePart, samples.FOOTAGE),
        ("picture", m.Picture, samples.PICTURE),
    ],
)
def test_golden_footage_is_covered_by_the_hash_in_its_signed_header(
    name: str, kind: type[m.FootagePart] | type[m.Picture], raw: bytes
) -> None:
    payload = (FOLDER / f"{name}.msg").read_bytes()
    opened = open_sealed(payload, kind, samples.EDGE_KEY.public_key, FOOTAGE_MESSAGE_BYTES_MAX)
    assert opened.lines == raw + b"\n"
    signed = opened.message
    told = signed.part_sha256 if isinstance(signed, m.FootagePart) else signed.sha256
    assert told == hashlib.sha256(raw).hexdigest()


def test_the_golden_snapshot_holds_the_list_that_its_head_hashes() -> None:
    payload = (FOLDER / "wanted-snapshot.msg").read_bytes()
    opened = open_sealed(payload, m.WantedSnapshot, samples.HUB_KEY.public_key, SNAPSHOT_BYTES_MAX)
    [line] = split_lines(opened.lines, 1)
    wanted = parse_list(line)
    assert wanted == samples.WANTED
    assert list_bytes(wanted) == (FOLDER / "wanted-list.json").read_bytes()
    assert list_sha256(wanted) == opened.message.head.list_sha256


@pytest.mark.parametrize("name", write_schemas.TYPES)
def test_a_schema_is_as_new_as_its_type(name: str) -> None:
    written = (write_schemas.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert written == write_schemas.schema_text(name), "run: python -m scripts.write_schemas"


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_a_golden_file_fits_its_schema(path: Path) -> None:
    name = path.stem
    if path.suffix == ".msg":
        name = "message"
    elif name.startswith("event-"):
        name = "event-line"
    validator = jsonschema.Draft202012Validator(json.loads(write_schemas.schema_text(name)))
    validator.check_schema(validator.schema)
    head = json.loads(path.read_bytes().partition(b"\n")[0])
    validator.validate(head)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**head, "v": 2, "version": "seven", "salt": "short"})
