"""A payment through GOV.UK Pay's API: created, read, paid, cancelled, captured."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis.testing import published
from services.payments.tests.conftest import GOOD_CARD, V1, create, get, new_payment


async def test_a_payment_is_created_with_links_to_pay_and_cancel_it(client, key):
    payment = await create(client, key)
    assert payment["state"] == {"status": "created", "finished": False}
    assert payment["_links"]["self"]["href"].endswith(payment["payment_id"])
    assert payment["_links"]["cancel"]["method"] == "POST"
    assert payment["refund_summary"] == {
        "status": "pending",
        "amount_available": 1_450,
        "amount_submitted": 0,
    }
    assert len(payment["payment_id"]) == 26
    assert (
        payment["_links"]["next_url_post"]["params"]["chargeTokenId"] in payment["_links"]["next_url"]["href"]
    )
    assert not {"email", "card_details", "metadata", "provider_id"} & payment.keys()


async def test_a_payer_pays_and_comes_back_to_the_service(client, key, payer, run_jobs, database):
    payment = await create(client, key, metadata={"case": "HF7"})
    page = await payer.open(payment)
    assert "Enter card details" in page.text
    page = await payer.enter_card(payment)
    assert "Confirm your payment" in page.text
    last = await payer.confirm(payment)
    assert last.headers["location"] == "https://library.example/paid"
    assert (await get(client, key, payment))["state"]["status"] == "success"
    await run_jobs()
    payment = await get(client, key, payment)
    assert payment["refund_summary"]["status"] == "available"
    assert payment["card_details"]["last_digits_card_number"] == "4242"
    assert payment["card_details"]["first_digits_card_number"] == "424242"
    assert payment["net_amount"] == 1_450 - payment["fee"]
    history = await client.get(f"{V1}/{payment['payment_id']}/events", headers=key)
    states = [event["state"]["status"] for event in history.json()["events"]]
    assert states == ["created", "started", "submitted", "success"]
    events = [event for event in await published(database) if "HF7" in str(event.data.get("metadata"))]
    types = [event.type.removeprefix("payments.").removesuffix(".v1") for event in events]
    assert types == ["payment.created", "payment.succeeded", "receipt.posted"]
    assert not any(word in str(event.data) for event in events for word in ("Ann", "ann@payer", "4242"))


async def test_a_captured_payment_is_posted_once_and_sums_to_zero(paid, balances):
    before = await balances()
    await paid(amount=2_000)
    after = await balances()
    assert sum(after.values()) == 0
    assert after["clearing"] - before.get("clearing", 0) == 2_000
    assert after["suspense"] - before.get("suspense", 0) == -2_000


@pytest.mark.parametrize(
    ("number", "status", "code", "heading"),
    [
        ("4000000000000002", "failed", "P0010", "Your payment has been declined"),
        ("4000000000000069", "failed", "P0010", "Your payment has been declined"),
        ("4000000000000127", "failed", "P0010", "Your payment has been declined"),
        ("4000000000000119", "error", "P0050", "Sorry, your payment did not go through"),
    ],
)
async def test_a_card_that_the_processor_refuses_ends_the_payment(
    client, key, payer, number, status, code, heading
):
    payment = await create(client, key)
    await payer.open(payment)
    page = await payer.enter_card(payment, number)
    assert heading in page.text
    state = (await get(client, key, payment))["state"]
    assert (state["status"], state["code"], state["finished"]) == (status, code, True)


@pytest.mark.parametrize(
    "number", ["4111111111111112", "5500005555555559", "12", "letters", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"]
)
async def test_a_number_that_is_no_test_card_is_refused_and_not_shown_again(client, key, payer, number):
    payment = await create(client, key)
    await payer.open(payment)
    page = await payer.enter_card(payment, number)
    assert (page.status_code, "There is a problem" in page.text) == (400, True)
    assert f'value="{number}' not in page.text
    assert (await get(client, key, payment))["state"]["status"] == "started"


async def test_a_service_cancels_and_the_payer_sees_it(client, key, payer, run_jobs):
    payment = await create(client, key)
    await payer.open(payment)
    await payer.enter_card(payment)
    response = await client.post(f"{V1}/{payment['payment_id']}/cancel", headers=key)
    assert (response.status_code, response.content) == (204, b"")
    await run_jobs()
    assert (await get(client, key, payment))["state"] == {
        "status": "cancelled",
        "finished": True,
        "code": "P0040",
        "message": "Payment was cancelled by the service",
    }
    assert "Your payment has been cancelled" in (await payer.confirm(payment)).text
    repeat = await client.post(f"{V1}/{payment['payment_id']}/cancel", headers=key)
    assert (repeat.status_code, repeat.json()["code"]) == (400, "P0501")


async def test_a_delayed_capture_waits_for_the_service(client, key, payer, run_jobs, balances):
    payment = await create(client, key, delayed_capture=True, amount=700)
    await payer.pay(payment)
    payment = await get(client, key, payment)
    assert payment["state"] == {"status": "capturable", "finished": False}
    before = await balances()
    assert (await client.post(payment["_links"]["capture"]["href"], headers=key)).status_code == 204
    await run_jobs()
    assert (await get(client, key, payment))["state"]["status"] == "success"
    assert (await balances())["clearing"] - before.get("clearing", 0) == 700
    repeat = await client.post(payment["_links"]["capture"]["href"], headers=key)
    assert (repeat.status_code, repeat.json()["code"]) == (400, "P1001")


async def test_a_payment_that_nobody_finishes_expires(client, key, payer, run_jobs):
    payment = await create(client, key)
    await run_jobs(after=timedelta(minutes=91))
    state = (await get(client, key, payment))["state"]
    assert (state["status"], state["code"]) == ("failed", "P0020")


async def test_racing_twins_get_the_same_payment(client, key):
    headers = {**key, "Idempotency-Key": "twins-1"}
    answers = await asyncio.gather(*(client.post(V1, json=new_payment(), headers=headers) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert all(answer.json() == answers[0].json() for answer in answers)
    changed = await client.post(V1, json=new_payment(amount=1), headers=headers)
    assert (changed.status_code, changed.json()["code"], changed.json()["header"]) == (
        409,
        "P0191",
        "Idempotency-Key",
    )


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"amount": None}, 400, "P0101", "amount"),
        ({"amount": ...}, 400, "P0101", "amount"),
        ({"amount": "100"}, 400, "P0102", "amount"),
        ({"amount": 1.5}, 400, "P0102", "amount"),
        ({"amount": True}, 400, "P0102", "amount"),
        ({"amount": 10_000_001}, 422, "P0102", "amount"),
        ({"amount": 0}, 422, "P0102", "amount"),
        ({"amount": -1}, 422, "P0102", "amount"),
        ({"reference": ...}, 400, "P0101", "reference"),
        ({"reference": "x" * 256}, 422, "P0102", "reference"),
        ({"reference": 7}, 400, "P0102", "reference"),
        ({"description": ...}, 400, "P0101", "description"),
        ({"return_url": ...}, 400, "P0101", "return_url"),
        ({"return_url": "library"}, 422, "P0102", "return_url"),
        ({"return_url": "javascript:alert(1)"}, 422, "P0102", "return_url"),
        ({"language": "fr"}, 422, "P0102", "language"),
        ({"email": "x" * 255}, 422, "P0102", "email"),
        ({"metadata": {}}, 422, "P0102", "metadata"),
        ({"metadata": {"a": None}}, 400, "P0102", "metadata"),
        ({"metadata": {"a": "x" * 101}}, 422, "P0102", "metadata"),
        ({"metadata": {"a" * 31: "x"}}, 422, "P0102", "metadata"),
        ({"metadata": {str(n): n for n in range(16)}}, 422, "P0102", "metadata"),
        ({"metadata": "a"}, 400, "P0102", "metadata"),
        ({"delayed_capture": "yes"}, 400, "P0102", "delayed_capture"),
        ({"authorisation_mode": "moto_api", "return_url": ...}, 422, "P0195", None),
        ({"agreement_payment_type": "recurring"}, 400, "P0104", "agreement_payment_type"),
        ({"set_up_agreement": "a" * 26}, 400, "P0103", "set_up_agreement"),
        ({"reference": "4242 4242 4242 4242"}, 422, "P0102", "reference"),
        ({"lines": []}, 422, "P0102", "lines"),
    ],
)
async def test_a_wrong_field_gets_the_documented_code(client, key, change, status, code, field):
    body = {name: value for name, value in new_payment(**change).items() if value is not ...}
    response = await client.post(V1, json=body, headers=key)
    answer = response.json()
    assert (response.status_code, answer["code"], answer.get("field")) == (status, code, field), answer
    assert (field or "moto_api") in answer["description"]


async def test_a_body_that_is_no_json_is_p0197(client, key):
    response = await client.post(V1, content=b"{", headers={**key, "Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, "P0197")


async def test_an_odd_key_of_idempotency_names_the_header(client, key):
    response = await client.post(V1, json=new_payment(), headers={**key, "Idempotency-Key": "a b"})
    assert (response.status_code, response.json()["code"], response.json()["header"]) == (
        422,
        "P0102",
        "Idempotency-Key",
    )


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "{id}", "P0200"),
        ("GET", "{id}/events", "P0300"),
        ("POST", "{id}/cancel", "P0500"),
        ("POST", "{id}/capture", "P1000"),
        ("GET", "{id}/refunds", "P0800"),
        ("GET", "{id}/refunds/{id}", "P0700"),
    ],
)
@pytest.mark.parametrize("payment_id", ["0" * 26, "nobody", "%00"])
async def test_an_unknown_payment_is_the_documented_404(client, key, method, path, code, payment_id):
    response = await client.request(method, f"{V1}/{path.format(id=payment_id)}", headers=key)
    assert (response.status_code, response.json()["code"]) == (404, code)


async def test_another_council_a_live_key_and_another_account_see_no_sandbox_payment(client, key, mint):
    payment = await create(client, key)
    scopes = ["payments:create", "payments:read"]
    for claims, status in (
        ({"councils": ["hillshire"], "mode": "sandbox"}, 403),
        ({"councils": ["citytown"], "mode": "live"}, 404),
    ):
        headers = {"Authorization": f"Bearer {mint(scopes=scopes, **claims)}"}
        response = await client.get(f"{V1}/{payment['payment_id']}", headers=headers)
        assert response.status_code == status
        assert payment["reference"] not in response.text
    live = {"Authorization": f"Bearer {mint(scopes=scopes, councils=['citytown'], mode='live')}"}
    response = await client.post(V1, json=new_payment(), headers=live)
    assert (response.status_code, response.json()["code"]) == (403, "P0940")
    assert (await client.get(f"{V1}/{payment['payment_id']}")).status_code == 401


async def test_a_double_click_charges_once(client, key, payer, run_jobs, balances):
    payment = await create(client, key, amount=311)
    before = await balances()
    await payer.open(payment)
    await payer.enter_card(payment)
    pages = await asyncio.gather(*(payer.confirm(payment) for _ in range(4)))
    assert sum("library.example" in page.headers.get("location", "") for page in pages) >= 1
    await run_jobs()
    assert (await balances())["clearing"] - before.get("clearing", 0) == 311


async def test_no_card_number_is_anywhere_in_the_database(client, key, payer, run_jobs, database):
    payment = await create(client, key)
    await payer.open(payment)
    await payer.enter_card(payment, GOOD_CARD, cvc="987")
    await payer.confirm(payment)
    await run_jobs()
    async with database.reading("citytown") as session:
        names = await session.all(
            text("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'")
        )
        for row in names:
            count = await session.scalar(
                text(f'SELECT count(*) FROM "{row.name}" t WHERE t::text LIKE :number'),
                {"number": f"%{GOOD_CARD}%"},
            )
            assert count == 0, row.name
