"""Events in: the councils, as identity announces them, and nothing else."""

from datetime import UTC, datetime

from address.loading.store import staged_csv
from chassis import ids, tenancy
from chassis.events import Received


async def test_a_council_identity_announces_can_be_loaded_for(session, service):
    assert [consumer.name for consumer in service.all_consumers] == ["councils"]
    view = tenancy.CouncilState
    data = view(slug="newtown", name="Newtown Council", gss="W06000099", region="local", status="active")
    event = Received(ids.new(), view.event_type, "newtown", "newtown", 1, datetime.now(UTC), data)
    assert await session.first(staged_csv.GET_COUNCIL, {"council": "newtown"}) is None
    (consumer,) = service.all_consumers
    await consumer.handlers[view.event_type].handle(session, [event])
    row = await session.first(staged_csv.GET_COUNCIL, {"council": "newtown"})
    assert (row.slug, row.gss) == ("newtown", "W06000099")
