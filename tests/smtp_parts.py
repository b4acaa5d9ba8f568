"""A real SMTP server for tests, on a free loopback port, with or without TLS."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.rig.programs import free_port


@dataclass
class Mailbox:
    """What came in; ``answer`` is what the server says to each mail (250 takes it)."""

    answer: str = "250 taken"
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[tuple[str, ...]] = field(default_factory=list)
    tls: list[bool] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # the library's name
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.recipients.append(tuple(envelope.rcpt_tos))
            self.tls.append(session.ssl is not None)
        return self.answer

    @property
    def message_ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.taken]


@contextmanager
def smtp_server(mailbox: Mailbox, starttls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve a mailbox; gives the port."""
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=starttls,
        require_starttls=starttls is not None,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
