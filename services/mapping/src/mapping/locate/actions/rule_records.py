"""The rules of who looks after what: written by a council's staff, each change in the audit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import FieldError, Problem, not_found
from mapping.locate.actions import Sources
from mapping.locate.rules.responsibilities import Rule
from mapping.locate.schemas import RuleBody, RuleView
from mapping.locate.store import responsibilities as store

_AGGREGATE = "mapping.responsibility_rule"
_MOST_RULES = 500  # of a council: they are read whole
_FIRST = UUID(int=0)
_COLUMNS = tuple(RuleBody.model_fields)


async def read_rules(session: ReadSession, council: str) -> list[Rule]:
    """Read all rules of a council."""
    rows = await store.list_rules(session, council, _FIRST, _MOST_RULES)
    return [
        Rule(
            row.id,
            row.position,
            row.report_kind,
            row.layer,
            row.within_metres,
            row.property_name,
            tuple(row.property_values),
            row.body,
            row.contact,
            row.version,
        )
        for row in rows
    ]


async def list_views(session: ReadSession, sources: Sources, after: UUID | None, most: int) -> list[RuleView]:
    """List rules after an id, in the order in which they were created."""
    rows = await store.list_rules(session, sources.council, after or _FIRST, most)
    return [_show(sources, row) for row in rows]


async def get_view(session: ReadSession, sources: Sources, rule: UUID) -> RuleView:
    """Get a rule. Raises Problem 404."""
    row = await store.get_rule(session, sources.council, rule)
    if row is None:
        raise _not_found(rule)
    return _show(sources, row)


async def create_rule(session: Session, sources: Sources, caller: Caller, body: RuleBody) -> RuleView:
    """Create a rule. Raises Problem 400 for an unknown layer, 409 when the council has 500 rules."""
    council = sources.council
    if await store.count_rules(session, council) >= _MOST_RULES:
        detail = f"A council has at most {_MOST_RULES} rules. Delete some, or write one over a layer."
        raise Problem(409, "too-many-rules", detail)
    rule, values = ids.new(), _to_columns(sources, body)
    await store.insert_rule(session, {**values, "council": council, "id": rule, "version": 1})
    await _record(session, council, caller, "rule-created", rule, {}, values)
    return await get_view(session, sources, rule)


async def change_rule(
    session: Session, sources: Sources, caller: Caller, rule: UUID, if_match: Precondition, body: RuleBody
) -> RuleView:
    """Write a rule in place of what it was. Raises Problem 400, 404 and 412."""
    council = sources.council
    before = await _lock(session, council, rule, if_match)
    values = _to_columns(sources, body)
    await store.update_rule(session, council, rule, values)
    await _record(session, council, caller, "rule-changed", rule, before, values)
    return await get_view(session, sources, rule)


async def delete_rule(
    session: Session, council: str, caller: Caller, rule: UUID, if_match: Precondition
) -> None:
    """Delete a rule. Raises Problem 404 and 412."""
    before = await _lock(session, council, rule, if_match)
    await store.delete_rule(session, council, rule)
    await _record(session, council, caller, "rule-deleted", rule, before, {})


def _to_columns(sources: Sources, body: RuleBody) -> dict[str, Any]:
    """Make the columns of a rule; its layer is kept by id, which no renaming changes."""
    values = body.model_dump()
    if body.layer is not None:
        layer = sources.snapshots.layer(sources.council, body.layer)
        if layer is None:
            message = "is no published layer of this council"
            error = FieldError(field="body.layer", message=message, code="unknown_layer")
            raise Problem(400, "invalid-request", "The layer is not known; see errors.", errors=[error])
        values["layer"] = layer.id
    return values


async def _lock(session: Session, council: str, rule: UUID, if_match: Precondition) -> dict[str, Any]:
    row = await store.lock_rule(session, council, rule)
    if row is None:
        raise _not_found(rule)
    if_match.check(row.version, "rule")
    return {name: getattr(row, name) for name in _COLUMNS}


async def _record(
    session: Session,
    council: str,
    caller: Caller,
    act: str,
    rule: UUID,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    changes = audit.compare(_printable(before), _printable(after))
    by = audit.by_staff(caller)
    await audit.record(session, council, by, act, _AGGREGATE, ids.show(rule), changes=changes)


def _printable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: ids.show(value) if isinstance(value, UUID) else value for name, value in values.items()}


def _show(sources: Sources, row: Row[Any]) -> RuleView:
    """Show a rule with its layer's name as it is now; with its id where the layer is not known any more."""
    columns = {name: getattr(row, name) for name in ("id", "version", *_COLUMNS)}
    if row.layer is not None:
        layer = sources.snapshots.layer_by_id(row.layer)
        columns["layer"] = ids.show(row.layer) if layer is None else layer.name
    return RuleView(**columns)


def _not_found(rule: UUID) -> Problem:
    return not_found(f"rule {ids.show(rule)}")
