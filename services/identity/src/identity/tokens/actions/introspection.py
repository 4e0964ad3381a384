"""What a token is worth now, for userinfo and introspection; and revoking one (RFC 7662, RFC 7009)."""

import base64
import json
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem
from chassis.tenancy import Directory
from chassis.tokens import Verifier
from identity.clients.actions.authentication import AuthenticatedClient, Client, Provider
from identity.grants.actions import grants, subjects
from identity.grants.store import grants as store
from identity.issuer.actions import revocations
from identity.shared.rules import crypto
from identity.shared.tables import REGION
from identity.tokens.actions import identity_claims, user_claims


async def verify_token(verifier: Verifier, directory: Directory, token: str) -> Caller | None:
    """Who an access token or an API key speaks for; None when it is not good (any more)."""
    try:
        caller = await verifier.check(token)
    except Problem as problem:
        if problem.status_code != 401:  # noqa: PLR2004 - the keys cannot be read: not the token's fault
            raise
        return None
    return None if directory.refuses(caller) else caller


async def get_grant(session: ReadSession, caller: Caller) -> Row[Any] | None:
    """The grant in force behind a person's access token; None for a machine's."""
    try:
        token_id = ids.read(caller.token_id)
    except ValueError:
        return None
    row = await store.get_by_access_token(session, token_id)
    return row if row is not None and row.revoked_at is None else None


async def read_userinfo(
    session: Session, provider: Provider, row: Row[Any], wanted: frozenset[str]
) -> dict[str, Any]:
    """The claims of the person behind a grant (OpenID Connect Core 5.3)."""
    subject = subjects.derive_subject(provider.issuer, row.council, row.account)
    proven = await identity_claims.read_identity_claims(session, provider, row, wanted)
    return {**proven, **await user_claims.read_user_claims(session, row, wanted), "sub": subject}


async def introspect_token(
    session: ReadSession, provider: Provider, client: AuthenticatedClient, caller: Caller | None, token: str
) -> dict[str, Any]:
    """RFC 7662 section 2.2. A client sees tokens of its own council; a client of the region all."""
    if caller is None:
        return await _introspect_refresh_token(session, provider, client, token)
    council = client.record.council
    if council != REGION and not caller.acts_for(council):
        return {"active": False}
    content = _decode_claims(token)
    if caller.subject != caller.client_id and await get_grant(session, caller) is None:
        return {"active": False}
    shown = ("iss", "aud", "sub", "client_id", "jti", "iat", "exp", "scope", "act", "mandate", "theme")
    found = {name: content[name] for name in shown if name in content}
    return {"active": True, "token_type": "Bearer", **found}


async def _introspect_refresh_token(
    session: ReadSession, provider: Provider, client: AuthenticatedClient, token: str
) -> dict[str, Any]:
    """A refresh token is its own client's business alone."""
    row = await store.get_by_refresh_token(session, crypto.hash_secret(token))
    if (
        row is None
        or row.client != client.id
        or row.used_at
        or row.revoked_at
        or row.expires_at <= provider.now()
    ):
        return {"active": False}
    return {
        "active": True,
        "client_id": client.client_id,
        "sub": subjects.derive_subject(provider.issuer, row.council, row.account),
        "scope": " ".join(row.scopes),
        "exp": int(row.expires_at.timestamp()),
        "iss": provider.issuer.url,
    }


async def revoke_token(
    session: Session, provider: Provider, client: Client, caller: Caller | None, token: str
) -> None:
    """RFC 7009 section 2.1: the whole grant with a refresh token. What is not the client's stays."""
    if caller is not None:
        if caller.client_id == client.client_id:
            expires = provider.issuer.to_datetime(caller.expires) + timedelta(seconds=crypto.GRACE_SECONDS)
            await revocations.revoke_credential(
                session, client.record.council, caller.token_id, expires, claim="jti"
            )
        return
    row = await store.lock_by_refresh_token(session, crypto.hash_secret(token))
    if row is not None and row.client == client.id:
        await grants.revoke_grant(session, row.council, row.grant_id, provider.now())


def _decode_claims(token: str) -> dict[str, Any]:
    """The claims of a token whose signature has been checked."""
    part = token.split(".")[1]
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content
