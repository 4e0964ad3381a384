"""Links between accounts and people at an upstream: find, add and delete them, and sign in by them.

An equal e-mail address never links anybody: who runs a provider could write any address into its tokens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from identity.accounts.actions import accounts, sessions
from identity.accounts.rules.browser_sessions import SessionRecord
from identity.factors.actions import authentication
from identity.factors.actions.authentication import AuthState
from identity.issuer.actions.signing_keys import Issuer
from identity.proofs.actions import proofs
from identity.shared.rules import email_addresses
from identity.staff.actions.jit_provisioning import RefusedError
from identity.upstream_login.actions import jit_staff, login_states, logouts
from identity.upstream_login.actions.login_states import LoginFailedError, UpstreamLogin
from identity.upstream_login.rules import identity as upstream_identity
from identity.upstream_login.rules import requests
from identity.upstream_login.rules.identity import Identity
from identity.upstream_login.rules.requests import LINK, PROVE, SIGN_IN
from identity.upstream_login.store import links as store
from identity.upstream_login.store import login_states as stored_states
from identity.upstreams.rules.upstream import Upstream
from identity.verification.actions.context import AuthContext, ClientContext


@dataclass(frozen=True, slots=True)
class LoginOutcome:
    """What comes after a login. ``opens``: the person is signed in. ``linked``: the link was there already.

    ``ask-again``: linked, and they go back to prove their identity. ``decide``: they say which account is
    theirs. ``confirm``: they confirm that it is this one.
    """

    next: Literal["opens", "linked", "ask-again", "decide", "confirm"]
    auth_state: AuthState | None = None


async def complete_login(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    client_context: ClientContext,
    login: UpstreamLogin,
    person: SessionRecord | None,
) -> LoginOutcome:
    """Decide what comes after a login. The session sees the council. Raises LoginFailedError."""
    state, upstream = login.state, login.upstream
    account = await store.get_account(session, upstream.council, upstream.id, login.subject)
    if state.purpose == SIGN_IN:
        if account is None:
            await stored_states.store_result(session, state.state_hash, login.to_result(), chosen=False)
            return LoginOutcome("decide")
        return LoginOutcome("opens", await _sign_in(session, issuer, auth, client_context, login, account))
    if person is None or person.account != state.account:
        raise LoginFailedError("another-person", state, upstream)
    if account is None:
        await _check_not_linked(session, login, person.account)
        await stored_states.store_result(session, state.state_hash, login.to_result(), chosen=True)
        return LoginOutcome("confirm")
    if account != person.account:
        raise LoginFailedError("in-use", state, upstream)
    return await _complete_linked(session, issuer, auth, client_context, login, account)


async def _complete_linked(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    client_context: ClientContext,
    login: UpstreamLogin,
    account: UUID,
) -> LoginOutcome:
    """Complete a login of the person who is linked with the account."""
    if login.state.purpose == LINK:
        return LoginOutcome("linked")
    if requests.get_identity_level(login.state.vot or "") is None:
        return LoginOutcome("ask-again")
    if not isinstance(login.identity, Identity):
        raise LoginFailedError("not-proven", login.state, login.upstream)
    auth_state = await _sign_in(session, issuer, auth, client_context, login, account)
    await _add_proof(session, account, login.upstream, login.identity)
    return LoginOutcome("opens", auth_state)


async def _check_not_linked(session: ReadSession, login: UpstreamLogin, account: UUID) -> None:
    """Check that the account has no link at the provider: another person there must not get a second one."""
    if await is_linked(session, login.upstream, account):
        raise LoginFailedError("another-person", login.state, login.upstream)


async def is_linked(session: ReadSession, upstream: Upstream, account: UUID) -> bool:
    """Tell whether the account signs in by this upstream. The session sees its council."""
    return any(
        row.upstream == upstream.id and row.council == upstream.council
        for row in await store.list_by_account(session, account)
    )


async def _sign_in(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    client_context: ClientContext,
    login: UpstreamLogin,
    account: UUID,
) -> AuthState:
    await login_states.delete_decided(session, login)
    await _provision_staff(session, issuer, login, account)
    upstream_session = logouts.derive_session(auth, login)
    return await authentication.add_method(session, auth, client_context, account, upstream_session)


async def _provision_staff(session: Session, issuer: Issuer, login: UpstreamLogin, account: UUID) -> None:
    if login.upstream.audience != "staff":
        return
    try:
        await jit_staff.provision_jit(
            session, issuer, login.upstream, login.claims, account, login.external_id
        )
    except RefusedError as refusal:
        raise LoginFailedError(refusal.reason, login.state, login.upstream) from refusal


async def _add_proof(session: Session, account: UUID, upstream: Upstream, identity: Identity) -> None:
    """Record the identity that the provider proved. The session sees every council afterwards."""
    person = proofs.ProvenPerson(
        identity.given_names, identity.family_name, identity.birth_date, identity.addresses
    )
    evidence = [{"kind": upstream_identity.EVIDENCE, "checks": []}]
    await proofs.add_upstream_proof(session, account, identity.level, evidence, person, upstream.issuer)


async def link_account(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    client_context: ClientContext,
    login: UpstreamLogin,
    account: UUID,
) -> AuthState:
    """Link a login with the account, which the person has confirmed, and sign in. Raises LoginFailedError."""
    state, upstream = login.state, login.upstream
    if state.account not in (None, account) or not state.chosen:
        raise LoginFailedError("another-person", state, upstream)
    await _insert_link(session, auth, login, account)
    await accounts.record_change(session, auth, account, "upstream linked")
    return await _sign_in(session, issuer, auth, client_context, login, account)


async def open_account(
    session: Session, issuer: Issuer, auth: AuthContext, client_context: ClientContext, login: UpstreamLogin
) -> AuthState | None:
    """Open an account with the address that GOV.UK One Login has verified, if there is one, and link it.

    None when that address belongs to an account: then it was sent an e-mail, as for any registration.
    Raises LoginFailedError when somebody else linked this person meanwhile.
    """
    if login.state.purpose != SIGN_IN:
        raise LoginFailedError("another-person", login.state, login.upstream)
    email = login.email if login.email and not email_addresses.is_invalid(login.email) else None
    account = await accounts.create(session, auth, client_context.language, email)
    if account is None:
        await authentication.send_registration_code(session, auth, client_context, email or "")
        await login_states.mark_chosen(session, login)
        return None
    await _insert_link(session, auth, login, account)
    await accounts.record_event(session, auth, account, "upstream linked", device=client_context.device)
    return await _sign_in(session, issuer, auth, client_context, login, account)


async def _insert_link(session: Session, auth: AuthContext, login: UpstreamLogin, account: UUID) -> None:
    upstream = login.upstream
    if await store.insert_link(session, upstream.council, upstream.id, login.subject, account, auth.now()):
        return
    linked_account = await store.get_account(session, upstream.council, upstream.id, login.subject)
    if linked_account != account:
        raise LoginFailedError("in-use", login.state, upstream)


async def unlink_account(
    session: Session, auth: AuthContext, council: str, upstream_id: UUID, account: UUID
) -> None:
    """Delete a link, and end what it signed in. The session sees every council afterwards."""
    await session.set_all_councils()
    if await store.delete_link(session, council, upstream_id, account):
        await sessions.leave_council(session, account, council, "security", upstream_id)
        await accounts.record_change(session, auth, account, "upstream unlinked")


async def is_signed_in_by(
    session: ReadSession, council: str, upstream_ids: Iterable[str], account: UUID
) -> bool:
    """Tell whether one of these upstreams, as a grant names them, still signs the account in.

    A link lasts until its person, or the council, removes it. The session sees the council afterwards.
    """
    await session.set_council(council)
    linked = {ids.show(row.upstream) for row in await store.list_by_account(session, account)}
    return not linked.isdisjoint(upstream_ids)


async def list_links(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """List the upstreams an account is linked with. The session sees every council afterwards."""
    await session.set_all_councils()
    return await store.list_by_account(session, account)


async def count_links(session: ReadSession, account: UUID) -> int:
    """Count the upstreams an account is linked with. The session sees every council afterwards."""
    return len(await list_links(session, account))


async def close_account(session: Session, account: UUID) -> None:
    """Delete the links of a closed account. The session sees every council afterwards."""
    await session.set_all_councils()
    await store.delete_by_account(session, account)


def choose_vot(upstream: Upstream, purpose: str, level: str, *, is_linked: bool) -> str | None:
    """Choose the vector of trust to request; an identity only of a linked person, so that it is theirs."""
    if upstream.kind != requests.ONE_LOGIN:
        return None
    if purpose == PROVE and is_linked:
        return f"{requests.CREDENTIALS}.{level}"
    return requests.CREDENTIALS
