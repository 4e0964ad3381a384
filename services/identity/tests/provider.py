"""A service that signs people in, a person with a browser, and what goes on between them: for tests."""

import base64
import hashlib
import html
import json
import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis import ids
from chassis.testing import ISSUER
from identity.accounts.tables import account, account_email, browser_session
from identity.clients.tables import client, relying_party
from identity.shared.rules import crypto

REDIRECT = "https://service.example/callback"
AFTER_LOGOUT = "https://service.example/bye"
KEY, OTHER_KEY = (ECKey.generate_key("P-256", {"kid": "own"}) for _ in range(2))
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def register(database, council="citytown", *, jwks=None, revoked_at=None, scopes=(), **party):
    """A client with a secret (or these keys) and its registration: a Party's id, secret and council."""
    secret, client_id = secrets.token_urlsafe(16), ids.new()
    async with database.writing() as session:
        await session.set_all_councils()
        values = {"council": council, "id": client_id, "name": f"Bins {ids.show(client_id)[-6:]}"}
        await session.execute(client.insert(), {
            **values, "mode": "live", "scopes": list(scopes) or ["address:read"], "jwks": jwks,
            "secret_hash": None if jwks else crypto.hash_secret(secret), "generation": 1,
            "created_by": "tests", "created_at": datetime.now(UTC), "revoked_at": revoked_at,
        })  # fmt: skip
        await session.execute(relying_party.insert(), {
            "council": council, "client": client_id, "profile": "standard", "first_party": True,
            "redirect_uris": [REDIRECT], "post_logout_redirect_uris": [AFTER_LOGOUT],
            "backchannel_logout_uri": None, "subject_type": "pairwise", "id_token_alg": "ES256",
            "jwks_uri": None, "par_required": False, "identity_levels": [], "contacts": [],
            "person_scopes": ["openid", "email", "phone", "offline_access"], **party,
        })  # fmt: skip
    return Service(ids.show(client_id), None if jwks else secret, council)


class Service:
    """A registered service: what it sends, and how it shows who it is."""

    def __init__(self, client_id, secret, council):
        self.client_id, self.secret, self.council = client_id, secret, council
        self.verifier = secrets.token_urlsafe(40)

    @property
    def challenge(self):
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def request(self, **other):
        """The parameters of a request for sign-in; None leaves one out."""
        asked = {
            "client_id": self.client_id, "response_type": "code", "redirect_uri": REDIRECT,
            "scope": "openid", "state": "a-state", "nonce": "a-nonce",
            "code_challenge": self.challenge, "code_challenge_method": "S256", **other,
        }  # fmt: skip
        return {name: value for name, value in asked.items() if value is not None}

    @property
    def credentials(self):
        if self.secret is not None:
            return {"client_id": self.client_id, "client_secret": self.secret}
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}

    def assertion(self, key=KEY, header=None, alg="ES256", **claims):
        now = int(time.time())
        content = {
            "iss": self.client_id, "sub": self.client_id, "aud": f"{ISSUER}token", "exp": now + 60,
            "iat": now, "jti": secrets.token_hex(8), **claims,
        }  # fmt: skip
        return jwt.encode({"alg": alg, "kid": key.kid, **(header or {})}, content, key, algorithms=[alg])

    def object(self, key=KEY, header=None, alg="ES256", **claims):
        """A signed request object."""
        content = {"iss": self.client_id, "aud": f"{ISSUER}authorize", **self.request(), **claims}
        content = {name: value for name, value in content.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": key.kid, **(header or {})}, content, key, algorithms=[alg])

    async def redeem(self, browser, code, **other):
        """Trade the code in; None leaves a field out."""
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
            "code_verifier": self.verifier, **self.credentials, **other,
        }  # fmt: skip
        return await browser.post("/identity/token", data=_given(fields))

    async def refresh(self, browser, token, **other):
        fields = {"grant_type": "refresh_token", "refresh_token": token, **self.credentials, **other}
        return await browser.post("/identity/token", data=_given(fields))

    async def tokens(self, browser, **other):
        """Sign in and trade the code in: the answer's JSON."""
        answer = await self.redeem(browser, await code_of(browser, self, **other))
        assert answer.status_code == 200, answer.text
        return answer.json()


def _given(fields):
    return {name: value for name, value in fields.items() if value is not None}


def browser_of(app, cookies=None):
    """A browser of its own: an httpx client that keeps cookies."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test.invalid", cookies=cookies)


async def person(database, methods=("email",), *, at=None, email=None):
    """Somebody with an account: its id."""
    account_id, now = ids.new(), datetime.now(UTC)
    address = email or f"{ids.show(account_id)}@people.example"
    async with database.writing() as session:
        values = {"id": account_id, "status": "active", "language": "en", "version": 1}
        await session.execute(account.insert(), {**values, "created_at": now, "closed_at": None})
        values = {"account": account_id, "address": address, "canonical": address, "verified_at": now}
        await session.execute(account_email.insert(), values)
    return account_id


async def sign_in(database, browser, account_id, methods=("email",), *, ago=0):
    """Sign the person in, in this browser, as the pages do: the session's id."""
    secret, session_id = secrets.token_urlsafe(32), ids.new()
    now = datetime.now(UTC)
    async with database.writing() as session:
        await session.execute(browser_session.insert(), {
            "id": session_id, "account": account_id, "secret_hash": hashlib.sha256(secret.encode()).digest(),
            "methods": list(methods), "device": "Test", "authenticated_at": now - timedelta(seconds=ago),
            "created_at": now, "seen_at": now, "expires_at": now + timedelta(hours=1), "ended_at": None,
        })  # fmt: skip
    browser.cookies.set("townhall-session", secret, domain="test.invalid", path="/")
    return session_id


async def ask(browser, service, **other):
    """The answer to a request for sign-in."""
    return await browser.get("/identity/authorize", params=service.request(**other))


def answered(response, redirect=REDIRECT):
    """The parameters with which the browser is sent back to the service."""
    assert response.status_code in {302, 303}, response.text
    where = response.headers["location"]
    assert where.startswith(f"{redirect}?"), where
    return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


def waiting(response):
    """The id of the request with which the browser is sent to sign in."""
    assert response.status_code in {302, 303}, response.text
    where = urlsplit(response.headers["location"])
    assert where.path == "/identity/sign-in", response.headers["location"]
    return parse_qs(where.query)["request"][0]


async def proceed(browser, request_id):
    return await browser.get("/identity/authorize/continue", params={"request": request_id})


def fields_of(page):
    """The hidden fields of the consent page."""
    assert page.status_code == 200, page.text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))


async def agree(browser, page, answer="yes", **other):
    """Answer the consent page."""
    headers = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}
    form = {**fields_of(page), "answer": answer, **other}
    return await browser.post("/identity/authorize/consent", data=_given(form), headers=headers)


async def code_of(browser, service, **other):
    """A code, the person being signed in; agrees where asked."""
    response = await ask(browser, service, **other)
    if response.status_code == 200:
        response = await agree(browser, response)
    return answered(response)["code"]


async def send(browser, page, **typed):
    """Send the page's form as a browser does, and follow it on our pages: the next page, or the way out."""
    form = re.search(r'<form method="post"(?: action="([^"]*)")?.*?</form>', page.text, re.DOTALL)
    where = urljoin(str(page.url), html.unescape(form[1] or ""))
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0])
    headers = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}
    return await follow(browser, await browser.post(where, data={**dict(hidden), **typed}, headers=headers))


async def follow(browser, response):
    """Where redirects lead on our own pages; the redirect itself where it leads to the service."""
    while response.status_code in {302, 303}:
        where = urljoin(str(response.url), response.headers["location"])
        if urlsplit(where).netloc != "test.invalid":
            break
        response = await browser.get(where)
    return response


async def claims_of(browser, token, algorithm="ES256"):
    """A token's claims, its signature checked with the published keys."""
    published = (await browser.get("/identity/.well-known/jwks.json")).json()
    return jwt.decode(token, KeySet.import_key_set(published), algorithms=[algorithm]).claims


def header_of(token):
    part = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
