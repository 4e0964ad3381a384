"""Decide what comes after each step of a sign-in, and open the session when it is complete."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Session
from identity.accounts.actions import sessions
from identity.assurance.rules import SignInRequest, needs_step_up
from identity.factors.actions import authentication
from identity.factors.actions.authentication import AuthState
from identity.staff.actions import members
from identity.upstream_login.actions import login_states, logouts
from identity.verification.actions.context import AuthContext, ClientContext


@dataclass(frozen=True, slots=True)
class SecondStepNeeded:
    """The account has a second step, which comes next: nobody is signed in yet."""


@dataclass(frozen=True, slots=True)
class SignInAgain:
    """The person has signed out at the provider meanwhile: nobody is signed in, and nothing may be kept."""


@dataclass(frozen=True, slots=True)
class ConfirmLink:
    """Signed in. A login at a provider waits to be linked with the account: the person must confirm it."""

    session_secret: str


@dataclass(frozen=True, slots=True)
class StepUpNeeded:
    """Signed in with one factor, where the client asks for two."""

    session_secret: str


@dataclass(frozen=True, slots=True)
class Completed:
    """Signed in, and strongly enough to return."""

    session_secret: str


NextStep = SecondStepNeeded | SignInAgain | ConfirmLink | StepUpNeeded | Completed


async def take(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    state: AuthState,
    request: SignInRequest | None,
    session_secret: str | None,
) -> NextStep:
    """Decide what comes after a step that left the browser in ``state``; open its session if it is complete.

    ``session_secret``: of the session that the browser has already, if it has one.
    """
    if not state.complete:
        return SecondStepNeeded()
    confirm_link = await _is_link_waiting(session, auth, client_context, state.account, session_secret)
    if state.upstream_session is not None and await logouts.is_logged_out(session, state.upstream_session):
        return SignInAgain()
    new_secret = await sessions.start(
        session,
        session_secret,
        client_context.device,
        state.account,
        state.own_methods,
        by_own_means=state.by_own_means,
        upstream_session=state.upstream_session,
        vouched_until=await members.get_vouched_until(session, state.account),
    )
    await authentication.complete_sign_in(session, auth, client_context, state.account, state.methods)
    if confirm_link:
        return ConfirmLink(new_secret)
    record = await sessions.get_current(session, new_secret)
    return StepUpNeeded(new_secret) if needs_step_up(request, record) else Completed(new_secret)


async def _is_link_waiting(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account: UUID,
    session_secret: str | None,
) -> bool:
    """Tell whether a login at a provider, made in this browser, is to be linked with the account.

    Logins that the person before left behind in the browser are forgotten.
    """
    before = await sessions.get_current(session, session_secret)
    if before is not None and before.account != account:
        await login_states.delete_pending(session, client_context.browser)
    login = await login_states.get_pending_state(session, client_context.browser, auth.now())
    return login is not None and login.chosen and login.account in {None, account}


async def step_up(
    session: Session, client_context: ClientContext, account: UUID, method: str, session_secret: str | None
) -> str:
    """Count another method in the browser's session, which the person has just set up: its new secret."""
    vouched_until = await members.get_vouched_until(session, account)
    return await sessions.start(
        session, session_secret, client_context.device, account, [method], vouched_until=vouched_until
    )
