"""Every fault changes an answer that is otherwise the same each time."""

import time

import pytest
from joserfc import jwt
from joserfc.errors import JoseError

from simulators.openid_provider.claims import at_hash
from simulators.openid_provider.faults import ALL, DIRECTORY, Faults
from simulators.openid_provider.providers import CORE_IDENTITY
from simulators.openid_provider.tests.relying_party import PROOF, assertion, authorize, redeem, staff_claims

NOON = 1_800_000_000


@pytest.mark.parametrize("name", [name for name in ALL if name not in DIRECTORY])
async def test_every_fault_changes_what_one_login_answers(simulator, browser, name):
    simulator.auto = "mary"
    honest = await journey(simulator, browser)
    assert await journey(simulator, browser) == honest, "without a fault every sign-in gets the same answers"
    simulator.faults = ALL[name]
    assert await journey(simulator, browser) != honest


@pytest.mark.parametrize("name", DIRECTORY)
async def test_every_fault_of_the_directory_changes_its_token(simulator, browser, name):
    honest = await staff_claims(simulator, browser, "alex")
    assert {"tid", "oid", "groups"} <= honest.keys()
    simulator.faults = DIRECTORY[name]
    faulty = await staff_claims(simulator, browser, "alex")
    assert any(faulty.get(name) != honest[name] for name in ("tid", "oid", "groups"))


async def journey(simulator, browser):
    """Sign in with a proof; collect what is the same in each honest answer."""
    simulator.now = lambda: NOON
    redirect = await authorize(browser, **PROOF)
    answers = [sorted(redirect), redirect.get("state"), redirect.get("iss")]
    answers += [(await browser.get(f"/.well-known/{name}.json")).status_code for name in ("jwks", "did")]
    response = await redeem(
        browser, redirect.get("code", "none"), client_assertion=assertion(exp=NOON + 60, iat=NOON)
    )
    answers.append(response.status_code)
    if response.is_success:
        headers = {"Authorization": f"Bearer {response.json()['access_token']}"}
        userinfo = await browser.get("/userinfo", headers=headers)
        answers.append(
            read_token(
                response.json()["id_token"], simulator.keys["onelogin"], response.json()["access_token"]
            )
        )
        answers.append(userinfo.status_code)
        if userinfo.is_success:
            answers += [
                userinfo.json()["sub"],
                read_token(userinfo.json()[CORE_IDENTITY], simulator.identity_keys),
            ]
    return answers


def read_token(text, keys, access_token=""):
    """Whether the kid is the provider's, and the claims that are the same each time; or the error's name."""
    key = keys.of("ES256")[0]
    try:
        token = jwt.decode(text, key, algorithms=["ES256"])
    except JoseError as error:
        return type(error).__name__
    claims = {name: value for name, value in token.claims.items() if name != "sid"}
    if "at_hash" in claims:
        claims["at_hash"] = claims["at_hash"] == at_hash(access_token)
    return token.header["kid"].endswith(key.kid), claims


async def test_an_endpoint_can_be_slow_or_fail(simulator, browser):
    simulator.faults = Faults(slow={"discovery": 0.2}, status={"did": 503})
    started = time.monotonic()
    await browser.get(simulator.onelogin.discovery)
    assert time.monotonic() - started >= 0.2
    assert (await browser.get("/.well-known/did.json")).status_code == 503
