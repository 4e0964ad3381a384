"""Codes by SMS as the second step: set up, sent, checked and disabled.

A number alone signs nobody in: it may belong to another person by now.
"""

from datetime import datetime
from uuid import UUID

from chassis.database import ReadSession, Session
from identity.accounts.actions import accounts
from identity.factors.actions import recovery_codes, sms
from identity.factors.store import phones as store
from identity.factors.store import sign_ins
from identity.verification.actions import codes
from identity.verification.actions.context import AuthContext, ClientContext


async def send_set_up_code(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID, number: str
) -> datetime | None:
    """Send a code that makes SMS the second step, to the account's number, or else to ``number``."""
    phone = await store.get(session, account_id)
    return await sms.send_code(
        session,
        auth,
        client_context,
        account_id,
        number if phone is None else phone.number,
        purpose=codes.SMS_SET_UP,
        template="phone-code" if phone is None else "sign-in-code",
        new=phone is None,
    )


async def set_up(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID, code: str
) -> list[str] | None:
    """Make SMS the second step, and return new recovery codes, to be shown once; none if there are some.

    None when the code is not right.
    """
    row = await codes.use_code(session, auth, client_context, codes.SMS_SET_UP, code)
    if row is None or row.account != account_id:
        return None
    if await store.get(session, account_id) is None:
        await store.set_number(session, account_id, row.address, auth.now())
        await accounts.record_change(session, auth, account_id, "phone added")
    if not await store.enable_step(session, account_id, row.address, auth.now()):
        return None
    await accounts.record_change(session, auth, account_id, "texts set up")
    if await recovery_codes.count_unused(session, account_id):
        return []
    return await recovery_codes.create(session, auth, account_id)


async def disable(session: Session, auth: AuthContext, account_id: UUID) -> None:
    """Stop SMS being the second step; remove the recovery codes, when no other second step is left."""
    if not await store.disable_step(session, account_id):
        return
    if not (await store.get_second_steps(session, account_id)).app:
        await recovery_codes.remove(session, account_id)
    await accounts.record_change(session, auth, account_id, "texts removed")


async def get_pending_number(
    session: ReadSession, auth: AuthContext, client_context: ClientContext
) -> tuple[UUID, str] | None:
    """Get the account that this browser has begun to sign in to, and the number its codes are sent to.

    None without a pending sign-in, or where SMS are not the account's second step.
    """
    pending = await sign_ins.get_pending(session, client_context.browser, auth.now())
    phone = await store.get(session, pending.account) if pending is not None else None
    if pending is None or phone is None or phone.second_step_since is None:
        return None
    return pending.account, phone.number


async def send_code(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID, number: str
) -> datetime | None:
    """Send the code of the second step, as ``sms.send_code``."""
    return await sms.send_code(
        session, auth, client_context, account_id, number, purpose=codes.SMS, template="sign-in-code"
    )


async def use_code(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID, code: str
) -> bool:
    """Use up a code of the second step; return false unless it was sent to the account's present number."""
    row = await codes.use_code(session, auth, client_context, codes.SMS, code)
    phone = await store.get(session, account_id)
    if row is None or row.account != account_id or phone is None or phone.second_step_since is None:
        return False
    return bool(phone.number == row.address)
