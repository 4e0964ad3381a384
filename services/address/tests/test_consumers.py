"""Events in: the councils, as identity announces them; mapping's have tests beside the postcodes."""

from address.loading.store import staged_csv
from chassis import council_events


async def test_a_council_identity_announces_can_be_loaded_for(deliver, database, service):
    async def read_council():
        async with database.reading() as session:
            return await session.first(staged_csv.GET_COUNCIL, {"council": "newtown"})

    assert [consumer.name for consumer in service.all_consumers] == ["councils", "outcodes"]
    assert await read_council() is None
    await deliver(council_events.CouncilState, council="newtown", slug="newtown", gss="W06000099")
    row = await read_council()
    assert (row.slug, row.gss) == ("newtown", "W06000099")
