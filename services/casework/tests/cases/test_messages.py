"""What cases send: to whom, by which way, in which language, and how often."""

import itertools

import pytest
from sqlalchemy import text

_NUMBERS = itertools.count(1)
_NOTES = text("SELECT text FROM case_note WHERE case_id = parse_id(:case)")


@pytest.fixture
async def desk(desk, permits):
    return desk


@pytest.fixture
def email():
    return f"ann-{next(_NUMBERS)}@example.org"


async def test_a_resident_reads_reference_council_and_date_in_an_email(desk, email, sent_messages):
    case = (await desk.apply(contact={"email": email})).json()
    [message] = await sent_messages(email)
    assert message.subject == f"Your permit {case['reference']}"
    assert message.body.splitlines()[0] == "Dear Ann Other, Citytown Council decides by Monday 20 April 2026."
    assert "This is a test." in message.body
    assert case["contact"] == {"email": email, "phone": None, "language": "en"}


async def test_a_resident_who_reads_welsh_is_written_to_in_welsh(desk, email, sent_messages):
    await desk.apply(contact={"email": email, "language": "cy"})
    [message] = await sent_messages(email)
    assert message.subject.startswith("Eich trwydded")
    assert message.body.startswith("Annwyl Ann Other, bydd Citytown Council")
    assert "Prawf yw hwn." in message.body


async def test_a_resident_without_an_email_gets_an_sms(desk, sent_messages):
    phone = f"+4477009{next(_NUMBERS):05}"
    await desk.apply(contact={"phone": phone})
    [message] = await sent_messages(phone)
    assert (message.channel, message.subject) == ("sms", "")
    assert message.body.startswith("Dear Ann Other")


async def test_what_is_opened_once_is_sent_once_and_what_is_refused_never(desk, email, sent_messages):
    key = {"submission": f"m-{email}", "contact": {"email": email}}
    for _ in range(2):
        assert (await desk.apply(**key)).status_code == 201
    assert len(await sent_messages(email)) == 1
    refused = await desk.apply(contact={"email": "no" + email}, name="x" * 51)
    assert refused.status_code == 409
    assert await sent_messages("no" + email) == []


async def test_nothing_that_a_resident_writes_becomes_a_header_or_a_line(desk, email, sent_messages):
    await desk.apply(name="Ann\nBcc: all@example.org", contact={"email": email})
    [message] = await sent_messages(email)
    assert "\n" not in message.subject
    assert "\nBcc" not in message.subject


async def test_a_role_is_written_to_by_email_or_else_by_a_note(desk, database, sent_messages):
    case = (await desk.apply()).json()
    async with database.reading("citytown") as session:
        [note] = await session.all(_NOTES, {"case": case["id"]})
    assert note.text == f"officer: Permit {case['reference']}\nIt is new."
    holder = {"roles": ["officer"], "email": "officer@example.org"}
    path = f"{desk.base}/role-holders/officer-7"
    await desk.client.put(path, json=holder, headers=desk.headers)
    case = (await desk.apply()).json()
    [message] = await sent_messages("officer@example.org")
    assert message.subject == f"Permit {case['reference']}"
    await desk.client.delete(path, headers=desk.headers)


@pytest.mark.parametrize(
    "contact",
    [
        {"email": "nobody"},
        {"email": "a@b\nBcc: c@d"},
        {"phone": "07700 900123"},
        {"language": "fr"},
        {"fax": "1"},
    ],
)
async def test_an_address_that_is_none_is_refused(desk, contact):
    response = await desk.apply(contact=contact)
    assert response.status_code == 400, response.text
    assert response.json()["errors"][0]["field"].startswith("body.contact")
