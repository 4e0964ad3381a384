"""Which team a case goes to. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from casework.model.rules.case_type import CaseType

ANY = "*"
"""The area that stands for any other."""


class Area(NamedTuple):
    """An area that a council gave to a team; of one case type, or of any ('')."""

    case_type: str
    area: str
    team: str


def fold_area(name: str) -> str:
    """Fold an area's name or code: case and spaces do not matter."""
    return " ".join(name.casefold().split())


def choose_team(case_type: CaseType, areas: Sequence[str], rules: Iterable[Area]) -> str | None:
    """Choose the team: the council's own rules go before the type's, an area's before one for any other.

    ``areas``: folded, the one that counts most first.
    """
    by_key = {(rule.case_type, rule.area): rule.team for rule in rules}
    of_type = {fold_area(area): team for area, team in case_type.teams.areas.items()}
    for area in areas:
        team = by_key.get((case_type.code, area)) or by_key.get(("", area)) or of_type.get(area)
        if team is not None:
            return team
    fallback = by_key.get((case_type.code, ANY)) or case_type.teams.otherwise or by_key.get(("", ANY))
    return fallback or None
