"""Close accounts: every domain that keeps data of one takes part."""

from uuid import UUID

from chassis.database import Session
from identity.accounts.actions import accounts
from identity.factors.actions import authentication
from identity.mandates.actions import mandates
from identity.proofs.actions import proofs
from identity.staff.actions import members
from identity.upstream_login.actions import links, login_states
from identity.verification.actions.context import AuthContext

_ERASERS = (
    mandates.close_account,
    proofs.erase_account,
    members.close_account,
    links.close_account,
    authentication.erase_factors,
    login_states.close_account,
)
"""In order: mandates come first, since they name the account's e-mail address, which is erased at the end."""


async def close_account(session: Session, auth: AuthContext, account: UUID) -> None:
    """Close an account: every session and token ends, everything personal is erased."""
    await accounts.close(session, auth, account, _ERASERS)
