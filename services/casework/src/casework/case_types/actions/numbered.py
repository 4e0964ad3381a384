"""Versions as people look at them, by their number: drafts and retired ones too."""

from dataclasses import dataclass

from casework.calendar.actions.calendars import find_council_nation
from casework.case_types import store
from casework.case_types.actions.compiled import compile_version, load_bound
from casework.case_types.rules.bound_types import bind
from casework.model.rules.case_type import BoundType
from chassis.database import ReadSession
from chassis.problems import not_found


@dataclass(frozen=True, slots=True)
class NumberedVersion:
    """A version to look at: its state, the version of its row, and the type bound to the council."""

    state: str
    version: int
    bound: BoundType


async def get_numbered(session: ReadSession, council: str, code: str, number: str) -> NumberedVersion:
    """Get a version of a type, a draft too, bound to the council as it is now. Raises Problem 404."""
    row = await store.get_version(session, council, code, number)
    if row is None:
        raise not_found("version of this case type")
    nation = (await find_council_nation(session, council)).value
    if row.state != "draft":
        return NumberedVersion(row.state, row.version, await load_bound(council, row, nation))
    case_type = await compile_version(row.code, row.source, row.welsh)
    return NumberedVersion(row.state, row.version, bind(case_type, nation, row.parameters, row.prices))
