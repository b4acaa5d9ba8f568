"""Tables and SQL of the mails; no rule is decided here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.mail.rules import MailState

ABOUT_READ_MAX = 100

mail = Table(
    "mail",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("about", String(64), nullable=False, index=True),
    Column("message_id", String(200), nullable=False),
    Column("recipients", JSON, nullable=False),
    # Subject and text, encrypted under the hub's body key: lists of recipients are among them.
    Column("content", LargeBinary, nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("answer", String(300)),
    Index("ix_mail_due_at", "due_at"),
)


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail's row; ``answer`` is what the server said last, ``content`` is encrypted."""

    id: int
    key: str
    about: str
    message_id: str
    to: tuple[str, ...]
    content: bytes
    queued_at: datetime
    state: MailState
    attempts: int
    sent_at: datetime | None
    answer: str | None


def find(tx: Connection, key: str) -> QueuedMail | None:
    """The mail with this key."""
    row = tx.execute(select(mail).where(mail.c.key == key)).one_or_none()
    return None if row is None else _mail(row)


def add(
    tx: Connection,
    key: str,
    about: str,
    message_id: str,
    to: tuple[str, ...],
    content: bytes,
    now: datetime,
) -> None:
    """Queue a mail, due at once."""
    row = {
        "key": key,
        "about": about,
        "message_id": message_id,
        "recipients": list(to),
        "content": content,
        "queued_at": now,
        "state": MailState.QUEUED,
        "due_at": now,
        "attempts": 0,
    }
    tx.execute(insert(mail).values(row))


def due(tx: Connection, now: datetime, limit: int) -> list[QueuedMail]:
    """Mails that are to be sent now, the longest waiting first."""
    rows = tx.execute(
        select(mail).where(mail.c.due_at <= now).order_by(mail.c.due_at, mail.c.id).limit(limit)
    )
    return [_mail(row) for row in rows]


def oldest_queued_at(tx: Connection) -> datetime | None:
    """Since when the longest waiting mail waits."""
    found = select(mail.c.queued_at).where(mail.c.due_at.is_not(None))
    return tx.execute(found.order_by(mail.c.queued_at).limit(1)).scalar_one_or_none()


def set_sent(tx: Connection, mail_id: int, now: datetime, answer: str) -> None:
    """The server has taken it."""
    row = {"state": MailState.SENT, "sent_at": now, "due_at": None, "answer": answer}
    tx.execute(update(mail).where(mail.c.id == mail_id).values(attempts=mail.c.attempts + 1, **row))


def set_failed(
    tx: Connection, mail_id: int, answer: str, again_at: datetime | None, attempts: int
) -> None:
    """It was not taken; ``again_at`` None: it is given up."""
    state = MailState.GIVEN_UP if again_at is None else MailState.QUEUED
    row = {"state": state, "due_at": again_at, "answer": answer, "attempts": attempts}
    tx.execute(update(mail).where(mail.c.id == mail_id).values(row))


def about(tx: Connection, subject: str) -> list[QueuedMail]:
    """What was written about a subject, oldest first."""
    found = select(mail).where(mail.c.about == subject).order_by(mail.c.id).limit(ABOUT_READ_MAX)
    return [_mail(row) for row in tx.execute(found)]


def _mail(row: Row[*tuple[Any, ...]]) -> QueuedMail:
    return QueuedMail(
        id=row.id,
        key=row.key,
        about=row.about,
        message_id=row.message_id,
        to=tuple(row.recipients),
        content=row.content,
        queued_at=row.queued_at,
        state=MailState(row.state),
        attempts=row.attempts,
        sent_at=row.sent_at,
        answer=row.answer,
    )
