"""Blobs in a directory and in S3: whole or not there, bounded, told by their content."""

import asyncio
import hashlib
import os
import sys
import textwrap
from asyncio.subprocess import PIPE
from contextlib import suppress
from types import SimpleNamespace

import psutil
import pytest
from blob_harness import BUCKET, MIB, collect, produce, running_s3
from hypothesis import given
from hypothesis import strategies as st

from chassis import ids
from chassis.blobs import (
    BlobTooLargeError,
    Content,
    MissingBlobError,
    UnknownContentError,
    deletion,
    open_storage,
    receive,
)
from chassis.blobs.content import tell_content
from chassis.jobs.runner import JobRunner

PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
DOCUMENTS = [Content.PDF, Content.PNG]


@pytest.fixture(scope="module")
def s3_url():
    with running_s3() as url:
        yield url


@pytest.fixture(params=["directory", pytest.param("s3", marks=pytest.mark.long)])
def storage(request, tmp_path, monkeypatch):
    if request.param == "directory":
        return open_storage(SimpleNamespace(blobs=f"file://{tmp_path}/blobs"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3_url"))
    for name, text in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("REGION", "eu-west-2")):
        monkeypatch.setenv(f"AWS_{name}", text)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    return open_storage(SimpleNamespace(blobs=f"s3://{BUCKET}/casework"))


async def receive_pdf(storage, blob, size, limit=100 * MIB):
    chunks = produce(size, head=PDF)
    return await receive(storage, blob, chunks, declared="application/pdf", allowed=DOCUMENTS, limit=limit)


@pytest.mark.parametrize("size", [len(PDF), 5_000, 20 * MIB + 1])
async def test_what_was_written_is_read(storage, size):
    blob = ids.new()
    receipt = await receive_pdf(storage, blob, size)
    content = await collect(await storage.read(blob))
    assert len(content) == receipt.size == size
    assert receipt.sha256 == hashlib.sha256(content).digest()
    assert receipt.content is Content.PDF


async def test_a_file_over_the_limit_leaves_nothing(storage):
    blob = ids.new()
    with pytest.raises(BlobTooLargeError) as refusal:
        await receive_pdf(storage, blob, 12 * MIB + 1, limit=12 * MIB)
    assert refusal.value.limit == 12 * MIB
    with pytest.raises(MissingBlobError):
        await storage.read(blob)


async def test_a_sender_who_breaks_off_leaves_nothing(storage):
    async def break_off():
        yield PDF + b"x" * 10 * MIB
        raise ConnectionError("gone")

    blob = ids.new()
    with pytest.raises(ConnectionError):
        await receive(storage, blob, break_off(), declared="", allowed=DOCUMENTS, limit=100 * MIB)
    with pytest.raises(MissingBlobError):
        await storage.read(blob)


async def test_a_deleted_blob_is_gone_and_may_be_deleted_again(storage):
    blob = ids.new()
    await receive_pdf(storage, blob, 100)
    await storage.delete(blob)
    await storage.delete(blob)
    with pytest.raises(MissingBlobError):
        await storage.read(blob)


async def test_memory_does_not_grow_with_the_file(tmp_path):
    storage = open_storage(SimpleNamespace(blobs=f"file://{tmp_path}/blobs"))
    await receive_pdf(storage, ids.new(), 30 * MIB)
    before = psutil.Process().memory_info().rss
    blob = ids.new()
    await receive_pdf(storage, blob, 300 * MIB, limit=400 * MIB)
    size = 0
    async for chunk in await storage.read(blob):
        size += len(chunk)
    assert size == 300 * MIB
    assert psutil.Process().memory_info().rss - before < 100 * MIB


_WRITER = """
    import asyncio, sys
    from types import SimpleNamespace
    from chassis import ids
    from chassis.blobs import open_storage
    async def produce():
        yield b"%PDF-1.7" + bytes(10 * 1024 * 1024)
        print("begun", flush=True)
        await asyncio.sleep(60)
    storage = open_storage(SimpleNamespace(blobs=sys.argv[1]))
    asyncio.run(storage.write(ids.read(sys.argv[2]), produce()))
"""


async def test_a_process_that_is_killed_leaves_no_blob(tmp_path):
    url, blob = f"file://{tmp_path}/blobs", ids.new()
    argv = [sys.executable, "-c", textwrap.dedent(_WRITER), url, ids.show(blob)]
    process = await asyncio.create_subprocess_exec(*argv, stdout=PIPE, env=dict(os.environ))
    await process.stdout.readline()
    process.kill()
    await process.communicate()
    with pytest.raises(MissingBlobError):
        await open_storage(SimpleNamespace(blobs=url)).read(blob)


def test_a_place_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="neither file:///folder nor s3://bucket/folder"):
        open_storage(SimpleNamespace(blobs="ftp://host/folder"))


REFUSED = {
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a drawing with a script": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "a program": b"MZ\x90\0" + bytes(100),
    "an empty file": b"",
    "a picture nobody allowed": b"GIF89a" + bytes(20),
    "an archive": b"PK\x03\x04" + bytes(60),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_content_that_is_not_allowed_is_refused_whatever_it_is_called(name):
    with pytest.raises(UnknownContentError):
        tell_content(REFUSED[name], "application/pdf", DOCUMENTS)


def test_the_content_decides_and_not_the_senders_word():
    assert tell_content(PNG, "application/pdf", DOCUMENTS) is Content.PNG


def test_the_senders_word_decides_between_kinds_that_begin_alike():
    archive = REFUSED["an archive"]
    office = [Content.WORD, Content.EXCEL]
    assert tell_content(archive, Content.EXCEL, office) is Content.EXCEL
    assert tell_content(archive, Content.WORD, office) is Content.WORD
    assert tell_content("Tŷ, £5".encode(), "text/csv", [Content.TEXT]) is Content.TEXT


@given(sample=st.binary(max_size=200), declared=st.text(max_size=40))
def test_any_bytes_are_told_or_refused(sample, declared):
    with suppress(UnknownContentError):
        assert tell_content(sample, declared, DOCUMENTS) in DOCUMENTS


async def test_a_blob_is_deleted_after_its_transaction_and_never_without_it(database, settings, tmp_path):
    settings = settings.model_copy(update={"blobs": f"file://{tmp_path}/blobs"})
    storage, blob = open_storage(settings), ids.new()
    await receive_pdf(storage, blob, 100)
    runner = JobRunner("notes", [deletion.handlers], [], database, settings)
    with pytest.raises(RuntimeError):
        async with database.writing("citytown") as session:
            await deletion.delete_later(session, [blob], council="citytown")
            raise RuntimeError("rolled back")
    await runner.drain()
    await storage.read(blob)
    async with database.writing("citytown") as session:
        await deletion.delete_later(session, [blob], council="citytown")
    await runner.drain()
    with pytest.raises(MissingBlobError):
        await storage.read(blob)
