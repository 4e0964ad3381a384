"""The SQL of clients. ``council`` is ``region`` for those of the whole region."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Row, Text, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from identity.clients.rules.client_record import ClientRecord
from identity.clients.tables import client
from identity.shared.oauth.relying_party import RelyingParty

_COLUMNS = (
    client.c.council,
    client.c.id,
    client.c.name,
    client.c.mode,
    client.c.scopes,
    client.c.jwks,
    client.c.public,
    client.c.generation,
    client.c.created_at,
)
_OF_COUNCIL = (
    client.c.council == bindparam("council_", type_=client.c.council.type),
    client.c.revoked_at.is_(None),
)
_ADD = insert(client).on_conflict_do_nothing().returning(client.c.id)
_LIST_PAGE = (
    select(*_COLUMNS)
    .where(*_OF_COUNCIL, client.c.id > bindparam("after", type_=client.c.id.type))
    .order_by(client.c.id)
    .limit(bindparam("most"))
)
_LOCK_BY_NAME = select(*_COLUMNS).where(*_OF_COUNCIL, client.c.name == bindparam("name_")).with_for_update()
_LOCK_ALL_WITH_SCOPE = (
    select(client.c.id)
    .where(*_OF_COUNCIL, bindparam("scope", type_=Text) == any_(client.c.scopes))
    .order_by(client.c.id)
    .with_for_update()
)
_UPDATE_CREDENTIALS = (
    update(client)
    .where(*_OF_COUNCIL, client.c.id == bindparam("id_"))
    .values(
        scopes=bindparam("scopes"), generation=bindparam("generation"), secret_hash=bindparam("secret_hash")
    )
)
_REVOKE = (
    update(client).where(*_OF_COUNCIL, client.c.id == bindparam("id_")).values(revoked_at=bindparam("at"))
)
_EXISTS = select(client.c.id).where(
    client.c.council == bindparam("council_"), client.c.id == bindparam("id_")
)

# One round trip, on a connection that sees across councils: the client's council is not known yet.
_GET_RECORD = """
    SELECT client.council, client.sector, client.name, client.scopes, client.mode, client.jwks,
        client.secret_hash, client.previous_hash, client.previous_until,
        coalesce(council.status, 'active') AS status, council.name AS council_name,
        client.public, party.profile, party.first_party, party.redirect_uris, party.post_logout_redirect_uris,
        party.backchannel_logout_uri, party.id_token_alg, party.par_required, party.person_scopes,
        party.identity_levels, party.identity_claims, party.name_cy, party.jwks_uri
    FROM client LEFT JOIN council ON council.slug = client.council
    LEFT JOIN relying_party party ON (party.council, party.client) = (client.council, client.id)
    WHERE client.id = $1 AND client.revoked_at IS NULL"""
_LIST_ORIGINS = """
    SELECT DISTINCT unnest(party.origins) FROM relying_party party
    JOIN client ON (client.council, client.id) = (party.council, party.client)
    WHERE party.origins <> '{}' AND client.revoked_at IS NULL LIMIT $1"""
# Each use purges a few expired ones.
_USE_ASSERTION = """
    WITH purged AS (
        DELETE FROM assertion_use WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM assertion_use WHERE expires_at < $5
            ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED)))
    INSERT INTO assertion_use (council, client_id, jti, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING true"""


async def add_client(session: Session, council: str, values: Mapping[str, Any]) -> bool:
    """Add a client; false when its name is in use."""
    return await session.scalar(_ADD, {**values, "council": council}) is not None


async def list_page(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List clients in use, in order of id, which is that of creation; at most ``fetch``."""
    return await session.all(_LIST_PAGE, {"council_": council, "after": after, "most": fetch})


async def lock_by_name(session: Session, council: str, name: str) -> Row[Any] | None:
    """Lock the client in use that has this name."""
    return await session.first(_LOCK_BY_NAME, {"council_": council, "name_": name})


async def lock_all_with_scope(session: Session, council: str, scope: str) -> Sequence[UUID]:
    """Lock the clients in use that hold a scope, and return their ids."""
    rows = await session.all(_LOCK_ALL_WITH_SCOPE, {"council_": council, "scope": scope})
    return [row.id for row in rows]


async def update_credentials(
    session: Session,
    council: str,
    client_id: UUID,
    scopes: Sequence[str],
    generation: int,
    secret_hash: bytes,
) -> None:
    """Update a client's scopes and give it its next secret."""
    values = {"scopes": list(scopes), "generation": generation, "secret_hash": secret_hash}
    await session.execute(_UPDATE_CREDENTIALS, {**values, "council_": council, "id_": client_id})


async def revoke_client(session: Session, council: str, client_id: UUID, at: datetime) -> bool:
    """Revoke a client; false when it was not in use."""
    return await session.execute(_REVOKE, {"council_": council, "id_": client_id, "at": at}) == 1


async def exists(session: Session, council: str, client_id: UUID) -> bool:
    """Whether there is or was a client with this id."""
    return await session.first(_EXISTS, {"council_": council, "id_": client_id}) is not None


async def get_record(pool: asyncpg.Pool, client_id: UUID) -> ClientRecord | None:
    """Get a client in use, of any council; ``pool`` sees across councils."""
    row = await pool.fetchrow(_GET_RECORD, client_id)
    if row is None:
        return None
    return ClientRecord(
        council=row["council"],
        sector=row["sector"],
        name=row["name"],
        scopes=row["scopes"],
        mode=row["mode"],
        keys=json.loads(row["jwks"]) if row["jwks"] else (),
        secret_hash=row["secret_hash"],
        status=row["status"],
        council_name=row["council_name"] or "",
        party=_build_relying_party(row) if row["profile"] else None,
        previous_hash=row["previous_hash"],
        previous_until=row["previous_until"],
        jwks_uri=row["jwks_uri"],
    )


async def list_origins(pool: asyncpg.Pool, most: int) -> frozenset[str]:
    """List the origins of public web apps, of all councils."""
    return frozenset(row[0] for row in await pool.fetch(_LIST_ORIGINS, most))


def _build_relying_party(row: asyncpg.Record) -> RelyingParty:
    return RelyingParty(
        profile=row["profile"],
        first_party=row["first_party"],
        redirect_uris=tuple(row["redirect_uris"]),
        post_logout_redirect_uris=tuple(row["post_logout_redirect_uris"]),
        backchannel_logout_uri=row["backchannel_logout_uri"],
        id_token_alg=row["id_token_alg"],
        par_required=row["par_required"],
        person_scopes=frozenset(row["person_scopes"]),
        identity_levels=frozenset(row["identity_levels"]),
        identity_claims=frozenset(row["identity_claims"]),
        name_cy=row["name_cy"],
        public=row["public"],
    )


async def use_assertion(
    pool: asyncpg.Pool, council: str, client_id: UUID, jti: str, expires: datetime, now: datetime
) -> bool:
    """Use up an assertion's ``jti``; false when it was used before."""
    return await pool.fetchval(_USE_ASSERTION, council, client_id, jti, expires, now) is not None
