"""Two councils become one: the attachments of both are the successor's, and no byte moves.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

import pytest

from chassis import clock
from services.casework.tests.attachments.conftest import PDF, Files, add, make_photo
from services.casework.tests.cases.conftest import SCOPES, Desk
from services.casework.tests.cases.test_rekeying import _RETIRE, _SUCCESSOR, COUNCILS, SUCCESSOR
from tests.rekeying import find_collisions, find_slugs, rekey


def open_desk(client, mint, council):
    token = mint(scopes=SCOPES, councils=[council])
    return Desk(client, {"Authorization": f"Bearer {token}"}, council)


async def open_files(desk, **members):
    today = {"collection_day": clock.today().isoformat()}
    return Files(desk, (await desk.open(today, **members)).json())


@pytest.fixture(scope="module")
async def merged(client, database, mint, installed):
    """A case with two files at each council, and a file that waits for its case; then they are merged."""
    uploads = {}
    for council in COUNCILS:
        desk = open_desk(client, mint, council)
        files = await open_files(desk)
        photo = (await files.add(make_photo(), media="image/jpeg")).json()
        letter = (await files.add()).json()
        unattached = f"{desk.base}/attachments"
        await add(desk, unattached, PDF, "a.pdf", "application/pdf", (), {"submission": council[::-1]})
        uploads[council] = files.case, photo, letter
    async with database.writing() as session:
        await session.execute(_SUCCESSOR, {"new": SUCCESSOR})
        await session.set_all_councils()
        await session.execute(_RETIRE)
    await rekey(database, COUNCILS, SUCCESSOR)
    return uploads


async def test_files_of_both_are_scanned_and_read_under_the_successor(client, mint, merged, run_jobs):
    await run_jobs()
    desk = open_desk(client, mint, SUCCESSOR)
    for council, (case, photo, letter) in merged.items():
        files = Files(desk, case)
        assert [item["id"] for item in await files.list()] == [photo["id"], letter["id"]]
        assert (await files.read(letter)).content == PDF
        assert (await files.read(photo)).status_code == 200
        behind = Files(open_desk(client, mint, council), case)
        assert (await behind.read(letter)).status_code == 404


async def test_a_file_that_waits_goes_to_a_case_of_the_successor(client, mint, merged, run_jobs):
    for council in COUNCILS:
        files = await open_files(open_desk(client, mint, SUCCESSOR), submission=council[::-1])
        await run_jobs()
        assert len(await files.list()) == 1


async def test_no_key_of_an_attachment_collides_and_no_slug_is_left(database, merged):
    async with database.reading() as session:
        assert await find_collisions(session, [SUCCESSOR]) == {}
        assert await find_slugs(session, COUNCILS) - {"council.slug"} == set()
