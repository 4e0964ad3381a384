import io
import json
import zipfile

import pytest

from chassis import clock
from chassis.jobs.runner import JobRunner
from services.casework.tests.attachments.conftest import Files, is_there, officer, storage
from services.casework.tests.cases import types
from services.casework.tests.cases.conftest import SCOPES, Desk, installed, now, open_desk, permits

__all__ = [
    "SCOPES",
    "Files",
    "installed",
    "is_there",
    "now",
    "officer",
    "open_desk",
    "permits",
    "storage",
]

DEED = types.VISIT.replace("case_type: visit", "case_type: deed").replace("then: destroy", "then: archive")
LATER = "2027-06-01T09:00:00Z"  # what ended in spring 2026 is due
_FAR = 4_000_000_000


@pytest.fixture(scope="module")
async def deeds(client, mint, permits):
    """Citytown has a case type whose cases are archived, beside those of ``types.py``."""
    token = mint(scopes=["casework:configure"], councils=["citytown"], exp=_FAR, mode="live")
    headers = {"Authorization": f"Bearer {token}"}
    await Desk(client, headers).publish("deed", "1.0", DEED, types.VISIT_WELSH, headers=headers)


@pytest.fixture
def desk(open_desk, now, installed, deeds):
    return open_desk()


class Records:
    """A records manager's desk."""

    def __init__(self, desk):
        self.desk = desk

    async def post(self, path, *, version=None, **members):
        desk = self.desk
        headers = desk.headers | ({"If-Match": f'"{version}"'} if version else {})
        return await desk.client.post(f"{desk.base}/{path}", json=members, headers=headers)

    async def get(self, path):
        response = await self.desk.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def build(self, run, **members):
        response = await self.post("disposal-lists", **members)
        assert response.status_code == 202, response.text
        await run()
        disposal = await self.get(f"disposal-lists/{response.json()['id']}")
        assert disposal["state"] == "ready"
        return disposal

    async def items(self, disposal):
        page = await self.desk.get(f"disposal-lists/{disposal['id']}/items", limit=100)
        return {item["case"]: item for item in page.json()["items"]}

    async def sign(self, disposal):
        return await self.post(f"disposal-lists/{disposal['id']}/sign", version=disposal["version"])

    async def dispose(self, disposal, run):
        """Sign a list, have it disposed of, and return its certificate."""
        response = await self.sign(disposal)
        assert response.status_code == 200, response.text
        await run()
        return await self.get(f"disposal-lists/{disposal['id']}/certificate")

    async def hold(self, **members):
        response = await self.post("holds", **{"reason": "Judicial review", **members})
        assert response.status_code == 201, response.text
        return response.json()


@pytest.fixture
async def records(officer):
    return Records(await officer("records-1", "records_manager"))


@pytest.fixture
async def signer(officer):
    return Records(await officer("records-2", "records_manager"))


@pytest.fixture
def run(database, settings, service):
    """Run the jobs that are due, until none is left."""

    async def run():
        runner = JobRunner("casework", service.all_jobs, [], database, settings, clock=clock.now)
        await runner.drain()

    return run


@pytest.fixture
def close_permit(desk):
    """Open a permit with a contact and a note, and issue it."""

    async def close_permit(name="Ann Other", **members):
        contact = {"email": f"{name.split()[0].lower()}@example.org"}
        case = (await desk.apply(name, contact=contact, **members)).json()
        await desk.post(f"cases/{case['id']}/notes", text=f"{name} rang.")
        response = await desk.act(case, "issue")
        assert response.status_code == 200, response.text
        return response.json()

    return close_permit


@pytest.fixture
def close_deed(desk):
    """Open a deed, which is archived, and finish it."""

    async def close_deed(owner="Dee Deed"):
        response = await desk.post("cases", case_type="deed", fields={"who": owner})
        assert response.status_code == 201, response.text
        return (await desk.act(response.json(), "finish")).json()

    return close_deed


def read_zip(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def read_json(files, name):
    return json.loads(files[name])
