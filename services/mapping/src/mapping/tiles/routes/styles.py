"""The style that a map of a council is drawn with."""

import json
from typing import Annotated

from fastapi import APIRouter, Response

from chassis.auth import public
from chassis.etags import NOT_MODIFIED, IfNoneMatch, respond_hashed
from chassis.problems import document_problems
from mapping.tiles.routes.access import BASE, Collections, TheSite, answer_head, cache_control, only
from mapping.tiles.schemas.addresses import STYLE
from mapping.tiles.schemas.styles import make_style

router = APIRouter(prefix=BASE, tags=["tiles"])
_ANSWERS = {
    200: {
        "description": "A style for MapLibre GL JS 5.11 or later",
        "content": {STYLE: {"schema": {"type": "object"}}},
    },
    **NOT_MODIFIED,
    **document_problems(400, 403, 404),
}


@router.get(
    "/styles/default", response_class=Response, responses=_ANSWERS, dependencies=[only("collections", "f")]
)
async def get_style(
    _: Annotated[None, public],
    site: TheSite,
    collections: Collections = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Get the MapLibre style of the council's collections, or of some of them."""
    layers = site.list_layers(collections)
    sources = {layer.name: site.addresses.tilejson(layer.name) for layer in layers}
    style = make_style(f"Maps of {site.council}", layers, site.audience, sources)
    body = json.dumps(style, ensure_ascii=False, separators=(",", ":")).encode()
    return respond_hashed(body, if_none_match, cache_control(site, seconds=60), media_type=STYLE)


answer_head(router)
