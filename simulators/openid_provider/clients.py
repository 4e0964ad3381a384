"""Who may ask: the registered clients, and how one shows who it is at the token endpoint."""

import base64
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from simulators.openid_provider.errors import TokenError

Kind = Literal["onelogin", "directory"]
Fetch = Callable[[str], Awaitable[dict[str, Any]]]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# What each takes: One Login's discovery says so; Entra ID's documents name these two.
ALGORITHMS: Mapping[Kind, Sequence[str]] = {
    "onelogin": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "directory": ("RS256", "PS256"),
}
_SKEW = 30
_LONGEST = 3600  # seconds an assertion may live


@dataclass(frozen=True, slots=True)
class Client:
    """A relying party as it was registered, with a secret, or with its keys or where they lie."""

    kind: Kind
    client_id: str
    redirect_uris: tuple[str, ...]
    tenant: str = ""
    secret: str = ""
    jwks: Mapping[str, Any] = field(default_factory=dict)
    jwks_uri: str = ""
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""


@dataclass(slots=True)
class Shown:
    """What a client sent to show who it is."""

    form: Mapping[str, str]
    authorization: str = ""


def names(shown: Shown) -> tuple[str, str]:
    """The client_id claimed, and how it is shown: ``basic``, ``post`` or ``assertion``. TokenError."""
    ways = {
        "basic": bool(shown.authorization),
        "post": "client_secret" in shown.form,
        "assertion": "client_assertion" in shown.form,
    }
    used = [way for way, there in ways.items() if there]
    if len(used) != 1:
        raise TokenError("invalid_client", "Show who the client is in one way, and only one", 401)
    if used[0] == "basic":
        return _basic(shown.authorization)[0], "basic"
    if used[0] == "assertion":
        return _claimed(shown.form), "assertion"
    return shown.form.get("client_id", ""), "post"


def check_secret(client: Client, shown: Shown, way: str) -> None:
    """TokenError unless the secret is the client's."""
    sent = _basic(shown.authorization)[1] if way == "basic" else shown.form["client_secret"]
    if not client.secret or not hmac.compare_digest(sent.encode(), client.secret.encode()):
        raise TokenError("invalid_client", "The client secret is wrong, or the client has none", 401)


async def check_assertion(
    client: Client, shown: Shown, audiences: Sequence[str], fetch: Fetch, now: float
) -> tuple[str, float]:
    """Check a private_key_jwt (RFC 7523); its jti, and the Unix time until which it must not come again."""
    if shown.form.get("client_assertion_type") != ASSERTION:
        raise TokenError("invalid_request", f"client_assertion_type must be {ASSERTION}")
    keys: Any = dict(client.jwks) or (await fetch(client.jwks_uri) if client.jwks_uri else {})
    try:
        token = jwt.decode(
            shown.form["client_assertion"], KeySet.import_key_set(keys), algorithms=[*ALGORITHMS[client.kind]]
        )
        claims = token.claims
        _registry(client, audiences, now).validate(claims)
    except (JoseError, ValueError, KeyError) as error:
        raise TokenError("invalid_client", f"The assertion does not hold: {error!r}", 401) from error
    if claims["exp"] > now + _LONGEST:
        raise TokenError("invalid_client", "The assertion's exp lies more than an hour ahead", 401)
    return str(claims["jti"]), float(claims["exp"]) + _SKEW


def _registry(client: Client, audiences: Sequence[str], now: float) -> JWTClaimsRegistry:
    own: Any = {"essential": True, "value": client.client_id}
    return JWTClaimsRegistry(
        now=int(now),
        leeway=_SKEW,
        iss=own,
        sub=own,
        aud={"essential": True, "values": list(audiences)},
        exp={"essential": True},
        jti={"essential": True},
    )


def _basic(header: str) -> tuple[str, str]:
    """RFC 6749 section 2.3.1: both halves are form-encoded first."""
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value, validate=True).decode()
    except ValueError as error:
        raise TokenError("invalid_client", "The Authorization header cannot be read", 401) from error
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise TokenError("invalid_client", "The Authorization header is not of HTTP Basic", 401)
    return unquote_plus(client_id), unquote_plus(secret)


def _claimed(form: Mapping[str, str]) -> str:
    """The issuer an assertion names, before any key was tried."""
    try:
        part = form["client_assertion"].split(".")[1]
        content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        issuer = str(_object(content).get("iss", ""))
    except (ValueError, IndexError) as error:
        raise TokenError("invalid_client", "The assertion is no JWT", 401) from error
    if form.get("client_id", issuer) != issuer:
        raise TokenError("invalid_client", "client_id is not the assertion's issuer", 401)
    return issuer


def _object(content: bytes) -> dict[str, Any]:
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - as json says of what it cannot read
    return found
