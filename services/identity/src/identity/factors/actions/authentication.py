"""Sign people in and open accounts step by step, until the methods a browser has used are enough.

Only the e-mail to an address may tell whether it has an account: the same statements run, the same page
follows, and the same work is done, either way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from chassis import clock
from chassis.database import Database, ReadSession, Session
from identity.accounts.actions import accounts, emails, known_browsers
from identity.accounts.rules import factors
from identity.accounts.rules.upstream_session import UpstreamSession
from identity.factors.actions import authenticators, phones, recovery_codes, sms_step
from identity.factors.store import passwords, sign_ins
from identity.shared.rules import email_addresses, limits
from identity.verification.actions import codes
from identity.verification.actions.context import AuthContext, ClientContext

_NO_ACCOUNT = UUID(int=0)
_PENDING_LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class AuthState:
    """What a browser has used to sign in to an account; ``complete``: it is enough.

    ``own_methods``: the account's own; ``by_own_means``: they are enough by themselves. ``upstream_session``:
    the sign-in at another provider that it began with, if it did.
    """

    account: UUID
    own_methods: frozenset[str]
    by_own_means: bool
    complete: bool
    upstream_session: UpstreamSession | None = None

    @property
    def methods(self) -> frozenset[str]:
        """All methods used, the one at the other provider among them."""
        upstream = {self.upstream_session.method} if self.upstream_session is not None else set()
        return self.own_methods | upstream


@dataclass(frozen=True, slots=True)
class AuthAttempt:
    """The result of a password, or of a second step. ``retry_after``: none may be tried before then."""

    auth_state: AuthState | None = None
    retry_after: datetime | None = None


async def send_sign_in_code(
    session: Session, auth: AuthContext, client_context: ClientContext, address: str
) -> datetime | None:
    """E-mail a code to sign in with, or to an address without an account, that it has none.

    Return from when on another may be sent, when there were too many.
    """
    account = await accounts.get_by_email(session, email_addresses.normalise(address))
    account_id = account.id if account is not None else None
    retry_after = await _check_code_rate(session, auth, client_context, account_id, address)
    if retry_after is not None:
        return retry_after
    code = await codes.create_code(
        session, auth, client_context, codes.SIGN_IN, address, account_id, opens=account is not None
    )
    if account is not None:
        await emails.send_sign_in_code(session, account.address, account.language, code)
    else:
        await emails.send_no_account(session, address, client_context.language, auth.settings.issuer)
    return None


async def send_registration_code(
    session: Session, auth: AuthContext, client_context: ClientContext, address: str
) -> datetime | None:
    """E-mail a code to open an account with, or to an address with an account, that it has one.

    Return from when on another may be sent, when there were too many.
    """
    account = await accounts.get_by_email(session, email_addresses.normalise(address))
    account_id = account.id if account is not None else None
    retry_after = await _check_code_rate(session, auth, client_context, account_id, address)
    if retry_after is not None:
        return retry_after
    code = await codes.create_code(
        session, auth, client_context, codes.REGISTER, address, None, opens=account is None
    )
    if account is None:
        await emails.send_register_code(session, address, client_context.language, code)
    else:
        await emails.send_has_account(session, account.address, account.language, auth.settings.issuer)
    return None


async def _check_code_rate(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID | None, address: str
) -> datetime | None:
    account_id = account_id or _NO_ACCOUNT  # an address without an account takes the same statements
    known_browser = await known_browsers.is_known(session, account_id, client_context)
    return await auth.retry_after(
        session,
        (limits.CODES_IN_KNOWN, f"{account_id} {client_context.browser.hex()}")
        if known_browser
        else (limits.CODES_FOR_ADDRESS, email_addresses.normalise(address)),
        (limits.CODES_FROM_NETWORK, client_context.network),
        *_limit_client(client_context, known_browser=known_browser),
    )


def _limit_client(
    client_context: ClientContext, *, known_browser: bool = False
) -> list[tuple[limits.Limit, str]]:
    """Limit sign-ins through one service. Strangers may use that up, so known browsers are not counted."""
    return (
        [(limits.SIGN_INS_FOR_CLIENT, client_context.client)]
        if client_context.client and not known_browser
        else []
    )


async def register_by_code(
    session: Session, auth: AuthContext, client_context: ClientContext, code: str
) -> AuthState | None:
    """Open an account for the address the code was sent to; None when the code is not right."""
    row = await codes.use_code(session, auth, client_context, codes.REGISTER, code)
    if row is None:
        return None
    account_id = await accounts.create(session, auth, client_context.language, row.address)
    if account_id is None:
        return None
    return await add_method(session, auth, client_context, account_id, factors.EMAIL)


async def sign_in_by_code(
    session: Session, auth: AuthContext, client_context: ClientContext, code: str
) -> AuthState | None:
    """Sign in to the account the code was sent for; None when the code is not right."""
    row = await codes.use_code(session, auth, client_context, codes.SIGN_IN, code)
    if row is None or row.account is None:
        return None
    return await add_method(session, auth, client_context, row.account, factors.EMAIL)


async def sign_in_by_password(
    database: Database, auth: AuthContext, client_context: ClientContext, address: str, password: str
) -> AuthAttempt:
    """Sign in by address and password. No connection is held while the hash is computed."""
    canonical = email_addresses.normalise(address)
    async with database.writing() as session:
        account = await passwords.get_by_email(session, canonical, client_context.browser)
        account_id: UUID = account.id if account is not None else _NO_ACCOUNT
        password_hash = account.hash if account is not None else None
        known_browser = account is not None and account.browser is not None
        retry_after = await auth.retry_after(
            session,
            (limits.PASSWORDS_IN_KNOWN, f"{account_id} {client_context.browser.hex()}")
            if known_browser
            else (limits.PASSWORDS_FOR_ADDRESS, canonical),
            (limits.PASSWORDS_FROM_NETWORK, client_context.network),
            *_limit_client(client_context, known_browser=known_browser),
        )
    if retry_after is not None:
        return AuthAttempt(retry_after=retry_after)
    if not await auth.passwords.verify(password_hash, password):
        return AuthAttempt()
    async with database.writing() as session:
        if await passwords.get_hash(session, account_id) != password_hash:  # changed meanwhile
            return AuthAttempt()
        return AuthAttempt(await add_method(session, auth, client_context, account_id, factors.PASSWORD))


async def verify_second_step(
    session: Session, auth: AuthContext, client_context: ClientContext, method: str, code: str
) -> AuthAttempt:
    """Verify the second step: a code of the app, one sent by SMS, or a recovery code. Each works once."""
    account_id = await get_pending_account(session, auth, client_context)
    if account_id is None:
        return AuthAttempt()
    retry_after = await check_second_step_rate(session, auth, client_context, account_id)
    if retry_after is not None:
        return AuthAttempt(retry_after=retry_after)
    if method == factors.AUTHENTICATOR:
        right = await authenticators.use_code(session, auth, account_id, code)
    elif method == factors.SMS:
        right = await sms_step.use_code(session, auth, client_context, account_id, code)
    else:
        right = await recovery_codes.use(session, auth, account_id, code)
    if not right:
        return AuthAttempt()
    return AuthAttempt(await add_method(session, auth, client_context, account_id, method))


async def check_second_step_rate(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID
) -> datetime | None:
    """Count a try of a second factor. Return from when on there may be another, when there were too many."""
    if await known_browsers.is_known(session, account_id, client_context):
        browser_of_account = f"{account_id} {client_context.browser.hex()}"
        return await auth.retry_after(session, (limits.SECOND_IN_KNOWN, browser_of_account))
    return await auth.retry_after(session, (limits.SECOND_FOR_ACCOUNT, str(account_id)))


async def add_method(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account_id: UUID,
    method: str | UpstreamSession,
) -> AuthState:
    """Add a method to those this browser has used for the account; forget a pending sign-in to another.

    ``method``: one of the account's own, or a sign-in at another provider, which replaces one before it.
    """
    pending = await sign_ins.get_pending(session, client_context.browser, auth.now())
    if pending is not None and pending.account != account_id:
        pending = None
    own_methods = factors.OWN.intersection(pending.methods if pending is not None else ())
    upstream_session = UpstreamSession.from_json(pending.through) if pending is not None else None
    if isinstance(method, UpstreamSession):
        upstream_session = method
    else:
        own_methods |= {method}
    steps = await phones.get_second_steps(session, account_id)
    has_second = steps.app or steps.sms
    by_own_means = factors.is_complete(own_methods, has_second=has_second)
    state = AuthState(account_id, own_methods, by_own_means, by_own_means, upstream_session)
    state = replace(state, complete=factors.is_complete(state.methods, has_second=has_second))
    if not state.complete:
        await _set_pending(session, auth, client_context, state)
    return state


async def _set_pending(
    session: Session, auth: AuthContext, client_context: ClientContext, state: AuthState
) -> None:
    through = state.upstream_session.as_json() if state.upstream_session is not None else None
    expires_at = auth.now() + _PENDING_LIFE
    await sign_ins.set_pending(
        session, client_context.browser, state.account, sorted(state.own_methods), through, expires_at
    )


async def get_pending_account(
    session: ReadSession, auth: AuthContext, client_context: ClientContext
) -> UUID | None:
    """Get the account that this browser has begun to sign in to."""
    pending = await sign_ins.get_pending(session, client_context.browser, auth.now())
    return pending.account if pending is not None else None


async def complete_sign_in(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account_id: UUID,
    methods: Iterable[str],
) -> None:
    """Record a sign-in: the account knows this browser from now on, and an e-mail goes if it is a new one."""
    new = await known_browsers.is_new(session, account_id, client_context)
    if new:
        account = await accounts.get(session, account_id)
        if account is not None and account.address is not None:
            await emails.send_new_device(session, account.address, account.language, client_context.device)
    await sign_ins.delete_pending(session, client_context.browser)
    await known_browsers.remember(session, auth, account_id, client_context)
    event = f"signed in {'on a new device ' if new else ''}by {' and '.join(sorted(methods))}"
    await accounts.record_event(session, auth, account_id, event, device=client_context.device)


async def purge_challenges(session: Session, most: int) -> int:
    """Delete a batch of expired challenges of passkeys."""
    return await sign_ins.purge_challenges(session, clock.now(), most)


async def purge_pending(session: Session, most: int) -> int:
    """Delete a batch of expired pending sign-ins."""
    return await sign_ins.purge_pending(session, clock.now(), most)


async def erase_factors(session: Session, account_id: UUID) -> None:
    """Erase what an account that closes was signed in to with, except its phone, which goes with it."""
    await sign_ins.erase(session, account_id)
