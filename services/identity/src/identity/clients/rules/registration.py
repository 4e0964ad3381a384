"""The registration of a service: which values are consistent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identity.shared.oauth import scopes
from identity.shared.oauth.relying_party import NATIVE, NO_SECRET, ONELOGIN, WEB
from identity.shared.rules import uris

OPENID = "openid"
IDENTITY_SCOPES = (OPENID, "email", "phone", "offline_access")
"""Scopes that say what a service learns of a person; all others are scopes of APIs."""
ONELOGIN_SCOPES = frozenset({OPENID, "email", "phone"})
CLAIMS = ("address", "identity")
LEVELS = ("P1", "P2")
LIVE = "live"
OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 720


@dataclass(frozen=True, slots=True)
class Fault:
    """A member of a registration that is refused, and why."""

    field: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Registration:
    """The members of a registration that are checked together."""

    mode: str
    profile: str
    scopes: Sequence[str]
    redirect_uris: Sequence[str]
    post_logout_redirect_uris: Sequence[str]
    backchannel_logout_uri: str | None
    jwks_uri: str | None
    identity_levels: Sequence[str]
    claims: Sequence[str]
    machine_scopes: Sequence[str] = ()
    jwks: object = None
    token_endpoint_auth_method: str | None = None
    application_type: str = "web"
    first_party: bool = False


def find_faults(candidate: Registration, *, is_local: bool = False) -> Iterator[Fault]:
    """Find all faults. ``is_local``: the issuer runs on a laptop, at http, with nobody's real data."""
    live, native = candidate.mode == LIVE, candidate.application_type == NATIVE
    yield from _find_uri_faults("redirect_uris", candidate.redirect_uris, live=live, native=native)
    yield from _find_uri_faults(
        "post_logout_redirect_uris", candidate.post_logout_redirect_uris, live=live, native=native
    )
    server_uris = {"backchannel_logout_uri": candidate.backchannel_logout_uri, "jwks_uri": candidate.jwks_uri}
    local_allowed = {"backchannel_logout_uri"} if is_local and not live else set()
    for field, uri in server_uris.items():
        if uri is None or (field in local_allowed and uris.is_local_http(uri)):
            continue
        if message := uris.find_server_fault(uri):
            yield Fault(field, message, "bad_uri")
    if OPENID not in candidate.scopes:
        yield Fault("scopes", "must have openid among them: a service signs people in", "openid_missing")
    if candidate.profile == ONELOGIN and (extra := sorted(set(candidate.scopes) - ONELOGIN_SCOPES)):
        message = f"of the profile onelogin are openid, email and phone; leave out {', '.join(extra)}"
        yield Fault("scopes", message, "not_of_profile")
    if candidate.claims and not candidate.identity_levels:
        message = "are of people whose identity is proven: give identity_levels too"
        yield Fault("claims", message, "levels_missing")
    yield from _find_public_client_faults(candidate)


def _find_public_client_faults(candidate: Registration) -> Iterator[Fault]:
    """Find what a public client cannot have (OAuth 2.1 sections 2.1 and 4.2, RFC 8252)."""
    if candidate.token_endpoint_auth_method != NO_SECRET:
        if candidate.application_type == NATIVE:
            message = "native keeps no secret: give token_endpoint_auth_method none too"
            yield Fault("application_type", message, "secret_not_kept")
        return
    checks = {
        "profile": (candidate.profile == ONELOGIN, "onelogin is for services that authenticate"),
        "machine_scopes": (bool(candidate.machine_scopes), "are for clients that authenticate"),
        "jwks": (bool(candidate.jwks), "is for clients that authenticate"),
        "jwks_uri": (candidate.jwks_uri is not None, "is for clients that authenticate"),
        "first_party": (
            candidate.first_party and not all(uri.startswith("https://") for uri in candidate.redirect_uris),
            "needs redirect URIs that no other app can claim: https only",
        ),
    }
    for field, (wrong, message) in checks.items():
        if wrong:
            yield Fault(field, message, "not_for_public")


def _find_uri_faults(field: str, registered: Sequence[str], *, live: bool, native: bool) -> Iterator[Fault]:
    for index, uri in enumerate(registered):
        if message := uris.find_redirect_fault(uri, live=live, native=native):
            yield Fault(f"{field}.{index}", message, "bad_uri")
        if uri in registered[:index]:
            yield Fault(f"{field}.{index}", "is there twice", "duplicate")


def list_origins(members: Mapping[str, Any], *, public: bool) -> list[str]:
    """List the origins of a public web app: scripts on its pages may call the issuer."""
    in_browser = public and members["application_type"] == WEB
    return sorted({uris.get_origin(uri) for uri in members["redirect_uris"]}) if in_browser else []


def list_unknown_scopes(requested: Iterable[str]) -> list[str]:
    """List the scopes that are neither about people nor of an API."""
    return scopes.list_unknown(scope for scope in requested if scope not in IDENTITY_SCOPES)


def list_api_scopes(requested: Iterable[str]) -> list[str]:
    """List the scopes of APIs, which nobody grants without holding them."""
    return [scope for scope in requested if scope not in IDENTITY_SCOPES]
