"""Codes and refresh tokens become tokens, once each; one that comes back ends the whole grant.

Errors are values here until the transaction has ended: what a theft revokes must be committed.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from identity.clients.actions.authentication import Client, Provider
from identity.grants.actions import grants, subjects
from identity.grants.rules import id_tokens
from identity.grants.store import grants as store
from identity.shared.oauth import authorization_requests
from identity.shared.oauth.scopes import OWN
from identity.shared.oauth.token_requests import CODE, OAuthError, TokenRequest
from identity.shared.rules import crypto, tokens
from identity.staff.actions import access_changes, roles
from identity.tokens.actions import user_claims

_STALE = "The code or token is unknown, used, expired, revoked or another client's."


async def redeem(provider: Provider, client: Client, asked: TokenRequest) -> dict[str, Any]:
    """The answer to a code or a refresh token (RFC 6749 sections 4.1.4 and 6). Raises OAuthError."""
    client.party  # noqa: B018 - a mere machine has neither
    async with provider.database.writing() as session:
        await _settle(session, provider, client, asked)
        answer = await (_code if asked.grant == CODE else _refresh)(session, provider, client, asked)
    if isinstance(answer, OAuthError):
        raise answer
    return answer


async def _settle(session: Session, provider: Provider, client: Client, asked: TokenRequest) -> None:
    """Keep the roles of a member of staff as they are until his token is on record.

    Before the grant is locked: whoever changes roles, or ends a leaver's grants, locks the person first too.
    """
    if not client.party.person_scopes - subjects.OF_PEOPLE - OWN:
        return
    look, name = (store.code_seen, "code") if asked.grant == CODE else (store.refresh_seen, "refresh_token")
    row = await look(session, crypto.secret_hash(asked.fields.get(name, "")))
    if row is not None and row.client == client.id:
        await session.see(row.council)
        await access_changes.lock_roles_of_account(session, provider.issuer, row.council, row.account)


async def _code(
    session: Session, provider: Provider, client: Client, asked: TokenRequest
) -> dict[str, Any] | OAuthError:
    fields, now = asked.fields, provider.now()
    hashed = crypto.secret_hash(fields.get("code", ""))
    row = await store.code(session, hashed)
    if row is None or row.client != client.id:
        return OAuthError("invalid_grant", _STALE)
    if row.used_at is not None:
        await grants.revoke(session, row.council, row.grant_id, now)
        return OAuthError("invalid_grant", _STALE)
    await store.use_code(session, hashed, now)
    if row.expires_at <= now or row.revoked_at is not None:
        return OAuthError("invalid_grant", _STALE)
    if fault := _not_bound(row.request, fields):
        await grants.revoke(session, row.council, row.grant_id, now)
        return fault
    return await _issue(session, provider, client, row, row.scopes, now)


def _not_bound(request: Mapping[str, Any], fields: Mapping[str, str]) -> OAuthError | None:
    """The code's redirect URI and PKCE (RFC 6749 4.1.3, RFC 7636 4.6)."""
    if fields.get("redirect_uri") != request["redirect_uri"]:
        return OAuthError("invalid_grant", "redirect_uri is not the one of the authorisation request.")
    verifier = fields.get("code_verifier")
    hashed = (
        base64.urlsafe_b64encode(hashlib.sha256((verifier or "").encode()).digest()).rstrip(b"=").decode()
    )
    if not authorization_requests.verifier_fits(verifier, request["challenge"], hashed):
        return OAuthError("invalid_grant", "code_verifier does not fit the authorisation request.")
    return None


async def _refresh(
    session: Session, provider: Provider, client: Client, asked: TokenRequest
) -> dict[str, Any] | OAuthError:
    now = provider.now()
    hashed = crypto.secret_hash(asked.fields.get("refresh_token", ""))
    row = await store.refresh(session, hashed)
    if row is None or row.client != client.id:
        return OAuthError("invalid_grant", _STALE)
    if row.used_at is not None:  # RFC 9700 section 4.14.2: one of the two is a thief
        await grants.revoke(session, row.council, row.grant_id, now)
        return OAuthError("invalid_grant", _STALE)
    if row.expires_at <= now or row.revoked_at is not None:
        return OAuthError("invalid_grant", _STALE)
    wanted = asked.scope.split() if asked.scope else row.scopes
    if not set(wanted) <= set(row.scopes):
        return OAuthError("invalid_scope", "A refresh token asks for no more than was granted.")
    await store.use_refresh(session, hashed, now)
    return await _issue(session, provider, client, row, wanted, now)


async def _issue(
    session: Session, provider: Provider, client: Client, row: Row[Any], scopes: list[str], now: datetime
) -> dict[str, Any] | OAuthError:
    party, request = client.party, row.request
    granted = await _allowed(session, client, row, scopes)
    subject = subjects.subject(provider.issuer, row.council, row.account)
    written = await access_token(session, provider, client, row, granted, subject, now)
    answer = {
        "access_token": written,
        "token_type": "Bearer",
        "expires_in": party.rules.access_seconds,
        "scope": " ".join(granted),
    }
    if "openid" in granted:
        sign_in = id_tokens.SignIn(
            client_id=client.client_id,
            subject=subject,
            session=subjects.session_name(provider.issuer, row.council, row.session),
            level=request["level"],
            authenticated_at=request["authenticated_at"],
            nonce=request["nonce"],
        )
        claims = await user_claims.claims(session, row, frozenset(request["id_token_claims"]))
        signer = provider.issuer.signer(party.id_token_alg)
        content = id_tokens.id_token(
            sign_in, party, provider.issuer.url, written, claims, int(now.timestamp())
        )
        answer["id_token"] = tokens.sign(signer, id_tokens.ID_TYPE, content)
    if authorization_requests.OFFLINE in row.scopes:
        answer["refresh_token"] = await _refresh_token(session, client, row, now)
    return answer


async def _allowed(session: Session, client: Client, row: Row[Any], asked: list[str]) -> list[str]:
    """What a service learns, as asked; what it may do, as far as client and the person's roles both allow."""
    doing = set(asked) & client.party.person_scopes - subjects.OF_PEOPLE
    if doing:
        await session.see(row.council)
        doing &= OWN | await roles.get_scopes(session, row.council, row.account)
    return sorted(set(asked) & subjects.OF_PEOPLE | doing)


async def access_token(
    session: Session,
    provider: Provider,
    client: Client,
    row: Row[Any],
    granted: list[str],
    subject: str,
    now: datetime,
    *,
    seconds: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> str:
    """A person's access token, kept so that it can be refused when its grant ends."""
    token_id, seconds = ids.new(), seconds or client.party.rules.access_seconds
    expires = now + timedelta(seconds=seconds)
    values = {"council": row.council, "id": token_id, "grant_id": row.grant_id, "expires_at": expires}
    await store.add_access(session, values)
    content = {
        "iss": provider.issuer.url,
        "aud": provider.issuer.settings.audience,
        "sub": subject,
        "client_id": client.client_id,
        "jti": ids.show(token_id),
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + seconds,
        "scope": " ".join(granted),
        "councils": [row.council],
        "mode": client.record.mode,
        **(more or {}),
    }
    return tokens.sign(provider.issuer.signer(), tokens.ACCESS_TYPE, content)


async def _refresh_token(session: Session, client: Client, row: Row[Any], now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    unused, absolute = client.party.refresh_seconds
    last = row.created_at + timedelta(seconds=absolute)
    values = {
        "council": row.council,
        "id": ids.new(),
        "grant_id": row.grant_id,
        "secret_hash": crypto.secret_hash(secret),
        "expires_at": min(now + timedelta(seconds=unused), last),
        "used_at": None,
    }
    await store.add_refresh(session, values)
    return secret
