"""API keys of a council: create, list, revoke."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem, not_found
from identity.clients.schemas.api_keys import ApiKey, ApiKeyMade, NewApiKey
from identity.clients.store import api_keys as store
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.rules import tokens

_NIL = UUID(int=0)


async def create_api_key(
    session: Session, issuer: Issuer, council: str, caller: Caller, body: NewApiKey
) -> ApiKeyMade:
    """Create an API key, valid ``key_days`` days. Raises Problem 403 for a scope the caller does not hold."""
    revocations.check_can_grant(caller, body.scopes, body.mode, region=False)
    created_at = issuer.now()
    api_key = ApiKey(
        id=ids.new(),
        name=body.name,
        mode=body.mode,
        scopes=body.scopes,
        created_at=created_at,
        expires_at=created_at + timedelta(days=issuer.settings.key_days),
    )
    signer = issuer.select_key()
    await store.add_api_key(
        session, council, {**dict(api_key), "kid": signer.kid, "created_by": caller.subject}
    )
    return ApiKeyMade(**dict(api_key), key=_sign_api_key(issuer, council, api_key, signer.kid))


async def sign_again(session: Session, issuer: Issuer, council: str, body: dict[str, Any]) -> str:
    """Sign the same key again for a repeated request: signatures are deterministic."""
    api_key = ApiKey.model_validate(body)
    kid = await store.get_kid(session, council, api_key.id)
    if kid is None:  # pragma: no cover - rows of API keys are never deleted
        raise not_found("API key with this id")
    return _sign_api_key(issuer, council, api_key, kid)


async def list_page(session: ReadSession, council: str, after: UUID | None, fetch: int) -> Sequence[Row[Any]]:
    """List the council's keys that are not revoked, in order of creation."""
    return await store.list_page(session, council, after or _NIL, fetch)


async def revoke_api_key(session: Session, council: str, key_id: UUID, now: datetime) -> None:
    """Revoke a key. To repeat it is no error. Raises Problem 404 for one that never existed."""
    expires = await store.revoke_api_key(session, council, key_id, now)
    if expires is not None:
        await revocations.revoke_credential(session, council, ids.show(key_id), expires, claim="jti")
    elif await store.get_kid(session, council, key_id) is None:
        raise not_found("API key with this id")


def _sign_api_key(issuer: Issuer, council: str, api_key: ApiKey, kid: str) -> str:
    key_id = ids.show(api_key.id)
    content = tokens.TokenContent(
        token_id=key_id,
        client_id=key_id,
        scopes=tuple(api_key.scopes),
        councils=(council,),
        mode=api_key.mode,
        issued=int(api_key.created_at.timestamp()),
        expires=int(api_key.expires_at.timestamp()),
    )
    try:
        return issuer.sign_token(issuer.get_key(kid), tokens.KEY_TYPE, content)
    except LookupError as error:
        raise Problem(
            409, "key-not-repeatable", "The key was made too long ago to be shown again."
        ) from error
