"""Upload, list, read and delete batches of matching."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from address.batches import rules, store
from address.batches.actions import batches, uploads
from address.batches.actions.uploads import Upload
from address.batches.schemas import Batch
from address.settings import Settings
from chassis import ids
from chassis.auth import Caller, permission
from chassis.body_limit import stream_body
from chassis.database import Database, Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import Problem, document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/address/v1/match/batches", tags=["matching"])
Matcher = Annotated[Caller, permission("address:match")]
_MAX_BYTES = 157_286_400
_TEXT = {"type": "string"}
_UPLOAD: dict[str, Any] = {
    "x-limits": {"body": _MAX_BYTES, "timeout": 600, "stream": True},
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": _TEXT, "example": "id,address,postcode\n1,97 York Street Bath,BA1 1LJ\n"},
            "application/x-ndjson": {
                "schema": _TEXT,
                "example": '{"id": "1", "address": "97 York Street Bath", "postcode": "BA1 1LJ"}\n',
            },
            "application/jsonl": {"schema": _TEXT},
        },
    },
}
_DOWNLOAD: dict[str, Any] = {"x-limits": {"timeout": 600, "stream": True}}
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": _TEXT}}, "description": "CSV in UTF-8, its header first"}
}
_LOCATION = {"Location": {"description": "The batch", "schema": _TEXT}}


class _Body(BaseModel):
    """The part of a body that an Idempotency-Key remembers."""

    media: str
    sha256: str


@router.post(
    "",
    status_code=202,
    response_model=Batch,
    openapi_extra=_UPLOAD,
    responses={202: {"headers": _LOCATION}, **document_problems(415)},
)
async def match_batch(request: Request, council: Slug, caller: Matcher, once: OnlyOnce) -> Response:
    """Match up to 1,000,000 addresses: CSV ``id,address,postcode`` or JSON lines, UTF-8, 150 MB at most.

    The batch is matched against the gazetteer as it is when matching starts, or restarts with the worker.
    Faulty rows are reported and do not affect the others. If you send an ``Idempotency-Key``, the same body
    sent again is the same batch. The addresses are deleted as they are answered, the results after some days
    (``expires``).
    """
    media = _media_type(request)
    settings, database = _batch_dependency(request)
    reader = rules.READERS[media]()
    upload = await uploads.receive_upload(
        database, settings, council, caller.client_id, reader, stream_body(request)
    )
    fresh: list[Upload] = []

    async def queue() -> Batch:
        fresh.append(upload)
        return await batches.queue_batch(session, settings, council, upload)

    try:
        async with database.writing(council) as session:
            response = await once.run(
                session,
                caller,
                _Body(media=media, sha256=upload.sha256),
                queue,
                status=202,
                headers=lambda created: {"Location": created.links.self},
            )
    except BaseException:
        fresh.clear()
        raise
    finally:
        if not fresh:  # refused, or a repeat
            await uploads.discard_upload(database, council, upload.batch)
    return response


@router.get("")
async def list_batches(council: Slug, _: Matcher, session: Reading, paging: Paging) -> Page[Batch]:
    """List the council's batches, the newest first."""
    start = paging.start(str)
    try:
        after = ids.read(start[0]) if start else None
    except ValueError:
        raise Problem(400, "invalid-request", "The cursor is not one of this list.") from None
    rows = await store.list_batches(session, council, after, paging.fetch)
    return paging.page(rows, lambda row: batches.to_batch(row, council), lambda row: [ids.show(row.id)])


@router.get("/{batch}", responses=document_problems(404))
async def read_batch(council: Slug, batch: ids.Id, _: Matcher, session: Reading) -> Batch:
    """Read the batch's progress."""
    return await batches.get_batch(session, council, batch)


@router.get(
    "/{batch}/results",
    response_class=StreamingResponse,
    openapi_extra=_DOWNLOAD,
    responses={**_CSV, **document_problems(404, 409)},
)
async def read_batch_results(
    request: Request, council: Slug, batch: ids.Id, _: Matcher, session: Reading
) -> StreamingResponse:
    """Read the results: ``id,outcome,uprn,confidence,exact`` for every row, in the order of the input.

    ``outcome`` is ``matched``, ``ambiguous``, ``none`` or ``rejected``. For a failed batch you get the rows
    that were done.
    """
    await batches.check_done(session, council, batch)
    return _stream(batches.read_lines(_batch_dependency(request)[1], council, batch, rejects=False))


@router.get(
    "/{batch}/rejects",
    response_class=StreamingResponse,
    openapi_extra=_DOWNLOAD,
    responses={**_CSV, **document_problems(404, 409)},
)
async def read_batch_rejects(
    request: Request, council: Slug, batch: ids.Id, _: Matcher, session: Reading
) -> StreamingResponse:
    """Read the rejects: ``line,id,reason`` for every faulty row. Lines count from 1, header included."""
    await batches.check_done(session, council, batch)
    return _stream(batches.read_lines(_batch_dependency(request)[1], council, batch, rejects=True))


@router.delete("/{batch}", status_code=204, responses=document_problems(404))
async def delete_batch(council: Slug, batch: ids.Id, _: Matcher, session: Writing) -> None:
    """Delete the batch, its addresses and its results, whatever its status."""
    await batches.delete_batch(session, council, batch)


def _batch_dependency(request: Request) -> tuple[Settings, Database]:
    return request.app.state.settings, request.app.state.database


def _media_type(request: Request) -> str:
    """Return the body's media type. Raise Problem 415."""
    media, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.strip().removeprefix("charset=").strip('" ')
    encoding = request.headers.get("content-encoding", "identity").lower()
    if media.strip() in rules.READERS and charset in {"", "utf-8", "utf8"} and encoding == "identity":
        return media.strip()
    detail = f"Send one of {', '.join(rules.READERS)} as Content-Type, in UTF-8 and not compressed."
    raise Problem(415, "unsupported-media-type", detail)


def _stream(lines: AsyncIterator[bytes]) -> StreamingResponse:
    return StreamingResponse(lines, media_type="text/csv")
