"""Accounts of people: opened, reached by another address, in another language, closed."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis import ids, outbox
from chassis.database import ReadSession, Session
from chassis.events import EventData
from identity.accounts.actions import emails, sessions
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.rules import factors
from identity.accounts.store import accounts as store
from identity.events import AccountChanged, AccountClosed, AccountCreated
from identity.grants.actions import grants, history
from identity.shared.rules import email_addresses
from identity.shared.rules.limits import CODES_FOR_ADDRESS, CODES_FROM_NETWORK, Limit
from identity.shared.tables import REGION
from identity.verification.actions import codes
from identity.verification.actions.codes import CodeResult
from identity.verification.actions.context import AuthContext, ClientContext

_FIRST = 1

Eraser = Callable[[Session, UUID], Awaitable[None]]
"""Ends and erases what a domain keeps of an account that closes."""


async def one(session: ReadSession, account: UUID) -> Row[Any] | None:
    """An active account: ``language``, ``address`` and ``phone`` (or null), ``created_at``."""
    return await store.one(session, account)


async def open_account(
    session: Session, auth: AuthContext, language: str, address: str | None = None
) -> UUID | None:
    """A new account, with the address it has proven to read; None when that reaches another account."""
    now, made = auth.now(), ids.new()
    if address is not None and not await store.add_email(session, _email(made, address, auth)):
        return None
    values = {"id": made, "status": "active", "language": language, "version": _FIRST, "created_at": now}
    await store.add(session, values)
    await _tell(session, made, AccountCreated(account=ids.show(made)), _FIRST)
    await record(session, auth, made, "opened")
    return made


def _email(account: UUID, address: str, auth: AuthContext) -> dict[str, Any]:
    canonical = email_addresses.normalise(address)
    return {"account": account, "address": address, "canonical": canonical, "verified_at": auth.now()}


async def changed(
    session: Session, auth: AuthContext, account: UUID, what: str, *, notice: str | None = None
) -> None:
    """Say that ``what`` has changed: an event, the history, a letter (to ``notice``, if given)."""
    version = await store.bump(session, account)
    row = await store.one(session, account)
    if version is None or row is None:
        return
    event = AccountChanged(account=ids.show(account), changed=[what.partition(" ")[0]])
    await _tell(session, account, event, version)
    await record(session, auth, account, what)
    if (to := notice or row.address) is not None:
        await emails.changed(session, to, row.language, what)


async def record(session: Session, auth: AuthContext, account: UUID, what: str, *, device: str = "") -> None:
    """Keep that something happened, for the person and for whoever must look into it."""
    await history.record_event(session, account, what, auth.now(), device=device)


async def ask_for_email(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, address: str
) -> datetime | None:
    """Send a code to the new address; from when on it may go, when codes were sent too often."""
    canonical = email_addresses.normalise(address)
    retry_after = await auth.retry_after(session, *_limits(client_context, canonical))
    if retry_after is not None:
        return retry_after
    held = await store.by_email(session, canonical)
    code = await codes.make(session, auth, client_context, codes.EMAIL, address, account, opens=held is None)
    if held is None:
        await emails.email_code(session, address, client_context.language, code)
    else:
        await emails.email_taken(session, held.address, held.language)
    return None


def _limits(client_context: ClientContext, canonical: str) -> list[tuple[Limit, str]]:
    return [(CODES_FOR_ADDRESS, canonical), (CODES_FROM_NETWORK, client_context.network)]


async def change_email(
    session: Session, auth: AuthContext, client_context: ClientContext, person: BrowserSession, typed: str
) -> CodeResult:
    """Take over the address whose code this is; the old one hears of it.

    Whoever has shown neither that he reads the old one nor two factors, a password say, shows it now.
    """
    proven = await codes.use(session, auth, client_context, codes.EMAIL, typed)
    before = await store.one(session, person.account)
    if proven is None or proven.account != person.account or before is None:
        return CodeResult()
    if before.address is None or _reads(person):
        made = await _change_email(session, auth, person.account, before.address, proven.address)
        return CodeResult(right=made)
    return await _ask_before(session, auth, client_context, before, proven.address)


def _reads(person: BrowserSession) -> bool:
    return factors.EMAIL in person.methods or factors.level(person.methods) == factors.TWO_FACTORS


async def _ask_before(
    session: Session, auth: AuthContext, client_context: ClientContext, account: Row[Any], new: str
) -> CodeResult:
    old = account.address
    retry_after = await auth.retry_after(session, *_limits(client_context, email_addresses.normalise(old)))
    if retry_after is None:
        change = f"{old} {new}"  # no address has a blank in it
        code = await codes.make(
            session, auth, client_context, codes.EMAIL_BEFORE, change, account.id, opens=True
        )
        await emails.email_before_code(session, old, account.language, code)
    return CodeResult(right=True, before=True, retry_after=retry_after)


async def ask_email_before_again(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID
) -> CodeResult:
    """Send another code to the old address, for the change that waits for it."""
    waiting = await codes.waiting(session, auth, client_context, codes.EMAIL_BEFORE, account)
    before = await store.one(session, account)
    old, _, new = (waiting or "").partition(" ")
    if before is None or before.address is None or before.address != old:  # none waits, or no longer
        return CodeResult()
    return await _ask_before(session, auth, client_context, before, new)


async def prove_email_before(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, typed: str
) -> bool:
    """The code that was sent to the old address: the change is made. False when it is not right."""
    row = await codes.use(session, auth, client_context, codes.EMAIL_BEFORE, typed)
    before = await store.one(session, account)
    if row is None or row.account != account or before is None:
        return False
    old, _, new = row.address.partition(" ")
    if before.address != old:  # changed meanwhile, elsewhere
        return False
    return await _change_email(session, auth, account, old, new)


async def _change_email(
    session: Session, auth: AuthContext, account: UUID, old: str | None, new: str
) -> bool:
    try:
        await store.change_email(session, _email(account, new, auth))
    except IntegrityError:  # somebody opened an account with it meanwhile
        return False
    await changed(session, auth, account, "email", notice=old)
    return True


async def set_language(session: Session, account: UUID, language: str) -> None:
    await store.set_language(session, account, language)


async def close(session: Session, auth: AuthContext, account: UUID, erasers: Sequence[Eraser]) -> None:
    """Close it: everything personal is erased, every session and token ends.

    ``erasers`` end and erase what other domains keep of the account.
    What is left is the id, for records of councils that name it, and its history of bare facts.
    """
    row = await store.one(session, account)
    version = await store.close(session, account, auth.now())
    if row is None or version is None:
        return
    await sessions.end_all(session, account, "account-closed")
    await grants.revoke_by_account(session, account)
    for erase in erasers:
        await erase(session, account)
    await store.erase(session, account)
    await history.anonymise(session, account)
    await record(session, auth, account, "closed")
    await _tell(session, account, AccountClosed(account=ids.show(account)), version)
    if row.address is not None:
        await emails.closed(session, row.address, row.language)


async def _tell(session: Session, account: UUID, event: EventData, version: int) -> None:
    await outbox.add(session, event, council=REGION, subject=ids.show(account), sequence=version)
