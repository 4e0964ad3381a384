"""A client of the simulator for its tests: its requests, its assertions, and what it reads in the answers."""

import json
import secrets
import time
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from simulators.openid_provider.providers import ADDRESS, CORE_IDENTITY, RETURN_CODE
from simulators.openid_provider.staff import CITYTOWN

REDIRECT_URI = "https://council.example/identity/callback"
KEY = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"
CLAIMS = json.dumps({"userinfo": {CORE_IDENTITY: None, ADDRESS: None, RETURN_CODE: None}})
PROOF = {"vtr": '["Cl.Cm.P2"]', "claims": CLAIMS}


def request_parameters(**changes):
    """The parameters of an authorization request; None removes one."""
    usual = {
        "response_type": "code", "client_id": "city", "redirect_uri": REDIRECT_URI, "scope": "openid email",
        "state": "a-state", "nonce": "a-nonce", "vtr": '["Cl.Cm"]',
        "code_challenge": create_s256_code_challenge(VERIFIER), "code_challenge_method": "S256",
    }  # fmt: skip
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def redirected(response):
    """The parameters with which the browser is redirected to the client."""
    assert response.status_code in (302, 303), response.text
    location = response.headers["location"]
    assert location.startswith(f"{REDIRECT_URI}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def authorize(browser, **changes):
    """Send an authorization request to One Login; what the client gets by redirect."""
    return redirected(await browser.get("/authorize", params=request_parameters(**changes)))


def assertion(key=KEY, alg="RS256", **changes):
    """A client assertion; None removes a claim."""
    now = int(time.time())
    usual = {
        "iss": "city", "sub": "city", "aud": "http://localhost:9100/token", "exp": now + 60, "iat": now,
        "jti": secrets.token_hex(8),
    }  # fmt: skip
    claims = {name: value for name, value in {**usual, **changes}.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "ours"}, claims, key, algorithms=[alg])


async def redeem(browser, code, /, **changes):
    """Send a token request to One Login; None removes a parameter."""
    usual = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(),
    }  # fmt: skip
    form = {name: value for name, value in {**usual, **changes}.items() if value is not None}
    return await browser.post("/token", data=form)


async def sign_in(simulator, browser, person, **changes):
    """Sign a resident in at One Login; the token response."""
    simulator.auto = person
    response = await redeem(browser, (await authorize(browser, **changes))["code"])
    assert response.status_code == 200, response.text
    return response.json()


async def read_userinfo(browser, tokens):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return (await browser.get("/userinfo", headers=headers)).json()


async def staff_claims(simulator, browser, person, **changes):
    """Sign a member of staff in; the claims of the id_token, or the answer if it is an error."""
    provider = simulator.directory(CITYTOWN)
    simulator.auto = person
    parameters = request_parameters(client_id="staff", scope="openid profile email", vtr=None)
    code = redirected(await browser.get(provider.authorize, params=parameters))["code"]
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER, "client_id": "staff", "client_secret": "hush", **changes,
    }  # fmt: skip
    response = await browser.post(provider.token, data=form)
    if response.status_code != 200:
        return response
    keys = KeySet.import_key_set((await browser.get(provider.jwks)).json())
    return jwt.decode(response.json()["id_token"], keys, algorithms=["RS256"]).claims
