"""Refusals on record: by which claim, up to which moment, and what is told of them."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.testing import published
from identity.councils import store as councils
from identity.issuer.actions import revocations

NOW = datetime(2026, 11, 22, 10, 0, 0, 700_000, tzinfo=UTC)
UNTIL = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def refuse(client, database):
    """``await refuse(id, moment, claim=...)``: what the gateway is then told of the id."""

    async def refuse(name, moment=None, claim=None):
        async with database.writing("citytown") as session:
            await revocations.revoke_credential(session, "citytown", name, UNTIL, moment, claim=claim)
        async with database.reading() as session:
            (row,) = [
                row for row in await councils.list_revoked(session, datetime.now(UTC)) if row.id == name
            ]
        return row.issued_before, row.claim

    return refuse


async def test_the_time_is_in_whole_seconds_for_the_gateway_and_in_the_event(refuse, database):
    second = NOW.replace(microsecond=0)
    assert await refuse("mover", NOW, "sub") == (second, "sub")
    (event,) = [
        published_event for published_event in await published(database) if published_event.subject == "mover"
    ]
    assert datetime.fromisoformat(event.data["issued_before"]) == second
    await refuse("stolen", claim="jti")
    (event,) = [
        published_event
        for published_event in await published(database)
        if published_event.subject == "stolen"
    ]
    assert event.data.get("issued_before") is None


async def test_a_revocation_by_two_claims_counts_for_all(refuse):
    assert await refuse("twice", claim="jti") == (None, "jti")
    assert await refuse("twice", claim="jti") == (None, "jti")
    assert await refuse("twice", claim="client_id") == (None, None)
    assert await refuse("twice", claim="jti") == (None, None)


async def test_a_later_revocation_never_narrows_what_the_gateway_refuses(refuse):
    earlier, later = (NOW.replace(microsecond=0) + timedelta(seconds=n) for n in (0, 5))
    assert await refuse("again", later, "sub") == (later, "sub")
    assert await refuse("again", earlier, "sub") == (later, "sub")
    assert await refuse("again", None, "sub") == (None, "sub")
    assert await refuse("again", later, "sub") == (None, "sub")
