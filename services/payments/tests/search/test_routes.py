"""Search through GOV.UK Pay's API: pages, filters, errors, and who sees what."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from services.payments.tests.conftest import V1, create, new_payment

REFUNDS = "/citytown/payments/v1/refunds"


async def search(client, key, path=V1, **parameters):
    response = await client.get(path, params=parameters, headers=key)
    assert response.status_code == 200, response.text
    return response.json()


def references(page):
    return [payment["reference"] for payment in page["results"]]


def path_of(link):
    parts = urlsplit(link["href"])
    return f"{parts.path}?{parts.query}"


async def test_a_payment_is_found_as_soon_as_it_is_created_the_newest_first(client, key):
    payment_ids = [(await create(client, key, reference=f"RYW-{n}"))["payment_id"] for n in range(3)]
    page = await search(client, key)
    assert [payment["payment_id"] for payment in page["results"]][:3] == payment_ids[::-1]
    await client.post(f"{V1}/{payment_ids[0]}/cancel", headers=key)
    cancelled = await search(client, key, state="cancelled")
    assert payment_ids[0] in [payment["payment_id"] for payment in cancelled["results"]]


async def test_a_found_payment_is_as_the_payment_itself_but_for_links_and_basket(client, key, paid):
    payment = await paid(reference="SAME-1", metadata={"case": "HF7"})
    (page,) = (await search(client, key, reference="same-1"))["results"]
    assert {**payment, "_links": None, "lines": None} == {**page, "_links": None, "lines": None}
    assert page["_links"].pop("cancel") is None
    assert page["_links"].items() <= payment["_links"].items()
    waiting = await create(client, key, reference="SAME-2")
    (page,) = (await search(client, key, reference="SAME-2"))["results"]
    assert page["_links"]["cancel"] == waiting["_links"]["cancel"]
    assert "next_url" not in page["_links"]


async def test_pages_have_links_that_lead_through_all(client, key):
    for n in range(5):
        await create(client, key, reference="Page & Co", description=str(n))
    page = await search(client, key, reference="PAGE & CO", display_size="2")
    assert (page["total"], page["count"], page["page"]) == (5, 2, 1)
    assert "prev_page" not in page["_links"]
    query = dict(parse_qsl(urlsplit(page["_links"]["next_page"]["href"]).query))
    assert query == {"reference": "PAGE & CO", "page": "2", "display_size": "2"}
    walked = [payment["description"] for payment in page["results"]]
    while "next_page" in page["_links"]:
        page = (await client.get(path_of(page["_links"]["next_page"]), headers=key)).json()
        walked += [payment["description"] for payment in page["results"]]
    assert walked == ["4", "3", "2", "1", "0"]
    assert page["_links"]["self"] == page["_links"]["last_page"]
    assert path_of(page["_links"]["prev_page"]).endswith("page=2&display_size=2")


async def test_a_payment_is_found_by_its_payer_and_card(client, key, paid):
    await paid(reference="CARD-1", email="Jo.Bloggs_1@Library.Example")
    await create(client, key, reference="CARD-2", email="jo.bloggsx1@library.example")
    for parameters, expected in (
        ({"email": "ANN@payer"}, ["CARD-1"]),  # what the payer typed replaces what the service sent
        ({"email": "bloggs"}, ["CARD-2"]),
        ({"email": "bloggs_1"}, []),  # no wildcard
        ({"email": "%"}, []),
        ({"cardholder_name": "ann p"}, ["CARD-1"]),
        ({"last_digits_card_number": "4242"}, ["CARD-1"]),
        ({"first_digits_card_number": "424242", "email": "ann"}, ["CARD-1"]),
        ({"card_brand": "VISA", "cardholder_name": "Ann Payer"}, ["CARD-1"]),
        ({"last_digits_card_number": "4242", "state": "failed"}, []),
        ({"agreement_id": "a" * 26}, []),
        ({"state": "", "reference": "card-1", "from_date": ""}, ["CARD-1"]),
    ):
        mine = [name for name in references(await search(client, key, **parameters)) if "CARD" in name]
        assert mine == expected, parameters


async def test_every_state_can_be_searched_for_capturable_too(client, key, payer):
    payment = await create(client, key, delayed_capture=True, reference="HELD-1")
    await payer.pay(payment)
    assert references(await search(client, key, state="capturable")) == ["HELD-1"]
    for state in ("created", "started", "submitted", "success", "failed", "cancelled", "error"):
        assert "HELD-1" not in references(await search(client, key, state=state)), state


async def test_refunds_are_searched_by_time(client, key, paid):
    payment = await paid(amount=900)
    refund_url = f"{V1}/{payment['payment_id']}/refunds"
    refund = (await client.post(refund_url, json={"amount": 200}, headers=key)).json()
    page = await search(client, key, REFUNDS, display_size=1)
    assert page["total"] >= 1
    (page,) = page["results"]
    assert page == {
        "refund_id": refund["refund_id"],
        "payment_id": payment["payment_id"],
        "created_date": refund["created_date"],
        "amount": 200,
        "status": "success",
        "settlement_summary": {},
        "_links": refund["_links"],
    }
    assert (await search(client, key, REFUNDS, to_date="2020-01-01T00:00:00Z"))["total"] == 0
    assert (await search(client, key, REFUNDS, from_settled_date="2020-01-01"))["total"] == 0


@pytest.mark.parametrize(
    ("path", "invalid", "missing"), [(V1, "P0401", "P0402"), (REFUNDS, "P1101", "P1100")]
)
async def test_a_page_after_the_last_is_not_found(client, key, path, invalid, missing):
    response = await client.get(path, params={"page": "100000"}, headers=key)
    assert (response.status_code, response.json()) == (
        404,
        {"code": missing, "description": "Page not found"},
    )
    response = await client.get(path, params={"page": "0", "from_date": "yesterday"}, headers=key)
    assert (response.status_code, response.json()["code"]) == (422, invalid)
    assert response.json()["description"].startswith("Invalid parameters: from_date, page. See")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "-1"), ("page", "1.0"), ("page", "9" * 30), ("page", "1e3"), ("page", "\u0661"),
        ("display_size", "0"), ("display_size", "501"), ("display_size", "x"),
        ("state", "paid"), ("state", "SUCCESS"), ("state", "success' OR 1=1"),
        ("reference", "x" * 256), ("reference", "a\x00b"), ("email", "x" * 255), ("email", "\x00"),
        ("cardholder_name", "\x00"), ("card_brand", "x" * 21),
        ("first_digits_card_number", "12345"), ("first_digits_card_number", "1234567"),
        ("last_digits_card_number", "abcd"), ("last_digits_card_number", "\u0661\u0662\u0663\u0664"),
        ("agreement_id", "short"),
        ("from_date", "2026-04-01"), ("from_date", "1775034000"), ("from_date", "2026-04-01T00:00:00"),
        ("from_date", "0001-01-01T00:00:00+14:00"), ("to_date", "9999-12-31T23:59:59-14:00"),
        ("to_date", "2026-02-30T00:00:00Z"), ("from_settled_date", "2026-04-01T00:00:00Z"),
        ("to_settled_date", "20260401"), ("to_settled_date", "0000-00-00"),
    ],
)  # fmt: skip
async def test_a_parameter_that_cannot_be_is_refused_by_name(client, key, name, value):
    response = await client.get(V1, params={name: value}, headers=key)
    assert response.status_code == 422, response.text
    assert response.json() == {
        "code": "P0401",
        "description": f"Invalid parameters: {name}. "
        "See Public API documentation for the correct data formats",
    }


async def test_nobody_else_finds_a_payment(client, key, mint, database):
    await create(client, key, reference="OWN-1", email="own@payer.example")

    def key_of(council="citytown", mode="sandbox"):
        scopes = ["payments:read", "payments:create"]
        token = mint(scopes=scopes, councils=[council], mode=mode, sub="other", client_id="other")
        return {"Authorization": f"Bearer {token}"}

    filters = ({}, {"reference": "OWN-1"}, {"email": "own@payer"}, {"state": "created"}, {"email": "o"})
    hillshire = "/hillshire/payments/v1/payments"
    other = new_payment(reference="OTHER-1", email="own@payer.example")
    assert (await client.post(hillshire, json=other, headers=key_of("hillshire"))).status_code == 201
    for parameters in filters:
        assert (await search(client, key_of(mode="live"), **parameters))["total"] == 0, parameters
        page = await search(client, key_of("hillshire"), hillshire, **parameters)
        assert set(references(page)) <= {"OTHER-1"}, parameters
        assert "OTHER-1" not in references(await search(client, key, **parameters))
    response = await client.get(hillshire, headers=key)
    assert (response.status_code, response.json()["code"]) == (403, "P0930")
