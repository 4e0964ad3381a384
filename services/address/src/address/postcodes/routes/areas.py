"""The areas of a postcode with their generation, in address's own API."""

from fastapi import APIRouter, Request

from address.postcodes.actions import postcode_areas
from address.postcodes.schemas import PostcodeAreas
from address.shared.dependencies import Reader
from chassis.database import fast_pool
from chassis.problems import document_problems
from chassis.types import Postcode, Slug

router = APIRouter(prefix="/{council}/address/v1", tags=["postcodes"])


@router.get("/postcodes/{postcode}/areas", responses=document_problems(404))
async def get_postcode_areas(request: Request, council: Slug, postcode: Postcode, _: Reader) -> PostcodeAreas:
    """Get the areas of a postcode by the council's map layers, and the versions of those layers."""
    return await postcode_areas.find_areas(fast_pool(request), council, postcode)
