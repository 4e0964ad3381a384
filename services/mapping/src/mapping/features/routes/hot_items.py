"""Pages of features as a hot read: from memory if the same was asked of this version, else written."""

from fastapi import Request, Response

from chassis import clock
from chassis.auth import Caller
from chassis.etags import is_current
from chassis.hot_reads import HotRead, ReadyResponse
from mapping.collections.rules.layers import Layer
from mapping.features.actions.ready_pages import PageKey, ReadyPage, ReadyPages
from mapping.features.routes.collections import find_layer
from mapping.features.routes.common import PREFIX, Reader, make_reader
from mapping.features.routes.items import FORMS, TIME, check_parameters, respond_page, write_moment

_NOT_IN_304 = {b"content-length", b"content-type"}


async def _answer(request: Request, _: Caller | None) -> Response | None:
    if b"filter" in request.scope["query_string"]:
        return None  # one that takes too long should be tried once
    reader = await make_reader(request, request.path_params["council"])
    layer = find_layer(reader, request.path_params["collection"])
    pages: ReadyPages = request.app.state.ready_pages
    key = _make_key(reader, layer)
    page = pages.get(key)
    if page is None:
        return await _write(reader, layer, pages, key)
    if is_current(request.headers.get("if-none-match"), page.tag):
        headers = [each for each in page.headers if each[0] not in _NOT_IN_304]
        return ReadyResponse(304, headers, b"")
    return ReadyResponse(200, list(page.headers), page.body_at(write_moment(clock.now())))


async def _write(reader: Reader, layer: Layer, pages: ReadyPages, key: PageKey) -> Response | None:
    check_parameters(reader, layer)
    if reader.wants_page(FORMS):
        return None
    response = await respond_page(reader, layer)
    if response.status_code == 200:  # noqa: PLR2004 - not 304
        body, headers = bytes(response.body), response.raw_headers
        place = body.rindex(TIME) + len(TIME)
        moment = body[place : body.index(b'"', place)]
        pages.set(key, ReadyPage(response.headers["etag"], headers, body, place, moment))
    return response


def _make_key(reader: Reader, layer: Layer) -> PageKey:
    request = reader.request
    headers, scope = request.headers, request.scope
    origin = f"{scope.get('scheme')}://{headers.get('host', '')}"
    accept, query = headers.get("accept", ""), scope["query_string"]
    return PageKey(
        reader.council, origin, accept, reader.audience, reader.is_identified,
        layer.id, layer.version, layer.changed_at, query,
    )  # fmt: skip


hot_read = HotRead(f"{PREFIX}/collections/{{collection}}/items", _answer)
