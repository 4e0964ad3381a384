"""The service as a relying party (OpenID Connect Core, code flow, PKCE): what any council service does."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

_VOCABULARY = "https://vocab.account.gov.uk/v1/"
CORE_IDENTITY = f"{_VOCABULARY}coreIdentityJWT"
ADDRESS = f"{_VOCABULARY}address"
LEVELS = ("P1", "P2")
_SKEW = 30


class NotSignedInError(Exception):
    """The person comes back not signed in; the text says why."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the council was given when it registered the service, and where it is."""

    issuer: str
    client_id: str
    client_secret: str
    url: str

    @property
    def back(self) -> str:
        """The redirect URI."""
        return f"{self.url}/signed-in"


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a browser must bring back from signing in, and what only we know. ``level``: P1, P2 or none."""

    level: str = ""
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of somebody, all of it checked. ``identity``: of coreIdentityJWT, if it came."""

    id_token: str
    claims: dict[str, Any]
    userinfo: dict[str, Any]
    identity: dict[str, Any] | None


async def discover(http: httpx.AsyncClient, registration: Registration) -> dict[str, Any]:
    """The provider's metadata. NotSignedInError when it is another issuer's."""
    metadata = await _json(http, f"{registration.issuer}.well-known/openid-configuration")
    if metadata["issuer"] != registration.issuer:
        raise NotSignedInError("The metadata are of another issuer.")
    return metadata


def request(metadata: dict[str, Any], registration: Registration, leaving: Leaving) -> str:
    """Where the browser is sent."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(leaving.verifier.encode()).digest()).rstrip(b"=")
    asked = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": registration.back,
        "scope": "openid email",
        "state": leaving.state,
        "nonce": leaving.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    if leaving.level:
        asked["vtr"] = json.dumps([f"Cl.Cm.{leaving.level}"])
        asked["claims"] = json.dumps({"userinfo": {CORE_IDENTITY: None, ADDRESS: None}})
    return f"{metadata['authorization_endpoint']}?{urlencode(asked)}"


async def come_back(
    http: httpx.AsyncClient, registration: Registration, leaving: Leaving, brought: dict[str, str]
) -> Told:
    """Trade the code in and check all that comes. NotSignedInError, JoseError or httpx's errors."""
    if not secrets.compare_digest(brought.get("state", ""), leaving.state):
        raise NotSignedInError("This answer belongs to another request: the state differs.")
    if brought.get("iss") != registration.issuer:  # RFC 9207: no answer of another provider
        raise NotSignedInError("This answer comes from another issuer.")
    if "error" in brought:
        raise NotSignedInError(f"{brought['error']}: {brought.get('error_description', '')}")
    metadata = await discover(http, registration)
    tokens = await _redeem(http, metadata, registration, leaving, brought.get("code", ""))
    keys = KeySet.import_key_set(await _json(http, metadata["jwks_uri"]))  # type: ignore[arg-type]
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    _registry(registration, nonce={"essential": True, "value": leaving.nonce}).validate(claims)
    userinfo = await _json(http, metadata["userinfo_endpoint"], tokens["access_token"])
    if userinfo["sub"] != claims["sub"]:
        raise NotSignedInError("userinfo is of somebody else.")
    identity = await _identity(http, registration, claims["sub"], userinfo.get(CORE_IDENTITY))
    return Told(tokens["id_token"], claims, userinfo, identity)


async def _redeem(
    http: httpx.AsyncClient,
    metadata: dict[str, Any],
    registration: Registration,
    leaving: Leaving,
    code: str,
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": registration.back,
        "code_verifier": leaving.verifier,
    }
    login = httpx.BasicAuth(registration.client_id, registration.client_secret)
    answer = await http.post(metadata["token_endpoint"], data=form, auth=login)
    if not answer.is_success:
        raise NotSignedInError(f"The token endpoint answered {answer.status_code}: {answer.text[:300]}")
    return dict(answer.json())


async def _identity(
    http: httpx.AsyncClient, registration: Registration, subject: str, signed: str | None
) -> dict[str, Any] | None:
    """The proof of identity: signed by a key of the issuer's DID document, for us, of this person."""
    if signed is None:
        return None
    document = await _json(http, f"{registration.issuer}.well-known/did.json")
    keys: Any = {"keys": [{**one["publicKeyJwk"], "kid": one["id"]} for one in document["assertionMethod"]]}
    claims = jwt.decode(signed, KeySet.import_key_set(keys), algorithms=["ES256"]).claims
    _registry(registration, sub={"essential": True, "value": subject}).validate(claims)
    return claims


def _registry(registration: Registration, **more: Any) -> JWTClaimsRegistry:
    return JWTClaimsRegistry(
        leeway=_SKEW,
        iss={"essential": True, "value": registration.issuer},
        aud={"essential": True, "value": registration.client_id},
        exp={"essential": True},
        **more,
    )


async def _json(http: httpx.AsyncClient, url: str, bearer: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return dict((await http.get(url, headers=headers)).raise_for_status().json())
