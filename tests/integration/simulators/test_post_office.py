"""The demo's mail server takes what a mail client sends."""

import smtplib
import socket
from email.message import EmailMessage

import pytest

from simulators.post_office import MAILS_WAITING_MAX, PostOffice, TakenMail


def mail(subject: str, *to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "custos@demo.example",
        ", ".join(to),
        subject,
    )
    message.set_content("证据 evidence\n.\nmore\n")
    return message


def test_mails_are_taken_with_recipients_and_subject() -> None:
    with PostOffice() as office:
        with smtplib.SMTP("127.0.0.1", office.port, timeout=5) as client:
            client.send_message(mail("疑似遗失 suspected", "a@x.example", "b@x.example"))
            client.send_message(mail("second", "c@x.example"))
        assert office.collect() == [
            TakenMail(("a@x.example", "b@x.example"), "疑似遗失 suspected"),
            TakenMail(("c@x.example",), "second"),
        ]
        assert office.collect() == []


def test_a_full_office_asks_to_try_later() -> None:
    with PostOffice() as office:
        for _ in range(MAILS_WAITING_MAX):
            office.taken.put_nowait(TakenMail((), ""))
        with (
            smtplib.SMTP("127.0.0.1", office.port, timeout=5) as client,
            pytest.raises(smtplib.SMTPDataError, match="try later"),
        ):
            client.send_message(mail("one more", "a@x.example"))


def test_a_sender_that_hangs_up_in_the_middle_is_forgotten() -> None:
    with PostOffice() as office:
        with socket.create_connection(("127.0.0.1", office.port), timeout=5) as line:
            line.sendall(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: half")
        with smtplib.SMTP("127.0.0.1", office.port, timeout=5) as client:
            client.send_message(mail("whole", "a@x.example"))
        assert office.collect() == [TakenMail(("a@x.example",), "whole")]


def test_what_follows_a_recipients_address_is_not_part_of_it() -> None:
    with PostOffice() as office:
        with smtplib.SMTP("127.0.0.1", office.port, timeout=5) as client:
            client.mail("a@x.example")
            client.rcpt("b@x.example", ["NOTIFY=NEVER"])
            client.data(mail("one", "b@x.example").as_bytes())
        assert office.collect() == [TakenMail(("b@x.example",), "one")]
