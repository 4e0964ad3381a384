"""Two councils become one: tills, receipts, bags and e-returns go on under the successor.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

import pytest
from sqlalchemy import text

from services.payments.tests.cash_office.counter import APPROVE, CHEQUE, TAKINGS, Cashier, new_id, pieces
from services.payments.tests.funds.finance import import_default, read_finance
from services.payments.tests.office.staff import claims_of
from tests.rekeying import find_collisions, find_slugs, rekey

COUNCILS, SUCCESSOR = ("citytown", "hillshire"), "mergeshire"
SUBJECTS = {"citytown": "ann", "hillshire": "moira"}


class Counter(Cashier):
    """A cashier of any council."""

    def __init__(self, client, headers, office, council):
        super().__init__(client, headers, office)
        self.council = council

    async def send(self, method, path, body=None, **headers):
        return await self.client.request(
            method,
            f"/{self.council}/payments/takings/v1{path}",
            json=body,
            headers={**self.headers, **headers},
        )

    async def get(self, path, **query):
        response = await self.client.get(
            f"/{self.council}/payments/takings/v1{path}", params=query, headers=self.headers
        )
        assert response.status_code == 200, response.text
        return response.json()


def headers_at(mint_person, council, subject):
    scopes = [TAKINGS, APPROVE, "payments:finance"]
    token = mint_person(subject, scopes=scopes, **claims_of(councils=[council]))
    return {"Authorization": f"Bearer {token}"}


async def work_a_day(client, mint, mint_person, council):
    """Take money at a council in every way; return its records as they are read."""
    await import_default(client, mint, council, "england" if council == "citytown" else "scotland")
    funds = {code: fund["id"] for code, fund in (await read_finance(client, mint, council)).funds.items()}
    cashier = Counter(client, headers_at(mint_person, council, SUBJECTS[council]), None, council)
    office_response = await cashier.send("POST", "/offices", {"name": "Civic Centre"})
    cashier.office = office_response.json()["id"]
    line = {"fund": funds["23"], "reference": "800123459", "amount": 700}
    till = await cashier.open(0)
    cash = await cashier.take_ok(till, [line])
    cheque = await cashier.take_ok(till, [line], cheque=CHEQUE)
    await cashier.balance(till, pieces(700), 700)
    bag = await cashier.bank([till], "500123")
    assert bag.status_code == 201, bag.text
    still_open = await cashier.open(500)
    rows = [{"fund": funds["23"], "label": "Tax"}]
    template = {"office": cashier.office, "name": "Library", "kind": "cash", "rows": rows}
    template = (await cashier.send("POST", "/e-return-templates", template)).json()
    e_return = await cashier.send(
        "POST",
        "/e-returns",
        {
            "template": template["id"],
            "number": "600123",
            "banked_on": till["day"],
            "counted": {"500": 1},
            "lines": [{"row": 1, "amount": 500, "reference": "800123459"}],
        },
    )
    assert e_return.status_code == 201, e_return.text
    await cashier.send("POST", f"/e-returns/{e_return.json()['id']}/submit")
    paths = [
        f"/offices/{cashier.office}",
        f"/tills/{till['id']}",
        f"/tills/{still_open['id']}",
        f"/receipts/{cash['id']}",
        f"/receipts/{cheque['id']}",
        f"/e-return-templates/{template['id']}",
        f"/e-returns/{e_return.json()['id']}",
    ]
    return {path: await cashier.get(path) for path in paths}


@pytest.fixture(scope="module")
async def merged(client, database, mint, mint_person):
    """Two councils with a day's takings, then merged: what was read before."""
    before = [await work_a_day(client, mint, mint_person, council) for council in COUNCILS]
    async with database.writing() as session:
        await session.execute(
            text("INSERT INTO council SELECT :new, 'Mergeshire', 'E06000066', region, status, settings, 1, "
                 "updated_at FROM council WHERE slug = 'citytown'"), {"new": SUCCESSOR},
        )  # fmt: skip
    await rekey(database, COUNCILS, SUCCESSOR)
    return before


@pytest.fixture
def successor(client, mint_person):
    """A cashier of the successor: she had a till open at citytown."""
    headers = headers_at(mint_person, SUCCESSOR, "ann")
    return Counter(client, headers, None, SUCCESSOR)


async def test_all_that_was_taken_is_read_under_the_successor(merged, successor):
    for records in merged:
        for path, record in records.items():
            assert await successor.get(path) == record


async def test_no_key_collides_and_no_slug_is_left(merged, database):
    async with database.reading() as session:
        assert await find_collisions(session, [SUCCESSOR]) == {}
        assert await find_slugs(session, COUNCILS) - {"council.slug"} == set()


async def test_an_open_till_goes_on_and_an_e_return_is_authorised(merged, successor, client, mint_person):
    [path] = [path for path, record in merged[0].items() if record.get("status") == "open"]
    till = await successor.get(path)
    chart = await client.get(
        f"/{SUCCESSOR}/payments/finance/v1/funds",
        params={"limit": 100},
        headers=headers_at_finance(mint_person),
    )
    fund = next(item["id"] for item in chart.json()["items"] if item["code"] == "23")
    line = {"fund": fund, "reference": "800123459", "amount": 300}
    receipt = await successor.take_ok(till, [line], id=new_id())
    assert receipt["status"] == "posted"
    balanced = await successor.balance(till, pieces(800))
    assert balanced["status"] == "balanced"
    [e_return] = [record for path, record in merged[0].items() if path.startswith("/e-returns/")]
    checker = Counter(client, headers_at(mint_person, SUCCESSOR, "bob"), None, SUCCESSOR)
    version = {"If-Match": f'"{e_return["version"]}"'}
    posted = await checker.send("POST", f"/e-returns/{e_return['id']}/authorise", None, **version)
    assert (posted.status_code, posted.json()["status"]) == (200, "authorised"), posted.text


def headers_at_finance(mint_person):
    scopes = ["payments:finance-read"]
    token = mint_person("fin", scopes=scopes, **claims_of(councils=[SUCCESSOR]))
    return {"Authorization": f"Bearer {token}"}
