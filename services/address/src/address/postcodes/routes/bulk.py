"""postcodes.io in bulk: up to a hundred postcodes or points in one request."""

import json
from typing import Annotated, Any

from fastapi import Query, Request, Response

from address.postcodes.actions import postcodes
from address.postcodes.routes import postcodes_io
from address.postcodes.routes.envelope import answered, refused
from address.postcodes.routes.postcodes_io import JSONP, Anyone
from address.postcodes.rules import bulk
from address.postcodes.rules import fields as postcode_fields
from address.postcodes.rules.bulk import Point
from address.postcodes.rules.fields import Fields, Postcode
from address.postcodes.schemas import BULK_BODY, LONGEST_FILTER, POSTCODE_RADIUS, BulkAnswer, documented
from chassis.database import fast_pool
from chassis.types import Slug

router = postcodes_io.router
Filter = Annotated[
    str, Query(max_length=LONGEST_FILTER, description="The fields wanted, with commas between")
]
_DOCUMENTED: dict[str, Any] = {
    **documented("limit", "widesearch", radius=POSTCODE_RADIUS),
    "requestBody": BULK_BODY,
}


@router.post("/postcodes", response_model=BulkAnswer, responses=JSONP, openapi_extra=_DOCUMENTED)
async def look_up_postcodes(request: Request, council: Slug, _: Anyone, filter: Filter = "") -> Response:  # noqa: A002 - the contract's name
    """Up to 100 postcodes, or the postcodes nearest to each of up to 100 points; ``filter``: which fields."""
    fields = postcode_fields.wanted(filter)
    body = await request.body()
    with refused():
        asked = bulk.read(body, request.query_params)
    points = [one for one in asked if isinstance(one, Point)]
    pool = fast_pool(request)
    if points:
        near = await postcodes.nearest(pool, council, [point.near for point in points])
        items = [_item(point.said, _array(found, fields)) for point, found in zip(points, near, strict=True)]
    else:
        names = [one for one in asked if isinstance(one, str)]
        there = await postcodes.find(pool, council, names)
        items = [
            _item(name, postcode_fields.write(one, fields) if one else "null")
            for name, one in zip(names, there, strict=True)
        ]
    return answered(request, f"[{','.join(items)}]", cache=None)


def _array(found: list[Postcode], fields: Fields) -> str:
    return f"[{','.join(postcode_fields.write(one, fields) for one in found)}]" if found else "null"


def _item(query: object, result: str) -> str:
    return f'{{"query":{json.dumps(query, separators=(",", ":"))},"result":{result}}}'
