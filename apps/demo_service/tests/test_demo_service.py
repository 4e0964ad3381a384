"""The demonstration service believes its provider, and nobody else: an example is copied with its faults."""

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

from apps.demo_service.app import COOKIE, Service
from apps.demo_service.relying_party import CORE_IDENTITY, Registration

ISSUER = "http://provider.test/identity/"
REGISTRATION = Registration(ISSUER, "the-client", "the-secret", "http://service.test")
KEY = ECKey.generate_key("P-256", {"kid": "own", "use": "sig", "alg": "ES256"})
FOREIGN = ECKey.generate_key("P-256", {"kid": "own"})
DID = "did:web:provider.test:identity"


class Provider:
    """Answers as it is told to."""

    def __init__(self):
        self.claims, self.userinfo, self.identity = {}, {}, {}
        self.key = self.identity_key = KEY
        self.issuer = ISSUER
        self.sent = {}
        paths = {
            "/identity/.well-known/openid-configuration": self.metadata,
            "/identity/keys": lambda _: JSONResponse({"keys": [KEY.as_dict(private=False)]}),
            "/identity/.well-known/did.json": self.did,
            "/identity/token": self.token,
            "/identity/userinfo": self.told,
        }
        routes = [Route(path, endpoint, methods=["GET", "POST"]) for path, endpoint in paths.items()]
        self.app = Starlette(routes=routes)

    def metadata(self, _):
        places = {
            "authorization": "authorize",
            "token": "token",
            "userinfo": "userinfo",
            "end_session": "logout",
        }
        found = {f"{name}_endpoint": f"{ISSUER}{place}" for name, place in places.items()}
        return JSONResponse({"issuer": self.issuer, "jwks_uri": f"{ISSUER}keys", **found})

    def did(self, _):
        method = {"id": f"{DID}#own", "publicKeyJwk": KEY.as_dict(private=False)}
        return JSONResponse({"id": DID, "assertionMethod": [method]})

    async def token(self, request):
        self.sent = {name: value[0] for name, value in parse_qs((await request.body()).decode()).items()}
        self.sent["authorization"] = request.headers["authorization"]
        token = self.signed({"nonce": self.nonce, **self.claims}, self.key, "own")
        return JSONResponse({"id_token": token, "access_token": "an-access-token"})

    def told(self, request):
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
        service = Service(REGISTRATION, http)
        there = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=there, base_url=REGISTRATION.url) as one:
            yield one


async def leave(browser, provider, level="P2"):
    """Go to sign in: the request that the provider gets."""
    away = await browser.post("/sign-in", data={"level": level})
    asked = {name: value[0] for name, value in parse_qs(urlsplit(away.headers["location"]).query).items()}
    provider.nonce = asked["nonce"]
    return asked


async def test_the_service_shows_what_it_was_told(provider, browser):
    asked = await leave(browser, provider)
    assert asked["vtr"] == '["Cl.Cm.P2"]'
    before = browser.cookies[COOKIE]
    back = {"code": "a-code", "state": asked["state"], "iss": ISSUER}
    answer = await browser.get("/signed-in", params=back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.cookies[COOKIE] != before, "nobody sits in a session that another began"
    assert provider.sent["redirect_uri"] == "http://service.test/signed-in"
    assert provider.sent["authorization"].startswith("Basic ")
    page = (await browser.get("/")).text
    assert "What this service was told" in page
    assert re.search(r"&#34;vot&#34;: &#34;P2&#34;", page)
    again = await browser.get("/signed-in", params=back)
    assert again.status_code == 400, "an answer is taken once"
    out = await browser.post("/sign-out")
    assert out.headers["location"].startswith(f"{ISSUER}logout?id_token_hint=")
    assert "What this service was told" not in (await browser.get("/")).text


async def test_without_a_level_no_identity_is_asked_for(provider, browser):
    asked = await leave(browser, provider, level="P9")
    assert "vtr" not in asked
    assert "claims" not in asked


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("back", {"state": "another"}),
        ("back", {"state": ""}),
        ("back", {"iss": "http://attacker.test/"}),
        ("back", {"iss": ""}),
        ("back", {"error": "access_denied"}),
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
async def test_nothing_is_believed_that_does_not_hold(provider, browser, where, change):
    asked = await leave(browser, provider)
    back = {"code": "a-code", "state": asked["state"], "iss": ISSUER}
    if where == "back":
        back |= change
    else:
        setattr(provider, where, change)
    answer = await browser.get("/signed-in", params=back)
    assert (answer.status_code, "You are not signed in" in answer.text) == (400, True)
    assert "What this service was told" not in (await browser.get("/")).text


async def test_a_provider_that_does_not_answer_is_said_to_the_person(provider, browser):
    provider.issuer = "http://attacker.test/"
    answer = await browser.post("/sign-in", data={"level": ""})
    assert (answer.status_code, "another issuer" in answer.text) == (502, True)
    assert "location" not in answer.headers


async def test_who_never_left_does_not_come_back(provider, browser):
    answer = await browser.get("/signed-in", params={"code": "a", "state": "b", "iss": ISSUER})
    assert answer.status_code == 400
    assert provider.sent == {}


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
async def test_forms_of_other_sites_do_nothing(provider, browser, path):
    answer = await browser.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert COOKIE not in browser.cookies
