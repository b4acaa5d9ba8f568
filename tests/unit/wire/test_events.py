import json

import pytest

from tests.samples import EVENTS, SPOOL, scan
from wire.events import EventBase, Feedback, Scan
from wire.limits import CODE_BYTES_MAX, ERROR_TEXT_MAX, INT_MAX, LINE_BYTES_MAX, LINE_DEPTH_MAX
from wire.lines import LineError, line_hash, parse_line, read_checked, seal_line
from wire.names import ZERO_HEAD, Signal

LINE = seal_line(scan(), SPOOL, 1, ZERO_HEAD)


def changed(**fields: object) -> bytes:
    """The good line with some fields replaced, as a compact writer would write it."""
    written = json.dumps({**json.loads(LINE), **fields}, separators=(",", ":"), ensure_ascii=False)
    return written.encode("utf-8", "surrogatepass")


def without(*names: str) -> bytes:
    kept = {key: value for key, value in json.loads(LINE).items() if key not in names}
    return json.dumps(kept).encode()


def raw(field: bytes) -> bytes:
    """The good line with one more raw ``"key":value`` at its end."""
    return LINE.removesuffix(b"}") + b"," + field + b"}"


def refused(line: bytes) -> str:
    with pytest.raises(LineError) as caught:
        parse_line(line)
    return str(caught.value)


def test_a_field_of_a_later_version_is_ignored() -> None:
    assert parse_line(raw(b'"later":{"a":[1,"x",null,true]}')) == parse_line(LINE)


def test_other_spacing_and_order_say_the_same() -> None:
    fields = dict(reversed(json.loads(LINE).items()))
    assert parse_line(json.dumps(fields, indent=1).replace("\n", "").encode()) == parse_line(LINE)


@pytest.mark.parametrize("name", ["v", "spool", "seq", "prev"])
def test_a_line_that_lacks_its_place_is_no_first_line(name: str) -> None:
    assert name in refused(without(name))


@pytest.mark.parametrize("name", ["site", "edge", "at", "mono_ms", "boot", "clock", "kind"])
def test_a_line_that_lacks_a_common_field_is_refused(name: str) -> None:
    assert name in refused(without(name))


def test_a_line_that_no_spool_sealed_is_refused() -> None:
    assert "sealed" in refused(changed(spool="0" * 32))


@pytest.mark.parametrize(
    "field",
    [b'"seq":2', b'"kind":"scan"', b'"waybill":"755000000000"', b'"later":1,"later":1'],
)
def test_a_key_that_stands_twice_has_two_readings_and_is_refused(field: bytes) -> None:
    assert "twice" in refused(raw(field))


def test_a_key_that_stands_twice_deep_inside_is_refused() -> None:
    twice = LINE.replace(b'{"offset_ms":', b'{"error_ms":1,"offset_ms":')
    assert twice != LINE
    assert "twice" in refused(twice)


@pytest.mark.parametrize("number", [b"1.0", b"1e2", b"NaN", b"Infinity", b"-Infinity", b"01"])
@pytest.mark.parametrize("key", [b"mono_ms", b"later"])
def test_only_integers_are_numbers(key: bytes, number: bytes) -> None:
    if key == b"mono_ms":
        refused(LINE.replace(b'"mono_ms":86400000', b'"mono_ms":' + number))
    else:
        refused(raw(b'"later":' + number))


@pytest.mark.parametrize("digits", ["9" * 17, "9" * 400, "9" * 5000, "-1"])
def test_an_integer_out_of_its_bounds_is_refused(digits: str) -> None:
    refused(LINE.replace(b'"mono_ms":86400000', b'"mono_ms":' + digits.encode()))
    refused(LINE.replace(b'"seq":1,', b'"seq":' + digits.encode() + b","))


def test_a_number_too_long_to_convert_is_refused_in_a_later_field_too() -> None:
    refused(raw(b'"later":' + b"9" * 5000))


@pytest.mark.parametrize(
    "at",
    [
        "2026-13-01T00:00:00.000Z",
        "2026-02-30T00:00:00.000Z",
        "2026-11-22T24:00:00.000Z",
        "2026-11-22T23:59:60.000Z",
        "0000-01-01T00:00:00.000Z",
        "2026-11-22T01:02:03Z",
        "2026-11-22T01:02:03.456+08:00",
        "2026-11-22T01:02:03.456Z\n",
        "２026-11-22T01:02:03.456Z",
        "",
    ],
)
def test_a_moment_that_does_not_exist_is_refused_read_and_made(at: str) -> None:
    refused(changed(at=at))
    with pytest.raises(ValueError):
        scan(at=at)


@pytest.mark.parametrize(
    "name", ["", "a" * 33, "dock\n", "dock 1", "dock/1", "dock+", "d\u00f6ck", "dock\x00"]
)
@pytest.mark.parametrize("field", ["site", "edge", "device", "place"])
def test_a_bad_name_is_refused(field: str, name: str) -> None:
    refused(changed(**{field: name}))


@pytest.mark.parametrize("field", ["prev", "spool", "boot"])
def test_a_hash_is_lower_hex_of_its_full_length(field: str) -> None:
    good = json.loads(LINE)[field]
    for bad in (good[:-1], good + "0", good + "\n", good[:-1] + "A", good[:-1] + "g"):
        refused(changed(**{field: bad}))


@pytest.mark.parametrize("field", ["text", "source", "container", "symbology"])
def test_nul_is_refused_since_a_database_would_refuse_it_for_ever(field: str) -> None:
    refused(changed(**{field: "a\x00b"}))


@pytest.mark.parametrize("field", ["text", "later"])
def test_a_lone_surrogate_is_refused(field: str) -> None:
    refused(LINE.replace(b'"text":"755123456789"', b'"%s":"a\\ud800b"' % field.encode()))
    refused(changed(**{field: "a\ud800b"}))


@pytest.mark.parametrize("field", [b'"later":"a\xffb"', b'"l\xff":1', b'"later":"\xed\xa0\x80"'])
def test_bytes_that_are_not_utf8_are_refused_even_where_nobody_looks(field: bytes) -> None:
    refused(raw(field))


def test_bad_utf8_in_a_known_field_is_refused() -> None:
    refused(LINE.replace(b"755123456789", b"75512345678\xff"))


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"null", b"{}", b'"scan"', LINE[:-1], LINE + b"x", b"\xef\xbb\xbf" + LINE],
)
def test_what_is_no_event_line_is_refused(line: bytes) -> None:
    refused(line)


def test_an_unknown_kind_or_version_is_refused() -> None:
    refused(changed(kind="act"))
    refused(changed(v=2))


def test_a_line_feed_inside_is_refused() -> None:
    assert "line feed" in refused(LINE + b"\n")


def test_a_refusal_never_quotes_more_than_a_sentence() -> None:
    assert len(refused(changed(kind="x" * 30_000))) <= ERROR_TEXT_MAX


def nested(depth: int) -> bytes:
    inner = depth - 1  # the line itself is the first level
    return raw(b'"later":' + b"[" * inner + b"]" * inner)


def test_a_line_as_deep_as_allowed_is_read() -> None:
    parse_line(nested(LINE_DEPTH_MAX))


def test_a_line_one_level_too_deep_is_refused() -> None:
    assert "deeper" in refused(nested(LINE_DEPTH_MAX + 1))
    assert "deeper" in refused(b'{"a":' * 5000 + b"1" + b"}" * 5000)


def test_brackets_inside_a_text_are_not_depth() -> None:
    assert parse_line(changed(source='{[\\"{[' * 30)).source == '{[\\"{[' * 30


def test_a_line_of_the_greatest_length_is_read_and_one_byte_more_is_refused() -> None:
    room = LINE_BYTES_MAX - len(raw(b'"later":""'))
    parse_line(raw(b'"later":"' + b"x" * room + b'"'))
    assert "at most" in refused(raw(b'"later":"' + b"x" * (room + 1) + b'"'))


def test_sealing_refuses_a_line_over_the_bound() -> None:
    with pytest.raises(LineError, match="at most"):
        seal_line(scan(text="x" * LINE_BYTES_MAX), SPOOL, 1, ZERO_HEAD)


def test_a_code_is_at_most_its_bound_in_hex_and_text() -> None:
    parse_line(changed(code_hex="00" * CODE_BYTES_MAX, text="x" * CODE_BYTES_MAX))
    refused(changed(code_hex="00" * (CODE_BYTES_MAX + 1)))
    refused(changed(text="x" * (CODE_BYTES_MAX + 1)))
    refused(changed(code_hex="0"))
    refused(changed(code_hex="FF"))


def test_the_last_sequence_number_is_read_and_the_next_refused() -> None:
    assert parse_line(changed(seq=INT_MAX)).seq == INT_MAX
    refused(changed(seq=INT_MAX + 1))
    refused(changed(seq=0))


def test_a_badge_never_fits_where_the_pseudonym_stands() -> None:
    refused(changed(by="K-0042"))
    refused(changed(by="0011223344556677\n"))


def test_sealing_sets_the_place_and_nothing_else() -> None:
    event = parse_line(seal_line(scan(), SPOOL, 9, "a" * 64))
    assert (event.spool, event.seq, event.prev) == (SPOOL, 9, "a" * 64)
    assert isinstance(event, Scan)
    assert (event.waybill, event.by) == (scan().waybill, scan().by)


def test_a_line_hash_is_sha256_of_its_bytes() -> None:
    assert line_hash(b"abc") == ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


def test_a_feedback_line_names_a_known_signal() -> None:
    feedback = EVENTS["event-feedback"]
    assert isinstance(feedback, Feedback)
    assert feedback.signal is Signal.WANTED
    line = seal_line(feedback, SPOOL, 1, ZERO_HEAD)
    refused(line.replace(b'"signal":"wanted"', b'"signal":"loud"'))


def test_every_kind_has_the_common_fields() -> None:
    for event in EVENTS.values():
        assert set(EventBase.__struct_fields__) <= set(type(event).__struct_fields__)


@pytest.mark.parametrize("name", EVENTS)
def test_a_line_that_was_taken_is_read_the_same_again(name: str) -> None:
    line = seal_line(EVENTS[name], SPOOL, 1, ZERO_HEAD)
    assert read_checked(line) == parse_line(line)


@pytest.mark.parametrize("line", [b"", b"no line", b"[" * 5_000, b'{"kind":"scan"}', b"\xff"])
def test_what_was_never_a_line_is_none_later_either(line: bytes) -> None:
    with pytest.raises(LineError):
        read_checked(line)
