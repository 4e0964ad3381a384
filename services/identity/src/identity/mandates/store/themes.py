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
from identity.mandates.tables import mandate, theme

_OF_COUNCIL = theme.c.council == bindparam("council_")
_ONE = (_OF_COUNCIL, theme.c.name == bindparam("name_"))
_IN_USE = theme.c.removed_at.is_(None)
_AT = bindparam("at", type_=theme.c.updated_at.type)
_ALL = select(theme).where(_OF_COUNCIL, _IN_USE).order_by(theme.c.name)
_COUNT = select(func.count()).select_from(theme).where(_OF_COUNCIL, _IN_USE)
_FOUND = select(theme).where(*_ONE, _IN_USE)
_TITLES = select(theme.c.council, theme.c.name, theme.c.title, theme.c.title_cy).where(
    tuple_(theme.c.council, theme.c.name).in_(bindparam("named", expanding=True))
)
# Whoever offers a mandate in it holds it, so that removing it comes before the offer or ends it.
_HELD = _FOUND.with_for_update(read=True)
_NEW = upsert(theme)
_ADD = _NEW.on_conflict_do_update(
    index_elements=["council", "name"],
    set_={
        **{name: _NEW.excluded[name] for name in ("title", "title_cy", "updated_by", "updated_at")},
        "version": theme.c.version + 1,
        "removed_at": None,
    },
    where=theme.c.removed_at.is_not(None),
).returning(theme)
_CHANGE = (
    update(theme)
    .where(*_ONE, _IN_USE, theme.c.version == bindparam("version_"))
    .values(
        {name: bindparam(f"p_{name}") for name in ("title", "title_cy", "updated_by", "updated_at")}
        | {"version": theme.c.version + 1}
    )
    .returning(theme)
)
_REMOVE = (
    update(theme)
    .where(*_ONE, _IN_USE)
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
_NOTE = insert(account_history)


async def of_council(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """The council's own themes in use, in order of name."""
    return await session.all(_ALL, {"council_": council})


async def count(session: ReadSession, council: str) -> int:
    return int(await session.scalar(_COUNT, {"council_": council}))


async def one(session: ReadSession, council: str, name: str) -> Row[Any] | None:
    return await session.first(_FOUND, {"council_": council, "name_": name})


async def titles(session: ReadSession, named: Collection[tuple[str, str]]) -> Sequence[Row[Any]]:
    """What themes are called, each by its council and name; also those removed. One statement."""
    return await session.all(_TITLES, {"named": list(named)})


async def held(session: Session, council: str, name: str) -> bool:
    """Whether the theme is in use, which it stays until the transaction ends."""
    return await session.first(_HELD, {"council_": council, "name_": name}) is not None


async def add(session: Session, council: str, values: Mapping[str, Any]) -> Row[Any] | None:
    """The theme added, or taken up again; None when it is in use."""
    return await session.first(_ADD, {**values, "council": council, "version": 1})


async def change(
    session: Session, council: str, name: str, version: int, values: Mapping[str, Any]
) -> Row[Any] | None:
    """The theme after the change; None when its version is no longer ``version``."""
    bound = {f"p_{key}": value for key, value in values.items() if key != "name"}
    return await session.first(_CHANGE, {**bound, "council_": council, "name_": name, "version_": version})


async def remove(session: Session, council: str, name: str, by: str, at: datetime) -> bool:
    """Whether there was such a theme."""
    values = {"council_": council, "name_": name, "by": by, "at": at}
    return await session.first(_REMOVE, values) is not None


async def end_offers(session: Session, council: str, name: str, at: datetime) -> None:
    """End the open offers in a theme, and let those who made them read it in their history."""
    ended = await session.all(_END_OFFERS, {"council_": council, "name_": name, "at": at})
    if ended:
        shared = {"what": "mandate ended", "at": at, "council": council, "about": name}
        people: list[UUID] = [row.principal for row in ended]
        await session.execute(_NOTE, [{**shared, "account": each, "id": ids.new()} for each in people])
