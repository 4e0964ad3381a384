"""Refunds: whole, in part, by line, raced, refused, and what they post."""

import asyncio

import pytest

from services.payments.tests.conftest import V1, create, get


def refunds_of(payment):
    return f"{V1}/{payment['payment_id']}/refunds"


async def test_a_whole_refund_goes_back_and_clears_the_ledger(client, key, paid, balances):
    before = await balances()
    payment = await paid(amount=1_500)
    response = await client.post(refunds_of(payment), json={"amount": 1_500}, headers=key)
    refund = response.json()
    assert (response.status_code, refund["status"], refund["amount"]) == (202, "success", 1_500)
    after = await balances()
    for role in ("clearing", "refunds", "suspense"):
        assert after[role] == before.get(role, 0), role
    payment_after = await get(client, key, payment)
    assert payment_after["refund_summary"] == {
        "status": "full",
        "amount_available": 0,
        "amount_submitted": 1_500,
    }
    listed = (await client.get(refunds_of(payment), headers=key)).json()
    assert listed["_embedded"]["refunds"] == [refund]
    response_of_one = await client.get(f"{refunds_of(payment)}/{refund['refund_id']}", headers=key)
    assert response_of_one.json() == refund


async def test_a_hundred_refunds_at_once_never_give_back_more_than_was_paid(client, key, paid, balances):
    payment = await paid(amount=1_000)
    before = await balances()
    answers = await asyncio.gather(
        *(client.post(refunds_of(payment), json={"amount": 300}, headers=key) for _ in range(100))
    )
    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [400] * 97
    assert {answer.json()["code"] for answer in answers if answer.status_code == 400} == {"P0603"}
    assert (await balances())["clearing"] == before["clearing"] - 900


async def test_twins_with_a_key_refund_once(client, key, paid):
    payment = await paid(amount=1_000)
    headers = {**key, "Idempotency-Key": "refund-twins"}
    answers = await asyncio.gather(
        *(client.post(refunds_of(payment), json={"amount": 400}, headers=headers) for _ in range(6))
    )
    assert all(answer.json() == answers[0].json() for answer in answers), [answer.text for answer in answers]
    assert (await get(client, key, payment))["refund_summary"]["amount_submitted"] == 400


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "P0601"),
        ({"amount": "1"}, 400, "P0602"),
        ({"amount": 0}, 422, "P0602"),
        ({"amount": 10_000_001}, 422, "P0602"),
        ({"amount": 1_001}, 400, "P0603"),
        ({"amount": 1, "refund_amount_available": 999}, 412, "P0604"),
        ({"amount": 2, "lines": [{"line": 1, "amount": 1}]}, 422, "P0602"),
        ({"amount": 1, "lines": [{"line": 2, "amount": 1}]}, 422, "P0602"),
    ],
)
async def test_a_wrong_refund_gets_the_documented_code(client, key, paid, body, status, code):
    payment = await paid(amount=1_000)
    response = await client.post(refunds_of(payment), json=body, headers=key)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert (await get(client, key, payment))["refund_summary"]["amount_submitted"] == 0


async def test_a_payment_that_is_not_captured_is_not_refunded(client, key):
    payment = await create(client, key)
    response = await client.post(refunds_of(payment), json={"amount": 1}, headers=key)
    assert (response.status_code, response.json()["code"]) == (400, "P0603")
    assert "pending" in response.json()["description"]


async def test_a_key_without_the_right_to_refund_is_refused(client, key, paid, mint):
    payment = await paid()
    scopes = ["payments:create", "payments:read"]
    token = mint(scopes=scopes, councils=["citytown"], mode="sandbox", sub="library", client_id="library")
    headers = {"Authorization": f"Bearer {token}"}
    response = await client.post(refunds_of(payment), json={"amount": 1}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "P0930")
