"""Accounts of people: opened, reached by another address, in another language, closed."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis import ids, outbox
from chassis.database import ReadSession, Session
from chassis.events import EventData
from identity.actions import codes, grants, history, letters, mandates, proofs, sessions, staff
from identity.actions.people import People, Visitor
from identity.events import AccountChanged, AccountClosed, AccountCreated
from identity.rules import addresses
from identity.rules.limits import CODES_FOR_ADDRESS, CODES_FROM_NETWORK
from identity.store import accounts as store
from identity.store import upstreams
from identity.tables import REGION

_FIRST = 1


async def one(session: ReadSession, account: UUID) -> Row[Any] | None:
    """An active account: ``language``, ``address`` and ``phone`` (or null), ``created_at``."""
    return await store.one(session, account)


async def open_account(
    session: Session, people: People, language: str, address: str | None = None
) -> UUID | None:
    """A new account, with the address it has proven to read; None when that reaches another account."""
    now, made = people.now(), ids.new()
    if address is not None and not await store.add_email(session, _email(made, address, people)):
        return None
    values = {"id": made, "status": "active", "language": language, "version": _FIRST, "created_at": now}
    await store.add(session, values)
    await _tell(session, made, AccountCreated(account=ids.show(made)), _FIRST)
    await record(session, people, made, "opened")
    return made


def _email(account: UUID, address: str, people: People) -> dict[str, Any]:
    canonical = addresses.canonical(address)
    return {"account": account, "address": address, "canonical": canonical, "verified_at": people.now()}


async def changed(
    session: Session, people: People, account: UUID, what: str, *, notice: str | None = None
) -> None:
    """Say that ``what`` has changed: an event, the history, a letter (to ``notice``, if given)."""
    version = await store.bump(session, account)
    row = await store.one(session, account)
    if version is None or row is None:
        return
    event = AccountChanged(account=ids.show(account), changed=[what.partition(" ")[0]])
    await _tell(session, account, event, version)
    await record(session, people, account, what)
    if (to := notice or row.address) is not None:
        await letters.changed(session, to, row.language, what)


async def record(session: Session, people: People, account: UUID, what: str, *, device: str = "") -> None:
    """Keep that something happened, for the person and for whoever must look into it."""
    await history.record(session, account, what, people.now(), device=device)


async def ask_for_email(
    session: Session, people: People, visitor: Visitor, account: UUID, address: str
) -> bool:
    """Send a code to the new address; false when codes were sent too often."""
    canonical = addresses.canonical(address)
    if not await people.may_try(
        session, (CODES_FOR_ADDRESS, canonical), (CODES_FROM_NETWORK, visitor.network)
    ):
        return False
    held = await store.by_email(session, canonical)
    code = await codes.make(session, people, visitor, codes.EMAIL, address, account, opens=held is None)
    if held is None:
        await letters.email_code(session, address, visitor.language, code)
    else:
        await letters.email_taken(session, held.address, held.language)
    return True


async def change_email(session: Session, people: People, visitor: Visitor, account: UUID, typed: str) -> bool:
    """Take over the address whose code this is; the old one hears of it. False when the code is not right."""
    proven = await codes.use(session, people, visitor, codes.EMAIL, typed)
    before = await store.one(session, account)
    if proven is None or proven.account != account or before is None:
        return False
    try:
        await store.change_email(session, _email(account, proven.address, people))
    except IntegrityError:  # somebody opened an account with it meanwhile
        return False
    await changed(session, people, account, "email", notice=before.address)
    return True


async def set_language(session: Session, account: UUID, language: str) -> None:
    await store.set_language(session, account, language)


async def close(session: Session, people: People, account: UUID) -> None:
    """Close it: everything personal is erased, every session and token ends.

    What is left is the id, for records of councils that name it, and its history of bare facts.
    """
    row = await store.one(session, account)
    version = await store.close(session, account, people.now())
    if row is None or version is None:
        return
    await sessions.end_all(session, account, "account-closed")
    await grants.end_account(session, account)
    await mandates.close(session, account)
    await proofs.erase(session, account)
    await staff.unlink(session, account)
    await upstreams.forget(session, account)
    await store.erase(session, account)
    await history.forget(session, account)
    await record(session, people, account, "closed")
    await _tell(session, account, AccountClosed(account=ids.show(account)), version)
    if row.address is not None:
        await letters.closed(session, row.address, row.language)


async def _tell(session: Session, account: UUID, event: EventData, version: int) -> None:
    await outbox.add(session, event, council=REGION, subject=ids.show(account), sequence=version)
