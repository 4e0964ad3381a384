"""Themes: what people can let others act for them in. Every council has the common ones and adds its own.

When a theme is removed, mandates in it go on until their own end: two people agreed them for a time, and
that does not change with the council's list. Open offers in it end at once.
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

MOST_THEMES = 100
"""Themes a council may have of its own."""
_COMMON_VERSION = 1  # the version of what is in the code


async def list_themes(session: ReadSession, council: str) -> Themes:
    """List the council's themes, the common ones first."""
    council_themes = [_from_row(row) for row in await store.list_by_council(session, council)]
    return Themes(items=[*(_common_theme(name) for name in rules.THEMES), *council_themes])


async def get_theme(session: ReadSession, council: str, name: str) -> Theme:
    """Get a theme. Raises Problem 404."""
    if name in rules.THEMES:
        return _common_theme(name)
    row = await store.get_theme(session, council, name)
    if row is None:
        raise not_found("theme of this name")
    return _from_row(row)


async def get_titles(
    session: ReadSession, themes: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Get the English and Welsh titles of themes by council and name; a name without a theme has none.

    A removed theme keeps its title, since mandates in it are still shown. It runs one statement, whatever
    the number of themes. The session may see every council afterwards.
    """
    titles = {theme: rules.THEMES[theme[1]] for theme in themes if theme[1] in rules.THEMES}
    council_themes = {theme for theme in themes if theme not in titles}
    if council_themes:
        await session.set_all_councils()
        for row in await store.list_titles(session, sorted(council_themes)):
            titles[row.council, row.name] = (row.title, row.title_cy)
    return titles


async def lock_theme(session: Session, council: str, name: str) -> bool:
    """Tell whether the council has the theme, and keep it so until the transaction ends."""
    return name in rules.THEMES or await store.lock_theme(session, council, name)


async def put_theme(
    session: Session, council: str, caller: Caller, name: str, body: NewTheme, version: int | None
) -> tuple[Theme, bool]:
    """Create a theme, or change the one at ``version``; the flag tells whether it is new.

    Raises Problem 409 for a common theme and for one too many, 412 when it has changed since, 428 when it
    exists and no version was given.
    """
    _check_not_common(name)
    values = {**body.model_dump(), "name": name, "updated_by": caller.subject, "updated_at": _now()}
    if version is None:
        if await store.count_themes(session, council) >= MOST_THEMES:
            raise conflict(
                "too-many-themes", f"A council has {MOST_THEMES} of its own at most. Remove one first."
            )
        row = await store.insert_theme(session, council, values)
        if row is None:
            raise Problem(428, "version-needed", "There is such a theme. Send its ETag as If-Match.")
        return _from_row(row), True
    row = await store.update_theme(session, council, name, version, values)
    if row is None:
        await get_theme(session, council, name)
        raise Problem(412, "version-changed", "The theme has changed since. Read it again.")
    return _from_row(row), False


async def remove_theme(session: Session, council: str, caller: Caller, name: str) -> None:
    """Remove a theme. Open offers in it end; mandates that hold go on. Raises Problem 404, 409."""
    _check_not_common(name)
    now = _now()
    if not await store.remove_theme(session, council, name, caller.subject, now):
        raise not_found("theme of this name")
    await store.end_offers(session, council, name, now)


def _check_not_common(name: str) -> None:
    if name in rules.THEMES:
        raise conflict("common-theme", "Every council of the region has this theme. Choose another name.")


def _common_theme(name: str) -> Theme:
    title, title_cy = rules.THEMES[name]
    return Theme(name=name, title=title, title_cy=title_cy, common=True, version=_COMMON_VERSION)


def _from_row(row: Row[Any]) -> Theme:
    return Theme(name=row.name, title=row.title, title_cy=row.title_cy, common=False, version=row.version)


def _now() -> datetime:
    return datetime.now(UTC)
