"""Apps that keep no secret, in a browser or on a device: what they may register and what they get."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.rates import Limit, LocalLimiter
from identity.clients.store import clients
from identity.shared.oauth import redirects, relying_party
from identity.shared.rules import uris
from services.identity.tests.provider import (
    Service,
    answer_consent,
    ask,
    get_code,
    read_hidden_fields,
    read_redirect,
)
from services.identity.tests.provider import register as confidential

SERVICES = "/citytown/identity/v1/services"
PAGE = "https://app.citytown.gov.uk"
CALLBACK = f"{PAGE}/signed-in"
OWN_SCHEME = "uk.gov.citytown.app:/signed-in"


def body(**overrides):
    return {
        "name": f"App {ids.show(ids.new())}",
        "name_cy": "Ap",
        "mode": "live",
        "redirect_uris": [CALLBACK],
        "scopes": ["openid", "email", "offline_access"],
        "token_endpoint_auth_method": "none",
        **overrides,
    }


@pytest.fixture
def headers(mint):
    return {"Authorization": f"Bearer {mint(scopes=['identity:clients', 'address:read'], mode='live')}"}


@pytest.fixture
def sandbox(mint):
    return {"Authorization": f"Bearer {mint(scopes=['identity:clients'], mode='sandbox')}"}


async def register(client, headers, **overrides):
    response = await client.post(SERVICES, json=body(**overrides), headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


class App(Service):
    """A registered app: it says who it is and shows nothing."""

    def __init__(self, registered):
        super().__init__(registered["client_id"], None, "citytown")
        self.redirect = registered["redirect_uris"][0]

    @property
    def credentials(self):
        return {"client_id": self.client_id}

    def request(self, **overrides):
        return super().request(**{"redirect_uri": self.redirect, **overrides})

    async def redeem(self, browser, code, **overrides):
        return await super().redeem(browser, code, **{"redirect_uri": self.redirect, **overrides})


@pytest.fixture
async def web(client, headers):
    return App(await register(client, headers))


@pytest.fixture
async def native(client, headers):
    registered = await register(client, headers, redirect_uris=[OWN_SCHEME], application_type="native")
    return App(registered)


async def code_for(browser, app, **overrides):
    page = await ask(browser, app, **overrides)
    if page.status_code == 200:
        page = await answer_consent(browser, page)
    return read_redirect(page, app.redirect)["code"]


async def test_an_app_is_registered_without_a_secret(client, headers):
    registered = await register(client, headers)
    assert (registered["client_secret"], registered["authentication"]) == (None, "none")
    response = await client.get(f"{SERVICES}/{registered['client_id']}", headers=headers)
    assert (response.json()["authentication"], response.json()["application_type"]) == ("none", "web")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"profile": "onelogin", "scopes": ["openid"]}, "profile"),
        ({"machine_scopes": ["address:read"]}, "machine_scopes"),
        ({"jwks_uri": "https://app.citytown.gov.uk/keys"}, "jwks_uri"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": None, "application_type": "native"}, "application_type"),
        ({"redirect_uris": [OWN_SCHEME]}, "redirect_uris.0"),
        ({"redirect_uris": ["http://127.0.0.1/cb"]}, "redirect_uris.0"),
        ({"redirect_uris": ["http://localhost/cb"], "application_type": "native"}, "redirect_uris.0"),
    ],
)
async def test_members_an_app_cannot_have_are_refused_by_name(client, headers, wrong, field):
    response = await client.post(SERVICES, json=body(**wrong), headers=headers)
    assert response.status_code == 400, response.text
    assert response.json()["errors"][0]["field"] == f"body.{field}"


async def test_an_app_never_becomes_a_service_with_keys_or_a_secret(client, headers):
    registered = await register(client, headers)
    at = f"{SERVICES}/{registered['client_id']}"
    tagged = {**headers, "If-Match": '"1"'}
    key = {"kty": "EC", "kid": "own", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
    for change in ({"jwks": {"keys": [key]}}, {"machine_scopes": ["address:read"]}, {"profile": "onelogin"}):
        assert (await client.patch(at, json=change, headers=tagged)).status_code == 400
    refused = await client.post(f"{at}/secrets", json={}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "public-client")


NATIVE_GOOD = [
    "uk.gov.citytown.app:/signed-in",
    "uk.gov.citytown:/",
    "http://127.0.0.1/cb",
    "http://127.0.0.1:8123/cb",
    "http://[::1]/cb",
    "https://app.citytown.gov.uk/signed-in",
]
NATIVE_BAD = [
    "citytown:/signed-in",
    "javascript:/alert",
    "uk.gov.citytown.app://host/signed-in",
    "uk.gov.citytown.app:signed-in",
    "uk.gov.citytown.app:",
    "UK.gov.citytown.app:/signed-in",
    ".citytown:/signed-in",
    "1.citytown:/signed-in",
    "uk..citytown:/signed-in",
    "uk.gov.citytown.app:/a/../b",
    "uk.gov.citytown.app:/a#b",
    "uk.gov.citytown.app:/a?code=mine",
    "uk.gov.citytown.app:/*",
    "http://localhost/cb",
    "http://127.0.0.2/cb",
    "http://127.0.0.1@evil.example/cb",
    "http://app.citytown.gov.uk/cb",
]


@pytest.mark.parametrize("uri", NATIVE_GOOD)
def test_an_app_on_a_device_is_answered_at_its_own_address(uri):
    assert uris.find_redirect_fault(uri, live=True, native=True) is None
    assert redirects.is_registered(uri, [uri])


@pytest.mark.parametrize("uri", NATIVE_BAD)
def test_an_app_on_a_device_is_answered_nowhere_else(uri):
    assert uris.find_redirect_fault(uri, live=True, native=True)
    assert uris.find_redirect_fault(uri, live=False, native=True)


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        (OWN_SCHEME, "uk.gov.citytown.app:"),
        ("http://127.0.0.1:51004/cb", "http://127.0.0.1:51004"),
        ("http://[::1]:51004/cb", "http:"),
        (CALLBACK, PAGE),
    ],
)
def test_the_policy_of_a_page_names_where_its_form_leads(uri, source):
    assert redirects.build_csp_source(uri) == source


async def test_an_app_in_a_browser_signs_somebody_in_with_its_verifier_alone(visitor, resident, web):
    code = await code_for(visitor, web, scope="openid email")
    response = await web.redeem(visitor, code)
    assert response.status_code == 200, response.text
    bearer = {"Authorization": f"Bearer {response.json()['access_token']}"}
    assert "email" in (await visitor.get("/identity/userinfo", headers=bearer)).json()


async def test_an_app_on_a_device_is_answered_at_its_scheme(visitor, resident, native):
    page = await ask(visitor, native)
    assert "form-action 'self' uk.gov.citytown.app:;" in page.headers["content-security-policy"]
    code = read_redirect(await answer_consent(visitor, page), OWN_SCHEME)["code"]
    assert (await native.redeem(visitor, code)).status_code == 200


async def test_a_loopback_app_is_answered_at_any_port(visitor, resident, client, headers):
    uri = "http://127.0.0.1/cb"
    app = App(await register(client, headers, redirect_uris=[uri], application_type="native"))
    app.redirect = "http://127.0.0.1:51004/cb"
    assert (await app.redeem(visitor, await code_for(visitor, app))).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"}]
)
async def test_an_app_without_pkce_s256_gets_no_code(visitor, resident, web, wrong):
    assert read_redirect(await ask(visitor, web, **wrong), CALLBACK)["error"] == "invalid_request"


@pytest.mark.parametrize("verifier", [None, "x" * 43])
async def test_a_stolen_code_is_worth_nothing_without_the_verifier(visitor, resident, native, verifier):
    code = await code_for(visitor, native)
    response = await native.redeem(visitor, code, code_verifier=verifier)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


async def test_a_uri_another_app_could_claim_needs_consent_every_time(visitor, resident, native):
    """Another app on the device may have claimed it (RFC 8252 section 8.6)."""
    for _ in range(2):
        assert read_hidden_fields(await ask(visitor, native))
        await code_for(visitor, native)
    silent = read_redirect(await ask(visitor, native, prompt="none"), OWN_SCHEME)
    assert silent["error"] == "consent_required"


async def test_a_uri_only_the_app_can_receive_needs_consent_once(visitor, resident, web):
    await code_for(visitor, web)
    assert "code" in read_redirect(await ask(visitor, web), CALLBACK)


async def test_an_app_that_another_could_pose_as_is_never_the_councils_own(client, mint):
    scopes = ["identity:clients", "identity:operate"]
    operator = {"Authorization": f"Bearer {mint(scopes=scopes, councils=['*'], mode='live')}"}
    wrong = body(redirect_uris=[OWN_SCHEME], application_type="native", first_party=True)
    response = await client.post(SERVICES, json=wrong, headers=operator)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "body.first_party")
    assert (await client.post(SERVICES, json=body(first_party=True), headers=operator)).status_code == 201


EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token": "somebody",
    "subject_token_type": "urn:townhall:token-type:subject",
    "actor_token": "x",
    "actor_token_type": "urn:ietf:params:oauth:token-type:access_token",
}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("token", {"grant_type": "client_credentials"}),
        ("token", EXCHANGE),
        ("introspect", {"token": "x"}),
    ],
    ids=["client credentials", "exchange", "introspection"],
)
async def test_endpoints_for_authenticated_clients_are_closed_to_apps(visitor, web, path, form):
    response = await visitor.post(f"/identity/{path}", data={**form, **web.credentials})
    assert (response.status_code, response.json()["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize("path", ["token", "par", "revoke", "introspect"])
async def test_a_service_with_a_secret_cannot_leave_it_out(visitor, resident, database, path):
    service = await confidential(database)
    code = await get_code(visitor, service)
    form = {**service.request(), "grant_type": "authorization_code", "code": code, "token": "x"}
    for client_id in (service.client_id, ids.show(ids.new()), "nobody"):
        response = await visitor.post(f"/identity/{path}", data={**form, "client_id": client_id})
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert response.json()["error_description"].startswith("Authenticate by")


async def test_an_app_is_not_believed_for_a_secret_it_does_not_have(visitor, web):
    form = {"grant_type": "refresh_token", "refresh_token": "x", **web.credentials, "client_secret": "y"}
    assert (await visitor.post("/identity/token", data=form)).status_code == 401


async def test_a_refresh_token_rotates_and_its_second_use_ends_the_sign_in(visitor, resident, web):
    code = await code_for(visitor, web, scope="openid offline_access")
    first = (await web.redeem(visitor, code)).json()
    second = (await web.refresh(visitor, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await web.refresh(visitor, first["refresh_token"])).status_code == 400
    assert (await web.refresh(visitor, second["refresh_token"])).status_code == 400


async def test_a_refresh_token_of_an_app_is_no_other_apps(visitor, resident, web, client, headers):
    code = await code_for(visitor, web, scope="openid offline_access")
    tokens = (await web.redeem(visitor, code)).json()
    other_app = App(await register(client, headers))
    assert (await other_app.refresh(visitor, tokens["refresh_token"])).status_code == 400
    assert (await web.refresh(visitor, tokens["refresh_token"])).status_code == 200


async def last_refresh(database):
    async with database.reading() as session:
        statement = text("SELECT expires_at FROM refresh_token ORDER BY id DESC LIMIT 1")
        return await session.scalar(statement)


async def test_a_sign_in_at_an_app_ends_sooner_however_often_it_is_refreshed(
    visitor, resident, web, database
):
    code = await code_for(visitor, web, scope="openid offline_access")
    tokens = (await web.redeem(visitor, code)).json()
    week = datetime.now(UTC) + timedelta(seconds=relying_party.PUBLIC_REFRESH_SECONDS)
    assert abs(await last_refresh(database) - week) < timedelta(minutes=1)
    async with database.writing() as session:
        await session.execute(
            text("UPDATE token_grant SET created_at = created_at - make_interval(days => 29)")
        )
    await web.refresh(visitor, tokens["refresh_token"])
    assert abs(await last_refresh(database) - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=1)
    assert (relying_party.PUBLIC_GRANT_SECONDS, relying_party.GRANT_SECONDS) == (30 * 86_400, 180 * 86_400)


async def test_an_app_pushes_its_request_by_name(visitor, resident, web):
    pushed = await visitor.post("/identity/par", data=web.request())
    assert pushed.status_code == 201, pushed.text
    at = {"client_id": web.client_id, "request_uri": pushed.json()["request_uri"]}
    assert (await visitor.get("/identity/authorize", params=at)).status_code == 200


async def test_an_app_revokes_its_own_token(visitor, resident, web):
    code = await code_for(visitor, web, scope="openid offline_access")
    tokens = (await web.redeem(visitor, code)).json()
    form = {"token": tokens["refresh_token"], **web.credentials}
    assert (await visitor.post("/identity/revoke", data=form)).status_code == 200
    assert (await web.refresh(visitor, tokens["refresh_token"])).status_code == 400


# Scripts of other sites (CORS).
OPEN = {
    "/identity/token": "POST",
    "/identity/revoke": "POST",
    "/identity/userinfo": "GET, POST",
    "/identity/.well-known/jwks.json": "GET",
    "/identity/.well-known/openid-configuration": "GET",
    "/identity/.well-known/oauth-authorization-server": "GET",
}


async def preflight(browser, path, origin):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return await browser.options(path, headers=headers)


@pytest.mark.parametrize("path", OPEN)
async def test_a_browser_may_call_from_the_pages_of_a_registered_app(visitor, web, path):
    response = await preflight(visitor, path, PAGE)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["access-control-allow-methods"] == OPEN[path]
    assert "access-control-allow-credentials" not in response.headers
    method = visitor.get if "GET" in OPEN[path] else visitor.post
    called = await method(path, headers={"Origin": PAGE})  # an error too must be legible to the script
    assert called.headers["access-control-allow-origin"] == PAGE
    assert "Origin" in called.headers["vary"]


FOREIGN = [
    "https://evil.example",
    f"{PAGE}.evil.example",
    f"{PAGE}:8443",
    PAGE.replace("https", "http"),
    PAGE.upper(),
    "null",
    "*",
    "",
    "uk.gov.citytown.app:",
    "https://service.example",  # of a service that keeps a secret
    "x" * 5_000,
]


@pytest.mark.parametrize("path", OPEN)
async def test_a_browser_may_call_from_nowhere_else(visitor, web, native, database, path):
    await confidential(database)
    for origin in FOREIGN:
        first, then = (
            await preflight(visitor, path, origin),
            await visitor.post(path, headers={"Origin": origin}),
        )
        for name in (*first.headers, *then.headers):
            assert not name.startswith("access-control"), origin


@pytest.mark.parametrize("path", ["/identity/authorize", "/identity/par", "/identity/introspect"])
async def test_nothing_else_is_open_to_other_sites_scripts(visitor, web, path):
    for response in (
        await preflight(visitor, path, PAGE),
        await visitor.post(path, headers={"Origin": PAGE}),
    ):
        assert "access-control-allow-origin" not in response.headers


async def test_a_page_may_call_no_longer_once_its_app_is_retired_or_moved(client, visitor, headers):
    old, new = "https://old.citytown.gov.uk", "https://new.citytown.gov.uk"
    registered = await register(client, headers, redirect_uris=[f"{old}/cb"])
    at, tagged = f"{SERVICES}/{registered['client_id']}", {**headers, "If-Match": '"1"'}
    assert "access-control-allow-origin" in (await preflight(visitor, "/identity/token", old)).headers
    await client.patch(at, json={"redirect_uris": [f"{new}/cb"]}, headers=tagged)
    assert "access-control-allow-origin" not in (await preflight(visitor, "/identity/token", old)).headers
    assert "access-control-allow-origin" in (await preflight(visitor, "/identity/token", new)).headers
    await client.delete(at, headers=headers)
    assert "access-control-allow-origin" not in (await preflight(visitor, "/identity/token", new)).headers


async def test_however_many_origins_strangers_name_the_database_is_asked_once(app, visitor, web, monkeypatch):
    queries = []
    list_origins = clients.list_origins

    async def counting(*arguments):
        queries.append(arguments)
        return await list_origins(*arguments)

    monkeypatch.setattr(clients, "list_origins", counting)
    app.state.provider.client_cache.clear()
    for number in range(20):
        await preflight(visitor, "/identity/token", f"https://{number}.example")
    assert len(queries) <= 3  # at the first, and after each notice of what was registered a moment ago


async def test_keys_and_discovery_are_there_for_scripts_while_the_database_is_away(
    app, visitor, web, monkeypatch
):
    async def away(*_):
        raise OSError("connection refused")

    await preflight(visitor, "/identity/token", PAGE)
    monkeypatch.setattr(clients, "list_origins", away)
    app.state.provider.client_cache.clear()
    response = await visitor.get("/identity/.well-known/jwks.json", headers={"Origin": PAGE})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, PAGE)


async def test_naming_an_app_uses_up_the_callers_networks_share_only(app, client, web, monkeypatch):
    pace = LocalLimiter(Limit(2, 2_000, "client"))
    monkeypatch.setattr(app.state.issuer, "client_limiter", pace)
    form = {"grant_type": "refresh_token", "refresh_token": "x", **web.credentials}
    answers = [(await client.post("/identity/token", data=form)).status_code for _ in range(3)]
    assert answers == [400, 400, 429]
    pace.take(ids.read(web.client_id), "192.0.2.7")


async def test_in_the_sandbox_an_apps_page_may_be_on_the_developers_machine(client, visitor, sandbox):
    at = "http://localhost:5173"
    await register(client, sandbox, mode="sandbox", redirect_uris=[f"{at}/cb"])
    response = await preflight(visitor, "/identity/token", at)
    assert response.headers["access-control-allow-origin"] == at


async def test_discovery_says_that_apps_need_not_authenticate(client):
    metadata = (await client.get("/identity/.well-known/openid-configuration")).json()
    assert "none" in metadata["token_endpoint_auth_methods_supported"]
    assert "none" in metadata["revocation_endpoint_auth_methods_supported"]
    assert "none" not in metadata["introspection_endpoint_auth_methods_supported"]
