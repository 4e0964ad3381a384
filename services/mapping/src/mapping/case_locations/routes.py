"""Open cases near a point: is it reported already?"""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Reading
from chassis.types import Slug
from mapping.case_locations import actions
from mapping.case_locations.schemas import OpenCases
from mapping.collections.routes.access import BASE, Reader, audience_of
from mapping.locate.routes.dependencies import ThePlace

router = APIRouter(prefix=BASE, tags=["look-ups"])
_MOST_METRES, _MOST_CASES = 500, 100


@router.get("/open-cases")
async def list_open_cases(
    council: Slug,
    caller: Reader,
    place: ThePlace,
    session: Reading,
    within: Annotated[float, Query(ge=0, le=_MOST_METRES, allow_inf_nan=False, description="Metres")] = 50,
    limit: Annotated[int, Query(ge=1, le=_MOST_CASES, description="At most so many")] = 20,
) -> OpenCases:
    """Get open cases near a point, of kinds that are shown on public maps: is it reported already?"""
    rows = await actions.list_open(session, council, caller.mode, place, within, limit)
    is_staff = audience_of(caller) != "public"
    return OpenCases.model_validate({"items": actions.describe_open(rows, is_staff=is_staff)})
