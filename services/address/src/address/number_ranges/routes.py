"""Read and set the UPRNs and USRNs a council may allocate."""

from typing import Annotated

from fastapi import APIRouter, Response

from address.number_ranges import actions
from address.number_ranges.schemas import Ranges, RangesSet
from address.shared.dependencies import Reader, etag_headers
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/address/v1/ranges", tags=["street naming and numbering"])
Custodian = Annotated[Caller, permission("address:load")]


@router.get("", response_model=Ranges, responses={200: ETAG})
async def read_ranges(response: Response, council: Slug, _: Reader, session: Reading) -> Ranges:
    """Read the ranges GeoPlace has allotted to the council, with the count of free numbers in each."""
    ranges = await actions.get_ranges(session, council)
    response.headers.update(etag_headers(ranges))
    return ranges


@router.put("", response_model=Ranges, responses={200: ETAG, **document_problems(409, 412, 428)})
async def replace_ranges(
    response: Response,
    council: Slug,
    body: RangesSet,
    _: Custodian,
    session: Writing,
    precondition: IfMatch,
) -> Ranges:
    """Set the council's ranges. Send their ETag as ``If-Match``; it is ``"0"`` before there are any.

    A number that is in the gazetteer is never allocated, whatever the ranges say.
    """
    ranges = await actions.replace_ranges(session, council, body, precondition)
    response.headers.update(etag_headers(ranges))
    return ranges
