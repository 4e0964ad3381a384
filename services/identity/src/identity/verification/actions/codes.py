"""One-time codes by e-mail and SMS: six digits, good once, for ten minutes, in the browser that asked.

Five wrong codes make the right one worthless.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.database import ReadSession, Session
from identity.verification import store
from identity.verification.actions.context import AuthContext, ClientContext
from identity.verification.rules import codes

SIGN_IN = "sign-in"
REGISTER = "register"
EMAIL = "email"
EMAIL_BEFORE = "email-before"
PHONE = "phone"
PHONE_BEFORE = "phone-before"
SMS = "text"
SMS_SET_UP = "text-set-up"


@dataclass(frozen=True, slots=True)
class CodeResult:
    """The result of a code that changes how an account is reached.

    ``before``: a code to the old address or number must be entered too. ``retry_after``: that code may be
    sent from then on.
    """

    right: bool = False
    before: bool = False
    retry_after: datetime | None = None


async def create_code(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    purpose: str,
    address: str,
    account: UUID | None,
    *,
    opens: bool,
) -> str:
    """Create a code for this browser; it replaces the one before. ``opens=False``: it is never right.

    A code that opens nothing is stored all the same, so that nobody can tell which addresses have accounts.
    """
    code, now = codes.create_code(), auth.now()
    code_hash = codes.compute_hmac(auth.code_key, client_context.browser, purpose, address, code)
    values = {
        "browser": client_context.browser,
        "purpose": purpose,
        "account": account,
        "address": address,
        "hash": code_hash if opens else None,
        "tries": 0,
        "created_at": now,
        "expires_at": now + timedelta(seconds=codes.CODE_SECONDS),
    }
    await store.save_code(session, values)
    return code


async def get_destination(
    session: ReadSession,
    auth: AuthContext,
    client_context: ClientContext,
    purpose: str,
    account: UUID | None = None,
) -> str | None:
    """Get the address or number that a live code was sent to; with ``account``, only if that one asked."""
    row = await store.get_code(session, client_context.browser, purpose, auth.now())
    if row is None or (account is not None and row.account != account):
        return None
    address: str = row.address
    return address


async def use_code(
    session: Session, auth: AuthContext, client_context: ClientContext, purpose: str, typed: str
) -> Row[tuple[UUID | None, str]] | None:
    """Use a code: returns its ``account`` and ``address``; None when it is wrong, which costs an attempt."""
    row = await store.count_attempt(session, client_context.browser, purpose, auth.now(), codes.MAX_ATTEMPTS)
    address = row.address if row is not None else ""
    typed_hash = codes.compute_hmac(
        auth.code_key, client_context.browser, purpose, address, codes.read_digits(typed)
    )
    if not codes.is_same(typed_hash, row.hash if row is not None else None):
        return None
    return row if await store.delete_code(session, client_context.browser, purpose) else None


async def purge_codes(session: Session, most: int) -> int:
    """Delete a batch of expired codes."""
    return await store.purge_codes(session, clock.now(), most)


async def purge_attempts(session: Session, most: int) -> int:
    """Delete a batch of the attempts that no rate limit counts any more."""
    return await store.purge_attempts(session, clock.now(), most)
