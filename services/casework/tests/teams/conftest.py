import itertools

import pytest

from services.casework.tests.cases.conftest import _FAR, SCOPES, Desk, installed, now, open_desk
from services.casework.tests.search.conftest import owner, sign_in, statements
from services.casework.tests.teams import types

__all__ = ["SCOPES", "installed", "now", "open_desk", "owner", "sign_in", "statements"]
_TEAMS = (f"team_{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
async def repairs(client, mint):
    """Both councils have the case type of ``types.py``."""
    for council in ("citytown", "hillshire"):
        token = mint(scopes=["casework:configure"], councils=[council], exp=_FAR, mode="live")
        headers = {"Authorization": f"Bearer {token}"}
        await Desk(client, headers, council).publish(
            "repair", "1.0", types.REPAIR, types.WELSH, headers=headers
        )


@pytest.fixture
def desk(open_desk, now, installed, repairs):
    return open_desk()


@pytest.fixture
def team():
    """The code of a team that no other test has: the tests of a module share a database."""
    return next(_TEAMS)


@pytest.fixture
def set_team(desk):
    """Write a team."""

    async def set_team(code, *members, areas=(), by=None):
        by = by or desk
        body = {"name": code.title(), "members": members, "areas": [*areas]}
        return await by.client.put(f"{by.base}/teams/{code}", json=body, headers=by.headers)

    return set_team


@pytest.fixture
def report(desk):
    """Report something to repair."""

    async def report(by=None, **fields):
        response = await (by or desk).post("cases", case_type="repair", fields=fields)
        assert response.status_code == 201, response.text
        return response.json()

    return report


@pytest.fixture
def assign(desk):
    """Assign a case by rule."""

    async def assign(case, by=None, **body):
        return await (by or desk).change("POST", f"cases/{case['id']}/assignment", case, **body)

    return assign
