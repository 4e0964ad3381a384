import itertools

import pytest
from sqlalchemy import event

from services.casework.tests.cases.conftest import desk, installed, now, open_desk, permits, run_due

__all__ = ["desk", "installed", "now", "open_desk", "permits", "run_due"]
FAR = 4_000_000_000  # the clock of these tests goes on
_NUMBERS = itertools.count()


class Resident:
    """Somebody who has signed in, or who acts for them, at one council's service."""

    def __init__(self, client, token, council="citytown"):
        self.client, self.base = client, f"/{council}/casework/v1/own-cases"
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path="", language="en", **params):
        headers = self.headers | {"Accept-Language": language}
        return await self.client.get(f"{self.base}{path and '/' + path}", params=params, headers=headers)

    async def read(self, case, language="en"):
        response = await self.get(case["reference"], language)
        assert response.status_code == 200, response.text
        return response.json()

    async def open(self, case_type="missed-bin", **members):
        return await self.client.post(
            self.base, json={"case_type": case_type, **members}, headers=self.headers
        )

    async def change(self, method, case, path, **members):
        headers = self.headers | {"If-Match": f'"{case["version"]}"'}
        url = f"{self.base}/{case['reference']}/{path}"
        return await self.client.request(method, url, json=members, headers=headers)

    async def act(self, case, action, **fields):
        return await self.change("POST", case, f"actions/{action}", fields=fields)


@pytest.fixture
def sign_in(client, mint_person):
    """Make somebody who has signed in."""

    def sign_in(sub="rosa", council="citytown", scopes=("casework:own",), **claims):
        token = mint_person(sub, scopes=list(scopes), councils=[council], exp=FAR, **claims)
        return Resident(client, token, council)

    return sign_in


@pytest.fixture
def act_for(client, mint_delegate):
    """Make somebody who acts for another, by a mandate."""

    def act_for(sub="rosa", council="citytown", **claims):
        token = mint_delegate(sub, scopes=["casework:own"], councils=[council], exp=FAR, **claims)
        return Resident(client, token, council)

    return act_for


@pytest.fixture
def name():
    """Make the subject of a person nobody else is."""
    return f"rosa-{next(_NUMBERS)}"


@pytest.fixture
def office(desk, open_desk):
    """Make the council's software, in live cases like people's."""
    office = open_desk(mode="live")
    office.uprn = desk.uprn
    return office


@pytest.fixture
def bin_fields(desk):
    return {"uprn": desk.uprn, "bin": "food", "collection_day": "2026-04-01"}


@pytest.fixture
def statements(app):
    """The statements that the application has sent, in a list that grows."""
    recorded = []
    engines = [each.sync_engine for each in (app.state.database.writer, app.state.database.reader)]

    def note(connection, cursor, statement, *_):
        recorded.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield recorded
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
