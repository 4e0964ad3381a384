"""SMS: queued with the change they belong to, sent by GOV.UK Notify, or shown on a laptop."""

import json
import logging

import pytest
from sqlalchemy import select

from chassis.app import create_app
from chassis.ids import show
from chassis.testing import running
from identity.messages.actions import notify, worker
from identity.messages.actions.queue import send_email, send_sms
from identity.messages.actions.templates import Message
from identity.messages.actions.transports import NotSentError
from identity.messages.tables import mail
from services.identity.tests.messages.test_emails import (
    SECRET,
    SERVICE,
    FakeTransport,
    call_notify_at,
    change_settings,
    settings,
)

__all__ = ["settings"]

TO = "+447700900123"


@pytest.fixture(autouse=True)
async def empty(database):
    async with database.writing() as session:
        await session.execute(mail.delete())


async def queue_code(database, code="123456"):
    async with database.writing() as session:
        await send_sms(session, "sign-in-code", TO, "en", code=code, domain="citytown.gov.uk")


async def list_mail(database):
    async with database.reading() as session:
        return await session.all(select(mail).order_by(mail.c.id))


def sending(settings, **changes):
    return settings.model_copy(update={"mail": "smtp", "texts": "notify", **changes})


async def test_an_sms_and_an_email_each_go_by_their_own_transport(database, settings):
    await queue_code(database)
    async with database.writing() as session:
        await send_email(session, "closed", "gwen@resident.example", "en")
    email, sms = FakeTransport(), FakeTransport()
    assert await worker.send_due(database, sending(settings), email, sms) == 2
    [(_, to, message)] = sms.delivered
    assert (to, message.subject) == (TO, "")
    assert message.body.endswith("@citytown.gov.uk #123456")
    assert [to for _, to, _ in email.delivered] == ["gwen@resident.example"]
    assert await list_mail(database) == []


async def test_sms_wait_without_a_transport_while_emails_are_sent(database, settings):
    await queue_code(database)
    async with database.writing() as session:
        await send_email(session, "closed", "gwen@resident.example", "en")
    assert await worker.send_due(database, sending(settings, texts="none"), FakeTransport(), None) == 1
    assert [row.channel for row in await list_mail(database)] == ["text"]


async def test_a_transaction_that_fails_sends_no_sms(database, settings):
    with pytest.raises(RuntimeError):
        async with database.writing() as session:
            await send_sms(session, "phone-gone", TO, "cy")
            raise RuntimeError
    assert await list_mail(database) == []


@pytest.mark.parametrize(("name", "values"), [("../sign-in-code", {}), ("closed", {}), ("phone-code", {})])
async def test_an_sms_that_cannot_be_rendered_is_not_queued(database, name, values):
    with pytest.raises(KeyError):
        async with database.writing() as session:
            await send_sms(session, name, TO, "en", **values)
    assert await list_mail(database) == []


async def test_no_log_has_a_number_or_a_code(database, settings, caplog):
    await queue_code(database)
    with caplog.at_level(logging.DEBUG):
        failing = FakeTransport(NotSentError("Notify answered 400", permanent=True))
        await worker.send_due(database, sending(settings), None, failing)
    assert await list_mail(database) == []
    assert "sign-in-code was not sent" in caplog.text
    assert "900123" not in caplog.text
    assert "123456" not in caplog.text


@pytest.fixture
def make_notify(settings, server, authority):
    """Make a transport whose Notify answers with a status."""

    def make(status):
        server.status = status
        changes = {"notify_key": f"live-key-{SERVICE}-{SECRET}", "outbound_ca": authority.file}
        sending = change_settings(settings, texts="notify", notify_text_template="t2", **changes)
        return notify.NotifySms(*call_notify_at(server, sending))

    return make


async def test_notify_gets_the_sms_with_a_token_of_the_service(make_notify, server):
    await make_notify(201).deliver("ref1", TO, Message("", "123456 is your code"))
    [request] = server.requests
    head, _, content = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/notifications/sms HTTP/1.1\r\n")
    assert json.loads(content) == {
        "phone_number": TO,
        "template_id": "t2",
        "personalisation": {"body": "123456 is your code"},
        "reference": "ref1",
    }
    assert b"\r\nAuthorization: Bearer ey" in head


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (403, False), (429, False), (503, False)])
async def test_notifys_refusal_of_an_sms_is_permanent_or_temporary(make_notify, status, permanent):
    with pytest.raises(NotSentError) as error:
        await make_notify(status).deliver("ref1", TO, Message("", "text"))
    assert error.value.permanent is permanent


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"texts": "outbox"}, "outbox is called sent-messages now"),
        ({"mail": "none", "texts": "sent-messages", "issuer": "https://live.example/identity/"}, "https"),
        ({"texts": "notify"}, "notify_key"),
        ({"texts": "notify", "notify_key": f"k-{SERVICE}-{SECRET}"}, "notify_text_template"),
        ({"texts_per_day": -1}, "texts_per_day"),
    ],
)
def test_settings_that_can_send_no_sms_are_refused(settings, changes, fault):
    with pytest.raises(ValueError, match=fault):
        change_settings(settings, **changes)


async def test_a_laptop_shows_sms_and_not_the_emails_that_are_sent(service, settings, database):
    await queue_code(database, "654321")
    async with database.writing() as session:
        await send_email(session, "sign-in-code", "gwen@resident.example", "en", code="111222")
    laptop = settings.model_copy(update={"mail": "smtp", "texts": "sent-messages"})
    async with running(create_app(service, laptop)) as client:
        page = await client.get("/identity/sent-messages", headers={"Accept": "text/html"})
        assert TO in page.text
        assert "Text message" in page.text
        assert "654321" not in page.text
        assert "gwen@resident.example" not in page.text
        message_ids = [row.id for row in await list_mail(database)]
        message = page.text.partition('href="/identity/sent-messages/')[2].partition('"')[0]
        assert "@citytown.gov.uk #654321" in (await client.get(f"/identity/sent-messages/{message}")).text
        assert len(message_ids) == 2
        email = await client.get(f"/identity/sent-messages/{show(message_ids[1])}")
        assert email.status_code == 404
