"""`/v1/auth`: off unless twice allowed, test cards only, once by its token, and the errors of the wire."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from payments.gateway_accounts import store
from payments.payments.actions import payments as payment_actions
from services.payments.tests.checkout.conftest import idempotent
from services.payments.tests.conftest import GOOD_CARD, V1, get, new_payment

AUTH = "/citytown/payments/v1/auth"
MEMBERS = ("one_time_token", "card_number", "cvc", "expiry_date", "cardholder_name")
REAL_NUMBER = "4929421234600821"
CORPORATE_CARD = "4988080000000000"


@pytest.fixture(scope="module")
def settings(service, settings):
    return service.settings(**{**settings.model_dump(exclude_unset=True), "allows_moto_api": True})


@pytest.fixture
def set_account(database, client):
    """Make a function that changes settings of citytown's sandbox account."""

    async def change(**members):
        statement = text("UPDATE gateway_account SET settings = settings || CAST(:new AS jsonb)")
        async with database.writing("citytown") as session:
            await session.execute(statement, {"new": json.dumps(members)})

    return change


@pytest.fixture
async def make(client, key, merchant, set_account):
    """Make a function that makes a payment for card details; its account allows them."""
    await set_account(allows_moto_api=True, corporate_credit_surcharge=0)

    async def make_payment(**members):
        response = await client.post(V1, json=new_moto(**members), headers=key)
        assert response.status_code == 201, response.text
        return response.json()

    return make_payment


def new_moto(**members):
    body = new_payment(authorisation_mode="moto_api", **members)
    del body["return_url"]
    return body


def new_card(payment, **members):
    token = payment["_links"]["auth_url_post"]["params"]["one_time_token"]
    card = {
        "one_time_token": token,
        "card_number": GOOD_CARD,
        "cvc": "123",
        "expiry_date": "11/40",
        "cardholder_name": "Ann Payer",
    }
    return {name: value for name, value in {**card, **members}.items() if value is not ...}


def show(response):
    body = response.json()
    return response.status_code, body["code"], body.get("field")


async def test_a_service_sends_card_details_and_the_payment_succeeds(
    client, key, make, run_jobs, list_authorisations
):
    payment = await make()
    link = payment["_links"]["auth_url_post"]
    assert (link["method"], link["type"]) == ("POST", "application/json")
    assert link["href"].endswith(AUTH)
    assert "next_url" not in payment["_links"]
    response = await client.post(AUTH, json=new_card(payment))
    assert (response.status_code, response.content) == (204, b"")
    await run_jobs()
    paid = await get(client, key, payment)
    assert paid["state"] == {"status": "success", "finished": True}
    assert paid["settlement_summary"].keys() == {"capture_submit_time", "captured_date"}
    assert "auth_url_post" not in paid["_links"]
    assert paid["card_details"] == {
        "card_brand": "Visa", "card_type": "credit", "first_digits_card_number": "424242",
        "last_digits_card_number": "4242", "expiry_date": "11/40", "cardholder_name": "Ann Payer",
    }  # fmt: skip
    [authorisation] = await list_authorisations(payment)
    assert (authorisation["moto"], authorisation["amount"]) == (True, 1_450)


async def test_with_delayed_capture_the_service_captures(client, key, make, run_jobs):
    payment = await make(delayed_capture=True)
    assert (await client.post(AUTH, json=new_card(payment))).status_code == 204
    assert (await get(client, key, payment))["state"]["status"] == "capturable"
    assert (await client.post(f"{V1}/{payment['payment_id']}/capture", headers=key)).status_code == 204
    await run_jobs()
    assert (await get(client, key, payment))["state"]["status"] == "success"


async def test_a_corporate_card_adds_its_surcharge(client, key, make, set_account, list_authorisations):
    payment = await make()
    await set_account(corporate_credit_surcharge=250)
    assert (await client.post(AUTH, json=new_card(payment, card_number=CORPORATE_CARD))).status_code == 204
    assert (await get(client, key, payment))["total_amount"] == 1_700
    assert [each["amount"] for each in await list_authorisations(payment)] == [1_700]


async def test_it_is_off_unless_the_account_allows_it(client, key, make, set_account):
    payment = await make()
    await set_account(allows_moto_api=False)
    refused = await client.post(V1, json=new_moto(), headers=key)
    assert show(refused) == (422, "P0195", None)
    assert "moto_api is not allowed for this account" in refused.json()["description"]
    assert show(await client.post(AUTH, json=new_card(payment))) == (400, "P1211", None)


async def test_it_is_off_unless_the_installation_allows_it(app, client, key, make, monkeypatch):
    payment = await make()
    monkeypatch.setattr(app.state.links, "allows_moto_api", False)
    assert show(await client.post(V1, json=new_moto(), headers=key)) == (422, "P0195", None)
    assert "auth_url_post" not in (await get(client, key, payment))["_links"]
    assert show(await client.post(AUTH, json=new_card(payment))) == (400, "P1211", None)


async def test_a_live_account_never_takes_card_numbers(client, make_key, make, database):
    settings = '{"allows_moto_api": true}'
    values = {"name": "Live", "mode": "live", "processor": "stripe", "fund": None, "settings": settings}
    async with database.writing("citytown") as session:
        await store.insert_account(session, "citytown", ids.new(), {**values, "is_default": True})
    response = await client.post(V1, json=new_moto(), headers=make_key(mode="live"))
    assert show(response) == (422, "P0195", None)


@pytest.mark.parametrize(
    ("number", "status", "code", "state"),
    [
        ("4000000000000002", 402, "P0010", "failed"),
        ("4000000000000069", 402, "P0010", "failed"),
        ("4000000000000127", 402, "P0010", "failed"),
        ("4000000000000119", 500, "P0050", "error"),
    ],
)
async def test_what_the_processor_refuses_has_the_code_of_the_wire(
    client, key, make, number, status, code, state
):
    payment = await make()
    response = await client.post(AUTH, json=new_card(payment, card_number=number))
    assert show(response) == (status, code, None)
    assert (await get(client, key, payment))["state"]["status"] == state
    again = await client.post(AUTH, json=new_card(payment))
    assert show(again) == (400, "P1212", None)


@pytest.mark.parametrize("number", [REAL_NUMBER, "6759649826438453", "4242424242424241", "123456789012"])
async def test_a_card_that_is_not_taken_leaves_the_token_good(client, make, number, list_authorisations):
    payment = await make()
    response = await client.post(AUTH, json=new_card(payment, card_number=number))
    assert show(response) == (402, "P0010", None)
    assert number not in response.text
    assert await list_authorisations(payment) == []
    assert (await client.post(AUTH, json=new_card(payment))).status_code == 204


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        *(({name: ...}, "P0101", name) for name in MEMBERS),
        ({"card_number": None}, "P0101", "card_number"),
        ({"card_number": 4242424242424242}, "P0102", "card_number"),
        ({"card_number": "42424242424"}, "P0102", "card_number"),
        ({"card_number": "4" * 20}, "P0102", "card_number"),
        ({"card_number": "4242 4242 4242 4242"[:19]}, "P0102", "card_number"),
        ({"card_number": "\uff14242424242424242"}, "P0102", "card_number"),
        ({"cvc": "12"}, "P0102", "cvc"),
        ({"cvc": "1234"}, "P0102", "cvc"),
        ({"cvc": "12a"}, "P0102", "cvc"),
        ({"card_number": "371449635398431"}, "P0102", "cvc"),
        ({"expiry_date": "13/40"}, "P0102", "expiry_date"),
        ({"expiry_date": "1140"}, "P0102", "expiry_date"),
        ({"expiry_date": "01/20"}, "P0102", "expiry_date"),
        ({"cardholder_name": "x" * 256}, "P0102", "cardholder_name"),
        ({"cardholder_name": f"Ann {REAL_NUMBER}"}, "P0102", "cardholder_name"),
        ({"one_time_token": ""}, "P0102", "one_time_token"),
        ({"one_time_token": "x" * 256}, "P0102", "one_time_token"),
    ],
)  # fmt: skip
async def test_a_wrong_member_is_named_and_never_repeated(client, make, members, code, field):
    payment = await make()
    response = await client.post(AUTH, json=new_card(payment, **members))
    assert show(response) == (422, code, field), response.text
    assert not any(str(value) in response.text for value in members.values() if value)
    assert (await client.post(AUTH, json=new_card(payment))).status_code == 204


async def test_a_body_that_is_no_json_is_p0197(client):
    response = await client.post(AUTH, content=b"{", headers={"Content-Type": "application/json"})
    assert show(response) == (400, "P0197", None)


async def test_a_token_is_of_one_payment_of_one_council(client, key, make):
    payment = await make()
    card = new_card(payment)
    token = card["one_time_token"]
    web = (await client.post(V1, json=new_payment(), headers=key)).json()
    link_token = web["_links"]["next_url_post"]["params"]["chargeTokenId"]
    other = new_card(await make())["one_time_token"]
    mixed = token[:26] + other[26:]
    for wrong in ("x", token[:-1], token[:-1] + "~", link_token, mixed, token.upper(), "é" * 59):
        assert show(await client.post(AUTH, json={**card, "one_time_token": wrong})) == (400, "P1211", None)
    elsewhere = await client.post(AUTH.replace("citytown", "hillshire"), json=card)
    assert show(elsewhere) == (400, "P1211", None)
    assert (await client.post(AUTH, json=card)).status_code == 204
    assert show(await client.post(AUTH, json=card)) == (400, "P1212", None)


async def test_the_token_of_a_payment_that_is_over_is_not_valid(client, key, make):
    payment = await make()
    assert (await client.post(f"{V1}/{payment['payment_id']}/cancel", headers=key)).status_code == 204
    assert show(await client.post(AUTH, json=new_card(payment))) == (400, "P1211", None)


async def test_racing_requests_authorise_once(client, make, list_authorisations):
    payment = await make()
    answers = await asyncio.gather(*(client.post(AUTH, json=new_card(payment)) for _ in range(12)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [204] + [400] * 11
    assert {answer.json()["code"] for answer in answers if answer.status_code == 400} == {"P1212"}
    assert len(await list_authorisations(payment)) == 1


@pytest.mark.parametrize(("number", "status"), [(GOOD_CARD, 204), ("4000000000000002", 402)])
async def test_twins_with_one_key_get_the_same_answer(client, make, list_authorisations, number, status):
    payment, headers = await make(), idempotent()
    card = new_card(payment, card_number=number)
    answers = await asyncio.gather(*(client.post(AUTH, json=card, headers=headers) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {status}
    assert len({answer.content for answer in answers}) == 1
    assert len(await list_authorisations(payment)) == 1
    other = await client.post(AUTH, json={**card, "cardholder_name": "Bob"}, headers=headers)
    assert show(other) == (409, "P0191", None)
    elsewhere = await client.post(AUTH, json=new_card(await make()), headers=headers)
    assert elsewhere.status_code == 204, "a key is the payment's own"


async def test_a_key_that_is_a_card_number_is_refused(client, make, database):
    response = await client.post(AUTH, json=new_card(await make()), headers={"Idempotency-Key": REAL_NUMBER})
    assert show(response) == (422, "P0102", None)
    assert REAL_NUMBER not in response.text


@pytest.mark.parametrize("fault", ["timeout-after-accept", "500-after-accept"])
async def test_what_the_processor_did_not_answer_is_done_once_by_the_worker(
    client, key, make, fail, run_jobs, list_authorisations, fault
):
    payment, headers = await make(), idempotent()
    await fail("authorise", fault)
    response = await client.post(AUTH, json=new_card(payment), headers=headers)
    assert show(response) == (500, "P0050", None)
    assert show(await client.post(AUTH, json=new_card(payment))) == (400, "P1212", None)
    await run_jobs(after=timedelta(minutes=1))
    assert (await get(client, key, payment))["state"]["status"] == "success"
    assert len(await list_authorisations(payment)) == 1
    assert (await client.post(AUTH, json=new_card(payment), headers=headers)).status_code == 204


async def test_a_process_that_dies_after_taking_the_card_loses_nothing(
    client, key, make, monkeypatch, run_jobs, list_authorisations
):
    payment, headers = await make(), idempotent()

    async def die(*_args):
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(payment_actions.recovery, "run", die)
        with pytest.raises(asyncio.CancelledError):
            await client.post(AUTH, json=new_card(payment), headers=headers)
    assert await list_authorisations(payment) == []
    assert (await client.post(AUTH, json=new_card(payment), headers=headers)).status_code == 204
    await run_jobs(after=timedelta(minutes=1))
    assert (await get(client, key, payment))["state"]["status"] == "success"
    assert len(await list_authorisations(payment)) == 1
