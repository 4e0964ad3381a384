"""Agreements: set up by a first payment, used without the payer, ended; and who may not use them."""

import asyncio
from datetime import timedelta

import pytest

from payments.payments.actions import payments as actions
from services.payments.tests.conftest import V1, create, get, new_payment, page_of

AGREEMENTS = "/citytown/payments/v1/agreements"
RECURRING_DECLINED = "5105105105105100"
LATER_CHALLENGED = "4000002760003184"
SETUP_REFUSED = "4000000000009995"


def new_agreement(**members):
    return {"reference": "CT-1", "description": "Council tax by instalments", **members}


async def agree(client, key, **members):
    """Create an agreement; return its JSON."""
    response = await client.post(AGREEMENTS, json=new_agreement(**members), headers=key)
    assert response.status_code == 201, response.text
    return response.json()


async def read(client, key, agreement):
    return (await client.get(f"{AGREEMENTS}/{agreement['agreement_id']}", headers=key)).json()


async def take(client, key, agreement, **members):
    """Take a payment by an agreement; return the response."""
    by = {"authorisation_mode": "agreement", "agreement_id": agreement["agreement_id"]}
    body = {name: value for name, value in new_payment(**by, **members).items() if name != "return_url"}
    return await client.post(V1, json=body, headers=key)


@pytest.fixture
async def active(client, key, paid, payer):
    """Make a function that has an agreement set up with a card."""

    async def set_up(number=None, **members):
        agreement = await agree(client, key)
        numbers = {} if number is None else {"number": number}
        await paid(set_up_agreement=agreement["agreement_id"], **numbers, **members)
        return agreement

    return set_up


async def test_the_first_payment_makes_an_agreement_active(client, key, paid):
    agreement = await agree(client, key, user_identifier="user-1")
    assert (agreement["status"], agreement["user_identifier"]) == ("created", "user-1")
    assert "payment_instrument" not in agreement
    first = await paid(set_up_agreement=agreement["agreement_id"], agreement_payment_type="instalment")
    assert first["state"] == {"status": "success", "finished": True}
    assert first["agreement_id"] == first["set_up_agreement"] == agreement["agreement_id"]
    assert first["agreement_payment_type"] == "instalment"
    record = await read(client, key, agreement)
    assert record["status"] == "active"
    card = record["payment_instrument"]["card_details"]
    assert (card["last_digits_card_number"], card["card_brand"], card["cardholder_name"]) == (
        "4242",
        "Visa",
        "Ann Payer",
    )


async def test_an_agreement_is_not_active_before_the_payer_confirms(client, key, payer):
    agreement = await agree(client, key)
    payment = await create(client, key, set_up_agreement=agreement["agreement_id"])
    await payer.open(payment)
    await payer.enter_card(payment)
    assert (await read(client, key, agreement))["status"] == "created"
    response = await take(client, key, agreement)
    assert (response.status_code, response.json()["code"]) == (400, "P0102")


async def test_a_later_payment_is_taken_without_the_payer_and_posted(client, key, active, balances, run_jobs):
    agreement = await active()
    before = await balances()
    response = await take(client, key, agreement, amount=2_100, agreement_payment_type="recurring")
    payment = response.json()
    assert (response.status_code, payment["state"]) == (201, {"status": "success", "finished": True})
    assert "next_url" not in payment["_links"]
    assert payment["card_details"]["last_digits_card_number"] == "4242"
    assert payment["card_details"]["cardholder_name"] == "Ann Payer"
    await run_jobs()
    assert (await balances())["clearing"] == before["clearing"] + 2_100
    events = (await client.get(f"{V1}/{payment['payment_id']}/events", headers=key)).json()["events"]
    states = [event["state"]["status"] for event in events]
    assert states == ["created", "started", "submitted", "success"]


async def test_a_repeated_later_payment_takes_the_money_once(client, key, active, balances, run_jobs):
    agreement = await active()
    before = await balances()
    headers = {**key, "Idempotency-Key": "june-instalment"}
    answers = await asyncio.gather(*(take(client, headers, agreement, amount=900) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["payment_id"] for answer in answers}) == 1
    await run_jobs()
    assert (await balances())["clearing"] == before["clearing"] + 900
    other = await take(client, headers, agreement, amount=901)
    assert (other.status_code, other.json()["code"], other.json()["header"]) == (
        409,
        "P0191",
        "Idempotency-Key",
    )


async def test_a_delayed_later_payment_waits_for_its_capture(client, key, active):
    agreement = await active()
    payment = (await take(client, key, agreement, delayed_capture=True)).json()
    assert payment["state"]["status"] == "capturable"
    capture = await client.post(f"{V1}/{payment['payment_id']}/capture", headers=key)
    assert capture.status_code == 204


async def test_a_decline_that_may_pass_later_leaves_the_agreement_active(client, key, active):
    agreement = await active(RECURRING_DECLINED)
    payment = (await take(client, key, agreement)).json()
    assert payment["state"] == {
        "status": "failed",
        "finished": True,
        "code": "P0010",
        "message": "Payment method rejected",
        "can_retry": True,
    }
    assert (await read(client, key, agreement))["status"] == "active"


async def test_a_final_decline_makes_the_agreement_inactive_until_another_card(
    client, key, payer, merchant, paid
):
    agreement = await agree(client, key)
    payment = await create(client, key, set_up_agreement=agreement["agreement_id"])
    await payer.open(payment)
    await payer.enter_card(payment, LATER_CHALLENGED)
    await answer_challenge(client, key, payer, payment, merchant)
    failed = (await take(client, key, agreement)).json()
    assert (failed["state"]["status"], failed["state"]["can_retry"]) == ("failed", False)
    assert (await read(client, key, agreement))["status"] == "inactive"
    refused = await take(client, key, agreement)
    assert (refused.status_code, refused.json()["code"]) == (400, "P0102")
    assert "active" in refused.json()["description"]
    await paid(set_up_agreement=agreement["agreement_id"])
    assert (await read(client, key, agreement))["status"] == "active"
    assert (await take(client, key, agreement)).json()["state"]["status"] == "success"


async def answer_challenge(client, key, payer, payment, merchant):
    """Pass 3-D Secure as the payer does in the bank's frame, and confirm."""
    provider_id = (await get(client, key, payment))["provider_id"]
    await merchant.send("POST", f"/v1/authorisations/{provider_id}/three_d_secure", result="pass")
    await payer.get(page_of(payment))
    await payer.confirm(payment)
    assert (await get(client, key, payment))["state"]["status"] == "success"


async def test_a_card_that_is_refused_leaves_the_agreement_without_one(client, key, payer):
    agreement = await agree(client, key)
    payment = await create(client, key, set_up_agreement=agreement["agreement_id"])
    await payer.open(payment)
    await payer.enter_card(payment, SETUP_REFUSED)
    first = await get(client, key, payment)
    assert first["state"]["code"] == "P0010"
    assert "can_retry" not in first["state"]
    assert (await read(client, key, agreement))["status"] == "created"


async def test_a_cancelled_agreement_takes_no_payment_and_no_card(client, key, active):
    agreement = await active()
    url = f"{AGREEMENTS}/{agreement['agreement_id']}/cancel"
    assert (await client.post(url, headers=key)).status_code == 204
    record = await read(client, key, agreement)
    assert (record["status"], record["cancelled_date"][-1]) == ("cancelled", "Z")
    assert (await take(client, key, agreement)).json()["code"] == "P0102"
    body = new_payment(set_up_agreement=agreement["agreement_id"])
    response = await client.post(V1, json=body, headers=key)
    assert (response.status_code, response.json()["code"]) == (400, "P0103")
    again = await client.post(url, headers=key)
    assert (again.status_code, again.json()) == (
        400,
        {"code": "P2501", "description": "Cancellation of agreement failed"},
    )


async def test_an_agreement_cancelled_while_its_payment_waits_takes_no_money(
    client, key, active, processor, balances, run_jobs, monkeypatch
):
    agreement = await active()
    before = await balances()

    async def die(*_):
        """Stand for a process that is killed before it calls the processor."""

    monkeypatch.setattr(actions, "finish_without_payer", die)
    payment = (await take(client, key, agreement)).json()
    assert payment["state"]["status"] == "started"
    await client.post(f"{AGREEMENTS}/{agreement['agreement_id']}/cancel", headers=key)
    await run_jobs(after=timedelta(hours=1))
    record = await get(client, key, payment)
    assert (record["state"]["status"], record["state"]["can_retry"]) == ("failed", False)
    assert (await balances())["clearing"] == before["clearing"]
    assert (await read(client, key, agreement))["status"] == "cancelled"


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"reference": ...}, 400, "P2101", "reference"),
        ({"description": None}, 400, "P2101", "description"),
        ({"reference": "x" * 256}, 422, "P2102", "reference"),
        ({"reference": ""}, 422, "P2102", "reference"),
        ({"description": 7}, 400, "P2102", "description"),
        ({"user_identifier": ""}, 422, "P2102", "user_identifier"),
        ({"user_identifier": "x" * 256}, 422, "P2102", "user_identifier"),
    ],
)
async def test_a_wrong_agreement_gets_the_documented_code(client, key, change, status, code, field):
    body = {name: value for name, value in new_agreement(**change).items() if value is not ...}
    response = await client.post(AGREEMENTS, json=body, headers=key)
    answer = response.json()
    assert (response.status_code, answer["code"], answer.get("field")) == (status, code, field), answer


async def test_an_agreement_that_is_no_json_is_p2197(client, key):
    headers = {**key, "Content-Type": "application/json"}
    response = await client.post(AGREEMENTS, content=b"{", headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "P2197")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"agreement_id": ...}, 400, "P0101", "agreement_id"),
        ({"agreement_id": "short"}, 422, "P0102", "agreement_id"),
        ({"agreement_id": 7}, 400, "P0102", "agreement_id"),
        ({"agreement_id": "z" * 26}, 400, "P0102", "agreement_id"),
        ({"agreement_id": "0" * 26}, 400, "P0102", "agreement_id"),
        ({"return_url": "https://library.example"}, 400, "P0104", "return_url"),
        ({"moto": True}, 400, "P0104", "moto"),
        ({"authorisation_mode": "web", "return_url": "https://a.example"}, 400, "P0104", "agreement_id"),
        ({"set_up_agreement": "0" * 26}, 400, "P0104", "set_up_agreement"),
        ({"agreement_payment_type": "monthly"}, 422, "P0102", "agreement_payment_type"),
    ],
)
async def test_a_wrong_payment_by_agreement_gets_the_documented_code(
    client, key, active, change, status, code, field
):
    body = new_payment(authorisation_mode="agreement", agreement_id="0" * 26, return_url=...) | change
    body = {name: value for name, value in body.items() if value is not ...}
    response = await client.post(V1, json=body, headers=key)
    answer = response.json()
    assert (response.status_code, answer["code"], answer.get("field")) == (status, code, field), answer


async def test_an_account_without_agreements_or_moto_refuses_them(client, strict_key, key):
    response = await client.post(AGREEMENTS, json=new_agreement(), headers=strict_key)
    assert (response.status_code, response.json()["code"]) == (422, "P0942")
    for members, code in (
        ({"set_up_agreement": "0" * 26}, "P0942"),
        ({"authorisation_mode": "agreement", "agreement_id": "0" * 26}, "P0942"),
        ({"moto": True}, "P0196"),
    ):
        response = await client.post(V1, json=new_payment(**members), headers=strict_key)
        assert (response.status_code, response.json()["code"]) == (422, code)


async def test_another_accounts_agreement_is_nobodys(client, key, strict_key, active, make_key):
    agreement = await active()
    agreement_url = f"{AGREEMENTS}/{agreement['agreement_id']}"
    live, foreign = make_key(mode="live"), make_key(council="hillshire")
    for headers in (strict_key, live):
        assert (await client.get(agreement_url, headers=headers)).json()["code"] == "P2200"
        assert (await client.post(f"{agreement_url}/cancel", headers=headers)).json()["code"] == "P2500"
    foreign_url = f"/hillshire/payments/v1/agreements/{agreement['agreement_id']}"
    assert (await client.get(foreign_url, headers=foreign)).status_code == 404
    body = new_payment(set_up_agreement=agreement["agreement_id"])
    response = await client.post("/hillshire/payments/v1/payments", json=body, headers=foreign)
    assert (response.status_code, response.json()["code"]) == (400, "P0103")
    assert (await read(client, key, agreement))["status"] == "active"


async def test_agreements_are_searched_by_reference_and_status(client, key, active):
    first = await agree(client, key, reference="Search-ME")
    second = await agree(client, key, reference="search-me")
    await active()
    page = (await client.get(AGREEMENTS, params={"reference": "SEARCH-me"}, headers=key)).json()
    assert [result["agreement_id"] for result in page["results"]] == [
        second["agreement_id"],
        first["agreement_id"],
    ]
    assert (page["total"], page["count"], page["page"]) == (2, 2, 1)
    everything = (await client.get(AGREEMENTS, headers=key)).json()
    by_status = {}
    for status in ("created", "active", "inactive", "cancelled"):
        result = (await client.get(AGREEMENTS, params={"status": status}, headers=key)).json()
        assert {each["status"] for each in result["results"]} <= {status}
        by_status[status] = result["total"]
    assert sum(by_status.values()) == everything["total"] == len(everything["results"])
    assert by_status["active"] >= 1
    assert "payment_instrument" in next(a for a in everything["results"] if a["status"] == "active")
    second_page = {"status": "created", "reference": "search-me", "page": 2, "display_size": 1}
    page = (await client.get(AGREEMENTS, params=second_page, headers=key)).json()
    assert [result["agreement_id"] for result in page["results"]] == [first["agreement_id"]]
    assert "reference=search-me" in page["_links"]["prev_page"]["href"]


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"status": "gone"}, 422, "P2401"),
        ({"display_size": 501}, 422, "P2401"),
        ({"page": 0}, 422, "P2401"),
        ({"reference": "x" * 256}, 422, "P2401"),
        ({"page": 1_000}, 404, "P2402"),
    ],
)
async def test_a_wrong_search_of_agreements_gets_the_documented_code(client, key, params, status, code):
    response = await client.get(AGREEMENTS, params=params, headers=key)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_payments_are_found_by_their_agreement(client, key, active):
    agreement = await active()
    later = (await take(client, key, agreement)).json()
    params = {"agreement_id": agreement["agreement_id"]}
    page = (await client.get(V1, params=params, headers=key)).json()
    assert page["total"] == 2
    assert page["results"][0]["payment_id"] == later["payment_id"]
    page = (await client.get(V1, params={**params, "state": "failed"}, headers=key)).json()
    assert page["results"] == []
