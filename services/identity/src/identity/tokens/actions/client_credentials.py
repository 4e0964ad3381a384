"""An access token for a client itself (RFC 6749 section 4.4)."""

from typing import Any

from chassis import ids
from identity.clients.actions.authentication import AuthenticatedClient, Provider
from identity.clients.actions.clients import list_councils
from identity.shared.oauth import scopes, token_requests
from identity.shared.rules import tokens


def issue_token(provider: Provider, client: AuthenticatedClient, scope: str | None) -> dict[str, Any]:
    """Issue an access token to the client. Raises OAuthError."""
    record, now = client.record, int(provider.issuer.clock())
    granted = scopes.narrow_scopes(scope, record.scopes)
    if granted is None:
        raise token_requests.OAuthError("invalid_scope", "The client does not hold every scope it asks for.")
    content = tokens.TokenContent(
        token_id=ids.show(ids.new()),
        client_id=client.client_id,
        scopes=granted,
        councils=list_councils(record.council),
        mode=record.mode,
        issued=now,
        expires=now + tokens.ACCESS_SECONDS,
    )
    return {
        "access_token": provider.issuer.sign_token(provider.issuer.select_key(), tokens.ACCESS_TYPE, content),
        "token_type": "Bearer",
        "expires_in": tokens.ACCESS_SECONDS,
        "scope": " ".join(granted),
    }
