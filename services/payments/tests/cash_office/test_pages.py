"""The pages of counter staff, as their browsers get them."""

import html
import re

import pytest
from sqlalchemy import text

from payments.shared.days import today
from services.payments.tests.cash_office.counter import API, APPROVE, CHEQUE, TAKINGS, changed, pieces
from services.payments.tests.cash_office.test_e_returns import act, draft
from services.payments.tests.office.staff import OFFICE, PAGES, claims_of


@pytest.fixture
def open_counter(sign_in_staff, mint_person):
    """Make a function that signs a member of staff in."""

    async def open_as(subject, *scopes):
        token = mint_person(subject, scopes=[TAKINGS, *scopes], councils=["citytown"], **claims_of())
        return await sign_in_staff(token, council="citytown", name=f"{subject[:8]}@citytown.example")

    return open_as


@pytest.fixture
async def ann_browser(open_counter, office):
    return await open_counter(f"ann-{office}")


def field(page, name):
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page.text)[1])


async def open_till(browser, office_id, opening_float="100.00"):
    page = await browser.get(f"{PAGES}/tills/new")
    assert "Open a till" in page.text
    return await browser.post(
        f"{PAGES}/tills/new", id=field(page, "id"), office=office_id, opening_float=opening_float
    )


async def take(browser, till_path, funds_by_code, kind="cash", **fields):
    path = f"{till_path}/receipts/new?kind={kind}"
    page = await browser.get(f"{till_path}/receipts/new", kind=kind)
    line = {"fund_1": funds_by_code["23"], "reference_1": "800123459", "amount_1": "50.00"}
    return await browser.post(path, id=field(page, "id"), **{**line, **fields})


def cheque_fields():
    return {**CHEQUE, "sort_code": "20-00-00"}


async def test_a_till_from_its_float_to_the_bank(ann_browser, office, funds, open_counter):
    browser = ann_browser
    till = await open_till(browser, office)
    path = till.url.path
    assert "Nothing has been taken" in till.text
    receipt = await take(browser, path, funds, tendered="60.00")
    assert "Change to give: £10.00" in receipt.text
    assert "Signed by" not in receipt.text
    cheque = await take(browser, path, funds, "cheque", **cheque_fields())
    for words in ("Ann Payer", "200000 55779911", "Void this receipt"):
        assert words in cheque.text
    first = await browser.post(f"{receipt.url.path}/print")
    assert "Copy" not in first.text
    assert "Given: £60.00. Change: £10.00." in first.text
    assert "There is no VAT in this payment" in first.text
    await browser.get(receipt.url.path)
    assert "Copy" in (await browser.post(f"{receipt.url.path}/print")).text

    form = await browser.get(f"{path}/count")
    assert "150.00" not in form.text, "the count is blind"
    counted = await browser.post(
        f"{path}/count", version=field(form, "version"), pieces_2000="7", pieces_10="50", cheques="50.00"
    )
    for words in ("Over or short", "Short", "£5.00", "Why is it different?"):
        assert words in counted.text
    waiting = await browser.post(
        f"{path}/difference", version=field(counted, "version"), reason="wrong-change", note=""
    )
    assert "Somebody else must check it" in waiting.text
    bob = await open_counter("bob", APPROVE)
    assert "Accept the difference" in (await bob.get(path)).text
    again = await bob.post(f"{path}/recount", answer="")
    assert (again.status_code, "Say why" in again.text) == (400, True)
    await bob.get(path)
    assert "To be banked" in (await bob.post(f"{path}/check")).text
    banking = await browser.get(f"{PAGES}/bags")
    assert "£95.00" in banking.text
    till_id = path.rpartition("/")[2]
    fields = {"id": field(banking, "id"), "tills": till_id, "banked_on": today().isoformat()}
    wrong = await browser.post(f"{PAGES}/bags", **fields, number="")
    assert (wrong.status_code, "Enter the number that is printed on it" in wrong.text) == (400, True)
    banked = await browser.post(f"{PAGES}/bags", **fields, number="500321")
    assert "500321" in banked.text
    assert "Not seen yet" in banked.text
    returned = await browser.get(cheque.url.path)
    assert "The bank returned this cheque" in returned.text
    done = await browser.post(f"{cheque.url.path}/cheque-return", returned_on=today().isoformat())
    assert "Cheque returned" in done.text
    listed = await browser.get(f"{PAGES}/tills")
    assert path in listed.text


async def test_a_receipt_is_voided_from_its_page(ann_browser, office, funds, balance_of):
    till = await open_till(ann_browser, office)
    before = await balance_of()
    receipt = await take(ann_browser, till.url.path, funds)
    wordless = await ann_browser.post(f"{receipt.url.path}/void", reason="other", note="")
    assert wordless.status_code == 400
    assert "Say in note what the reason is" in wordless.text
    rubbed_out = await ann_browser.post(f"{receipt.url.path}/void", reason="wrong-amount", note="N\x08o")
    assert (rubbed_out.status_code, "control character" in rubbed_out.text) == (400, True)
    voided = await ann_browser.post(f"{receipt.url.path}/void", reason="wrong-amount", note="")
    assert "Wrong amount" in voided.text
    assert changed(before, await balance_of()) == {}


async def test_a_form_sent_twice_takes_the_money_once(ann_browser, office, funds, balance_of):
    till = await open_till(ann_browser, office)
    before = await balance_of()
    path = f"{till.url.path}/receipts/new"
    page = await ann_browser.get(path)
    paths = set()
    for _ in range(2):
        await ann_browser.get(path)
        line = {"fund_1": funds["23"], "reference_1": "800123459", "amount_1": "50.00"}
        response = await ann_browser.post(f"{path}?kind=cash", id=field(page, "id"), **line)
        paths.add(response.url.path)
    assert len(paths) == 1
    assert changed(before, await balance_of()) == {"cash": [5_000], "fund": [-5_000]}


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("cash", {"amount_1": "x"}, "Enter an amount in pounds"),
        ("cash", {"fund_1": ""}, "Choose a fund"),
        ("cash", {"reference_1": "800123450"}, "is not a reference of Council tax"),
        ("cash", {"tendered": "49.99"}, "This is less than there is to pay"),
        ("cash", {"email": "nobody"}, "Enter an e-mail address"),
        ("cash", {"reference_1": "4111111111111111"}, "not a reference"),
        ("cheque", {**CHEQUE, "sort_code": "12"}, "Enter a sort code of 6 digits"),
        ("cheque", {**CHEQUE, "account_number": ""}, "Enter an account number of 8 digits"),
        ("cheque", {**CHEQUE, "payer_name": "4111 1111 1111 1111"}, "card number"),
        ("cheque", {**CHEQUE, "number": ""}, "Enter the number that is printed on it"),
    ],
)
async def test_a_wrong_form_says_what_is_wrong_and_takes_nothing(
    ann_browser,
    office,
    funds,
    balance_of,
    kind,
    fields,
    words,
):
    till = await open_till(ann_browser, office)
    before = await balance_of()
    page = await take(ann_browser, till.url.path, funds, kind, **fields)
    assert page.status_code == 400
    assert words in html.unescape(page.text)
    assert "There is a problem" in page.text
    assert await balance_of() == before


async def test_a_receipt_that_came_while_the_form_was_open_has_the_till_counted_anew(
    ann_browser,
    ann,
    office,
    funds,
    tax,
):
    till = await open_till(ann_browser, office, "0")
    path = till.url.path
    form = await ann_browser.get(f"{path}/count")
    await ann.take_ok({"id": path.rpartition("/")[2]}, tax(100))
    stale = await ann_browser.post(f"{path}/count", version=field(form, "version"), cheques="0")
    assert stale.status_code == 400
    assert "It has changed since you opened this page" in stale.text
    counted = await ann_browser.post(
        f"{path}/count", version=field(stale, "version"), pieces_100="1", cheques="0"
    )
    assert "To be banked" in counted.text


async def test_a_failed_act_of_a_page_writes_nothing_at_all(ann_browser, ann, tax, database):
    """The bag is written before its number is refused by the ledger's day or a method that is missing."""
    till = await ann.open(0)
    await ann.take_ok(till, tax(500))
    await ann.balance(till, pieces(500))
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE payment_method SET disabled = true WHERE 'cash' = ANY(flags)"))
    banking = await ann_browser.get(f"{PAGES}/bags")
    fields = {"id": field(banking, "id"), "tills": till["id"], "banked_on": today().isoformat()}
    refused = await ann_browser.post(f"{PAGES}/bags", **fields, number="770001")
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE payment_method SET disabled = false WHERE 'cash' = ANY(flags)"))
    assert refused.status_code == 400
    assert "no method of payment" in refused.text
    async with database.reading("citytown") as session:
        assert await session.scalar(text("SELECT count(*) FROM bag WHERE number = '770001'")) == 0
    assert (await ann.read(till))["status"] == "balanced"


async def test_an_e_return_is_submitted_sent_back_and_authorised_from_its_page(
    ann_browser,
    ann,
    open_counter,
    office,
    funds,
    client,
    finance,
):
    rows = [{"fund": funds["13"], "label": "Photocopies"}, {"fund": funds["23"], "label": "Council tax"}]
    body = {"office": office, "name": "Library", "kind": "cheque", "rows": rows}
    template = (await client.post(f"{API}/e-return-templates", json=body, headers=finance)).json()
    record = await draft(ann, template)
    path = f"{PAGES}/e-returns/{record['id']}"
    assert path in (await ann_browser.get(f"{PAGES}/e-returns", status="draft")).text
    page = await ann_browser.get(path)
    assert "Ann Payer" in page.text
    assert "Somebody else must authorise this" in (await ann_browser.post(f"{path}/submit")).text
    refused = await ann_browser.post(f"{path}/authorise", version="2")
    assert "Somebody else must check it" in refused.text
    bob = await open_counter("bob", APPROVE)
    await bob.get(path)
    assert (await bob.post(f"{path}/return", answer="")).status_code == 400
    back = await bob.post(f"{path}/return", answer="Which slip?")
    assert "Sent back" in back.text
    await act(ann, record, "submit")
    page = await bob.get(path)
    assert "Authorised" in (await bob.post(f"{path}/authorise", version=field(page, "version"))).text


async def test_money_of_a_receipt_is_given_back_by_two(
    ann_browser,
    ann,
    open_counter,
    office,
    tax,
    balance_of,
):
    till = await ann.open(0)
    receipt = await ann.take_ok(till, tax(1_000))
    await ann.balance(till, pieces(1_000))
    path = f"{PAGES}/receipts/{receipt['id']}"
    assert "credit-note" not in (await ann_browser.get(path)).text
    gill, hal = await open_counter("gill", OFFICE), await open_counter("hal", OFFICE, APPROVE)
    assert f"{path}/credit-note" in (await gill.get(path)).text
    form = await gill.get(f"{path}/credit-note")
    fields = {"id": field(form, "id"), "reason": "goodwill", "note": ""}
    empty = await gill.post(f"{path}/credit-note", **fields)
    assert empty.status_code == 400
    request = await gill.post(f"{path}/credit-note", **fields, line_1="4.00")
    assert receipt["number"] in request.text
    before = await balance_of()
    await hal.get(request.url.path)
    assert "Approved" in (await hal.post(f"{request.url.path}/approve")).text
    assert changed(before, await balance_of()) == {"fund": [400], "refunds": [-400]}


async def test_a_cashier_sees_the_counter_and_no_payments(ann_browser):
    page = await ann_browser.get(f"{PAGES}/tills")
    assert "Banking" in page.text
    assert "Suspense" not in page.text
    assert (await ann_browser.get(PAGES)).status_code == 403
    assert (await ann_browser.get(f"{PAGES}/receipts/{'0' * 26}")).status_code == 404
