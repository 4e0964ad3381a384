"""The authorization request, checked as the provider checks it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from simulators.openid_provider.clients import Client
from simulators.openid_provider.errors import AuthorizationError, PageError
from simulators.openid_provider.providers import IDENTITY_CLAIMS, SCOPES, Provider

IDENTITY_LEVELS = ("P0", "P1", "P2")
_Json = TypeVar("_Json", list[Any], dict[str, Any])
_CODE_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_INVALID_VTR = "Request vtr not valid"
_CREDENTIAL_TRUST: tuple[set[str], ...] = ({"Cl"}, {"Cl", "Cm"}, set())


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid request. ``levels``: of identity, in the request's order; empty if it asks for none."""

    provider: Provider
    client: Client
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str
    scopes: tuple[str, ...]
    credential_trust: str = ""
    levels: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    language: str = "en"


def check_client(
    provider: Provider, client: Client | None, parameters: Sequence[tuple[str, str]]
) -> tuple[Client, str, str]:
    """Check the client and its redirect URI; return them and the state. Raises PageError."""
    values = dict(parameters)
    for required in ("client_id", "redirect_uri"):
        if sum(name == required for name, _ in parameters) != 1:
            raise PageError(f"{required} must be sent, and once")
    if client is None or client.kind != provider.kind or client.tenant != provider.tenant:
        raise PageError("No client is registered here under that client_id")
    if values["redirect_uri"] not in client.redirect_uris:  # exactly, character by character
        raise PageError("redirect_uri is not one of those the client registered")
    return client, values["redirect_uri"], values.get("state", "")


def parse_request(
    provider: Provider, client: Client, parameters: Sequence[tuple[str, str]]
) -> AuthorizationRequest:
    """Parse a request whose client ``check_client`` has checked. Raises AuthorizationError."""
    values = dict(parameters)
    if len(values) != len(parameters):
        raise AuthorizationError("invalid_request", "A parameter was sent twice")
    _check_common(values)
    code_challenge = _code_challenge(values)
    if "none" in values.get("prompt", "").split():
        raise AuthorizationError("login_required", "Nobody is signed in, and prompt=none forbids to ask")
    request = AuthorizationRequest(
        provider,
        client,
        values["redirect_uri"],
        values["state"],
        values["nonce"],
        code_challenge,
        _scopes(provider, values),
    )
    return _add_vector_of_trust(request, values) if provider.kind == "onelogin" else request


def _check_common(values: Mapping[str, str]) -> None:
    """Check the parameters that every request has, and those that none may have."""
    for name in ("request", "request_uri"):
        if name in values:
            raise AuthorizationError(f"{name}_not_supported", f"The simulator takes no {name}")
    if values.get("response_type") != "code":
        raise AuthorizationError("unsupported_response_type", "response_type must be code")
    if values.get("response_mode", "query") != "query":
        raise AuthorizationError("invalid_request", "The simulator answers in the query only")
    for name in ("state", "nonce"):
        if not values.get(name):
            raise AuthorizationError("invalid_request", f"Request is missing {name} parameter")


def _code_challenge(values: Mapping[str, str]) -> str:
    if not _CODE_CHALLENGE.fullmatch(values.get("code_challenge", "")):
        raise AuthorizationError("invalid_request", "code_challenge is missing, or not of S256")
    if values.get("code_challenge_method") != "S256":
        raise AuthorizationError("invalid_request", "code_challenge_method must be S256")
    return values["code_challenge"]


def _scopes(provider: Provider, values: Mapping[str, str]) -> tuple[str, ...]:
    scopes = tuple(values.get("scope", "").split())
    supported = SCOPES[provider.kind]
    if "openid" not in scopes or not set(scopes) <= set(supported):
        raise AuthorizationError("invalid_scope", f"scope must have openid, and none but {supported}")
    return scopes


def _add_vector_of_trust(request: AuthorizationRequest, values: Mapping[str, str]) -> AuthorizationRequest:
    """Add the parameters of One Login alone: vtr, claims, ui_locales."""
    if not values.get("vtr"):
        raise AuthorizationError("invalid_request", "Request is missing vtr parameter")
    credential_trust, levels = _parse_vtr(values["vtr"])
    language = "cy" if "cy" in values.get("ui_locales", "en").split() else "en"
    claims = _claims(values)
    return replace(
        request, credential_trust=credential_trust, levels=levels, claims=claims, language=language
    )


def _parse_vtr(text: str) -> tuple[str, tuple[str, ...]]:
    """Parse vtr into the weakest credential trust and the levels of identity.

    P1 and above need Cl.Cm. Either every vector asks for a level of identity, or none does.
    """
    vectors = [_parse_vector(vector) for vector in _parse_json(text, list, _INVALID_VTR)]
    asks_identity = {level != "P0" for _, level in vectors}
    if len(asks_identity) != 1:
        raise AuthorizationError("invalid_request", _INVALID_VTR)
    weakest = "Cl" if any(credential == "Cl" for credential, _ in vectors) else "Cl.Cm"
    return weakest, tuple(level for _, level in vectors) if asks_identity == {True} else ()


def _parse_vector(vector: object) -> tuple[str, str]:
    parts = vector.split(".") if isinstance(vector, str) else [""]
    levels = [part for part in parts if part in IDENTITY_LEVELS]
    credentials = {part for part in parts if part not in IDENTITY_LEVELS}
    level = levels[0] if levels else "P0"
    well_formed = len(set(parts)) == len(parts) and len(levels) <= 1 and credentials in _CREDENTIAL_TRUST
    if not well_formed or (level != "P0" and credentials != {"Cl", "Cm"}):
        raise AuthorizationError("invalid_request", _INVALID_VTR)
    return "Cl" if credentials == {"Cl"} else "Cl.Cm", level


def _claims(values: Mapping[str, str]) -> tuple[str, ...]:
    if "claims" not in values:
        return ()
    invalid = "Request contains invalid claims"
    userinfo = _parse_json(values["claims"], dict, invalid).get("userinfo", {})
    if not isinstance(userinfo, dict) or not userinfo.keys() <= set(IDENTITY_CLAIMS):
        raise AuthorizationError("invalid_request", invalid)
    return tuple(userinfo)


def _parse_json(text: str, kind: type[_Json], message: str) -> _Json:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AuthorizationError("invalid_request", message) from error
    if not isinstance(value, kind) or not value:
        raise AuthorizationError("invalid_request", message)
    return value
