"""People sign in at services that councils registered themselves; every change of one is live at once."""

import json

import pytest

from chassis import ids
from identity.shared.oauth import authorization_requests
from identity.shared.oauth import claims as names
from identity.shared.oauth.relying_party import RelyingParty
from services.identity.tests.provider import (
    REDIRECT,
    Service,
    ask,
    get_code,
    read_redirect,
    read_request_id,
    verify_claims,
)

URL = "/citytown/identity/v1/services"


@pytest.fixture
def headers(mint):
    token = mint(scopes=["identity:clients", "address:read"], mode="live", sub="keeper")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def register(client, headers):
    """``await register(...)`` -> what the API answered, and the service as it then acts."""

    async def make(**members):
        body = {
            "name": f"Bins {ids.show(ids.new())}",
            "name_cy": "Biniau",
            "mode": "live",
            "redirect_uris": [REDIRECT],
            **members,
        }
        response = await client.post(URL, json=body, headers=headers)
        assert response.status_code == 201, response.text
        registered = response.json()
        return registered, Service(registered["client_id"], registered["client_secret"], "citytown")

    return make


@pytest.fixture
def change(client, headers):
    async def do(registered, **members):
        url = f"{URL}/{registered['client_id']}"
        tag = (await client.get(url, headers=headers)).headers["ETag"]
        response = await client.patch(url, json=members, headers={**headers, "If-Match": tag})
        assert response.status_code == 200, response.text

    return do


@pytest.mark.parametrize("mode", ["sandbox", "live"])
async def test_a_persons_token_is_of_the_services_mode(client, headers, visitor, resident, register, mode):
    _, service = await register(mode=mode)
    if mode == "sandbox":
        email = {"email": f"{ids.show(resident)}@people.example"}
        url = f"{URL}/{service.client_id}/testers"
        assert (await client.post(url, json=email, headers=headers)).status_code == 201
    tokens = await service.tokens(visitor)
    assert (await verify_claims(visitor, tokens["access_token"]))["mode"] == mode


async def test_the_id_token_is_signed_as_the_registration_says(visitor, resident, register, change):
    registered, service = await register(id_token_alg="RS256")
    tokens = await service.tokens(visitor)
    assert (await verify_claims(visitor, tokens["id_token"], "RS256"))["aud"] == registered["client_id"]
    await change(registered, id_token_alg="ES256")
    tokens = await service.tokens(visitor)
    assert (await verify_claims(visitor, tokens["id_token"]))["aud"] == registered["client_id"]


async def test_one_person_is_one_subject_at_all_services_of_a_council(visitor, resident, register):
    subjects = set()
    for _ in range(2):
        _, service = await register()
        tokens = await service.tokens(visitor)
        subjects.add((await verify_claims(visitor, tokens["id_token"]))["sub"])
    assert len(subjects) == 1


async def test_a_removed_redirect_uri_is_refused_at_once(visitor, resident, register, change):
    registered, service = await register()
    await get_code(visitor, service)
    await change(registered, redirect_uris=[f"{REDIRECT}/new"])
    refused = await ask(visitor, service)
    assert refused.status_code == 400
    assert "location" not in refused.headers
    assert (await ask(visitor, service, redirect_uri=f"{REDIRECT}/new")).status_code != 400


async def test_a_removed_scope_is_refused_at_once(visitor, resident, register, change):
    registered, service = await register(scopes=["openid", "email"])
    assert (await ask(visitor, service, scope="openid email")).status_code == 200
    await change(registered, scopes=["openid"])
    assert read_redirect(await ask(visitor, service, scope="openid email"))["error"] == "invalid_scope"


async def test_a_secret_that_has_followed_works_for_people_too(client, headers, visitor, resident, register):
    registered, service = await register()
    new = await client.post(
        f"{URL}/{registered['client_id']}/secrets", json={"overlap_hours": 1}, headers=headers
    )
    assert (await service.tokens(visitor))["id_token"]
    service.secret = new.json()["client_secret"]
    assert (await service.tokens(visitor))["id_token"]


async def test_a_retired_services_codes_and_refresh_tokens_are_worth_nothing(
    client, headers, visitor, resident, register
):
    registered, service = await register(scopes=["openid", "offline_access"])
    tokens = await service.tokens(visitor, scope="openid offline_access")
    code = await get_code(visitor, service)
    await client.delete(f"{URL}/{registered['client_id']}", headers=headers)
    for response in (
        await service.redeem(visitor, code),
        await service.refresh(visitor, tokens["refresh_token"]),
    ):
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert (await ask(visitor, service)).status_code == 400
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 401


@pytest.mark.parametrize(("language", "name"), [("cy", "Biniau"), ("en", "Bins")])
async def test_a_service_is_called_by_its_name_in_the_persons_language(visitor, register, language, name):
    _, service = await register()
    request = read_request_id(await ask(visitor, service, ui_locales=language))
    page = await visitor.get("/identity/sign-in", params={"request": request}, follow_redirects=True)
    assert name in page.text


@pytest.mark.parametrize(
    ("registered", "expected"),
    [
        (["identity", "address"], {names.CORE_IDENTITY, names.ADDRESS, names.RETURN_CODE}),
        (["identity"], {names.CORE_IDENTITY, names.RETURN_CODE}),
        (["address"], {names.ADDRESS, names.RETURN_CODE}),
        ([], {names.RETURN_CODE}),
    ],
)
def test_a_service_gets_only_the_claims_it_is_registered_for(registered, expected):
    party = RelyingParty(
        profile="standard",
        first_party=True,
        redirect_uris=(REDIRECT,),
        post_logout_redirect_uris=(),
        backchannel_logout_uri=None,
        id_token_alg="ES256",
        par_required=False,
        person_scopes=frozenset({"openid"}),
        identity_levels=frozenset({"P2"}),
        identity_claims=frozenset(registered),
    )
    requested = {names.CORE_IDENTITY: None, names.ADDRESS: None, names.RETURN_CODE: None}
    parameters = Service("x", "x", "citytown").request(
        vtr='["Cl.Cm.P2"]', claims=json.dumps({"userinfo": requested, "id_token": requested})
    )
    parsed = authorization_requests.parse_request(parameters, party)
    assert set(parsed.userinfo_claims) == set(parsed.id_token_claims) == expected
