"""Change the e-mail address of an account: a code to the new address, and one to the old where needed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis.database import Session
from chassis.rates import Limit
from identity.accounts.actions import accounts, emails
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.accounts.store import accounts as store
from identity.shared.rules import email_addresses
from identity.verification.actions import codes
from identity.verification.actions.codes import CodeResult
from identity.verification.actions.context import AuthContext, ClientContext


async def start(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, address: str
) -> datetime | None:
    """Send a code to the new address. Returns when one may be sent, if codes were sent too often."""
    canonical = email_addresses.normalise(address)
    retry_after = await auth.retry_after(session, *_limits(auth, client_context, canonical))
    if retry_after is not None:
        return retry_after
    holder = await store.get_by_email(session, canonical)
    code = await codes.create_code(
        session, auth, client_context, codes.EMAIL, address, account, opens=holder is None
    )
    if holder is None:
        await emails.send_new_address_code(session, address, client_context.language, code)
    else:
        await emails.send_address_taken(session, holder.address, holder.language)
    return None


def _limits(auth: AuthContext, client_context: ClientContext, canonical: str) -> list[tuple[Limit, str]]:
    return [
        (auth.settings.limit_codes_for_address, canonical),
        (auth.settings.limit_codes_from_network, client_context.network),
    ]


async def confirm_new(
    session: Session, auth: AuthContext, client_context: ClientContext, person: BrowserSession, typed: str
) -> CodeResult:
    """Confirm the new address by its code. The change is made, or a code to the old address is asked for.

    Somebody who signed in with a password alone must show that they read the old address too.
    """
    code = await codes.use_code(session, auth, client_context, codes.EMAIL, typed)
    before = await store.get(session, person.account)
    if code is None or code.account != person.account or before is None:
        return CodeResult()
    if before.address is None or _reads_old_address(person):
        is_changed = await _change(session, auth, person.account, before.address, code.address)
        return CodeResult(right=is_changed)
    return await _send_old_code(session, auth, client_context, before, code.address)


def _reads_old_address(person: BrowserSession) -> bool:
    return factors.EMAIL in person.methods or factors.level(person.methods) == factors.TWO_FACTORS


async def _send_old_code(
    session: Session, auth: AuthContext, client_context: ClientContext, account: Row[Any], new: str
) -> CodeResult:
    old = account.address
    retry_after = await auth.retry_after(
        session, *_limits(auth, client_context, email_addresses.normalise(old))
    )
    if retry_after is None:
        change = f"{old} {new}"  # no address has a blank in it
        code = await codes.create_code(
            session, auth, client_context, codes.EMAIL_BEFORE, change, account.id, opens=True
        )
        await emails.send_old_address_code(session, old, account.language, code)
    return CodeResult(right=True, before=True, retry_after=retry_after)


async def resend_old_code(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID
) -> CodeResult:
    """Send another code to the old address, for the change that waits for it."""
    destination = await codes.get_destination(session, auth, client_context, codes.EMAIL_BEFORE, account)
    before = await store.get(session, account)
    old, _, new = (destination or "").partition(" ")
    if before is None or before.address is None or before.address != old:  # no change waits, or no longer
        return CodeResult()
    return await _send_old_code(session, auth, client_context, before, new)


async def confirm_old(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, typed: str
) -> bool:
    """Confirm the old address by its code, and make the change. False when the code is wrong."""
    row = await codes.use_code(session, auth, client_context, codes.EMAIL_BEFORE, typed)
    before = await store.get(session, account)
    if row is None or row.account != account or before is None:
        return False
    old, _, new = row.address.partition(" ")
    if before.address != old:  # it was changed meanwhile
        return False
    return await _change(session, auth, account, old, new)


async def _change(session: Session, auth: AuthContext, account: UUID, old: str | None, new: str) -> bool:
    try:
        await store.change_email(session, accounts.email_values(account, new, auth))
    except IntegrityError:  # an account with this address was opened meanwhile
        return False
    await accounts.record_change(session, auth, account, "email", notice=old)
    return True
