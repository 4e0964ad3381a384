"""What each test card answers; challenge, capture, cancellation and expiry."""

import pytest

from simulators.card_processor.cards import CARDS

CHALLENGED = {"three-d-secure", "setup-three-d-secure-then-declined"}
REFUSED = {
    "declined": ("declined", "card_declined"),
    "declined-expired": ("declined", "expired_card"),
    "declined-cvc": ("declined", "incorrect_cvc"),
    "processing-error": ("error", "processing_error"),
    "maestro-not-accepted": ("declined", "card_not_accepted"),
    "setup-refused": ("declined", "insufficient_funds"),
}
BACK = "http://127.0.0.1:8000/citytown/payments/return"


async def test_every_card_answers_as_its_name_says(merchant):
    assert len(CARDS) == 30
    for name, card in CARDS.items():
        record = await merchant.authorise(name, return_url=BACK)
        expected = ("three_d_secure_required", None) if name in CHALLENGED else ("authorised", None)
        assert (record["status"], record["code"]) == REFUSED.get(name, expected), name
        assert record["method"]["last_digits"] == card.last_digits
        assert not any(member.startswith("_") for member in record)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ("pass", ("authorised", None)),
        ("fail", ("declined", "authentication_failed")),
        ("unavailable", ("error", "authentication_unavailable")),
    ],
)
async def test_a_challenge_decides(merchant, result, outcome):
    record = await merchant.authorise("three-d-secure", return_url=BACK)
    assert record["three_d_secure"] == {"url": f"http://localhost:9109/three-d-secure/{record['id']}"}
    answer = await merchant.act(record["id"], "three_d_secure", status=200, result=result)
    assert (answer["status"], answer["code"]) == outcome
    again = await merchant.act(record["id"], "three_d_secure", status=409, result="pass")
    assert again["code"] == "challenge_over"
    assert await merchant.get(f"/v1/authorisations/{record['id']}") == answer


async def test_nobody_can_answer_a_challenge_without_a_page_or_in_time(merchant):
    assert (await merchant.authorise("three-d-secure"))["code"] == "authentication_required"
    assert (await merchant.authorise("three-d-secure", moto=True))["status"] == "authorised"
    record = await merchant.authorise("three-d-secure", return_url=BACK)
    await merchant.advance(3600)
    late = await merchant.act(record["id"], "three_d_secure", status=409, result="pass")
    assert late["reason"] == "The authorisation is declined"


async def test_a_challenge_that_passes_captures_if_that_was_asked_for(merchant):
    record = await merchant.pay(700, "three-d-secure", return_url=BACK)
    assert (record["status"], record["captured_amount"]) == ("three_d_secure_required", 0)
    answer = await merchant.act(record["id"], "three_d_secure", status=200, result="pass")
    assert (answer["status"], answer["captured_amount"]) == ("captured", 700)


async def test_an_agreement_is_set_up_once_and_then_taken_without_its_holder(merchant):
    assert (await merchant.authorise("recurring-declined", 0, agreement="a1"))["status"] == "authorised"
    later = await merchant.authorise(None, 500, agreement="a1")
    assert (later["status"], later["code"]) == ("declined", "card_declined")
    first = await merchant.authorise("setup-three-d-secure-then-declined", agreement="a2", return_url=BACK)
    await merchant.act(first["id"], "three_d_secure", status=200, result="pass")
    assert (await merchant.authorise(None, 500, agreement="a2"))["status"] == "declined"
    assert (await merchant.authorise("setup-refused", agreement="a3"))["status"] == "declined"
    assert (await merchant.authorise(None, agreement="a3", status=422))["field"] == "method"
    assert (await merchant.authorise("visa-debit", agreement="a4", capture=True))["status"] == "captured"
    assert (await merchant.authorise(None, agreement="a4", capture=True))["status"] == "captured"
    assert (await merchant.authorise("visa-credit", agreement="a4", status=422))["code"] == "wrong_method"
    assert (await merchant.authorise("visa-credit", 0, status=422))["field"] == "amount"


async def test_an_authorisation_is_captured_once_or_cancelled_or_expires(merchant):
    first, second, third = [(await merchant.authorise())["id"] for _ in range(3)]
    assert (await merchant.act(first, "capture", status=422, amount=1001))["field"] == "amount"
    capture = await merchant.act(first, "capture", status=201, amount=400)
    assert (capture["status"], capture["amount"], capture["fee"]) == ("captured", 400, 26)
    assert capture["captured_at"] == "2026-04-01T09:00:00.000Z"
    assert await merchant.get(f"/v1/captures/{capture['id']}") == capture
    assert (await merchant.act(first, "capture", status=409))["code"] == "not_capturable"
    assert (await merchant.act(first, "cancel", status=409))["code"] == "not_cancellable"
    assert (await merchant.act(second, "cancel", status=200))["status"] == "cancelled"
    assert (await merchant.act(second, "capture", status=409))["reason"] == "The authorisation is cancelled"
    await merchant.advance(168 * 3600 - 1)
    assert (await merchant.get(f"/v1/authorisations/{third}"))["status"] == "authorised"
    await merchant.advance(1)
    assert (await merchant.get(f"/v1/authorisations/{third}"))["status"] == "expired"


async def test_accounts_know_nothing_of_each_other(merchant, http):
    record = await merchant.authorise()
    stranger = type(merchant)(http, "sim_hillshire_1")
    await stranger.get(f"/v1/authorisations/{record['id']}", 404)
    for action, members in {"capture": {}, "cancel": {}, "refunds": {"amount": 1, "reference": "x"}}.items():
        assert (await stranger.act(record["id"], action, status=404, **members))["code"] == "not_found"
    assert (await stranger.get("/v1/authorisations"))["data"] == []
    await stranger.control("POST", "disputes", 404, authorisation=record["id"])


async def test_lists_go_on_after_a_record(merchant):
    ids = [(await merchant.authorise(reference=f"R{n}"))["id"] for n in range(5)]
    first = await merchant.get("/v1/authorisations", limit=3)
    rest = await merchant.get("/v1/authorisations", limit=3, after=first["next"])
    assert [record["id"] for record in first["data"] + rest["data"]] == ids
    assert rest["next"] is None
    await merchant.get("/v1/authorisations", 400, after="auth_nothing")
