"""The tokens issued on a person's grant, as the response of the token endpoint."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from identity.clients.actions.authentication import Client, Provider
from identity.grants.actions import subjects, token_records
from identity.grants.rules import id_tokens
from identity.shared.oauth.authorization_requests import OFFLINE_ACCESS
from identity.shared.oauth.scopes import PERSONAL
from identity.shared.rules import tokens
from identity.staff.actions import access_changes, roles
from identity.tokens.actions import claims

STALE = "The code or token is unknown, used, expired, revoked or another client's."
_MAX_WAITS = 3
"""Roles that change again and again are waited for so often. A token issued then may be refused at once."""
_T = TypeVar("_T")
GetGrant = Callable[[Session, str], Awaitable[Row[Any] | None]]
Tokens = dict[str, Any]
"""A response of RFC 6749 section 5.1."""


async def run_with_locked_roles(
    provider: Provider,
    client: Client,
    get_grant: GetGrant,
    secret: str,
    issue: Callable[[Session], Awaitable[_T]],
) -> _T:
    """Run ``issue`` in a transaction that keeps the roles of a member of staff as they are.

    ``get_grant`` finds their grant by ``secret``, a code or a refresh token. If their tokens were just
    refused, the new ones must be of a later second: it waits for that with no connection held.
    """
    waits = 0
    while True:
        async with provider.database.writing() as session:
            seconds = await _lock_roles(session, provider, client, get_grant, secret)
            if seconds == 0 or waits == _MAX_WAITS:
                return await issue(session)
        await asyncio.sleep(seconds)
        waits += 1


async def _lock_roles(
    session: Session, provider: Provider, client: Client, get_grant: GetGrant, secret: str
) -> float:
    """Lock the roles of a member of staff until their token is on record: returns the seconds to wait first.

    Call it before the code or refresh token is locked: who changes roles or revokes a leaver's grants locks
    the person first too.
    """
    if not client.party.person_scopes - subjects.IDENTITY_SCOPES - PERSONAL:
        return 0
    grant = await get_grant(session, secret)
    if grant is None or grant.client != client.id:
        return 0
    await session.set_council(grant.council)
    subject = subjects.derive_subject(provider.issuer, grant.sector, grant.account)
    return await access_changes.lock_roles_of_account(
        session, provider.issuer, grant.council, grant.account, subject
    )


async def issue_tokens(
    session: Session,
    provider: Provider,
    client: Client,
    grant: Row[Any],
    scopes: Iterable[str],
    now: datetime,
) -> Tokens:
    """Issue an access token; with ``openid`` an ID token, with ``offline_access`` a refresh token."""
    granted = await limit_scopes(session, client, grant, scopes)
    subject = subjects.derive_subject(provider.issuer, grant.sector, grant.account)
    seconds = client.party.rules.access_seconds
    access_token = await sign_access_token(session, provider, client, grant, granted, subject, now, seconds)
    response = {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": " ".join(granted),
    }
    if "openid" in granted:
        response["id_token"] = await _sign_id_token(
            session, provider, client, grant, subject, access_token, now
        )
    if OFFLINE_ACCESS in grant.scopes:
        response["refresh_token"] = await token_records.add_refresh_token(
            session, grant, now, *client.party.refresh_seconds
        )
    return response


async def limit_scopes(session: Session, client: Client, grant: Row[Any], scopes: Iterable[str]) -> list[str]:
    """Limit scopes of APIs to what both the client and the person's roles allow; others are as requested."""
    requested = set(scopes)
    of_apis = requested & client.party.person_scopes - subjects.IDENTITY_SCOPES
    if of_apis:
        await session.set_council(grant.council)
        of_apis &= PERSONAL | await roles.get_scopes(session, grant.council, grant.account)
    return sorted(requested & subjects.IDENTITY_SCOPES | of_apis)


async def sign_access_token(
    session: Session,
    provider: Provider,
    client: Client,
    grant: Row[Any],
    scopes: Iterable[str],
    subject: str,
    now: datetime,
    seconds: int,
    *,
    more: Mapping[str, Any] | None = None,
) -> str:
    """Sign a person's access token, and record it so that it can be refused when its grant ends.

    ``more``: further claims.
    """
    expires_at = now + timedelta(seconds=seconds)
    token_id = await token_records.add_access_token(session, grant, expires_at)
    content = {
        "iss": provider.issuer.url,
        "aud": provider.issuer.settings.audience,
        "sub": subject,
        "client_id": client.client_id,
        "jti": ids.show(token_id),
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + seconds,
        "scope": " ".join(scopes),
        "councils": [grant.council],
        "mode": client.record.mode,
        **(more or {}),
    }
    return tokens.sign_jwt(provider.issuer.select_key(), tokens.ACCESS_TYPE, content)


async def _sign_id_token(
    session: Session,
    provider: Provider,
    client: Client,
    grant: Row[Any],
    subject: str,
    access_token: str,
    now: datetime,
) -> str:
    issuer, request = provider.issuer, grant.request
    sign_in = id_tokens.SignIn(
        client_id=client.client_id,
        subject=subject,
        session=subjects.derive_sid(issuer, grant.sector, grant.session),
        level=request["level"],
        authenticated_at=request["authenticated_at"],
        nonce=request["nonce"],
    )
    account_claims = await claims.read_account_claims(session, grant, frozenset(request["id_token_claims"]))
    content = id_tokens.build_id_token(
        sign_in, client.party, issuer.url, access_token, account_claims, int(now.timestamp())
    )
    return tokens.sign_jwt(issuer.select_key(client.party.id_token_alg), id_tokens.ID_TYPE, content)
