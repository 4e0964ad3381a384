"""Themes: what people can let others act for them in. Every council has the common ones and adds its own.

When a theme is removed, mandates in it go on until their own end: two people agreed them for a time, and
that does not change with the council's list. Open offers in it end at once.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition, refuse_without_version
from chassis.problems import conflict, not_found
from identity.mandates.rules import themes as rules
from identity.mandates.schemas.themes import NewTheme, Theme, Themes
from identity.mandates.store import themes as store

MOST_THEMES = 100
"""Themes a council may have of its own."""
_COMMON_VERSION = 1  # the version of what is in the code


async def list_themes(session: ReadSession, council: str) -> Themes:
    """List the council's themes, the common ones first."""
    council_themes = [_from_row(row) for row in await store.list_by_council(session, council)]
    raised = {row.theme: row for row in await store.list_levels(session, council)}
    common = [_common_theme(name, raised.get(name)) for name in rules.COMMON]
    return Themes(items=[*common, *council_themes])


async def get_theme(session: ReadSession, council: str, name: str) -> Theme:
    """Get a theme. Raises Problem 404."""
    if name in rules.COMMON:
        raised = {row.theme: row for row in await store.list_levels(session, council)}
        return _common_theme(name, raised.get(name))
    row = await store.get_theme(session, council, name)
    if row is None:
        raise not_found("theme of this name")
    return _from_row(row)


async def get_texts(
    session: ReadSession, themes: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], rules.Theme]:
    """Get what people read about themes, by council and name; a name without a theme has none.

    A removed theme keeps its texts, since mandates in it are still shown. It runs one statement, whatever
    the number of themes. The session may see every council afterwards. The level is the region's lowest.
    """
    texts = {theme: rules.COMMON[theme[1]] for theme in themes if theme[1] in rules.COMMON}
    council_themes = {theme for theme in themes if theme not in texts}
    if council_themes:
        await session.set_all_councils()
        for row in await store.list_by_name(session, sorted(council_themes)):
            texts[row.council, row.name] = rules.Theme(
                row.title, row.title_cy, row.description or "", row.description_cy or "", row.minimum_level
            )
    return texts


def choose_title(theme: rules.Theme, language: str) -> str:
    """Choose the title of a theme in the reader's language."""
    return theme.title_cy if language == "cy" else theme.title


def choose_description(theme: rules.Theme, language: str) -> str:
    """Choose the sentence about a theme in the reader's language; empty where the council wrote none."""
    return theme.description_cy if language == "cy" else theme.description


async def get_minimum_level(session: ReadSession, council: str, name: str) -> str:
    """Get the level that a theme needs at a council. A removed theme keeps its own."""
    if name in rules.COMMON:
        levels = [row.minimum_level for row in await store.list_levels(session, council) if row.theme == name]
        return rules.highest(rules.COMMON[name].minimum_level, levels[0] if levels else rules.LOWEST)
    rows = await store.list_by_name(session, [(council, name)])
    return str(rows[0].minimum_level) if rows else rules.LEVELS[-1]


async def lock_theme(session: Session, council: str, name: str) -> bool:
    """Tell whether the council has the theme, and keep it so until the transaction ends."""
    return name in rules.COMMON or await store.lock_theme(session, council, name)


async def put_theme(
    session: Session,
    council: str,
    caller: Caller,
    name: str,
    body: NewTheme,
    precondition: Precondition | None,
) -> tuple[Theme, bool]:
    """Create a theme, or change one if the precondition holds; the flag tells whether it is new.

    Raises Problem 409 for a common theme and for one too many, 412 when it has changed since, 428 when it
    exists and there is no precondition.
    """
    _check_not_common(name)
    values = {**body.model_dump(), "name": name, "updated_by": caller.subject, "updated_at": _now()}
    if precondition is None:
        values["minimum_level"] = body.minimum_level or rules.LOWEST
        if await store.count_themes(session, council) >= MOST_THEMES:
            raise conflict(
                "too-many-themes", f"A council has {MOST_THEMES} of its own at most. Remove one first."
            )
        row = await store.insert_theme(session, council, values)
        if row is None:
            raise refuse_without_version("theme")
        return _from_row(row), True
    while True:  # again if somebody else changes it between the two statements
        current = await get_theme(session, council, name)
        precondition.check(current.version, "theme")
        values["minimum_level"] = _check_not_lowered(current.minimum_level, body.minimum_level)
        row = await store.update_theme(session, council, name, current.version, values)
        if row is not None:
            return _from_row(row), False


async def raise_level(session: Session, council: str, caller: Caller, name: str, level: str) -> Theme:
    """Raise the level that a common theme needs at the council. Raises Problem 404, 409 for a lower one.

    Mandates that hold go on at the level they were confirmed at; offers need the new one.
    """
    current = await get_theme(session, council, name)
    if name not in rules.COMMON:
        raise conflict("own-theme", "Change the theme itself, which is the council's own.")
    _check_not_lowered(current.minimum_level, level)
    values = {"theme": name, "minimum_level": level, "updated_by": caller.subject, "updated_at": _now()}
    await store.put_level(session, council, values)
    return await get_theme(session, council, name)


async def remove_theme(session: Session, council: str, caller: Caller, name: str) -> None:
    """Remove a theme. Open offers in it end; mandates that hold go on. Raises Problem 404, 409."""
    _check_not_common(name)
    now = _now()
    if not await store.remove_theme(session, council, name, caller.subject, now):
        raise not_found("theme of this name")
    await store.end_offers(session, council, name, now)


def _check_not_common(name: str) -> None:
    if name in rules.COMMON:
        raise conflict("common-theme", "Every council of the region has this theme. Choose another name.")


def _check_not_lowered(current: str, level: str | None) -> str:
    """Give the level to write: the one sent, or the current one without. Raises Problem 409."""
    if level is not None and rules.highest(current, level) != level:
        raise conflict("level-lowered", f"The theme needs {current}, and a level is never lowered.")
    return level or current


def _common_theme(name: str, raised: Row[Any] | None) -> Theme:
    theme = rules.COMMON[name]
    return Theme(
        name=name,
        title=theme.title,
        title_cy=theme.title_cy,
        description=theme.description,
        description_cy=theme.description_cy,
        minimum_level=rules.highest(theme.minimum_level, raised.minimum_level if raised else rules.LOWEST),
        common=True,
        version=_COMMON_VERSION + (raised.version if raised else 0),
    )


def _from_row(row: Row[Any]) -> Theme:
    return Theme(
        name=row.name,
        title=row.title,
        title_cy=row.title_cy,
        description=row.description,
        description_cy=row.description_cy,
        minimum_level=row.minimum_level,
        common=False,
        version=row.version,
    )


def _now() -> datetime:
    return clock.now()
