"""API keys of a council: make, list, revoke."""

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
    """A new API key, which lives ``key_days`` days. Raises Problem 403 for a scope the caller lacks."""
    revocations.check_can_grant(caller, body.scopes, body.mode, region=False)
    created = issuer.now()
    made = ApiKey(
        id=ids.new(),
        name=body.name,
        mode=body.mode,
        scopes=body.scopes,
        created_at=created,
        expires_at=created + timedelta(days=issuer.settings.key_days),
    )
    signer = issuer.select_key()
    await store.add_api_key(session, council, {**dict(made), "kid": signer.kid, "created_by": caller.subject})
    return ApiKeyMade(**dict(made), key=_sign_api_key(issuer, council, made, signer.kid))


async def sign_again(session: Session, issuer: Issuer, council: str, stored: dict[str, Any]) -> str:
    """The very key that was shown, for a repeated request: signatures are deterministic."""
    made = ApiKey.model_validate(stored)
    kid = await store.get_kid(session, council, made.id)
    if kid is None:  # pragma: no cover - rows of API keys are never deleted
        raise not_found("API key with this id")
    return _sign_api_key(issuer, council, made, kid)


async def list_page(session: ReadSession, council: str, after: UUID | None, fetch: int) -> Sequence[Row[Any]]:
    """The council's keys that are not revoked, in order of creation."""
    return await store.list_page(session, council, after or _NIL, fetch)


async def revoke_api_key(session: Session, council: str, key_id: UUID, now: datetime) -> None:
    """Refuse the key from now on. Again is no error. Raises Problem 404 for one that never was."""
    expires = await store.revoke_api_key(session, council, key_id, now)
    if expires is not None:
        await revocations.revoke_credential(session, council, ids.show(key_id), expires, claim="jti")
    elif await store.get_kid(session, council, key_id) is None:
        raise not_found("API key with this id")


def _sign_api_key(issuer: Issuer, council: str, made: ApiKey, kid: str) -> str:
    shown = ids.show(made.id)
    grant = tokens.TokenContent(
        token_id=shown,
        client_id=shown,
        scopes=tuple(made.scopes),
        councils=(council,),
        mode=made.mode,
        issued=int(made.created_at.timestamp()),
        expires=int(made.expires_at.timestamp()),
    )
    try:
        return issuer.sign_token(issuer.get_key(kid), tokens.KEY_TYPE, grant)
    except LookupError as error:
        raise Problem(
            409, "key-not-repeatable", "The key was made too long ago to be shown again."
        ) from error
