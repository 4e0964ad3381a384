"""Which account somebody is who signed in elsewhere: linked by his own act, or a new one.

Nobody is linked because of an e-mail address: whoever keeps a provider could write any into it.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chassis.database import ReadSession, Session
from identity.accounts.actions import accounts
from identity.accounts.actions.sessions import BrowserSession
from identity.factors.actions import authentication, passkeys
from identity.factors.actions.authentication import AuthState
from identity.issuer.actions.signing_keys import Issuer
from identity.proofs.actions import proofs
from identity.shared.rules import email_addresses
from identity.staff.actions.jit_provisioning import RefusedError
from identity.upstream_login.actions import jit_staff, logouts
from identity.upstream_login.actions.login_states import FailedError, UpstreamLogin
from identity.upstream_login.rules import identity as upstream_identity
from identity.upstream_login.rules import requests
from identity.upstream_login.rules.identity import Identity
from identity.upstream_login.rules.requests import LINK, PROVE, SIGN_IN
from identity.upstream_login.store import login_states as visits
from identity.upstreams import store
from identity.upstreams.store import Upstream
from identity.verification.actions.context import AuthContext, ClientContext


@dataclass(frozen=True, slots=True)
class Settled:
    """What comes next. ``opens``: signed in. ``ask-again``: the link is there, now the identity is proven.

    ``decide``: the person says which account it is. ``confirm``: he confirms that it is this one.
    """

    next: Literal["opens", "linked", "ask-again", "decide", "confirm"]
    auth_state: AuthState | None = None


async def settle(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    client_context: ClientContext,
    login: UpstreamLogin,
    person: BrowserSession | None,
) -> Settled:
    """Somebody has come back. The session sees the council. Raises FailedError."""
    visit, upstream = login.visit, login.upstream
    account = await store.account_of(session, upstream.council, upstream.id, login.subject)
    if visit.purpose == SIGN_IN:
        if account is None:
            await visits.keep(session, visit.state_hash, login.kept(), chosen=False)
            return Settled("decide")
        return Settled("opens", await _open(session, issuer, auth, client_context, login, account))
    if person is None or person.account != visit.account:
        raise FailedError("another-person", visit, upstream)
    if account is None:
        await _unlinked_here(session, login, person.account)
        await visits.keep(session, visit.state_hash, login.kept(), chosen=True)
        return Settled("confirm")
    if account != person.account:
        raise FailedError("in-use", visit, upstream)
    return await _again(session, issuer, auth, client_context, login, account)


async def _again(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    client_context: ClientContext,
    login: UpstreamLogin,
    account: UUID,
) -> Settled:
    """The very person who is linked is back."""
    if login.visit.purpose == LINK:
        return Settled("linked")
    if requests.identity_of(login.visit.vot or "") is None:
        return Settled("ask-again")
    if not isinstance(login.identity, Identity):
        raise FailedError("not-proven", login.visit, login.upstream)
    auth_state = await _open(session, issuer, auth, client_context, login, account)
    await _prove(session, account, login.upstream, login.identity)
    return Settled("opens", auth_state)


async def _unlinked_here(session: ReadSession, login: UpstreamLogin, account: UUID) -> None:
    """An account has one person at each provider: the same must come back."""
    if await linked(session, login.upstream, account):
        raise FailedError("another-person", login.visit, login.upstream)


async def linked(session: ReadSession, upstream: Upstream, account: UUID) -> bool:
    """Whether the account signs in by this upstream. The session sees its council."""
    return any(
        row.upstream == upstream.id and row.council == upstream.council
        for row in await store.of_account(session, account)
    )


async def _open(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    client_context: ClientContext,
    login: UpstreamLogin,
    account: UUID,
) -> AuthState:
    await visits.done(session, login.visit.state_hash, login.visit.browser)
    await _at_work(session, issuer, login, account)
    opening = logouts.derive_session(auth, login)
    return await authentication.add_method(session, auth, client_context, account, login.method, opening)


async def _at_work(session: Session, issuer: Issuer, login: UpstreamLogin, account: UUID) -> None:
    if login.upstream.audience != "staff":
        return
    try:
        await jit_staff.provision_jit(
            session, issuer, login.upstream, login.claims, account, login.external_id
        )
    except RefusedError as refusal:
        raise FailedError(refusal.reason, login.visit, login.upstream) from refusal


async def _prove(session: Session, account: UUID, upstream: Upstream, identity: Identity) -> None:
    """Record what was proven. The session sees every council after."""
    person = proofs.ProvenPerson(
        identity.given_names, identity.family_name, identity.born, identity.addresses
    )
    evidence = [{"kind": upstream_identity.EVIDENCE, "checks": []}]
    await proofs.add_upstream_proof(session, account, identity.level, evidence, person, upstream.issuer)


async def link(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    client_context: ClientContext,
    login: UpstreamLogin,
    account: UUID,
) -> AuthState:
    """The person has confirmed that whoever came back is this account. Raises FailedError."""
    visit, upstream = login.visit, login.upstream
    if visit.account not in (None, account) or not visit.chosen:
        raise FailedError("another-person", visit, upstream)
    await _tie(session, auth, login, account)
    await accounts.changed(session, auth, account, "upstream linked")
    return await _open(session, issuer, auth, client_context, login, account)


async def open_new(
    session: Session, issuer: Issuer, auth: AuthContext, client_context: ClientContext, login: UpstreamLogin
) -> AuthState | None:
    """A new account, with the address that GOV.UK One Login has verified, if there is one.

    None when that address reaches an account: then a letter has gone there as to anybody who opens one.
    Raises FailedError when somebody was faster.
    """
    if login.visit.purpose != SIGN_IN:
        raise FailedError("another-person", login.visit, login.upstream)
    email = login.email if login.email and not email_addresses.fault(login.email) else None
    account = await accounts.open_account(session, auth, client_context.language, email)
    if account is None:
        await authentication.send_registration_code(session, auth, client_context, email or "")
        await visits.choose(session, login.visit.state_hash, login.visit.browser)
        return None
    await _tie(session, auth, login, account)
    await accounts.record(session, auth, account, "upstream linked", device=client_context.device)
    return await _open(session, issuer, auth, client_context, login, account)


async def _tie(session: Session, auth: AuthContext, login: UpstreamLogin, account: UUID) -> None:
    upstream = login.upstream
    if await store.link(session, upstream.council, upstream.id, login.subject, account, auth.now()):
        return
    held = await store.account_of(session, upstream.council, upstream.id, login.subject)
    if held != account:
        raise FailedError("in-use", login.visit, upstream)


async def unlink(session: Session, auth: AuthContext, council: str, upstream_id: UUID, account: UUID) -> bool:
    """Sign in there no more; false for the last way in. The session sees every council after."""
    if not await has_other_way(session, account, (council, upstream_id)):
        return False
    if await store.unlink(session, council, upstream_id, account):
        await accounts.changed(session, auth, account, "upstream unlinked")
    return True


async def has_other_way(
    session: ReadSession,
    account: UUID,
    but_upstream: tuple[str, UUID] | None = None,
    but_passkey: UUID | None = None,
) -> bool:
    """Whether an account can be signed in to without these. The session sees every council after.

    A password goes with an address, and second steps open nothing alone.
    """
    await session.across_councils()
    row = await accounts.one(session, account)
    if row is not None and row.address is not None:
        return True
    if any(one.id != but_passkey for one in await passkeys.list_passkeys(session, account)):
        return True
    return any(
        one.enabled and (one.council, one.upstream) != but_upstream
        for one in await store.of_account(session, account)
    )


async def count(session: ReadSession, account: UUID) -> int:
    """At how many providers an account signs in. The session sees every council after."""
    await session.across_councils()
    return len(await store.of_account(session, account))


def question_of(upstream: Upstream, purpose: str, wanted: str, *, is_linked: bool) -> str | None:
    """The vector of trust to ask for. An identity is asked of whoever is linked, so that he is the same."""
    if upstream.kind != requests.ONE_LOGIN:
        return None
    if purpose == PROVE and is_linked:
        return f"{requests.CREDENTIALS}.{wanted}"
    return requests.CREDENTIALS
