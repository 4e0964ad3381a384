"""Who is given the next case. Pure."""

from collections.abc import Collection, Mapping, Sequence


def choose_assignee(
    members: Sequence[str], able: Collection[str], loads: Mapping[str, int], last: str | None
) -> str | None:
    """Choose who of a team has the fewest open cases; of several the next in turn after who was last.

    ``able``: those who may do it and are not away. ``loads``: open cases of each; none where there is none.
    """
    start = members.index(last) + 1 if last in members else 0
    turns = [*members[start:], *members[:start]]
    candidates = [member for member in turns if member in able]
    return min(candidates, key=lambda member: loads.get(member, 0), default=None)
