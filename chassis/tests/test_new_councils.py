"""A council made a moment ago is waited for; one that does not exist holds nothing up."""

import asyncio
import random
import time

import pytest
from sqlalchemy import insert, text

from chassis import tables, tenancy

OPEN = "/{}/notes/v1/fast"
NOTES = "/{}/notes/v1/notes"


@pytest.fixture
def create_council(database):
    """Make ``await create_council(slug)``: write it as the consumer of identity's events does."""

    async def create(slug):
        values = {
            "slug": slug,
            "name": slug,
            "gss": f"E{random.randrange(10**8):08d}",
            "region": "local",
            "status": "active",
        }
        values |= {"version": 1, "updated_at": text("now()")}
        async with database.writing() as session:
            await session.execute(insert(tables.council).values(values))

    return create


def status_and_code(response):
    return response.status_code, response.json().get("code")


async def test_a_request_waits_for_a_council_that_arrives_within_a_second(client, mint, create_council):
    key = {"key": mint(scopes=["notes:read"], councils=["*"])}
    requests = [
        asyncio.create_task(client.get(NOTES.format("newtown"), headers=key)),
        asyncio.create_task(client.get(OPEN.format("newtown"))),
    ]
    await asyncio.sleep(0.3)
    assert not any(task.done() for task in requests)
    started = time.monotonic()
    await create_council("newtown")
    assert [(await task).status_code for task in requests] == [200, 200]
    assert time.monotonic() - started < 0.5


async def test_a_council_whose_notification_is_lost_is_found_all_the_same(database, create_council):
    deaf = tenancy.Directory(database)  # nobody follows the tables for it
    await deaf.refresh()
    search = asyncio.create_task(deaf.find_council("lostville"))
    await create_council("lostville")
    council = await search
    assert council is not None
    assert council.slug == "lostville"


async def test_a_council_that_never_arrives_is_unknown_after_a_second(client, mint):
    started = time.monotonic()
    key = {"key": mint(scopes=["notes:read"], councils=["*"])}
    answers = await asyncio.gather(
        client.get(NOTES.format("atlantis"), headers=key), client.get(OPEN.format("atlantis"))
    )
    assert [status_and_code(answer) for answer in answers] == [(404, "unknown-council")] * 2
    assert tenancy.PATIENCE <= time.monotonic() - started < tenancy.PATIENCE + 1


async def test_a_council_that_the_token_names_is_not_ready_rather_than_unknown(client, mint):
    key = {"key": mint(scopes=["notes:read"], councils=["latecomer"])}
    response = await client.get(NOTES.format("latecomer"), headers=key)
    assert status_and_code(response) == (503, "council-not-ready")
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize("slug", ["x", "City", "a" * 41, "under_score", "trailing-"])
async def test_what_no_council_can_be_called_is_unknown_at_once(client, slug):
    started = time.monotonic()
    assert status_and_code(await client.get(OPEN.format(slug))) == (404, "unknown-council")
    assert time.monotonic() - started < tenancy.PATIENCE / 2


async def test_a_flood_of_invented_councils_waits_in_small_numbers_and_reads_the_database_twice_at_most(
    client, app, monkeypatch
):
    directory, reads = app.state.directory, []
    read_councils = directory.refresh

    async def refresh():
        reads.append(time.monotonic())
        await read_councils()

    monkeypatch.setattr(directory, "refresh", refresh)
    flood = [asyncio.create_task(client.get(OPEN.format(f"invented-{n}"))) for n in range(200)]
    await asyncio.sleep(0.2)
    assert (await client.get(OPEN.format("citytown"))).status_code == 200
    responses = [await task for task in flood]
    counts = {
        code: [status_and_code(a) for a in responses].count(code) for code in map(status_and_code, responses)
    }
    refused = (503, "council-not-ready")
    assert counts == {(404, "unknown-council"): tenancy.MAX_WAITING, refused: 200 - tenancy.MAX_WAITING}
    assert all(a.headers["retry-after"] == "1" for a in responses if a.status_code == 503)
    assert len(reads) <= 2


async def test_who_waited_leaves_room_for_others_also_when_they_hang_up(client, app):
    waiting = [asyncio.create_task(client.get(OPEN.format("nowhere"))) for _ in range(tenancy.MAX_WAITING)]
    await asyncio.sleep(0.2)
    assert (await client.get(OPEN.format("nowhere"))).status_code == 503
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (await client.get(OPEN.format("nowhere"))).status_code == 404
