"""List, add and change the addresses of a property."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from address.changes.actions.change_log import ChangeContext
from address.properties.actions import names as naming
from address.properties.routes.properties import property_not_found
from address.properties.schemas.names import AddressNames, NameChange, NewName
from address.properties.store import names, reads
from address.shared.dates import AsOf
from address.shared.dependencies import Reader, StoredJson, Writer, etag_headers
from chassis import clock
from chassis.database import Session, Writing, fast_pool
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.problems import document_problems
from chassis.types import Slug, Uprn

router = APIRouter(prefix="/{council}/address/v1/addresses/{uprn}/names", tags=["addresses"])
LpiKey = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{1,20}$", examples=["0114L000000017"])]


@router.get("", response_model=AddressNames, responses={200: ETAG, **document_problems(404)})
async def list_address_names(
    request: Request, council: Slug, uprn: Uprn, _: Reader, as_of: AsOf = None
) -> Response:
    """List all addresses of a property: its own, then alternatives and other languages, then ended ones."""
    pool = fast_pool(request)
    names_json = await names.get_json(pool, council, uprn, as_of)
    if names_json is None:
        raise property_not_found(
            uprn, as_of, None if as_of is None else await reads.get_first_day(pool, council, uprn)
        )
    headers = version_tag(names_json["version"])
    return Response(names_json["body"], media_type="application/json", headers=headers)


@router.post(
    "",
    status_code=201,
    response_model=AddressNames,
    responses={201: ETAG, **document_problems(404, 409, 412, 422, 428)},
)
async def add_address_name(
    council: Slug,
    uprn: Uprn,
    body: NewName,
    caller: Writer,
    session: Writing,
    once: OnlyOnce,
    precondition: IfMatch,
) -> Response:
    """Add an address to a property: an alternative (3), or its address in Welsh or Gaelic.

    Send the property's ETag as ``If-Match``. A Welsh address needs a Welsh name of its street.
    """
    context = ChangeContext(council, caller, clock.today())

    async def add() -> StoredJson:
        await naming.add_name(session, context, uprn, body, precondition)
        return await _stored_names(session, council, uprn)

    return await once.run(session, caller, body, add, headers=etag_headers)


@router.patch(
    "/{lpi_key}",
    response_model=AddressNames,
    responses={200: ETAG, **document_problems(404, 409, 412, 422, 428)},
)
async def change_address_name(
    council: Slug,
    uprn: Uprn,
    lpi_key: LpiKey,
    body: NameChange,
    caller: Writer,
    session: Writing,
    once: OnlyOnce,
    precondition: IfMatch,
) -> Response:
    """Change one of a property's other addresses, or end it with logical status 8.

    Send the property's ETag as ``If-Match``. To change the postal address, change the property itself.
    """
    context = ChangeContext(council, caller, clock.today())

    async def change() -> StoredJson:
        await naming.change_name(session, context, uprn, lpi_key, body, precondition)
        return await _stored_names(session, council, uprn)

    return await once.run(session, caller, body, change, status=200, headers=etag_headers)


async def _stored_names(session: Session, council: str, uprn: int) -> StoredJson:
    return StoredJson.model_validate_json(await names.get_json_in_transaction(session, council, uprn))
