"""Queue mails, and tell what became of them. The caller owns the transaction.

A mail leaves after the commit that queued it and never without it: the row is the mail.
Source: design section 7 ("No alert or mail leaves before its commit").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from hub.keys import NONCE_BYTES, BodyCipher
from hub.mail import store
from hub.mail.rules import RECIPIENTS_MAX, Mail, MailState, message_id, subject_of, text_of

__all__ = ["Mail", "MailQueue", "MailReceipt", "MailState", "receipts_about"]


class MailContent(msgspec.Struct, frozen=True):
    """What is encrypted at rest."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class MailReceipt:
    """What became of a mail; ``answer`` is the mail server's last one."""

    key: str
    message_id: str
    to: tuple[str, ...]
    queued_at: datetime
    state: MailState
    attempts: int
    sent_at: datetime | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class MailQueue:
    """Where the rooms put their mails; ``home`` tells this hub's Message-IDs from others'."""

    cipher: BodyCipher
    random_bytes: Callable[[int], bytes]
    home: str
    sender: str

    def put(self, tx: Connection, mail: Mail, now: datetime) -> str:
        """Queue a mail unless one with its key is there; return its Message-ID.

        Raises:
            ValueError: no recipient, or more than ``RECIPIENTS_MAX``.
        """
        known = store.find(tx, mail.key)
        if known is not None:
            return known.message_id
        if not 0 < len(mail.to) <= RECIPIENTS_MAX:
            raise ValueError(f"a mail has 1 to {RECIPIENTS_MAX} recipients, not {len(mail.to)}")
        id_ = message_id(mail.key, self.home, self.sender)
        plain = msgspec.json.encode(MailContent(subject_of(mail), text_of(mail)))
        content = self.cipher.encrypt(plain, context_of(mail.key), self.random_bytes(NONCE_BYTES))
        store.add(tx, mail.key, mail.about, id_, mail.to, content, now)
        return id_


def receipts_about(tx: Connection, about: str) -> list[MailReceipt]:
    """What was written about something, oldest first."""
    return [
        MailReceipt(
            each.key,
            each.message_id,
            each.to,
            each.queued_at,
            each.state,
            each.attempts,
            each.sent_at,
            each.answer,
        )
        for each in store.about(tx, about)
    ]


def context_of(key: str) -> str:
    """What a mail's content is encrypted for: it opens nowhere else."""
    return f"mail/{key}"
