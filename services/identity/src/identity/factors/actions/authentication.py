"""Signing in and opening an account, step by step: what a browser has proven, and what is still to come.

Whether an address has an account shows nowhere but in the letter sent to it: the same statements run, the
same page follows, and the same work is done, either way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Database, ReadSession, Session
from identity.accounts.actions import accounts, emails
from identity.accounts.rules import factors
from identity.accounts.rules.upstream_session import UpstreamSession
from identity.accounts.store import accounts as stored_accounts
from identity.factors.actions import phones
from identity.factors.store import authenticators as stored_authenticators
from identity.factors.store import passwords, sign_ins
from identity.shared.rules import email_addresses, limits
from identity.verification.actions import codes
from identity.verification.actions.context import AuthContext, ClientContext
from identity.verification.rules.codes import digest, recovery_as_meant

_NOBODY = UUID(int=0)
_PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class AuthState:
    """What a browser has shown of an account so far. ``complete``: it opens.

    ``upstream_session``: the sign-in at another provider that it began with, if it did.
    """

    account: UUID
    methods: frozenset[str]
    complete: bool
    upstream_session: UpstreamSession | None = None


async def ask_for_code(
    session: Session, auth: AuthContext, client_context: ClientContext, address: str
) -> datetime | None:
    """Send a letter to sign in with; to an address without an account, one that says so.

    From when on there may be another, when there were too many.
    """
    found = await stored_accounts.by_email(session, email_addresses.canonical(address))
    account = found.id if found is not None else _NOBODY
    retry_after = await _wait_for_code(session, auth, client_context, account, address)
    if retry_after is not None:
        return retry_after
    opens = found is not None
    code = await codes.make(
        session, auth, client_context, codes.SIGN_IN, address, account if opens else None, opens=opens
    )
    if found is not None:
        await emails.sign_in_code(session, found.address, found.language, code)
    else:
        await emails.no_account(session, address, client_context.language, auth.settings.issuer)
    return None


async def ask_to_open(
    session: Session, auth: AuthContext, client_context: ClientContext, address: str
) -> datetime | None:
    """Send a letter to open an account with; where there is one, one that says so. As ``ask_for_code``."""
    found = await stored_accounts.by_email(session, email_addresses.canonical(address))
    account = found.id if found is not None else _NOBODY
    retry_after = await _wait_for_code(session, auth, client_context, account, address)
    if retry_after is not None:
        return retry_after
    code = await codes.make(session, auth, client_context, codes.REGISTER, address, None, opens=found is None)
    if found is None:
        await emails.register_code(session, address, client_context.language, code)
    else:
        await emails.has_account(session, found.address, found.language, auth.settings.issuer)
    return None


async def _wait_for_code(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, address: str
) -> datetime | None:
    known = await stored_accounts.knows(session, account, client_context.browser)
    return await auth.retry_after(
        session,
        (limits.CODES_IN_KNOWN, f"{account} {client_context.browser.hex()}")
        if known
        else (limits.CODES_FOR_ADDRESS, email_addresses.canonical(address)),
        (limits.CODES_FROM_NETWORK, client_context.network),
        *_through_client(client_context, known=known),
    )


def _through_client(client_context: ClientContext, *, known: bool = False) -> list[tuple[limits.Limit, str]]:
    """A service's own count. Strangers may use it up, so it is not held against a browser that is known."""
    return [(limits.THROUGH_CLIENT, client_context.client)] if client_context.client and not known else []


async def open_with_code(
    session: Session, auth: AuthContext, client_context: ClientContext, typed: str
) -> AuthState | None:
    """A new account, for the address whose code this is."""
    row = await codes.use(session, auth, client_context, codes.REGISTER, typed)
    if row is None:
        return None
    account = await accounts.open_account(session, auth, client_context.language, row.address)
    return await prove(session, auth, client_context, account, factors.EMAIL) if account is not None else None


async def by_code(
    session: Session, auth: AuthContext, client_context: ClientContext, typed: str
) -> AuthState | None:
    """The account whose code was typed in."""
    row = await codes.use(session, auth, client_context, codes.SIGN_IN, typed)
    if row is None or row.account is None:
        return None
    return await prove(session, auth, client_context, row.account, factors.EMAIL)


@dataclass(frozen=True, slots=True)
class AuthAttempt:
    """The result of a password, or of a second step. ``retry_after``: none may be tried before then."""

    auth_state: AuthState | None = None
    retry_after: datetime | None = None


async def by_password(
    database: Database, auth: AuthContext, client_context: ClientContext, address: str, password: str
) -> AuthAttempt:
    """The account whose address and password these are. No connection is held while the hash is made."""
    canonical = email_addresses.canonical(address)
    async with database.writing() as session:
        found = await passwords.get_by_email(session, canonical, client_context.browser)
        account: UUID = found.id if found is not None else _NOBODY
        stored = found.hash if found is not None else None
        known = found is not None and found.browser is not None
        retry_after = await auth.retry_after(
            session,
            (limits.PASSWORDS_IN_KNOWN, f"{account} {client_context.browser.hex()}")
            if known
            else (limits.PASSWORDS_FOR_ADDRESS, canonical),
            (limits.PASSWORDS_FROM_NETWORK, client_context.network),
            *_through_client(client_context, known=known),
        )
    if retry_after is not None:
        return AuthAttempt(retry_after=retry_after)
    if not await auth.passwords.verify(stored, password):
        return AuthAttempt()
    async with database.writing() as session:
        if await passwords.get_password(session, account) != stored:  # changed while the hash was made
            return AuthAttempt()
        return AuthAttempt(await prove(session, auth, client_context, account, factors.PASSWORD))


async def second(
    session: Session, auth: AuthContext, client_context: ClientContext, method: str, typed: str
) -> AuthAttempt:
    """The second step: a code of the app, one sent by text, or a recovery code. Each opens once."""
    so_far = await sign_ins.so_far(session, client_context.browser, auth.now())
    if so_far is None:
        return AuthAttempt()
    account: UUID = so_far.account
    retry_after = await wait_for_second(session, auth, client_context, account)
    if retry_after is not None:
        return AuthAttempt(retry_after=retry_after)
    if method == factors.AUTHENTICATOR:
        from identity.factors.actions import authenticators  # noqa: PLC0415 - it proves with this module's help

        right = await authenticators.check(session, auth, account, typed)
    elif method == factors.TEXT:
        right = await phones.check_second(session, auth, client_context, account, typed)
    else:
        right = await use_recovery(session, auth, account, typed)
    return AuthAttempt(await prove(session, auth, client_context, account, method) if right else None)


async def wait_for_second(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID
) -> datetime | None:
    """Count a try of a second factor; from when on there may be another, when there were too many."""
    if await stored_accounts.knows(session, account, client_context.browser):
        return await auth.retry_after(
            session, (limits.SECOND_IN_KNOWN, f"{account} {client_context.browser.hex()}")
        )
    return await auth.retry_after(session, (limits.SECOND_FOR_ACCOUNT, str(account)))


async def use_recovery(session: Session, auth: AuthContext, account: UUID, typed: str) -> bool:
    """Use up a recovery code; the person hears of it."""
    hashed = digest(auth.coding, "recovery", account.bytes, recovery_as_meant(typed))
    if not await stored_authenticators.use_recovery(session, account, hashed, auth.now()):
        return False
    await accounts.changed(session, auth, account, "recovery code used")
    return True


async def prove(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account: UUID,
    method: str,
    upstream_session: UpstreamSession | None = None,
) -> AuthState:
    """Add a method to what this browser has shown of the account; forget what it showed of another."""
    before = await sign_ins.so_far(session, client_context.browser, auth.now())
    same = before is not None and before.account == account
    methods = frozenset({method, *(before.methods if same and before is not None else ())})
    if upstream_session is None and same and before is not None and before.through is not None:
        upstream_session = UpstreamSession.from_json(before.through)
    steps = await phones.steps(session, account)
    complete = factors.complete(methods, has_second=steps.app or steps.text)
    auth_state = AuthState(account, methods, complete, upstream_session)
    if not complete:
        through = upstream_session.as_json() if upstream_session is not None else None
        until = auth.now() + _PATIENCE
        await sign_ins.keep_step(session, client_context.browser, account, sorted(methods), through, until)
    return auth_state


async def so_far(session: ReadSession, auth: AuthContext, client_context: ClientContext) -> UUID | None:
    """The account this browser is half way into."""
    row = await sign_ins.so_far(session, client_context.browser, auth.now())
    return row.account if row is not None else None


async def finish(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, methods: Iterable[str]
) -> None:
    """Note that somebody is signed in here: the browser is known from now on, and the person hears of it."""
    new = await stored_accounts.is_new_browser(session, account, client_context.browser)
    if new:
        row = await stored_accounts.one(session, account)
        if row is not None and row.address is not None:
            await emails.new_device(session, row.address, row.language, client_context.device)
    await sign_ins.done(session, client_context.browser)
    await stored_accounts.get_to_know(session, account, client_context.browser, auth.now())
    what = f"signed in {'on a new device ' if new else ''}by {' and '.join(sorted(methods))}"
    await accounts.record(session, auth, account, what, device=client_context.device)
