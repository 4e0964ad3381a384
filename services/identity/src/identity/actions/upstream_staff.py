"""A member of staff has signed in through the council's directory."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.database import Session
from identity.actions import staff
from identity.actions.issuer import Issuer
from identity.store.upstreams import Upstream


async def arrived(
    session: Session,
    _issuer: Issuer,
    upstream: Upstream,
    account: UUID,
    external_id: str,
    _claims: Mapping[str, Any],
) -> None:
    """Link the account with whom the directory calls ``external_id``, if SCIM brought him.

    Raises Problem 409 when either is linked with another already. The session sees the council.
    """
    await staff.link(session, upstream.council, external_id, account)
