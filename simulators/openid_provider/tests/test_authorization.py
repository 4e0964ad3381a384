"""The authorization endpoint, and the page that asks who signs in."""

import re

import pytest

from simulators.openid_provider.faults import NAMED
from simulators.openid_provider.staff import HILLSHIRE
from simulators.openid_provider.tests.relying_party import (
    REDIRECT_URI,
    authorize,
    redirected,
    request_parameters,
    staff_claims,
)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"state": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"vtr": None}, "invalid_request"),
        ({"vtr": '["Cl.P2"]'}, "invalid_request"),
        ({"vtr": '["Cl.Cm","Cl.Cm.P2"]'}, "invalid_request"),
        ({"vtr": '["Cm"]'}, "invalid_request"),
        ({"vtr": "Cl.Cm"}, "invalid_request"),
        ({"vtr": "[]"}, "invalid_request"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid address"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"claims": '{"userinfo": {"passport": null}}'}, "invalid_request"),
        ({"claims": "x"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "https://x.example/"}, "request_uri_not_supported"),
    ],
)
async def test_one_login_sends_the_error_of_a_bad_request_by_redirect(simulator, browser, change, error):
    simulator.auto = "mary"
    redirect = await authorize(browser, **change)
    assert redirect["error"] == error
    assert "code" not in redirect
    assert redirect.get("state") == (None if "state" in change else "a-state")


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"client_id": "staff"},
        {"client_id": None},
        {"redirect_uri": None},
        *({"redirect_uri": f"{REDIRECT_URI}{suffix}"} for suffix in ("/", "?a=b", "#x")),
        {"redirect_uri": REDIRECT_URI.upper()},
        {"redirect_uri": "//x"},
    ],
)
async def test_an_unknown_client_or_redirect_uri_gets_a_page_and_no_redirect(simulator, browser, change):
    simulator.auto = "mary"
    response = await browser.get("/authorize", params=request_parameters(**change))
    assert response.status_code == 400
    assert "location" not in response.headers


async def test_a_request_may_be_posted_but_no_parameter_twice(simulator, browser):
    simulator.auto = "mary"
    assert "code" in redirected(await browser.post("/authorize", data=request_parameters()))
    twice = [*request_parameters().items(), ("nonce", "another")]
    assert redirected(await browser.get("/authorize", params=twice))["error"] == "invalid_request"


async def test_a_client_is_unknown_at_the_directory_of_another_council(simulator, browser):
    simulator.auto = "fiona"
    parameters = request_parameters(client_id="staff", vtr=None)
    assert (await browser.get(simulator.directory(HILLSHIRE).authorize, params=parameters)).status_code == 400
    refused = await staff_claims(simulator, browser, "priya", client_secret="wrong")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


async def test_a_fault_chosen_on_the_page_applies_to_that_sign_in_only(simulator, browser):
    page = await browser.get("/authorize", params=request_parameters())
    assert 'value="token-500"' in page.text
    assert "keys-500" not in page.text, "that fault would apply to every sign-in"
    request_key = re.search(r'name="request" value="([^"]+)"', page.text)[1]
    choice = {"request": request_key, "person": "mary", "action": "sign-in", "fault": "wrong-state"}
    assert (
        redirected(await browser.post("/simulator/choice", data=choice))["state"]
        == NAMED["wrong-state"].redirect["state"]
    )
    simulator.auto = "mary"
    assert (await authorize(browser))["state"] == "a-state"
    assert (await browser.post("/simulator/choice", data=choice)).status_code == 400, (
        "a request is answered once"
    )


@pytest.mark.parametrize("error", ["access_denied", "temporarily_unavailable"])
async def test_the_tester_can_choose_an_error(simulator, browser, error):
    page = await browser.get("/authorize", params=request_parameters())
    assert "Simulation" in page.text
    request_key = re.search(r'name="request" value="([^"]+)"', page.text)[1]
    response = await browser.post(
        "/simulator/choice", data={"request": request_key, "person": "mary", "action": error}
    )
    assert redirected(response) == {
        "error": error, "error_description": "Chosen at the simulator", "state": "a-state"
    }  # fmt: skip
