"""Files that arrive before their case."""

import asyncio

import pytest

from casework.attachments.actions import submissions
from chassis import ids
from services.casework.tests.attachments.conftest import EICAR, PDF, Files, add


@pytest.fixture
def send(desk):
    """Send a file under a submission."""

    async def send(submission, content=PDF, sender=desk, **options):
        params = {"submission": submission, **options}
        return await add(
            sender, f"{sender.base}/attachments", content, "a.pdf", "application/pdf", (), params
        )

    return send


async def list_unattached(desk, submission):
    return (await desk.get("attachments", submission=submission)).json()["items"]


async def test_files_go_to_the_case_that_their_submission_opens(desk, send, run_jobs):
    attachment = (await send("form-1")).json()
    infected = (await send("form-1", b"%PDF-1.7\n" + EICAR)).json()
    assert [item["id"] for item in await list_unattached(desk, "form-1")] == [
        attachment["id"],
        infected["id"],
    ]
    await run_jobs()
    files = Files(desk, (await desk.open(submission="form-1")).json())
    await run_jobs()
    assert [item["state"] for item in await files.list()] == ["clean", "infected"]
    assert await list_unattached(desk, "form-1") == []
    assert (await files.read(attachment)).content == PDF
    [entry] = await files.history()
    assert entry["after"] == {
        f"attachment.{attachment['id']}": "clean",
        f"attachment.{infected['id']}": "infected",
        f"attachment.{infected['id']}.threat": "EICAR test file",
    }


async def test_a_file_that_comes_after_its_case_goes_to_it_too(desk, send, run_jobs):
    files = Files(desk, (await desk.open(submission="form-2")).json())
    await run_jobs()
    attachment = (await send("form-2")).json()
    await run_jobs()
    assert [item["id"] for item in await files.list()] == [attachment["id"]]


async def test_files_and_their_case_find_each_other_in_any_race(desk, send, run_jobs):
    answers = await asyncio.gather(
        *(send("form-3") for _ in range(4)), desk.open(submission="form-3"), *(send("form-3"), run_jobs())
    )
    await run_jobs()
    case = next(answer.json() for answer in answers if answer and "case_type" in answer.json())
    assert len(await Files(desk, case).list()) == 5
    assert await list_unattached(desk, "form-3") == []


async def test_what_no_case_comes_for_is_deleted_after_a_day(desk, send, now, run_jobs, is_there, database):
    attachment = (await send("form-4")).json()
    await run_jobs()
    await purge(database, run_jobs)
    assert await is_there(ids.read(attachment["id"]))
    now("2026-04-03T09:00:01Z")
    await purge(database, run_jobs)
    assert await list_unattached(desk, "form-4") == []
    assert not await is_there(ids.read(attachment["id"]))


async def test_what_waits_for_its_case_since_a_day_is_kept_if_there_is_one(
    desk, send, now, run_jobs, database
):
    """The worker was away for a day, and clears away before it does the rest."""
    attachment = (await send("form-5")).json()
    files = Files(desk, (await desk.open(submission="form-5")).json())
    now("2026-04-04T09:00:00Z")
    await purge(database, None)
    await run_jobs()
    assert [item["id"] for item in await files.list()] == [attachment["id"]]


async def purge(database, run_jobs):
    async with database.writing() as session:
        await session.set_all_councils()
        await submissions.purge(session, 100)
    if run_jobs is not None:
        await run_jobs()


async def test_nobody_else_sees_or_deletes_what_is_unattached(desk, send, open_desk):
    attachment = (await send("form-6")).json()
    path = f"attachments/{attachment['id']}?submission=form-6"
    strangers = [
        open_desk(sub="another", client_id="another"),
        open_desk(council="hillshire"),
        open_desk(mode="live"),
    ]
    for stranger in strangers:
        assert await list_unattached(stranger, "form-6") == []
        response = await desk.client.delete(f"{stranger.base}/{path}", headers=stranger.headers)
        assert response.status_code == 404
    for status in (204, 404):
        response = await desk.client.delete(f"{desk.base}/{path}", headers=desk.headers)
        assert response.status_code == status


async def test_a_file_of_the_sandbox_never_goes_to_a_live_case(desk, send, open_desk, run_jobs):
    await send("form-7")
    live = open_desk(mode="live")
    case = (await live.open(submission="form-7")).json()
    await run_jobs()
    assert await Files(live, case).list() == []
    assert len(await list_unattached(desk, "form-7")) == 1
