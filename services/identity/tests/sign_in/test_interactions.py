"""Signing in for a service: the level it asks for, its name and its council's, its language, its limits."""

import re

import pyotp
import pytest

from identity.assurance.rules import SignInRequest
from identity.sign_in.actions import sign_in_requests

ASK = "request=abcDEF_123"
ONWARD = f"/identity/authorize/continue?{ASK}"


@pytest.fixture
def wants(monkeypatch):
    """``wants(level="Cl.Cm")``: every request in the address is of a service that asks for this."""

    def set_request(**fields):
        request = SignInRequest(
            **{
                "client_id": "parking",
                "client_name": "Parking permits",
                "council": "citytown",
                "level": "Cl",
                "prompt": frozenset(),
                "max_age": None,
                "login_hint": None,
                "language": None,
                "origin": "https://parking.example",
                **fields,
            }
        )

        async def get(session, request_id):
            return request

        monkeypatch.setattr(sign_in_requests, "get", get)

    return set_request


async def by_code(tab, sent_emails, address):
    await tab.post(f"/identity/sign-in?{ASK}", email=address)
    codes = [
        email.personalisation["code"]
        for email in await sent_emails(address)
        if "code" in email.personalisation
    ]
    return await tab.post(f"/identity/sign-in/code?{ASK}", code=codes[-1])


async def test_one_factor_is_enough_where_a_service_wants_one(newcomer, browser, sent_emails, wants):
    await newcomer("one@example.org")
    wants(level="Cl")
    assert (await by_code(browser(), sent_emails, "one@example.org")).headers["location"] == ONWARD


async def test_a_person_with_one_factor_sets_up_another_where_a_service_wants_two(
    newcomer, browser, sent_emails, wants
):
    await newcomer("two@example.org")
    wants(level="Cl.Cm")
    tab = browser()
    response = await by_code(tab, sent_emails, "two@example.org")
    assert response.headers["location"] == f"/identity/account/second-step?{ASK}"
    choice = await tab.get(f"/identity/account/second-step?{ASK}")
    assert f"/identity/account/authenticator?{ASK}" in choice.text
    page = (await tab.get(f"/identity/account/authenticator?{ASK}")).text
    secret = re.search(r'townhall-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    confirmed = await tab.post(f"/identity/account/authenticator?{ASK}", code=pyotp.TOTP(secret).now())
    assert f'href="{ONWARD}"' in confirmed.text
    again = await tab.get(f"/identity/account/second-step?{ASK}")
    assert again.headers["location"] == ONWARD


async def test_the_page_names_the_service_and_the_council(browser, wants):
    wants(login_hint="hint@example.org")
    page = (await browser().get(f"/identity/sign-in?{ASK}")).text
    assert "You need to sign in to use Parking permits." in page
    assert re.search(r'class="townhall-header__name"[^>]*>Citytown Council<', page)
    assert 'value="hint@example.org"' in page


async def test_a_services_language_is_used_unless_the_person_chose_one(browser, wants):
    wants(language="cy")
    tab = browser()
    response = await tab.get(f"/identity/sign-in?{ASK}")
    assert response.headers["location"] == f"/identity/sign-in?{ASK}&lang=cy"
    assert "Mewngofnodi" in (await tab.get(response.headers["location"])).text
    english = browser()
    await english.get("/identity/sign-in?lang=en")
    assert "Sign in" in (await english.get(f"/identity/sign-in?{ASK}")).text


async def test_one_service_cannot_crowd_out_the_others(browser, wants, set_limit, sent_emails):
    set_limit("sign_ins_for_client", 2, 60)
    wants(client_id="crowded")
    responses = [
        await browser().post(f"/identity/sign-in?{ASK}", email=f"crowd{number}@example.org")
        for number in range(3)
    ]
    assert [response.status_code for response in responses] == [303, 303, 429]
    wants(client_id="quiet")
    assert (await browser().post(f"/identity/sign-in?{ASK}", email="quiet@example.org")).status_code == 303
    assert (await browser().post("/identity/sign-in", email="nobody@example.org")).status_code == 303


async def test_strangers_at_a_service_lock_nobody_out_of_a_known_browser(
    browser, wants, set_limit, sent_emails, newcomer
):
    tab = await newcomer("regular@example.org")
    await tab.post("/identity/sign-out")
    set_limit("sign_ins_for_client", 1, 60)
    wants(client_name="Beset")
    for status in (303, 429):
        stranger = await browser().post(f"/identity/sign-in?{ASK}", email="regular@example.org")
        assert stranger.status_code == status
    assert (await tab.post(f"/identity/sign-in?{ASK}", email="regular@example.org")).status_code == 303
