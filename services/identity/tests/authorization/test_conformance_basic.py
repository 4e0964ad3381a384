"""The OpenID Foundation's oidcc-basic-certification-test-plan, module by module, and the tests that hold it.

Where its suite wants a browser, ours has one too: tests/browser/test_relying_parties.py.
"""

import time

import pytest

from identity.grants.rules import id_tokens
from services.identity.tests import registers
from services.identity.tests.provider import (
    KEY,
    answer_consent,
    ask,
    continue_request,
    create_person,
    get_code,
    read_header,
    read_redirect,
    read_request_id,
    register,
    sign_in,
    verify_claims,
)

HERE = "authorization/test_conformance_basic::test_"
PLAN = {
    "oidcc-discovery-endpoint-verification": (
        "tokens/test_authorization_code::test_discovery_and_the_endpoints_agree"
    ),
    "oidcc-server": f"tokens/test_authorization_code::test_a_code_becomes_tokens {HERE}oidcc_server",
    "oidcc-response-type-missing": f"{HERE}oidcc_response_type_missing",
    "oidcc-idtoken-signature": f"{HERE}oidcc_idtoken_signature",
    "oidcc-idtoken-rs256": "tokens/test_authorization_code::test_rs256_where_the_client_asks",
    "oidcc-idtoken-unsigned": f"{HERE}oidcc_idtoken_unsigned",
    "oidcc-userinfo-get": "tokens/test_authorization_code::test_userinfo_has_the_claims_requested_and_agreed",
    "oidcc-userinfo-post-header": (
        "tokens/test_authorization_code::test_userinfo_has_the_claims_requested_and_agreed"
    ),
    "oidcc-userinfo-post-body": f"{HERE}oidcc_userinfo_post_body",
    "oidcc-ensure-request-without-nonce-succeeds-for-code-flow": f"{HERE}oidcc_without_nonce",
    "oidcc-scope-profile": f"{HERE}oidcc_scope",
    "oidcc-scope-email": f"{HERE}oidcc_scope",
    "oidcc-scope-address": f"{HERE}oidcc_scope",
    "oidcc-scope-phone": f"{HERE}oidcc_scope",
    "oidcc-scope-all": f"{HERE}oidcc_scope",
    "oidcc-ensure-other-scope-order-succeeds": f"{HERE}oidcc_scope",
    "oidcc-display-page": f"{HERE}oidcc_what_a_request_may_carry",
    "oidcc-display-popup": f"{HERE}oidcc_what_a_request_may_carry",
    "oidcc-prompt-login": f"{HERE}oidcc_prompt_login",
    "oidcc-prompt-none-not-logged-in": f"{HERE}oidcc_prompt_none_not_logged_in",
    "oidcc-prompt-none-logged-in": f"{HERE}oidcc_prompt_none_logged_in",
    "oidcc-max-age-1": f"{HERE}oidcc_max_age_1",
    "oidcc-max-age-10000": f"{HERE}oidcc_max_age_10000",
    "oidcc-ensure-request-with-unknown-parameter-succeeds": f"{HERE}oidcc_what_a_request_may_carry",
    "oidcc-id-token-hint": f"{HERE}oidcc_id_token_hint {HERE}oidcc_id_token_hint_of_another_person",
    "oidcc-login-hint": f"{HERE}oidcc_login_hint",
    "oidcc-ui-locales": (
        "clients/test_services_sign_in::test_a_service_is_called_by_its_name_in_the_persons_language"
    ),
    "oidcc-claims-locales": f"{HERE}oidcc_what_a_request_may_carry",
    "oidcc-ensure-request-with-acr-values-succeeds": f"{HERE}oidcc_what_a_request_may_carry "
    "tokens/test_authorization_code::test_a_second_factor_is_asked_for_where_the_client_wants_it",
    "oidcc-codereuse": (
        "tokens/test_security_tokens::test_a_code_is_good_once_and_its_second_use_revokes_its_tokens"
    ),
    "oidcc-codereuse-30seconds": f"{HERE}oidcc_codereuse_30seconds",
    "oidcc-ensure-registered-redirect-uri": "authorization/test_security_requests::"
    "test_a_redirect_uri_is_exactly_a_registered_one",
    "oidcc-redirect-uri-query-OK": (
        "tokens/test_authorization_code::test_a_callback_may_have_a_query_of_its_own"
    ),
    "oidcc-redirect-uri-query-added": "authorization/test_security_requests::"
    "test_a_redirect_uri_is_exactly_a_registered_one",
    "oidcc-ensure-redirect-uri-in-authorization-request": "authorization/test_security_requests::"
    "test_a_missing_redirect_uri_gets_an_error_page",
    "oidcc-ensure-post-request-succeeds": "tokens/test_authorization_code::test_a_request_may_come_by_form",
    "oidcc-server-client-secret-post": "tokens/test_authlib::test_authlib_signs_a_person_in_and_refreshes",
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": f"{HERE}oidcc_request_uri",
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": (
        "authorization/test_security_requests::test_an_unsigned_request_object_is_refused"
    ),
    "oidcc-claims-essential": f"{HERE}oidcc_claims_essential",
    "oidcc-ensure-request-object-with-redirect-uri": f"{HERE}oidcc_request_object_with_redirect_uri",
    "oidcc-refresh-token": (
        "tokens/test_authorization_code::test_refresh_tokens_come_with_offline_access_and_rotate"
    ),
    "oidcc-ensure-request-with-valid-pkce-succeeds": (
        "tokens/test_authorization_code::test_a_code_becomes_tokens"
    ),
}


@registers.parametrize_register(PLAN)
def test_every_module_of_the_plan_has_its_test(module, test):
    assert registers.names_a_test(test), f"{module}: {test} is no test"


async def test_oidcc_server(visitor, resident, bins):
    """Every claim OIDC Core section 2 asks of an id_token, from a request to userinfo."""
    tokens = await bins.tokens(visitor)
    content = await verify_claims(visitor, tokens["id_token"])
    assert {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash"} <= set(content)
    assert content["at_hash"] == id_tokens.compute_at_hash(tokens["access_token"])
    assert content["iat"] <= time.time() + 1 < content["exp"]
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = await visitor.get("/identity/userinfo", headers=bearer)
    assert (userinfo.headers["content-type"], userinfo.json()["sub"]) == ("application/json", content["sub"])


async def test_oidcc_response_type_missing(visitor, resident, bins):
    parameters = read_redirect(await ask(visitor, bins, response_type=None))
    assert (parameters["error"], parameters["state"], "code" in parameters) == (
        "invalid_request",
        "a-state",
        False,
    )


async def test_oidcc_idtoken_signature(visitor, resident, bins):
    """Signed by a key of the JWKS, which the header names."""
    token = (await bins.tokens(visitor))["id_token"]
    published = (await visitor.get("/identity/.well-known/jwks.json")).json()["keys"]
    [key] = [event for event in published if event["kid"] == read_header(token)["kid"]]
    assert (key["use"], key["alg"], "d" in key) == ("sig", read_header(token)["alg"], False)
    assert (await verify_claims(visitor, token))["aud"] == bins.client_id


async def test_oidcc_idtoken_unsigned(client, mint):
    """Nobody registers for an id_token without a signature, and discovery offers none."""
    metadata = (await client.get("/identity/.well-known/openid-configuration")).json()
    assert "none" not in metadata["id_token_signing_alg_values_supported"]
    headers = {"Authorization": f"Bearer {mint(scopes=['identity:clients'], mode='live')}"}
    body = {"name": "Bins", "mode": "sandbox", "redirect_uris": ["https://service.example/callback"]}
    response = await client.post(
        "/citytown/identity/v1/services", json={**body, "id_token_alg": "none"}, headers=headers
    )
    assert response.status_code == 400


async def test_oidcc_userinfo_post_body(visitor, resident, bins):
    """RFC 6750 section 2.2; a token in two places at once is refused, as is one in the address."""
    token = (await bins.tokens(visitor))["access_token"]
    assert (await visitor.post("/identity/userinfo", data={"access_token": token})).status_code == 200
    twice = await visitor.post(
        "/identity/userinfo", data={"access_token": token}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    for path in ("/identity/userinfo", f"/identity/userinfo?access_token={token}"):
        assert (await visitor.get(path)).status_code == 401
    wrong = await visitor.post("/identity/userinfo", data={"access_token": "x"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_token")


async def test_oidcc_without_nonce(visitor, resident, bins):
    tokens = await bins.tokens(visitor, nonce=None)
    assert "nonce" not in await verify_claims(visitor, tokens["id_token"])


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("openid profile", "openid"),
        ("openid email", "email openid"),
        ("email openid", "email openid"),
        ("openid address", "openid"),
        ("openid phone", "openid phone"),
        ("openid email profile address phone", "email openid phone"),
    ],
)
async def test_oidcc_scope(visitor, resident, bins, scope, granted):
    """What nobody here understands is passed over (OIDC Core 3.1.2.1); the answer says what was granted."""
    tokens = await bins.tokens(visitor, scope=scope)
    assert tokens["scope"] == granted
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = (await visitor.get("/identity/userinfo", headers=bearer)).json()
    assert ("email" in userinfo, userinfo.get("email_verified", False)) == ("email" in granted.split(),) * 2


@pytest.mark.parametrize(
    "more",
    [
        {"display": "page"},
        {"display": "popup"},
        {"claims_locales": "se"},
        {"ui_locales": "se"},
        {"acr_values": "1 2"},
        {"extra": "foobar"},
        {"login_hint": "bob@example.com"},
    ],
)
async def test_oidcc_what_a_request_may_carry(visitor, resident, bins, more):
    assert "code" in read_redirect(await ask(visitor, bins, **more))


async def test_oidcc_prompt_login(visitor, database, bins):
    """A second sign-in, and an auth_time that is later."""
    account = await create_person(database)
    await sign_in(database, visitor, account, ago=5)
    first = await verify_claims(visitor, (await bins.tokens(visitor))["id_token"])
    request = read_request_id(await ask(visitor, bins, prompt="login"))
    await sign_in(database, visitor, account)
    response = await bins.redeem(visitor, read_redirect(await continue_request(visitor, request))["code"])
    second = await verify_claims(visitor, response.json()["id_token"])
    assert (second["sub"], second["auth_time"] > first["auth_time"]) == (first["sub"], True)


async def test_oidcc_prompt_none_not_logged_in(visitor, bins):
    parameters = read_redirect(await ask(visitor, bins, prompt="none"))
    assert (parameters["error"], parameters["state"]) == ("login_required", "a-state")


async def test_oidcc_prompt_none_logged_in(visitor, resident, bins):
    first = await verify_claims(visitor, (await bins.tokens(visitor))["id_token"])
    second = await verify_claims(visitor, (await bins.tokens(visitor, prompt="none"))["id_token"])
    assert (first["sub"], first["auth_time"]) == (second["sub"], second["auth_time"])


async def test_oidcc_max_age_1(visitor, database, bins):
    await sign_in(database, visitor, await create_person(database), ago=2)
    read_request_id(await ask(visitor, bins, max_age="1"))


async def test_oidcc_max_age_10000(visitor, database, bins):
    await sign_in(database, visitor, await create_person(database), ago=2)
    content = await verify_claims(visitor, (await bins.tokens(visitor, max_age="10000"))["id_token"])
    assert 2 <= time.time() - content["auth_time"] < 10_000


async def test_oidcc_id_token_hint(visitor, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    again = await bins.tokens(visitor, prompt="none", id_token_hint=token)
    first, secondinfo = [await verify_claims(visitor, id_token) for id_token in (token, again["id_token"])]
    assert first["sub"] == secondinfo["sub"]


async def test_oidcc_id_token_hint_of_another_person(visitor, resident, database, bins):
    """OIDC Core 3.1.2.1: it MUST be an error if another person is signed in; they may sign in first."""
    token = (await bins.tokens(visitor))["id_token"]
    await sign_in(database, visitor, await create_person(database), ago=5)
    assert (
        read_redirect(await ask(visitor, bins, prompt="none", id_token_hint=token))["error"]
        == "login_required"
    )
    request = read_request_id(await ask(visitor, bins, id_token_hint=token))
    read_request_id(await continue_request(visitor, request))
    await sign_in(database, visitor, resident)
    assert "code" in read_redirect(await continue_request(visitor, request))
    request = read_request_id(await ask(visitor, bins, id_token_hint=token, prompt="login"))
    await sign_in(database, visitor, await create_person(database))
    assert read_redirect(await continue_request(visitor, request))["error"] == "login_required"


@pytest.mark.parametrize("alter", [lambda token: "x", lambda token: f"{token}x", lambda token: token[1:]])
async def test_an_id_token_hint_that_does_not_hold_is_refused(visitor, resident, database, bins, alter):
    token = (await bins.tokens(visitor))["id_token"]
    parameters = read_redirect(await ask(visitor, bins, id_token_hint=alter(token)))
    assert parameters["error"] == "invalid_request"
    other_client = await register(database)
    assert read_redirect(await ask(visitor, other_client, id_token_hint=token))["error"] == "invalid_request"


async def test_oidcc_login_hint(visitor, bins):
    request = read_request_id(await ask(visitor, bins, login_hint="bob@example.com"))
    page = await visitor.get("/identity/sign-in", params={"request": request})
    assert 'value="bob@example.com"' in page.text


async def test_oidcc_codereuse_30seconds(app, visitor, resident, bins, monkeypatch):
    code = await get_code(visitor, bins)
    tokens = (await bins.redeem(visitor, code)).json()
    monkeypatch.setattr(app.state.issuer, "clock", lambda: time.time() + 30)
    again = await bins.redeem(visitor, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 401


async def test_oidcc_request_uri(visitor, resident, bins):
    parameters = read_redirect(await ask(visitor, bins, request_uri="https://service.example/request.jwt"))
    assert parameters["error"] == "request_uri_not_supported"
    metadata = (await visitor.get("/identity/.well-known/openid-configuration")).json()
    assert metadata["request_uri_parameter_supported"] is False


async def test_oidcc_claims_essential(visitor, resident, bins):
    """A claim there is not is left out, essential or not (OIDC Core 5.5.1)."""
    requested = '{"userinfo": {"name": {"essential": true}, "email": {"essential": true}}}'
    tokens = await bins.tokens(visitor, claims=requested)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = (await visitor.get("/identity/userinfo", headers=bearer)).json()
    assert set(userinfo) == {"sub", "email"}


async def test_oidcc_request_object_with_redirect_uri(visitor, resident, database):
    """The redirect URI may stand in the signed object alone, where it must be a registered one."""
    service = await register(database, jwks=[KEY.as_dict(private=False)])
    outside = {"client_id": service.client_id, "response_type": "code", "scope": "openid"}
    inside = await visitor.get("/identity/authorize", params={**outside, "request": service.object()})
    assert "code" in read_redirect(inside)
    wrong = service.object(redirect_uri="https://elsewhere.example/")
    refused = await visitor.get("/identity/authorize", params={**outside, "request": wrong})
    assert (refused.status_code, "location" in refused.headers) == (400, False)


async def test_a_person_who_does_not_agree_leaves_no_code_behind(visitor, resident, database):
    """The suite's user-rejects-authentication, for another organisation's service."""
    service = await register(database, first_party=False)
    parameters = read_redirect(await answer_consent(visitor, await ask(visitor, service), answer="no"))
    assert (parameters["error"], "code" in parameters) == ("access_denied", False)
