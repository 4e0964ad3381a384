"""Attachments under strangers, races, limits and a scanner that is away."""

import asyncio
import socket
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from casework.attachments import rules
from casework.attachments.actions import scans, submissions, uploads
from casework.attachments.rules import clean_name, read_name, write_disposition
from services.casework.tests.attachments.conftest import EICAR, PDF, make_photo


async def test_another_council_and_the_other_world_see_nothing(files, open_desk, run_jobs):
    attachment = (await files.add()).json()
    await run_jobs()
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        theirs = files.of(stranger)
        theirs.base = f"{stranger.base}/cases/{files.case['id']}/attachments"
        answers = [
            await theirs.send("GET"),
            await theirs.get(attachment),
            await theirs.read(attachment),
            await theirs.add(),
            await theirs.delete(attachment),
            await theirs.redact(attachment, attachment),
        ]
        assert {answer.status_code for answer in answers} == {404}


async def test_an_attachment_is_found_at_its_own_case_only(files, open_files):
    attachment = (await files.add()).json()
    other = await open_files()
    assert (await other.get(attachment)).status_code == 404
    assert (await other.delete(attachment)).status_code == 404
    assert (await files.get(attachment)).status_code == 200


async def test_the_person_of_a_case_reads_its_files_and_nobody_elses(open_files, open_desk, run_jobs):
    files = await open_files(person="rosa")
    attachment = (await files.add()).json()
    await run_jobs()
    rosa, ben = (files.of(open_desk(sub=name, client_id="my-council")) for name in ("rosa", "ben"))
    assert (await rosa.read(attachment)).content == PDF
    assert (await rosa.delete(attachment)).json()["code"] == "staff-only"
    for answer in (await ben.send("GET"), await ben.get(attachment), await ben.read(attachment)):
        assert answer.status_code == 404
    assert (await ben.add()).status_code == 404


async def test_a_restricted_file_is_there_for_its_role_alone(files, officer, run_jobs):
    response = await files.add(restricted="crew")
    attachment = response.json()
    await run_jobs()
    clerk, crew = await officer("clerk-9", "waste_officer"), await officer("driver-9", "crew")
    assert (await files.of(crew).read(attachment)).content == PDF
    for stranger in (files, files.of(clerk)):
        assert await stranger.list() == []
        answers = [
            await stranger.get(attachment),
            await stranger.read(attachment),
            await stranger.delete(attachment),
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert (await files.add(restricted="mayor")).json()["code"] == "unknown-role"


async def test_of_many_uploads_at_once_no_more_are_taken_than_may_be(files, settings, monkeypatch):
    monkeypatch.setattr(settings, "attachment_count", 3)
    answers = await asyncio.gather(*(files.add() for _ in range(6)))
    codes = sorted(answer.json().get("code", "") for answer in answers)
    assert codes == ["", "", "", *["too-many-attachments"] * 3]
    assert len(await files.list()) == 3


async def test_a_file_over_the_limit_is_refused_and_leaves_nothing(files, settings, monkeypatch, blobs):
    monkeypatch.setattr(settings, "attachment_bytes", 100_000)

    async def chunks(count):
        yield b"%PDF-1.7\n"
        for _ in range(count):
            yield b"x" * 10_000

    response = await files.add(chunks(1_000))
    assert (response.status_code, response.json()["code"]) == (413, "file-too-large")
    assert response.json()["limit"] == 100_000
    response = await files.add(b"%PDF-1.7\n" + bytes(100_000))  # says so in Content-Length
    assert response.status_code == 413
    assert await files.list() == []
    assert blobs() == []


async def test_a_sender_who_is_too_slow_is_refused_and_leaves_nothing(files, settings, monkeypatch, blobs):
    monkeypatch.setattr(settings, "attachment_seconds", 0.3)

    async def trickle():
        yield PDF
        yield b"x" * 5_000
        await asyncio.Event().wait()
        yield b""

    response = await files.add(trickle())
    assert (response.status_code, response.json()["code"]) == (400, "upload-too-slow")
    assert await files.list() == []
    assert blobs() == []


async def test_what_a_dying_process_leaves_is_cleared_away_after_an_hour(
    files, monkeypatch, blobs, database, run_jobs, now
):
    async def die(*_):
        raise RuntimeError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(uploads, "finish_upload", die)
        dying.setattr(uploads, "discard_upload", die)
        assert (await files.add()).status_code == 500
    assert len(blobs()) == 1
    assert await files.list() == []
    for moment, left in (("2026-04-02T09:59:59Z", 1), ("2026-04-02T10:00:01Z", 0)):
        now(moment)
        async with database.writing() as session:
            await session.set_all_councils()
            await submissions.purge(session, 100)
        await run_jobs()
        assert len(blobs()) == left


async def test_a_compressed_body_is_refused(files):
    response = await files.add(headers={"Content-Encoding": "gzip"})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-encoding")


async def test_of_two_who_delete_one_does(files, run_jobs):
    attachment = (await files.add()).json()
    answers = await asyncio.gather(files.delete(attachment), files.delete(attachment))
    assert sorted(answer.status_code for answer in answers) == [204, 404]
    assert [entry["act"] for entry in await files.history()] == ["add", "delete"]
    await run_jobs()


async def test_a_file_that_is_deleted_while_it_is_scanned_leaves_no_bytes(
    files, run_jobs, monkeypatch, blobs
):
    attachment = (await files.add(make_photo(), media="image/jpeg")).json()
    reencode = scans.reencode

    async def reencode_and_delete(*arguments):
        assert (await files.delete(attachment)).status_code == 204
        await reencode(*arguments)
        assert len(blobs()) == 2

    monkeypatch.setattr(scans, "reencode", reencode_and_delete)
    await run_jobs()
    await run_jobs()
    assert blobs() == []
    assert [entry["act"] for entry in await files.history()] == ["add", "delete"]


_SCAN_NOW = text("""UPDATE job SET state = 0, due_at = now() WHERE kind = 'casework.scan_attachment'
    RETURNING payload ->> 'tries' AS tries""")


async def test_while_the_scanner_is_away_files_stay_held_and_then_are_scanned(
    files, run_jobs, settings, now, database
):
    """However long: a job is given up after 30 tries, and a file is not."""
    now(datetime.now(UTC).isoformat())
    attachment = (await files.add(b"%PDF-1.7\n" + EICAR)).json()
    with socket.socket() as nobody:  # bound, and nobody listens
        nobody.bind(("127.0.0.1", 0))
        away = settings.model_copy(update={"scanner": f"clamd://127.0.0.1:{nobody.getsockname()[1]}"})
        for _ in range(31):
            await run_jobs(settings=away)
            async with database.writing() as session:
                await session.set_all_councils()
                [job] = await session.all(_SCAN_NOW)
    assert job.tries == "10"  # after which the wait grows no more
    assert (await files.get(attachment)).json()["state"] == "held"
    assert (await files.read(attachment)).json()["code"] == "attachment-held"
    await run_jobs()
    assert (await files.get(attachment)).json()["state"] == "infected"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=UTF-8''T%C5%B7%20coch.jpg", "Tŷ coch.jpg"),
        ('attachment; filename="a \\"b\\".pdf"', 'a "b".pdf'),
        ("attachment; filename=bin.jpg", "bin.jpg"),
        ("attachment; filename=plain.jpg; filename*=utf-8'en'%e2%82%ac.jpg", "€.jpg"),
        ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        (r'attachment; filename="C:\\temp\\bin.jpg"', "bin.jpg"),
        ("attachment; filename*=UTF-8''gpj.%E2%80%AEexe", "gpj.exe"),
        ("attachment; filename*=UTF-8''a%0d%0aSet-Cookie:%20b", "aSet-Cookie: b"),
        ("attachment", "file"),
        ("", "file"),
        ('attachment; filename="..."', "file"),
    ],
)
def test_a_files_name_is_read_and_cleaned(header, name):
    assert read_name(header) == name


@given(header=st.text(max_size=300), media=st.sampled_from(["application/pdf", "text/plain", "other"]))
def test_any_name_gives_a_header_of_ascii_on_one_line(header, media):
    name = clean_name(header)
    assert 0 < len(name) <= rules.MAX_NAME
    assert read_name(f'attachment; filename="{header}"')
    disposition = write_disposition(name, media)
    assert disposition.isascii()
    assert disposition.isprintable()
    assert disposition.count('"') == 2


def test_a_long_name_keeps_its_extension():
    assert clean_name("x" * 500 + ".jpeg") == "x" * 195 + ".jpeg"


async def test_a_cursor_walks_all_files_once(files):
    attachment_ids = [(await files.add()).json()["id"] for _ in range(5)]
    listed, params = [], {"limit": 2}
    while True:
        page = (await files.send("GET", params=params)).json()
        listed += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        params["after"] = page["next"]
    assert listed == attachment_ids
