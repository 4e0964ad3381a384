"""One-time codes by e-mail and by text: six digits, ten minutes, five tries, once, in the asking browser."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row

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
TEXT = "text"
TEXT_SET_UP = "text-set-up"


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What came of a code that changes how an account is reached.

    ``before``: what it has now must be proven too, and a code goes there. ``retry_after``: not before then.
    """

    right: bool = False
    before: bool = False
    retry_after: datetime | None = None


async def make(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    purpose: str,
    address: str,
    account: UUID | None,
    *,
    opens: bool,
) -> str:
    """A code for this browser; the one before is worth nothing now. ``opens=False``: it never will be right.

    One that opens nothing is kept all the same, so that who is wrong about an address sees no difference.
    """
    code, now = codes.by_mail(), auth.now()
    digest = codes.digest(auth.coding, client_context.browser, purpose, address, code)
    values = {
        "browser": client_context.browser,
        "purpose": purpose,
        "account": account,
        "address": address,
        "hash": digest if opens else None,
        "tries": 0,
        "created_at": now,
        "expires_at": now + timedelta(seconds=codes.CODE_SECONDS),
    }
    await store.send_code(session, values)
    return code


async def waiting(
    session: ReadSession,
    auth: AuthContext,
    client_context: ClientContext,
    purpose: str,
    account: UUID | None = None,
) -> str | None:
    """The address a code is on its way to; with ``account``, only if that one asked for it."""
    row = await store.waiting_code(session, client_context.browser, purpose, auth.now())
    if row is None or (account is not None and row.account != account):
        return None
    address: str = row.address
    return address


async def use(
    session: Session, auth: AuthContext, client_context: ClientContext, purpose: str, typed: str
) -> Row[tuple[UUID | None, str]] | None:
    """Use the code: its ``account`` and ``address``; None, and one try less, when it is wrong or over."""
    row = await store.try_code(session, client_context.browser, purpose, auth.now(), codes.TRIES)
    address = row.address if row is not None else ""
    shown = codes.digest(auth.coding, client_context.browser, purpose, address, codes.digits(typed))
    if not codes.same(shown, row.hash if row is not None else None):
        return None
    return row if await store.use_code(session, client_context.browser, purpose) else None
