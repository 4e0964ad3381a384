"""What a relying party asks at the authorization endpoint, checked as the provider would check it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from simulators.openid_provider.clients import Client
from simulators.openid_provider.errors import PageError, WayBackError
from simulators.openid_provider.providers import IDENTITY_CLAIMS, SCOPES, Provider

LEVELS = ("P0", "P1", "P2")
_Json = TypeVar("_Json", list[Any], dict[str, Any])
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_NOT_VALID = "Request vtr not valid"
_CREDENTIALS: tuple[set[str], ...] = ({"Cl"}, {"Cl", "Cm"}, set())


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that holds. ``levels``: of identity, in the request's order; empty where none is asked."""

    provider: Provider
    client: Client
    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    scopes: tuple[str, ...]
    credential: str = ""
    levels: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    language: str = "en"


def way_back(provider: Provider, client: Client | None, sent: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Where the answer goes, and its state, once client and redirect URI are known. PageError."""
    given = dict(sent)
    for name in ("client_id", "redirect_uri"):
        if sum(one == name for one, _ in sent) != 1:
            raise PageError(f"{name} must be sent, and once")
    if client is None or client.kind != provider.kind or client.tenant != provider.tenant:
        raise PageError("No client is registered here under that client_id")
    if given["redirect_uri"] not in client.redirect_uris:  # exactly, character by character
        raise PageError("redirect_uri is not one of those the client registered")
    return given["redirect_uri"], given.get("state", "")


def read(provider: Provider, client: Client, sent: Sequence[tuple[str, str]]) -> Asked:
    """The request. WayBackError for what does not hold; ``way_back`` comes first."""
    given = dict(sent)
    if len(given) != len(sent):
        raise WayBackError("invalid_request", "A parameter was sent twice")
    _known(given)
    challenge = _challenge(given)
    if "none" in given.get("prompt", "").split():
        raise WayBackError("login_required", "Nobody is signed in, and prompt=none forbids to ask")
    scopes = _scopes(provider, given)
    back = given["redirect_uri"]
    asked = Asked(provider, client, back, given["state"], given["nonce"], challenge, scopes)
    return _with_vector(asked, given) if provider.kind == "onelogin" else asked


def _known(given: Mapping[str, str]) -> None:
    """The parameters every request has, and those no request may have."""
    for name in ("request", "request_uri"):
        if name in given:
            raise WayBackError(f"{name}_not_supported", f"The simulator takes no {name}")
    if given.get("response_type") != "code":
        raise WayBackError("unsupported_response_type", "response_type must be code")
    if given.get("response_mode", "query") != "query":
        raise WayBackError("invalid_request", "The simulator answers in the query only")
    for name in ("state", "nonce"):
        if not given.get(name):
            raise WayBackError("invalid_request", f"Request is missing {name} parameter")


def _challenge(given: Mapping[str, str]) -> str:
    if not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        raise WayBackError("invalid_request", "code_challenge is missing, or not of S256")
    if given.get("code_challenge_method") != "S256":
        raise WayBackError("invalid_request", "code_challenge_method must be S256")
    return given["code_challenge"]


def _scopes(provider: Provider, given: Mapping[str, str]) -> tuple[str, ...]:
    scopes = tuple(given.get("scope", "").split())
    if "openid" not in scopes or not set(scopes) <= set(SCOPES[provider.kind]):
        raise WayBackError("invalid_scope", f"scope must have openid, and none but {SCOPES[provider.kind]}")
    return scopes


def _with_vector(asked: Asked, given: Mapping[str, str]) -> Asked:
    """What One Login alone is asked: vtr, claims, the language."""
    language = given.get("ui_locales", "en").split()
    if not given.get("vtr"):
        raise WayBackError("invalid_request", "Request is missing vtr parameter")
    credential, levels = _vector(given["vtr"])
    claims = _claims(given)
    chosen = "cy" if "cy" in language else "en"
    return replace(asked, credential=credential, levels=levels, claims=claims, language=chosen)


def _vector(text: str) -> tuple[str, tuple[str, ...]]:
    """The credential level, and the levels of identity; P1 and above need Cl.Cm, and all or none ask one."""
    found = [_one(vector) for vector in _json(text, list, _NOT_VALID)]
    asks = {level != "P0" for _, level in found}
    if len(asks) != 1:
        raise WayBackError("invalid_request", _NOT_VALID)
    weakest = "Cl" if any(credential == "Cl" for credential, _ in found) else "Cl.Cm"
    return weakest, tuple(level for _, level in found) if asks == {True} else ()


def _one(vector: object) -> tuple[str, str]:
    parts = vector.split(".") if isinstance(vector, str) else [""]
    identities = [part for part in parts if part in LEVELS]
    credentials = {part for part in parts if part not in LEVELS}
    level = identities[0] if identities else "P0"
    well_formed = len(set(parts)) == len(parts) and len(identities) <= 1 and credentials in _CREDENTIALS
    if not well_formed or (level != "P0" and credentials != {"Cl", "Cm"}):
        raise WayBackError("invalid_request", _NOT_VALID)
    return "Cl" if credentials == {"Cl"} else "Cl.Cm", level


def _claims(given: Mapping[str, str]) -> tuple[str, ...]:
    if "claims" not in given:
        return ()
    wanted = _json(given["claims"], dict, "Request contains invalid claims").get("userinfo", {})
    if not isinstance(wanted, dict) or not wanted.keys() <= set(IDENTITY_CLAIMS):
        raise WayBackError("invalid_request", "Request contains invalid claims")
    return tuple(wanted)


def _json(text: str, kind: type[_Json], wrong: str) -> _Json:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WayBackError("invalid_request", wrong) from error
    if not isinstance(found, kind) or not found:
        raise WayBackError("invalid_request", wrong)
    return found
