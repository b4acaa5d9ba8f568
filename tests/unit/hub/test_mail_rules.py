"""A mail's bytes, its one Message-ID and its retries. Source: design section 7, RFC 5322."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from hub.mail.rules import (
    RETRY_AFTER,
    SUBJECT_CHARS_MAX,
    TEXT_CHARS_MAX,
    Mail,
    message_bytes,
    message_id,
    next_attempt_at,
    subject_of,
    text_of,
)

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SENDER = "Custos <custos@carrier.example>"


def mail(**fields: str) -> Mail:
    plain = {
        "key": "incident/1/upstream",
        "about": "incident/1",
        "subject_zh": "请协查",
        "subject_en": "please look",
        "text_zh": "正文",
        "text_en": "text",
    }
    return Mail(to=("desk@755w.example",), **{**plain, **fields})


def test_a_mails_id_is_the_same_whenever_it_is_asked_for_and_no_other_mails() -> None:
    one = message_id("incident/1/upstream", "hub-a", SENDER)
    assert one == message_id("incident/1/upstream", "hub-a", SENDER)
    assert one.endswith("@carrier.example>")
    others = {
        message_id("incident/2/upstream", "hub-a", SENDER),
        message_id("incident/1/upstream", "hub-b", SENDER),
    }
    assert len({one, *others}) == 3


def test_both_languages_stand_in_subject_and_text_chinese_first() -> None:
    sent = message_bytes(
        ("a@x.example", "b@x.example"), subject_of(mail()), text_of(mail()), SENDER, "<1@x>", AT
    )
    read = message_from_bytes(sent, policy=default)
    assert read["Subject"] == "请协查 / please look"
    assert read["Message-ID"] == "<1@x>"
    assert [address.addr_spec for address in read["To"].addresses] == ["a@x.example", "b@x.example"]
    text = read.get_content()
    assert text.index("正文") < text.index("text")


def test_the_same_mail_is_the_same_bytes_at_every_attempt() -> None:
    def sent() -> bytes:
        return message_bytes(("a@x.example",), "s", "t", SENDER, "<1@x>", AT)

    assert sent() == sent()


@pytest.mark.parametrize("evil", ["a\r\nBcc: all@x.example", "a\nX-Evil: 1"])
def test_no_text_begins_another_header(evil: str) -> None:
    sent = message_bytes(
        ("a@x.example",), subject_of(mail(subject_zh=evil)), evil, SENDER, "<1@x>", AT
    )
    read = message_from_bytes(sent, policy=default)
    assert read["Bcc"] is None
    assert read["X-Evil"] is None
    with pytest.raises(ValueError):
        message_bytes((evil,), "s", "t", SENDER, "<1@x>", AT)


def test_subject_and_text_are_bounded() -> None:
    long = mail(subject_zh="长" * 500, text_zh="长" * (TEXT_CHARS_MAX + 1))
    assert len(subject_of(long)) == SUBJECT_CHARS_MAX
    assert len(text_of(long)) == TEXT_CHARS_MAX


def test_attempts_come_more_and_more_slowly_and_never_stop_by_themselves() -> None:
    waits = [next_attempt_at(number, AT) - AT for number in range(1, 9)]
    assert waits[: len(RETRY_AFTER)] == list(RETRY_AFTER)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=30)
