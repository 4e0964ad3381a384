"""Payment links: made by staff, paid by anybody; what a payer types, and who may change a link."""

import re

import pytest
from sqlalchemy import text

from services.payments.tests.conftest import ACCEPT_HTML, get
from services.payments.tests.funds.finance import import_default, read_finance

LINKS = "/citytown/payments/links/v1/payment-links"
PENALTY = "BJ12345673"
CARD = "4242 4242 4242 4242"


@pytest.fixture(scope="module")
async def finance(client, mint):
    """The default funds of England in citytown."""
    await import_default(client, mint, "citytown", "england")
    return await read_finance(client, mint, "citytown")


@pytest.fixture
def staff(make_key):
    """The headers of who keeps payment links."""
    return make_key(extra=["payments:links"])


@pytest.fixture
async def strict_staff(make_key, make_account):
    """The same for another account of citytown's sandbox."""
    return make_key(await make_account(), extra=["payments:links"])


@pytest.fixture
def make_link(client, staff, finance):
    """Make a function that makes a link."""

    async def make(**members):
        body = {"title": "Pay a parking fine", "fund": "11", **members}
        response = await client.post(LINKS, json=body, headers=staff)
        assert response.status_code == 201, response.text
        return response.json()

    return make


def path_of(link):
    return f"/citytown/payments/links/{link['id']}"


async def find_payment(database, link):
    """Find the newest payment of a link."""
    async with database.reading("citytown") as session:
        return await session.first(
            text("""SELECT p.*, l.fund, l.reference AS line_reference, l.amount AS line_amount
                FROM payment p JOIN payment_line l ON l.council = p.council AND l.payment = p.id
                WHERE p.council = 'citytown' AND p.metadata->>'payment_link' = :link ORDER BY p.id DESC"""),
            {"link": link["id"]},
        )


async def test_a_payer_types_reference_and_amount_and_pays(client, make_link, payer, database, run_jobs):
    link = await make_link(description="Your fine is on the notice.")
    assert link["url"].endswith(path_of(link))
    page = await payer.get(path_of(link))
    assert page.status_code == 200
    assert "Pay a parking fine" in page.text
    assert "Your fine is on the notice." in page.text
    page = await payer.post(path_of(link), reference="bj 1234567 3", amount="£35.00")
    assert "Enter card details" in page.text
    payment = await find_payment(database, link)
    assert (payment.amount, payment.reference, payment.line_reference) == (3_500, "bj 1234567 3", PENALTY)
    assert (payment.description, payment.mode, payment.created_by) == (
        "Pay a parking fine",
        "sandbox",
        {"sub": "payment-link"},
    )
    assert payment.return_url.endswith(f"{path_of(link)}/paid")
    page = await payer.get(f"{path_of(link)}/paid")
    assert "you do not need to do anything else" in page.text


async def test_an_address_fills_the_page_in(client, make_link, payer):
    link = await make_link()
    page = await payer.get(f"{path_of(link)}?reference=BJ_1234567_3&amount=3550")
    assert re.search(r'id="reference"[^>]*value="BJ 1234567 3"', page.text)
    assert re.search(r'id="amount"[^>]*value="35.50"', page.text)
    page = await payer.get(f"{path_of(link)}?amount=12.50")
    assert 'value="12.50"' not in page.text
    page = await payer.get(f"{path_of(link)}?reference={CARD.replace(' ', '_')}")
    assert page.status_code == 200
    assert "4242" not in page.text
    page = await payer.get(f"{path_of(link)}?reference=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"reference": "", "amount": "35"}, "Enter your reference"),
        ({"reference": CARD, "amount": "35"}, "Enter a reference, not a card number"),
        ({"reference": "BJ12345670", "amount": "35"}, "Check your reference"),
        ({"reference": PENALTY, "amount": ""}, "Enter an amount in pounds"),
        ({"reference": PENALTY, "amount": "-5"}, "Enter an amount in pounds"),
        ({"reference": PENALTY, "amount": "4.99"}, "The amount must be £5.00 or more"),
        ({"reference": PENALTY, "amount": "100.01"}, "The amount must be £100.00 or less"),
        ({"reference": PENALTY, "amount": "999999999"}, "The amount must be £100.00 or less"),
    ],
)
async def test_what_cannot_be_paid_is_said_in_plain_words(make_link, payer, database, fields, message):
    link = await make_link(min_amount=500, max_amount=10_000)
    await payer.get(path_of(link))
    page = await payer.post(path_of(link), **fields)
    assert page.status_code == 400
    assert "There is a problem" in page.text
    assert message in page.text
    assert "4242" not in page.text
    assert await find_payment(database, link) is None


async def test_a_fixed_amount_and_reference_are_not_the_payers_to_choose(make_link, payer, database):
    link = await make_link(amount=2_500, reference=PENALTY)
    page = await payer.get(f"{path_of(link)}?amount=1&reference=BJ0000003A")
    assert "£25.00" in page.text
    await payer.post(path_of(link), amount="0.01", reference="BJ0000003A")
    payment = await find_payment(database, link)
    assert (payment.amount, payment.line_reference) == (2_500, PENALTY)


async def test_a_welsh_link_speaks_welsh_and_so_does_its_payment(make_link, payer, database):
    link = await make_link(title_cy="Talu dirwy barcio", language="both", amount=2_500)
    page = await payer.get(f"{path_of(link)}?lang=cy")
    assert "Talu dirwy barcio" in page.text
    assert "Cyfeirnod" in page.text
    await payer.post(path_of(link), reference=PENALTY)
    payment = await find_payment(database, link)
    assert (payment.language, payment.description) == ("cy", "Talu dirwy barcio")


async def test_two_tabs_make_two_payments_that_are_paid_apart(make_link, payer, database):
    link = await make_link(amount=2_500)
    await payer.get(path_of(link))
    token = payer.token
    pages = []
    for _ in range(2):
        payer.token = token
        pages.append(await payer.post(path_of(link), reference=PENALTY))
    assert all("Enter card details" in page.text for page in pages)
    assert pages[0].url != pages[1].url


async def test_a_link_whose_fund_has_ended_takes_nothing(make_link, payer, database):
    link = await make_link(fund="5M", amount=100, reference="23901001234568")
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE fund SET valid_from = '2990-01-01' WHERE code = '5M'"))
    await payer.get(path_of(link))
    page = await payer.post(path_of(link))
    assert page.status_code == 400
    assert "You cannot pay here at the moment" in page.text
    assert await find_payment(database, link) is None


async def test_a_form_from_elsewhere_creates_no_payment(client, make_link, database):
    link = await make_link(amount=2_500)
    response = await client.post(path_of(link), data={"reference": PENALTY}, headers=ACCEPT_HTML)
    assert response.status_code == 403
    assert await find_payment(database, link) is None


async def test_staff_send_a_payment_to_somebody_on_the_telephone(client, key, staff, make_link, payer):
    link = await make_link()
    body = {"reference": PENALTY, "amount": 3_500, "moto": True, "email": "ann@payer.example"}
    response = await client.post(f"{LINKS}/{link['id']}/payments", json=body, headers=staff)
    assert response.status_code == 201, response.text
    answer = response.json()
    payment = await get(client, key, answer)
    assert (payment["moto"], payment["amount"], payment["email"]) == (True, 3_500, "ann@payer.example")
    page = await payer.get(answer["next_url"].partition("//")[2].partition("/")[2].join(["/", ""]))
    assert "Enter card details" in page.text


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"reference": CARD}, 400, "P0105"),
        ({"reference": "BJ12345670"}, 422, "basket-refused"),
        ({"reference": None}, 400, "invalid-request"),
        ({"amount": None}, 400, "invalid-request"),
        ({"amount": 10_001}, 400, "invalid-request"),
        ({"amount": 499}, 400, "invalid-request"),
    ],
)
async def test_a_wrong_payment_of_a_link_is_refused(client, staff, make_link, change, status, code):
    link = await make_link(min_amount=500, max_amount=10_000)
    body = {"reference": PENALTY, "amount": 3_500, **change}
    response = await client.post(f"{LINKS}/{link['id']}/payments", json=body, headers=staff)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert "4242" not in response.text


@pytest.mark.parametrize(
    "change",
    [
        {"fund": "ZZ"},
        {"fund": "SP"},
        {"title": CARD},
        {"reference": CARD},
        {"reference": "BJ12345670"},
        {"amount": 0},
        {"amount": 5, "min_amount": 10},
        {"min_amount": 10, "max_amount": 5},
        {"language": "cy"},
        {"colour": "red"},
    ],
)
async def test_a_link_that_could_not_be_paid_is_not_made(client, staff, finance, change):
    body = {"title": "Pay a parking fine", "fund": "11", **change}
    response = await client.post(LINKS, json=body, headers=staff)
    assert response.status_code == 400, response.text
    assert "4242" not in response.text


async def test_a_link_is_changed_closed_and_listed_by_its_own_account_only(
    client, staff, strict_staff, make_link, make_key, payer
):
    link = await make_link()
    link_url = f"{LINKS}/{link['id']}"
    response = await client.get(link_url, headers=staff)
    assert (response.json(), response.headers["etag"]) == (link, '"1"')
    assert (await client.patch(link_url, json={"title": "Fines"}, headers=staff)).status_code == 428
    headers = {**staff, "If-Match": '"1"'}
    changed = await client.patch(link_url, json={"title": "Fines", "is_open": False}, headers=headers)
    assert (changed.status_code, changed.json()["title"], changed.json()["version"]) == (200, "Fines", 2)
    assert (await client.patch(link_url, json={"is_open": True}, headers=headers)).status_code == 412
    assert (await payer.get(path_of(link))).status_code == 404
    body = {"reference": PENALTY, "amount": 3_500}
    assert (await client.post(f"{link_url}/payments", json=body, headers=staff)).status_code == 409
    listed = (await client.get(LINKS, params={"limit": 100}, headers=staff)).json()["items"]
    assert link["id"] in [item["id"] for item in listed]
    assert (await client.get(link_url, headers=make_key())).status_code == 403
    for foreign in (make_key(mode="live", extra=["payments:links"]), strict_staff):
        assert (await client.get(link_url, headers=foreign)).status_code == 404
        assert (await client.get(LINKS, headers=foreign)).json()["items"] == []
    elsewhere = make_key(council="hillshire", extra=["payments:links"])
    foreign_url = link_url.replace("citytown", "hillshire")
    assert (await client.get(foreign_url, headers=elsewhere)).status_code == 404
    assert (await payer.get(path_of(link).replace("citytown", "hillshire"))).status_code == 404
