"""The limit of reads: Starlette, asyncpg and msgspec on the same table, with nothing checked."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FIELDS = (
    "uprn, version, organisation, sub_building, building_name, building_number, street, usrn, locality,"
    " post_town, postcode, easting::float8, northing::float8, classification, classification_name,"
    " logical_status, state, parent_uprn, updated_at"
)
_BY_UPRN = f"SELECT {_FIELDS} FROM place WHERE council = $1 AND uprn = $2 LIMIT 1"
_BY_POSTCODE = f"SELECT {_FIELDS} FROM place WHERE council = $1 AND postcode = $2 ORDER BY uprn LIMIT 100"
_encode = msgspec.json.Encoder().encode


async def _no_reset(_: asyncpg.Connection) -> None:
    """Reset nothing, as our own read pool: a reset would cost a round trip."""


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        os.environ["BARE_DATABASE_URL"], min_size=1, max_size=4, reset=_no_reset
    ) as pool:
        app.state.pool = pool
        yield


def _json(body: Any) -> Response:
    return Response(_encode(body), media_type="application/json")


async def _uprn(request: Request) -> Response:
    row = await request.app.state.pool.fetchrow(_BY_UPRN, "citytown", int(request.path_params["uprn"]))
    return _json(dict(row)) if row else Response(status_code=404)


async def _postcode(request: Request) -> Response:
    rows = await request.app.state.pool.fetch(_BY_POSTCODE, "citytown", request.path_params["postcode"])
    return _json({"results": [dict(row) for row in rows]})


async def _live(_: Request) -> Response:
    return Response()


def create() -> Starlette:
    """Build the application, for uvicorn's ``--factory``."""
    routes = [Route("/uprn/{uprn}", _uprn), Route("/postcode/{postcode}", _postcode), Route("/live", _live)]
    return Starlette(routes=routes, lifespan=_lifespan)
