"""What a council may register for a service of its own: which values fit together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identity.shared.oauth import scopes
from identity.shared.oauth.relying_party import NATIVE, NO_SECRET, ONELOGIN, WEB
from identity.shared.rules import uris

OPENID = "openid"
IDENTITY_SCOPES = (OPENID, "email", "phone", "offline_access")
"""Scopes that say what of a person a service is told; all others are scopes of the APIs."""
ONELOGIN_SCOPES = frozenset({OPENID, "email", "phone"})
CLAIMS = ("address", "identity")
LEVELS = ("P1", "P2")
LIVE = "live"
OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 720


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a member of a registration cannot be."""

    field: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Registration:
    """What is judged together."""

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


def find_faults(asked: Registration, *, laptop: bool = False) -> Iterator[Fault]:
    """All that is wrong with it. ``laptop``: the issuer itself is at http, so that nobody's data is there."""
    live, native = asked.mode == LIVE, asked.application_type == NATIVE
    yield from _find_uri_faults("redirect_uris", asked.redirect_uris, live=live, native=native)
    yield from _find_uri_faults(
        "post_logout_redirect_uris", asked.post_logout_redirect_uris, live=live, native=native
    )
    called = {"backchannel_logout_uri": asked.backchannel_logout_uri, "jwks_uri": asked.jwks_uri}
    here = {"backchannel_logout_uri"} if laptop and not live else set()
    for field, uri in called.items():
        if uri is None or (field in here and uris.is_local_http(uri)):
            continue
        if message := uris.find_server_fault(uri):
            yield Fault(field, message, "bad_uri")
    if OPENID not in asked.scopes:
        yield Fault("scopes", "must have openid among them: a service signs people in", "openid_missing")
    if asked.profile == ONELOGIN and (over := sorted(set(asked.scopes) - ONELOGIN_SCOPES)):
        message = f"of the profile onelogin are openid, email and phone; leave out {', '.join(over)}"
        yield Fault("scopes", message, "not_of_profile")
    if asked.claims and not asked.identity_levels:
        message = "are of people whose identity is proven: give identity_levels too"
        yield Fault("claims", message, "levels_missing")
    yield from _find_public_client_faults(asked)


def _find_public_client_faults(asked: Registration) -> Iterator[Fault]:
    """What a client that keeps no secret cannot have (OAuth 2.1 sections 2.1 and 4.2, RFC 8252)."""
    if asked.token_endpoint_auth_method != NO_SECRET:
        if asked.application_type == NATIVE:
            message = "native keeps no secret: give token_endpoint_auth_method none too"
            yield Fault("application_type", message, "secret_not_kept")
        return
    unfit = {
        "profile": (asked.profile == ONELOGIN, "onelogin is for services that authenticate"),
        "machine_scopes": (bool(asked.machine_scopes), "are for clients that authenticate"),
        "jwks": (bool(asked.jwks), "is for clients that authenticate"),
        "jwks_uri": (asked.jwks_uri is not None, "is for clients that authenticate"),
        "first_party": (
            asked.first_party and not all(uri.startswith("https://") for uri in asked.redirect_uris),
            "needs redirect URIs that no other app can claim: https only",
        ),
    }
    for field, (wrong, message) in unfit.items():
        if wrong:
            yield Fault(field, message, "not_for_public")


def _find_uri_faults(field: str, given: Sequence[str], *, live: bool, native: bool) -> Iterator[Fault]:
    for index, uri in enumerate(given):
        if message := uris.find_redirect_fault(uri, live=live, native=native):
            yield Fault(f"{field}.{index}", message, "bad_uri")
        if uri in given[:index]:
            yield Fault(f"{field}.{index}", "is there twice", "duplicate")


def list_origins(members: Mapping[str, Any], *, public: bool) -> list[str]:
    """Where the pages of a public web app come from: their scripts may call the issuer."""
    in_browser = public and members["application_type"] == WEB
    return sorted({uris.get_origin(uri) for uri in members["redirect_uris"]}) if in_browser else []


def list_unknown_scopes(asked: Iterable[str]) -> list[str]:
    """The scopes that neither say something of people nor are of an API."""
    return scopes.list_unknown(scope for scope in asked if scope not in IDENTITY_SCOPES)


def list_api_scopes(asked: Iterable[str]) -> list[str]:
    """The scopes of APIs among them: these nobody grants without holding them."""
    return [scope for scope in asked if scope not in IDENTITY_SCOPES]
