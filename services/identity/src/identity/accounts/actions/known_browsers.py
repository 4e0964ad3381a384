"""Browsers in which an account was signed in before: attempts of strangers do not lock them out."""

from uuid import UUID

from chassis.database import ReadSession, Session
from identity.accounts.store import accounts as store
from identity.verification.actions.context import AuthContext, ClientContext


async def is_known(session: ReadSession, account: UUID, client_context: ClientContext) -> bool:
    """Tell whether the account was signed in in this browser before."""
    return await store.knows_browser(session, account, client_context.browser)


async def is_new(session: ReadSession, account: UUID, client_context: ClientContext) -> bool:
    """Tell whether the account was signed in in other browsers before, but not in this one."""
    return await store.is_new_browser(session, account, client_context.browser)


async def remember(session: Session, auth: AuthContext, account: UUID, client_context: ClientContext) -> None:
    """Remember that the account was signed in in this browser."""
    await store.remember_browser(session, account, client_context.browser, auth.now())
