"""What the gateway's control plane needs to know, as one picture."""

from datetime import UTC, datetime

from chassis.auth import Caller
from chassis.database import ReadSession
from identity.councils import store
from identity.councils.schemas import GatewayCouncil, Refusal, Snapshot
from identity.issuer.actions.revocations import require_region


async def build_snapshot(session: ReadSession, caller: Caller) -> Snapshot:
    """Every council, and every credential refused before its time."""
    require_region(caller)
    councils = await store.list_routes(session)
    refused = await store.list_revoked(session, datetime.now(UTC))
    return Snapshot(
        councils=[GatewayCouncil.model_validate(row, from_attributes=True) for row in councils],
        revoked=[Refusal.model_validate(row, from_attributes=True) for row in refused],
    )
