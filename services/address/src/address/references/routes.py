"""Cross references: how council tax, business rates and other registers refer to a property."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from address.changes.actions.change_log import ChangeContext
from address.references import actions, rules, store
from address.references.actions import SchemeAtProperty
from address.references.schemas import (
    Reference,
    ReferenceChange,
    Referenced,
    ReferencePast,
    ReferenceText,
    Scheme,
    SchemeChange,
    Schemes,
    SchemeSlug,
)
from address.shared.dates import AsOf
from chassis import clock
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.pages import Page, Paging
from chassis.problems import document_problems, not_found
from chassis.types import Slug, Uprn

router = APIRouter(prefix="/{council}/address/v1", tags=["references"])
Reader = Annotated[Caller, permission("address:read")]
Writer = Annotated[Caller, permission("address:write")]
ReferenceParam = Annotated[ReferenceText | None, Query(description="The exact reference")]


@router.get("/reference-schemes")
async def list_reference_schemes(council: Slug, _: Reader, session: Reading) -> Schemes:
    """List the council's schemes: council tax, business rates, electoral, waste rounds, and its own."""
    schemes = rules.merge_schemes(await store.list_schemes(session, council))
    return Schemes(items=[_to_scheme(slug, scheme) for slug, scheme in sorted(schemes.items())])


@router.get("/reference-schemes/{scheme}", responses=document_problems(404))
async def read_reference_scheme(council: Slug, scheme: SchemeSlug, _: Reader, session: Reading) -> Scheme:
    """Read one scheme."""
    scheme_ = rules.merge_schemes(await store.list_schemes(session, council)).get(scheme)
    if scheme_ is None:
        raise not_found(f"scheme {scheme}")
    return _to_scheme(scheme, scheme_)


@router.put("/reference-schemes/{scheme}", responses=document_problems(409))
async def put_reference_scheme(
    council: Slug, scheme: SchemeSlug, body: SchemeChange, caller: Writer, session: Writing
) -> Scheme:
    """Create or change a scheme. To change a private one you need ``address:private``."""
    definition = rules.Scheme(body.name, body.private, body.many)
    await actions.put_scheme(session, _context(council, caller), scheme, definition)
    return _to_scheme(scheme, definition)


@router.get("/references/{scheme}", responses=document_problems(404))
async def find_by_reference(
    council: Slug,
    scheme: SchemeSlug,
    caller: Reader,
    session: Reading,
    paging: Paging,
    reference: ReferenceParam = None,
    as_of: AsOf = None,
) -> Page[Referenced]:
    """List the properties with a reference in a scheme. Without ``reference``, list all in the scheme.

    Send the reference in the query: it may be personal, and paths are logged.
    """
    await actions.get_readable_scheme(session, council, scheme, caller)
    after = paging.start(str, int) or ("", 0)
    params: dict[str, Any] = {"council": council, "scheme": scheme, "reference": reference}
    params |= {"day": _as_of_day(as_of), "after_reference": after[0], "after_uprn": after[1]}
    params["most"] = paging.fetch
    rows = await store.list_by_scheme(session, params)
    return paging.page(
        rows,
        lambda row: Referenced(**_reference_fields(row), address=row.address),
        lambda row: (row.reference, row.uprn),
    )


@router.get("/addresses/{uprn}/references", responses=document_problems(404))
async def list_address_references(
    council: Slug, uprn: Uprn, caller: Reader, session: Reading, paging: Paging, as_of: AsOf = None
) -> Page[Reference]:
    """List the property's references in other registers. For private schemes you need ``address:private``."""
    if await store.get_status(session, council, uprn) is None:
        raise not_found(f"property {uprn}")
    after = paging.start(str, str) or ("", "")
    params: dict[str, Any] = {
        "council": council,
        "uprn": uprn,
        "day": _as_of_day(as_of),
        "most": paging.fetch,
    }
    params |= {"schemes": await actions.list_readable_schemes(session, council, caller)}
    params |= {"after_scheme": after[0], "after_reference": after[1]}
    rows = await store.list_by_property(session, params)
    return paging.page(
        rows, lambda row: Reference(**_reference_fields(row)), lambda row: (row.scheme, row.reference)
    )


@router.get("/addresses/{uprn}/references/{scheme}/history", responses=document_problems(404))
async def list_reference_history(
    council: Slug, uprn: Uprn, scheme: SchemeSlug, caller: Reader, session: Reading, paging: Paging
) -> Page[ReferencePast]:
    """List who set and ended the property's references in the scheme."""
    await actions.get_readable_scheme(session, council, scheme, caller)
    if await store.get_status(session, council, uprn) is None:
        raise not_found(f"property {uprn}")
    after = paging.start(str, int) or ("", 0)
    params = {"council": council, "uprn": uprn, "scheme": scheme, "most": paging.fetch}
    rows = await store.list_history(
        session, {**params, "after_reference": after[0], "after_version": after[1]}
    )
    return paging.page(
        rows,
        lambda row: ReferencePast(**row._mapping),  # noqa: SLF001
        lambda row: (row.reference, row.version),
    )


@router.put(
    "/addresses/{uprn}/references/{scheme}",
    response_model=Reference,
    responses={201: {"model": Reference, "description": "It is new"}, **document_problems(404, 409)},
)
async def put_address_reference(
    response: Response,
    council: Slug,
    uprn: Uprn,
    scheme: SchemeSlug,
    body: ReferenceChange,
    caller: Writer,
    session: Writing,
) -> Reference:
    """Set the property's reference in a scheme. Repeating it has no effect, so no ``If-Match`` is needed.

    If the scheme allows one reference for a property, the earlier one ends on the day this one starts. If it
    allows many, each is set and ended by itself. In an open scheme this changes the property and publishes
    ``address.property.changed.v1`` with ``changed: ["references"]``; in a private one it publishes nothing.
    """
    target = SchemeAtProperty(
        uprn, scheme, await actions.get_readable_scheme(session, council, scheme, caller)
    )
    reference_, is_new = await actions.put_reference(session, _context(council, caller), target, body)
    response.status_code = 201 if is_new else 200
    return reference_


@router.delete(
    "/addresses/{uprn}/references/{scheme}", status_code=204, responses=document_problems(404, 409)
)
async def end_address_reference(
    council: Slug,
    uprn: Uprn,
    scheme: SchemeSlug,
    caller: Writer,
    session: Writing,
    reference: ReferenceParam = None,
) -> None:
    """End the property's reference today. It stays in the history, and you can read it with ``as_of``.

    Send ``reference`` to say which one, if the property has several.
    """
    target = SchemeAtProperty(
        uprn, scheme, await actions.get_readable_scheme(session, council, scheme, caller)
    )
    await actions.end_reference(session, _context(council, caller), target, reference)


def _context(council: str, caller: Caller) -> ChangeContext:
    return ChangeContext(council, caller, clock.today())


def _as_of_day(as_of: date | None) -> date:
    return as_of or clock.today()


def _to_scheme(slug: str, scheme: rules.Scheme) -> Scheme:
    return Scheme(scheme=slug, name=scheme.name, private=scheme.private, many=scheme.many)


def _reference_fields(row: Any) -> dict[str, Any]:
    return {
        "uprn": str(row.uprn),
        "scheme": row.scheme,
        "reference": row.reference,
        "start_date": row.start_date,
        "end_date": row.end_date,
    }
