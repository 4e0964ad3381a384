import itertools
import json

import pytest
from sqlalchemy import text

from casework.app import service as casework_service
from casework.case_types.actions.installation import install
from chassis.jobs.runner import JobRunner
from services.casework.tests.cases import types

V1 = "/citytown/casework/v1"
_EVENTS = text("SELECT envelope FROM outbox WHERE envelope::json -> 'data' ->> 'case' = :case ORDER BY id")
_FAR = 4_000_000_000  # the clock of these tests goes on
SCOPES = ["casework:read", "casework:act", "casework:configure"]
_NUMBERS = itertools.count(100_012_345_000)


class Desk:
    """A client of the API with one credential, for one home: the tests of a module share a database."""

    def __init__(self, client, headers, council="citytown"):
        self.client, self.headers, self.base = client, headers, f"/{council}/casework/v1"
        self.uprn = str(next(_NUMBERS))

    async def open(self, fields=(), *, key=None, **members):
        body = {"case_type": "missed-bin", "fields": missed_bin(self.uprn, **dict(fields)), **members}
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return await self.client.post(f"{self.base}/cases", json=body, headers=headers)

    async def apply(self, name="Ann Other", case_type="permit", **members):
        body = {"case_type": case_type, "fields": {"name": name}, **members}
        return await self.client.post(f"{self.base}/cases", json=body, headers=self.headers)

    async def post(self, path, **members):
        return await self.client.post(f"{self.base}/{path}", json=members, headers=self.headers)

    async def change(self, method, path, case, **members):
        headers = self.headers | {"If-Match": f'"{case["version"]}"'}
        return await self.client.request(method, f"{self.base}/{path}", json=members, headers=headers)

    async def publish(self, code, number, source=None, welsh="", *, headers):
        """Publish a version of a case type; without a source that which ships."""
        path = f"{self.base}/case-types/{code}/versions/{number}"
        body = {"source": source, "welsh": welsh} if source else {}
        draft = await self.client.put(path, json=body, headers=headers)
        assert draft.status_code == 201, draft.text
        tag = {"If-Match": draft.headers["ETag"]}
        response = await self.client.post(f"{path}/publish", headers=headers | tag)
        assert response.status_code == 200, response.text

    async def list(self, **params):
        return (await self.get("cases", uprn=self.uprn, **params)).json()["items"]

    async def get(self, path, **params):
        return await self.client.get(f"{self.base}/{path}", params=params, headers=self.headers)

    async def act(self, case, action, *, version=None, **members):
        headers = self.headers | {"If-Match": f'"{version or case["version"]}"'}
        path = f"{self.base}/cases/{case['id']}/actions/{action}"
        return await self.client.post(path, json=members, headers=headers)


def missed_bin(uprn, **fields):
    return {"uprn": uprn, "bin": "food", "collection_day": "2026-04-01", "ward": "Castle", **fields}


@pytest.fixture(scope="module")
async def installed(database):
    """Both councils have the case types of their nation."""
    for council in ("citytown", "hillshire"):
        async with database.writing(council) as session:
            await install(session, council)


@pytest.fixture(scope="module")
async def permits(client, mint):
    """Citytown has the case types of ``types.py``."""
    token = mint(scopes=["casework:configure"], councils=["citytown"], exp=_FAR, mode="live")
    headers = {"Authorization": f"Bearer {token}"}
    desk = Desk(client, headers)
    await desk.publish("visit", "1.0", types.VISIT, types.VISIT_WELSH, headers=headers)
    await desk.publish("permit", "1.0", types.PERMIT, types.WELSH, headers=headers)


@pytest.fixture
def now(set_clock):
    set_clock("2026-04-02T09:00:00Z")
    return set_clock


@pytest.fixture
def open_desk(client, mint):
    def open_desk(scopes=SCOPES, council="citytown", **claims):
        token = mint(scopes=scopes, councils=[council], exp=_FAR, **claims)
        return Desk(client, {"Authorization": f"Bearer {token}"}, council)

    return open_desk


@pytest.fixture
def desk(open_desk, now, installed):
    return open_desk()


@pytest.fixture
def run_due(database, settings):
    """Run the jobs that are due at a moment."""

    async def run_due(moment):
        runner = JobRunner(
            "casework", casework_service.all_jobs, [], database, settings, clock=lambda: moment
        )
        await runner.drain()

    return run_due


@pytest.fixture
def events_of(database):
    """List the events of a case, of one aggregate, in the order of the outbox."""

    async def events_of(case, aggregate="casework.case"):
        async with database.reading() as session:
            rows = await session.all(_EVENTS, {"case": case["id"]})
        envelopes = [json.loads(row.envelope) for row in rows]
        return [envelope for envelope in envelopes if f"{aggregate}." in envelope["type"]]

    return events_of
