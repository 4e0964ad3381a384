"""Find the team that a case goes to."""

from collections.abc import Sequence

from casework.model.rules.case_type import CaseType
from casework.teams import store
from casework.teams.rules import ANY, Area, choose_team, fold_area
from chassis.database import ReadSession


async def find_team(
    session: ReadSession, council: str, case_type: CaseType, areas: Sequence[str]
) -> str | None:
    """Find the team of a case in these areas, the one that counts most first; None: it goes to nobody."""
    folded = [fold_area(area) for area in areas]
    rows = await store.list_rules(session, council, ["", case_type.code], [*folded, ANY])
    rules = [Area(row.case_type, row.area, row.team) for row in rows]
    return choose_team(case_type, folded, rules)
