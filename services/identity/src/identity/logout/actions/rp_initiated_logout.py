"""Signing out at a service's wish (OpenID Connect RP-Initiated Logout 1.0)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from identity.accounts.actions.sessions import BrowserSession
from identity.clients.actions.authentication import Provider
from identity.grants.actions import subjects
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.oauth import authorization_requests, redirects
from identity.shared.rules import crypto

_MAX_TOKEN = 4_096


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A service's wish. ``certain``: it shows that this very session is meant, so nobody need be asked.

    ``back``: where the browser goes afterwards, None when that is not registered.
    """

    client_id: str
    certain: bool
    back: str | None
    state: str


async def parse_logout_request(
    provider: Provider, given: Mapping[str, str], signed_in: BrowserSession | None
) -> LogoutRequest:
    """What a logout request wishes. Raises PageError when it contradicts itself."""
    hint = parse_id_token_hint(provider.issuer, given.get("id_token_hint"))
    client_id = given.get("client_id") or hint.get("aud", "")
    if hint and hint.get("aud") != client_id:
        raise authorization_requests.PageError("client_id is not the one the id_token_hint was issued to.")
    client = await provider.get_client(client_id)
    back = given.get("post_logout_redirect_uri")
    own = client.party.post_logout_redirect_uris if client is not None and client.party is not None else ()
    certain = False
    if signed_in is not None and client is not None and hint:
        session = subjects.derive_sid(provider.issuer, client.council, signed_in.session)
        certain = hmac.compare_digest(session.encode(), str(hint.get("sid", "")).encode())
    allowed = back is not None and redirects.is_registered(back, own)
    return LogoutRequest(client_id, certain, back if allowed else None, given.get("state", "")[:1_000])


def parse_id_token_hint(issuer: Issuer, token: str | None) -> dict[str, Any]:
    """The claims of an id_token of ours; empty for anything else.

    It may have expired, and the key that signed it be published no more: a session outlives both.
    """
    if token is None or len(token) > _MAX_TOKEN:
        return {}
    try:
        own = KeySet.import_key_set({"keys": issuer.list_keys()})
        read = jwt.decode(token, own, algorithms=list(crypto.ALGORITHMS))
    except (JoseError, ValueError, KeyError, TypeError):
        return {}
    fits = read.header.get("typ") == "JWT" and read.claims.get("iss") == issuer.url
    return dict(read.claims) if fits and isinstance(read.claims.get("aud"), str) else {}


def build_return_url(wish: LogoutRequest) -> str | None:
    """Where the browser goes afterwards; None for our own page."""
    if wish.back is None:
        return None
    return redirects.add_parameters(wish.back, {"state": wish.state}) if wish.state else wish.back
