"""Checks in the manner of FAPI 2.0's plan (no DPoP, no mutual TLS), and our own contract's security list.

Each line of the list of contracts/one-login.md stands here under its own words.
"""

import asyncio
import time

import pytest
from joserfc.jwk import ECKey

from services.identity.tests import registers
from services.identity.tests.provider import (
    KEY,
    REDIRECT,
    answer_consent,
    ask,
    get_code,
    read_hidden_fields,
    read_redirect,
    read_request_id,
    register,
)

HERE = "authorization/test_conformance_fapi::test_"
FAPI = "fapi2-security-profile-final"
REQUESTS, TOKENS, ACTING = (
    "authorization/test_security_requests::",
    "tokens/test_security_tokens::",
    "tokens/test_security_acting::",
)
ASSERTION = "shared/test_assertions::test_"
BROWSER = "tests/browser/test_sign_in_safety.py::test_"
PLAN = {
    f"{FAPI}-happy-flow": f"{HERE}happy_flow",
    f"{FAPI}-user-rejects-authentication": "tokens/test_authorization_code::"
    "test_a_person_who_does_not_agree_is_sent_back_without_a_code",
    f"{FAPI}-ensure-response-type-token-fails": (
        f"{REQUESTS}test_requests_that_are_not_allowed_redirect_with_an_error"
    ),
    f"{FAPI}-ensure-client-id-in-token-endpoint": f"{HERE}no_code_is_redeemed_without_a_client",
    f"{FAPI}-ensure-authorization-code-is-bound-to-client": f"{TOKENS}test_a_code_is_its_own_clients_alone",
    f"{FAPI}-attempt-reuse-authorization-code-after-one-second": "authorization/test_conformance_basic::"
    "test_oidcc_codereuse_30seconds",
    f"{FAPI}-ensure-token-endpoint-fails-with-expired-auth-code": f"{TOKENS}test_a_code_expires",
    f"{FAPI}-refresh-token": f"{HERE}refresh_token",
    f"{FAPI}-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds": f"{HERE}par_on_the_way",
    f"{FAPI}-par-attempt-reuse-request_uri": f"{HERE}par_attempt_reuse_request_uri",
    f"{FAPI}-par-attempt-to-use-expired-request_uri": f"{HERE}par_attempt_to_use_expired_request_uri",
    f"{FAPI}-par-attempt-to-use-request_uri-for-different-client": f"{REQUESTS}"
    "test_a_pushed_request_is_its_own_clients_alone",
    f"{FAPI}-par-authorization-request-containing-request_uri-form-param": f"{REQUESTS}"
    "test_a_bad_pushed_request_is_refused_in_oauths_own_shape",
    f"{FAPI}-par-attempt-invalid-http-method": f"{HERE}par_attempt_invalid_http_method",
    f"{FAPI}-par-without-duplicate-parameters": f"{HERE}par_alone_counts",
    f"{FAPI}-ensure-unsigned-authorization-request-without-using-par-fails": f"{HERE}without_using_par_fails",
    f"{FAPI}-ensure-request-object-with-bad-aud-fails": f"{REQUESTS}"
    "test_a_request_object_that_does_not_hold_or_differs_from_the_query_is_refused",
    f"{FAPI}-ensure-expired-request-object-fails": f"{REQUESTS}"
    "test_a_request_object_that_does_not_hold_or_differs_from_the_query_is_refused",
    f"{FAPI}-ensure-request-object-signature-algorithm-is-not-none": f"{REQUESTS}"
    "test_an_unsigned_request_object_is_refused",
    f"{FAPI}-ensure-matching-key-in-authorization-request": f"{HERE}a_request_object_of_another_client",
    "RFC 9207: iss in every answer": f"{HERE}iss_is_in_every_response",
    "short codes": f"{HERE}a_code_of_the_standard_profile_lives_a_minute",
}
CONTRACT = {
    "redirect_uri exact": f"{REQUESTS}test_a_redirect_uri_is_exactly_a_registered_one "
    "clients/test_redirect_uris::test_only_the_exact_uri_is_accepted",
    "duplicate parameter": f"{REQUESTS}test_a_duplicate_parameter_is_refused_on_a_page",
    "no open redirect on error or logout": f"{REQUESTS}"
    "test_no_error_is_redirected_to_what_is_not_registered "
    "logout/test_logout::test_logging_out_never_redirects_to_what_is_not_registered "
    f"{HERE}no_error_anywhere_leads_to_a_place_that_is_not_registered",
    "code single use, second use revokes its tokens": f"{TOKENS}"
    "test_a_code_is_good_once_and_its_second_use_revokes_its_tokens",
    "code bound to client": f"{TOKENS}test_a_code_is_its_own_clients_alone",
    "code bound to redirect and PKCE": f"{TOKENS}test_a_code_is_bound_to_its_redirect_and_its_verifier",
    "PKCE missing, downgrade, plain": "authorization/test_conformance_pkce::test_every_check_has_its_test",
    "state and nonce echo": f"{REQUESTS}test_state_and_nonce_come_back_as_they_were",
    "refresh rotation": (
        "tokens/test_authorization_code::test_refresh_tokens_come_with_offline_access_and_rotate"
    ),
    "family revocation on reuse": f"{TOKENS}test_a_refresh_token_used_twice_ends_the_family",
    "race of two": f"{TOKENS}test_of_two_that_refresh_at_once_one_is_served_at_most "
    f"{TOKENS}test_of_two_that_bring_a_code_at_once_one_is_served_at_most "
    f"{HERE}of_two_that_bring_a_pushed_request_at_once_one_is_served",
    "assertion: jti replay": f"{TOKENS}test_an_assertion_is_good_once",
    "assertion: wrong aud": f"{ASSERTION}an_assertion_for_another_audience_is_refused",
    "assertion: expired": f"{ASSERTION}an_assertion_that_has_expired_or_lives_too_long_is_refused",
    "assertion: iss != sub": f"{ASSERTION}iss_and_sub_must_be_the_client",
    "assertion: alg none": f"{ASSERTION}alg_none_is_refused",
    "assertion: HS with a public key": f"{ASSERTION}a_shared_secret_made_of_the_public_key_is_refused",
    "assertion: foreign kid": f"{ASSERTION}a_foreign_kid_is_refused",
    "assertion: jku/x5u/embedded jwk ignored": f"{ASSERTION}a_key_the_assertion_brings_along_is_refused",
    "an id_token is never an access token": f"{TOKENS}test_an_id_token_is_no_access_token",
    "audience and council crossing": f"{TOKENS}test_a_persons_token_opens_nothing_at_another_council "
    f"{TOKENS}test_an_access_token_signed_by_nobody_we_know_opens_nothing",
    "scope escalation": f"{TOKENS}test_refreshing_cannot_escalate_scopes "
    f"{ACTING}test_an_exchange_cannot_escalate_scopes",
    "request object mismatch with query": f"{REQUESTS}"
    "test_a_request_object_that_does_not_hold_or_differs_from_the_query_is_refused",
    "session fixation": f"{BROWSER}a_planted_session_is_another_after_sign_in_and_after_every_step_up "
    "accounts/test_sessions::test_signing_in_again_gives_the_same_session_a_new_secret",
    "CSRF on consent": f"{BROWSER}another_site_cannot_agree_for_the_person "
    f"{REQUESTS}test_consent_cannot_be_given_from_another_site",
    "CSRF on login and logout": f"{BROWSER}forms_of_other_sites_do_nothing",
    "frame-ancestors": f"{BROWSER}no_page_stands_in_another_sites_frame",
    "key rotation overlap": f"{HERE}an_id_token_from_before_a_rotation_still_holds",
    "back-channel SSRF": "chassis/tests/test_outbound.py::test_a_name_that_leads_inside_is_not_called",
    "back-channel slow receivers": (
        "chassis/tests/test_outbound.py::test_a_slow_server_is_left_after_the_time_for_all_of_it"
    ),
    "user enumeration by text": "sign_in/test_sign_in::test_pages_do_not_tell_who_has_an_account",
    "user enumeration by timing": "sign_in/test_sign_in::"
    "test_the_same_work_is_done_whether_there_is_an_account_or_not "
    "factors/test_passwords::test_one_hash_is_computed_whether_or_not_the_address_has_an_account",
    "OTP rate limits": "sign_in/test_sign_in::test_after_five_wrong_codes_the_right_one_is_refused_too "
    "factors/test_authenticators::"
    "test_guesses_at_the_second_step_are_limited_until_the_window_has_passed",
    "password rate limits": "factors/test_passwords::"
    "test_wrong_passwords_are_limited_but_not_in_a_browser_the_account_knows",
    "lockout abuse": "sign_in/test_sign_in::"
    "test_a_known_browser_is_not_locked_out_by_strangers "
    f"{BROWSER}a_sign_out_posted_by_a_service_asks_and_then_signs_out",
    "WebAuthn origin and challenge": "factors/test_passkeys::test_forged_client_data_is_refused",
    "WebAuthn sign count": "factors/test_passkeys::test_a_copy_with_a_lower_sign_count_is_refused",
    "plain exchange with may_act fails": f"{ACTING}test_a_plain_exchange_of_tokens_fails",
    "revoked actor": f"{ACTING}test_a_revoked_mandate_ends_its_tokens_and_gives_no_more",
    "disabled actor": "mandates/test_mandates::test_a_closed_account_neither_acts_nor_is_acted_for",
    "nested act kept": f"{ACTING}test_a_token_to_act_is_not_passed_on",
    "nobody grants themselves a mandate": f"{ACTING}test_nobody_makes_a_mandate_for_themselves "
    "mandates/test_mandates::test_the_database_itself_refuses_a_mandate_for_oneself",
    "consent revoked mid-flight": f"{TOKENS}test_consent_revoked_in_mid_flight_leaves_the_code_worthless",
    "secrets absent from logs": "clients/test_service_secrets::test_secrets_are_in_no_log_and_no_table "
    f"{TOKENS}test_errors_say_nothing_of_what_was_sent",
}


@registers.parametrize_register({**PLAN, **CONTRACT})
def test_every_check_has_its_test(module, test):
    assert registers.names_a_test(test), f"{module}: {test} is no test"


@pytest.fixture(scope="module")
async def vault(database, client):
    """A service that pushes its requests and shows who it is by its key."""
    return await register(database, jwks=[KEY.as_dict(private=False)], par_required=True)


async def push(visitor, service, **overrides):
    form = {**service.request(**overrides), **service.credentials}
    response = await visitor.post("/identity/par", data=form)
    assert response.status_code == 201, response.text
    return {"client_id": service.client_id, "request_uri": response.json()["request_uri"]}


async def begin(visitor, by_name, **overrides):
    return await visitor.get("/identity/authorize", params={**by_name, **overrides})


def is_a_page(response):
    assert (response.status_code, "location" in response.headers) == (400, False), response.text
    assert response.headers["content-type"].startswith("text/html")


async def test_happy_flow(visitor, resident, vault):
    parameters = read_redirect(await begin(visitor, await push(visitor, vault)))
    assert set(parameters) == {"code", "state", "iss"}
    tokens = (await vault.redeem(visitor, parameters["code"])).json()
    assert (tokens["token_type"], tokens["expires_in"] <= 600) == ("Bearer", True)


async def test_no_code_is_redeemed_without_a_client(visitor, resident, vault):
    code = read_redirect(await begin(visitor, await push(visitor, vault)))["code"]
    options = {"client_assertion": None, "client_assertion_type": None}
    response = await vault.redeem(visitor, code, **options)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    response = await vault.redeem(visitor, code, **options, client_id=vault.client_id)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert (await vault.redeem(visitor, code)).status_code == 200  # a stranger has used up nothing


async def test_refresh_token(visitor, resident, database, vault):
    """Of its own client, and each assertion anew."""
    page = await begin(visitor, await push(visitor, vault, scope="openid offline_access"))
    if page.status_code == 200:
        page = await answer_consent(visitor, page)
    first = (await vault.redeem(visitor, read_redirect(page)["code"])).json()
    thief = await register(database, jwks=[KEY.as_dict(private=False)])
    assert (await thief.refresh(visitor, first["refresh_token"])).status_code == 400
    second = await vault.refresh(visitor, first["refresh_token"])
    assert second.json()["refresh_token"] != first["refresh_token"]


async def test_par_on_the_way(visitor, vault, resident, database):
    """RFC 9126 section 7.3 lets a request_uri be good once: reloading is on the page it led to."""
    visitor.cookies.delete("townhall-session")
    by_name = await push(visitor, vault)
    request = read_request_id(await begin(visitor, by_name))
    for _ in range(2):
        page = await visitor.get("/identity/sign-in", params={"request": request})
        assert page.status_code == 200


async def test_par_attempt_reuse_request_uri(visitor, resident, vault):
    by_name = await push(visitor, vault)
    assert "code" in read_redirect(await begin(visitor, by_name))
    is_a_page(await begin(visitor, by_name))


async def test_of_two_that_bring_a_pushed_request_at_once_one_is_served(visitor, resident, vault):
    by_name = await push(visitor, vault)
    responses = await asyncio.gather(*(begin(visitor, by_name) for _ in range(4)))
    assert sorted(response.status_code for response in responses) == [302, 400, 400, 400]


async def test_par_attempt_to_use_expired_request_uri(app, visitor, resident, vault, monkeypatch):
    by_name = await push(visitor, vault)
    monkeypatch.setattr(app.state.issuer, "clock", lambda: time.time() + 91)
    is_a_page(await begin(visitor, by_name))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_par_attempt_invalid_http_method(visitor, vault, method):
    response = await visitor.request(method, "/identity/par")
    assert (response.status_code, "error" in response.json()) == (405, True)


async def test_par_alone_counts(visitor, resident, vault):
    """What stands beside request_uri in the browser's address changes nothing (RFC 9126 section 4)."""
    by_name = await push(visitor, vault)
    beside = {
        "scope": "openid email",
        "redirect_uri": "https://evil.example/",
        "state": "other",
        "nonce": "x",
    }
    parameters = read_redirect(await begin(visitor, by_name, **beside))
    assert parameters["state"] == "a-state"
    tokens = (await vault.redeem(visitor, parameters["code"])).json()
    assert tokens["scope"] == "openid"


async def test_without_using_par_fails(visitor, resident, vault):
    parameters = read_redirect(await ask(visitor, vault))
    assert (parameters["error"], "code" in parameters) == ("invalid_request", False)
    posted = read_redirect(await visitor.post("/identity/authorize", data=vault.request()))
    assert (posted["error"], "code" in posted) == ("invalid_request", False)


async def test_a_request_object_of_another_client(visitor, resident, database, vault):
    """Signed rightly, by somebody else's key."""
    other_client = await register(
        database, jwks=[ECKey.generate_key("P-256", {"kid": "own"}).as_dict(private=False)]
    )
    outside = {"client_id": other_client.client_id, "response_type": "code", "redirect_uri": REDIRECT}
    for signed in (vault.object(), other_client.object()):
        response = await visitor.get("/identity/authorize", params={**outside, "request": signed})
        assert read_redirect(response)["error"] == "invalid_request_object"


async def test_iss_is_in_every_response(visitor, resident, database):
    """So that the answers of two issuers are not mixed up: with a code, an error and a refusal alike."""
    service = await register(database, first_party=False)
    issuer = (await visitor.get("/identity/.well-known/openid-configuration")).json()["issuer"]
    page = await ask(visitor, service)
    for response in (
        await ask(visitor, service, response_type="token"),
        await ask(visitor, service, prompt="none"),
        await answer_consent(visitor, page, answer="no"),
        await answer_consent(visitor, await ask(visitor, service)),
    ):
        assert read_redirect(response)["iss"] == issuer


async def test_a_code_of_the_standard_profile_lives_a_minute(app, visitor, resident, database, monkeypatch):
    service = await register(database)
    codes = [await get_code(visitor, service) for _ in range(2)]
    now = time.time()
    monkeypatch.setattr(app.state.issuer, "clock", lambda: now + 55)
    assert (await service.redeem(visitor, codes[0])).status_code == 200
    monkeypatch.setattr(app.state.issuer, "clock", lambda: now + 61)
    assert (await service.redeem(visitor, codes[1])).status_code == 400


EVIL = ("https://evil.example/", "//evil.example", "https:evil.example", "/\\evil.example", "javascript:x")


@pytest.mark.parametrize("where", EVIL)
async def test_no_error_anywhere_leads_to_a_place_that_is_not_registered(visitor, resident, database, where):
    service = await register(database)
    client_params = {"client_id": service.client_id}
    for response in (
        await visitor.get("/identity/authorize", params={**client_params, "redirect_uri": where}),
        await visitor.post(
            "/identity/authorize", data={**client_params, "redirect_uri": where, "prompt": "none"}
        ),
        await visitor.get("/identity/authorize", params={**service.request(), "request_uri": where}),
        await visitor.get("/identity/authorize/continue", params={"request": where.ljust(30, "x")}),
        await visitor.get("/identity/logout", params={**client_params, "post_logout_redirect_uri": where}),
        await visitor.get("/identity/sign-in", params={"request": where, "then": where, "lang": where}),
        await visitor.get("/identity/account", params={"then": where}),
    ):
        assert "evil.example" not in response.headers.get("location", "").partition("?")[0]
    page = await visitor.get("/identity/logout", params={**client_params, "post_logout_redirect_uri": where})
    fields = {**read_hidden_fields(page), "back": where, "client_id": service.client_id}
    same = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}
    answer = await visitor.post("/identity/logout/confirm", data=fields, headers=same)
    assert "location" not in answer.headers


async def test_an_id_token_from_before_a_rotation_still_holds(app, database, visitor, resident):
    """Its key stays published while the next one signs, and the hint of a sign-out is still known."""
    service = await register(database)
    token = (await service.tokens(visitor))["id_token"]
    async with database.writing() as session:
        await app.state.issuer.rotate_keys(session)
    response = await visitor.get("/identity/logout", params={"id_token_hint": token})
    assert "You have signed out" in response.text
