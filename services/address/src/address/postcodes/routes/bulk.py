"""postcodes.io in bulk: up to a hundred postcodes or points in one request."""

import json
from typing import Annotated, Any

from fastapi import Query, Request, Response

from address.postcodes.actions import postcodes
from address.postcodes.routes import postcodes_io
from address.postcodes.routes.envelope import refusals_as_problems, to_response
from address.postcodes.routes.postcodes_io import JSONP, Anyone
from address.postcodes.rules import bulk
from address.postcodes.rules import fields as postcode_fields
from address.postcodes.rules.bulk import PointQuery
from address.postcodes.rules.fields import Fields, Postcode
from address.postcodes.schemas import BULK_BODY, MAX_FILTER, POSTCODE_RADIUS, BulkAnswer, documented
from chassis.database import fast_pool
from chassis.types import Slug

router = postcodes_io.router
Filter = Annotated[str, Query(max_length=MAX_FILTER, description="The fields to return, separated by commas")]
_DOCUMENTED: dict[str, Any] = {
    **documented("limit", "widesearch", radius=POSTCODE_RADIUS),
    "requestBody": BULK_BODY,
}


@router.post("/postcodes", response_model=BulkAnswer, responses=JSONP, openapi_extra=_DOCUMENTED)
async def look_up_postcodes(request: Request, council: Slug, _: Anyone, filter: Filter = "") -> Response:  # noqa: A002 - the contract's name
    """Look up as many as 100 postcodes, or the postcodes nearest to each of up to 100 points."""
    fields = postcode_fields.parse_filter(filter)
    body = await request.body()
    with refusals_as_problems():
        queries = bulk.parse_bulk(body, request.query_params)
    points = [query for query in queries if isinstance(query, PointQuery)]
    pool = fast_pool(request)
    if points:
        near = await postcodes.list_nearest(pool, council, [point.near for point in points])
        items = [
            _item(point.members, _array(nearest, fields)) for point, nearest in zip(points, near, strict=True)
        ]
    else:
        names = [query for query in queries if isinstance(query, str)]
        results = await postcodes.find_postcodes(pool, council, names)
        items = [
            _item(name, postcode_fields.write_postcode(postcode, fields) if postcode else "null")
            for name, postcode in zip(names, results, strict=True)
        ]
    return to_response(request, f"[{','.join(items)}]", cache=None)


def _array(nearest: list[Postcode], fields: Fields) -> str:
    return (
        f"[{','.join(postcode_fields.write_postcode(postcode, fields) for postcode in nearest)}]"
        if nearest
        else "null"
    )


def _item(query: object, result: str) -> str:
    return f'{{"query":{json.dumps(query, separators=(",", ":"))},"result":{result}}}'
