"""Rules of references: what a bill's reference looks like."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.funds.actions import reference_rules
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader, headers_of_new
from payments.funds.schemas.reference_rules import NewReferenceRule, ReferenceRule, ReferenceRuleChange
from payments.funds.schemas.values import Title

router = APIRouter(prefix=f"{BASE}/reference-rules", tags=["finance data"])
OfName = Annotated[Title | None, Query(description="Only that with this name")]


@router.post(
    "", status_code=201, response_model=ReferenceRule, responses={201: ETAG, **document_problems(409)}
)
async def create_reference_rule(
    council: Slug, body: NewReferenceRule, caller: FinanceKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add a rule of references. You need a live credential."""
    return await once.run(
        session,
        caller,
        body,
        lambda: reference_rules.create_rule(session, council, caller, body),
        headers=headers_of_new(council, "reference-rules"),
    )


@router.get("")
async def list_reference_rules(
    council: Slug, _: FinanceReader, session: Reading, paging: Paging, name: OfName = None
) -> Page[ReferenceRule]:
    """List the council's rules of references in the order in which they were added."""
    rows = await reference_rules.list_rules(session, council, name, paging.start_id(), paging.fetch)
    return paging.page(rows, reference_rules.to_model, lambda row: (ids.show(row.id),))


@router.get("/{rule}", responses={200: ETAG, **document_problems(404)})
async def read_reference_rule(
    council: Slug, rule: ids.Id, _: FinanceReader, session: Reading, response: Response
) -> ReferenceRule:
    """Get a rule of references. Its version is the ETag."""
    record = await reference_rules.get_rule(session, council, rule)
    response.headers.update(version_tag(record.version))
    return record


@router.patch("/{rule}", responses={200: ETAG, **document_problems(404, 409, 412, 428)})
async def change_reference_rule(
    council: Slug,
    rule: ids.Id,
    body: ReferenceRuleChange,
    caller: FinanceKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> ReferenceRule:
    """Change a rule of references. Payments that were taken before keep their references.

    You need a live credential.
    """
    changed = await reference_rules.change_rule(session, council, rule, caller, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed
