"""Staff who sign in by their council's directory: who they are there, and which groups they are in.

Either the directory provisions staff by SCIM, and a sign-in only links the account. Or sign-ins provision
them just in time (``provisioning`` is ``jit``): roles then count for ``session_hours`` after each sign-in.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.database import Session
from chassis.problems import Problem
from identity.issuer.actions.signing_keys import Issuer
from identity.staff.actions import access_changes, jit_provisioning, members
from identity.staff.actions.jit_provisioning import RefusedError
from identity.upstream_login.rules import directory_claims as rules
from identity.upstreams.rules import registration
from identity.upstreams.rules.upstream import Upstream

_CONFLICT = 409


async def provision_jit(
    session: Session,
    issuer: Issuer,
    upstream: Upstream,
    claims: Mapping[str, Any],
    account: UUID,
    external_id: str,
) -> None:
    """Link an account with a member of staff, whom the sign-in provisions where SCIM does not.

    ``external_id``: the directory's key of them. The session sees the council. Raises RefusedError; nothing
    may be committed then.
    """
    await access_changes.lock_roles_shared(session, upstream.council)
    if upstream.provisioning == registration.JIT:
        await _provision(session, issuer, upstream, claims, account, external_id)
    try:
        if not await members.link_account(session, upstream.council, external_id, account):
            raise RefusedError("not-staff")
    except Problem as problem:
        if problem.status_code != _CONFLICT:
            raise
        raise RefusedError("in-use") from problem
    if upstream.provisioning == registration.SCIM:
        await jit_provisioning.clear_vouching(session, upstream.council, account)


async def _provision(
    session: Session,
    issuer: Issuer,
    upstream: Upstream,
    claims: Mapping[str, Any],
    account: UUID,
    external_id: str,
) -> None:
    if claims.get(rules.OVERAGE):
        raise RefusedError("too-many-groups")
    await jit_provisioning.provision_member(
        session,
        issuer,
        upstream.council,
        rules.read_person(claims, external_id),
        account,
        claims.get(rules.GROUPS, []) if upstream.groups_claim is not None else None,
        upstream.session_hours,
    )
