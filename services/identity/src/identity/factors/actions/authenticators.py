"""Set up, check and remove authenticator apps (TOTP, RFC 6238)."""

from uuid import UUID

from chassis.database import Session
from identity.accounts.actions import accounts
from identity.factors.actions import recovery_codes
from identity.factors.store import authenticators as store
from identity.factors.store import phones
from identity.verification.actions.context import AuthContext
from identity.verification.rules import codes


async def get_or_create_secret(session: Session, auth: AuthContext, account_id: UUID) -> str | None:
    """Get the secret of the app being set up, created at first; None when an app is set up already."""
    authenticator = await store.get(session, account_id)
    if authenticator is None:
        secret = codes.create_secret()
        sealed = codes.seal(auth.sealing_key, secret, account_id.bytes)
        await store.create(session, account_id, sealed, auth.now())
        return secret
    if authenticator.confirmed_at:
        return None
    return codes.unseal(auth.sealing_key, authenticator.sealed, account_id.bytes)


async def confirm(session: Session, auth: AuthContext, account_id: UUID, code: str) -> list[str] | None:
    """Confirm the app by a code of it, and return the recovery codes, to be shown once.

    None when the code is not right.
    """
    secret = await get_or_create_secret(session, auth, account_id)
    step = codes.find_time_step(secret, codes.read_digits(code), auth.clock()) if secret else None
    if step is None or not await store.confirm(session, account_id, step, auth.now()):
        return None
    await accounts.record_change(session, auth, account_id, "authenticator set up")
    return await recovery_codes.create(session, auth, account_id)


async def use_code(session: Session, auth: AuthContext, account_id: UUID, code: str) -> bool:
    """Use up a code of the app; return false when the app does not show it now or it was used before."""
    authenticator = await store.get(session, account_id)
    if authenticator is None or authenticator.confirmed_at is None:
        return False
    secret = codes.unseal(auth.sealing_key, authenticator.sealed, account_id.bytes)
    step = codes.find_time_step(secret, codes.read_digits(code), auth.clock())
    return step is not None and await store.use_step(session, account_id, step)


async def remove(session: Session, auth: AuthContext, account_id: UUID) -> None:
    """Remove the app; and the recovery codes, when no other second step is left."""
    if not (await phones.get_second_steps(session, account_id)).sms:
        await recovery_codes.remove(session, account_id)
    if await store.delete_app(session, account_id):
        await accounts.record_change(session, auth, account_id, "authenticator removed")
