"""Asking another provider who somebody is, and reading how the browser comes back."""

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
"""The vector of trust asked of GOV.UK One Login before any identity: two factors."""
MAX_QUERY = 8_192
_MAX_VALUE = 4_096
_ANSWERS = ("state", "code", "iss", "error", "error_description", "error_uri", "session_state")
_PRINTED = 200  # characters of a provider's own words that are logged


class ReturnError(ValueError):
    """The browser came back with what no provider of ours sent so."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What binds an answer to the question. Only the hash of ``state`` is kept; the others come from it."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a provider. ``vot``: the vector of trust wanted, for One Login alone."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    language: str
    vot: str | None = None
    acr_values: str | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """What the browser brought back: a code or an error, under a state."""

    state: str
    code: str | None
    issuer: str | None
    error: str | None


def new_state() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def secrets_of(deriving: bytes, state: str) -> Secrets:
    """Derived (HMAC-SHA256), so that nothing that is worth stealing lies in the database meanwhile."""
    return Secrets(state, _derived(deriving, "nonce", state), _derived(deriving, "verifier", state))


def _derived(deriving: bytes, what: str, state: str) -> str:
    value = hmac.digest(deriving, f"{what} {state}".encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def state_hash(state: str) -> bytes:
    """SHA-256: the state has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).digest()


def location(endpoint: str, asked: Asked, own: Secrets) -> str:
    """Where the browser is sent: the provider's endpoint with the request, PKCE by S256."""
    digest = hashlib.sha256(own.verifier.encode()).digest()
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": asked.client_id,
        "redirect_uri": asked.redirect_uri,
        "scope": " ".join(asked.scopes),
        "state": own.state,
        "nonce": own.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "ui_locales": asked.language,
        "vtr": json.dumps([asked.vot]) if asked.vot else None,
        "claims": _identity_claims() if asked.vot and wants_identity(asked.vot) else None,
        "acr_values": asked.acr_values,
        "prompt": "login" if asked.fresh else None,
    }
    return redirects.add_parameters(endpoint, parameters)


def wants_identity(vot: str) -> bool:
    """Whether a vector of trust asks for a proven identity."""
    return identity_of(vot) is not None


def identity_of(vot: str) -> str | None:
    """The identity part of a vector: ``P1``, ``P2`` or None."""
    part = vot.removeprefix(CREDENTIALS).lstrip(".")
    return part or None


def _identity_claims() -> str:
    wanted = (claims.CORE_IDENTITY, claims.ADDRESS, claims.RETURN_CODE)
    return json.dumps({"userinfo": dict.fromkeys(wanted)})


def returned(query: str) -> Returned:
    """The answer in the callback's query. Raises ReturnError: too long, doubled, neither code nor error."""
    if len(query) > MAX_QUERY:
        raise ReturnError("the answer is too long")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50, encoding="utf-8", errors="strict")
    except ValueError as error:
        raise ReturnError("the answer is not a form") from error
    known = [(name, value) for name, value in pairs if name in _ANSWERS]
    given = dict(known)
    if len(given) != len(known) or any(len(value) > _MAX_VALUE for value in given.values()):
        raise ReturnError("the answer has a parameter twice, or one that is too long")
    state, code, error_code = given.get("state"), given.get("code"), given.get("error")
    if not state or bool(code) == bool(error_code):
        raise ReturnError("the answer needs a state and either a code or an error")
    return Returned(state, code or None, given.get("iss"), error_code or None)


def printed(words: str | None) -> str:
    """A provider's own words as a log may hold them: short, printable, on one line."""
    return "".join(one if one.isprintable() else " " for one in (words or "")[:_PRINTED])
