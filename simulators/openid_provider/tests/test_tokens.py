"""The token endpoint: codes, client authentication and keys."""

import time

import pytest
from joserfc.jwk import RSAKey

from simulators.openid_provider.clients import Client
from simulators.openid_provider.tests.relying_party import (
    KEY,
    REDIRECT_URI,
    assertion,
    authorize,
    read_userinfo,
    redeem,
    sign_in,
)


async def test_the_second_use_of_a_code_is_refused_and_revokes_the_token(simulator, browser):
    simulator.auto = "mary"
    code = (await authorize(browser))["code"]
    first = (await redeem(browser, code)).json()
    assert "sub" in await read_userinfo(browser, first)
    assert (await redeem(browser, code)).json()["error"] == "invalid_grant"
    assert (await read_userinfo(browser, first))["error"] == "invalid_token"


async def test_a_code_lives_300_seconds_and_a_token_180(simulator, browser):
    now = time.time()
    simulator.auto = "mary"
    codes = [(await authorize(browser))["code"] for _ in range(2)]
    tokens = (await redeem(browser, codes[0])).json()
    simulator.now = lambda: now + 181
    assert (await read_userinfo(browser, tokens))["error"] == "invalid_token"
    simulator.now = lambda: now + 301
    late = await redeem(browser, codes[1], client_assertion=assertion(exp=int(now) + 400))
    assert late.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "b" * 50},
        {"code_verifier": None},
        {"redirect_uri": f"{REDIRECT_URI}/"},
        {"redirect_uri": None},
        {"code": "nothing"},
    ],
)
async def test_a_code_is_bound_to_its_verifier_and_redirect(simulator, browser, change):
    simulator.auto = "mary"
    code = (await authorize(browser))["code"]
    response = await redeem(browser, code, **change)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "https://another.example/token"},
        {"exp": 1_600_000_000},
        {"exp": None},
        {"exp": 4_000_000_000},
        {"jti": None},
        {"sub": "another"},
        {"iss": "another"},
        {"key": RSAKey.generate_key(2048)},
    ],
)
async def test_an_invalid_assertion_is_refused(simulator, browser, change):
    simulator.auto = "mary"
    code = (await authorize(browser))["code"]
    response = await redeem(browser, code, client_assertion=assertion(**change))
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert (await redeem(browser, code)).status_code == 200


async def test_an_assertion_is_accepted_once(simulator, browser):
    simulator.auto = "mary"
    reused = assertion(alg="PS256")
    codes = [(await authorize(browser))["code"] for _ in range(2)]
    assert (await redeem(browser, codes[0], client_assertion=reused)).status_code == 200
    assert (await redeem(browser, codes[1], client_assertion=reused)).json()["error"] == "invalid_client"


async def test_keys_are_fetched_from_the_uri_that_the_client_registered(simulator, browser):
    fetched = []

    async def fetch_keys(url):
        fetched.append(url)
        return {"keys": [KEY.as_dict(private=False)]}

    simulator.fetch = fetch_keys
    jwks_uri = "https://council.example/jwks.json"
    simulator.register(Client("onelogin", "city", (REDIRECT_URI,), jwks_uri=jwks_uri))
    await sign_in(simulator, browser, "mary")
    assert fetched == [jwks_uri]


async def test_one_login_accepts_no_client_secret(simulator, browser):
    simulator.auto = "mary"
    code = (await authorize(browser))["code"]
    no_assertion = {"client_assertion": None, "client_assertion_type": None}
    response = await redeem(browser, code, **no_assertion, client_id="city", client_secret="hush")
    assert response.json()["error"] == "invalid_client"


async def test_old_keys_stay_published_only_if_they_overlap(simulator, browser):
    async def published():
        return {key["kid"] for key in (await browser.get("/.well-known/jwks.json")).json()["keys"]}

    before = await published()
    simulator.rotate()
    assert len(await published()) == 2
    assert before < await published()
    simulator.rotate(overlap=False)
    assert not before & await published()
