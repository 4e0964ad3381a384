"""Who looks after a place, and the rules that say so."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.ids import Id, show
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from mapping.collections.routes.access import BASE, Publisher, Reader, audience_of
from mapping.locate.actions import responsibilities, rule_records
from mapping.locate.routes.dependencies import (
    TheMoment,
    ThePlace,
    TheReads,
    respond,
)
from mapping.locate.schemas import ReportKind, ResponsibilityView, RuleBody, RuleView

router = APIRouter(prefix=BASE, tags=["responsibility"])
RuleId = Annotated[Id, Path(description="The id of the rule")]
_ONE = "/responsibility-rules/{rule}"


@router.get("/responsibility", response_model=ResponsibilityView)
async def get_responsibility(
    council: Slug,
    caller: Reader,
    place: ThePlace,
    moment: TheMoment,
    reads: TheReads,
    kind: Annotated[ReportKind, Query(description="The kind of report, such as `pothole`")],
) -> Response:
    """Get which body looks after a place, for a kind of report, by the council's rules."""
    return respond(
        await responsibilities.describe(reads.of(council), place, moment, kind, audience_of(caller))
    )


@router.get("/responsibility-rules")
async def list_rules(
    council: Slug,
    _: Reader,
    session: Reading,
    reads: TheReads,
    paging: Paging,
) -> Page[RuleView]:
    """List the council's rules, in the order in which they were created."""
    rows = await rule_records.list_views(session, reads.of(council), paging.start_id(), paging.fetch)
    return paging.page(rows, lambda rule: rule, lambda rule: (show(rule.id),))


@router.post(
    "/responsibility-rules",
    status_code=201,
    response_model=RuleView,
    responses={201: ETAG, **document_problems(409)},
)
async def create_rule(
    council: Slug, body: RuleBody, caller: Publisher, session: Writing, reads: TheReads, once: OnlyOnce
) -> Response:
    """Add a rule: reports of a kind, at places in or near a layer's features, go to a body."""
    return await once.run(
        session,
        caller,
        body,
        lambda: rule_records.create_rule(session, reads.of(council), caller, body),
        headers=lambda rule: {
            "Location": f"/{council}/mapping/v1/responsibility-rules/{show(rule.id)}",
            **version_tag(rule.version),
        },
    )


@router.get(_ONE, responses={200: ETAG, **document_problems(404)})
async def get_rule(
    council: Slug,
    rule: RuleId,
    _: Reader,
    session: Reading,
    reads: TheReads,
    response: Response,
) -> RuleView:
    """Get a rule."""
    view = await rule_records.get_view(session, reads.of(council), rule)
    response.headers.update(version_tag(view.version))
    return view


@router.put(_ONE, responses={200: ETAG, **document_problems(404, 412, 428)})
async def set_rule(
    council: Slug,
    rule: RuleId,
    body: RuleBody,
    caller: Publisher,
    session: Writing,
    reads: TheReads,
    if_match: IfMatch,
    response: Response,
) -> RuleView:
    """Write a rule in place of what it was."""
    view = await rule_records.change_rule(session, reads.of(council), caller, rule, if_match, body)
    response.headers.update(version_tag(view.version))
    return view


@router.delete(_ONE, status_code=204, responses=document_problems(404, 412, 428))
async def delete_rule(
    council: Slug, rule: RuleId, caller: Publisher, session: Writing, if_match: IfMatch
) -> None:
    """Delete a rule."""
    await rule_records.delete_rule(session, council, caller, rule, if_match)
