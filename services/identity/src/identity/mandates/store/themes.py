"""The themes a council has of its own."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import ids
from chassis.database import ReadSession, Session
from identity.grants.tables import account_history
from identity.mandates.tables import mandate, theme, theme_level

_TEXTS_AND_LEVEL = (
    "title", "title_cy", "description", "description_cy", "minimum_level", "updated_by", "updated_at",
)  # fmt: skip
_OF_COUNCIL = theme.c.council == bindparam("council_")
_THIS = (_OF_COUNCIL, theme.c.name == bindparam("name_"))
_IN_USE = theme.c.removed_at.is_(None)
_AT = bindparam("at", type_=theme.c.updated_at.type)
_BY_COUNCIL = select(theme).where(_OF_COUNCIL, _IN_USE).order_by(theme.c.name)
_COUNT = select(func.count()).select_from(theme).where(_OF_COUNCIL, _IN_USE)
_GET = select(theme).where(*_THIS, _IN_USE)
_TEXTS = select(theme).where(tuple_(theme.c.council, theme.c.name).in_(bindparam("named", expanding=True)))
_LEVELS = select(theme_level).where(theme_level.c.council == bindparam("council_"))
_NEW_LEVEL = upsert(theme_level)
# Levels are in order as texts too. The greater one stays, so that no later change lowers it.
_PUT_LEVEL = _NEW_LEVEL.on_conflict_do_update(
    index_elements=["council", "theme"],
    set_={
        **{name: _NEW_LEVEL.excluded[name] for name in ("updated_by", "updated_at")},
        "minimum_level": func.greatest(theme_level.c.minimum_level, _NEW_LEVEL.excluded.minimum_level),
        "version": theme_level.c.version + 1,
    },
)
# An offer locks its theme, so that removing the theme either comes first or ends the offer.
_LOCK = _GET.with_for_update(read=True)
_NEW = upsert(theme)
_ADD = _NEW.on_conflict_do_update(
    index_elements=["council", "name"],
    set_={
        **{name: _NEW.excluded[name] for name in _TEXTS_AND_LEVEL},
        "minimum_level": func.greatest(theme.c.minimum_level, _NEW.excluded.minimum_level),
        "version": theme.c.version + 1,
        "removed_at": None,
    },
    where=theme.c.removed_at.is_not(None),
).returning(theme)
_UPDATE = (
    update(theme)
    .where(*_THIS, _IN_USE, theme.c.version == bindparam("version_"))
    .values({name: bindparam(f"p_{name}") for name in _TEXTS_AND_LEVEL} | {"version": theme.c.version + 1})
    .returning(theme)
)
_REMOVE = (
    update(theme)
    .where(*_THIS, _IN_USE)
    .values(removed_at=_AT, updated_at=_AT, updated_by=bindparam("by"), version=theme.c.version + 1)
    .returning(theme.c.name)
)
_END_OFFERS = (
    update(mandate)
    .where(
        mandate.c.council == bindparam("council_"),
        mandate.c.theme == bindparam("name_"),
        mandate.c.status == "offered",
        mandate.c.offer_ends_at > _AT,
    )
    .values(status="revoked", ended_by="council", ended_at=_AT, version=mandate.c.version + 1)
    .returning(mandate.c.principal)
)
_ADD_HISTORY = insert(account_history)


async def list_by_council(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List the council's own themes, in order of name; not those removed."""
    return await session.all(_BY_COUNCIL, {"council_": council})


async def count_themes(session: ReadSession, council: str) -> int:
    """Count the council's own themes."""
    return int(await session.scalar(_COUNT, {"council_": council}))


async def get_theme(session: ReadSession, council: str, name: str) -> Row[Any] | None:
    """Get a theme of the council's own; None for one that was removed."""
    return await session.first(_GET, {"council_": council, "name_": name})


async def list_by_name(session: ReadSession, themes: Collection[tuple[str, str]]) -> Sequence[Row[Any]]:
    """List themes by council and name, removed ones too, in one statement."""
    return await session.all(_TEXTS, {"named": list(themes)})


async def list_levels(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List the levels of common themes that the council has raised."""
    return await session.all(_LEVELS, {"council_": council})


async def put_level(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Write the level of a common theme, unless it is higher already."""
    await session.execute(_PUT_LEVEL, {**values, "council": council, "version": 1})


async def lock_theme(session: Session, council: str, name: str) -> bool:
    """Tell whether there is such a theme, and keep it so until the transaction ends."""
    return await session.first(_LOCK, {"council_": council, "name_": name}) is not None


async def insert_theme(session: Session, council: str, values: Mapping[str, Any]) -> Row[Any] | None:
    """Add a theme, or bring back a removed one; None when there is one of this name."""
    return await session.first(_ADD, {**values, "council": council, "version": 1})


async def update_theme(
    session: Session, council: str, name: str, version: int, values: Mapping[str, Any]
) -> Row[Any] | None:
    """Change the theme at ``version``; None when it has another version by now."""
    bound = {f"p_{key}": value for key, value in values.items() if key != "name"}
    return await session.first(_UPDATE, {**bound, "council_": council, "name_": name, "version_": version})


async def remove_theme(session: Session, council: str, name: str, by: str, at: datetime) -> bool:
    """Mark a theme as removed; false when there is none."""
    values = {"council_": council, "name_": name, "by": by, "at": at}
    return await session.first(_REMOVE, values) is not None


async def end_offers(session: Session, council: str, name: str, at: datetime) -> None:
    """End the open offers in a theme, and record it in the history of those who made them."""
    rows = await session.all(_END_OFFERS, {"council_": council, "name_": name, "at": at})
    if rows:
        entry = {"what": "mandate ended", "at": at, "council": council, "about": name}
        principals: list[UUID] = [row.principal for row in rows]
        await session.execute(
            _ADD_HISTORY, [{**entry, "account": principal, "id": ids.new()} for principal in principals]
        )
