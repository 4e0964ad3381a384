"""Redeeming an authorization code, once (RFC 6749 section 4.1.3)."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from chassis.database import Session
from identity.clients.actions.authentication import Client, Provider
from identity.grants.actions import grants, token_records
from identity.shared.oauth import authorization_requests
from identity.shared.oauth.token_requests import OAuthError, TokenRequest
from identity.tokens.actions.token_response import STALE, Tokens, issue_tokens, run_with_locked_roles


async def redeem_code(provider: Provider, client: Client, request: TokenRequest) -> Tokens:
    """Redeem a code for tokens. A code that comes back revokes the whole grant. Raises OAuthError."""
    client.party  # noqa: B018 - raises for a client that signs nobody in: it has no codes
    code = request.fields.get("code", "")
    result = await run_with_locked_roles(
        provider,
        client,
        token_records.get_by_code,
        code,
        lambda session: _redeem(session, provider, client, request.fields, code),
    )
    # Raised after the commit: what a stolen code revokes must stay revoked.
    if isinstance(result, OAuthError):
        raise result
    return result


async def _redeem(
    session: Session, provider: Provider, client: Client, fields: Mapping[str, str], code: str
) -> Tokens | OAuthError:
    now, row = provider.now(), await token_records.lock_by_code(session, code)
    if row is None or row.client != client.id:
        return OAuthError("invalid_grant", STALE)
    if row.used_at is not None:
        await grants.revoke_grant(session, row.council, row.grant_id, now)
        return OAuthError("invalid_grant", STALE)
    await token_records.mark_code_used(session, code, now)
    if row.expires_at <= now or row.revoked_at is not None:
        return OAuthError("invalid_grant", STALE)
    if fault := _find_binding_fault(row.request, fields):
        await grants.revoke_grant(session, row.council, row.grant_id, now)
        return fault
    return await issue_tokens(session, provider, client, row, row.scopes, now)


def _find_binding_fault(request: Mapping[str, Any], fields: Mapping[str, str]) -> OAuthError | None:
    """Find why the redirect URI or PKCE does not match the code (RFC 6749 4.1.3, RFC 7636 4.6)."""
    if fields.get("redirect_uri") != request["redirect_uri"]:
        return OAuthError("invalid_grant", "redirect_uri is not the one of the authorisation request.")
    verifier = fields.get("code_verifier")
    digest = hashlib.sha256((verifier or "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not authorization_requests.verify_pkce(verifier, request["challenge"], challenge):
        return OAuthError("invalid_grant", "code_verifier does not fit the authorisation request.")
    return None
