"""``python -m chassis run casework install-case-types``: each council gets the types that its nation has."""

import argparse
from dataclasses import dataclass

from casework.calendar.actions.calendars import find_council_nation
from casework.case_types import store
from casework.case_types.actions.library import find_files, list_codes, load
from casework.case_types.actions.versions import publish_row
from chassis import audit, clock, ids
from chassis.commands import ExitCode, make_reporter
from chassis.database import Database, Session
from chassis.problems import Problem
from chassis.settings import Settings

_BY = "casework.install-case-types"


@dataclass(frozen=True, slots=True)
class Installed:
    """What was done for a council."""

    published: tuple[str, ...]
    nation: str


async def install_case_types(settings: Settings, arguments: list[str]) -> int:
    """Publish the types that ship for councils that have none of that code. It may run again."""
    parser = argparse.ArgumentParser(
        prog="run casework install-case-types", description=install_case_types.__doc__
    )
    parser.add_argument("--council", action="append", help="repeat it for several; without it: all")
    options = parser.parse_args(arguments)
    database = Database(settings, "casework-install", rows_secured=True)
    with make_reporter() as report:
        try:
            async with database.reading() as session:
                councils = options.council or await store.list_councils(session)
            counts = {}
            for council in councils:
                async with database.writing(council) as session:
                    counts[council] = len((await install(session, council)).published)
        except Problem as problem:
            return report.finish(ExitCode.REFUSED, "refused", why=str(problem.detail))
        finally:
            await database.close()
        return report.finish(ExitCode.DONE, "installed", **counts)


async def install(session: Session, council: str) -> Installed:
    """Publish each type of a council's nation that it has no version of. Raises Problem 409."""
    nation = (await find_council_nation(session, council)).value
    published = []
    for code in list_codes():
        case_type = load(code)
        await store.lock_case_type(session, council, code)
        if nation not in case_type.nations or await store.list_versions(session, council, code, None, 1):
            continue
        files = find_files(code)
        version = ids.new()
        values = {
            "id": version,
            "code": code,
            "number": case_type.version,
            "name": case_type.name._asdict(),
            "source": files.find(".yaml"),
            "welsh": files.find(".cy.yaml") or "",
            "parameters": {},
            "prices": {},
            "digest": case_type.digest,
            "updated_by": _BY,
            "updated_at": clock.now(),
        }
        await store.insert_version(session, council, values)
        row = await store.get_by_id(session, council, version)
        if row is not None:
            await publish_row(session, council, row, _BY)
        key = f"{code} {case_type.version}"
        await audit.record(
            session, council, audit.by_system(_BY), "published", "casework.case_type_version", key, changes={}
        )
        published.append(code)
    return Installed(tuple(published), nation)
