"""What is personal of Direct Debits goes when a mandate is over; proof of authority has a time of its own."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from chassis import clock, ids
from payments.shared.days import today
from services.payments.tests.direct_debit.rows import (
    AMOUNT,
    find_or_insert_user,
    insert_collections,
    insert_mandate,
)
from services.payments.tests.funds.finance import import_default
from services.payments.tests.retention.conftest import PAYER_OVER, RECORDS_OVER
from services.payments.tests.retention.test_canary import find_words

ERASED_TABLES = {"mandate", "mandate_payer", "collection"}
RECORDED_TABLES = {"collection_line"}
WORDS = ["ann@payer", "zebedee"]
PROOF_UNTIL = date(2034, 5, 10)
RETURN_URL = "https://council.example/done?who=zebedee"


@pytest.fixture
def insert(client, mint, database):
    """Make a function that writes a mandate with a collection, each with a trace of its payer."""

    async def write(**values):
        await import_default(client, mint, "citytown", "england")
        members = {"metadata": {"who": "Zebedee"}, "return_url": RETURN_URL, **values}
        async with database.writing("citytown") as session:
            user = await find_or_insert_user(session)
            mandate = await insert_mandate(session, user, **members)
            collected = {"state": "collected", "metadata": {"who": "Zebedee"}, "posted_on": today()}
            [collection] = await insert_collections(session, user, mandate, [collected])
            await session.execute(
                text("UPDATE collection_line SET narrative = 'Narrabeen' WHERE collection = :id"),
                {"id": collection},
            )
        return mandate

    return write


@pytest.fixture(autouse=True)
async def nothing_before(database):
    """Each test begins without mandates."""
    async with database.writing("citytown") as session:
        for table in ("collection_line", "collection", "mandate_payer", "mandate"):
            await session.execute(text(f"DELETE FROM {table}"))


async def read(database, mandate):
    async with database.reading("citytown") as session:
        return await session.first(text("SELECT * FROM mandate WHERE id = :id"), {"id": mandate})


async def test_the_payer_of_a_mandate_that_is_over_goes_and_its_proof_stays(insert, database, night):
    over = {"state": "cancelled", "ended_at": clock.now(), "last_charged_on": today()}
    mandate = await insert(**over, proof_retained_until=PROOF_UNTIL)
    assert await find_words(database, WORDS) == ERASED_TABLES
    await night("2031-06-09T02:00:00+00:00")
    assert await find_words(database, WORDS) == ERASED_TABLES
    await night(PAYER_OVER)
    assert await find_words(database, WORDS) == set()
    row = await read(database, mandate)
    assert (row.reference, row.provider_mandate is None) == ("CT-800123459", False)
    await night(f"{PROOF_UNTIL}T02:00:00+00:00")
    assert (await read(database, mandate)).reference == "CT-800123459"
    await night(f"{PROOF_UNTIL + timedelta(days=1)}T02:00:00+00:00")
    row = await read(database, mandate)
    assert (row.reference, row.provider_mandate, row.state) == ("", None, "cancelled")
    assert await find_words(database, ["narrabeen"]) == RECORDED_TABLES
    await night(RECORDS_OVER)
    assert await find_words(database, ["narrabeen"]) == set()


async def test_a_mandate_that_is_active_keeps_its_payer_and_not_what_came_with_old_collections(
    insert, database, night
):
    await insert(state="active")
    await night(PAYER_OVER)
    assert await find_words(database, WORDS) == {"mandate", "mandate_payer"}


async def test_proof_without_an_end_is_kept(insert, database, night):
    mandate = await insert(state="expired", ended_at=clock.now())
    await night(RECORDS_OVER)
    assert (await read(database, mandate)).reference == "CT-800123459"
    assert await find_words(database, WORDS) == set()


async def test_a_mandate_that_nobody_signed_loses_its_sign_up_data(insert, database, night):
    mandate = await insert(
        state="pending", activated_at=None, provider_mandate=None, provider_request="BRQ1", metadata=None
    )
    await night(PAYER_OVER)
    assert await find_words(database, WORDS) == set()
    assert (await read(database, mandate)).provider_request is None


@pytest.mark.parametrize(
    "query", [{"email": "ANN@Payer.example"}, {"reference": "CT-800123459"}, {"reference": "800123459"}]
)
async def test_what_is_stored_of_who_gave_a_mandate_is_exported(insert, database, export, query):
    mandate = await insert(mode="live")
    await insert(mode="sandbox")
    body = (await export(**query)).json()
    [record] = body["mandates"]
    assert (record["mandate_id"], record["state"]) == (ids.show(mandate), "active")
    assert (record["reference"], record["email"]) == ("CT-800123459", "ann@payer.example")
    assert record["metadata"] == {"who": "Zebedee"}
    [collection] = record["collections"]
    assert (collection["state"], collection["amount"]) == ("collected", AMOUNT)
    assert collection["metadata"] == {"who": "Zebedee"}
    [line] = collection["lines"]
    assert (line["reference"], line["narrative"], line["amount"]) == ("800123459", "Narrabeen", AMOUNT)
    assert (body["payments"], body["receipts"], body["is_truncated"]) == ([], [], False)
    async with database.reading("citytown") as session:
        changes = await session.scalar(
            text("SELECT changes FROM audit WHERE act = 'personal-data-exported' ORDER BY id DESC LIMIT 1")
        )
    assert (changes["mandates"], changes["number"]) == ([None, [ids.show(mandate)]], [None, 1])
    assert (await export("hillshire", **query)).json()["mandates"] == []


@pytest.mark.parametrize("query", [{"email": "ann@payer"}, {"reference": "CT-80012345"}, {"reference": "%"}])
async def test_parts_of_an_address_or_reference_find_no_mandate(insert, export, query):
    await insert(mode="live")
    assert (await export(**query)).json()["mandates"] == []
