"""Whatever the types allow comes back as it was sent, and the bytes as they were."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.signing import open_sealed, seal
from tests.samples import AT, EDGE_KEY
from wire import messages as m
from wire.envelope import EnvelopeError, join, split, split_lines
from wire.events import ClockReading, Scan, ScanTiming
from wire.limits import INT_MAX, MESSAGE_BYTES_MAX
from wire.lines import LineError, parse_line, seal_line
from wire.names import ZERO_HEAD, Result, Step
from wire.wanted import WantedEntry, WantedResult, apply_delta, list_bytes, make_list, parse_list

names = st.text("ABCxyz059_-", min_size=1, max_size=32)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
counts = st.integers(0, INT_MAX)
hexes = st.text("0123456789abcdef", min_size=32, max_size=32)
codes = st.binary(max_size=60)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


scans = st.builds(
    Scan,
    site=names,
    edge=names,
    at=st.just(AT),
    mono_ms=counts,
    boot=hexes,
    clock=st.builds(
        ClockReading,
        offset_ms=maybe(st.integers(-INT_MAX, INT_MAX)),
        error_ms=maybe(counts),
    ),
    device=maybe(names),
    source=maybe(texts),
    waybill=maybe(st.text("0123456789A-", min_size=1, max_size=64)),
    code_hex=maybe(codes.map(bytes.hex)),
    text=maybe(texts),
    length=counts,
    step=maybe(st.sampled_from(Step)),
    place=maybe(names),
    container=maybe(texts),
    result=st.sampled_from(Result),
    list_version=counts,
    list_age_s=maybe(counts),
    timing_us=st.builds(ScanTiming, decode=counts, verdict=counts),
    maybe_repeat_of=maybe(st.integers(1, INT_MAX)),
)
spools = hexes.filter(lambda spool: spool != "0" * 32)


@given(scans, spools, st.integers(1, INT_MAX))
def test_a_scan_comes_back_and_is_written_again_byte_for_byte(
    event: Scan, spool: str, seq: int
) -> None:
    line = seal_line(event, spool, seq, ZERO_HEAD)
    read = parse_line(line)
    assert read == msgspec.structs.replace(event, spool=spool, seq=seq, prev=ZERO_HEAD)
    assert seal_line(read, spool, seq, ZERO_HEAD) == line
    assert b"\n" not in line


@given(st.binary(max_size=300))
def test_garbage_is_refused_in_our_own_error(line: bytes) -> None:
    try:
        parse_line(line)
    except LineError:
        return
    raise AssertionError("garbage was read as an event")


@given(scans, spools, st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_line_with_a_byte_changed_is_read_or_refused_and_nothing_else(
    event: Scan, spool: str, data: st.DataObject
) -> None:
    line = bytearray(seal_line(event, spool, 1, ZERO_HEAD))
    line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_line(bytes(line))
    except LineError:
        return


lines = st.binary(min_size=1, max_size=40).filter(lambda line: b"\n" not in line)


@given(lines, st.binary(min_size=64, max_size=64), st.lists(lines, max_size=8))
def test_an_envelope_comes_apart_as_it_was_put_together(
    head: bytes, signature: bytes, body: list[bytes]
) -> None:
    parts = split(join(head, signature, body), 10_000)
    assert (parts.head, parts.signature) == (head, signature)
    assert split_lines(parts.lines, 8) == body


@given(st.binary(max_size=400))
def test_a_garbage_payload_is_refused_in_our_own_error(payload: bytes) -> None:
    for expected in (m.Batch, m.State):
        try:
            open_sealed(payload, expected, EDGE_KEY.public_key, 1000)
        except EnvelopeError:
            continue
        raise AssertionError("garbage was read as a message")


@given(names, names, counts)
def test_a_signed_message_comes_back(site: str, edge: str, version: int) -> None:
    fetch = m.Fetch(site=site, edge=edge, have_version=version, at=AT)
    opened = open_sealed(seal(fetch, EDGE_KEY), m.Fetch, EDGE_KEY.public_key, MESSAGE_BYTES_MAX)
    assert opened.message == fetch


entries = st.builds(
    WantedEntry,
    id=names,
    waybill=st.text("0123456789", min_size=1, max_size=12),
    result=st.sampled_from(WantedResult),
    reason=printable,
    banner_zh=maybe(printable),
    priority=st.integers(0, 9),
    covert=st.booleans(),
    scope=maybe(st.lists(names, max_size=4).map(tuple)),
)
entry_lists = st.lists(entries, max_size=12, unique_by=lambda entry: entry.id)


@given(entry_lists, st.randoms(use_true_random=False), counts)
def test_a_list_comes_back_and_order_does_not_matter(
    found: list[WantedEntry], shuffler: object, version: int
) -> None:
    wanted = make_list(version, (), tuple(found))
    shuffler.shuffle(found)
    assert list_bytes(make_list(version, (), tuple(found))) == list_bytes(wanted)
    assert parse_list(list_bytes(wanted)) == wanted


@given(entry_lists, entry_lists, st.lists(names, max_size=4))
def test_a_delta_gives_what_a_dictionary_would(
    before: list[WantedEntry], put: list[WantedEntry], remove: list[str]
) -> None:
    after = apply_delta(make_list(1, (), tuple(before)), 2, tuple(put), tuple(remove), None)
    expected = {entry.id: entry for entry in before}
    for entry_id in remove:
        expected.pop(entry_id, None)
    expected |= {entry.id: entry for entry in put}
    assert {entry.id: entry for entry in after.entries} == expected
