"""What a mail is, its one Message-ID, and when to try again. Pure. Source: design section 7.

Sending can happen twice: a hub that dies between the server's "250" and its own commit sends the
mail again. The Message-ID is made from the mail's key alone, so both copies have the same one and
whoever receives them keeps one.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from enum import StrEnum

SUBJECT_CHARS_MAX = 200
TEXT_CHARS_MAX = 60_000
RECIPIENTS_MAX = 16
RETRY_AFTER = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
"""After the first, second and so on failure; the last one again and again."""


class MailState(StrEnum):
    """``queued`` waits or is tried again, ``given_up`` was refused for good or for too long."""

    QUEUED = "queued"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to be sent.

    ``key`` names the reason for which it is sent, e.g. ``incident/12/upstream``: the same key is
    never queued twice. ``about`` is what it belongs to, e.g. ``incident/12``. Chinese first, then
    English. Dispatch lists name recipients' addresses and phones, because HV-2.7 asks for them: a
    mail's texts are kept encrypted and leave this machine over TLS only.
    """

    key: str
    about: str
    to: tuple[str, ...]
    subject_zh: str
    subject_en: str
    text_zh: str
    text_en: str


def message_id(key: str, home: str, sender: str) -> str:
    """The Message-ID of a mail, the same whenever it is asked for.

    Args:
        key: the mail's own.
        home: what tells this hub from all others, e.g. the hash of its key.
        sender: the address it comes from; its domain ends the id (RFC 5322 section 3.6.4).
    """
    digest = hashlib.sha256(f"{home}\n{key}".encode()).hexdigest()[:32]
    domain = parseaddr(sender)[1].rpartition("@")[2] or "custos.invalid"
    return f"<{digest}@{domain}>"


def subject_of(mail: Mail) -> str:
    """Both languages in one line, without anything that could begin another header."""
    line = " ".join(f"{mail.subject_zh} / {mail.subject_en}".split())
    return line[:SUBJECT_CHARS_MAX]


def text_of(mail: Mail) -> str:
    """Both languages, Chinese first."""
    return f"{mail.text_zh}\n\n{'-' * 40}\n\n{mail.text_en}\n"[:TEXT_CHARS_MAX]


def message_bytes(
    to: tuple[str, ...], subject: str, text: str, sender: str, id_: str, at: datetime
) -> bytes:
    """The mail as it goes to the server: the same bytes at every attempt, ``at`` is its queueing.

    Raises:
        ValueError: an address that is none.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = id_
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(text, cte="base64")
    return message.as_bytes()


def next_attempt_at(attempts: int, now: datetime) -> datetime:
    """When to try again after the n-th failure, n from 1."""
    return now + RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
