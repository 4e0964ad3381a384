"""PKCE (RFC 7636, RFC 9700 2.1.1) as the OpenID Foundation's plans name it, and the tests that hold it."""

import pytest

from services.identity.tests import registers
from services.identity.tests.provider import answer_consent, ask, get_code, read_redirect, register

HERE = "authorization/test_conformance_pkce::test_"
FAPI = "fapi2-security-profile-final"
PLAN = {
    f"{FAPI}-par-ensure-pkce-required": f"{HERE}par_without_a_challenge_is_refused",
    f"{FAPI}-par-plain-pkce-rejected": f"{HERE}par_with_a_plain_challenge_is_refused",
    f"{FAPI}-ensure-pkce-code-verifier-required": f"{HERE}a_code_without_its_verifier_is_worth_nothing",
    f"{FAPI}-incorrect-pkce-code-verifier-rejected": "tokens/test_security_tokens::"
    "test_a_code_is_bound_to_its_redirect_and_its_verifier",
    "oidcc-ensure-request-with-valid-pkce-succeeds": (
        "tokens/test_authorization_code::test_a_code_becomes_tokens"
    ),
    "downgrade: challenge left out": "authorization/test_security_requests::"
    "test_pkce_downgrade_leaving_the_challenge_out_is_refused",
    "downgrade: verifier without challenge": "tokens/test_security_tokens::"
    "test_pkce_downgrade_a_verifier_without_a_challenge_is_refused",
    "plain": (
        "authorization/test_security_requests::test_requests_that_are_not_allowed_redirect_with_an_error"
    ),
    "the challenge as verifier": "tokens/test_security_tokens::test_the_challenge_itself_is_no_verifier",
    "another request's verifier": f"{HERE}another_requests_verifier_does_not_fit",
    "one login: optional, S256 alone": f"{HERE}a_service_of_one_login_may_use_it_and_is_then_held_to_it",
    "discovery": f"{HERE}discovery_offers_s256_alone",
}


@registers.parametrize_register(PLAN)
def test_every_check_has_its_test(module, test):
    assert registers.names_a_test(test), f"{module}: {test} is no test"


async def push(visitor, service, **overrides):
    return await visitor.post("/identity/par", data={**service.request(**overrides), **service.credentials})


def refused(response, error="invalid_grant"):
    assert (response.status_code, response.json()["error"]) == (400, error), response.text


async def test_par_without_a_challenge_is_refused(visitor, bins):
    refused(await push(visitor, bins, code_challenge=None, code_challenge_method=None), "invalid_request")


@pytest.mark.parametrize("method", ["plain", None, "s256", "S512"])
async def test_par_with_a_plain_challenge_is_refused(visitor, bins, method):
    refused(await push(visitor, bins, code_challenge_method=method), "invalid_request")


async def test_a_code_without_its_verifier_is_worth_nothing(visitor, resident, bins):
    code = await get_code(visitor, bins)
    refused(await bins.redeem(visitor, code, code_verifier=None))
    refused(await bins.redeem(visitor, code))  # not even with it, afterwards


async def test_another_requests_verifier_does_not_fit(visitor, resident, database):
    service, other_client = await register(database), await register(database)
    code = await get_code(visitor, service)
    refused(await service.redeem(visitor, code, code_verifier=other_client.verifier))


async def test_a_service_of_one_login_may_use_it_and_is_then_held_to_it(visitor, resident, database):
    school = await register(database, profile="onelogin")
    with_it, without = {"vtr": '["Cl"]'}, {"code_challenge": None, "code_challenge_method": None}
    assert (await school.redeem(visitor, await get_code(visitor, school, **with_it))).status_code == 200
    code = await get_code(visitor, school, **with_it, **without)
    assert (await school.redeem(visitor, code, code_verifier=None)).status_code == 200
    refused(await school.redeem(visitor, await get_code(visitor, school, **with_it), code_verifier=None))
    page = await ask(visitor, school, **with_it, code_challenge_method="plain")
    if page.status_code == 200:
        page = await answer_consent(visitor, page)
    assert read_redirect(page)["error"] == "invalid_request"


async def test_discovery_offers_s256_alone(visitor, bins):
    metadata = (await visitor.get("/identity/.well-known/openid-configuration")).json()
    assert metadata["code_challenge_methods_supported"] == ["S256"]
