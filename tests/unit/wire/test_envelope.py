import base64

import pytest

from wire.envelope import EnvelopeError, join, signing_bytes, split, split_lines

SIGNATURE = bytes(range(64))
MESSAGE = join(b"{}", SIGNATURE, [b"one", b"two"])


def refused(payload: bytes, bytes_max: int = 1000) -> str:
    with pytest.raises(EnvelopeError) as caught:
        split(payload, bytes_max)
    return str(caught.value)


def test_a_message_comes_apart_as_it_was_put_together() -> None:
    parts = split(MESSAGE, len(MESSAGE))
    assert (parts.head, parts.signature) == (b"{}", SIGNATURE)
    assert split_lines(parts.lines, 2) == [b"one", b"two"]


def test_a_message_without_lines_has_none() -> None:
    assert split_lines(split(join(b"{}", SIGNATURE), 1000).lines, 0) == []


def test_a_message_at_its_bound_is_read_and_one_byte_over_is_refused() -> None:
    assert "at most" in refused(MESSAGE, len(MESSAGE) - 1)


def test_a_message_cut_anywhere_is_refused_or_has_lost_whole_lines() -> None:
    whole = split(MESSAGE, 1000)
    for end in range(len(MESSAGE)):
        try:
            parts = split(MESSAGE[:end], 1000)
        except EnvelopeError:
            continue
        assert (parts.head, parts.signature) == (whole.head, whole.signature)
        assert whole.lines.startswith(parts.lines)
        assert parts.lines in (b"", b"one\n"), "the header's count and head hash catch these"


@pytest.mark.parametrize("payload", [b"", b"\n", b"{}", b"{}\n", b"{}\n\n", b"\n\n"])
def test_what_has_no_two_lines_is_refused(payload: bytes) -> None:
    refused(payload)


@pytest.mark.parametrize(
    "line",
    [
        base64.b64encode(SIGNATURE[:-1]),
        base64.b64encode(SIGNATURE + b"x"),
        base64.b64encode(SIGNATURE).rstrip(b"="),
        base64.b64encode(SIGNATURE) + b"=",
        base64.b64encode(SIGNATURE) + b"\r",
        b" " + base64.b64encode(SIGNATURE),
        base64.urlsafe_b64encode(b"\xff" * 64),
        "ä".encode() * 44,
        b"\x00" * 88,
    ],
)
def test_a_second_line_that_is_no_signature_is_refused(line: bytes) -> None:
    refused(b"{}\n" + line + b"\n")


def test_a_signature_has_one_spelling_only() -> None:
    good = base64.b64encode(SIGNATURE)
    assert good.endswith(b"w==")
    twin = good[:-3] + b"x=="
    assert base64.b64decode(twin, validate=True) == SIGNATURE
    assert "as it is written" in refused(b"{}\n" + twin + b"\n")


@pytest.mark.parametrize("line", [b"", b"a\nb", b"\n"])
def test_a_line_that_would_come_apart_is_never_joined(line: bytes) -> None:
    with pytest.raises(ValueError, match="line"):
        join(b"{}", SIGNATURE, [b"one", line])


def test_as_many_lines_as_allowed_are_read_and_one_more_is_refused() -> None:
    assert len(split_lines(b"a\n" * 3, 3)) == 3
    with pytest.raises(EnvelopeError, match="at most"):
        split_lines(b"a\n" * 4, 3)


@pytest.mark.parametrize("lines", [b"\n", b"a\n\n", b"\na\n", b"a\n\nb\n"])
def test_an_empty_line_is_refused(lines: bytes) -> None:
    with pytest.raises(EnvelopeError, match="empty"):
        split_lines(lines, 9)


def test_what_is_signed_begins_with_the_type() -> None:
    assert signing_bytes("batch", b"{}") == b"custos/v1/batch\n{}"
