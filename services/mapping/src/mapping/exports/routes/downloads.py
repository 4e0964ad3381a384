"""Layers as files: GeoPackage, GeoJSON, CSV."""

from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import StreamingResponse

from chassis.auth import public
from chassis.etags import Tag, is_current
from chassis.problems import document_problems, not_found
from chassis.types import Slug
from mapping.exports.actions.files import LayerFiles
from mapping.snapshots.actions import TheSnapshots

router = APIRouter(prefix="/{council}/mapping/v1/exports", tags=["Downloads"])
_CHUNK = 262_144
_TYPES = {
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "csv": "text/csv; charset=utf-8",
}
Name = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9][a-z0-9-]{0,99}\.(gpkg|geojson|csv)$",
        max_length=110,
        description="The layer's name and a format: gpkg, geojson or csv",
        examples=["grit-bins.gpkg"],
    ),
]
Match = Annotated[str | None, Header(alias="If-None-Match", max_length=2000)]
FILE_LIMITS = {"x-limits": {"timeout": 600, "stream": True}}
"""Of a file: on a slow line 20 MB take longer than an answer may, and the gateway would cut them off."""
_CONTENT = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES.values()}


@router.get(
    "/{name}",
    response_class=StreamingResponse,
    responses={200: {"content": _CONTENT}, **document_problems(400, 404, 503)},
    openapi_extra=FILE_LIMITS,
)
async def download_layer(
    request: Request,
    council: Slug,
    name: Name,
    snapshots: TheSnapshots,
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Download a public layer as a file: what everybody may see of it, as it is now.

    GeoJSON is in longitude and latitude; the others in the coordinates that the layer is kept in. A cell of
    the CSV that a spreadsheet would run as a formula has an apostrophe in front.
    """
    layer_name, _dot, form = name.rpartition(".")
    layer = snapshots.layer(council, layer_name)
    if layer is None or not layer.visible_to("public"):
        raise not_found(f"layer {layer_name} of this council")
    headers = {
        "ETag": str(Tag(f"{layer.version}-{form}")),
        "Cache-Control": "public, max-age=300",
        "Link": f'<{layer.licence_url}>; rel="license"' if layer.licence_url.isascii() else "",
    }
    if is_current(match, headers["ETag"]):
        return Response(None, 304, headers)
    files: LayerFiles = request.app.state.layer_files
    file = await files.open(request.app.state.database, layer, form)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    headers["Content-Length"] = str(file.size)
    return StreamingResponse(_read(file.content), 200, headers, media_type=_TYPES[form])


def _read(content: IO[bytes]) -> Iterator[bytes]:
    with content:
        while chunk := content.read(_CHUNK):
            yield chunk
