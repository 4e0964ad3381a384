"""Add, change and remove the phone number of an account.

A change takes a code sent to the new number and one sent to the old number, or in place of the latter a
session of two factors. The old number and the e-mail address get a notice.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from identity.accounts.actions import accounts
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.factors.actions import sms, sms_step
from identity.factors.rules import phones as rules
from identity.factors.store import phones as store
from identity.verification.actions import codes
from identity.verification.actions.codes import CodeResult
from identity.verification.actions.context import AuthContext, ClientContext


async def load_library() -> None:
    """Load the library of numbers in a thread, before a process reads or shows its first number."""
    await asyncio.to_thread(rules.load_library)


async def get(session: ReadSession, account_id: UUID) -> Row[Any] | None:
    """Get the phone of an account: ``number`` (E.164), ``verified_at``, ``second_step_since`` (or null)."""
    return await store.get(session, account_id)


async def get_second_steps(session: ReadSession, account_id: UUID) -> Row[Any]:
    """Get which second steps an account has: ``app`` and ``sms``, each true or false."""
    return await store.get_second_steps(session, account_id)


async def send_code(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID, number: str
) -> datetime | None:
    """Send a code to a number that an account is to have. Return from when on it may be sent, if not now."""
    return await sms.send_code(
        session,
        auth,
        client_context,
        account_id,
        number,
        purpose=codes.PHONE,
        template="phone-code",
        new=True,
    )


async def confirm_number(
    session: Session, auth: AuthContext, client_context: ClientContext, signed_in: BrowserSession, code: str
) -> CodeResult:
    """Set the number the code was sent to; or, when the old number must be proven too, send a code there."""
    row = await codes.use_code(session, auth, client_context, codes.PHONE, code)
    if row is None or row.account != signed_in.account:
        return CodeResult()
    phone = await store.get(session, signed_in.account)
    if phone is not None and phone.number != row.address and not _has_two_factors(signed_in):
        retry_after = await _send_code_to_old_number(
            session, auth, client_context, signed_in.account, phone.number, row.address
        )
        return CodeResult(right=True, before=True, retry_after=retry_after)
    await _set_number(session, auth, signed_in.account, row.address, phone)
    return CodeResult(right=True)


def _has_two_factors(signed_in: BrowserSession) -> bool:
    return factors.level(signed_in.methods) == factors.TWO_FACTORS


async def request_removal(
    session: Session, auth: AuthContext, client_context: ClientContext, signed_in: BrowserSession
) -> CodeResult:
    """Remove the number in a session of two factors; in others send it a code that removes it."""
    phone = await store.get(session, signed_in.account)
    if phone is None:
        return CodeResult(right=True)
    if not _has_two_factors(signed_in):
        retry_after = await _send_code_to_old_number(
            session, auth, client_context, signed_in.account, phone.number, ""
        )
        return CodeResult(right=True, before=True, retry_after=retry_after)
    await _remove(session, auth, signed_in.account, phone)
    return CodeResult(right=True)


async def resend_code_to_old_number(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID
) -> CodeResult:
    """Send another code to the old number, for the change that waits for it."""
    pending = await codes.get_destination(session, auth, client_context, codes.PHONE_BEFORE, account_id)
    if pending is None:
        return CodeResult()
    old, _, new = pending.partition(" ")
    retry_after = await _send_code_to_old_number(session, auth, client_context, account_id, old, new)
    return CodeResult(right=True, before=True, retry_after=retry_after)


async def _send_code_to_old_number(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID, old: str, new: str
) -> datetime | None:
    """Send ``old`` a code that confirms its change to ``new``, or its removal if that is empty."""
    return await sms.send_code(
        session,
        auth,
        client_context,
        account_id,
        old,
        purpose=codes.PHONE_BEFORE,
        template="phone-before-code",
        confirms=f"{old} {new}",
    )


async def confirm_change(
    session: Session, auth: AuthContext, client_context: ClientContext, signed_in: BrowserSession, code: str
) -> bool:
    """Make the change that the code sent to the old number confirms; return false when it is not right."""
    row = await codes.use_code(session, auth, client_context, codes.PHONE_BEFORE, code)
    phone = await store.get(session, signed_in.account)
    if row is None or row.account != signed_in.account or phone is None:
        return False
    old, _, new = row.address.partition(" ")
    if phone.number != old:  # changed meanwhile, in another browser
        return False
    if new:
        await _set_number(session, auth, signed_in.account, new, phone)
    else:
        await _remove(session, auth, signed_in.account, phone)
    return True


async def _set_number(
    session: Session, auth: AuthContext, account_id: UUID, number: str, old_phone: Row[Any] | None
) -> None:
    await store.set_number(session, account_id, number, auth.now())
    if old_phone is not None and old_phone.number == number:
        return
    await accounts.record_change(session, auth, account_id, "phone changed" if old_phone else "phone added")
    if old_phone is not None:
        await _notify_old_number(session, auth, account_id, old_phone.number)


async def _remove(session: Session, auth: AuthContext, account_id: UUID, phone: Row[Any]) -> None:
    if phone.second_step_since is not None:
        await sms_step.disable(session, auth, account_id)
    await store.delete_phone(session, account_id)
    await accounts.record_change(session, auth, account_id, "phone removed")
    await _notify_old_number(session, auth, account_id, phone.number)


async def _notify_old_number(session: Session, auth: AuthContext, account_id: UUID, number: str) -> None:
    account = await accounts.get(session, account_id)
    if account is not None:
        await sms.send_notice(session, auth, "phone-gone", number, account.language)
