"""A relying party: OpenID Connect Core's code flow with PKCE, as any council service needs it."""

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
IDENTITY_LEVELS = ("P1", "P2")
_LEEWAY_SECONDS = 30


class NotSignedInError(Exception):
    """The provider's answer signs nobody in. The text says why."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the council got when it registered the service, and the service's own URL."""

    issuer: str
    client_id: str
    client_secret: str
    url: str

    @property
    def redirect_uri(self) -> str:
        """Return the redirect URI."""
        return f"{self.url}/signed-in"


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What the service remembers while the browser is at the provider. ``level``: P1, P2 or empty."""

    level: str = ""
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    code_verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class SignIn:
    """A checked sign-in. ``identity``: the claims of coreIdentityJWT, if the provider sent one."""

    id_token: str
    claims: dict[str, Any]
    userinfo: dict[str, Any]
    identity: dict[str, Any] | None


async def discover(http: httpx.AsyncClient, registration: Registration) -> dict[str, Any]:
    """Fetch the provider's metadata. Raises NotSignedInError if another issuer wrote them."""
    metadata = await _get_json(http, f"{registration.issuer}.well-known/openid-configuration")
    if metadata["issuer"] != registration.issuer:
        raise NotSignedInError("The metadata are of another issuer.")
    return metadata


def authorization_url(metadata: dict[str, Any], registration: Registration, pending: PendingSignIn) -> str:
    """Build the URL to which the service sends the browser."""
    digest = hashlib.sha256(pending.code_verifier.encode()).digest()
    parameters = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": registration.redirect_uri,
        "scope": "openid email",
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if pending.level:
        parameters["vtr"] = json.dumps([f"Cl.Cm.{pending.level}"])
        parameters["claims"] = json.dumps({"userinfo": {CORE_IDENTITY: None, ADDRESS: None}})
    return f"{metadata['authorization_endpoint']}?{urlencode(parameters)}"


async def complete_sign_in(
    http: httpx.AsyncClient, registration: Registration, pending: PendingSignIn, parameters: dict[str, str]
) -> SignIn:
    """Check the callback's parameters, redeem the code, and check every token.

    Raises NotSignedInError, JoseError or an error of httpx.
    """
    if not secrets.compare_digest(parameters.get("state", ""), pending.state):
        raise NotSignedInError("This answer belongs to another request: the state differs.")
    if parameters.get("iss") != registration.issuer:  # RFC 9207: refuse another provider's answer
        raise NotSignedInError("This answer comes from another issuer.")
    if "error" in parameters:
        raise NotSignedInError(f"{parameters['error']}: {parameters.get('error_description', '')}")
    metadata = await discover(http, registration)
    tokens = await _redeem_code(http, metadata, registration, pending, parameters.get("code", ""))
    keys = KeySet.import_key_set(await _get_json(http, metadata["jwks_uri"]))  # type: ignore[arg-type]
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    _claim_rules(registration, nonce={"essential": True, "value": pending.nonce}).validate(claims)
    userinfo = await _get_json(http, metadata["userinfo_endpoint"], tokens["access_token"])
    if userinfo["sub"] != claims["sub"]:
        raise NotSignedInError("userinfo is of another person.")
    identity = await _check_identity(http, registration, claims["sub"], userinfo.get(CORE_IDENTITY))
    return SignIn(tokens["id_token"], claims, userinfo, identity)


async def _redeem_code(
    http: httpx.AsyncClient,
    metadata: dict[str, Any],
    registration: Registration,
    pending: PendingSignIn,
    code: str,
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": registration.redirect_uri,
        "code_verifier": pending.code_verifier,
    }
    credentials = httpx.BasicAuth(registration.client_id, registration.client_secret)
    response = await http.post(metadata["token_endpoint"], data=form, auth=credentials)
    if not response.is_success:
        raise NotSignedInError(f"The token endpoint answered {response.status_code}: {response.text[:300]}")
    return dict(response.json())


async def _check_identity(
    http: httpx.AsyncClient, registration: Registration, subject: str, token: str | None
) -> dict[str, Any] | None:
    """Check coreIdentityJWT: signed by a key of the DID document, for this service, about this person."""
    if token is None:
        return None
    document = await _get_json(http, f"{registration.issuer}.well-known/did.json")
    keys: Any = {
        "keys": [{**method["publicKeyJwk"], "kid": method["id"]} for method in document["assertionMethod"]]
    }
    claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"]).claims
    _claim_rules(registration, sub={"essential": True, "value": subject}).validate(claims)
    return claims


def _claim_rules(registration: Registration, **extra: Any) -> JWTClaimsRegistry:
    return JWTClaimsRegistry(
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": registration.issuer},
        aud={"essential": True, "value": registration.client_id},
        exp={"essential": True},
        **extra,
    )


async def _get_json(http: httpx.AsyncClient, url: str, access_token: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}
    return dict((await http.get(url, headers=headers)).raise_for_status().json())
