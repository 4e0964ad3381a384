"""What waited to be sent goes over to the chassis's messages and jobs, and back."""

import json

import asyncpg
import pytest

from chassis import ids, migrations
from chassis.jobs.runner import JobRunner
from chassis.testing import fresh_database

MAIL = """INSERT INTO mail
    (id, template, language, address, channel, personalisation, tries, created_at, due_at, expires_at)
    VALUES ($1, $2, 'cy', $3, $4, $5, 0, now(), now(), now() + $6 * interval '1 minute')"""


@pytest.fixture
async def fresh_url(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        yield url


async def test_what_waits_is_carried_over_and_can_be_sent(service, fresh_url, settings, owner_of):
    owner_url = owner_of(fresh_url)
    await migrations.migrate("identity", owner_url, to="base")
    await migrations.migrate("identity", owner_url, to="0020")
    waiting, number, expired = ids.new(), ids.new(), ids.new()
    code = json.dumps({"code": "123456"})
    connection = await asyncpg.connect(owner_url)
    await connection.execute(MAIL, waiting, "sign-in-code", "gwen@resident.example", "email", code, 9)
    await connection.execute(MAIL, number, "phone-gone", "+447700900123", "text", "{}", 900)
    await connection.execute(MAIL, expired, "closed", "late@resident.example", "email", "{}", -1)
    await migrations.migrate("identity", owner_url)
    await connection.execute("SELECT set_config('app.council', '*', false)")
    rows = await connection.fetch("SELECT council, id, channel, recipient FROM message ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("*", waiting, "email", "gwen@resident.example"),
        ("*", number, "sms", "+447700900123"),
    ]
    database = service.database(settings.model_copy(update={"database_url": fresh_url}))
    nowhere = settings.model_copy(update={"database_url": fresh_url, "mail": "none", "texts": "none"})
    await JobRunner("identity", service.all_jobs, [], database, nowhere).drain()
    reasons = [row["reason"] for row in await connection.fetch("SELECT reason FROM job ORDER BY id")]
    assert reasons == ["sign-in-code: the setting mail is none", "phone-gone: the setting texts is none"]
    await database.close()
    await connection.execute("DELETE FROM job")
    await migrations.migrate("identity", owner_url, to="base")
    await connection.close()


@pytest.fixture
def owner_of():
    return lambda url: url.replace("//identity:", "//identity_owner:")
