"""Send what is queued over SMTP, from a thread of the clock role.

The order is the promise: send, then commit that it was sent. Killed in between, it sends again
under the same Message-ID; the other order would lose mail. Source: design section 7.
"""

import asyncio
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import aiosmtplib
import msgspec
import structlog
from prometheus_client import Counter
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.alerts.service import AlertKind, Finding, close_alert, find_unclosed, raise_alert
from hub.clock import Clock
from hub.config import SmtpSettings
from hub.db.engine import Database
from hub.failpoints import NO_FAIL_POINTS, FailPoint, FailPoints
from hub.keys import BodyCipher
from hub.mail import store
from hub.mail.rules import message_bytes, next_attempt_at
from hub.mail.service import MailContent, context_of
from hub.mail.store import QueuedMail
from wire.names import format_at
from wire.policy import MailPolicy

PER_TURN_MAX = 20
TURN_S = 0.5
TIMEOUT_S = 20.0
ANSWER_CHARS_MAX = 300
SUBJECT = "smtp"

_log = structlog.get_logger()
_sent = Counter("custos_hub_mails_sent", "Mails that a server took")
_failures = Counter("custos_hub_mail_failures", "Attempts to send a mail that failed")


class MailError(Exception):
    """The mail was not taken; ``is_final``: it never will be."""

    def __init__(self, answer: str, *, is_final: bool) -> None:
        super().__init__(answer)
        self.is_final = is_final


class Outlet(Protocol):
    """Hands one mail to whoever carries it further."""

    def send(self, sender: str, to: tuple[str, ...], message: bytes) -> str:
        """Return the server's answer.

        Raises:
            MailError: it was not taken.
        """


@dataclass(frozen=True, slots=True)
class SmtpOutlet:
    """A connection for each mail: they are few, and servers close idle ones."""

    settings: SmtpSettings

    def send(self, sender: str, to: tuple[str, ...], message: bytes) -> str:
        """See :class:`Outlet`; a 5xx answer is final, everything else is tried again."""
        try:
            return asyncio.run(_hand_over(self.settings, sender, to, message))
        except aiosmtplib.SMTPResponseException as error:
            is_final = 500 <= error.code < 600 and not isinstance(
                error, aiosmtplib.SMTPAuthenticationError
            )
            raise MailError(f"{error.code} {error.message}", is_final=is_final) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            is_final = all(500 <= code < 600 for code in codes)
            raise MailError(f"recipients refused: {codes}", is_final=is_final) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailError(f"{type(error).__name__}: {error}", is_final=False) from error


async def _hand_over(
    settings: SmtpSettings, sender: str, to: tuple[str, ...], message: bytes
) -> str:
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        timeout=TIMEOUT_S,
    )
    transport: asyncio.BaseTransport | None = None
    try:
        async with client:
            transport = client.transport
            if settings.user is not None:
                await client.login(settings.user, _password(settings.password_file) or "")
            _, answer = await client.sendmail(sender, list(to), message)
            return answer
    finally:
        # The server has said goodbye; who waited for TLS to do so too, or did not wait and let the
        # loop end meanwhile, would leave a socket open for each mail.
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


class MailSender:
    """Takes due mails from the table, a few at a turn."""

    def __init__(
        self,
        database: Database,
        cipher: BodyCipher,
        clock: Clock,
        policy: MailPolicy,
        sender: str,
        outlet: Outlet | None,
        fail_points: FailPoints = NO_FAIL_POINTS,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock
        self._policy = policy
        self._sender = sender
        self._outlet = outlet
        self._fail_points = fail_points

    def turn(self) -> int:
        """Send what is due; return how many were taken.

        Raises:
            OperationalError, PoolTimeout: the database does not answer.
        """
        now = self._clock.now()
        with self._database.reading() as tx:
            due = [] if self._outlet is None else store.due(tx, now, PER_TURN_MAX)
            waiting_since = store.oldest_queued_at(tx)
        taken = sum(self._send(self._outlet, each) for each in due if self._outlet is not None)
        self._tell_of_waiting(waiting_since, now)
        return taken

    def _send(self, outlet: Outlet, mail: QueuedMail) -> bool:
        try:
            self._fail_points.hit(FailPoint.MAIL_BEFORE_SENDING)
            answer = outlet.send(self._sender, mail.to, self._message(mail))
            self._fail_points.hit(FailPoint.MAIL_SENT)
        except MailError as error:
            self._put_off(mail, error)
            return False
        except Exception as error:  # noqa: BLE001 - one mail must never stop those behind it
            _log.exception("a mail cannot be worked on", message_id=mail.message_id)
            self._put_off(mail, MailError(type(error).__name__, is_final=False))
            return False
        with self._database.writing() as tx:
            store.set_sent(tx, mail.id, self._clock.now(), answer[:ANSWER_CHARS_MAX])
            self._fail_points.hit(FailPoint.MAIL_BEFORE_COMMIT)
        self._fail_points.hit(FailPoint.MAIL_COMMITTED)
        _sent.inc()
        return True

    def _message(self, mail: QueuedMail) -> bytes:
        plain = self._cipher.decrypt(mail.content, context_of(mail.key))
        if plain is None:
            raise MailError("its text cannot be decrypted", is_final=True)
        content = msgspec.json.decode(plain, type=MailContent)
        try:
            return message_bytes(
                mail.to,
                content.subject,
                content.text,
                self._sender,
                mail.message_id,
                mail.queued_at,
            )
        except ValueError as error:
            raise MailError(f"no such address: {error}", is_final=True) from error

    def _put_off(self, mail: QueuedMail, error: MailError) -> None:
        _failures.inc()
        now, attempts = self._clock.now(), mail.attempts + 1
        is_over = now - mail.queued_at >= timedelta(hours=self._policy.give_up_h)
        again_at = None if error.is_final or is_over else next_attempt_at(attempts, now)
        _log.warning("mail not sent", message_id=mail.message_id, final=again_at is None)
        with self._database.writing() as tx:
            store.set_failed(tx, mail.id, str(error)[:ANSWER_CHARS_MAX], again_at, attempts)
            if again_at is None:
                words = {"about": mail.about}
                raise_alert(tx, Finding(AlertKind.MAIL_REFUSED, mail.key, now, words=words), now)

    def _tell_of_waiting(self, since: datetime | None, now: datetime) -> None:
        is_stuck = since is not None and now - since >= timedelta(minutes=self._policy.stuck_min)
        with self._database.reading() as tx:
            is_told = find_unclosed(tx, AlertKind.MAIL_STUCK, SUBJECT) is not None
        if is_stuck == is_told:
            return
        with self._database.writing() as tx:
            if since is not None and is_stuck:
                words = {"at": format_at(since)}
                raise_alert(tx, Finding(AlertKind.MAIL_STUCK, SUBJECT, now, words=words), now)
            else:
                close_alert(tx, AlertKind.MAIL_STUCK, SUBJECT, now)


def run_sender(sender: MailSender, stop: threading.Event) -> None:
    """Send until told to stop."""
    while not stop.wait(TURN_S):
        try:
            sender.turn()
        except (OperationalError, PoolTimeout):
            _failures.inc()
            _log.exception("database does not answer")


def _password(path: Path | None) -> str | None:
    return None if path is None else path.read_text("utf-8").strip()
