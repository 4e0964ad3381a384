"""Card testing: how often a payment's form may be sent, and how many cards a network may try."""

import pytest

from services.payments.tests.conftest import create, get, page_of

DECLINED_CARD = "4000000000000002"


@pytest.fixture(scope="module")
def settings(service, settings):
    limits = {
        "limit_card_forms_of_payment": "4/15min",
        "limit_cards_from_network": "3/h",
        "limit_auth_requests_for_payment": "2/15min",
        "limit_auth_requests_from_network": "5/h",
    }
    return service.settings(**{**settings.model_dump(exclude_unset=True), **limits})


async def test_the_form_of_a_payment_is_sent_so_often_and_no_more(client, key, payer):
    payment = await create(client, key)
    await payer.open(payment)
    pages = [await payer.post(page_of(payment), cardNo="4929421234600821") for _ in range(5)]
    assert [page.status_code for page in pages] == [400] * 4 + [429]
    assert "Too many tries" in pages[-1].text
    assert int(pages[-1].headers["Retry-After"]) > 60
    other = await create(client, key)
    await payer.open(other)
    assert (await payer.post(page_of(other))).status_code == 400


async def test_a_network_tries_so_many_cards_and_no_more(client, key, payer, list_authorisations):
    payments = []
    for _ in range(4):
        payments.append(await create(client, key))
        await payer.open(payments[-1])
        last = await payer.enter_card(payments[-1], DECLINED_CARD)
    assert last.status_code == 429
    assert [len(await list_authorisations(payment)) for payment in payments] == [1, 1, 1, 0]
    assert (await get(client, key, payments[-1]))["state"]["status"] == "started"


async def test_card_details_are_sent_so_often_and_no_more(client, key):
    tokens = [f"{(await create(client, key))['payment_id']}.{'x' * 32}" for _ in range(3)]
    card = {"card_number": DECLINED_CARD, "cvc": "123", "expiry_date": "11/40", "cardholder_name": "Ann"}

    async def send(token):
        return await client.post("/citytown/payments/v1/auth", json={**card, "one_time_token": token})

    answers = [await send(tokens[0]) for _ in range(3)]
    assert [answer.json()["code"] for answer in answers] == ["P1211", "P1211", "P0900"], "of a payment"
    assert int(answers[-1].headers["Retry-After"]) > 60
    answers = [await send(token) for token in (tokens[1], tokens[1], tokens[2], tokens[2])]
    assert [answer.json()["code"] for answer in answers] == ["P1211"] * 3 + ["P0900"], "from a network"
