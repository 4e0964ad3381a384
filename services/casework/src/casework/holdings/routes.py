"""Who holds something: counts and dates, by address or vehicle."""

from typing import Annotated

from fastapi import APIRouter, Query

from casework.holdings import actions
from casework.holdings.actions import HoldingQuery
from casework.holdings.schemas import Holdings, Kind, Plate
from chassis.auth import Caller, permission
from chassis.database import Reading
from chassis.problems import document_problems
from chassis.types import Slug, Uprn

router = APIRouter(prefix="/{council}/casework/v1", tags=["holdings"])
HoldingReader = Annotated[Caller, permission("casework:holdings")]


@router.get("/holdings", responses=document_problems(422))
async def list_holdings(
    council: Slug,
    caller: HoldingReader,
    session: Reading,
    uprn: Annotated[Uprn | None, Query(description="An address")] = None,
    plate: Annotated[Plate | None, Query(description="Instead: a vehicle")] = None,
    kind: Annotated[Kind | None, Query(description="Of one kind only, such as parking-permit")] = None,
) -> Holdings:
    """List what permits an address or a vehicle has today: counts and dates, no names."""
    return await actions.list_active(session, council, caller, HoldingQuery(uprn, plate, kind or ""))
