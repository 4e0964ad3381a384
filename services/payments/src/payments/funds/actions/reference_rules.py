"""Add, change and list rules of references."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from payments.funds.actions import records
from payments.funds.schemas.reference_rules import NewReferenceRule, ReferenceRule, ReferenceRuleChange
from payments.funds.store import records as store
from payments.funds.tables import reference_rule


async def create_rule(
    session: Session, council: str, caller: Caller, body: NewReferenceRule
) -> ReferenceRule:
    """Add a rule. Raises Problem 403, 409."""
    await records.begin_change(session, council, caller)
    await records.check_room(session, reference_rule, council)
    await records.check_name(session, reference_rule, council, "name", body.name)
    values = {**to_values(body), "id": ids.new(), **records.stamp(caller.subject)}
    await store.insert_records(session, reference_rule, council, [values])
    return await get_rule(session, council, values["id"])


async def change_rule(
    session: Session,
    council: str,
    record: UUID,
    caller: Caller,
    precondition: Precondition,
    body: ReferenceRuleChange,
) -> ReferenceRule:
    """Change a rule. Raises Problem 403, 404, 409, 412."""
    await records.begin_change(session, council, caller)
    row = await records.lock_row(session, reference_rule, council, record, precondition)
    if body.name not in {None, row.name}:
        await records.check_name(session, reference_rule, council, "name", str(body.name))
    changes = records.pick_changes(body, exclude=["rule"])
    if body.rule is not None:
        changes["rule"] = body.rule.model_dump(mode="json")
    await records.update_row(session, reference_rule, council, row, caller, changes)
    return await get_rule(session, council, record)


def to_values(body: NewReferenceRule) -> dict[str, Any]:
    """Give the columns of a new rule."""
    return {**body.model_dump(exclude={"rule"}), "rule": body.rule.model_dump(mode="json")}


async def get_rule(session: ReadSession, council: str, record: UUID) -> ReferenceRule:
    """Get a rule. Raises Problem 404."""
    return to_model(await records.get_row(session, reference_rule, council, record))


async def list_rules(
    session: ReadSession, council: str, name: str | None, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a council's rules in the order in which they were added."""
    return await store.list_page(session, reference_rule, council, name, after, fetch)


def to_model(row: Row[Any]) -> ReferenceRule:
    """Convert a row to the API's model."""
    return ReferenceRule.model_validate(row, from_attributes=True)
