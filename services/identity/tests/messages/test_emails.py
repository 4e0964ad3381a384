"""E-mails: their templates, the queue, the worker and its transports."""

import asyncio
import base64
import json
import logging
import re
import socketserver
import threading
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select, update

from chassis.app import create_app
from chassis.outbound import Outbound
from chassis.testing import running
from chassis.testing.servers import HOST, Names
from chassis.web.translations import find_missing_translations
from identity.messages.actions import notify, smtp, templates, worker
from identity.messages.actions.queue import send_email
from identity.messages.actions.templates import Message
from identity.messages.actions.transports import NotSentError
from identity.messages.tables import mail

TO = "gwen@resident.example"
EMAIL = Message("Your code ŵ", "It is 123456.\n\n.\nEnd\n")


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        master_key=master_key,
        trace_ratio=0,
        mail="sent-messages",
    )


@pytest.fixture(autouse=True)
async def empty(database):
    async with database.writing() as session:
        await session.execute(mail.delete())


async def queue_code(database, template="sign-in-code", language="en", code="123456"):
    values = {"code": code} if code else {}
    async with database.writing() as session:
        await send_email(session, template, TO, language, **values)


async def list_mail(database):
    async with database.reading() as session:
        return await session.all(select(mail))


class FakeTransport:
    """Collects messages, after it has failed with each of ``failures``."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.delivered = []

    async def deliver(self, reference, to, message):
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append((reference, to, message))


def smtp_settings(settings, **changes):
    return settings.model_copy(update={"mail": "smtp", "mail_from": "no-reply@citytown.example", **changes})


@pytest.mark.parametrize("name", sorted(templates.list_templates()))
def test_an_email_is_in_both_languages_with_the_same_values(name):
    assert templates.list_placeholders(name, "en") == templates.list_placeholders(name, "cy")
    values = dict.fromkeys(templates.list_placeholders(name, "en"), "VALUE")
    english, welsh = templates.render(name, "en", values), templates.render(name, "cy", values)
    assert english.subject != welsh.subject
    assert "\n" not in english.subject + welsh.subject
    assert "Your Townhall account" in english.body
    assert "Eich cyfrif Townhall" in welsh.body
    assert english.body.count("VALUE") + english.subject.count("VALUE") >= len(values)


def test_every_text_of_every_page_has_welsh():
    assert find_missing_translations("identity") == []


def test_a_value_is_one_line_of_bounded_length():
    email = templates.render(
        "new-device", "en", {"device": "Firefox\r\nBcc: x@evil.example\n\nNow do this " + "x" * 900}
    )
    assert "Firefox Bcc: x@evil.example Now do this xxx" in email.body
    assert len(max(email.body.splitlines(), key=len)) <= 500


def test_a_dollar_in_a_value_is_a_dollar():
    assert "$code ${x}" in templates.render("new-device", "en", {"device": "$code ${x}"}).body


@pytest.mark.parametrize(
    ("name", "values"),
    [("../../settings", {}), ("nothing", {}), ("sign-in-code", {}), ("closed", {"a": "b"})],
)
async def test_an_email_that_cannot_be_rendered_is_not_queued(database, name, values):
    with pytest.raises(KeyError):
        async with database.writing() as session:
            await send_email(session, name, TO, "en", **values)
    assert await list_mail(database) == []


async def test_an_email_is_sent_once_and_leaves_nothing_behind(database, settings):
    await queue_code(database)
    transport, sending = FakeTransport(), smtp_settings(settings)
    counts = await asyncio.gather(*(worker.send_due(database, sending, transport) for _ in range(3)))
    assert sum(counts) == 1
    [(_, to, email)] = transport.delivered
    assert (to, email.subject) == (TO, "Your code to sign in")
    assert "123456" in email.body
    assert await list_mail(database) == []


async def test_a_transaction_that_fails_sends_nothing(database, settings):
    with pytest.raises(RuntimeError):
        async with database.writing() as session:
            await send_email(session, "closed", TO, "cy")
            raise RuntimeError
    transport = FakeTransport()
    assert await worker.send_due(database, smtp_settings(settings), transport) == 0


async def test_an_email_that_fails_is_tried_again_after_doubling_delays(database, settings):
    await queue_code(database, "closed", "cy", code="")
    transport = FakeTransport(NotSentError("away"), NotSentError("away"))
    delays = []
    for _ in range(2):
        before = datetime.now(UTC)
        assert await worker.send_due(database, smtp_settings(settings), transport) == 1
        assert await worker.send_due(database, smtp_settings(settings), transport) == 0
        [row] = await list_mail(database)
        delays.append((row.due_at - before).total_seconds())
        await make_due(database)
    assert [round(delay / 5) for delay in delays] == [1, 2]
    await worker.send_due(database, smtp_settings(settings), transport)
    assert transport.delivered[0][2].subject == "Mae eich cyfrif wedi'i gau"
    assert await list_mail(database) == []


async def make_due(database):
    async with database.writing() as session:
        await session.execute(update(mail).values(due_at=datetime.now(UTC)))


async def test_an_email_refused_for_good_is_deleted_and_the_log_has_no_address(database, settings, caplog):
    await queue_code(database)
    with caplog.at_level(logging.DEBUG):
        await worker.send_due(
            database, smtp_settings(settings), FakeTransport(NotSentError("refused", permanent=True))
        )
    assert await list_mail(database) == []
    assert "sign-in-code was not sent" in caplog.text
    assert TO not in caplog.text
    assert "123456" not in caplog.text


async def test_an_expired_code_is_deleted_unsent_and_logged(database, settings, caplog):
    await queue_code(database)
    async with database.writing() as session:
        await session.execute(update(mail).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    transport = FakeTransport()
    assert await worker.send_due(database, smtp_settings(settings), transport) == 0
    assert (transport.delivered, await list_mail(database)) == ([], [])
    assert "1 messages expired" in caplog.text


async def test_a_queued_code_expires_when_the_code_does(database):
    await queue_code(database)
    [row] = await list_mail(database)
    assert row.expires_at - row.created_at == timedelta(minutes=10)


class SmtpHandler(socketserver.StreamRequestHandler):
    """Enough of RFC 5321 to take a message, on a real socket."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"QUIT":
                return self.wfile.write(b"221 bye\r\n")
            if verb == b"RCPT":
                self.wfile.write(self.server.rcpt)
            elif verb == b"DATA":
                self.wfile.write(b"354 go\r\n")
                self.server.data = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.wfile.write(b"250 ok\r\n")
            else:
                self.wfile.write(b"250 ok\r\n")
        return None


@pytest.fixture
def mail_server():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SmtpHandler) as server:
        server.rcpt, server.data = b"250 ok\r\n", b""
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def smtp_to(server, settings):
    port = server.server_address[1]
    return smtp.Smtp(smtp_settings(settings, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none"))


async def test_a_mail_server_gets_the_whole_email(settings, mail_server):
    await smtp_to(mail_server, settings).deliver("ref1", TO, EMAIL)
    data = mail_server.data.decode()
    assert f"To: {TO}" in data
    assert "Message-ID: <ref1@citytown.example>" in data
    assert "Auto-Submitted: auto-generated" in data
    assert "It is 123456." in data
    assert "\r\n..\r\n" in data


@pytest.mark.parametrize(("answer", "permanent"), [(b"550 no\r\n", True), (b"451 later\r\n", False)])
async def test_a_mail_servers_refusal_is_permanent_or_temporary(settings, mail_server, answer, permanent):
    mail_server.rcpt = answer
    with pytest.raises(NotSentError) as error:
        await smtp_to(mail_server, settings).deliver("ref1", TO, EMAIL)
    assert error.value.permanent is permanent
    assert TO not in str(error.value)


async def test_a_mail_server_without_starttls_gets_nothing(settings, mail_server):
    port = mail_server.server_address[1]
    sending = smtp_settings(settings, smtp_host="127.0.0.1", smtp_port=port)
    with pytest.raises(NotSentError):
        await smtp.Smtp(sending).deliver("ref1", TO, EMAIL)
    assert mail_server.data == b""


async def test_a_header_cannot_be_smuggled_into_an_email(settings, mail_server):
    with pytest.raises(NotSentError) as error:
        await smtp_to(mail_server, settings).deliver("ref1", "a@b.example\r\nBcc: c@d.example", EMAIL)
    assert error.value.permanent
    assert mail_server.data == b""


SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"


def notify_settings(settings, **changes):
    key = f"live-key-{SERVICE}-{SECRET}"
    return change_settings(settings, mail="notify", notify_key=key, notify_template="t1", **changes)


def change_settings(settings, **changes):
    """Copy settings with changes, all of it validated again."""
    return type(settings)(
        **{**settings.model_dump(), "master_key": settings.master_key.get_secret_value(), **changes}
    )


def call_notify_at(server, settings):
    """Point the transport's settings at a test's server, and make what calls it."""
    at_home = settings.model_copy(update={"notify_url": f"https://{HOST}:{server.port}"})
    return at_home, Outbound(at_home, Names(["127.0.0.1"]))


@pytest.fixture
def make_notify(settings, server, authority):
    """Make a transport whose Notify answers with a status."""

    def make(status):
        server.status = status
        sending = notify_settings(settings, outbound_ca=authority.file)
        return notify.NotifyEmail(*call_notify_at(server, sending))

    return make


async def test_notify_gets_the_email_with_a_token_of_the_service(make_notify, server):
    await make_notify(201).deliver("ref1", TO, EMAIL)
    [request] = server.requests
    head, _, content = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/notifications/email HTTP/1.1\r\n")
    body = json.loads(content)
    assert body["personalisation"] == {"subject": EMAIL.subject, "body": EMAIL.body}
    assert (body["email_address"], body["template_id"], body["reference"]) == (TO, "t1", "ref1")
    token = re.search(rb"Authorization: Bearer (\S+)", head)[1].decode()
    claims = jwt.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"]).claims
    assert claims["iss"] == SERVICE
    assert abs(claims["iat"] - datetime.now(UTC).timestamp()) < 30
    header = token.partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"typ": "JWT", "alg": "HS256"}


async def test_notify_that_is_away_is_temporary_and_the_log_says_where(make_notify, server):
    transport = make_notify(201)
    server.cut_after = 3
    with pytest.raises(NotSentError, match=rf"{HOST} .*answer does not hold") as error:
        await transport.deliver("ref1", TO, EMAIL)
    assert not error.value.permanent
    assert len(server.requests) == 1  # an e-mail sent twice is worse than one sent late


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (403, False), (429, False), (500, False)])
async def test_notifys_refusal_is_permanent_or_temporary(make_notify, status, permanent):
    with pytest.raises(NotSentError) as error:
        await make_notify(status).deliver("ref1", TO, EMAIL)
    assert error.value.permanent is permanent


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"mail": "outbox"}, "outbox is called sent-messages now"),
        ({"mail": "sent-messages", "issuer": "https://live.example/identity/"}, "https"),
        ({"mail": "smtp"}, "smtp_host"),
        ({"mail": "notify"}, "notify_key"),
    ],
)
def test_settings_that_can_send_no_email_are_refused(settings, changes, fault):
    with pytest.raises(ValueError, match=fault):
        change_settings(settings, **changes)


async def test_a_laptop_shows_sent_emails(client, database, settings):
    await queue_code(database, code="654321")
    await worker.send_due(database, settings, None)
    page = await client.get("/identity/sent-messages", headers={"Accept": "text/html"})
    assert TO in page.text
    assert "654321" not in page.text
    message = page.text.partition('href="/identity/sent-messages/')[2].partition('"')[0]
    assert "654321" in (await client.get(f"/identity/sent-messages/{message}?lang=cy")).text
    assert (await client.get(f"/identity/sent-messages/{'0' * 26}")).status_code == 404


async def test_sent_messages_are_not_shown_where_emails_are_sent(service, settings):
    for mail_setting in ("none", "smtp", "notify"):
        app = create_app(service, settings.model_copy(update={"mail": mail_setting}))
        async with running(app) as client:
            for path in ("/identity/sent-messages", f"/identity/sent-messages/{'0' * 26}"):
                assert (await client.get(path)).status_code == 404
