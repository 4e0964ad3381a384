"""Councils as data: create, list, rename, suspend. A change takes effect everywhere by event."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from chassis import outbox
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict, not_found
from identity.councils import store
from identity.councils.schemas import Council, CouncilChange, NewCouncil
from identity.events import CouncilChanged, CouncilCreated
from identity.issuer.actions.revocations import require_region


def render_council(row: Row[Any]) -> Council:
    """Render a row as the API shows it."""
    return Council.model_validate(row, from_attributes=True)


async def create_council(session: Session, region: str, caller: Caller, body: NewCouncil) -> Council:
    """Create a council. Raises Problem 409 when its slug or its code is taken."""
    require_region(caller)
    row = await store.add_council(session, {**dict(body), "region": region})
    if row is None:
        raise await _conflict(session, body)
    event = CouncilCreated.model_validate(row, from_attributes=True)
    await outbox.add(session, event, council=row.slug, subject=row.slug, sequence=row.version)
    return render_council(row)


async def get_council(session: ReadSession, caller: Caller, slug: str) -> Council:
    """Get a council. Raises Problem 404."""
    require_region(caller)
    return render_council(await _get_row(session, slug))


async def get_name(session: ReadSession, slug: str) -> str:
    """Get a council's name; its slug when there is no such council."""
    row = await store.get(session, slug)
    return slug if row is None else str(row.name)


async def list_page(session: ReadSession, caller: Caller, after: str, fetch: int) -> Sequence[Row[Any]]:
    """List councils in order of slug."""
    require_region(caller)
    return await store.list_page(session, after, fetch)


async def update_council(
    session: Session, caller: Caller, slug: str, precondition: Precondition, body: CouncilChange
) -> Council:
    """Rename, suspend or reopen a council. Raises Problem 404, or 412 when it has changed since."""
    require_region(caller)
    old = _require(await store.lock(session, slug))
    precondition.check(old.version, "council")
    name, status = body.name or old.name, body.status or old.status
    row = _require(await store.update_council(session, slug, name, status))
    event = CouncilChanged.model_validate(row, from_attributes=True)
    await outbox.add(session, event, council=slug, subject=slug, sequence=row.version)
    return render_council(row)


async def _conflict(session: Session, body: NewCouncil) -> Problem:
    holders = await store.list_conflicting(session, body.slug, body.gss)
    if any(row.slug == body.slug for row in holders):
        return conflict("slug-taken", f"There is a council {body.slug} already. A slug never changes hands.")
    return conflict("gss-taken", f"{body.gss} is the code of another council, {holders[0].slug}.")


async def _get_row(session: ReadSession, slug: str) -> Row[Any]:
    return _require(await store.get(session, slug))


def _require(row: Row[Any] | None) -> Row[Any]:
    if row is None:
        raise not_found("council with this slug")
    return row
