"""Text messages on their way: queued with the change they belong to, taken by GOV.UK Notify, or kept."""

import json
import logging

import pytest
from sqlalchemy import select

from chassis.app import create_app
from chassis.ids import show
from chassis.testing import running
from identity.messages.actions import transports, worker
from identity.messages.actions.queue import Letter, send, send_text
from identity.messages.tables import mail
from services.identity.tests.messages.test_emails import (
    SECRET,
    SERVICE,
    Taker,
    at_the_wire,
    service_copy,
    settings,
)

__all__ = ["settings"]

TO = "+447700900123"


@pytest.fixture(autouse=True)
async def empty(database):
    async with database.writing() as session:
        await session.execute(mail.delete())


async def queue(database, code="123456"):
    async with database.writing() as session:
        await send_text(session, "sign-in-code", TO, "en", code=code, domain="citytown.gov.uk")


async def waiting(database):
    async with database.reading() as session:
        return await session.all(select(mail).order_by(mail.c.id))


def how(settings, **more):
    return settings.model_copy(update={"mail": "smtp", "texts": "notify", **more})


async def test_a_text_goes_by_its_own_way_and_a_letter_by_its(database, settings):
    await queue(database)
    async with database.writing() as session:
        await send(session, "closed", "gwen@resident.example", "en")
    letters, texts = Taker(), Taker()
    assert await worker.once(database, how(settings), letters, texts) == 2
    [(_, to, text)] = texts.taken
    assert (to, text.subject) == (TO, "")
    assert text.body.endswith("@citytown.gov.uk #123456")
    assert [to for _, to, _ in letters.taken] == ["gwen@resident.example"]
    assert await waiting(database) == []


async def test_texts_wait_where_nothing_takes_them_and_letters_go(database, settings):
    await queue(database)
    async with database.writing() as session:
        await send(session, "closed", "gwen@resident.example", "en")
    assert await worker.once(database, how(settings, texts="none"), Taker(), None) == 1
    assert [row.channel for row in await waiting(database)] == ["text"]


async def test_a_transaction_that_fails_sends_no_text(database, settings):
    with pytest.raises(RuntimeError):
        async with database.writing() as session:
            await send_text(session, "phone-gone", TO, "cy")
            raise RuntimeError
    assert await waiting(database) == []


@pytest.mark.parametrize(("name", "values"), [("../sign-in-code", {}), ("closed", {}), ("phone-code", {})])
async def test_a_text_that_cannot_be_written_is_not_queued(database, name, values):
    with pytest.raises(KeyError):
        async with database.writing() as session:
            await send_text(session, name, TO, "en", **values)
    assert await waiting(database) == []


async def test_a_number_and_a_code_stand_in_no_log(database, settings, caplog):
    await queue(database)
    with caplog.at_level(logging.DEBUG):
        failing = Taker(transports.NotSentError("Notify answered 400", for_ever=True))
        await worker.once(database, how(settings), None, failing)
    assert await waiting(database) == []
    assert "sign-in-code was not sent" in caplog.text
    assert "900123" not in caplog.text
    assert "123456" not in caplog.text


def notify_settings(settings):
    key = f"live-key-{SERVICE}-{SECRET}"
    return service_copy(settings, texts="notify", notify_key=key, notify_text_template="t2")


def notify(settings, monkeypatch, status):
    return transports.text_carrier(notify_settings(settings)), at_the_wire(monkeypatch, status)


async def test_notify_gets_the_text_with_a_token_of_the_service(settings, monkeypatch):
    taker, asked = notify(settings, monkeypatch, 201)
    await taker.carry("ref1", TO, Letter("", "123456 is your code"))
    [request] = asked
    assert str(request.url) == "https://api.notifications.service.gov.uk/v2/notifications/sms"
    assert json.loads(request.content) == {
        "phone_number": TO,
        "template_id": "t2",
        "personalisation": {"body": "123456 is your code"},
        "reference": "ref1",
    }
    assert request.headers["Authorization"].startswith("Bearer ey")


@pytest.mark.parametrize(("status", "for_ever"), [(400, True), (403, False), (429, False), (503, False)])
async def test_notifys_refusal_of_a_text_is_for_ever_or_for_now(settings, monkeypatch, status, for_ever):
    taker, _ = notify(settings, monkeypatch, status)
    with pytest.raises(transports.NotSentError) as error:
        await taker.carry("ref1", TO, Letter("", "text"))
    assert error.value.for_ever is for_ever


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"mail": "none", "texts": "outbox", "issuer": "https://live.example/identity/"}, "https"),
        ({"texts": "notify"}, "notify_key"),
        ({"texts": "notify", "notify_key": f"k-{SERVICE}-{SECRET}"}, "notify_text_template"),
        ({"texts_per_day": -1}, "texts_per_day"),
    ],
)
def test_settings_by_which_no_text_can_go_are_refused(settings, more, wrong):
    with pytest.raises(ValueError, match=wrong):
        service_copy(settings, **more)


async def test_the_outbox_shows_a_text_and_not_the_letters_that_are_sent(service, settings, database):
    await queue(database, "654321")
    async with database.writing() as session:
        await send(session, "sign-in-code", "gwen@resident.example", "en", code="111222")
    laptop = settings.model_copy(update={"mail": "smtp", "texts": "outbox"})
    async with running(create_app(service, laptop)) as client:
        page = await client.get("/identity/outbox", headers={"Accept": "text/html"})
        assert TO in page.text
        assert "Text message" in page.text
        assert "654321" not in page.text
        assert "gwen@resident.example" not in page.text
        ids = [row.id for row in await waiting(database)]
        found = page.text.partition('href="/identity/outbox/')[2].partition('"')[0]
        assert "@citytown.gov.uk #654321" in (await client.get(f"/identity/outbox/{found}")).text
        assert len(ids) == 2
        other = await client.get(f"/identity/outbox/{show(ids[1])}")
        assert other.status_code == 404
