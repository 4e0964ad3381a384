"""Files of a case: added, scanned, read, redacted and deleted."""

import hashlib

import pytest

from chassis import ids
from services.casework.tests.attachments.conftest import CAMERA, EICAR, PDF, make_photo


async def test_a_file_is_held_until_it_is_scanned_and_then_read(files, run_jobs):
    response = await files.add()
    assert response.status_code == 201, response.text
    attachment = response.json()
    assert attachment["state"] == "held"
    assert attachment["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (attachment["size"], attachment["media_type"]) == (len(PDF), "application/pdf")
    assert response.headers["location"] == f"{files.base}/{attachment['id']}"
    response = await files.read(attachment)
    assert (response.status_code, response.json()["code"]) == (409, "attachment-held")
    await run_jobs()
    assert (await files.get(attachment)).json()["state"] == "clean"
    response = await files.read(attachment)
    assert response.content == PDF
    assert response.headers["content-disposition"].startswith('attachment; filename="letter.pdf"')
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["cache-control"] == "no-store"
    [entry] = await files.history()
    assert (entry["act"], entry["after"]) == ("add", {f"attachment.{attachment['id']}": "held"})


async def test_a_picture_is_shown_without_what_it_says_of_its_camera(files, run_jobs, is_there):
    photo = make_photo()
    assert CAMERA.encode() in photo
    attachment = (await files.add(photo, name="bin.jpg", media="image/jpeg")).json()
    await run_jobs()
    response = await files.read(attachment)
    assert response.headers["content-type"] == "image/jpeg"
    assert response.content.startswith(b"\xff\xd8\xff")
    assert CAMERA.encode() not in response.content
    assert not await is_there(ids.read(attachment["id"]))


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"%PDF-1.7\n" + EICAR, "application/pdf"),
        (
            b"PK\x03\x04" + bytes(60) + EICAR,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (make_photo(tail=EICAR), "image/jpeg"),
    ],
    ids=["a document", "an office file, which is an archive", "a picture with a tail"],
)
async def test_an_infected_file_is_deleted_and_staff_see_that_it_was(
    files, run_jobs, is_there, content, media
):
    attachment = (await files.add(content, media=media)).json()
    await run_jobs()
    assert not await is_there(ids.read(attachment["id"]))
    current = (await files.get(attachment)).json()
    assert (current["state"], current["threat"]) == ("infected", "EICAR test file")
    response = await files.read(attachment)
    assert (response.status_code, response.json()["code"]) == (409, "attachment-infected")
    entry = (await files.history())[-1]
    name = f"attachment.{attachment['id']}"
    assert entry["act"] == "scan"
    assert entry["after"] == {name: "infected", f"{name}.threat": "EICAR test file"}


async def test_a_picture_that_is_also_a_page_is_a_picture_only(files, run_jobs):
    page = b"<html><script>alert(1)</script></html>"
    attachment = (await files.add(make_photo(tail=page), name="photo.html", media="text/html")).json()
    assert attachment["media_type"] == "image/jpeg"
    await run_jobs()
    response = await files.read(attachment)
    assert b"<script>" not in response.content
    assert 'filename="photo.html.jpg"' in response.headers["content-disposition"]


async def test_a_picture_that_cannot_be_decoded_is_broken_and_says_why(files, run_jobs, is_there):
    attachment = (await files.add(make_photo()[:300], media="image/jpeg")).json()
    await run_jobs()
    current = (await files.get(attachment)).json()
    assert current["state"] == "broken"
    assert current["problem"]
    assert not await is_there(ids.read(attachment["id"]))
    assert (await files.history())[-1]["after"] == {f"attachment.{attachment['id']}": "broken"}


@pytest.mark.parametrize(
    "content", [b"<!doctype html><script>", b"", b"MZ\x90\0" + bytes(100), b'<svg xmlns="">\x01']
)
async def test_content_that_is_not_taken_is_refused_and_leaves_nothing(files, content):
    response = await files.add(content, media="application/pdf")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-content")
    assert await files.list() == []
    assert await files.history() == []


async def test_the_same_upload_under_one_key_is_one_attachment(files, run_jobs):
    answers = [await files.add(headers={"Idempotency-Key": "photo-1"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"
    response = await files.add(b"%PDF-1.4\nother", headers={"Idempotency-Key": "photo-1"})
    assert response.json()["code"] == "idempotency-key-reused"
    assert len(await files.list()) == 1
    await run_jobs()
    assert (await files.get(answers[0].json())).json()["state"] == "clean"


async def test_a_deleted_file_is_gone_with_its_bytes_and_its_history_says_who(files, run_jobs, is_there):
    attachment = (await files.add(make_photo(), media="image/jpeg")).json()
    await run_jobs()
    assert (await files.delete(attachment)).status_code == 204
    assert (await files.delete(attachment)).status_code == 404
    await run_jobs()
    assert not await is_there(ids.read(attachment["id"]))
    assert await files.list() == []
    entry = (await files.history())[-1]
    assert (entry["act"], entry["actor"]) == ("delete", {"sub": "test-client"})
    assert entry["before"] == {f"attachment.{attachment['id']}": "clean"}


async def test_a_redacted_copy_stands_for_the_original_that_one_role_reads(files, officer, run_jobs):
    original = (await files.add()).json()
    copy = (await files.add(PDF + b"redacted", name="letter-redacted.pdf")).json()
    await run_jobs()
    original = (await files.get(original)).json()
    clerk, crew = await officer("clerk", "waste_officer"), await officer("driver", "crew")
    response = await files.of(clerk).redact(original, copy)
    assert response.status_code == 200, response.text
    redaction = response.json()["redaction"]
    assert (redaction["original"], redaction["reason"]) == (original["id"], "A number plate")
    assert redaction["by"] == "clerk"
    for reader, names in ((crew, [copy["id"]]), (clerk, [original["id"], copy["id"]])):
        assert [item["id"] for item in await files.of(reader).list()] == names
    assert (await files.of(crew).read(original)).status_code == 404
    assert (await files.read(original)).status_code == 404  # software has the restricted files of nobody
    assert (await files.of(clerk).read(original)).content == PDF
    entry = (await files.history())[-1]
    assert entry["act"] == "redact"
    assert entry["after"][f"attachment.{original['id']}.redacted_copy"] == copy["id"]
    assert "number plate" not in str(entry)


async def test_a_redaction_that_makes_no_sense_is_refused_in_words(files, officer, run_jobs):
    original, copy, third = [(await files.add()).json() for _ in range(3)]
    infected = (await files.add(b"%PDF-1.7\n" + EICAR)).json()
    await run_jobs()
    clerk = files.of(await officer("clerk-2", "waste_officer"))
    original = (await clerk.get(original)).json()
    assert (await clerk.redact(original, copy, version=99)).status_code == 412
    assert (await clerk.redact(original, copy, role="mayor")).json()["code"] == "unknown-role"
    assert (await clerk.redact(original, original)).json()["code"] == "not-a-copy"
    assert (await clerk.redact(original, infected)).json()["code"] == "attachment-lost"
    assert (await clerk.redact(original, {"id": ids.show(ids.new())})).status_code == 404
    assert (await clerk.redact(original, copy, reason=" ")).status_code == 400
    assert (await clerk.redact(original, copy)).status_code == 200
    original = (await clerk.get(original)).json()
    assert (await clerk.redact(original, third)).json()["code"] == "redacted-already"
    third = (await clerk.get(third)).json()
    assert (await clerk.redact(third, copy)).json()["code"] == "not-a-copy"


async def test_a_deleted_original_leaves_its_redacted_copy(files, officer, run_jobs):
    original, copy = [(await files.add()).json() for _ in range(2)]
    await run_jobs()
    clerk = files.of(await officer("clerk-3", "waste_officer"))
    original = (await clerk.get(original)).json()
    await clerk.redact(original, copy)
    assert (await clerk.delete(original)).status_code == 204
    [left] = await clerk.list()
    assert (left["id"], left["redaction"]) == (copy["id"], None)
