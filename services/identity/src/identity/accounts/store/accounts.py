"""Accounts and the addresses that reach them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.accounts.tables import account, account_email, account_phone, browser_session, known_browser
from identity.verification.tables import one_time_code

_BY_EMAIL = (
    select(account.c.id, account.c.language, account_email.c.address)
    .join(account_email, account_email.c.account == account.c.id)
    .where(account_email.c.canonical == bindparam("canonical_"), account.c.status == "active")
)
_ONE = (
    select(
        account.c.id,
        account.c.language,
        account.c.version,
        account.c.created_at,
        account_email.c.address,
        account_phone.c.number.label("phone"),
    )
    .outerjoin(account_email, account_email.c.account == account.c.id)
    .outerjoin(account_phone, account_phone.c.account == account.c.id)
    .where(account.c.id == bindparam("id_"), account.c.status == "active")
)
_ADD = insert(account)
_ADD_EMAIL = upsert(account_email).on_conflict_do_nothing().returning(account_email.c.account)
_CHANGE_EMAIL = (
    upsert(account_email)
    .values({c: bindparam(c) for c in ("account", "address", "canonical", "verified_at")})
    .on_conflict_do_update(
        index_elements=["account"],
        set_={c: bindparam(c) for c in ("address", "canonical", "verified_at")},
    )
)
_BUMP = (
    update(account)
    .where(account.c.id == bindparam("id_"), account.c.status == "active")
    .values(version=account.c.version + 1)
    .returning(account.c.version)
)
_LANGUAGE = update(account).where(account.c.id == bindparam("id_")).values(language=bindparam("language_"))
_CLOSE = (
    update(account)
    .where(account.c.id == bindparam("id_"), account.c.status == "active")
    .values(status="closed", closed_at=bindparam("at"), version=account.c.version + 1)
    .returning(account.c.version)
)
_PERSONAL = (
    account_email,
    account_phone,
    known_browser,
    one_time_code,
)
_ERASE = tuple(delete(table).where(table.c.account == bindparam("account_")) for table in _PERSONAL)
_FORGET_DEVICES = (
    update(browser_session).where(browser_session.c.account == bindparam("account_")).values(device="")
)
_KNOWS = select(known_browser.c.account).where(
    known_browser.c.account == bindparam("account_"), known_browser.c.browser == bindparam("browser_")
)
_SEEN_IN = select(
    func.count().label("browsers"),
    func.count().filter(known_browser.c.browser == bindparam("browser_")).label("here"),
).where(known_browser.c.account == bindparam("account_"))
_MEET = upsert(known_browser)
_GET_TO_KNOW = _MEET.on_conflict_do_update(
    index_elements=["account", "browser"], set_={"seen_at": _MEET.excluded.seen_at}
)


async def by_email(session: ReadSession, canonical: str) -> Row[Any] | None:
    """The active account an address reaches: ``id``, ``language``, ``address``."""
    return await session.first(_BY_EMAIL, {"canonical_": canonical})


async def one(session: ReadSession, account_id: UUID) -> Row[Any] | None:
    """An active account with its ``address`` and ``phone`` (each null when it has none)."""
    return await session.first(_ONE, {"id_": account_id})


async def add(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD, values)


async def add_email(session: Session, values: Mapping[str, Any]) -> bool:
    """False when the address reaches another account already."""
    return await session.scalar(_ADD_EMAIL, dict(values)) is not None


async def change_email(session: Session, values: Mapping[str, Any]) -> None:
    """Raises IntegrityError when the address reaches another account already."""
    async with session.connection.begin_nested():
        await session.execute(_CHANGE_EMAIL, dict(values))


async def bump(session: Session, account_id: UUID) -> int | None:
    """The account's next version; None when it is closed."""
    version: int | None = await session.scalar(_BUMP, {"id_": account_id})
    return version


async def set_language(session: Session, account_id: UUID, language: str) -> None:
    await session.execute(_LANGUAGE, {"id_": account_id, "language_": language})


async def close(session: Session, account_id: UUID, at: datetime) -> int | None:
    """Its last version; None when it was closed before."""
    version: int | None = await session.scalar(_CLOSE, {"id_": account_id, "at": at})
    return version


async def erase(session: Session, account_id: UUID) -> None:
    """Erase what is personal of the account itself: addresses, numbers, browsers, codes, names of devices."""
    for statement in _ERASE:
        await session.execute(statement, {"account_": account_id})
    await session.execute(_FORGET_DEVICES, {"account_": account_id})


async def knows(session: ReadSession, account_id: UUID, browser: bytes) -> bool:
    """Whether the account was signed in in this browser before."""
    return await session.first(_KNOWS, {"account_": account_id, "browser_": browser}) is not None


async def is_new_browser(session: ReadSession, account_id: UUID, browser: bytes) -> bool:
    """Whether the account was used in others before, but not in this one."""
    row = await session.first(_SEEN_IN, {"account_": account_id, "browser_": browser})
    return row is not None and row.browsers > 0 and row.here == 0


async def get_to_know(session: Session, account_id: UUID, browser: bytes, at: datetime) -> None:
    await session.execute(_GET_TO_KNOW, {"account": account_id, "browser": browser, "seen_at": at})
