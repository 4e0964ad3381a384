"""A token with which one person acts for another (RFC 8693), by a mandate that is in force now."""

from typing import Any

from sqlalchemy import Row

from chassis.auth import Caller
from chassis.database import Session
from identity.clients.actions.authentication import AuthenticatedClient, Provider
from identity.grants.actions import grants, subjects, token_owner
from identity.mandates.actions import mandates
from identity.mandates.rules import themes as theme_rules
from identity.proofs.actions import proof_status
from identity.shared.oauth import scopes
from identity.shared.oauth.token_requests import ACCESS_TOKEN_TYPE, SUBJECT_TYPE, OAuthError, TokenRequest
from identity.testers import actions as testers
from identity.tokens.actions.token_response import sign_access_token

_REFUSED = "No mandate lets this person act for that one in this theme, or the actor_token is not good."
_SCOPE = "openid"
_MAX_LENGTH = 200


async def exchange_token(
    provider: Provider, client: AuthenticatedClient, request: TokenRequest, actor: Caller | None
) -> dict[str, Any]:
    """Issue a token with ``sub``, ``act`` and ``mandate``. Raises OAuthError.

    ``subject_token`` is the subject of the person to act for, as the client knows them.
    ``actor_token`` is the delegate's access token, issued to this client; ``actor`` is whom it speaks for.
    """
    _check_token_types(request)
    granted = _check_scopes(client, request)
    theme, principal = request.fields.get("theme", ""), request.fields.get("subject_token", "")
    council = client.record.council
    async with provider.database.writing() as session:
        actor_grant = await _get_actor_grant(session, client, actor)
        await session.set_council(council)
        mandate = await mandates.find_mandate(
            session,
            council,
            client.record.mode,
            actor_grant.account,
            principal[:_MAX_LENGTH],
            theme[:_MAX_LENGTH],
            lambda account: subjects.derive_subject(provider.issuer, client.record.sector, account),
        )
        if (
            mandate is None
            or not await _are_proven(session, mandate)
            or not await testers.is_admitted(
                session, client.record.mode, council, client.id, mandate.principal
            )
        ):
            raise OAuthError("invalid_grant", _REFUSED)
        return await _issue_token(session, provider, client, actor_grant, mandate, granted)


async def _are_proven(session: Session, mandate: mandates.ActiveMandate) -> bool:
    """Tell whether both sides are proven as the mandate needs: a proof withdrawn or run out suspends it."""
    level = theme_rules.identity_of(mandate.minimum_level)
    return all(
        [await proof_status.is_proven(session, side, level) for side in (mandate.principal, mandate.delegate)]
    )


def _check_token_types(request: TokenRequest) -> None:
    """Check that a subject is exchanged by a delegate's access token: no other exchange is offered."""
    fields = request.fields
    if (
        fields.get("subject_token_type") != SUBJECT_TYPE
        or fields.get("actor_token_type") != ACCESS_TOKEN_TYPE
    ):
        detail = f"subject_token_type must be {SUBJECT_TYPE} and actor_token_type {ACCESS_TOKEN_TYPE}."
        raise OAuthError("invalid_request", detail)
    if fields.get("requested_token_type", ACCESS_TOKEN_TYPE) != ACCESS_TOKEN_TYPE:
        raise OAuthError("invalid_request", f"requested_token_type must be {ACCESS_TOKEN_TYPE}.")


def _check_scopes(client: AuthenticatedClient, request: TokenRequest) -> list[str]:
    """Check the scopes: those people may delegate and the client may ask for, never those of a role."""
    possible = scopes.DELEGABLE & client.party.person_scopes | {_SCOPE}
    requested = set((request.scope or _SCOPE).split())
    if not requested <= possible:
        detail = f"A token to act for somebody has no other scope than {', '.join(sorted(possible))}."
        raise OAuthError("invalid_scope", detail)
    return sorted(requested)


async def _get_actor_grant(session: Session, client: AuthenticatedClient, actor: Caller | None) -> Row[Any]:
    """Get the delegate's own grant to this client. A delegated one will not do: mandates do not chain."""
    grant = await token_owner.get_grant(session, actor) if actor is not None else None
    if grant is None or grant.client != client.id or grant.council != client.record.council:
        raise OAuthError("invalid_grant", _REFUSED)
    if grant.actor is not None:
        raise OAuthError("invalid_grant", _REFUSED)
    return grant


async def _issue_token(
    session: Session,
    provider: Provider,
    client: AuthenticatedClient,
    actor_grant: Row[Any],
    mandate: mandates.ActiveMandate,
    granted: list[str],
) -> dict[str, Any]:
    """Issue the token. It lives as long as other access tokens, but never longer than the mandate."""
    issuer, sector, now = provider.issuer, actor_grant.sector, provider.now()
    left = int(mandate.expires_at.timestamp()) - int(now.timestamp())
    seconds = min(client.party.rules.access_seconds, left)
    if seconds <= 0:
        raise OAuthError("invalid_grant", _REFUSED)
    grant = await grants.create_delegated(
        session, actor_grant, mandate.principal, mandate.delegate, granted, now
    )
    subject = subjects.derive_subject(issuer, sector, mandate.principal)
    more = {
        "act": {"sub": subjects.derive_subject(issuer, sector, mandate.delegate)},
        "mandate": mandate.claim,
        "theme": mandate.theme,
    }
    access_token = await sign_access_token(
        session, provider, client, grant, granted, subject, now, seconds, more=more
    )
    return {
        "access_token": access_token,
        "issued_token_type": ACCESS_TOKEN_TYPE,
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": " ".join(granted),
    }
