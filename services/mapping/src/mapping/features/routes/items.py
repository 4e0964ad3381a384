"""Features: a page of those that are looked for, and one by its id."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Response

from chassis import clock
from chassis.etags import Tag, is_current
from mapping.collections.rules.layers import Layer
from mapping.features.actions import reads
from mapping.features.actions.searches import Page, Search
from mapping.features.routes.collections import CollectionName, find_layer
from mapping.features.routes.common import PREFIX, Reader, TheReader, read_route, refusals_as_problems
from mapping.features.routes.searches import read_search
from mapping.features.rules.links import GEOJSON, JSON, Link, link, representations
from mapping.features.rules.openapi import RESERVED, list_parameters
from mapping.features.rules.parameters import read_crs
from mapping.shared.coordinates import Crs

router = APIRouter(prefix=PREFIX, tags=["OGC API Features"])
FeatureId = Annotated[str, Path(max_length=200, description="A feature's id")]
FORMS = (GEOJSON, JSON)
TIME = b'],"timeStamp":"'
_BESIDE = {"f", "key", "lang", "after"}  # parameters that links have anew, or not at all


@read_route(router, "/collections/{collection}/items", FORMS, 400, query=sorted(RESERVED - {"f"}))
async def list_items(reader: TheReader, collection: CollectionName) -> Response:
    """List features: in a box, of a time, for which a filter holds; page by page."""
    layer = find_layer(reader, collection)
    check_parameters(reader, layer)
    if not reader.wants_page(FORMS):
        return await respond_page(reader, layer)
    with refusals_as_problems():
        page = await _search(reader, layer, read_search(reader, layer))
    rows = [json.loads(each + b"}") for each in page.features]
    properties = layer.visible_properties(reader.audience)
    links = _link_page(reader, layer, page, is_html=True)
    return reader.render(
        "ogc-items.html", layer=layer, rows=rows, properties=properties, found=page, links=links
    )


def check_parameters(reader: Reader, layer: Layer) -> None:
    """Refuse parameters that pages of a layer's features do not have. Raises Problem 400."""
    reader.check_parameters([*RESERVED, *list_parameters(layer, reader.audience)])


async def respond_page(reader: Reader, layer: Layer) -> Response:
    """Respond with a page of features as GeoJSON, or with 304 when the caller has it."""
    with refusals_as_problems():
        query = read_search(reader, layer)
        tag = _make_tag(reader, layer)
        if is_current(reader.request.headers.get("if-none-match"), tag):
            return Response(None, 304, {**reader.headers(crs=query.crs), "ETag": tag})
        page = await _search(reader, layer, query)
    links = _link_page(reader, layer, page, is_html=False)
    headers = {**reader.headers([each for each in links if each["rel"] == "next"], query.crs), "ETag": tag}
    return Response(write_collection(page, links, clock.now()), headers=headers, media_type=GEOJSON)


async def _search(reader: Reader, layer: Layer, query: Search) -> Page:
    database = reader.request.app.state.database
    return await reads.search(reader.snapshots, database, layer, query, reader.audience)


@read_route(router, "/collections/{collection}/items/{fid}", FORMS, 400, query=["crs"])
async def get_item(reader: TheReader, collection: CollectionName, fid: FeatureId) -> Response:
    """Get a feature by its id."""
    layer = find_layer(reader, collection)
    reader.check_parameters(["crs"])
    is_page = reader.wants_page(FORMS)
    with refusals_as_problems():
        text = reader.parameter("crs")
        crs = Crs.CRS84 if text is None else read_crs("crs", text)
        database = reader.request.app.state.database
        item = await reads.get_item(reader.snapshots, database, layer, fid, crs, reader.audience)
    links = _link_item(reader, layer, fid, is_html=is_page)
    if is_page:
        feature = json.loads(item.body + b"}")
        properties = layer.visible_properties(reader.audience)
        return reader.render(
            "ogc-item.html", layer=layer, feature=feature, properties=properties, links=links
        )
    headers = {**reader.headers(links, crs), "ETag": str(Tag(item.etag))}
    if is_current(reader.request.headers.get("if-none-match"), headers["ETag"]):
        return Response(None, 304, headers)
    body = item.body + b',"links":' + _dump(links) + b"}"
    return Response(body, headers=headers, media_type=GEOJSON)


def write_collection(page: Page, links: Sequence[Link], moment: datetime) -> bytes:
    """Write a FeatureCollection around features that are ready-made. ``TIME`` stands before its moment."""
    rest: dict[str, Any] = {} if page.matched is None else {"numberMatched": page.matched}
    rest |= {"numberReturned": len(page.features), "links": links}
    features = b"},".join(page.features) + b"}" if page.features else b""
    parts = (b'{"type":"FeatureCollection","features":[', features, TIME, write_moment(moment), b'",')
    return b"".join((*parts, _dump(rest)[1:]))


def write_moment(moment: datetime) -> bytes:
    """Write a moment in UTC to the second."""
    return f"{moment.isoformat()[:19]}Z".encode()


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _make_tag(reader: Reader, layer: Layer) -> str:
    """Make a page's tag: of the layer's version, the request and who reads, for the bytes hold the time."""
    request = reader.request
    parts = [layer.id.hex, layer.version, str(request.url), reader.audience]
    return str(Tag(hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()))


def _link_page(reader: Reader, layer: Layer, page: Page, *, is_html: bool) -> list[Link]:
    pairs = [pair for pair in reader.request.query_params.multi_items() if pair[0] not in _BESIDE]
    base = reader.site.url("collections", layer.name, "items")
    after = reader.request.query_params.get("after")
    query = [*pairs, *([("after", after)] if after else [])]
    links = representations(f"{base}?{urlencode(query)}" if query else base, GEOJSON, is_html=is_html)
    if page.next_after is not None:
        form = "html" if is_html else "json"
        parameters = urlencode([*pairs, ("after", str(page.next_after)), ("f", form)])
        links.append(link(f"{base}?{parameters}", "next", GEOJSON, "The next page"))
    collection = reader.site.url("collections", layer.name)
    return [*links, link(collection, "collection", JSON, layer.title)]


def _link_item(reader: Reader, layer: Layer, fid: str, *, is_html: bool) -> list[Link]:
    url = reader.site.url("collections", layer.name, "items", fid)
    collection = reader.site.url("collections", layer.name)
    return [
        *representations(url, GEOJSON, is_html=is_html),
        link(collection, "collection", JSON, layer.title),
    ]
