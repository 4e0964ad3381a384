"""Test helpers: a service that signs people in, a person with a browser, and the requests between them."""

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
from identity.accounts.rules import factors
from identity.accounts.tables import account, account_email, browser_session, session_upstream
from identity.clients.tables import client, relying_party
from identity.grants.actions import subjects
from identity.shared.rules import crypto

REDIRECT = "https://service.example/callback"
AFTER_LOGOUT = "https://service.example/bye"
KEY, OTHER_KEY = (ECKey.generate_key("P-256", {"kid": "own"}) for _ in range(2))
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def register(
    database, council="citytown", *, jwks=None, revoked_at=None, scopes=(), mode="live", **party
):
    """Register a service with a secret, or with these keys."""
    secret, client_id = secrets.token_urlsafe(16), ids.new()
    async with database.writing() as session:
        await session.set_all_councils()
        values = {"council": council, "id": client_id, "name": f"Bins {ids.show(client_id)[-6:]}"}
        await session.execute(client.insert(), {
            **values, "mode": mode, "scopes": list(scopes) or ["address:read"], "jwks": jwks,
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
    """A registered service: what it sends, and how it authenticates."""

    def __init__(self, client_id, secret, council):
        self.client_id, self.secret, self.council = client_id, secret, council
        self.verifier = secrets.token_urlsafe(40)

    @property
    def challenge(self):
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def request(self, **overrides):
        """Build the parameters of an authorization request; None leaves one out."""
        parameters = {
            "client_id": self.client_id, "response_type": "code", "redirect_uri": REDIRECT,
            "scope": "openid", "state": "a-state", "nonce": "a-nonce",
            "code_challenge": self.challenge, "code_challenge_method": "S256", **overrides,
        }  # fmt: skip
        return {name: value for name, value in parameters.items() if value is not None}

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
        """Sign a request object."""
        content = {"iss": self.client_id, "aud": f"{ISSUER}authorize", **self.request(), **claims}
        content = {name: value for name, value in content.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": key.kid, **(header or {})}, content, key, algorithms=[alg])

    async def redeem(self, browser, code, **overrides):
        """Redeem a code; None leaves a field out."""
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
            "code_verifier": self.verifier, **self.credentials, **overrides,
        }  # fmt: skip
        return await browser.post("/identity/token", data=_without_none(fields))

    async def refresh(self, browser, token, **overrides):
        fields = {"grant_type": "refresh_token", "refresh_token": token, **self.credentials, **overrides}
        return await browser.post("/identity/token", data=_without_none(fields))

    async def tokens(self, browser, **overrides):
        """Sign in and redeem the code: the response's JSON."""
        response = await self.redeem(browser, await get_code(browser, self, **overrides))
        assert response.status_code == 200, response.text
        return response.json()


def _without_none(fields):
    return {name: value for name, value in fields.items() if value is not None}


def make_browser(app, cookies=None):
    """Make a browser: an httpx client with its own cookies."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test.invalid", cookies=cookies)


async def create_person(database, methods=("email",), *, at=None, email=None):
    """Create a person with an account: its id."""
    account_id, now = ids.new(), datetime.now(UTC)
    address = email or f"{ids.show(account_id)}@people.example"
    async with database.writing() as session:
        values = {"id": account_id, "status": "active", "language": "en", "version": 1}
        await session.execute(account.insert(), {**values, "created_at": now, "closed_at": None})
        values = {"account": account_id, "address": address, "canonical": address, "verified_at": now}
        await session.execute(account_email.insert(), values)
    return account_id


async def address_of(database, account_id):
    """Get the address of a person."""
    async with database.reading() as session:
        row = await session.first(account_email.select().where(account_email.c.account == account_id))
    return row.address


async def subject_at(app, council, account_id):
    """Derive the subject of a person at a council's services, which is another than at the next council's."""
    async with app.state.database.reading() as session:
        [subject] = await subjects.list_subjects(session, app.state.issuer, account_id, council)
    return subject


async def sign_in(
    database, browser, account_id, methods=("email",), *, ago=0, council="citytown", upstream=None
):
    """Sign a person in, in this browser, as the pages do: the session's id.

    A method of an upstream is that of ``upstream``, or of another, of ``council``.
    """
    secret, session_id = secrets.token_urlsafe(32), ids.new()
    now = datetime.now(UTC)
    at, own_methods = now - timedelta(seconds=ago), sorted(factors.OWN.intersection(methods))
    async with database.writing() as session:
        await session.execute(browser_session.insert(), {
            "id": session_id, "account": account_id, "secret_hash": hashlib.sha256(secret.encode()).digest(),
            "methods": own_methods, "own_at": at if own_methods else None, "device": "Test",
            "authenticated_at": at,
            "created_at": now, "seen_at": now, "expires_at": now + timedelta(hours=1), "ended_at": None,
        })  # fmt: skip
        for method in set(methods) - factors.OWN:
            await session.execute(session_upstream.insert(), {
                "council": council, "session": session_id, "upstream": upstream or ids.new(),
                "method": method, "authenticated_at": at, "person": session_id.bytes,
            })  # fmt: skip
    browser.cookies.set("townhall-session", secret, domain="test.invalid", path="/")
    return session_id


async def ask(browser, service, **overrides):
    """Send an authorization request."""
    return await browser.get("/identity/authorize", params=service.request(**overrides))


def read_redirect(response, redirect=REDIRECT):
    """Read the parameters of a redirect to the service."""
    assert response.status_code in {302, 303}, response.text
    location = response.headers["location"]
    assert location.startswith(f"{redirect}?"), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def read_request_id(response):
    """Read the id of the request from a redirect to the sign-in page."""
    assert response.status_code in {302, 303}, response.text
    location = urlsplit(response.headers["location"])
    assert location.path == "/identity/sign-in", response.headers["location"]
    return parse_qs(location.query)["request"][0]


async def continue_request(browser, request_id):
    """Continue a request after sign-in."""
    return await browser.get("/identity/authorize/continue", params={"request": request_id})


def read_hidden_fields(page):
    """Read the hidden fields of the consent page."""
    assert page.status_code == 200, page.text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))


async def answer_consent(browser, page, answer="yes", **overrides):
    """Answer the consent page."""
    headers = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}
    form = {**read_hidden_fields(page), "answer": answer, **overrides}
    return await browser.post("/identity/authorize/consent", data=_without_none(form), headers=headers)


async def get_code(browser, service, **overrides):
    """Get a code for the person who is signed in; agree if asked."""
    response = await ask(browser, service, **overrides)
    if response.status_code == 200:
        response = await answer_consent(browser, response)
    return read_redirect(response)["code"]


async def submit_form(browser, page, **typed):
    """Submit the page's form as a browser does, and follow redirects on our pages."""
    form = re.search(r'<form method="post"(?: action="([^"]*)")?.*?</form>', page.text, re.DOTALL)
    url = urljoin(str(page.url), html.unescape(form[1] or ""))
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0])
    headers = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}
    return await follow_redirects(
        browser, await browser.post(url, data={**dict(hidden), **typed}, headers=headers)
    )


async def follow_redirects(browser, response):
    """Follow redirects on our own pages; a redirect to the service is returned itself."""
    while response.status_code in {302, 303}:
        url = urljoin(str(response.url), response.headers["location"])
        if urlsplit(url).netloc != "test.invalid":
            break
        response = await browser.get(url)
    return response


async def verify_claims(browser, token, algorithm="ES256"):
    """Verify a token's signature with the published keys: its claims."""
    published = (await browser.get("/identity/.well-known/jwks.json")).json()
    return jwt.decode(token, KeySet.import_key_set(published), algorithms=[algorithm]).claims


def read_header(token):
    part = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
