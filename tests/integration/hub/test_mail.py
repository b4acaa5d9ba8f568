"""Mail leaves after its commit, at least once, under one Message-ID: design section 7."""

import gc
import ssl
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import trustme
from sqlalchemy import Connection

from hub.alerts.service import AlertKind, AlertState
from hub.config import SmtpSettings
from hub.mail import store
from hub.mail.rules import RECIPIENTS_MAX, RETRY_AFTER
from hub.mail.sender import PER_TURN_MAX, MailError, MailSender, Outlet, SmtpOutlet
from hub.mail.service import Mail, MailQueue, MailReceipt, MailState, receipts_about
from tests.hub_parts import HubHome
from tests.postgres_parts import on_both_databases
from tests.smtp_parts import Mailbox, smtp_server

SENDER = "custos@carrier.example"
MAILS = 200
POISON = ("poison@755w.example",)


def queue_of(hub: HubHome) -> MailQueue:
    return MailQueue(hub.keys.bodies, hub.clock.random_bytes, "hub-a", SENDER)


def put(hub: HubHome, key: str = "incident/1/upstream", **fields: object) -> str:
    plain: dict[str, object] = {
        "about": "incident/1",
        "to": ("desk@755w.example",),
        "subject_zh": "请协查",
        "subject_en": "please look",
        "text_zh": "运单 103000000001",
        "text_en": "waybill 103000000001",
    }
    with hub.database.writing() as tx:
        return queue_of(hub).put(tx, Mail(key, **{**plain, **fields}), hub.clock.now())


def sender_of(hub: HubHome, outlet: Outlet | None) -> MailSender:
    policy = hub.role.policy.mail
    return MailSender(hub.database, hub.keys.bodies, hub.clock, policy, SENDER, outlet)


def smtp(port: int, security: str = "none") -> SmtpOutlet:
    settings = SmtpSettings(host="127.0.0.1", port=port, security=security, sender=SENDER)
    return SmtpOutlet(settings)


def receipts(hub: HubHome) -> list[MailReceipt]:
    with hub.database.reading() as tx:
        return receipts_about(tx, "incident/1")


class Refusing:
    """Says no in one way, however often it is asked."""

    def __init__(self, *, is_final: bool) -> None:
        self.is_final = is_final
        self.asked = 0

    def send(self, sender: str, to: tuple[str, ...], message: bytes) -> str:
        self.asked += 1
        raise MailError("no", is_final=self.is_final)


@on_both_databases
def test_a_queued_mail_is_sent_once_and_its_receipt_kept(hub: HubHome) -> None:
    mailbox, message_id = Mailbox(), put(hub)
    with smtp_server(mailbox) as port:
        sender = sender_of(hub, smtp(port))
        assert [sender.turn(), sender.turn()] == [1, 0]
    assert mailbox.message_ids == [message_id]
    assert mailbox.recipients == [("desk@755w.example",)]
    assert "103000000001" in mailbox.taken[0].get_content()
    (receipt,) = receipts(hub)
    assert (receipt.state, receipt.attempts) == (MailState.SENT, 1)
    assert receipt.answer == "taken"


def test_the_same_key_is_never_queued_twice(hub: HubHome) -> None:
    assert put(hub) == put(hub, text_en="another text")
    assert hub.count("mail") == 1


def test_what_was_rolled_back_is_never_sent(hub: HubHome) -> None:
    def queue_and_fail(tx: Connection) -> None:
        mail = Mail("k", "incident/1", ("a@x.example",), "s", "s", "t", "t")
        queue_of(hub).put(tx, mail, hub.clock.now())
        raise RuntimeError("after the mail was queued")

    with pytest.raises(RuntimeError), hub.database.writing() as tx:
        queue_and_fail(tx)
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        assert sender_of(hub, smtp(port)).turn() == 0
    assert mailbox.taken == []


def test_a_server_that_is_away_gets_it_later(hub: HubHome) -> None:
    put(hub)
    with smtp_server(Mailbox()) as port:
        pass
    assert sender_of(hub, smtp(port)).turn() == 0
    (receipt,) = receipts(hub)
    assert (receipt.state, receipt.attempts) == (MailState.QUEUED, 1)
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        sender = sender_of(hub, smtp(port))
        assert sender.turn() == 0
        hub.clock.move(RETRY_AFTER[0].total_seconds())
        assert sender.turn() == 1
    assert len(mailbox.taken) == 1


def test_a_mail_that_our_own_code_fails_on_stops_none_behind_it(hub: HubHome) -> None:
    class Stumbling:
        taken = 0

        def send(self, sender: str, to: tuple[str, ...], message: bytes) -> str:
            if to == POISON:
                raise RuntimeError("a mistake of ours")
            self.taken += 1
            return "taken"

    put(hub, "incident/1/first", to=POISON)
    put(hub, "incident/1/second")
    outlet = Stumbling()
    assert sender_of(hub, outlet).turn() == 1
    assert outlet.taken == 1
    first, second = receipts(hub)
    assert (first.state, first.attempts, first.answer) == (MailState.QUEUED, 1, "RuntimeError")
    assert second.state is MailState.SENT


def test_killed_between_sending_and_committing_it_sends_again_under_the_same_id(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox, message_id = Mailbox(), put(hub)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with smtp_server(mailbox) as port:
        with monkeypatch.context() as patch:
            patch.setattr(store, "set_sent", die)
            with pytest.raises(KeyboardInterrupt):
                sender_of(hub, smtp(port)).turn()
        assert sender_of(hub, smtp(port)).turn() == 1
    assert mailbox.message_ids == [message_id, message_id]
    assert mailbox.taken[0].as_bytes() == mailbox.taken[1].as_bytes()


def test_a_permanent_no_is_given_up_and_told(hub: HubHome) -> None:
    mailbox = Mailbox(answer="550 no such desk")
    put(hub)
    with smtp_server(mailbox) as port:
        sender = sender_of(hub, smtp(port))
        sender.turn()
        hub.clock.move(86_400)
        sender.turn()
    (receipt,) = receipts(hub)
    assert (receipt.state, receipt.attempts) == (MailState.GIVEN_UP, 1)
    assert "550" in (receipt.answer or "")
    (alert,) = hub.alerts(AlertKind.MAIL_REFUSED)
    assert "desk@" not in alert.text_en


def test_a_temporary_no_is_tried_again_until_the_policy_gives_up(hub: HubHome) -> None:
    put(hub)
    outlet = Refusing(is_final=False)
    sender = sender_of(hub, outlet)
    hours = hub.role.policy.mail.give_up_h
    for _ in range(hours * 2 + 1):
        sender.turn()
        hub.clock.move(1800)
    (receipt,) = receipts(hub)
    assert receipt.state is MailState.GIVEN_UP
    assert receipt.attempts == outlet.asked == hours * 2 + 1


def test_an_address_that_is_none_is_given_up(hub: HubHome) -> None:
    put(hub, to=("a@x.example\r\nBcc: all@x.example",))
    with smtp_server(Mailbox()) as port:
        assert sender_of(hub, smtp(port)).turn() == 0
    assert receipts(hub)[0].state is MailState.GIVEN_UP


@on_both_databases
def test_mail_that_waits_too_long_is_one_alert_that_ends_by_itself(hub: HubHome) -> None:
    put(hub)
    stuck = sender_of(hub, None)
    stuck.turn()
    assert hub.alerts(AlertKind.MAIL_STUCK) == []
    hub.clock.move(timedelta(minutes=hub.role.policy.mail.stuck_min).total_seconds())
    for _ in range(3):
        stuck.turn()
    (alert,) = hub.alerts(AlertKind.MAIL_STUCK)
    assert (alert.state, alert.count) == (AlertState.OPEN, 1)
    with smtp_server(Mailbox()) as port:
        sender = sender_of(hub, smtp(port))
        sender.turn()
        sender.turn()
    assert hub.alerts(AlertKind.MAIL_STUCK)[0].state is AlertState.CLOSED


@on_both_databases
def test_one_turn_sends_a_bounded_number(hub: HubHome) -> None:
    for number in range(PER_TURN_MAX + 1):
        put(hub, f"incident/1/{number}")
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        sender = sender_of(hub, smtp(port))
        assert [sender.turn(), sender.turn()] == [PER_TURN_MAX, 1]
    assert len(set(mailbox.message_ids)) == PER_TURN_MAX + 1


def test_a_mail_has_one_to_a_bounded_number_of_recipients(hub: HubHome) -> None:
    put(hub, to=("a@x.example",) * RECIPIENTS_MAX)
    for count in (0, RECIPIENTS_MAX + 1):
        with pytest.raises(ValueError, match="recipients"):
            put(hub, f"k{count}", to=("a@x.example",) * count)
    assert hub.count("mail") == 1


def test_a_mails_text_is_encrypted_at_rest(hub: HubHome) -> None:
    put(hub)
    with hub.database.reading() as tx:
        stored = tx.exec_driver_sql("SELECT content FROM mail").scalar_one()
    assert b"103000000001" not in bytes(stored)


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """A server's context, with a certificate that this process does trust."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


def test_starttls_is_used_and_only_with_a_certificate_that_is_trusted(
    hub: HubHome, authority: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox()
    put(hub)
    with smtp_server(mailbox, authority) as port:
        sender = sender_of(hub, smtp(port, "starttls"))
        with monkeypatch.context() as patch:
            patch.delenv("SSL_CERT_FILE")
            assert sender.turn() == 0
        assert "certificate" in (receipts(hub)[0].answer or "").lower()
        hub.clock.move(RETRY_AFTER[0].total_seconds())
        assert sender.turn() == 1
    assert mailbox.tls == [True]


def test_a_mail_leaves_no_socket_open_taken_or_not(authority: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    # A socket that was left behind hangs in a cycle, which only the collector would close.
    gc.disable()
    try:
        with smtp_server(mailbox, authority) as port:
            before = sockets_open()
            for answer in ["250 taken", "451 later"] * (MAILS // 2):
                mailbox.answer = answer
                with suppress(MailError):
                    smtp(port, "starttls").send(SENDER, ("desk@755w.example",), b"Subject: s\n\nt")
            assert len(mailbox.taken) == MAILS // 2
            assert sockets_open() <= before
    finally:
        gc.enable()


def sockets_open() -> int:
    """Sockets of this process that are connected from here to a server's port."""
    return sum(each.status == "ESTABLISHED" for each in psutil.Process().net_connections("tcp"))
