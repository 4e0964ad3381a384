"""Client authentication at the token endpoint: a secret, or private_key_jwt (RFC 7523)."""

import base64
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from simulators.openid_provider.clients import Client
from simulators.openid_provider.errors import TokenError
from simulators.openid_provider.providers import ASSERTION_ALGORITHMS

FetchKeys = Callable[[str], Awaitable[dict[str, Any]]]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LEEWAY_SECONDS = 30
_MAX_ASSERTION_SECONDS = 3600


@dataclass(slots=True)
class TokenRequest:
    """A request to the token endpoint: its form, and its Authorization header."""

    form: Mapping[str, str]
    authorization: str = ""


def identify_client(request: TokenRequest) -> tuple[str, str]:
    """Return the claimed client_id and the method: basic, post or assertion. Raises TokenError."""
    is_sent = {
        "basic": bool(request.authorization),
        "post": "client_secret" in request.form,
        "assertion": "client_assertion" in request.form,
    }
    methods = [method for method, is_present in is_sent.items() if is_present]
    if len(methods) != 1:
        raise TokenError("invalid_client", "Authenticate the client in one way, and only one", 401)
    if methods[0] == "basic":
        return _parse_basic(request.authorization)[0], "basic"
    if methods[0] == "assertion":
        return _assertion_issuer(request.form), "assertion"
    return request.form.get("client_id", ""), "post"


def check_secret(client: Client, request: TokenRequest, method: str) -> None:
    """Raise TokenError unless the secret is the client's."""
    secret = _parse_basic(request.authorization)[1] if method == "basic" else request.form["client_secret"]
    if not client.secret or not hmac.compare_digest(secret.encode(), client.secret.encode()):
        raise TokenError("invalid_client", "The client secret is wrong, or the client has none", 401)


async def check_assertion(
    client: Client, request: TokenRequest, audiences: Sequence[str], fetch_keys: FetchKeys, now: float
) -> tuple[str, float]:
    """Check a private_key_jwt. Return its jti, and the Unix time until which it must not come again."""
    if request.form.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    keys: Any = dict(client.jwks) or (await fetch_keys(client.jwks_uri) if client.jwks_uri else {})
    algorithms = [*ASSERTION_ALGORITHMS[client.kind]]
    try:
        token = jwt.decode(
            request.form["client_assertion"], KeySet.import_key_set(keys), algorithms=algorithms
        )
        claims = token.claims
        _assertion_rules(client, audiences, now).validate(claims)
    except (JoseError, ValueError, KeyError) as error:
        raise TokenError("invalid_client", f"The assertion is not valid: {error!r}", 401) from error
    if claims["exp"] > now + _MAX_ASSERTION_SECONDS:
        raise TokenError("invalid_client", "The assertion's exp lies more than an hour ahead", 401)
    return str(claims["jti"]), float(claims["exp"]) + _LEEWAY_SECONDS


def _assertion_rules(client: Client, audiences: Sequence[str], now: float) -> JWTClaimsRegistry:
    client_id: Any = {"essential": True, "value": client.client_id}
    return JWTClaimsRegistry(
        now=int(now),
        leeway=_LEEWAY_SECONDS,
        iss=client_id,
        sub=client_id,
        aud={"essential": True, "values": list(audiences)},
        exp={"essential": True},
        jti={"essential": True},
    )


def _parse_basic(header: str) -> tuple[str, str]:
    """Parse HTTP Basic, whose halves are form-encoded (RFC 6749 section 2.3.1)."""
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value, validate=True).decode()
    except ValueError as error:
        raise TokenError("invalid_client", "The Authorization header cannot be read", 401) from error
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise TokenError("invalid_client", "The Authorization header is not of HTTP Basic", 401)
    return unquote_plus(client_id), unquote_plus(secret)


def _assertion_issuer(form: Mapping[str, str]) -> str:
    """Return the issuer of an assertion whose signature is not checked yet: it says whose keys to use."""
    try:
        payload = form["client_assertion"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        issuer = str(claims.get("iss", ""))
    except (ValueError, IndexError, AttributeError) as error:
        raise TokenError("invalid_client", "The assertion is no JWT", 401) from error
    if form.get("client_id", issuer) != issuer:
        raise TokenError("invalid_client", "client_id is not the assertion's issuer", 401)
    return issuer
