"""The close of a day: its tills are balanced and its e-returns authorised, and what is late is listed."""

import asyncio
from datetime import date

import pytest

from services.payments.tests.cash_office.counter import API, CHEQUE, pieces
from services.payments.tests.cash_office.test_e_returns import act, draft

CLOSES = "/citytown/payments/finance/v1/closes"


@pytest.fixture
def finance_now(mint):
    """Make a function that makes headers of finance staff as of the clock."""

    def make():
        scopes = ["payments:finance", "payments:finance-read"]
        token = mint(scopes=scopes, councils=["citytown"], mode="sandbox", sub="fin", client_id="finance")
        return {"Authorization": f"Bearer {token}"}

    return make


async def close(client, headers, day):
    return await client.post(CLOSES, json={"day": day}, headers=headers)


async def test_a_day_is_closed_when_its_money_is_counted(
    client, make_cashier, finance_now, office, funds, tax, set_clock
):
    set_clock("2033-05-03T10:00:00Z")
    ann, bob = make_cashier("ann"), make_cashier("bob", "payments:approve")
    till = await ann.open(0)
    await ann.take_ok(till, [*tax(2_000), {"fund": funds["13"], "amount": 4_500, "narrative": "Parking"}])
    cheque = await ann.take_ok(till, tax(1_000), cheque=CHEQUE)
    template = (
        await client.post(
            f"{API}/e-return-templates",
            json={
                "office": office,
                "name": "Library",
                "kind": "cash",
                "rows": [
                    {"fund": funds["13"], "label": "Photocopies"},
                    {"fund": funds["23"], "label": "Council tax"},
                ],
            },
            headers=finance_now(),
        )
    ).json()
    e_return = await draft(ann, template, banked_on="2033-05-03")
    await act(ann, e_return, "submit")

    set_clock("2033-05-04T10:00:00Z")
    ann, bob = make_cashier("ann"), make_cashier("bob", "payments:approve")
    refused = await close(client, finance_now(), "2033-05-03")
    assert (refused.status_code, refused.json()["code"]) == (409, "takings-open")
    assert f"till {till['id']}" in refused.json()["detail"]
    assert f"e-return {e_return['id']}" in refused.json()["detail"]
    await ann.balance(till, pieces(6_450), 1_000)
    assert (await close(client, finance_now(), "2033-05-03")).status_code == 409
    assert (await act(bob, e_return, "authorise")).status_code == 200

    closed = await close(client, finance_now(), "2033-05-03")
    assert closed.status_code == 201, closed.text
    summary = closed.json()["summary"]
    assert summary["total"] == 7_500 + 6_200
    assert summary["by_method"] == {"1": 12_700, "2": 1_000}
    assert summary["open_items"]["tills-not-banked"] == {"count": 1, "amount": 7_450}
    assert "transit-late" not in summary["open_items"]
    journal = next(file for file in closed.json()["exports"] if file["kind"] == "journal")
    content = await client.get(
        f"/citytown/payments/finance/v1/exports/{journal['id']}/content", headers=finance_now()
    )
    lines = content.text.splitlines()
    assert any(line.startswith("OVER-SHORT,,1,0.50,") for line in lines), content.text
    assert any(",W0,1,," in line and "47.50" in line for line in lines), content.text

    set_clock("2033-05-12T10:00:00Z")
    ann = make_cashier("ann")
    await ann.bank([till], "910001", "2033-05-04")
    late = await close(client, finance_now(), "2033-05-11")
    assert late.status_code == 201, late.text
    assert late.json()["summary"]["open_items"]["transit-late"] == {"count": 2, "amount": 13_650}
    returned = await ann.send(
        "POST", f"/receipts/{cheque['id']}/cheque-return", {"returned_on": "2033-05-12"}
    )
    assert returned.status_code == 200, returned.text  # posted for today: its own day is closed


async def test_a_count_and_a_close_at_once_leave_no_difference_outside_a_closed_day(
    client, make_cashier, finance_now, tax, set_clock, database
):
    set_clock("2034-05-03T10:00:00Z")
    till = await make_cashier("zoe").open(0)
    await make_cashier("zoe").take_ok(till, tax(2_000))
    set_clock("2034-05-04T10:00:00Z")
    zoe, headers = make_cashier("zoe"), finance_now()
    counted = await zoe.count(till, pieces(1_990))
    assert counted.json()["status"] == "counted"
    *closes, explained = await asyncio.gather(
        *(close(client, headers, "2034-05-03") for _ in range(3)),
        zoe.act(till, "difference", {"reason": "unknown"}),
    )
    assert explained.status_code == 200, explained.text
    assert {answer.status_code for answer in closes} <= {201, 409}
    final = await close(client, headers, "2034-05-03")
    assert final.status_code in {201, 409}
    listed = (await client.get(CLOSES, params={"limit": 100}, headers=headers)).json()["items"]
    assert date(2034, 5, 3).isoformat() in {item["day"] for item in listed}
