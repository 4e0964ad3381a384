"""One change, whoever makes it and of however many properties: the same history, read model and events."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from address.changes.store import change_log
from address.events import PropertyChanged, PropertyCreated, PropertyRetired
from chassis.auth import Caller
from chassis.database import Session
from chassis.events import EventData, wrap
from chassis.problems import Problem, conflict

CREATED, CHANGED, RETIRED = "created", "changed", "retired"
_SOURCE = "urn:townhall:address"
_AT_A_TIME = 500  # events made before others get their turn
Changes = Mapping[str, list[Any]]  # field: [before, after]


@dataclass(frozen=True, slots=True)
class Act:
    """Whose gazetteer is changed, by whom, and the day it is entered under."""

    council: str
    caller: Caller
    today: date

    @property
    def actor(self) -> str:
        return self.caller.subject


async def record(
    session: Session,
    act: Act,
    kind: str,
    changes: Mapping[int, Changes | None],
    old_groups: Sequence[UUID] = (),
) -> None:
    """Keep, show and tell changes of properties whose rows are written, their versions moved on.

    ``changes`` is by UPRN, None for a property that is new; ``old_groups`` are those they were in before.
    """
    ordered = {uprn: changes[uprn] for uprn in sorted(changes)}
    uprns = list(ordered)
    await change_log.remember(session, act.council, act.actor, kind, ordered)
    await change_log.project(session, act.council, uprns, old_groups)
    states = await change_log.states(session, act.council, uprns)
    told = [(_event(kind, state, ordered[state.uprn]), str(state.uprn), state.version) for state in states]
    await announce(session, act.council, told)
    await change_log.edited(session, act.council, act.today)


async def announce(session: Session, council: str, events: Iterable[tuple[EventData, str, int]]) -> None:
    """Publish events (data, subject, sequence) when this transaction commits, as ``outbox.add`` does."""
    rows: list[dict[str, Any]] = []
    for data, subject, sequence in events:
        envelope = wrap(data, source=_SOURCE, council=council, subject=subject, sequence=sequence)
        rows.append(
            {
                "council": council,
                "event_id": envelope.id,
                "nats_subject": data.nats_subject(council),
                "envelope": envelope.model_dump_json(exclude_none=True),
            }
        )
        if len(rows) % _AT_A_TIME == 0:
            await asyncio.sleep(0)
    if rows:
        await change_log.publish(session, rows)


def _event(kind: str, state: Row[Any], changes: Changes | None) -> EventData:
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


def check_version(seen: set[int], version: int, what: str) -> None:
    """Raises Problem 412 when the version is not among those the caller has seen."""
    if version not in seen:
        detail = f"The {what} is at version {version} now. Read it again, then repeat the change."
        raise Problem(412, "stale-version", detail, headers={"ETag": f'"{version}"'})


async def alone(session: Session, council: str) -> None:
    """Make the council's larger changes one by one. Raises Problem 409 while a file is being loaded."""
    if not await change_log.no_load(session, council):
        raise conflict(
            "load-running", "A file is being loaded into this gazetteer. Try again when it is done."
        )
    await change_log.alone(session, council)
