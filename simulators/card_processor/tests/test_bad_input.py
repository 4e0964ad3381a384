"""Bad input: refused with a reason, never an error of the simulator; and no card number anywhere."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.card_processor.card_numbers import has_card_number
from simulators.card_processor.requests import MAX_BYTES

NUMBER = "4242424242424242"
GOOD = {"amount": 1000, "currency": "GBP", "method": "visa-credit", "reference": "R1"}


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        ({"amount": None}, "missing", "amount"),
        ({"amount": "1000"}, "invalid_value", "amount"),
        ({"amount": True}, "invalid_value", "amount"),
        ({"amount": 10.0}, "invalid_value", "amount"),
        ({"amount": -1}, "invalid_value", "amount"),
        ({"amount": 100_000_000}, "invalid_value", "amount"),
        ({"currency": "EUR"}, "invalid_value", "currency"),
        ({"method": "my-card"}, "invalid_value", "method"),
        ({"method": ["visa-credit"]}, "invalid_value", "method"),
        ({"reference": ""}, "invalid_value", "reference"),
        ({"reference": "x" * 256}, "invalid_value", "reference"),
        ({"reference": "a\x00b"}, "invalid_value", "reference"),
        ({"return_url": "javascript:alert(1)"}, "invalid_value", "return_url"),
        ({"return_url": "http://a.example; frame-ancestors *"}, "invalid_value", "return_url"),
        ({"return_url": "http://*/"}, "invalid_value", "return_url"),
        ({"return_url": "http://[::1"}, "invalid_value", "return_url"),
        ({"return_url": "http://a.example:99999/"}, "invalid_value", "return_url"),
        ({"moto": 1}, "invalid_value", "moto"),
        ({"cvc": 123}, "unknown_member", "cvc"),
    ],
)
async def test_each_wrong_member_is_named(merchant, members, code, field):
    answer = await merchant.call("POST", "/v1/authorisations", None, 400, **{**GOOD, **members})
    assert (answer["code"], answer["field"]) == (code, field)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"\xff", b'{"amount": NaN}', b"[" * 60_000, b'{"amount": ' + b"9" * 5_000 + b"}"],
)
async def test_what_is_no_json_object_is_refused(merchant, body):
    response = await merchant.http.post("/v1/authorisations", content=body, headers=merchant.headers)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("depth", [400, 600, 800, 900, 950, 980])
async def test_a_deep_body_is_refused(merchant, depth):
    body = b'{"a":' * depth + b"1" + b"}" * depth
    response = await merchant.http.post("/v1/authorisations", content=body, headers=merchant.headers)
    assert response.status_code == 400


async def test_a_long_body_is_refused(merchant):
    body = b" " * (MAX_BYTES + 1)
    response = await merchant.http.post("/v1/authorisations", content=body, headers=merchant.headers)
    assert response.status_code == 413


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer sk_live_12345678", "Basic sim_12345678", "Bearer sim_é"]
)
async def test_a_key_that_is_none_opens_no_account(http, simulator, header):
    for path in ("/v1/payouts", "/control"):
        response = await http.get(path, headers={"Authorization": header.encode()})
        assert (response.status_code, response.json()["code"]) == (401, "unauthorised")
    assert simulator.count_accounts() == 0


async def test_times_and_pages_are_bounded(merchant):
    for now in ("yesterday", "2026-04-01T09:00:00", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "x" * 50):
        assert (await merchant.control("PUT", "clock", 400, now=now))["field"] == "now"
    await merchant.control("PUT", "clock", 400)
    await merchant.control("POST", "clock/advance", 400, seconds=0)
    await merchant.control("PUT", "clock", 200, now="2099-12-31T23:59:59Z")
    await merchant.control("POST", "clock/advance", 400, seconds=1)
    assert (await merchant.authorise(capture=True))["status"] == "captured"
    await merchant.payout()
    assert (await merchant.control("PUT", "clock", 200, running=True))["running"]
    for query in ({"limit": 0}, {"limit": 501}, {"limit": "ten"}, {"limit": "²"}, {"page": 2}, {"after": ""}):
        await merchant.get("/v1/payouts", 400, **query)
    await merchant.get("/v1/authorisations/auth_none", 404)


@pytest.mark.parametrize(
    "text",
    [
        NUMBER, f"card {NUMBER}.", f"ref{NUMBER}x", "4242 4242 4242 4242", "4242-4242-4242-4242",
        "4242\u20134242\u20134242\u20134242", "\uff14\uff12" * 8, "371449635398431",
        "4917610000000000003", "4242424242424242 12.27", "12-27 4242 4242 4242 4242 123",
    ],
)  # fmt: skip
async def test_a_card_number_is_refused_wherever_it_stands(merchant, http, simulator, text):
    assert has_card_number(text)
    for members in ({"reference": text}, {"method": text}, {"other": [{"deep": text}]}, {text: 1}):
        answer = await merchant.call("POST", "/v1/authorisations", None, 400, **{**GOOD, **members})
        assert answer["code"] == "card_number"
        assert text not in json.dumps(answer, ensure_ascii=False)
    assert (await merchant.get("/v1/payouts", 400, after=text))["code"] == "card_number"
    assert (await merchant.get(f"/v1/payouts/{text}", 400))["field"] == "path"
    assert (await merchant.get("/v1/authorisations"))["data"] == []


async def test_a_card_number_is_no_key_and_no_figure(merchant, http):
    assert (await merchant.authorise(key=NUMBER, status=400))["code"] == "card_number"
    assert (await merchant.authorise(amount=int(NUMBER), status=400))["code"] == "card_number"
    response = await http.get("/control", headers={"Authorization": f"Bearer sim_{NUMBER}"})
    assert (response.status_code, response.json()["code"]) == (400, "card_number")
    for key in ("", "é", "x" * 256, "a\tb"):
        headers = {**merchant.headers, "Idempotency-Key": key.encode()}
        response = await http.post("/v1/authorisations", json=GOOD, headers=headers)
        assert response.status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424243", "800123459", "12345678901", "0f8fad5b-d9cb-469f-a165-708677289502",
        "b7e6c1424242424242424242a0d41f00", "42424242424242424242", "2026-04-01T09:00:00.000Z",
    ],
)  # fmt: skip
def test_other_numbers_are_not_refused(text):
    assert not has_card_number(text)


@settings(max_examples=50, deadline=None)
@given(st.text("0123456789 ", max_size=40))
def test_a_number_is_found_as_by_trying_every_run_of_groups(text):
    def passes(digits):
        doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
        return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0

    text = " ".join(text.split())
    groups = text.split()
    runs = ["".join(groups[start:end]) for end in range(len(groups) + 1) for start in range(end)]
    assert has_card_number(text) == any(passes(run) for run in runs if 12 <= len(run) <= 19)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = VALUES | st.lists(VALUES, max_size=2) | st.dictionaries(st.text(max_size=4), VALUES, max_size=2)
NAMES = st.sampled_from(
    [
        "amount", "currency", "method", "reference", "return_url", "agreement", "moto", "capture", "seconds",
        "operation", "fault", "count", "authorisation", "status", "lines", "faults", "\ud800",
    ]
)  # fmt: skip
PATHS = st.sampled_from(
    [
        "/v1/authorisations", "/v1/authorisations/x/refunds", "/v1/authorisations/%00/capture",
        "/control/payouts", "/control/faults", "/control/webhook_faults", "/control/disputes",
        "/control/disputes/x", "/control/clock/advance",
    ]
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=PATHS, members=st.dictionaries(NAMES, JSON, max_size=3), base=st.sampled_from([{}, GOOD]))
async def test_no_input_makes_the_simulator_fail(merchant, path, members, base):
    body = json.dumps({**base, **members}).encode()
    response = await merchant.http.post(path, content=body, headers=merchant.headers)
    assert response.status_code < 500
    assert response.is_success or response.json()["reason"]


async def test_a_name_that_cannot_be_shown_is_not_repeated(merchant):
    body = json.dumps({"\ud800": NUMBER, **GOOD}).encode()
    response = await merchant.http.post("/v1/authorisations", content=body, headers=merchant.headers)
    assert (response.status_code, response.json()["field"]) == (400, "?")
    body = json.dumps({**GOOD, "reference": "\ud800"}).encode()
    response = await merchant.http.post("/v1/authorisations", content=body, headers=merchant.headers)
    assert (response.status_code, response.json()["field"]) == (400, "reference")
