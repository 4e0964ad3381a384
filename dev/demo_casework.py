"""Write the demonstration councils' generated cases by the service's own actions, with the clock turned back.

Nothing is inserted that the engine would refuse. Timers and deadlines that passed since fire at their
moments, so no job is left to make up for a year. Nobody is written to: the cases have no contact, nobody
has a role with an address, and all of it is sandbox. One transaction a council: all of its cases, or none.
"""

import asyncio
import csv
import gzip
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from casework.caseload.actions.timed_acts import fire_timer, note_breach
from casework.cases.actions import cases
from casework.cases.actions.subjects import lock_subject
from casework.cases.actions.timers import FireTimer, NoteBreach
from casework.model.rules.acts import Act, ActKind, Actor
from casework.settings import Settings
from chassis import clock
from chassis.auth import Caller
from chassis.database import Database, Session
from chassis.etags import Precondition
from chassis.jobs.handlers import Job
from chassis.problems import Problem
from dev.demo_cases import Place, Step, Story, write_stories

_ANY = Precondition(None)
_NOBODY = Actor("", frozenset())  # the action fills in who acts
_PLACES = 2_000
_MOST_TIMED = 50
_IS_SEALED = text("SELECT EXISTS (SELECT FROM history_seal WHERE council = :council)")


def read_places(file: Path, postcodes: str = "") -> list[Place]:
    """Read every so manieth property of a gazetteer's file; of postcodes that begin so, where given."""
    with gzip.open(file, "rt", newline="") as rows:
        properties = [
            Place(
                int(row["uprn"]),
                " ".join(f"{row['number']} {row['streetname'].title()}".split()),
                row.get("wardcode") or row["postcode"].split()[0],  # an area, where no ward is given
            )
            for row in csv.DictReader(rows)
            if row["postcode"].startswith(postcodes) and not row["parentuprn"]
        ]
    return properties[:: max(len(properties) // _PLACES, 1)]


async def has_year(database: Database, council: str) -> bool:
    """Check whether a council's stories are written: all of them are, or none."""
    async with database.writing(council) as session:
        first = await cases.lock_case_of_submission(session, council, "sandbox", "demonstration-0")
        return first is not None


async def is_sealed(database: Database, council: str) -> bool:
    """Check whether days of a council's histories are sealed: nothing may be put into those any more."""
    async with database.reading(council) as session:
        return bool(await session.scalar(_IS_SEALED, {"council": council}))


async def write_year(database: Database, council: str, stories: Sequence[Story], now: datetime) -> int:
    """Write a council's stories unless it has them; return how many acts were refused."""
    refused = 0
    if await has_year(database, council):
        return refused
    async with database.writing(council) as session:
        for story in stories:
            try:
                await _write_story(session, council, story, now)
            except Problem:  # the story ends there
                refused += 1
    return refused


async def _write_story(session: Session, council: str, story: Story, now: datetime) -> None:
    """Write one case. Raises Problem where an act is refused; what was done before stands."""
    first, *others = story.steps
    opening = cases.Opening(
        story.code, first.action, first.fields, None, _name(story), None, story.place.uprn
    )
    with clock.reading(lambda: first.at):
        case_id = await cases.open_case(session, council, _make_caller(council, "a"), opening)
        values = {"team": story.team, "assignee": story.assignee}
        if story.team is not None:
            await cases.assign_case(session, council, _make_caller(council, "a"), case_id, _ANY, values)
    for step in others:
        await _pass_time(session, council, case_id, step.at)
        await _act(session, council, case_id, step)
    await _pass_time(session, council, case_id, now)


async def _act(session: Session, council: str, case_id: UUID, step: Step) -> None:
    kind = ActKind.TASK if step.task else ActKind.ACTION
    act = Act(
        kind=kind,
        id=step.task or step.action,
        at=step.at,
        by=_NOBODY,
        fields=step.fields,
        outcome=step.outcome,
        result=step.result,
    )
    with clock.reading(lambda: step.at):
        await cases.act_on_case(session, council, _make_caller(council, step.by), case_id, _ANY, act)


async def _pass_time(session: Session, council: str, case_id: UUID, until: datetime) -> None:
    """Fire a case's timers and note its breaches up to a moment, each at its own."""
    noted: set[tuple[str, str]] = set()
    for _ in range(_MOST_TIMED):
        locked = await lock_subject(session, council, case_id)
        state = locked[1].state if locked else None
        if state is None:
            return
        timers = [(at, "timer", name) for name, at in state.timers.items()]
        dues = [(due.at, "due", name) for name, due in state.due_dates.items()]
        waiting = [item for item in (*dues, *timers) if item[0] <= until and item[1:] not in noted]
        if not waiting:
            return
        at, kind, name = min(waiting)
        noted.add((kind, name))
        await _fire(session, council, case_id, (at, kind, name))


async def _fire(session: Session, council: str, case_id: UUID, moment: tuple[datetime, str, str]) -> None:
    at, kind, name = moment
    with clock.reading(lambda: at):
        if kind == "timer":
            timer = FireTimer(case=case_id, timer=name, due_at=at)
            await fire_timer(session, Job(0, council, timer, 0, at))
        else:
            breach = NoteBreach(case=case_id, clock=name, due_at=at)
            await note_breach(session, Job(0, council, breach, 0, at))


def _name(story: Story) -> str:
    return f"demonstration-{story.number}"


def _make_caller(council: str, officer: str) -> Caller:
    """Make the caller of an officer: software of the council's, in the sandbox."""
    name = f"demonstration-{officer}"
    scopes = frozenset({"casework:read", "casework:act"})
    return Caller(name, name, name, frozenset({council}), scopes, "sandbox", 2**31)


async def main(council: dict[str, Any]) -> None:
    """Write a council's year, unless it has it. A process has one clock, so each council has its own."""
    database = Database(Settings(), "casework-demonstration", rows_secured=True)
    now, slug = datetime.now(UTC), council["slug"]
    try:
        if await has_year(database, slug) or await is_sealed(database, slug):
            return
        places = read_places(Path(council["file"]), council["postcodes"])
        refused = await write_year(database, slug, write_stories(slug, places, now, council["number"]), now)
    finally:
        await database.close()
    print(json.dumps({"refused": refused}))


if __name__ == "__main__":
    asyncio.run(main(json.loads(os.environ.pop("DEMO_COUNCIL"))))
