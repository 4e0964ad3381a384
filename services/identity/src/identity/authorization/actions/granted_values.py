"""What a sign-in grants a client, as it is kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from identity.accounts.actions.sessions import BrowserSession, level
from identity.clients.actions.authentication import Client
from identity.shared.oauth.authorization_requests import AuthorizationRequest


def values(
    row: Row[Any],
    grant: UUID,
    client: Client,
    request: AuthorizationRequest,
    signed_in: BrowserSession,
    now: datetime,
) -> dict[str, Any]:
    """The row of a grant: what its code, tokens and claims are bound to."""
    return {
        "council": row.council,
        "id": grant,
        "client": row.client,
        "account": signed_in.account,
        "session": signed_in.session,
        "actor": None,
        "scopes": list(request.scopes),
        "request": {
            "redirect_uri": request.redirect_uri,
            "challenge": request.challenge,
            "nonce": request.nonce,
            "userinfo_claims": list(request.userinfo_claims),
            "id_token_claims": list(request.id_token_claims),
            "identity": request.identity,
            "level": level(signed_in),
            "authenticated_at": int(signed_in.authenticated_at.timestamp()),
            "backchannel_logout_uri": client.party.backchannel_logout_uri,
            "id_token_alg": client.party.id_token_alg,
        },
        "created_at": now,
        "revoked_at": None,
    }
