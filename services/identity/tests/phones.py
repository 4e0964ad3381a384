"""A phone that gets text messages: for tests."""

import pytest
from sqlalchemy import text

from chassis.testing import ISSUER
from identity.factors.tables import text_count
from identity.verification.tables import attempt

ACCOUNT = "/identity/account"
PHONE = "/identity/account/phone"
TEXT = "/identity/account/text"


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key):
    """Identity as on a laptop, where text messages are shown and not sent."""
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        issuer=ISSUER.replace("https://", "http://"),
        master_key=master_key,
        trace_ratio=0,
        key_lead=60,
        key_poll=0.1,
        jwks_max_age=30,
        texts="sent-messages",
    )


@pytest.fixture(autouse=True)
async def uncounted(database):
    """Every test's first text is the first of its day: they all come from one network."""
    async with database.writing() as session:
        await session.execute(attempt.delete())
        await session.execute(text_count.delete())


@pytest.fixture
def texts(database):
    """``await texts("+447700900111")`` -> the text messages to a number, in order."""

    async def to(number):
        async with database.reading() as session:
            query = text("SELECT * FROM mail WHERE address = :to AND channel = 'text' ORDER BY id")
            return await session.all(query, {"to": number})

    return to


async def code_to(texts, number):
    """The newest code sent to a number."""
    return [one.personalisation["code"] for one in await texts(number) if "code" in one.personalisation][-1]


async def add_phone(tab, texts, number):
    """Somebody who is signed in adds a number that nobody has proven in the account before."""
    answer = await tab.post(PHONE, phone=number)
    assert answer.status_code == 303, answer.text
    answer = await tab.post(f"{PHONE}/code", code=await code_to(texts, number))
    assert answer.headers["location"] == ACCOUNT
