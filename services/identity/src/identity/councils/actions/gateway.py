"""The snapshot of councils and revoked credentials for the gateway's control plane."""

from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession
from identity.councils import store
from identity.councils.schemas import GatewayCouncil, Refusal, Snapshot
from identity.issuer.actions.revocations import require_region


async def build_snapshot(session: ReadSession, caller: Caller) -> Snapshot:
    """Build the snapshot: every council, and every credential revoked before it expires."""
    require_region(caller)
    routes = await store.list_routes(session)
    revoked = await store.list_revoked(session, clock.now())
    return Snapshot(
        councils=[GatewayCouncil.model_validate(row, from_attributes=True) for row in routes],
        revoked=[Refusal.model_validate(row, from_attributes=True) for row in revoked],
    )
