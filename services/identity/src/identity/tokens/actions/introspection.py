"""Token introspection (RFC 7662): what a token is worth now."""

import base64
import json
from typing import Any

from chassis.auth import Caller
from chassis.database import ReadSession
from chassis.deny_list import DenyList
from chassis.problems import Problem
from chassis.tokens import TokenVerifier
from identity.clients.actions.authentication import AuthenticatedClient, Provider
from identity.grants.actions import subjects, token_owner, token_records
from identity.shared.tables import REGION

_INACTIVE = {"active": False}
_CLAIMS = ("iss", "aud", "sub", "client_id", "jti", "iat", "exp", "scope", "act", "mandate", "theme")


async def verify_token(verifier: TokenVerifier, deny_list: DenyList, token: str) -> Caller | None:
    """Verify an access token or an API key; answers whom it speaks for, None when it is not good."""
    try:
        caller = await verifier.check(token)
    except Problem as problem:
        if problem.status_code != 401:  # noqa: PLR2004 - the keys cannot be read: not the token's fault
            raise
        return None
    return None if deny_list.refuses(caller) else caller


async def introspect_token(
    session: ReadSession, provider: Provider, client: AuthenticatedClient, caller: Caller | None, token: str
) -> dict[str, Any]:
    """Introspect a token (RFC 7662 section 2.2). ``caller``: whom it speaks for; None tries a refresh token.

    A client sees tokens of its own council; a client of the region sees all.
    """
    if caller is None:
        return await _introspect_refresh_token(session, provider, client, token)
    council = client.record.council
    if council != REGION and not caller.may_act_in(council):
        return _INACTIVE
    content = _decode_claims(token)
    if caller.subject != caller.client_id and await token_owner.get_grant(session, caller) is None:
        return _INACTIVE
    shown = {name: content[name] for name in _CLAIMS if name in content}
    return {"active": True, "token_type": "Bearer", **shown}


async def _introspect_refresh_token(
    session: ReadSession, provider: Provider, client: AuthenticatedClient, token: str
) -> dict[str, Any]:
    """Introspect a refresh token, which only its own client sees."""
    grant = await token_records.get_by_refresh_token(session, token)
    if grant is None or grant.client != client.id:
        return _INACTIVE
    if grant.used_at or grant.revoked_at or grant.expires_at <= provider.now():
        return _INACTIVE
    return {
        "active": True,
        "client_id": client.client_id,
        "sub": subjects.derive_subject(provider.issuer, grant.sector, grant.account),
        "scope": " ".join(grant.scopes),
        "exp": int(grant.expires_at.timestamp()),
        "iss": provider.issuer.url,
    }


def _decode_claims(token: str) -> dict[str, Any]:
    """Decode the claims of a token whose signature has been checked."""
    part = token.split(".")[1]
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content
