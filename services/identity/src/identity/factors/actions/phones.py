"""The phone of an account: added, changed and removed by who reads it, and asked when somebody signs in.

A change is proven on both sides: by a code to the new number, and by one to the number before. Who has lost
that shows two factors instead. The number before is told, and so is the e-mail address. A number alone opens
nothing: it may belong to somebody else by now.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from identity.accounts.actions import accounts
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.rules import factors
from identity.accounts.store import accounts as stored_accounts
from identity.factors.actions import authenticators, sms
from identity.factors.rules import phones as rules
from identity.factors.store import authenticators as stored_authenticators
from identity.factors.store import phones as store
from identity.factors.store import sign_ins
from identity.verification.actions import codes
from identity.verification.actions.codes import CodeResult
from identity.verification.actions.context import AuthContext, ClientContext


async def ready() -> None:
    """Before a process reads or shows its first number: load what that takes, while others are served."""
    await asyncio.to_thread(rules.load)


async def one(session: ReadSession, account: UUID) -> Row[Any] | None:
    """The account's phone: ``number`` (E.164), ``verified_at``, ``second_step_since`` (or null)."""
    return await store.one(session, account)


async def steps(session: ReadSession, account: UUID) -> Row[Any]:
    """``app`` and ``text``: the second steps that signing in to the account takes."""
    return await store.second_steps(session, account)


async def ask(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, number: str
) -> datetime | None:
    """Send a code to a number that is to be the account's; from when on it may go, when it is too soon."""
    return await _send(session, auth, client_context, account, number, codes.PHONE)


async def _send(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account: UUID,
    number: str,
    purpose: str,
) -> datetime | None:
    retry_after = await sms.may_send(session, auth, client_context, account, number, new=True)
    if retry_after is None:
        code = await codes.make(session, auth, client_context, purpose, number, account, opens=True)
        await sms.code(session, auth, "phone-code", number, client_context.language, code)
    return retry_after


async def prove(
    session: Session, auth: AuthContext, client_context: ClientContext, person: BrowserSession, typed: str
) -> CodeResult:
    """The code sent to the new number: the account has it now, or when the one before is proven too."""
    row = await codes.use(session, auth, client_context, codes.PHONE, typed)
    if row is None or row.account != person.account:
        return CodeResult()
    before = await store.one(session, person.account)
    if before is not None and before.number != row.address and not _sure(person):
        retry_after = await _ask_before(
            session, auth, client_context, person.account, before.number, row.address
        )
        return CodeResult(right=True, before=True, retry_after=retry_after)
    await _keep(session, auth, person.account, row.address, before)
    return CodeResult(right=True)


def _sure(person: BrowserSession) -> bool:
    return factors.level(person.methods) == factors.TWO_FACTORS


async def ask_to_remove(
    session: Session, auth: AuthContext, client_context: ClientContext, person: BrowserSession
) -> CodeResult:
    """Remove the number at once for who has shown two factors; else with a code to it."""
    before = await store.one(session, person.account)
    if before is None:
        return CodeResult(right=True)
    if not _sure(person):
        retry_after = await _ask_before(session, auth, client_context, person.account, before.number, "")
        return CodeResult(right=True, before=True, retry_after=retry_after)
    await _remove(session, auth, person.account, before)
    return CodeResult(right=True)


async def ask_before_again(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID
) -> CodeResult:
    """Send another code to the number the account has now, for the change that waits for it."""
    waiting = await codes.waiting(session, auth, client_context, codes.PHONE_BEFORE, account)
    if waiting is None:
        return CodeResult()
    old, _, new = waiting.partition(" ")
    retry_after = await _ask_before(session, auth, client_context, account, old, new)
    return CodeResult(right=True, before=True, retry_after=retry_after)


async def _ask_before(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, old: str, new: str
) -> datetime | None:
    """``new`` is empty when the number is to be removed. Both stand in the code's row, proven or not."""
    retry_after = await sms.may_send(session, auth, client_context, account, old, new=False)
    if retry_after is None:
        change = f"{old} {new}"
        code = await codes.make(
            session, auth, client_context, codes.PHONE_BEFORE, change, account, opens=True
        )
        await sms.code(session, auth, "phone-before-code", old, client_context.language, code)
    return retry_after


async def prove_before(
    session: Session, auth: AuthContext, client_context: ClientContext, person: BrowserSession, typed: str
) -> bool:
    """The code that was sent to the number before: the change is made. False when it is not right."""
    row = await codes.use(session, auth, client_context, codes.PHONE_BEFORE, typed)
    before = await store.one(session, person.account)
    if row is None or row.account != person.account or before is None:
        return False
    old, _, new = row.address.partition(" ")
    if before.number != old:  # changed meanwhile, elsewhere
        return False
    if new:
        await _keep(session, auth, person.account, new, before)
    else:
        await _remove(session, auth, person.account, before)
    return True


async def _keep(
    session: Session, auth: AuthContext, account: UUID, number: str, before: Row[Any] | None
) -> None:
    await store.keep(session, account, number, auth.now())
    if before is not None and before.number == number:
        return
    await accounts.changed(session, auth, account, "phone changed" if before else "phone added")
    if before is not None:
        await _tell(session, auth, account, before.number)


async def _remove(session: Session, auth: AuthContext, account: UUID, before: Row[Any]) -> None:
    if before.second_step_since is not None:
        await sign_in_without(session, auth, account)
    await store.remove(session, account)
    await accounts.changed(session, auth, account, "phone removed")
    await _tell(session, auth, account, before.number)


async def _tell(session: Session, auth: AuthContext, account: UUID, number: str) -> None:
    row = await stored_accounts.one(session, account)
    if row is not None:
        await sms.notice(session, auth, "phone-gone", number, row.language)


async def ask_to_sign_in_with(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, number: str
) -> datetime | None:
    """Send a code with which texts become the second step: to the account's number, or its first one."""
    phone = await store.one(session, account)
    if phone is None:
        return await _send(session, auth, client_context, account, number, codes.TEXT_SET_UP)
    return await _send_known(session, auth, client_context, account, phone.number, codes.TEXT_SET_UP)


async def _send_known(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account: UUID,
    number: str,
    purpose: str,
) -> datetime | None:
    retry_after = await sms.may_send(session, auth, client_context, account, number, new=False)
    if retry_after is None:
        code = await codes.make(session, auth, client_context, purpose, number, account, opens=True)
        await sms.code(session, auth, "sign-in-code", number, client_context.language, code)
    return retry_after


async def sign_in_with(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, typed: str
) -> list[str] | None:
    """Have texts as the second step from now on: the recovery codes, to be shown once, where there were none.

    None when the code is not right.
    """
    row = await codes.use(session, auth, client_context, codes.TEXT_SET_UP, typed)
    if row is None or row.account != account:
        return None
    phone = await store.one(session, account)
    if phone is None:
        await _keep(session, auth, account, row.address, None)
    if not await store.use_as_second_step(session, account, row.address, auth.now()):
        return None
    await accounts.changed(session, auth, account, "texts set up")
    if await stored_authenticators.recovery_left(session, account):
        return []
    return await authenticators.first_recovery(session, auth, account)


async def sign_in_without(session: Session, auth: AuthContext, account: UUID) -> None:
    """Have texts as the second step no more; the recovery codes go, where there is no app either."""
    if not await store.use_no_more(session, account):
        return
    if not (await store.second_steps(session, account)).app:
        await stored_authenticators.drop_recovery(session, account)
    await accounts.changed(session, auth, account, "texts removed")


async def to_sign_in(
    session: ReadSession, auth: AuthContext, client_context: ClientContext
) -> tuple[UUID, str] | None:
    """The account this browser is half way into, and the number its texts go to; None without either."""
    so_far = await sign_ins.so_far(session, client_context.browser, auth.now())
    phone = await store.one(session, so_far.account) if so_far is not None else None
    if so_far is None or phone is None or phone.second_step_since is None:
        return None
    return so_far.account, phone.number


async def send_second(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, number: str
) -> datetime | None:
    """Send the code of the second step to who has shown the first."""
    return await _send_known(session, auth, client_context, account, number, codes.TEXT)


async def check_second(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, typed: str
) -> bool:
    """Whether this is the code that was sent to the number the account has now."""
    row = await codes.use(session, auth, client_context, codes.TEXT, typed)
    phone = await store.one(session, account)
    if row is None or row.account != account or phone is None or phone.second_step_since is None:
        return False
    return bool(phone.number == row.address)
