"""The OpenID Foundation's plans of RP-initiated and back-channel logout, and the tests that hold them."""

import base64
import json

from joserfc import jwt
from joserfc.jwk import ECKey

from services.identity.tests import registers
from services.identity.tests.provider import (
    AFTER_LOGOUT,
    ask,
    read_header,
    read_hidden_fields,
    read_request_id,
    register,
    verify_claims,
)

HERE = "logout/test_conformance_logout::test_"
RP = "oidcc-rp-initiated-logout"
QUESTION = "Do you want to sign out?"
PLAN = {
    f"{RP}-discovery-endpoint-verification": f"{HERE}discovery",
    RP: "logout/test_logout::test_a_service_that_shows_its_id_token_signs_out_at_once",
    f"{RP}-bad-post-logout-redirect-uri": "logout/test_logout::"
    "test_logging_out_never_redirects_to_what_is_not_registered",
    f"{RP}-modified-id-token-hint": f"{HERE}modified_id_token_hint",
    f"{RP}-no-id-token-hint": f"{HERE}no_id_token_hint",
    f"{RP}-no-params": f"{HERE}no_params",
    f"{RP}-no-post-logout-redirect-uri": f"{HERE}no_post_logout_redirect_uri",
    f"{RP}-no-state": f"{HERE}no_state",
    f"{RP}-only-state": f"{HERE}only_state",
    f"{RP}-query-added-to-post-logout-redirect-uri": "logout/test_logout::"
    "test_logging_out_never_redirects_to_what_is_not_registered",
    f"{RP}-bad-id-token-hint": f"{HERE}bad_id_token_hint",
    "oidcc-backchannel-logout-discovery-endpoint-verification": f"{HERE}discovery",
    "oidcc-backchannel-rp-initiated-logout": "logout/test_logout::"
    "test_services_get_a_logout_token_when_a_session_ends "
    "tests/browser/test_relying_parties.py::"
    "test_openid_client_signs_a_person_in_refreshes_and_hears_of_the_sign_out",
    "retried": "logout/test_logout::test_a_logout_token_is_sent_again_later_but_not_for_ever",
    "server-side request forgery": "logout/test_logout::test_a_logout_token_never_goes_to_our_own_network",
    "slow receivers": "chassis/tests/test_outbound.py::"
    "test_a_slow_server_is_left_after_the_time_for_all_of_it",
    "CSRF": "logout/test_logout::test_a_logout_form_needs_the_browsers_token "
    "tests/browser/test_sign_in_safety.py::test_forms_of_other_sites_do_nothing",
    "an id_token of another client": f"{HERE}an_id_token_of_another_client_is_no_proof",
    "posted from another site": f"{HERE}a_form_of_another_site_comes_back_with_its_cookies",
}


@registers.parametrize_register(PLAN)
def test_every_module_of_the_plan_has_its_test(module, test):
    assert registers.names_a_test(test), f"{module}: {test} is no test"


async def log_out(visitor, **parameters):
    return await visitor.get("/identity/logout", params=parameters)


def asks(page):
    assert (page.status_code, "location" in page.headers) == (200, False)
    assert QUESTION in page.text


async def still_signed_in(visitor, service):
    return (
        "location" in (response := await ask(visitor, service)).headers
        and "code=" in response.headers["location"]
    )


async def test_discovery(visitor, bins):
    metadata = (await visitor.get("/identity/.well-known/openid-configuration")).json()
    assert metadata["end_session_endpoint"].endswith("/identity/logout")
    assert (
        metadata["backchannel_logout_supported"] is metadata["backchannel_logout_session_supported"] is True
    )


def altered(token):
    """The same with ``alg`` none and no signature, and the same signed by somebody else."""
    head, body, _ = token.split(".")
    unsigned_header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    header, key = read_header(token), ECKey.generate_key("P-256")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return [
        f"{unsigned_header}.{body}.",
        f"{head}.{body}.",
        jwt.encode(header, claims, key, algorithms=["ES256"]),
    ]


async def test_modified_id_token_hint(visitor, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    for hint in altered(token):
        page = await log_out(visitor, id_token_hint=hint, post_logout_redirect_uri=AFTER_LOGOUT, state="x")
        asks(page)
        assert AFTER_LOGOUT not in page.text  # nor afterwards: nobody knows whose it is
    assert await still_signed_in(visitor, bins)


async def test_bad_id_token_hint(visitor, resident, bins):
    asks(await log_out(visitor, id_token_hint="bad", post_logout_redirect_uri=AFTER_LOGOUT))
    assert await still_signed_in(visitor, bins)


async def test_no_id_token_hint(visitor, resident, bins):
    asks(await log_out(visitor, post_logout_redirect_uri=AFTER_LOGOUT, state="x"))
    assert await still_signed_in(visitor, bins)


async def test_no_params(visitor, resident, bins):
    page = await log_out(visitor)
    asks(page)
    same = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}
    response = await visitor.post("/identity/logout/confirm", data=read_hidden_fields(page), headers=same)
    assert "You have signed out" in response.text
    read_request_id(await ask(visitor, bins))


async def test_no_post_logout_redirect_uri(visitor, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    page = await log_out(visitor, id_token_hint=token, state="x")
    assert (page.status_code, "You have signed out" in page.text) == (200, True)
    read_request_id(await ask(visitor, bins))


async def test_no_state(visitor, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    response = await log_out(visitor, id_token_hint=token, post_logout_redirect_uri=AFTER_LOGOUT)
    assert response.headers["location"] == AFTER_LOGOUT


async def test_only_state(visitor, resident, bins):
    asks(await log_out(visitor, state="x"))
    assert await still_signed_in(visitor, bins)


async def test_an_id_token_of_another_client_is_no_proof(visitor, resident, database, bins):
    other_client = await register(database)
    token = (await other_client.tokens(visitor))["id_token"]
    page = await log_out(visitor, id_token_hint=token, client_id=bins.client_id)
    assert (page.status_code, "location" in page.headers) == (400, False)
    assert await still_signed_in(visitor, bins)


async def test_an_access_token_is_no_id_token_hint(visitor, resident, bins):
    tokens = await bins.tokens(visitor)
    assert (await verify_claims(visitor, tokens["access_token"]))["client_id"] == bins.client_id
    asks(await log_out(visitor, id_token_hint=tokens["access_token"], post_logout_redirect_uri=AFTER_LOGOUT))


async def test_a_form_of_another_site_comes_back_with_its_cookies(visitor, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    form = {"id_token_hint": token, "post_logout_redirect_uri": AFTER_LOGOUT, "state": "a b"}
    elsewhere = {"Origin": "https://service.example", "Sec-Fetch-Site": "cross-site"}
    visitor.cookies, cookies = type(visitor.cookies)(), visitor.cookies  # SameSite=Lax
    response = await visitor.post("/identity/logout", data=form, headers=elsewhere)
    assert (response.status_code, "set-cookie" in response.headers) == (303, False)
    visitor.cookies = cookies
    back = await visitor.get(response.headers["location"])
    assert back.headers["location"] == f"{AFTER_LOGOUT}?state=a+b"
    read_request_id(await ask(visitor, bins))
