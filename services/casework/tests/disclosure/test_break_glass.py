"""A restricted case is read in an emergency by one who may, and that is recorded."""

import pytest
from sqlalchemy import text

from chassis import ids

_AUDIT = text("""SELECT a.actor, a.changes, p.changes AS personal FROM audit a
    LEFT JOIN audit_personal p USING (council, id) WHERE a.aggregate_id = :case AND a.act = 'glass-broken'""")
_CHILD = text("SELECT other_id FROM case_link WHERE case_id = :case AND link = 'worry'")
WHY = {"purpose": "safeguarding", "reason": "Ann may be in danger tonight"}


@pytest.fixture
async def restricted(desk, database):
    """A case that guardians alone may know of."""
    case = (await desk.apply("Ann Other", person="person-ann")).json()
    assert (await desk.act(case, "worry")).status_code == 200
    async with database.reading("citytown") as session:
        child = await session.scalar(_CHILD, {"case": ids.read(case["id"])})
    return ids.show(child)


async def test_one_who_may_reads_it_whole_and_says_why(desk, officer, restricted, database, events_of):
    medic = await officer("medic-1", "break_glass")
    assert (await medic.get(f"cases/{restricted}")).status_code == 404
    response = await medic.post(f"cases/{restricted}/break-glass", **WHY)
    assert response.status_code == 200, response.text
    assert (response.json()["fields"], response.json()["actions"]) == ({"who": "Ann Other"}, [])
    async with database.reading("citytown") as session:
        [entry] = await session.all(_AUDIT, {"case": restricted})
    assert (entry.actor, entry.changes) == ("medic-1", {"purpose": [None, "safeguarding"]})
    assert entry.personal == {"reason": [None, WHY["reason"]]}
    [event] = await events_of({"id": restricted}, "casework.access")
    assert (event["data"]["actor"], event["data"]["purpose"]) == ("medic-1", "safeguarding")
    assert "danger" not in str(event)
    assert (await medic.get(f"cases/{restricted}")).status_code == 404


async def test_nobody_else_does_and_nobody_without_a_reason(desk, officer, restricted):
    crew, medic = await officer("crew-2", "officer"), await officer("medic-2", "break_glass")
    path = f"cases/{restricted}/break-glass"
    assert [(await desk.post(path, **WHY)).status_code for desk in (desk, crew)] == [403, 403]
    assert (await medic.post(path, purpose="curiosity", reason="I know them")).status_code == 400
    assert (await medic.post(path, purpose="emergency", reason=" ")).status_code == 400
    assert (await medic.post("cases/00000000000000000000000000/break-glass", **WHY)).status_code == 404
