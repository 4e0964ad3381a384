import json
from xml.etree import ElementTree

import pytest
from sqlalchemy import text

from casework.case_types.actions.installation import install
from casework.events import CaseChanged, CaseClosed
from casework.open311.routes.senders import SCOPE

_FAR = 4_000_000_000  # the clock of these tests goes on
_EVENTS = text(
    "SELECT envelope FROM outbox WHERE id > :after AND nats_subject LIKE '%.casework.case.%' ORDER BY id"
)
_CASE = text("SELECT case_id FROM open311_report WHERE reference = :reference")
_LAST = text("SELECT coalesce(max(id), 0) FROM outbox")
OFFICE = ["casework:read", "casework:act"]
PLACE = {"lat": "51.3811", "long": "-2.3590"}


class Site:
    """A site where residents report problems, with its API key in the form."""

    def __init__(self, client, key, council="citytown"):
        self.client, self.key = client, key
        self.base = f"/{council}/casework/open311/v2"

    async def get(self, path, **params):
        return await self.client.get(f"{self.base}/{path}", params=params)

    async def poll(self, **params):
        response = await self.get("servicerequestupdates.json", api_key=self.key, **params)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path, **members):
        return await self.client.post(f"{self.base}/{path}", data={"api_key": self.key, **members})

    async def send(self, service_code="pothole", **members):
        return await self.post("requests.json", service_code=service_code, **PLACE | members)

    async def report(self, service_code="pothole", **members):
        response = await self.send(service_code, **members)
        assert response.status_code == 200, response.text
        return response.json()[0]["service_request_id"]


@pytest.fixture(scope="module")
async def installed(database):
    """Both councils have the case types of their nation."""
    for council in ("citytown", "hillshire"):
        async with database.writing(council) as session:
            await install(session, council)


@pytest.fixture
def now(set_clock):
    set_clock("2026-04-02T09:00:00Z")
    return set_clock


@pytest.fixture
def open_site(client, mint, installed, now):
    def open_site(client_id="fixmystreet", council="citytown", scopes=(SCOPE,), mode="live", **claims):
        names = {"sub": client_id, "client_id": client_id}
        token = mint(scopes=list(scopes), councils=[council], exp=_FAR, mode=mode, **names | claims)
        return Site(client, token, council)

    return open_site


@pytest.fixture
def site(open_site, request):
    return open_site(f"site-{request.node.name[:40]}")


@pytest.fixture
def act(client, mint, database):
    """Act on the case of a report, as the council's own software does."""

    async def act(reference, action, council="citytown", mode="live", **members):
        headers = {"Authorization": f"Bearer {mint(scopes=OFFICE, councils=[council], exp=_FAR, mode=mode)}"}
        base = f"/{council}/casework/v1/cases"
        case = (await client.get(f"{base}/by-reference/{reference}", headers=headers)).json()
        headers["If-Match"] = f'"{case["version"]}"'
        response = await client.post(f"{base}/{case['id']}/actions/{action}", json=members, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    return act


@pytest.fixture
async def catch_up(database, deliver):
    """Deliver the events of cases since the test began to the consumer, as the worker does."""
    async with database.reading() as session:
        delivered = [await session.scalar(_LAST, {})]

    async def catch_up():
        async with database.reading() as session:
            rows = await session.all(_EVENTS, {"after": delivered[0]})
            delivered[0] = await session.scalar(_LAST, {})
        views = {view.event_type: view for view in (CaseChanged, CaseClosed)}
        for row in rows:
            envelope = json.loads(row.envelope)
            if envelope["type"] in views:
                outcome = await deliver(
                    views[envelope["type"]],
                    council=envelope["council"],
                    sequence=envelope["sequence"],
                    **envelope["data"],
                )
                assert outcome.state == "processed", outcome

    return catch_up


def read_xml(response):
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    return ElementTree.fromstring(response.content)
