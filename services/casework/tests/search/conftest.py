import itertools

import asyncpg
import pytest
from sqlalchemy import event

from services.casework.tests.cases.conftest import _FAR, SCOPES, Desk, installed, now, open_desk
from services.casework.tests.search import types

__all__ = ["SCOPES", "installed", "now", "open_desk"]
_WORDS = (f"Zzq{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
async def nuisances(client, mint):
    """Both councils have the case type of ``types.py``."""
    for council in ("citytown", "hillshire"):
        token = mint(scopes=["casework:configure"], councils=[council], exp=_FAR, mode="live")
        headers = {"Authorization": f"Bearer {token}"}
        await Desk(client, headers, council).publish(
            "nuisance", "1.0", types.NUISANCE, types.WELSH, headers=headers
        )


@pytest.fixture
def desk(open_desk, now, installed, nuisances):
    return open_desk()


@pytest.fixture
def word():
    """A word that no other test's case has: the tests of a module share a database."""
    return next(_WORDS)


@pytest.fixture
def report(desk):
    """Open a complaint."""

    async def report(by=None, **fields):
        members = {name: fields.pop(name) for name in ("person", "location", "uprn") if name in fields}
        response = await (by or desk).post("cases", case_type="nuisance", fields=fields, **members)
        assert response.status_code == 201, response.text
        return response.json()

    return report


@pytest.fixture
def find(desk):
    """Find the ids of cases by words."""

    async def find(words, by=None, **filters):
        response = await (by or desk).post("case-searches", words=words, **filters)
        assert response.status_code == 200, response.text
        return [item["id"] for item in response.json()["items"]]

    return find


@pytest.fixture
def sign_in(desk, open_desk):
    """Open the desk of a member of staff with roles."""

    async def sign_in(subject, *roles, **claims):
        path = f"{desk.base}/role-holders/{subject}"
        response = await desk.client.put(path, json={"roles": roles}, headers=desk.headers)
        assert response.status_code == 200, response.text
        return open_desk(sub=subject, client_id="office", **claims)

    return sign_in


@pytest.fixture
async def owner(postgres_url, database_url):
    """A connection of the server's superuser to the database."""
    name = database_url.rpartition("/")[2]
    connection = await asyncpg.connect(f"{postgres_url.rpartition('/')[0]}/{name}")
    yield connection
    await connection.close()


@pytest.fixture
def statements(app):
    """The statements that the application's reader has sent, in a list that grows."""
    recorded = []

    def note(_connection, _cursor, statement, *_):
        recorded.append(" ".join(statement.split()))

    engine = app.state.database.reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield recorded
    event.remove(engine, "before_cursor_execute", note)
