"""Logout at a service's request (OpenID Connect RP-Initiated Logout 1.0)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from identity.accounts.rules.browser_sessions import SessionRecord
from identity.clients.actions.authentication import Provider
from identity.clients.rules.client_record import ClientRecord
from identity.grants.actions import subjects
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.oauth import authorization_requests, redirects
from identity.shared.rules import crypto

_MAX_TOKEN = 4_096
_MAX_STATE = 1_000


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A logout request. ``certain``: it proves that it means this session, so the person need not be asked.

    ``return_uri``: where the browser goes afterwards, None when that is not registered.
    """

    client_id: str
    certain: bool
    return_uri: str | None
    state: str

    def build_return_url(self) -> str | None:
        """Build the URL where the browser goes afterwards; None for our own page."""
        if self.return_uri is None:
            return None
        return (
            redirects.add_parameters(self.return_uri, {"state": self.state})
            if self.state
            else self.return_uri
        )


async def parse_logout_request(
    provider: Provider, parameters: Mapping[str, str], signed_in: SessionRecord | None
) -> LogoutRequest:
    """Parse a logout request. Raises PageError when it contradicts itself."""
    hint = parse_id_token_hint(provider.issuer, parameters.get("id_token_hint"))
    client_id = parameters.get("client_id") or hint.get("aud", "")
    if hint and hint.get("aud") != client_id:
        raise authorization_requests.PageError("client_id is not the one the id_token_hint was issued to.")
    client = await provider.get_client(client_id)
    certain = False
    if signed_in is not None and client is not None and hint:
        sid = subjects.derive_sid(provider.issuer, client.sector, signed_in.session)
        certain = hmac.compare_digest(sid.encode(), str(hint.get("sid", "")).encode())
    return_uri = _check_return_uri(parameters.get("post_logout_redirect_uri"), client)
    return LogoutRequest(client_id, certain, return_uri, parameters.get("state", "")[:_MAX_STATE])


def parse_id_token_hint(issuer: Issuer, token: str | None) -> dict[str, Any]:
    """Parse the claims of an ID token of ours; empty for anything else.

    It may have expired, and its key be published no more: a session outlives both.
    """
    if token is None or len(token) > _MAX_TOKEN:
        return {}
    try:
        keys = KeySet.import_key_set({"keys": issuer.list_keys()})
        hint = jwt.decode(token, keys, algorithms=list(crypto.ALGORITHMS))
    except (JoseError, ValueError, KeyError, TypeError):
        return {}
    ours = hint.header.get("typ") == "JWT" and hint.claims.get("iss") == issuer.url
    return dict(hint.claims) if ours and isinstance(hint.claims.get("aud"), str) else {}


def _check_return_uri(uri: str | None, client: ClientRecord | None) -> str | None:
    """The URI, if the client registered it; else None."""
    if client is None or client.party is None:
        return None
    return uri if redirects.is_registered(uri, client.party.post_logout_redirect_uris) else None
