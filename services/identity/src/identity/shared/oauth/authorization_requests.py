"""Authorization requests, parsed strictly (RFC 6749 4.1.1, OIDC Core 3.1.2.1, OAuth 2.1).

A wrong client or redirect URI is an error on a page; all other errors go to the client by redirect.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl

from identity.shared.oauth import claims, redirects, scopes, vectors
from identity.shared.oauth.relying_party import STANDARD, RelyingParty

MAX_LENGTH = 16_384
_MAX_FIELDS = 40
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_TEXT = re.compile(r"[\x20-\x7e]{1,1000}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_MAX_AGE = re.compile(r"[0-9]{1,9}")
_LOGIN_HINT = re.compile(r"[^\x00-\x1f\x7f]{1,254}")
LANGUAGES = ("en", "cy")
OFFLINE_ACCESS = "offline_access"
_IDENTITY_SCOPES = frozenset({"openid", OFFLINE_ACCESS, *claims.BY_SCOPE})


class PageError(Exception):
    """A request that cannot be answered to the client: the person sees a page of ours."""


class RequestError(Exception):
    """An error for the client, by redirect (RFC 6749 4.1.2.1, OIDC Core 3.1.2.6)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class RedirectTarget:
    """Where the response to a request goes: a redirect URI of the client, and the state."""

    redirect_uri: str
    state: str | None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An authorization request in which everything is allowed."""

    redirect_uri: str
    state: str | None
    scopes: tuple[str, ...]
    nonce: str | None
    challenge: str | None
    level: str
    identity: str
    userinfo_claims: tuple[str, ...]
    id_token_claims: tuple[str, ...]
    prompts: tuple[str, ...]
    max_age: int | None
    login_hint: str | None
    language: str | None
    subject: str | None = None  # the person the id_token_hint names, as this client knows them

    @property
    def target(self) -> RedirectTarget:
        return RedirectTarget(self.redirect_uri, self.state)

    @property
    def claims(self) -> frozenset[str]:
        """Every claim of the person that the client may get."""
        return frozenset({*self.userinfo_claims, *self.id_token_claims}) | claims.list_by_scopes(self.scopes)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def restore_request(document: Mapping[str, Any]) -> AuthorizationRequest:
    """Restore a request from its ``to_json``."""
    lists: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
    return AuthorizationRequest(**lists)


def parse_parameters(text: str) -> dict[str, str]:
    """Parse the parameters of a query or a form. Raises PageError when they are ambiguous."""
    if len(text) > MAX_LENGTH:
        raise PageError(f"The request is longer than {MAX_LENGTH} characters.")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise PageError("The request's parameters cannot be read.") from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise PageError("A parameter is given more than once.")
    return {name: value for name, value in parameters.items() if value}


def parse_target(parameters: Mapping[str, str], party: RelyingParty) -> RedirectTarget:
    """Parse where the response goes. Raises PageError: an unregistered URI is never redirected to."""
    uri = parameters.get("redirect_uri")
    if uri is None or not redirects.is_registered(uri, party.redirect_uris):
        raise PageError("The redirect_uri is not one that this service has registered.")
    state = parameters.get("state")
    if state is not None and not _TEXT.fullmatch(state):
        state = None  # not echoed; the request is refused below
    return RedirectTarget(uri, state)


def parse_request(parameters: Mapping[str, str], party: RelyingParty) -> AuthorizationRequest:
    """Parse a request and check that every part of it is allowed. Raises PageError and RequestError."""
    target = parse_target(parameters, party)
    if "request_uri" in parameters:
        raise RequestError("request_uri_not_supported", "Only request_uris of this issuer are taken.")
    response_type = parameters.get("response_type")
    if response_type != "code":
        error = "unsupported_response_type" if response_type else "invalid_request"
        raise RequestError(error, "response_type must be code.")
    if parameters.get("response_mode", "query") != "query":
        raise RequestError("invalid_request", "response_mode must be query.")
    trust = _parse_vector(parameters, party)
    userinfo, id_token = _parse_claims(parameters, party, with_identity=trust.identity != vectors.NO_IDENTITY)
    return AuthorizationRequest(
        redirect_uri=target.redirect_uri,
        state=_parse_text(parameters, "state", required=party.rules.state_needed),
        scopes=_parse_scopes(parameters.get("scope"), party),
        nonce=_parse_text(parameters, "nonce", required=party.rules.nonce_needed),
        challenge=_parse_challenge(parameters, party),
        level=trust.level,
        identity=trust.identity,
        userinfo_claims=userinfo,
        id_token_claims=id_token if party.profile == STANDARD else (),
        prompts=_parse_prompts(parameters.get("prompt")),
        max_age=_parse_max_age(parameters.get("max_age")),
        login_hint=_parse_hint(parameters.get("login_hint"), _LOGIN_HINT),
        language=_choose_language(parameters.get("ui_locales")),
    )


def _parse_text(parameters: Mapping[str, str], name: str, *, required: bool) -> str | None:
    value = parameters.get(name)
    if value is None and required:
        raise RequestError("invalid_request", f"Request is missing {name} parameter")
    if value is not None and not _TEXT.fullmatch(value):
        raise RequestError("invalid_request", f"{name} must be 1 to 1000 printable ASCII characters.")
    return value


def _parse_scopes(text: str | None, party: RelyingParty) -> tuple[str, ...]:
    requested = scopes.normalise((text or "").split())
    if party.profile == STANDARD:  # unknown values are ignored (OIDC Core 3.1.2.1)
        requested = tuple(
            scope for scope in requested if scope in _IDENTITY_SCOPES or not scopes.list_unknown([scope])
        )
    if "openid" not in requested:
        raise RequestError("invalid_scope", "scope must have openid among its values.")
    if not party.person_scopes.issuperset(requested) or (
        party.profile != STANDARD and OFFLINE_ACCESS in requested
    ):
        raise RequestError("invalid_scope", "The client may not ask for every scope in this request.")
    return requested


def _parse_challenge(parameters: Mapping[str, str], party: RelyingParty) -> str | None:
    """Parse the PKCE challenge; S256 alone is taken (RFC 7636, RFC 9700 section 2.1.1)."""
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None and method is None and not party.rules.pkce_needed:
        return None
    if challenge is None:
        raise RequestError("invalid_request", "Request is missing code_challenge parameter.")
    if method != "S256":
        raise RequestError("invalid_request", "Invalid value for code_challenge_method parameter.")
    if not _CHALLENGE.fullmatch(challenge):
        raise RequestError("invalid_request", "Invalid value for code_challenge parameter.")
    return challenge


def _parse_vector(parameters: Mapping[str, str], party: RelyingParty) -> vectors.TrustVector:
    """Parse the assurance required: ``vtr``, or in plain OpenID Connect ``acr_values``."""
    default = party.rules.default_level
    levels = [
        level for level in parameters.get("acr_values", "").split() if level in vectors.CREDENTIAL_LEVELS
    ]
    if party.profile == STANDARD and levels:
        default = levels[0]
    try:
        vector = vectors.parse_vectors(parameters.get("vtr"), default)
    except ValueError as error:
        raise RequestError("invalid_request", str(error)) from error
    if vector.identity not in {vectors.NO_IDENTITY, *party.identity_levels}:
        raise RequestError("invalid_request", "Request vtr not valid")
    return vector


def _parse_claims(
    parameters: Mapping[str, str], party: RelyingParty, *, with_identity: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Parse the claims requested of userinfo and the ID token; those not registered are left out."""
    try:
        userinfo, id_token = claims.parse_claims(parameters.get("claims"))
    except ValueError as error:
        raise RequestError("invalid_request", f"Request contains invalid claims: {error}") from error
    excluded = claims.list_unregistered(party.identity_claims) if with_identity else claims.IDENTITY_CLAIMS
    return tuple(sorted(userinfo - excluded)), tuple(sorted(id_token - excluded))


def _parse_prompts(text: str | None) -> tuple[str, ...]:
    prompts = frozenset((text or "").split())
    if not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise RequestError("invalid_request", "prompt is none, or of login, consent and select_account.")
    return tuple(sorted(prompts))


def _parse_max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not _MAX_AGE.fullmatch(text):
        raise RequestError("invalid_request", "Max age could not be parsed to an integer")
    return int(text)


def _parse_hint(text: str | None, pattern: re.Pattern[str]) -> str | None:
    """Parse a hint; one that does not match is ignored, as it is only a hint."""
    return text if text is not None and pattern.fullmatch(text) else None


def _choose_language(text: str | None) -> str | None:
    """Choose the first supported language of ``ui_locales``; None for none (OIDC Core 3.1.2.1)."""
    preferred = [language.lower().partition("-")[0] for language in (text or "")[:200].split()]
    return next((language for language in preferred if language in LANGUAGES), None)


def verify_pkce(verifier: str | None, challenge: str | None, computed: str) -> bool:
    """Verify PKCE (RFC 7636 4.6). ``computed``: the S256 of the verifier.

    A verifier without a challenge is refused too: it is a downgrade (RFC 9700 4.8.2).
    """
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    return bool(_VERIFIER.fullmatch(verifier)) and computed == challenge
