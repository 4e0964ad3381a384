"""Every card page, in English and Welsh: what it says, what it lets the browser do, and where it leads."""

import html
import re
from datetime import timedelta

import pytest

from chassis.web.translations import find_missing_translations
from services.payments.tests.checkout.conftest import idempotent
from services.payments.tests.conftest import GOOD_CARD, V1, create, get, page_of

CHALLENGED_CARD = "4000002500003155"
DECLINED_CARD = "4000000000000002"
BROKEN_CARD = "4000000000000119"
ADDRESS = ["address-line-1", "address-city", "address-postcode"]
HEADINGS = {
    "card": ("Enter card details", "Rhowch fanylion y cerdyn"),
    "challenge": ("Your bank needs to check that it is you", "Mae angen i'ch banc wirio mai chi sydd yno"),
    "challenge-return": ("Your bank has answered", "Mae eich banc wedi ateb"),
    "confirm": ("Confirm your payment", "Cadarnhewch eich taliad"),
    "paid": ("Payment successful", "Taliad llwyddiannus"),
    "cancelled": ("Your payment has been cancelled", "Mae eich taliad wedi'i ganslo"),
    "declined": ("Your payment has been declined", "Mae eich taliad wedi'i wrthod"),
    "error": ("Sorry, your payment did not go through", "Mae'n ddrwg gennym, nid aeth eich taliad drwodd"),
    "expired": ("Your payment has expired", "Mae eich taliad wedi dod i ben"),
    "start": ("Make a payment", "Gwneud taliad"),
    "other-browser": ("We cannot show this payment here", "Ni allwn ddangos y taliad hwn yma"),
    "link-used": ("This link cannot be used", "Ni ellir defnyddio'r ddolen hon"),
}


@pytest.fixture(params=["en", "cy"])
def language(request):
    return request.param


@pytest.fixture
def shows(language):
    """Make a function that checks a page's heading, its title and its language."""

    def check(page, name):
        heading = HEADINGS[name][language == "cy"]
        text = html.unescape(page.text)
        assert re.search(rf"<h1[^>]*>\s*{re.escape(heading)}\s*</h1>", text), re.findall("<h1.*", text)
        assert re.search(rf"<title[^>]*>(Error: |Gwall: )?{re.escape(heading)}", text)
        assert f'<html lang="{language}"' in text
        return text

    return check


@pytest.fixture
async def payment(client, key, language, payer):
    """A payment whose page the payer has opened."""
    payment = await create(client, key, language=language)
    await payer.open(payment)
    return payment


def test_every_text_has_its_welsh():
    assert find_missing_translations("payments") == []


async def test_a_payer_pays_in_the_language_of_the_payment(payer, payment, shows, client, key):
    text = shows(payer.page, "card")
    assert "Citytown Council" in text
    assert "A lost book" in text
    assert "£14.50" in text
    text = shows(await payer.enter_card(payment), "confirm")
    for part in ("Ann Payer", "1 High Street<br>Citytown<br>BA1 1LJ<br>", "11/40", "4242", "Visa"):
        assert part in text
    assert ("United Kingdom" in text, "Y Deyrnas Unedig" in text) in {(True, False), (False, True)}
    assert GOOD_CARD not in text
    last = await payer.confirm(payment)
    assert last.headers["location"] == "https://library.example/paid"
    text = shows(await payer.get(page_of(payment)), "paid")
    assert 'href="https://library.example/paid"' in text
    assert "LIB-1" in text


async def test_the_card_page_says_everything_that_is_wrong_at_its_field(payer, payment, shows):
    page = await payer.post(page_of(payment), addressCountry="GB")
    text = shows(page, "card")
    assert page.status_code == 400
    assert re.search(r"<title[^>]*>(Error|Gwall): ", text)
    targets = re.findall(r'<li>\s*<a href="#([^"]+)">', text)
    assert targets == ["card-no", "expiry-month", "cardholder-name", "cvc", *ADDRESS, "email"]
    for target in targets:
        assert text.count(f'id="{target}"') == 1
        assert text.count(f'id="{target}-error"') == 1
        assert re.search(f'aria-describedby="[^"]*{target}-error"', text), target


async def test_browsers_fill_the_card_page_in(payer, payment):
    fields = re.findall(r'id="([\w-]+)"[^>]*autocomplete="([^"]+)"', payer.page.text)
    assert dict(fields) == {
        "card-no": "cc-number",
        "expiry-month": "cc-exp-month",
        "expiry-year": "cc-exp-year",
        "cardholder-name": "cc-name",
        "cvc": "cc-csc",
        "address-country": "billing country",
        "address-line-1": "billing address-line1",
        "address-line-2": "billing address-line2",
        "address-city": "billing address-level2",
        "address-postcode": "billing postal-code",
        "email": "email",
    }


async def test_the_bank_checks_in_a_frame_and_the_payer_comes_back(
    payer, payment, shows, merchant, list_authorisations, client
):
    page = await payer.enter_card(payment, CHALLENGED_CARD)
    text = shows(page, "challenge")
    url = re.search(r'<iframe class="iframe-3ds"[^>]*src="([^"]+)"', text)[1]
    origin = "/".join(url.split("/")[:3])
    assert f"frame-src {origin} 'self';" in page.headers["Content-Security-Policy"]
    shows(await payer.get(page_of(payment)), "challenge")  # the bank has not answered
    (authorisation,) = await list_authorisations(payment)
    returned = await client.post(authorisation["return_url"], headers={"Accept": "text/html"})
    text = shows(returned, "challenge-return")
    assert f'href="{page_of(payment)}" target="_top"' in text
    assert "frame-ancestors 'self'" in returned.headers["Content-Security-Policy"]
    assert "set-cookie" not in returned.headers
    await merchant.post(
        f"/v1/authorisations/{authorisation['id']}/three_d_secure",
        json={"result": "pass"},
        headers=idempotent(),
    )
    page = await payer.get(page_of(payment))
    shows(page, "confirm")
    assert "frame-src" not in page.headers["Content-Security-Policy"]
    assert len(await list_authorisations(payment)) == 1


@pytest.mark.parametrize(("number", "page"), [(DECLINED_CARD, "declined"), (BROKEN_CARD, "error")])
async def test_a_refused_card_leads_back_to_the_service(payer, payment, shows, number, page):
    text = shows(await payer.enter_card(payment, number), page)
    assert re.search(r'<a href="https://library.example/paid"[^>]*id="return-url"', text)


async def test_a_payer_gives_up(payer, payment, shows, client, key):
    text = shows(await payer.cancel(payment), "cancelled")
    assert 'href="https://library.example/paid"' in text
    assert (await get(client, key, payment))["state"]["code"] == "P0030"


async def test_a_payer_comes_back_too_late(payer, payment, shows, run_jobs):
    await run_jobs(after=timedelta(minutes=91))
    shows(await payer.get(page_of(payment)), "expired")


async def test_who_has_no_payment_or_another_ones_is_told_how_to_go_on(payer, payment, shows, client):
    client.cookies = {"townhall-language": client.cookies["townhall-language"]}
    page = await payer.get(page_of(payment))
    shows(page, "other-browser")
    assert page.status_code == 403
    page = await payer.open(payment)  # its link is used
    text = shows(page, "link-used")
    assert page.status_code == 404
    home = re.search(r'townhall-header__name" href="([^"]+)"', text)[1]
    page = await payer.get(home)
    shows(page, "start")
    assert page.status_code == 200


async def test_only_the_confirmation_leads_out_of_our_pages(payer, payment):
    assert "form-action 'self';" in payer.page.headers["Content-Security-Policy"]
    page = await payer.enter_card(payment)
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://library.example https:;" in policy
    assert "default-src 'none'" in policy


async def test_the_sandbox_says_that_it_is_a_test(payer, payment, language):
    banner = {"en": "This is a test service.", "cy": "Gwasanaeth prawf yw hwn."}[language]
    assert banner in payer.page.text
    assert "4242 4242 4242 4242" in payer.page.text


async def test_the_form_begins_with_what_the_service_knows(client, key, payer):
    address = {"line1": "2 Low Road", "city": "Citytown", "postcode": "BA2 2AA", "country": "IE"}
    details = {"cardholder_name": "Ben <b>Payer</b>", "billing_address": address}
    payment = await create(client, key, prefilled_cardholder_details=details, email="ben@payer.example")
    text = (await payer.open(payment)).text
    for value in ("2 Low Road", "BA2 2AA", "ben@payer.example", "Ben &lt;b&gt;Payer&lt;/b&gt;"):
        assert f'value="{value}"' in text
    assert '<option value="IE" selected>' in text
    assert "<b>Payer" not in text


async def test_a_service_cancels_while_the_payer_types(client, key, payer):
    payment = await create(client, key)
    await payer.open(payment)
    await client.post(f"{V1}/{payment['payment_id']}/cancel", headers=key)
    assert "Your payment has been cancelled" in (await payer.enter_card(payment)).text
