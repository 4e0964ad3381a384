"""Rotating a refresh token: each is good once, and brings the next (RFC 6749 section 6, RFC 9700 4.14.2).

One of a sign-in at an upstream is good as long as the upstream is registered and linked with the account.
"""

from typing import Any

from sqlalchemy import Row

from chassis.database import Session
from identity.clients.actions.authentication import Client, Provider
from identity.grants.actions import grants, token_records
from identity.shared.oauth.token_requests import OAuthError, TokenRequest
from identity.testers import actions as testers
from identity.testers.rules import LIVE
from identity.tokens.actions.token_response import STALE, Tokens, issue_tokens, run_with_locked_roles
from identity.upstream_login.actions import links


async def rotate_refresh_token(provider: Provider, client: Client, request: TokenRequest) -> Tokens:
    """Exchange a refresh token for new tokens. One that comes back revokes the grant. Raises OAuthError."""
    client.party  # noqa: B018 - raises for a client that signs nobody in: it has no refresh tokens
    token = request.fields.get("refresh_token", "")
    result = await run_with_locked_roles(
        provider,
        client,
        token_records.get_by_refresh_token,
        token,
        lambda session: _rotate(session, provider, client, token, request.scope),
    )
    # Raised after the commit: what a stolen token revokes must stay revoked.
    if isinstance(result, OAuthError):
        raise result
    return result


async def _rotate(
    session: Session, provider: Provider, client: Client, token: str, scope: str | None
) -> Tokens | OAuthError:
    now, row = provider.now(), await token_records.lock_by_refresh_token(session, token)
    if row is None or row.client != client.id:
        return OAuthError("invalid_grant", STALE)
    used = row.used_at is not None  # a thief's: either this use or the earlier one
    if used or not await _is_still_admitted(session, client, row):
        await grants.revoke_grant(session, row.council, row.grant_id, now)
        return OAuthError("invalid_grant", STALE)
    if row.expires_at <= now or row.revoked_at is not None:
        return OAuthError("invalid_grant", STALE)
    scopes = scope.split() if scope else row.scopes
    if not set(scopes) <= set(row.scopes):
        return OAuthError("invalid_scope", "A refresh token asks for no more than was granted.")
    await token_records.mark_refresh_token_used(session, token, now)
    return await issue_tokens(session, provider, client, row, scopes, now)


async def _is_still_admitted(session: Session, client: Client, grant: Row[Any]) -> bool:
    """Tell whether the person could sign in as they did: by an upstream they used, and as a tester."""
    upstreams = grant.request.get("upstreams")
    if upstreams and not await links.is_signed_in_by(session, grant.council, upstreams, grant.account):
        return False
    mode = client.record.mode
    return mode == LIVE or await testers.is_admitted(session, mode, grant.council, client.id, grant.account)
