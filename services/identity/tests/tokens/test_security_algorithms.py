"""Every algorithm a client may sign with, in each place, and confusions of one with another (RFC 8725)."""

import base64
import hmac
import json
import secrets
import time

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from chassis import ids
from chassis.testing import ISSUER
from identity.shared.oauth import assertions
from identity.shared.rules import key_sets
from services.identity.tests.provider import ASSERTION_TYPE, REDIRECT, register

EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
P384, P521 = (ECKey.generate_key(curve, {"kid": "ec"}) for curve in ("P-384", "P-521"))
_1024 = base64.urlsafe_b64encode(b"\xd5" * 128).rstrip(b"=").decode()
WEAK = {"kty": "RSA", "kid": "weak", "e": "AQAB", "n": _1024}
# The contract's "RS/PS 256-512", and ES256; written out, so that leaving one out is seen.
ACCEPTED = {
    "ES256": EC,
    "RS256": RSA,
    "RS384": RSA,
    "RS512": RSA,
    "PS256": RSA,
    "PS384": RSA,
    "PS512": RSA,
}
REFUSED = {
    "ES384": P384,
    "ES512": P521,
    "HS256": OctKey.import_key(EC.thumbprint() * 2),  # with a public key itself: below
    "HS384": OctKey.import_key(EC.thumbprint() * 2),
    "HS512": OctKey.import_key(EC.thumbprint() * 2),
}


def public(key, **more):
    return {**key.as_dict(private=False), **more}


@pytest.fixture(scope="module")
async def signer(database, client):
    return await register(database, jwks=[assertions.parse_public_key(public(key)) for key in (EC, RSA)])


async def at_token(browser, service, key, algorithm, **how):
    """Whether the client is known by an assertion signed so."""
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    assertion = service.assertion(key, alg=algorithm, **how)
    response = await browser.post("/identity/token", data={**form, "client_assertion": assertion})
    return response.status_code == 200


async def at_par(browser, service, key, algorithm, **how):
    """Whether a pushed request object signed so is taken, the client being known otherwise."""
    form_fields = {**outside(service, key, algorithm, **how), "client_assertion": service.assertion(EC)}
    response = await browser.post(
        "/identity/par", data={**form_fields, "client_assertion_type": ASSERTION_TYPE}
    )
    return response.status_code == 201


async def at_authorize(browser, service, key, algorithm, **how):
    """Whether a request object signed so is taken from the browser."""
    response = await browser.get("/identity/authorize", params=outside(service, key, algorithm, **how))
    return "/identity/sign-in?" in response.headers["location"]


def outside(service, key, algorithm, **how):
    params = {"client_id": service.client_id, "response_type": "code", "redirect_uri": REDIRECT}
    return {**params, "request": service.object(key, alg=algorithm, **how)}


PLACES = pytest.mark.parametrize("place", [at_token, at_par, at_authorize])


@PLACES
@pytest.mark.parametrize("algorithm", ACCEPTED)
async def test_each_algorithm_is_accepted_at_each_endpoint(visitor, signer, place, algorithm):
    assert await place(visitor, signer, ACCEPTED[algorithm], algorithm)


@PLACES
@pytest.mark.parametrize("algorithm", REFUSED)
async def test_no_other_algorithm_is_accepted_by_any_key(visitor, signer, place, algorithm):
    kid = {"kid": "ec" if algorithm in {"ES384", "ES512", "HS256"} else "rsa"}
    assert not await place(visitor, signer, REFUSED[algorithm], algorithm, header=kid)


@pytest.mark.parametrize(
    "member",
    ["token_endpoint_auth_signing_alg_values_supported", "request_object_signing_alg_values_supported"],
)
async def test_discovery_lists_the_accepted_algorithms_and_no_others(client, member):
    metadata = (await client.get("/identity/.well-known/openid-configuration")).json()
    assert sorted(metadata[member]) == sorted(ACCEPTED)


def part(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def build_assertion(service, header, signature=""):
    """An assertion with this header, and whatever stands where a signature would."""
    now = int(time.time())
    content = {"iss": service.client_id, "sub": service.client_id, "aud": f"{ISSUER}token"}
    claims = part({**content, "exp": now + 60, "iat": now, "jti": secrets.token_hex(8)})
    return f"{part(header)}.{claims}.{signature}"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None", "kid": "rsa"},
        {"alg": "RS256", "kid": "ec"},
        {"alg": "ES256", "kid": "rsa"},
        {"alg": "es256", "kid": "ec"},
        {"alg": "", "kid": "ec"},
        {"kid": "ec"},
    ],
)
async def test_no_header_lets_an_unsigned_assertion_through(client, signer, header):
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    for signature in ("", "AA", "A" * 86, "A" * 342):
        form_fields = {**form, "client_assertion": build_assertion(signer, header, signature)}
        response = await client.post("/identity/token", data=form_fields)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(("algorithm", "honest"), [("HS256", EC), ("HS512", RSA)])
async def test_a_public_key_is_no_shared_secret_in_any_of_its_spellings(client, signer, algorithm, honest):
    spelt = [honest.as_pem(private=False), honest.as_der(private=False), json.dumps(public(honest)).encode()]
    for secret in [*spelt, *(spelling.strip() for spelling in spelt)]:
        unsigned = build_assertion(signer, {"alg": algorithm, "kid": honest.kid})[:-1]
        mac = hmac.digest(secret, unsigned.encode(), {"HS256": "sha256", "HS512": "sha512"}[algorithm])
        forged = f"{unsigned}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        form_fields = {"client_assertion": forged, "client_assertion_type": ASSERTION_TYPE}
        response = await client.post(
            "/identity/token", data={**form_fields, "grant_type": "client_credentials"}
        )
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def renamed(service, key, algorithm, header):
    """A good signature whose header is then exchanged for another."""
    head, content, signature = service.assertion(key, alg=algorithm).split(".")
    assert head != part(header)
    return f"{part(header)}.{content}.{signature}"


@pytest.mark.parametrize(
    ("key", "algorithm", "header"),
    [
        (RSA, "RS256", {"alg": "ES256", "kid": "rsa"}),
        (RSA, "RS256", {"alg": "ES256", "kid": "ec"}),
        (EC, "ES256", {"alg": "RS256", "kid": "ec"}),
        (RSA, "RS256", {"alg": "PS256", "kid": "rsa"}),
        (RSA, "PS256", {"alg": "RS256", "kid": "rsa"}),
        (RSA, "RS512", {"alg": "RS256", "kid": "rsa"}),
    ],
)
async def test_a_signature_of_one_algorithm_is_none_of_another(client, signer, key, algorithm, header):
    form_fields = {"client_assertion": renamed(signer, key, algorithm, header)}
    form = {**form_fields, "grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    assert (await client.post("/identity/token", data=form)).status_code == 401


@PLACES
@pytest.mark.parametrize(("bound", "used"), [("RS256", "PS256"), ("PS256", "RS256"), ("RS256", "RS512")])
async def test_a_key_registered_for_one_algorithm_signs_with_no_other(visitor, database, place, bound, used):
    registered = [
        assertions.parse_public_key(public(RSA, alg=bound)),
        assertions.parse_public_key(public(EC)),
    ]
    service = await register(database, jwks=registered)
    assert await place(visitor, service, RSA, bound)
    assert not await place(visitor, service, RSA, used)


SERVICES = "/citytown/identity/v1/services"
CLIENTS = "/citytown/identity/v1/clients"


def service_body(**overrides):
    name, callback = f"Keys {ids.show(ids.new())}", "https://bins.citytown.gov.uk/signed-in"
    defaults = {"name": name, "name_cy": "Allweddi", "mode": "live", "redirect_uris": [callback]}
    return {**defaults, **overrides}


def client_body(**overrides):
    return {"name": f"Keys {ids.show(ids.new())}", "scopes": ["address:read"], **overrides}


@pytest.mark.parametrize(("url", "body"), [(SERVICES, service_body), (CLIENTS, client_body)])
@pytest.mark.parametrize(
    "wrong",
    [
        WEAK,
        public(RSA, alg="RSA-OAEP"),
        public(RSA, alg="ES256"),
        public(RSA, alg="HS256"),
        public(EC, alg="RS256"),
        public(P384),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
    ],
    ids=["1024 bits", "encryption", "EC on RSA", "HMAC on RSA", "RS on EC", "P-384", "symmetric"],
)
async def test_a_weak_or_mismatched_key_is_not_registered(client, keeper, url, body, wrong):
    response = await client.post(url, json=body(jwks={"keys": [wrong]}), headers=keeper)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"].startswith("body.jwks")


async def test_a_registered_key_is_shown_with_the_algorithm_it_is_for(client, keeper):
    keys = [public(RSA, alg="PS512"), public(EC)]
    response = await client.post(SERVICES, json=service_body(jwks={"keys": keys}), headers=keeper)
    assert [key.get("alg") for key in response.json()["jwks"]["keys"]] == ["PS512", None]


def test_a_weak_key_at_a_jwks_uri_is_passed_over_and_nothing_else_is_not_enough():
    mixed, alone = [WEAK, public(EC)], [WEAK]
    assert [key["kid"] for key in key_sets.parse_key_set(json.dumps({"keys": mixed}).encode())] == ["ec"]
    with pytest.raises(ValueError, match="2048"):
        key_sets.parse_key_set(json.dumps({"keys": alone}).encode())


async def test_one_login_signs_in_with_each_of_its_algorithms_at_once(visitor, database):
    """A service that rotates from RS256 to PS512 has both keys registered for a while."""
    next_key = RSAKey.generate_key(2048, {"kid": "next"})
    keys = [
        assertions.parse_public_key(public(RSA, alg="RS256")),
        assertions.parse_public_key(public(next_key, alg="PS512")),
    ]
    service = await register(database, profile="onelogin", jwks=keys)
    assert await at_token(visitor, service, RSA, "RS256")
    assert await at_token(visitor, service, next_key, "PS512")
