"""Accounts and the addresses that reach them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.accounts.tables import (
    account,
    account_email,
    account_phone,
    browser_session,
    known_browser,
    upstream_account,
)
from identity.verification.tables import one_time_code

_GET_BY_EMAIL = (
    select(account.c.id, account.c.language, account_email.c.address)
    .join(account_email, account_email.c.account == account.c.id)
    .where(account_email.c.canonical == bindparam("canonical_"), account.c.status == "active")
)
_GET = (
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
_UPSTREAM_COUNCILS = (
    select(upstream_account.c.council).where(upstream_account.c.account == bindparam("account_")).distinct()
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
_INCREMENT_VERSION = (
    update(account)
    .where(account.c.id == bindparam("id_"), account.c.status == "active")
    .values(version=account.c.version + 1)
    .returning(account.c.version)
)
_SET_LANGUAGE = (
    update(account).where(account.c.id == bindparam("id_")).values(language=bindparam("language_"))
)
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
_KNOWS_BROWSER = select(known_browser.c.account).where(
    known_browser.c.account == bindparam("account_"), known_browser.c.browser == bindparam("browser_")
)
_COUNT_BROWSERS = select(
    func.count().label("browsers"),
    func.count().filter(known_browser.c.browser == bindparam("browser_")).label("here"),
).where(known_browser.c.account == bindparam("account_"))
_ADD_BROWSER = upsert(known_browser)
_REMEMBER_BROWSER = _ADD_BROWSER.on_conflict_do_update(
    index_elements=["account", "browser"], set_={"seen_at": _ADD_BROWSER.excluded.seen_at}
)


async def get_by_email(session: ReadSession, canonical: str) -> Row[Any] | None:
    """Get the active account that an address reaches: ``id``, ``language``, ``address``."""
    return await session.first(_GET_BY_EMAIL, {"canonical_": canonical})


async def get(session: ReadSession, account_id: UUID) -> Row[Any] | None:
    """Get an active account with its ``address`` and ``phone`` (each null when it has none)."""
    return await session.first(_GET, {"id_": account_id})


async def list_upstream_councils(session: ReadSession, account_id: UUID) -> Sequence[str]:
    """List the councils with an upstream that the account is linked with. The session sees every council."""
    return [row.council for row in await session.all(_UPSTREAM_COUNCILS, {"account_": account_id})]


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert an account."""
    await session.execute(_ADD, values)


async def add_email(session: Session, values: Mapping[str, Any]) -> bool:
    """Insert the address of an account; false when it reaches another account already."""
    return await session.scalar(_ADD_EMAIL, dict(values)) is not None


async def change_email(session: Session, values: Mapping[str, Any]) -> None:
    """Set the address of an account. Raises IntegrityError when it reaches another account already."""
    async with session.connection.begin_nested():
        await session.execute(_CHANGE_EMAIL, dict(values))


async def increment_version(session: Session, account_id: UUID) -> int | None:
    """Increment the version of an account and return it; None when it is closed."""
    version: int | None = await session.scalar(_INCREMENT_VERSION, {"id_": account_id})
    return version


async def set_language(session: Session, account_id: UUID, language: str) -> None:
    """Set the language of an account."""
    await session.execute(_SET_LANGUAGE, {"id_": account_id, "language_": language})


async def close(session: Session, account_id: UUID, at: datetime) -> int | None:
    """Mark an account as closed: returns its last version; None when it was closed before."""
    version: int | None = await session.scalar(_CLOSE, {"id_": account_id, "at": at})
    return version


async def erase(session: Session, account_id: UUID) -> None:
    """Erase what is personal of the account itself: addresses, numbers, browsers, codes, names of devices."""
    for statement in _ERASE:
        await session.execute(statement, {"account_": account_id})
    await session.execute(_FORGET_DEVICES, {"account_": account_id})


async def knows_browser(session: ReadSession, account_id: UUID, browser: bytes) -> bool:
    """Tell whether the account was signed in in this browser before."""
    return await session.first(_KNOWS_BROWSER, {"account_": account_id, "browser_": browser}) is not None


async def is_new_browser(session: ReadSession, account_id: UUID, browser: bytes) -> bool:
    """Tell whether the account was signed in in other browsers before, but not in this one."""
    row = await session.first(_COUNT_BROWSERS, {"account_": account_id, "browser_": browser})
    return row is not None and row.browsers > 0 and row.here == 0


async def remember_browser(session: Session, account_id: UUID, browser: bytes, at: datetime) -> None:
    """Insert or update the browser of an account."""
    await session.execute(_REMEMBER_BROWSER, {"account": account_id, "browser": browser, "seen_at": at})
