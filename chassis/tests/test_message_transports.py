"""The ways messages go: a mail server and GOV.UK Notify on real sockets, and the page of a laptop."""

import base64
import json
import re
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from message_harness import (
    NOTIFY,
    NUMBER,
    SECRET,
    SERVICE,
    TO,
    MailServer,
    execute,
    list_jobs,
    list_rows,
    make_due,
    queue_code,
    queue_sms,
)
from notes.app import Settings

from chassis.app import create_app
from chassis.ids import show
from chassis.messages import Message
from chassis.messages.notify import NotifyEmail, NotifySms
from chassis.messages.smtp import Smtp
from chassis.messages.transports import NotSentError
from chassis.outbound import Outbound
from chassis.testing import SEALING_KEY, running
from chassis.testing.servers import HOST, Names, trusting

EMAIL = Message("Your code ŵ", "It is 123456.\n\n.\nEnd\n")


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, jwks_url):
    """Notes as on a laptop: by http, and nothing is sent."""
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        jwks_url=jwks_url,
        sealing_key=SEALING_KEY,
        trace_ratio=0,
        mail="sent-messages",
    )


@pytest.fixture(autouse=True)
async def empty(database):
    await execute(database, "DELETE FROM job")
    await execute(database, "DELETE FROM message")


@pytest.fixture
def mail_server():
    with MailServer() as server:
        yield server
        server.shutdown()


@pytest.fixture
def mailing(settings, mail_server):
    """The settings of a service whose e-mails go by that mail server."""
    return settings.model_copy(update=mail_server.settings)


@pytest.fixture
def smtp(mailing):
    return Smtp(mailing)


async def test_a_mail_server_gets_the_whole_email(smtp, mail_server):
    await smtp.deliver("ref1", TO, EMAIL)
    [email] = mail_server.emails
    assert f"To: {TO}" in email
    assert "Message-ID: <ref1@citytown.example>" in email
    assert "Auto-Submitted: auto-generated" in email
    assert "It is 123456." in email
    assert "\r\n..\r\n" in email


@pytest.mark.parametrize("verb", [b"RCPT", b"DATA"])
@pytest.mark.parametrize(("answer", "permanent"), [(b"550 no", True), (b"451 later", False)])
async def test_a_mail_servers_refusal_is_permanent_or_temporary(smtp, mail_server, verb, answer, permanent):
    mail_server.answers[verb] = answer
    with pytest.raises(NotSentError) as error:
        await smtp.deliver("ref1", TO, EMAIL)
    assert error.value.permanent is permanent
    assert TO not in str(error.value)


async def test_a_sender_that_a_mail_server_refuses_is_for_the_operator_to_mend(smtp, mail_server):
    mail_server.answers[b"MAIL"] = b"550 not yours"
    with pytest.raises(NotSentError, match="550") as error:
        await smtp.deliver("ref1", TO, EMAIL)
    assert not error.value.permanent


@pytest.mark.parametrize("goodbye", [b"421 too busy", b""])
async def test_an_email_that_was_accepted_is_not_sent_again_for_a_bad_goodbye(smtp, mail_server, goodbye):
    mail_server.answers[b"QUIT"] = goodbye
    await smtp.deliver("ref1", TO, EMAIL)
    assert len(mail_server.emails) == 1


async def test_an_email_whose_acceptance_was_not_heard_goes_again_with_the_same_message_id(
    database, run_jobs, mail_server, mailing
):
    """SMTP cannot be asked what it has: at least once, and a mail server may know the Message-ID."""
    await queue_code(database)
    mail_server.answers[b"DATA"] = b""
    await run_jobs(settings=mailing)
    del mail_server.answers[b"DATA"]
    await make_due(database)
    await run_jobs(settings=mailing)
    first, second = (re.search(r"Message-ID: (\S+)", email)[1] for email in mail_server.emails)
    assert first == second
    assert await list_jobs(database) == []


async def test_a_mail_server_without_starttls_gets_nothing(settings, mail_server):
    changes = {**mail_server.settings, "smtp_security": "starttls"}
    with pytest.raises(NotSentError):
        await Smtp(settings.model_copy(update=changes)).deliver("ref1", TO, EMAIL)
    assert mail_server.emails == []


@pytest.mark.parametrize(
    ("to", "subject"),
    [("a@b.example\r\nBcc: c@d.example", "Hello"), (TO, "Hello\r\nBcc: c@d.example"), (TO, "Hello\n\nBody")],
)
async def test_a_header_cannot_be_smuggled_into_an_email(smtp, mail_server, to, subject):
    with pytest.raises(NotSentError) as error:
        await smtp.deliver("ref1", to, Message(subject, "Body"))
    assert error.value.permanent
    assert mail_server.emails == []


async def test_nothing_is_sent_to_a_domain_that_nobody_owns(
    database, run_jobs, mail_server, mailing, sent_messages
):
    for to in ("nia@people.test", "NIA@PEOPLE.TEST"):
        await queue_code(database, to=to)
    await run_jobs(settings=mailing)
    assert mail_server.emails == []
    assert await sent_messages("nia@people.test") == []
    assert await list_jobs(database) == []


def notify_settings(settings, **changes):
    key = f"live-key-{SERVICE}-{SECRET}"
    return change_settings(settings, **NOTIFY, notify_key=key, **changes)


def change_settings(settings, **changes):
    """Copy settings with changes, all of it validated again."""
    return Settings(**{**settings.model_dump(), **changes})


@pytest.fixture
def make_notify(settings, server, authority):
    """Make a transport whose Notify answers with a status."""

    def make(kind, status):
        server.status = status
        url = f"https://{HOST}:{server.port}"
        calling = trusting(notify_settings(settings, notify_url=url), authority)
        return kind(calling, Outbound(calling, Names(["127.0.0.1"])))

    return make


async def test_notify_gets_the_email_with_a_token_of_the_service(make_notify, server):
    await make_notify(NotifyEmail, 201).deliver("ref1", TO, EMAIL)
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


async def test_notify_gets_the_sms_with_a_token_of_the_service(make_notify, server):
    await make_notify(NotifySms, 201).deliver("ref1", NUMBER, Message("", "123456 is your code"))
    [request] = server.requests
    head, _, content = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/notifications/sms HTTP/1.1\r\n")
    assert json.loads(content) == {
        "phone_number": NUMBER,
        "template_id": "t2",
        "personalisation": {"body": "123456 is your code"},
        "reference": "ref1",
    }
    assert b"\r\nAuthorization: Bearer ey" in head


async def test_notify_that_is_away_is_temporary_and_the_error_says_where(make_notify, server):
    transport = make_notify(NotifyEmail, 201)
    server.cut_after = 3
    with pytest.raises(NotSentError, match=rf"{HOST} .*answer does not hold") as error:
        await transport.deliver("ref1", TO, EMAIL)
    assert not error.value.permanent
    assert len(server.requests) == 1  # an e-mail sent twice is worse than one sent late


@pytest.mark.parametrize("kind", [NotifyEmail, NotifySms])
@pytest.mark.parametrize(("status", "permanent"), [(400, True), (403, False), (429, False), (500, False)])
async def test_notifys_refusal_is_permanent_or_temporary(make_notify, server, kind, status, permanent):
    server.headers = {"Retry-After": "30"}
    with pytest.raises(NotSentError) as error:
        await make_notify(kind, status).deliver("ref1", TO, EMAIL)
    assert (error.value.permanent, error.value.retry_after) == (permanent, 30)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"mail": "outbox"}, "outbox is called sent-messages now"),
        ({"mail": "sent-messages", "issuer": "https://live.example/identity/"}, "https"),
        ({"texts": "sent-messages", "mail": "none", "issuer": "https://live.example/identity/"}, "https"),
        ({"mail": "smtp"}, "smtp_host"),
        ({"mail": "notify"}, "notify_key"),
        ({"texts": "notify"}, "notify_key"),
    ],
)
def test_settings_that_can_send_no_message_are_refused(settings, changes, fault):
    with pytest.raises(ValueError, match=fault):
        change_settings(settings, **changes)


async def test_a_laptop_shows_sent_messages(client, database, run_jobs):
    await queue_code(database, code="654321")
    await run_jobs()
    page = await client.get("/notes/sent-messages", headers={"Accept": "text/html"})
    assert TO in page.text
    assert "654321" not in page.text
    message = page.text.partition('href="/notes/sent-messages/')[2].partition('"')[0]
    answer = await client.get(f"/notes/sent-messages/{message}?lang=cy")
    assert "654321" in answer.text
    assert "Negeseuon a anfonwyd" in answer.text
    assert (await client.get(f"/notes/sent-messages/{'0' * 26}")).status_code == 404


async def test_the_page_shows_only_what_is_not_sent_and_not_what_has_expired(service, settings, database):
    await queue_sms(database, code="654321")
    await queue_code(database, council="hillshire")
    laptop = settings.model_copy(update={"mail": "smtp", "texts": "sent-messages"})
    async with running(create_app(service, laptop)) as client:
        page = await client.get("/notes/sent-messages", headers={"Accept": "text/html"})
        assert NUMBER in page.text
        assert "Text message" in page.text
        assert TO not in page.text
        [email] = [row for row in await list_rows(database) if row.channel == "email"]
        assert (await client.get(f"/notes/sent-messages/{show(email.id)}")).status_code == 404
        await execute(database, "UPDATE message SET expires_at = now()")
        assert NUMBER not in (await client.get("/notes/sent-messages")).text


async def test_sent_messages_are_not_shown_where_messages_are_sent(service, settings):
    for way in ("none", "smtp", "notify"):
        async with running(create_app(service, settings.model_copy(update={"mail": way}))) as client:
            for path in ("/notes/sent-messages", f"/notes/sent-messages/{'0' * 26}"):
                assert (await client.get(path)).status_code == 404
