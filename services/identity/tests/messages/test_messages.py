"""Identity's e-mails and SMS: their templates, how long they are good, and who waits for them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis.jobs import Priority
from chassis.messages import Channel
from chassis.web.translations import find_missing_translations
from identity.messages import actions
from identity.messages.actions import messages

TO = "gwen@resident.example"
EMAILS = sorted(messages.templates.list_names(Channel.EMAIL))


@pytest.mark.parametrize("name", EMAILS)
def test_an_email_is_in_both_languages_and_says_whose_it_is(name):
    values = dict.fromkeys(messages.templates.list_placeholders(Channel.EMAIL, name, "en"), "VALUE")
    english, welsh = (messages.templates.render(Channel.EMAIL, name, tag, values) for tag in ("en", "cy"))
    assert english.subject != welsh.subject
    assert "\n" not in english.subject + welsh.subject
    assert "Your Townhall account" in english.body
    assert "Eich cyfrif Townhall" in welsh.body
    assert english.body.count("VALUE") + english.subject.count("VALUE") >= len(values)


def test_every_text_of_every_page_has_welsh():
    assert find_missing_translations("identity") == []


@pytest.mark.parametrize(
    ("template", "personalisation", "life", "priority"),
    [
        ("sign-in-code", {"code": "123456"}, timedelta(minutes=10), Priority.URGENT),
        ("no-account", {"link": "https://id.example/register"}, timedelta(days=1), Priority.URGENT),
        ("closed", {}, timedelta(days=1), Priority.USUAL),
    ],
)
async def test_a_code_is_urgent_and_expires_when_it_does(
    database, sent_messages, template, personalisation, life, priority
):
    async with database.writing() as session:
        await actions.send_email(session, template, TO, "en", **personalisation)
    message = (await sent_messages(TO))[-1]
    assert message.expires_at - message.created_at == life
    async with database.writing("*") as session:
        job = await session.first(text("SELECT * FROM job WHERE kind = 'messages.send' ORDER BY id DESC"))
    assert (job.council, job.priority, set(job.payload)) == ("*", priority, {"message"})


async def test_a_code_is_queued_from_a_councils_page_too(database, sent_messages):
    async with database.writing("citytown") as session:
        await actions.send_sms(session, "phone-code", "+447700900123", "cy", code="1", domain="id.example")
    assert (await sent_messages("+447700900123"))[-1].language == "cy"
