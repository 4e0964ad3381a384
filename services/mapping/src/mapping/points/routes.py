"""The HTTP API of property points."""

from typing import Annotated

from fastapi import APIRouter

from chassis.auth import Caller, permission
from chassis.database import Reading
from chassis.pages import Page, Paging
from chassis.types import Slug, Uprn
from mapping.points import actions
from mapping.points.schemas import Point

router = APIRouter(prefix="/{council}/mapping/v1", tags=["points"])


@router.get("/points")
async def list_points(
    session: Reading, council: Slug, paging: Paging, _: Annotated[Caller, permission("mapping:read")]
) -> Page[Point]:
    """List the points of the council's properties, by UPRN."""
    return await actions.list_points(session, council, paging)


@router.get("/points/{uprn}")
async def read_point(
    session: Reading, council: Slug, uprn: Uprn, _: Annotated[Caller, permission("mapping:read")]
) -> Point:
    """Get the point of a property."""
    return await actions.read_point(session, council, uprn)
