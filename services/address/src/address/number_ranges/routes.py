"""The UPRNs and USRNs a council may give to what it enters."""

from typing import Annotated

from fastapi import APIRouter, Response

from address.number_ranges import actions
from address.number_ranges.schemas import Ranges, RangesSet
from address.shared.dependencies import ETAG, IfMatch, Reader, etag_headers, read_if_match
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.problems import documents
from chassis.types import Slug

router = APIRouter(prefix="/{council}/address/v1/ranges", tags=["street naming and numbering"])
Custodian = Annotated[Caller, permission("address:load")]


@router.get("", response_model=Ranges, responses={200: ETAG})
async def read_ranges(response: Response, council: Slug, _: Reader, session: Reading) -> Ranges:
    """The ranges GeoPlace has allotted to the council, and how many numbers of each can still be given."""
    found = await actions.get_ranges(session, council)
    response.headers.update(etag_headers(found))
    return found


@router.put("", response_model=Ranges, responses={200: ETAG, **documents(409, 412, 428)})
async def replace_ranges(
    response: Response,
    council: Slug,
    body: RangesSet,
    _: Custodian,
    session: Writing,
    if_match: IfMatch = None,
) -> Ranges:
    """Set the council's ranges. ``If-Match`` must carry their ETag, which is ``"0"`` before there are any.

    Numbers that are in the gazetteer are never given, whatever the ranges say.
    """
    made = await actions.replace_ranges(session, council, body, read_if_match(if_match))
    response.headers.update(etag_headers(made))
    return made
