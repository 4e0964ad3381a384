import itertools
from pathlib import Path

import pytest
from sqlalchemy import text

from services.casework.tests.cases.conftest import (  # noqa: F401 - fixtures of cases
    _FAR,
    Desk,
    events_of,
    installed,
    now,
    open_desk,
    run_due,
)

ALLOTMENT = Path(__file__).parents[1] / "case_types" / "samples" / "allotment.yaml"
_NUMBERS = itertools.count(1)
MORNING = {"starts": "09:00", "ends": "12:00", "capacity": 2}


@pytest.fixture(scope="module")
async def published(client, mint):
    """Hillshire has the sample type."""
    token = mint(scopes=["casework:configure"], councils=["hillshire"], exp=_FAR, mode="live")
    headers = {"Authorization": f"Bearer {token}"}
    await Desk(client, headers, "hillshire").publish(
        "allotment", "1.0", ALLOTMENT.read_text(), headers=headers
    )


@pytest.fixture
def keeper(open_desk, published, now):  # noqa: F811
    """Somebody who keeps the slots of hillshire."""
    return open_desk(council="hillshire", mode="live")


@pytest.fixture
def desk(open_desk, published, now):  # noqa: F811
    return open_desk(council="hillshire")


@pytest.fixture
async def clear_pools(database):
    """The tests of a module share a database, and the type has one pool: it is renamed after each."""
    yield
    async with database.writing("hillshire") as session:
        rename = text("UPDATE slot_pool SET pool = pool || '_' || left(replace(id::text, '-', ''), 20)")
        await session.execute(rename)


@pytest.fixture
def add_pool(keeper, clear_pools):
    async def add_pool(**members):
        week = {"friday": [MORNING], "saturday": [MORNING]}
        body = {"pool": "plots", "name": "Plots", "week": week, **members}
        response = await keeper.post("slot-pools", **body)
        assert response.status_code == 201, response.text
        return response.json()

    return add_pool


@pytest.fixture
def list_slots(desk):
    async def list_slots(**params):
        response = await desk.get("slots", pool="plots", **params)
        assert response.status_code == 200, response.text
        return response.json()["items"]

    return list_slots


@pytest.fixture
def ask_visit(desk):
    async def ask_visit(slot=None, *, by=None, **members):
        fields = {"name": "Ann"} | ({"visit": slot} if slot else {})
        client = by or desk
        return await client.post("cases", case_type="allotment", action="ask_visit", fields=fields, **members)

    return ask_visit


@pytest.fixture
def submission():
    return f"form-{next(_NUMBERS)}"
