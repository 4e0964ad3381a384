"""Build the authorization request to an upstream, and read its authorization response."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl

from identity.shared.oauth import claims, redirects

ONE_LOGIN = "onelogin"
Purpose = Literal["sign-in", "prove", "link"]
SIGN_IN: Final = "sign-in"
PROVE: Final = "prove"
LINK: Final = "link"
PURPOSES = (SIGN_IN, PROVE, LINK)
CREDENTIALS = "Cl.Cm"
"""The vector of trust requested of GOV.UK One Login without an identity: two factors."""
MAX_QUERY = 8_192
_MAX_VALUE = 4_096
_RESPONSE_PARAMETERS = ("state", "code", "iss", "error", "error_description", "error_uri", "session_state")
_MAX_LOGGED = 200  # characters of a provider's text that are logged


class InvalidResponseError(ValueError):
    """A response that is not well formed."""


@dataclass(frozen=True, slots=True)
class LoginSecrets:
    """What binds a response to its request. Only the hash of ``state`` is stored; the rest is derived."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request to a provider. ``vot``: the vector of trust, for One Login only."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    language: str
    vot: str | None = None
    acr_values: str | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """The response that the browser brings back: a code or an error, with a state."""

    state: str
    code: str | None
    issuer: str | None
    error: str | None


def create_state() -> str:
    """Create a state of 256 random bits."""
    return secrets.token_urlsafe(32)


def derive_secrets(key: bytes, state: str) -> LoginSecrets:
    """Derive nonce and code verifier (HMAC-SHA256), so that no secret lies in the database meanwhile."""
    return LoginSecrets(state, _derive(key, "nonce", state), _derive(key, "verifier", state))


def _derive(key: bytes, purpose: str, state: str) -> str:
    value = hmac.digest(key, f"{purpose} {state}".encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def hash_state(state: str) -> bytes:
    """Hash a state with SHA-256: it has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).digest()


def build_authorization_url(endpoint: str, request: AuthorizationRequest, secrets: LoginSecrets) -> str:
    """Build the URL to send the browser to: the provider's endpoint with the request, PKCE by S256."""
    digest = hashlib.sha256(secrets.verifier.encode()).digest()
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": request.client_id,
        "redirect_uri": request.redirect_uri,
        "scope": " ".join(request.scopes),
        "state": secrets.state,
        "nonce": secrets.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "ui_locales": request.language,
        "vtr": json.dumps([request.vot]) if request.vot else None,
        "claims": _build_identity_claims() if request.vot and requests_identity(request.vot) else None,
        "acr_values": request.acr_values,
        "prompt": "login" if request.fresh else None,
    }
    return redirects.add_parameters(endpoint, parameters)


def requests_identity(vot: str) -> bool:
    """Tell whether a vector of trust requests a proven identity."""
    return get_identity_level(vot) is not None


def get_identity_level(vot: str) -> str | None:
    """Get the identity part of a vector: ``P1``, ``P2`` or None."""
    part = vot.removeprefix(CREDENTIALS).lstrip(".")
    return part or None


def _build_identity_claims() -> str:
    names = (claims.CORE_IDENTITY, claims.ADDRESS, claims.RETURN_CODE)
    return json.dumps({"userinfo": dict.fromkeys(names)})


def read_response(query: str) -> AuthorizationResponse:
    """Read the response in the callback's query.

    Raises InvalidResponseError when it is too long, has a parameter twice, or neither code nor error.
    """
    if len(query) > MAX_QUERY:
        raise InvalidResponseError("the answer is too long")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50, encoding="utf-8", errors="strict")
    except ValueError as error:
        raise InvalidResponseError("the answer is not a form") from error
    parameters = [(name, value) for name, value in pairs if name in _RESPONSE_PARAMETERS]
    values = dict(parameters)
    if len(values) != len(parameters) or any(len(value) > _MAX_VALUE for value in values.values()):
        raise InvalidResponseError("the answer has a parameter twice, or one that is too long")
    state, code, error_code = values.get("state"), values.get("code"), values.get("error")
    if not state or bool(code) == bool(error_code):
        raise InvalidResponseError("the answer needs a state and either a code or an error")
    return AuthorizationResponse(state, code or None, values.get("iss"), error_code or None)


def to_log(text: str | None) -> str:
    """Shorten a provider's text for the log: printable, on one line."""
    return "".join(character if character.isprintable() else " " for character in (text or "")[:_MAX_LOGGED])
