"""The code flow of the standard profile, from the request to the tokens."""

import re
import time

import pytest

from chassis.testing import ISSUER
from identity.grants.rules import id_tokens
from services.identity.tests.provider import (
    KEY,
    REDIRECT,
    answer_consent,
    ask,
    continue_request,
    create_person,
    get_code,
    make_browser,
    read_header,
    read_redirect,
    read_request_id,
    register,
    sign_in,
    verify_claims,
)


async def test_a_signed_in_person_is_sent_back_with_a_code(visitor, resident, bins):
    parameters = read_redirect(await ask(visitor, bins))
    assert set(parameters) == {"code", "state", "iss"}
    assert (parameters["state"], parameters["iss"]) == ("a-state", ISSUER)


async def test_a_code_becomes_tokens(visitor, resident, bins):
    tokens = await bins.tokens(visitor)
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 600, "openid")
    content = await verify_claims(visitor, tokens["id_token"])
    assert read_header(tokens["id_token"])["typ"] == "JWT"
    assert (content["iss"], content["aud"], content["nonce"]) == (ISSUER, bins.client_id, "a-nonce")
    assert content["at_hash"] == id_tokens.compute_at_hash(tokens["access_token"])
    assert content["acr"] == "Cl"
    assert abs(content["auth_time"] - time.time()) < 10
    access = await verify_claims(visitor, tokens["access_token"])
    assert read_header(tokens["access_token"])["typ"] == "at+jwt"
    assert access["sub"] == content["sub"]
    assert access["councils"] == ["citytown"]
    assert (access["aud"], access["scope"]) == ("townhall", "openid")


async def test_a_person_not_signed_in_signs_in_first_and_continues(visitor, database, bins):
    request = read_request_id(await ask(visitor, bins))
    assert read_request_id(await continue_request(visitor, request)) == request
    await sign_in(database, visitor, await create_person(database))
    assert "code" in read_redirect(await continue_request(visitor, request))


async def test_a_request_is_answered_once(visitor, database, bins):
    request = read_request_id(await ask(visitor, bins))
    await sign_in(database, visitor, await create_person(database))
    read_redirect(await continue_request(visitor, request))
    again = await continue_request(visitor, request)
    assert again.status_code == 400
    assert "location" not in again.headers


async def test_a_request_may_come_by_form(visitor, resident, bins):
    response = await visitor.post("/identity/authorize", data=bins.request())
    assert response.status_code == 303
    assert response.headers["location"].startswith("/identity/authorize?client_id=")
    assert "code" in read_redirect(await visitor.get(response.headers["location"]))
    assert (await visitor.get(response.headers["location"])).status_code == 400  # good once


async def test_rs256_where_the_client_asks(visitor, resident, database):
    service = await register(database, id_token_alg="RS256")
    id_token = (await service.tokens(visitor))["id_token"]
    assert read_header(id_token)["alg"] == "RS256"
    assert (await verify_claims(visitor, id_token, "RS256"))["aud"] == service.client_id


async def test_a_council_knows_a_person_by_one_name_and_another_council_by_another(
    visitor, resident, database, bins
):
    async def subject(service):
        return (await verify_claims(visitor, (await service.tokens(visitor))["id_token"]))["sub"]

    service, neighbour = await register(database), await register(database, "hillshire")
    assert await subject(service) == await subject(bins)
    assert await subject(neighbour) != await subject(bins)


async def test_a_second_factor_is_asked_for_where_the_client_wants_it(visitor, resident, database, bins):
    request = read_request_id(await ask(visitor, bins, acr_values="Cl.Cm"))
    await sign_in(database, visitor, resident, ["email", "totp"])
    code = read_redirect(await continue_request(visitor, request))["code"]
    response = await bins.redeem(visitor, code)
    assert (await verify_claims(visitor, response.json()["id_token"]))["acr"] == "Cl.Cm"


@pytest.mark.parametrize("more", [{"prompt": "login"}, {"max_age": "60"}, {"prompt": "select_account"}])
async def test_an_old_sign_in_is_not_enough_where_a_fresh_one_is_wanted(visitor, database, bins, more):
    account_id = await create_person(database)
    await sign_in(database, visitor, account_id, ago=120)
    request = read_request_id(await ask(visitor, bins, **more))
    read_request_id(await continue_request(visitor, request))  # nothing has changed
    await sign_in(database, visitor, account_id)
    assert "code" in read_redirect(await continue_request(visitor, request))


async def test_max_age_0_is_satisfied_by_a_sign_in_for_this_request(visitor, resident, database, bins):
    request = read_request_id(await ask(visitor, bins, max_age="0"))
    await sign_in(database, visitor, resident)
    assert "code" in read_redirect(await continue_request(visitor, request))


async def test_prompt_none_asks_nobody(visitor, database, bins):
    assert read_redirect(await ask(visitor, bins, prompt="none"))["error"] == "login_required"
    await sign_in(database, visitor, await create_person(database))
    assert "code" in read_redirect(await ask(visitor, bins, prompt="none"))
    other_client = await register(database, first_party=False)
    assert read_redirect(await ask(visitor, other_client, prompt="none"))["error"] == "consent_required"
    stepped = read_redirect(await ask(visitor, bins, prompt="none", acr_values="Cl.Cm"))
    assert stepped["error"] == "login_required"


async def test_another_organisations_service_asks_for_consent_once(visitor, resident, database):
    service = await register(database, first_party=False)
    page = await ask(visitor, service, scope="openid email")
    assert "know your email address" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "form-action 'self' https://service.example" in page.headers["content-security-policy"]
    assert "code" in read_redirect(await answer_consent(visitor, page))
    assert "code" in read_redirect(await ask(visitor, service, scope="openid email"))
    assert (await ask(visitor, service, scope="openid email", prompt="consent")).status_code == 200
    assert (
        await ask(visitor, service, scope="openid email offline_access")
    ).status_code == 200  # asks for more


async def test_a_person_who_does_not_agree_is_sent_back_without_a_code(visitor, resident, database):
    service = await register(database, first_party=False)
    parameters = read_redirect(await answer_consent(visitor, await ask(visitor, service), answer="no"))
    assert (parameters["error"], parameters["state"], parameters["iss"]) == (
        "access_denied",
        "a-state",
        ISSUER,
    )
    assert (await ask(visitor, service)).status_code == 200  # it was no consent


async def test_userinfo_has_the_claims_requested_and_agreed(visitor, resident, bins):
    tokens = await bins.tokens(visitor, scope="openid email")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    for response in (
        await visitor.get("/identity/userinfo", headers=bearer),
        await visitor.post("/identity/userinfo", headers=bearer),
    ):
        assert response.status_code == 200, response.text
        assert set(response.json()) == {"sub", "email", "email_verified"}
    assert response.json()["sub"] == (await verify_claims(visitor, tokens["id_token"]))["sub"]
    less = await bins.tokens(visitor, scope="openid")
    bearer = {"Authorization": f"Bearer {less['access_token']}"}
    assert set((await visitor.get("/identity/userinfo", headers=bearer)).json()) == {"sub"}


async def test_single_claims_may_be_asked_for(visitor, resident, bins):
    requested = (
        '{"userinfo": {"email": null}, "id_token": {"email_verified": {"essential": true}, "unknown": null}}'
    )
    tokens = await bins.tokens(visitor, claims=requested)
    content = await verify_claims(visitor, tokens["id_token"])
    assert content["email_verified"] is True
    assert "email" not in content
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert set((await visitor.get("/identity/userinfo", headers=bearer)).json()) == {"sub", "email"}


async def test_a_pushed_request_is_accepted_once(visitor, resident, database):
    service = await register(database, par_required=True)
    refused = read_redirect(await ask(visitor, service))
    assert refused["error"] == "invalid_request"
    pushed = await visitor.post("/identity/par", data={**service.request(), **service.credentials})
    assert pushed.status_code == 201, pushed.text
    assert pushed.json()["expires_in"] == 90
    by_name = {"client_id": service.client_id, "request_uri": pushed.json()["request_uri"]}
    assert "code" in read_redirect(await visitor.get("/identity/authorize", params=by_name))
    assert (await visitor.get("/identity/authorize", params=by_name)).status_code == 400


async def test_a_request_may_be_signed(visitor, resident, database):
    service = await register(database, jwks=[KEY.as_dict(private=False)])
    outside = {"client_id": service.client_id, "response_type": "code", "scope": "openid"}
    signed = {**outside, "request": service.object(state="signed")}
    parameters = read_redirect(await visitor.get("/identity/authorize", params=signed))
    assert parameters["state"] == "signed"
    assert (await service.redeem(visitor, parameters["code"])).status_code == 200


async def test_refresh_tokens_come_with_offline_access_and_rotate(visitor, resident, database):
    service = await register(database)
    first = await service.tokens(visitor, scope="openid offline_access")
    second = (await service.refresh(visitor, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    old, new = [await verify_claims(visitor, token["id_token"]) for token in (first, second)]
    assert (old["sub"], old["auth_time"], old["sid"]) == (new["sub"], new["auth_time"], new["sid"])


async def test_a_callback_may_have_a_query_of_its_own(visitor, resident, database):
    uri = f"{REDIRECT}?tenant=1"
    service = await register(database, redirect_uris=[uri])
    response = await ask(visitor, service, redirect_uri=uri)
    assert response.headers["location"].startswith(f"{uri}&code=")


async def test_discovery_and_the_endpoints_agree(visitor, bins):
    metadata = (await visitor.get("/identity/.well-known/openid-configuration")).json()
    assert metadata["issuer"] == ISSUER
    paths = set((await visitor.get("/openapi.json")).json()["paths"])
    for name, value in metadata.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert value.removeprefix("http://test.invalid") in paths, name


async def test_each_browser_has_its_own_requests(app, visitor, resident, bins):
    async with make_browser(app) as other_browser:
        request = read_request_id(await ask(other_browser, bins))
    assert (await continue_request(visitor, request)).status_code == 400
    assert await get_code(visitor, bins)


async def test_a_person_withdraws_a_consent_in_the_account(visitor, resident, database):
    service = await register(database, first_party=False)
    tokens = await service.tokens(visitor, scope="openid offline_access")
    page = await visitor.get("/identity/account/services")
    path = re.search(r'action="(/identity/account/services/[^"]+)"', page.text)[1]
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    assert (await visitor.post(path, data={"csrf": "another"})).status_code == 403
    response = await visitor.post(path, data={"csrf": csrf})
    assert (response.status_code, response.headers["location"]) == (303, "/identity/account/services")
    assert "no service" in (await visitor.get("/identity/account/services")).text
    assert (await service.refresh(visitor, tokens["refresh_token"])).status_code == 400
    assert (await ask(visitor, service)).status_code == 200  # asked once more
