"""Granting and revoking credentials of any kind."""

from collections.abc import Sequence
from datetime import datetime

from chassis import outbox, revocations
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import FieldError, Problem
from identity.events import TokenRevoked
from identity.shared.oauth import scopes
from identity.shared.rules.tokens import Claim, Mode

_FIRST = 1
"""Events of one id can arrive in any order, as each only widens the revocation: all have this sequence."""


def check_can_grant(caller: Caller, requested: Sequence[str], mode: Mode, *, region: bool) -> None:
    """Check that the caller may grant these scopes: only those they hold. Raises Problem 400 or 403.

    A credential of one council carries no scope of the region, whoever creates it.
    """
    if not region and (region_only := scopes.list_region_only(requested)):
        message = f"{', '.join(region_only)} is for the region's own clients; leave it out"
        error = FieldError(field="body.scopes", message=message, code="region_scope")
        raise Problem(400, "invalid-request", "The request has a value that cannot be used; see errors.",
                      errors=[error])  # fmt: skip
    if lacking := scopes.list_ungrantable(requested, caller.scopes):
        detail = f"You can grant only scopes you hold yourself; you do not hold {', '.join(lacking)}."
        raise Problem(403, "scope-not-held", detail, scopes=lacking)
    if mode == "live" and caller.mode != "live":
        raise Problem(403, "mode-not-held", "A sandbox credential can make sandbox credentials only.")


def require_region(caller: Caller) -> None:
    """Require a credential for every council, besides the scope. Raises Problem 403."""
    if not caller.may_act_in("*"):
        raise Problem(403, "wrong-council", "This needs a credential of the region, not of one council.")


async def revoke_credential(
    session: Session,
    council: str,
    token_id: str,
    expires_at: datetime,
    issued_before: datetime | None = None,
    *,
    claim: Claim | None = None,
) -> None:
    """Revoke a credential: it is refused here and, by event, everywhere.

    ``claim``: in which claim of a token the id stands; the gateway looks in that one only. With
    ``issued_before`` only tokens whose ``iat`` is not later than its second are refused, so that new ones are
    good, save in the rest of this second. Take that time once the row that changes is locked: no token may
    be issued from the old state after it. To revoke an id again widens its revocation, and never narrows it.
    """
    await revoke_credentials(session, council, [token_id], expires_at, issued_before, claim=claim)


async def revoke_credentials(
    session: Session,
    council: str,
    token_ids: Sequence[str],
    expires_at: datetime,
    issued_before: datetime | None = None,
    *,
    claim: Claim | None = None,
) -> None:
    """Revoke many credentials, with as few statements as one; see ``revoke_credential``."""
    second = issued_before.replace(microsecond=0) if issued_before else None
    await revocations.revoke_all(session, council, token_ids, expires_at, second, claim)
    events = (
        outbox.Event(TokenRevoked(id=each, expires_at=expires_at, issued_before=second), each, _FIRST)
        for each in token_ids
    )
    await outbox.add_all(session, events, council=council)
