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
    fields = {"name": "Ann Rees", "uprn": desk.uprn, "bins": "one", "has_bin": "yes"}
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
    assert case["payment"]["amount"] == case["amount_due"] == 5500
    assert case["payment"]["metadata"] == {"case": case["reference"]}
    assert (await get_holdings(reader, desk))["active"] == 0
    await pay(case)
    holdings = await get_holdings(reader, desk, kind="garden-waste")
    assert (holdings["active"], holdings["until"]) == (1, "2027-03-31")
    assert holdings["items"][0] == {
        "kind": "garden-waste",
        "started_on": "2026-04-02",
        "until": "2027-03-31",
        **dict.fromkeys(["case", "reference", "number"]),
    }
    assert (await get_holdings(reader, desk, kind="parking-permit"))["active"] == 0
    now("2027-04-01T00:00:00Z")  # its last day is over, before any timer has closed it
    assert (await get_holdings(reader, desk))["active"] == 0
    now("2026-05-30T09:00:00Z")
    paid = (await desk.get(f"cases/{case['id']}")).json()
    assert (paid["amount_due"], paid["payment"]) == (0, None)
    assert (await desk.act(paid, "cancel")).status_code == 200
    assert (await get_holdings(reader, desk))["active"] == 0


async def test_a_council_names_its_fund_by_a_parameter(desk, open_desk):  # noqa: F811
    live = open_desk(mode="live")
    path = f"{live.base}/case-types/garden-waste/versions/1.0.gw"
    body = {"parameters": {"fund": "GW", "price_one": 5900}}
    draft = await live.client.put(path, json=body, headers=live.headers)
    tag = {"If-Match": draft.headers["ETag"]}
    assert (await live.client.post(f"{path}/publish", headers=live.headers | tag)).status_code == 200
    case = await join(desk)
    line = {"fund": "GW", "vat_code": None, "amount": 5900, "reference": case["reference"]}
    assert case["payment"]["lines"] == [line | {"narrative": "Garden waste collection"}]
    assert case["fee_lines"][0]["name"]["cy"]


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
        "residency": _PROOF,
        "zone": "A",
        "residency_day": "2026-03-30",
        "vehicle": _PROOF,
        "contact": "ann@example.org",
    }
    case = (await desk.post("cases", case_type="parking-permit", fields=fields)).json()
    approved = await desk.act(case, "approve", fields={"band": "low", "zone": "A"})
    assert approved.status_code == 200, approved.text
    await pay(approved.json())
    for plate in ("ER19NFD", "er19 nfd"):
        assert (await get_holdings(reader, desk, plate=plate))["active"] == 1
    assert (await reader.get("holdings", uprn=desk.uprn, plate="ER19NFD")).status_code == 422
    assert (await reader.get("holdings")).status_code == 422
