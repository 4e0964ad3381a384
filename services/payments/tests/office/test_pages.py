"""The office's pages, as a browser of a member of staff gets them."""

import html
import re

import pytest

from services.payments.tests.funds.finance import import_default, read_finance
from services.payments.tests.office.staff import APPROVE, OFFICE, PAGES, claims_of


@pytest.fixture
def open_office(sign_in_staff, mint_person):
    """Make a function that signs a member of staff in."""

    async def open_as(subject, *more, council="citytown", **claims):
        token = mint_person(subject, scopes=[OFFICE, *more], councils=[council], **claims_of(**claims))
        return await sign_in_staff(token, council=council, name=f"{subject}@{council}.example")

    return open_as


def refund_path(payment):
    return f"{PAGES}/payments/{payment['payment_id']}/refund"


async def fill_in(browser, payment, **fields):
    page = await browser.get(refund_path(payment))
    form_id = re.search(r'name="id" value="([^"]+)"', page.text)[1]
    defaults = {"id": form_id, "amount": "60.00", "reason": "duplicate", "note": ""}
    return await browser.post(refund_path(payment), **{**defaults, **fields})


async def test_staff_find_a_payment_and_see_what_happened(open_office, paid):
    payment = await paid(amount=3_000, reference="SEEN-1")
    browser = await open_office("ann")
    results = await browser.get(PAGES, q="seen-1")
    assert f"{PAGES}/payments/{payment['payment_id']}" in results.text
    assert "ann@citytown.example" in results.text
    page = await browser.get(f"{PAGES}/payments/{payment['payment_id']}")
    for words in ("Ann Payer", "ann@payer.example", "£30.00", "Paid", "Suspense", "Refund this payment"):
        assert words in page.text
    nothing = await browser.get(PAGES, q="no-such-reference")
    assert "No payment has this" in nothing.text


async def test_a_refund_above_the_limit_goes_from_one_to_the_other(open_office, paid):
    payment = await paid(amount=9_000)
    ann, bob = await open_office("ann"), await open_office("bob", APPROVE)
    page = await fill_in(ann, payment, note="Paid at the desk too")
    assert "Somebody else must approve this" in page.text
    path = page.url.path
    assert "Approve" not in (await ann.get(path)).text.replace("Approved", "")
    assert path in (await bob.get(f"{PAGES}/requests")).text
    waiting = await bob.get(path)
    assert "Paid at the desk too" in waiting.text
    approved = await bob.post(f"{path}/approve")
    assert "Approved" in approved.text
    assert "bob@citytown.example" in approved.text
    again = await bob.http.post(f"{path}/approve", data={"csrf": "forged"})
    assert again.status_code == 403


async def test_an_approver_who_made_the_request_cannot_approve_it_in_another_tab(open_office, paid):
    payment = await paid(amount=9_000)
    first, second = await open_office("bob", APPROVE), await open_office("bob", APPROVE)
    path = (await fill_in(first, payment)).url.path
    await second.get(path)
    response = await second.post(f"{path}/approve")
    assert response.status_code == 400
    assert "Somebody else must check it" in response.text


async def test_nobody_refunds_or_approves_their_own_payment(open_office, paid, sign_in_staff, mint_person):
    payment = await paid(amount=9_000)  # by ann@payer.example
    token = mint_person("ann", scopes=[OFFICE, APPROVE], **claims_of())
    payer = await sign_in_staff(token, name="Ann@Payer.example")
    page = await fill_in(payer, payment)
    assert page.status_code == 400
    assert "This payment is your own" in page.text
    other = await open_office("bob")
    path = (await fill_in(other, payment)).url.path
    await payer.get(path)
    assert "This payment is your own" in (await payer.post(f"{path}/approve")).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "12.5"}, "Enter an amount in pounds"),
        ({"amount": "-1"}, "Enter an amount in pounds"),
        ({"amount": "90.01"}, "not available for refund"),
        ({"reason": ""}, "Choose a reason"),
        ({"reason": "other"}, "Say in words"),
        ({"note": "x" * 501}, "500 characters"),
        ({"note": "4242424242424242"}, "card number"),
        ({"note": "rubbed out\x08"}, "cannot be shown"),
        ({"id": "none"}, "Load the page again"),
    ],
)
async def test_a_wrong_form_says_what_is_wrong_and_gives_nothing_back(open_office, paid, fields, words):
    payment = await paid(amount=9_000)
    page = await fill_in(await open_office("ann"), payment, **fields)
    assert page.status_code == 400
    assert words in page.text
    assert "There is a problem" in page.text


async def test_a_form_sent_twice_refunds_once(open_office, paid):
    payment = await paid(amount=9_000)
    browser = await open_office("ann")
    page = await browser.get(refund_path(payment))
    form_id = re.search(r'name="id" value="([^"]+)"', page.text)[1]
    paths = set()
    for _ in range(2):
        await browser.get(refund_path(payment))
        response = await browser.post(
            refund_path(payment), id=form_id, amount="10.00", reason="goodwill", note=""
        )
        paths.add(response.url.path)
    assert len(paths) == 1
    detail = await browser.get(f"{PAGES}/payments/{payment['payment_id']}")
    assert len(re.findall("Refund done", detail.text)) == 1


async def test_a_form_of_another_site_is_refused(open_office, paid):
    payment = await paid(amount=9_000)
    browser = await open_office("ann")
    await browser.get(refund_path(payment))
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.page.text)[1]
    response = await browser.http.post(
        refund_path(payment), data={"csrf": csrf}, headers={"Origin": "https://evil.example"}
    )
    assert response.status_code == 403


async def test_staff_of_another_council_or_mode_see_nothing_of_a_payment(open_office, paid):
    payment = await paid(amount=9_000)
    foreign = await open_office("ann", council="hillshire")
    path = f"/hillshire/payments/office/payments/{payment['payment_id']}"
    assert (await foreign.get(path)).status_code == 404
    foreign.http.cookies.set("payments-staff-citytown", foreign.http.cookies["payments-staff-hillshire"])
    assert (await foreign.get(PAGES)).status_code == 303
    live = await open_office("ann", mode="live")
    assert (await live.get(f"{PAGES}/payments/{payment['payment_id']}")).status_code == 404


async def test_who_has_no_role_sees_no_page(open_office, sign_in_staff, mint_person):
    browser = await sign_in_staff(mint_person("carl", scopes=["payments:read"], **claims_of()))
    assert (await browser.get(PAGES)).status_code == 403


@pytest.fixture(scope="module")
async def funds(client, mint):
    """Citytown's funds by code."""
    await import_default(client, mint, "citytown", "england")
    finance = await read_finance(client, mint, "citytown")
    return {code: fund["id"] for code, fund in finance.funds.items()}


async def test_what_is_in_suspense_is_placed_from_its_page(open_office, funds, paid):
    payment = await paid(amount=2_000, reference="LOST-1")
    ann, bob = await open_office("ann"), await open_office("bob", APPROVE)
    listed = await ann.get(f"{PAGES}/suspense", limit=100)
    assert "LOST-1" in listed.text
    path = f"{PAGES}/journals/{payment['payment_id']}"
    form = await ann.get(path)
    form_id = re.search(r'name="id" value="([^"]+)"', form.text)[1]
    fields = {
        "id": form_id,
        "reason": "wrong-account",
        "note": "",
        "fund_1": funds["23"],
        "amount_1": "20.00",
    }
    wrong = await ann.post(path, **fields, reference_1="800123450")
    assert wrong.status_code == 400
    assert "is not a reference of Council tax" in wrong.text
    response = await ann.post(path, **fields, reference_1="800123459")
    assert "Somebody else must approve this" in response.text
    await bob.get(response.url.path)
    assert "Approved" in (await bob.post(f"{response.url.path}/approve")).text
    assert "LOST-1" not in (await ann.get(f"{PAGES}/suspense", limit=100)).text
    undo = await ann.get(f"{response.url.path.replace('requests', 'journals')}/undo")
    undo_id = re.search(r'name="id" value="([^"]+)"', undo.text)[1]
    response = await ann.post(undo.url.path, id=undo_id, reason="duplicate", note="")
    assert "Undo a journal" in response.text


async def test_a_line_is_moved_from_its_payments_page(open_office, funds, paid):
    lines = [{"fund": funds["23"], "reference": "800123459", "amount": 5_000}]
    payment = await paid(amount=5_000, lines=lines)
    browser = await open_office("ann")
    page = await browser.get(f"{PAGES}/payments/{payment['payment_id']}")
    path = f"{PAGES}/journals/{payment['payment_id']}?line=1"
    assert path in page.text
    form = await browser.get(path)
    assert "Move money of a payment" in form.text
    empty = await browser.post(path, id="none", reason="", note="")
    for words in ("Choose where the money belongs", "Choose a reason", "Load the page again"):
        assert words in empty.text


async def test_takings_have_a_chart_a_table_and_a_file(open_office, funds, paid):
    await paid(amount=4_500, lines=[{"fund": funds["13"], "amount": 4_500}])
    browser = await open_office("ann")
    for by in ("fund", "method", "day"):
        page = await browser.get(f"{PAGES}/takings", by=by)
        assert page.text.count("<rect") >= 1
        assert ("£7.50" in page.text and ">13 Miscellaneous income</th>" in page.text) or by != "fund"
    file = await browser.get(html.unescape(re.search(r'href="([^"]+takings\.csv[^"]+)"', page.text)[1]))
    assert file.headers["content-type"].startswith("text/csv")
    assert any(
        line.endswith("13,90,45.00,7.50,37.50,Miscellaneous income") for line in file.text.splitlines()
    )


@pytest.mark.parametrize("query", [{"first": "2026-13-01"}, {"first": "2030-01-01"}, {"last": "x"}])
async def test_days_that_are_none_are_named_in_the_form(open_office, query):
    page = await (await open_office("ann")).get(f"{PAGES}/takings", **query)
    assert page.status_code == 400
    assert "There is a problem" in page.text
