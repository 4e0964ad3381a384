"""Who holds a permit: written by actions of the case type, looked up with least privilege."""

import pytest

from casework.events import PaymentSucceeded
from services.casework.tests.cases.conftest import (  # noqa: F401 - fixtures of cases
    desk,
    installed,
    now,
    open_desk,
)

_PROOF = "01hzy3t8qk5v7m9x2c4b6n8p0r"


@pytest.fixture
def reader(open_desk, now, installed):  # noqa: F811
    return open_desk(["casework:holdings"])


async def join(desk, **members):  # noqa: F811
    fields = {"name": "Ann Rees", "uprn": desk.uprn, "bins": 1, "have": 1}
    response = await desk.post("cases", case_type="garden-waste", fields=fields, **members)
    assert response.status_code == 201, response.text
    return response.json()


async def get_holdings(client, desk, **params):  # noqa: F811
    where = {} if "plate" in params else {"uprn": desk.uprn}
    response = await client.get("holdings", **where, **params)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
def pay(deliver):
    async def pay(case):
        about = {"mode": case["mode"], "metadata": {"case": case["reference"]}}
        outcome = await deliver(PaymentSucceeded, amount=case["amount_due"], **about)
        assert outcome.state == "processed", outcome

    return pay


async def test_a_subscription_is_active_from_payment_until_it_ends(desk, reader, pay, now):  # noqa: F811
    case = await join(desk)
    assert case["payment"]["amount"] == case["amount_due"] == 5000
    assert case["payment"]["metadata"] == {"case": case["reference"]}
    assert (await get_holdings(reader, desk))["active"] == 0
    await pay(case)
    holdings = await get_holdings(reader, desk, kind="garden-waste")
    assert (holdings["active"], holdings["until"]) == (1, "2027-04-01")
    assert holdings["items"][0] == {
        "kind": "garden-waste",
        "started_on": "2026-04-02",
        "until": "2027-04-01",
        **dict.fromkeys(["case", "reference", "number"]),
    }
    assert (await get_holdings(reader, desk, kind="parking-permit"))["active"] == 0
    now("2027-04-02T00:00:00Z")  # its last day is over, before any timer has closed it
    assert (await get_holdings(reader, desk))["active"] == 0
    now("2026-05-30T09:00:00Z")
    paid = (await desk.get(f"cases/{case['id']}")).json()
    assert (paid["amount_due"], paid["payment"]) == (0, None)
    assert (await desk.act(paid, "cancel")).status_code == 200
    assert (await get_holdings(reader, desk))["active"] == 0


async def bind(live, number, **body):
    path = f"{live.base}/case-types/garden-waste/versions/{number}"
    draft = await live.client.put(path, json=body, headers=live.headers)
    assert draft.status_code == 201, draft.text
    tag = {"If-Match": draft.headers["ETag"]}
    assert (await live.client.post(f"{path}/publish", headers=live.headers | tag)).status_code == 200
    return draft.json()


async def test_a_council_sets_its_prices_and_names_its_fund(desk, open_desk):  # noqa: F811
    prices = {
        "first": {"name": {"en": "Permit", "cy": "Trwydded"}, "tariffs": [{"pence": 5900}]},
        "more": {"tariffs": [{"pence": 4500}, {"from": "2027-04-01", "pence": 4700}]},
    }
    await bind(open_desk(mode="live"), "1.1.gw", parameters={"fund": "GW"}, prices=prices)
    fields = {"name": "Ann Rees", "uprn": desk.uprn, "bins": 3}
    case = (await desk.post("cases", case_type="garden-waste", fields=fields)).json()
    line = {"fund": "GW", "vat_code": None, "reference": case["reference"]}
    # A basket of payments refuses a reference that a fund has already.
    assert case["payment"]["lines"] == [line | {"narrative": "Permit, Each extra bin", "amount": 14900}]
    lines = [(each["name"]["cy"], each["amount"]) for each in case["fee_lines"]]
    assert (lines[0], len(lines)) == (("Trwydded", 5900), 2)


async def test_a_case_runs_by_the_version_that_its_form_was_made_for(desk, open_desk):  # noqa: F811
    live, price = open_desk(mode="live"), {"tariffs": [{"pence": 5900}]}
    await bind(live, "1.1.old", prices={"first": price})
    await bind(live, "1.1.new", prices={"first": {"tariffs": [{"pence": 6200}]}})
    draft = f"{live.base}/case-types/garden-waste/versions/1.1.draft"
    assert (await live.client.put(draft, json={}, headers=live.headers)).status_code == 201
    fields = {"name": "Ann Rees", "uprn": desk.uprn, "bins": 1}
    for number, pence in (("1.1.old", 5900), (None, 6200)):
        members = {"case_type_version": number} if number else {}
        case = await desk.post("cases", case_type="garden-waste", fields=fields, **members)
        assert case.json()["amount_due"] == pence
    refused = await desk.post("cases", case_type="garden-waste", fields=fields, case_type_version="1.1.draft")
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown-case-type")


async def test_only_who_reads_cases_is_told_which_case_it_is(desk, open_desk, reader, pay):  # noqa: F811
    case = await join(desk)
    await pay(case)
    worker = open_desk(["casework:holdings", "casework:read"])
    [item] = (await get_holdings(worker, desk))["items"]
    assert (item["case"], item["reference"]) == (case["id"], case["reference"])
    assert (await open_desk(["casework:read"]).get("holdings", uprn=desk.uprn)).status_code == 403
    for stranger in (
        open_desk(["casework:holdings"], "hillshire"),
        open_desk(["casework:holdings"], mode="live"),
    ):
        assert (await get_holdings(stranger, desk))["active"] == 0


async def test_a_permit_is_found_by_its_vehicle_however_it_is_written(desk, reader, pay):  # noqa: F811
    fields = {
        "name": "Ann",
        "uprn": desk.uprn,
        "plate": "er19 nfd",
        "home_proof": [_PROOF],
        "zone": "A",
        "home_proof_day": "2026-03-30",
        "vehicle_proof": [_PROOF],
        "contact": "ann@example.org",
    }
    case = (await desk.post("cases", case_type="parking-permit", fields=fields)).json()
    approved = await desk.act(case, "approve", fields={"co2": 99, "zone": "A"})
    assert approved.status_code == 200, approved.text
    await pay(approved.json())
    for plate in ("ER19NFD", "er19 nfd"):
        assert (await get_holdings(reader, desk, plate=plate))["active"] == 1
    assert (await reader.get("holdings", uprn=desk.uprn, plate="ER19NFD")).status_code == 422
    assert (await reader.get("holdings")).status_code == 422
