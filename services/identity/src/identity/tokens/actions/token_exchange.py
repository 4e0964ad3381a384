"""A token with which one person acts for another (RFC 8693): by a mandate that holds at this moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import Session
from identity.clients.actions.authentication import AuthenticatedClient, Provider
from identity.grants.actions import subjects
from identity.grants.store import grants as store
from identity.mandates.actions import mandates
from identity.shared.oauth import scopes, token_requests, vectors
from identity.shared.oauth.token_requests import OAuthError, TokenRequest
from identity.tokens.actions import code_and_refresh, introspection

_REFUSED = "No mandate lets this person act for that one in this theme, or the actor_token is not good."
_SCOPE = "openid"
_MOST = 200


async def exchange(
    provider: Provider, client: AuthenticatedClient, asked: TokenRequest, actor: Caller | None
) -> dict[str, Any]:
    """The token that says ``sub``, ``act`` and ``mandate``. Raises OAuthError.

    ``subject_token`` is the subject of the person to act for, as the service's council knows him;
    ``actor_token`` (``actor`` is who it speaks for) the access token of who acts, issued to this client.
    """
    _kinds(asked)
    granted = _scopes(client, asked)
    theme, principal = asked.fields.get("theme", ""), asked.fields.get("subject_token", "")
    council = client.record.council
    async with provider.database.writing() as session:
        row = await _of_actor(session, client, actor)
        await session.see(council)
        found = await mandates.find_mandate(
            session,
            council,
            row.account,
            principal[:_MOST],
            theme[:_MOST],
            lambda account: subjects.subject(provider.issuer, council, account),
        )
        if found is None:
            raise OAuthError("invalid_grant", _REFUSED)
        return await _issue(session, provider, client, row, found, granted)


def _kinds(asked: TokenRequest) -> None:
    """Only a subject with an actor's access token; a plain exchange of tokens is not offered."""
    fields = asked.fields
    if (
        fields.get("subject_token_type") != token_requests.SUBJECT
        or fields.get("actor_token_type") != token_requests.ACCESS_TOKEN
    ):
        detail = f"subject_token_type must be {token_requests.SUBJECT} and actor_token_type {token_requests.ACCESS_TOKEN}."
        raise OAuthError("invalid_request", detail)
    if fields.get("requested_token_type", token_requests.ACCESS_TOKEN) != token_requests.ACCESS_TOKEN:
        raise OAuthError("invalid_request", f"requested_token_type must be {token_requests.ACCESS_TOKEN}.")


def _scopes(client: AuthenticatedClient, asked: TokenRequest) -> list[str]:
    """What the person may let another do, as far as the service may; never what his roles allow."""
    possible = scopes.DELEGABLE & client.party.person_scopes | {_SCOPE}
    wanted = set((asked.scope or _SCOPE).split())
    if not wanted <= possible:
        detail = f"A token to act for somebody has no other scope than {', '.join(sorted(possible))}."
        raise OAuthError("invalid_scope", detail)
    return sorted(wanted)


async def _of_actor(session: Session, client: AuthenticatedClient, actor: Caller | None) -> Row[Any]:
    """The grant of who acts: his own, given to this client. No mandate is passed on."""
    row = await introspection.grant_of(session, actor) if actor is not None else None
    if (
        row is None
        or row.client != client.id
        or row.actor is not None
        or row.council != client.record.council
    ):
        raise OAuthError("invalid_grant", _REFUSED)
    return row


async def _issue(
    session: Session,
    provider: Provider,
    client: AuthenticatedClient,
    actor: Row[Any],
    found: mandates.ActiveMandate,
    granted: list[str],
) -> dict[str, Any]:
    """It lives as long as any access token, and to the second not longer than the mandate."""
    now = provider.now()
    left = int(found.expires_at.timestamp()) - int(now.timestamp())
    seconds = min(client.party.rules.access_seconds, left)
    if seconds <= 0:
        raise OAuthError("invalid_grant", _REFUSED)
    grant = _grant(actor, found, now, granted)
    await store.add(session, grant)
    row = await store.one(session, grant["council"], grant["id"])
    if row is None:  # pragma: no cover - it was just written
        raise OAuthError("invalid_grant", _REFUSED)
    issuer, council = provider.issuer, grant["council"]
    more = {
        "act": {"sub": subjects.subject(issuer, council, found.delegate)},
        "mandate": found.claim,
        "theme": found.theme,
    }
    subject = subjects.subject(issuer, council, found.principal)
    written = await code_and_refresh.access_token(
        session, provider, client, row, granted, subject, now, seconds=seconds, more=more
    )
    return {
        "access_token": written,
        "issued_token_type": token_requests.ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": " ".join(granted),
    }


def _grant(
    actor: Row[Any], found: mandates.ActiveMandate, now: datetime, granted: list[str]
) -> dict[str, Any]:
    """A grant of its own in the actor's session, so that it ends with either. It tells no claims."""
    quiet = {"userinfo_claims": [], "id_token_claims": [], "identity": vectors.NO_IDENTITY}
    return {
        "council": actor.council,
        "id": ids.new(),
        "client": actor.client,
        "account": found.principal,
        "session": actor.session,
        "actor": found.delegate,
        "scopes": granted,
        "request": {**actor.request, **quiet, "backchannel_logout_uri": None},
        "created_at": now,
        "revoked_at": None,
    }
