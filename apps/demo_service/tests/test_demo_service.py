"""The demonstration service accepts what its provider signed, and nothing else: examples get copied."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from apps.demo_service.app import COOKIE, DemoService
from apps.demo_service.relying_party import CORE_IDENTITY, Registration

ISSUER = "http://provider.test/identity/"
REGISTRATION = Registration(ISSUER, "the-client", "the-secret", "http://service.test")
KEY = ECKey.generate_key("P-256", {"kid": "own", "use": "sig", "alg": "ES256"})
FOREIGN = ECKey.generate_key("P-256", {"kid": "own"})
DID = "did:web:provider.test:identity"


class Provider:
    """A provider whose answers a test can change."""

    def __init__(self):
        self.claims, self.userinfo, self.identity = {}, {}, {}
        self.key = self.identity_key = KEY
        self.issuer = ISSUER
        self.token_request = {}
        paths = {
            "/identity/.well-known/openid-configuration": self.metadata,
            "/identity/keys": lambda _: JSONResponse({"keys": [KEY.as_dict(private=False)]}),
            "/identity/.well-known/did.json": self.did,
            "/identity/token": self.token,
            "/identity/userinfo": self.read_userinfo,
        }
        routes = [Route(path, endpoint, methods=["GET", "POST"]) for path, endpoint in paths.items()]
        self.app = Starlette(routes=routes)

    def metadata(self, _):
        paths = {
            "authorization": "authorize",
            "token": "token",
            "userinfo": "userinfo",
            "end_session": "logout",
        }
        endpoints = {f"{name}_endpoint": f"{ISSUER}{path}" for name, path in paths.items()}
        return JSONResponse({"issuer": self.issuer, "jwks_uri": f"{ISSUER}keys", **endpoints})

    def did(self, _):
        method = {"id": f"{DID}#own", "publicKeyJwk": KEY.as_dict(private=False)}
        return JSONResponse({"id": DID, "assertionMethod": [method]})

    async def token(self, request):
        self.token_request = {
            name: value[0] for name, value in parse_qs((await request.body()).decode()).items()
        }
        self.token_request["authorization"] = request.headers["authorization"]
        token = self.signed({"nonce": self.nonce, **self.claims}, self.key, "own")
        return JSONResponse({"id_token": token, "access_token": "an-access-token"})

    def read_userinfo(self, request):
        assert request.headers["authorization"] == "Bearer an-access-token"
        identity = self.signed({"vot": "P2", **self.identity}, self.identity_key, f"{DID}#own")
        return JSONResponse({"sub": "ada", CORE_IDENTITY: identity, **self.userinfo})

    @staticmethod
    def signed(claims, key, kid):
        now = int(time.time())
        usual = {"iss": ISSUER, "sub": "ada", "aud": "the-client", "iat": now, "exp": now + 60}
        return jwt.encode({"alg": "ES256", "kid": kid}, {**usual, **claims}, key)


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
async def browser(provider):
    transport = httpx.ASGITransport(provider.app)
    async with httpx.AsyncClient(transport=transport) as http:
        service = DemoService(REGISTRATION, http)
        own_transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=own_transport, base_url=REGISTRATION.url) as browser:
            yield browser


async def start_sign_in(browser, provider, level="P2"):
    """Start a sign-in; the authorization request that the provider gets."""
    response = await browser.post("/sign-in", data={"level": level})
    query = parse_qs(urlsplit(response.headers["location"]).query)
    request = {name: values[0] for name, values in query.items()}
    provider.nonce = request["nonce"]
    return request


async def test_the_service_shows_the_claims_it_gets(provider, browser):
    request = await start_sign_in(browser, provider)
    assert request["vtr"] == '["Cl.Cm.P2"]'
    before = browser.cookies[COOKIE]
    callback = {"code": "a-code", "state": request["state"], "iss": ISSUER}
    response = await browser.get("/signed-in", params=callback)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert browser.cookies[COOKIE] != before, "an attacker may know the old session"
    assert provider.token_request["redirect_uri"] == "http://service.test/signed-in"
    assert provider.token_request["authorization"].startswith("Basic ")
    page = (await browser.get("/")).text
    assert "What this service knows about you" in page
    assert re.search(r"&#34;vot&#34;: &#34;P2&#34;", page)
    second = await browser.get("/signed-in", params=callback)
    assert second.status_code == 400, "an answer is accepted once"
    out = await browser.post("/sign-out")
    assert out.headers["location"].startswith(f"{ISSUER}logout?id_token_hint=")
    assert "What this service knows about you" not in (await browser.get("/")).text


async def test_an_unknown_level_asks_for_no_identity(provider, browser):
    request = await start_sign_in(browser, provider, level="P9")
    assert "vtr" not in request
    assert "claims" not in request


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("callback", {"state": "another"}),
        ("callback", {"state": ""}),
        ("callback", {"iss": "http://attacker.test/"}),
        ("callback", {"iss": ""}),
        ("callback", {"error": "access_denied"}),
        ("issuer", "http://attacker.test/"),
        ("key", FOREIGN),
        ("claims", {"nonce": "another"}),
        ("claims", {"aud": "another"}),
        ("claims", {"iss": "http://attacker.test/"}),
        ("claims", {"exp": 1_600_000_000}),
        ("claims", {"sub": "eve"}),
        ("userinfo", {"sub": "eve"}),
        ("identity", {"sub": "eve"}),
        ("identity", {"aud": "another"}),
        ("identity", {"exp": 1_600_000_000}),
        ("identity_key", FOREIGN),
    ],
)
async def test_an_invalid_answer_signs_nobody_in(provider, browser, where, change):
    request = await start_sign_in(browser, provider)
    callback = {"code": "a-code", "state": request["state"], "iss": ISSUER}
    if where == "callback":
        callback |= change
    else:
        setattr(provider, where, change)
    response = await browser.get("/signed-in", params=callback)
    assert (response.status_code, "You are not signed in" in response.text) == (400, True)
    assert "What this service knows about you" not in (await browser.get("/")).text


async def test_metadata_of_another_issuer_are_refused_on_a_page(provider, browser):
    provider.issuer = "http://attacker.test/"
    response = await browser.post("/sign-in", data={"level": ""})
    assert (response.status_code, "another issuer" in response.text) == (502, True)
    assert "location" not in response.headers


async def test_a_callback_without_a_sign_in_is_refused(provider, browser):
    response = await browser.get("/signed-in", params={"code": "a", "state": "b", "iss": ISSUER})
    assert response.status_code == 400
    assert provider.token_request == {}


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
async def test_forms_of_other_sites_are_refused(provider, browser, path):
    response = await browser.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert COOKIE not in browser.cookies
