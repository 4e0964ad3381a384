"""Loads of files into layers: send one, see how it compares, publish or discard it."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from chassis import ids
from chassis.blobs.deletion import storage_of
from chassis.body_limit import stream_body
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from mapping.collections.routes.access import Publisher, Writer
from mapping.loading.actions import publish_load, reads, uploads
from mapping.loading.rules.names import read_name
from mapping.loading.schemas import Change, FileWords, LayerLoad, LoadOptions, LoadPublication, LoadRow
from mapping.settings import LOAD_SECONDS, MAX_LOAD, Settings

router = APIRouter(prefix="/{council}/mapping/v1/layers/{layer}/loads", tags=["loads"])
LayerName = Annotated[
    str, Path(max_length=60, pattern=r"^[a-z0-9][a-z0-9_-]*$", description="The layer's name")
]
LoadId = Annotated[ids.Id, Path(description="The load")]
_BYTES = {"schema": {"type": "string", "format": "binary"}}
UPLOAD: dict[str, Any] = {
    "x-limits": {"body": MAX_LOAD, "timeout": LOAD_SECONDS, "stream": True},
    "requestBody": {"required": True, "content": {"application/octet-stream": _BYTES}},
}
TABLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": _BYTES}, "description": "The refused rows, with their reasons"}
}


def make_context(request: Request) -> uploads.UploadContext:
    """Make what an upload needs of the application."""
    state = request.app.state
    return uploads.UploadContext(state.database, storage_of(state.calls), state.settings)


class _FileBody:
    """A file that arrives as the body of a request, and what its sender says of it."""

    def __init__(
        self,
        request: Request,
        content_disposition: Annotated[
            str,
            Header(
                max_length=1_000,
                description="The file's name, whose ending says the format: `attachment;"
                " filename*=UTF-8''grit%20bins.gpkg` (RFC 6266)",
            ),
        ] = "",
        crs: Annotated[
            Literal["27700", "84", "4326", "3857"] | None,
            Query(description="In which coordinates the file is, if it does not say so itself or is wrong"),
        ] = None,
        source_layer: Annotated[
            FileWords | None, Query(description="The layer of a file with several")
        ] = None,
        encoding: Annotated[
            Literal["utf-8", "cp1252", "latin-1"] | None, Query(description="How its letters are coded")
        ] = None,
        effective_from: Annotated[
            AwareDatetime | None,
            Query(
                description="The file is a new generation, such as wards after a review, from this moment on:"
                " what is gone ends then, what is new begins then"
            ),
        ] = None,
    ) -> None:
        settings: Settings = request.app.state.settings
        headers = request.headers
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "unsupported-encoding", "Send the file as it is, without Content-Encoding.")
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > settings.load_bytes:
            raise uploads.too_large(settings.load_bytes)
        self.name = read_name(content_disposition)
        self.options = LoadOptions(
            crs=None if crs is None else int(crs),
            source_layer=source_layer,
            encoding=encoding,
            effective_from=effective_from,
        )
        self.context = make_context(request)
        self._request = request

    def read(self) -> AsyncIterator[bytes]:
        """Read the file piece by piece. Raises Problem 400 if the sender breaks off."""
        return stream_body(self._request)


@router.post(
    "",
    status_code=201,
    response_model=LayerLoad,
    openapi_extra=UPLOAD,
    responses={201: ETAG, **document_problems(404, 413, 415, 422)},
)
async def add_load(
    council: Slug, layer: LayerName, caller: Writer, file: Annotated[_FileBody, Depends()], once: OnlyOnce
) -> Response:
    """Send a file for a layer, as the body of the request. Nothing of the layer changes yet.

    GeoJSON, GeoPackage, CSV, or a zip with a Shapefile, MapInfo TAB or File Geodatabase. It is read and
    compared with the layer by the layer's key; read the load until it is `compared`, then publish it.
    """
    new = uploads.NewFile(file.name, file.options, file.read())
    return await uploads.upload_file(file.context, council, layer, caller, new, lambda _digest: once)


@router.get("", responses=document_problems(404))
async def list_loads(
    council: Slug, layer: LayerName, _caller: Writer, session: Reading, paging: Paging
) -> Page[LayerLoad]:
    """List the loads of a layer, latest first."""
    rows = await reads.list_loads(session, council, layer, paging.start_id(), paging.fetch)
    return paging.page(rows, reads.show, lambda row: [ids.show(row.id)])


@router.get("/{load}", responses={200: ETAG, **document_problems(404)})
async def get_load(
    council: Slug, layer: LayerName, load: LoadId, _caller: Writer, session: Reading, response: Response
) -> LayerLoad:
    """Read a load: how far it is, how it compares, what you must agree to."""
    _, row = await reads.find_load(session, council, layer, load)
    response.headers.update(version_tag(row.version))
    return reads.show(row)


@router.get("/{load}/rows", responses=document_problems(404))
async def list_load_rows(
    council: Slug,
    layer: LayerName,
    load: LoadId,
    change: Annotated[Change, Query(description="Which rows")],
    _caller: Writer,
    session: Reading,
    paging: Paging,
) -> Page[LoadRow]:
    """List the rows of a load that are new, changed, moved or refused. They go when it is published."""
    _, row = await reads.find_load(session, council, layer, load)
    start = paging.start(int)
    rows = await reads.list_rows(session, council, row.id, change, start[0] if start else 0, paging.fetch)
    return paging.page(rows, reads.show_row, lambda each: (each.row,))


@router.get("/{load}/problems.csv", responses={**TABLE, **document_problems(404)})
async def download_problems(
    request: Request, council: Slug, layer: LayerName, load: LoadId, _caller: Writer, session: Reading
) -> StreamingResponse:
    """Download the refused rows as a table, to mend them."""
    _, row = await reads.find_load(session, council, layer, load)
    headers = {"Content-Disposition": f'attachment; filename="problems-{layer}.csv"'}
    content = reads.write_problems(request.app.state.database, council, row.id)
    return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.post(
    "/{load}/publish",
    status_code=202,
    response_model=LayerLoad,
    responses={202: ETAG, **document_problems(404, 409, 412, 428)},
)
async def publish(
    council: Slug,
    layer: LayerName,
    load: LoadId,
    body: LoadPublication,
    caller: Publisher,
    session: Writing,
    precondition: IfMatch,
    response: Response,
) -> LayerLoad:
    """Publish a compared load: soon it is the layer's next version, all of it at once."""
    result = await publish_load.publish(session, council, layer, load, caller, precondition, body)
    response.headers.update(version_tag(result.version))
    return result


@router.delete("/{load}", status_code=204, responses=document_problems(404, 409, 412, 428))
async def discard(
    council: Slug, layer: LayerName, load: LoadId, _caller: Writer, session: Writing, precondition: IfMatch
) -> None:
    """Discard a load that is not published, and its file."""
    await publish_load.discard(session, council, layer, load, precondition)
