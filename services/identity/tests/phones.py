"""Fixtures and helpers for tests of phones that get SMS."""

import pytest

from chassis.tables import rate_limit
from chassis.testing import ISSUER
from identity.factors.tables import sms_count

ACCOUNT = "/identity/account"
PHONE = "/identity/account/phone"
TEXT = "/identity/account/text"


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key):
    """Identity as on a laptop, where SMS are shown and not sent."""
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
async def reset_limits(database):
    """Reset all limits before each test, since every test's browsers share one network."""
    async with database.writing() as session:
        await session.execute(rate_limit.delete())
        await session.execute(sms_count.delete())


@pytest.fixture
def sent_sms(sent_messages):
    """``await sent_sms("+447700900111")`` -> the SMS to a number, oldest first."""
    return sent_messages


async def code_to(sent_sms, number):
    """Get the newest code sent to a number."""
    messages = await sent_sms(number)
    return [sms.personalisation["code"] for sms in messages if "code" in sms.personalisation][-1]


async def add_phone(tab, sent_sms, number):
    """Add a number to the account that a browser is signed in to, which has none."""
    response = await tab.post(PHONE, phone=number)
    assert response.status_code == 303, response.text
    response = await tab.post(f"{PHONE}/code", code=await code_to(sent_sms, number))
    assert response.headers["location"] == ACCOUNT
