"""Letters: their texts, the queue, and what takes them away."""

import asyncio
import base64
import json
import logging
import socketserver
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select, update

from chassis.app import create_app
from chassis.testing import running
from chassis.web.untranslated import untranslated
from identity.messages.actions import templates, transports, worker
from identity.messages.actions.queue import Letter, send
from identity.messages.tables import mail

TO = "gwen@resident.example"
LETTER = Letter("Your code ŵ", "It is 123456.\n\n.\nEnd\n")


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key):
    return service.settings(
        database_url=database_url, nats_url=nats_url, master_key=master_key, trace_ratio=0, mail="outbox"
    )


@pytest.fixture(autouse=True)
async def empty(database):
    async with database.writing() as session:
        await session.execute(mail.delete())


async def queue(database, template="sign-in-code", language="en", code="123456"):
    values = {"code": code} if code else {}
    async with database.writing() as session:
        await send(session, template, TO, language, **values)


async def waiting(database):
    async with database.reading() as session:
        return await session.all(select(mail))


class Taker:
    """Takes letters away, or fails as it is told."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.taken = []

    async def carry(self, reference, to, letter):
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append((reference, to, letter))


def smtp_settings(settings, **more):
    return settings.model_copy(update={"mail": "smtp", "mail_from": "no-reply@citytown.example", **more})


@pytest.mark.parametrize("name", sorted(templates.templates()))
def test_a_letter_is_in_both_languages_with_the_same_values(name):
    assert templates.placeholders(name, "en") == templates.placeholders(name, "cy")
    values = dict.fromkeys(templates.placeholders(name, "en"), "VALUE")
    english, welsh = templates.write(name, "en", values), templates.write(name, "cy", values)
    assert english.subject != welsh.subject
    assert "\n" not in english.subject + welsh.subject
    assert "Your Townhall account" in english.body
    assert "Eich cyfrif Townhall" in welsh.body
    assert english.body.count("VALUE") + english.subject.count("VALUE") >= len(values)


def test_every_text_of_every_page_has_welsh():
    assert untranslated("identity") == []


def test_a_value_is_one_line_of_bounded_length():
    letter = templates.write(
        "new-device", "en", {"device": "Firefox\r\nBcc: x@evil.example\n\nNow do this " + "x" * 900}
    )
    assert "Firefox Bcc: x@evil.example Now do this xxx" in letter.body
    assert len(max(letter.body.splitlines(), key=len)) <= 500


def test_a_dollar_in_a_value_is_a_dollar():
    assert "$code ${x}" in templates.write("new-device", "en", {"device": "$code ${x}"}).body


@pytest.mark.parametrize(
    ("name", "values"),
    [("../../settings", {}), ("nothing", {}), ("sign-in-code", {}), ("closed", {"a": "b"})],
)
async def test_a_letter_that_cannot_be_written_is_not_queued(database, name, values):
    with pytest.raises(KeyError):
        async with database.writing() as session:
            await send(session, name, TO, "en", **values)
    assert await waiting(database) == []


async def test_a_letter_goes_once_and_leaves_nothing_behind(database, settings):
    await queue(database)
    taker, how = Taker(), smtp_settings(settings)
    sent = await asyncio.gather(*(worker.once(database, how, taker) for _ in range(3)))
    assert sum(sent) == 1
    [(_, to, letter)] = taker.taken
    assert (to, letter.subject) == (TO, "Your code to sign in")
    assert "123456" in letter.body
    assert await waiting(database) == []


async def test_a_transaction_that_fails_sends_nothing(database, settings):
    with pytest.raises(RuntimeError):
        async with database.writing() as session:
            await send(session, "closed", TO, "cy")
            raise RuntimeError
    taker = Taker()
    assert await worker.once(database, smtp_settings(settings), taker) == 0


async def test_what_fails_is_tried_again_later_and_later(database, settings):
    await queue(database, "closed", "cy", code="")
    taker = Taker(transports.NotSentError("away"), transports.NotSentError("away"))
    waits = []
    for _ in range(2):
        before = datetime.now(UTC)
        assert await worker.once(database, smtp_settings(settings), taker) == 1
        assert await worker.once(database, smtp_settings(settings), taker) == 0
        [row] = await waiting(database)
        waits.append((row.due_at - before).total_seconds())
        await due_now(database)
    assert [round(wait / 5) for wait in waits] == [1, 2]
    await worker.once(database, smtp_settings(settings), taker)
    assert taker.taken[0][2].subject == "Mae eich cyfrif wedi'i gau"
    assert await waiting(database) == []


async def due_now(database):
    async with database.writing() as session:
        await session.execute(update(mail).values(due_at=datetime.now(UTC)))


async def test_what_can_never_be_sent_is_forgotten_without_a_name_in_the_log(database, settings, caplog):
    await queue(database)
    with caplog.at_level(logging.DEBUG):
        await worker.once(
            database, smtp_settings(settings), Taker(transports.NotSentError("refused", for_ever=True))
        )
    assert await waiting(database) == []
    assert "sign-in-code was not sent" in caplog.text
    assert TO not in caplog.text
    assert "123456" not in caplog.text


async def test_a_code_too_late_is_thrown_away_and_said(database, settings, caplog):
    await queue(database)
    async with database.writing() as session:
        await session.execute(update(mail).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    taker = Taker()
    assert await worker.once(database, smtp_settings(settings), taker) == 0
    assert (taker.taken, await waiting(database)) == ([], [])
    assert "1 letters were too old" in caplog.text


async def test_a_code_waits_no_longer_than_it_works(database):
    await queue(database)
    [row] = await waiting(database)
    assert row.expires_at - row.created_at == timedelta(minutes=10)


class SmtpTalk(socketserver.StreamRequestHandler):
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
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SmtpTalk) as server:
        server.rcpt, server.data = b"250 ok\r\n", b""
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def talk(settings, server):
    port = server.server_address[1]
    return transports.Smtp(
        smtp_settings(settings, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none")
    )


async def test_a_mail_server_gets_the_letter_whole(settings, mail_server):
    await talk(settings, mail_server).carry("ref1", TO, LETTER)
    text = mail_server.data.decode()
    assert f"To: {TO}" in text
    assert "Message-ID: <ref1@citytown.example>" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "It is 123456." in text
    assert "\r\n..\r\n" in text


@pytest.mark.parametrize(("answer", "for_ever"), [(b"550 no\r\n", True), (b"451 later\r\n", False)])
async def test_a_mail_servers_refusal_is_for_ever_or_for_now(settings, mail_server, answer, for_ever):
    mail_server.rcpt = answer
    with pytest.raises(transports.NotSentError) as error:
        await talk(settings, mail_server).carry("ref1", TO, LETTER)
    assert error.value.for_ever is for_ever
    assert TO not in str(error.value)


async def test_a_mail_server_without_starttls_gets_nothing(settings, mail_server):
    port = mail_server.server_address[1]
    how = smtp_settings(settings, smtp_host="127.0.0.1", smtp_port=port)
    with pytest.raises(transports.NotSentError):
        await transports.Smtp(how).carry("ref1", TO, LETTER)
    assert mail_server.data == b""


async def test_a_header_cannot_be_smuggled_into_a_letter(settings, mail_server):
    with pytest.raises(transports.NotSentError) as error:
        await talk(settings, mail_server).carry("ref1", "a@b.example\r\nBcc: c@d.example", LETTER)
    assert error.value.for_ever
    assert mail_server.data == b""


SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"


def notify_settings(settings):
    key = f"live-key-{SERVICE}-{SECRET}"
    return service_copy(settings, mail="notify", notify_key=key, notify_template="t1")


def service_copy(settings, **more):
    return type(settings)(
        **{**settings.model_dump(), "master_key": settings.master_key.get_secret_value(), **more}
    )


def at_the_wire(monkeypatch, status):
    """What GOV.UK Notify's API is asked, which answers all of it alike."""
    asked = []

    def answer(request):
        asked.append(request)
        return httpx.Response(status, json={})

    real = httpx.AsyncClient
    monkeypatch.setattr(
        transports.httpx, "AsyncClient", lambda **more: real(transport=httpx.MockTransport(answer), **more)
    )
    return asked


def notify(settings, monkeypatch, status):
    return transports.Notify(notify_settings(settings)), at_the_wire(monkeypatch, status)


async def test_notify_gets_the_letter_with_a_token_of_the_service(settings, monkeypatch):
    taker, asked = notify(settings, monkeypatch, 201)
    await taker.carry("ref1", TO, LETTER)
    [request] = asked
    assert str(request.url) == "https://api.notifications.service.gov.uk/v2/notifications/email"
    body = json.loads(request.content)
    assert body["personalisation"] == {"subject": LETTER.subject, "body": LETTER.body}
    assert (body["email_address"], body["template_id"], body["reference"]) == (TO, "t1", "ref1")
    token = request.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"]).claims
    assert claims["iss"] == SERVICE
    assert abs(claims["iat"] - datetime.now(UTC).timestamp()) < 30
    header = token.partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"typ": "JWT", "alg": "HS256"}


@pytest.mark.parametrize(("status", "for_ever"), [(400, True), (403, False), (429, False), (500, False)])
async def test_notifys_refusal_is_for_ever_or_for_now(settings, monkeypatch, status, for_ever):
    taker, _ = notify(settings, monkeypatch, status)
    with pytest.raises(transports.NotSentError) as error:
        await taker.carry("ref1", TO, LETTER)
    assert error.value.for_ever is for_ever


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"mail": "outbox", "issuer": "https://live.example/identity/"}, "https"),
        ({"mail": "smtp"}, "smtp_host"),
        ({"mail": "notify"}, "notify_key"),
    ],
)
def test_settings_by_which_no_letter_can_go_are_refused(settings, more, wrong):
    with pytest.raises(ValueError, match=wrong):
        service_copy(settings, **more)


async def test_the_outbox_shows_a_letter_on_a_laptop(client, database, settings):
    await queue(database, code="654321")
    await worker.once(database, settings, None)
    page = await client.get("/identity/outbox", headers={"Accept": "text/html"})
    assert TO in page.text
    assert "654321" not in page.text
    letter = page.text.partition('href="/identity/outbox/')[2].partition('"')[0]
    assert "654321" in (await client.get(f"/identity/outbox/{letter}?lang=cy")).text
    assert (await client.get(f"/identity/outbox/{'0' * 26}")).status_code == 404


async def test_there_is_no_outbox_where_letters_are_sent(service, settings):
    for how in ("none", "smtp", "notify"):
        app = create_app(service, settings.model_copy(update={"mail": how}))
        async with running(app) as client:
            for path in ("/identity/outbox", f"/identity/outbox/{'0' * 26}"):
                assert (await client.get(path)).status_code == 404
