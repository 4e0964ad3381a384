"""Accounts: create, read, change and close them; announce and record what changes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids, outbox
from chassis.database import ReadSession, Session
from chassis.events import EventData
from identity.accounts.actions import emails, sessions
from identity.accounts.store import accounts as store
from identity.events import AccountChanged, AccountClosed, AccountCreated
from identity.grants.actions import grants, history
from identity.shared.rules import email_addresses
from identity.shared.tables import REGION
from identity.verification.actions.context import AuthContext

_FIRST = 1

Eraser = Callable[[Session, UUID], Awaitable[None]]
"""Ends and erases what another domain holds of an account that closes."""


async def get(session: ReadSession, account: UUID) -> Row[Any] | None:
    """Get an active account: ``language``, ``address`` and ``phone`` (or null), ``created_at``."""
    return await store.get(session, account)


async def get_by_email(session: ReadSession, canonical: str) -> Row[Any] | None:
    """Get the active account that an address reaches: ``id``, ``language``, ``address``."""
    return await store.get_by_email(session, canonical)


async def list_upstream_councils(session: ReadSession, account: UUID) -> Sequence[str]:
    """List the councils whose upstreams sign an account in. The session sees every council afterwards."""
    await session.set_all_councils()
    return await store.list_upstream_councils(session, account)


async def create(
    session: Session,
    auth: AuthContext,
    language: str,
    address: str | None = None,
    *,
    account: UUID | None = None,
) -> UUID | None:
    """Create an account, with a verified address; None when that reaches another account.

    ``account``: the id it gets, if the caller needs it before.
    """
    now, account = auth.now(), account or ids.new()
    if address is not None and not await store.add_email(session, email_values(account, address, auth)):
        return None
    values = {"id": account, "status": "active", "language": language, "version": _FIRST, "created_at": now}
    await store.add(session, values)
    await _publish(session, account, AccountCreated(account=ids.show(account)), _FIRST)
    await record_event(session, auth, account, "opened")
    return account


def email_values(account: UUID, address: str, auth: AuthContext) -> dict[str, Any]:
    """The row of a verified address."""
    canonical = email_addresses.normalise(address)
    return {"account": account, "address": address, "canonical": canonical, "verified_at": auth.now()}


async def record_change(
    session: Session, auth: AuthContext, account: UUID, change: str, *, notice: str | None = None
) -> None:
    """Announce a ``change`` of the account: an event, the history, an e-mail (to ``notice``, if given)."""
    version = await store.increment_version(session, account)
    row = await store.get(session, account)
    if version is None or row is None:
        return
    event = AccountChanged(account=ids.show(account), changed=[change.partition(" ")[0]])
    await _publish(session, account, event, version)
    await record_event(session, auth, account, change)
    if (address := notice or row.address) is not None:
        await emails.send_change(session, address, row.language, change)


async def record_event(
    session: Session, auth: AuthContext, account: UUID, change: str, *, device: str = ""
) -> None:
    """Record what happened in the history of the account."""
    await history.record_event(session, account, change, auth.now(), device=device)


async def set_language(session: Session, account: UUID, language: str) -> None:
    """Set the language of an account's pages and e-mails."""
    await store.set_language(session, account, language)


async def close(session: Session, auth: AuthContext, account: UUID, erasers: Sequence[Eraser]) -> None:
    """Close an account: everything personal is erased, every session and token ends.

    ``erasers`` end and erase what other domains hold of the account. What stays is its id, which records of
    councils name, and its history of bare facts.
    """
    row = await store.get(session, account)
    version = await store.close(session, account, auth.now())
    if row is None or version is None:
        return
    await sessions.end_all(session, account, "account-closed")
    await grants.revoke_by_account(session, account)
    for erase in erasers:
        await erase(session, account)
    await store.erase(session, account)
    await history.anonymise(session, account)
    await record_event(session, auth, account, "closed")
    await _publish(session, account, AccountClosed(account=ids.show(account)), version)
    if row.address is not None:
        await emails.send_closed(session, row.address, row.language)


async def _publish(session: Session, account: UUID, event: EventData, version: int) -> None:
    await outbox.add(session, event, council=REGION, subject=ids.show(account), sequence=version)
