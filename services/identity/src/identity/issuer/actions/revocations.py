"""What making and revoking a credential of any kind have in common."""

from collections.abc import Sequence
from datetime import datetime

from chassis import outbox, tenancy
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import FieldError, Problem
from identity.events import TokenRevoked
from identity.shared.oauth import scopes
from identity.shared.rules.tokens import Claim, Mode

_FIRST = 1
"""Refusals of one id only widen, in whichever order they arrive: each counts as its first."""


def check_can_grant(caller: Caller, asked: Sequence[str], mode: Mode, *, region: bool) -> None:
    """Nobody gives what he has not. Raises Problem 400 or 403.

    A credential of one council carries no scope of the region, whoever makes it.
    """
    if not region and (over := scopes.list_region_only(asked)):
        message = f"{', '.join(over)} is for the region's own clients; leave it out"
        error = FieldError(field="body.scopes", message=message, code="region_scope")
        raise Problem(400, "invalid-request", "The request has a value that cannot be used; see errors.",
                      errors=[error])  # fmt: skip
    if lacking := scopes.list_not_held(asked, caller.scopes):
        detail = f"You can grant only scopes you hold yourself; you do not hold {', '.join(lacking)}."
        raise Problem(403, "scope-not-held", detail, scopes=lacking)
    if mode == "live" and caller.mode != "live":
        raise Problem(403, "mode-not-held", "A sandbox credential can make sandbox credentials only.")


def require_region(caller: Caller) -> None:
    """Region-level work needs a credential for every council, besides its scope. Raises Problem 403."""
    if not caller.acts_for("*"):
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
    """Have the credential refused here and, by event, everywhere.

    ``claim`` says where its id stands in a token, so that the gateway looks for it there alone.
    With ``issued_before`` only tokens whose ``iat`` is not later than its second: who is given others now is
    not turned away with them, save for what remains of this second. Whoever reads what the tokens say must
    be kept from reading the old state after that moment: take it once the row that changes is locked.
    Refusing the same id again widens the refusal and never narrows it.
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
    """The same of many, with as few statements as of one."""
    second = issued_before.replace(microsecond=0) if issued_before else None
    await tenancy.revoke_all(session, council, token_ids, expires_at, second, claim)
    events = [
        (each, TokenRevoked(id=each, expires_at=expires_at, issued_before=second)) for each in token_ids
    ]
    await outbox.add_all(session, events, council=council, sequence=_FIRST)
