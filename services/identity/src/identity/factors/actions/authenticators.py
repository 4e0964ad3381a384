"""Authenticator apps (TOTP, RFC 6238) and the recovery codes for whoever loses the phone."""

from uuid import UUID

from chassis.database import ReadSession, Session
from identity.accounts.actions import accounts
from identity.factors.store import authenticators as store
from identity.factors.store import phones
from identity.verification.actions.context import AuthContext
from identity.verification.rules import codes


async def has(session: ReadSession, account: UUID) -> bool:
    """Whether an app is set up."""
    row = await store.authenticator_of(session, account)
    return row is not None and row.confirmed_at is not None


async def secret(session: Session, auth: AuthContext, account: UUID) -> str | None:
    """The secret of the app being set up, made at the first look; None when one is set up already."""
    row = await store.authenticator_of(session, account)
    if row is None:
        made = codes.new_secret()
        sealed = codes.seal(auth.sealing, made, account.bytes)
        await store.add_authenticator(session, account, sealed, auth.now())
        return made
    return None if row.confirmed_at else codes.unseal(auth.sealing, row.sealed, account.bytes)


async def confirm(session: Session, auth: AuthContext, account: UUID, typed: str) -> list[str] | None:
    """Take the app into use, when it shows the right code: the recovery codes, to be shown once."""
    shared = await secret(session, auth, account)
    step = codes.step_of(shared, codes.digits(typed), auth.clock()) if shared else None
    if step is None or not await store.confirm_authenticator(session, account, step, auth.now()):
        return None
    await accounts.changed(session, auth, account, "authenticator set up")
    return await first_recovery(session, auth, account)


async def check(session: Session, auth: AuthContext, account: UUID, typed: str) -> bool:
    """Whether the app shows this code now, and it was not used before."""
    row = await store.authenticator_of(session, account)
    if row is None or row.confirmed_at is None:
        return False
    shared = codes.unseal(auth.sealing, row.sealed, account.bytes)
    step = codes.step_of(shared, codes.digits(typed), auth.clock())
    return step is not None and await store.take_step(session, account, step)


async def remove(session: Session, auth: AuthContext, account: UUID) -> None:
    """Forget the app; and the recovery codes, where no texts are the second step either."""
    if not (await phones.second_steps(session, account)).text:
        await store.drop_recovery(session, account)
    if await store.drop_authenticator(session, account):
        await accounts.changed(session, auth, account, "authenticator removed")


async def new_recovery(session: Session, auth: AuthContext, account: UUID) -> list[str]:
    """Ten new codes; the old ones are worth nothing now."""
    await accounts.changed(session, auth, account, "recovery codes made")
    return await first_recovery(session, auth, account)


async def recovery_left(session: ReadSession, account: UUID) -> int:
    return await store.recovery_left(session, account)


async def first_recovery(session: Session, auth: AuthContext, account: UUID) -> list[str]:
    """Ten codes in the place of those there were; nothing is said, as setting up a second step is."""
    made = codes.recovery()
    hashes = [codes.digest(auth.coding, "recovery", account.bytes, one) for one in made]
    await store.replace_recovery(session, account, hashes)
    return made
