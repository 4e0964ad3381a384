"""Record changes of properties and streets: history, read model and events; and lock against others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row

from address.changes.store import change_log
from address.events import (
    PropertyChanged,
    PropertyCreated,
    PropertyRetired,
    StreetChanged,
    StreetCreated,
    StreetEvent,
    StreetRetired,
)
from address.read_model import actions as read_model
from chassis import outbox
from chassis.auth import Caller
from chassis.database import Session
from chassis.events import EventData
from chassis.problems import conflict

CREATED, CHANGED, RETIRED = "created", "changed", "retired"
_STREET_EVENTS: Mapping[str, type[StreetEvent]] = {
    CREATED: StreetCreated,
    CHANGED: StreetChanged,
    RETIRED: StreetRetired,
}
Changes = Mapping[str, list[Any]]  # field: [before, after]


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """A change: the council, the caller and the day it is entered under."""

    council: str
    caller: Caller
    today: date

    @property
    def actor(self) -> str:
        return self.caller.subject


async def record(
    session: Session,
    context: ChangeContext,
    kind: str,
    changes: Mapping[int, Changes | None],
) -> None:
    """Record changes of properties whose rows are written: history, read model and events.

    ``changes`` is by UPRN, None for a new property. The caller has incremented their versions.
    """
    ordered = {uprn: changes[uprn] for uprn in sorted(changes)}
    uprns = list(ordered)
    await change_log.insert_history(session, context.council, context.actor, kind, ordered)
    await read_model.rewrite(session, context.council, uprns)
    states = await change_log.list_states(session, context.council, uprns)
    events = (
        outbox.Event(_property_event(kind, state, ordered[state.uprn]), str(state.uprn), state.version)
        for state in states
    )
    await outbox.add_all(session, events, council=context.council)
    await change_log.set_last_update(session, context.council, context.today)


async def record_dependent(
    session: Session, context: ChangeContext, changes: Mapping[int, Changes | None]
) -> None:
    """Record changes that leave the properties' own rows as they are, incrementing their versions first."""
    await change_log.increment_versions(session, context.council, list(changes), context.today)
    await record(session, context, CHANGED, changes)


async def record_street(
    session: Session,
    context: ChangeContext,
    kind: str,
    street: Mapping[str, Any],
    version: int,
    changes: Changes | None,
) -> None:
    """Record a change of a street whose rows are written: history and event.

    ``street`` has ``usrn``, ``description``, ``locality`` and ``town`` as they are now.
    """
    usrn = street["usrn"]
    await change_log.insert_street_history(
        session, context.council, usrn, version, context.actor, kind, changes
    )
    data = {**street, "usrn": str(usrn), "description": street["description"] or ""}
    if kind == CHANGED:
        data["changed"] = sorted(changes or {})
    await outbox.add(
        session, _STREET_EVENTS[kind](**data), council=context.council, subject=str(usrn), sequence=version
    )
    await change_log.set_last_update(session, context.council, context.today)


def _property_event(kind: str, state: Row[Any], changes: Changes | None) -> EventData:
    data: dict[str, Any] = {
        "uprn": str(state.uprn),
        "easting": float(state.easting),
        "northing": float(state.northing),
        "postcode": state.postcode,
        "logical_status": state.logical_status,
        "classification": state.classification,
    }
    if kind == CREATED:
        return PropertyCreated(**data)
    if kind == RETIRED:
        return PropertyRetired(**data, successors=(changes or {}).get("successors", [[], []])[1])
    return PropertyChanged(**data, changed=sorted(changes or {}))


async def lock_exclusive(session: Session, council: str) -> None:
    """Lock the council's gazetteer for a larger change. Raise Problem 409 while a file is being loaded."""
    if not await change_log.lock_out_loads(session, council):
        raise conflict(
            "load-running", "A file is being loaded into this gazetteer. Try again when it is done."
        )
    await change_log.lock_structure(session, council)
