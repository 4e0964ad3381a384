"""Themes: what people may let others act for them in. Some every council has, others a council adds.

What was agreed in a theme that is removed goes on until its own end: people gave their word for a time, and
a council that tidies its list does not take it back. Offers nobody has taken up yet end at once.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem, conflict, not_found
from identity.mandates import rules
from identity.mandates.schemas.themes import NewTheme, Theme, Themes
from identity.mandates.store import themes as store

MOST = 100
"""Themes a council may have of its own."""
_COMMON = 1  # the version of what is in the code


async def page(session: ReadSession, council: str) -> Themes:
    """All there are at the council."""
    own = [_show(row) for row in await store.of_council(session, council)]
    return Themes(items=[*(_common(name) for name in rules.THEMES), *own])


async def one(session: ReadSession, council: str, name: str) -> Theme:
    """Raises Problem 404."""
    if name in rules.THEMES:
        return _common(name)
    row = await store.one(session, council, name)
    if row is None:
        raise not_found("theme of this name")
    return _show(row)


async def titles(
    session: ReadSession, named: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], tuple[str, str]]:
    """The titles, English and Welsh, of themes by their council and name; none for what was never one.

    A theme that was removed has its title still: what was agreed in it is shown after it. One statement,
    whatever their number. The session may see every council afterwards.
    """
    found = {one: rules.THEMES[one[1]] for one in named if one[1] in rules.THEMES}
    own = {one for one in named if one not in found}
    if own:
        await session.across_councils()
        for row in await store.titles(session, sorted(own)):
            found[row.council, row.name] = (row.title, row.title_cy)
    return found


async def offered(session: Session, council: str, name: str) -> bool:
    """Whether somebody may be acted for in it; it stays so until the transaction ends."""
    return name in rules.THEMES or await store.held(session, council, name)


async def put(
    session: Session, council: str, caller: Caller, name: str, body: NewTheme, version: int | None
) -> tuple[Theme, bool]:
    """Make a theme, or change the one at ``version``; whether it is new.

    Raises Problem 409 for a theme every council has and for one too many, 412 when it has changed since,
    428 when there is one and no version was given.
    """
    _own(name)
    values = {**body.model_dump(), "name": name, "updated_by": caller.subject, "updated_at": _now()}
    if version is None:
        if await store.count(session, council) >= MOST:
            raise conflict("too-many-themes", f"A council has {MOST} of its own at most. Remove one first.")
        made = await store.add(session, council, values)
        if made is None:
            raise Problem(428, "version-needed", "There is such a theme. Send its ETag as If-Match.")
        return _show(made), True
    changed = await store.change(session, council, name, version, values)
    if changed is None:
        await one(session, council, name)
        raise Problem(412, "version-changed", "The theme has changed since. Read it again.")
    return _show(changed), False


async def remove(session: Session, council: str, caller: Caller, name: str) -> None:
    """Offer it no more. Open offers in it end; mandates that hold go on. Raises Problem 404, 409."""
    _own(name)
    now = _now()
    if not await store.remove(session, council, name, caller.subject, now):
        raise not_found("theme of this name")
    await store.end_offers(session, council, name, now)


def _own(name: str) -> None:
    if name in rules.THEMES:
        raise conflict("common-theme", "Every council of the region has this theme. Choose another name.")


def _common(name: str) -> Theme:
    title, title_cy = rules.THEMES[name]
    return Theme(name=name, title=title, title_cy=title_cy, common=True, version=_COMMON)


def _show(row: Row[Any]) -> Theme:
    return Theme(name=row.name, title=row.title, title_cy=row.title_cy, common=False, version=row.version)


def _now() -> datetime:
    return datetime.now(UTC)
