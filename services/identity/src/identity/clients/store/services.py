"""The SQL of services: clients with a registration to sign people in, registered and changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, or_, select, text, update

from chassis.database import ReadSession, Session
from identity.clients.tables import client, jwks_reading, relying_party

AGGREGATE = "identity.service"  # in the audit
_LOCK_REGISTRATIONS = text("SELECT pg_advisory_xact_lock(7420502, hashtext(:council))")
_PARTY = relying_party.c
_OF_COUNCIL = (
    client.c.council == bindparam("council_", type_=client.c.council.type),
    client.c.revoked_at.is_(None),
)
_THIS = client.c.id == bindparam("id_", type_=client.c.id.type)
_JOINED = client.join(
    relying_party, (_PARTY.council == client.c.council) & (_PARTY.client == client.c.id)
).outerjoin(
    jwks_reading, (jwks_reading.c.council == client.c.council) & (jwks_reading.c.client == client.c.id)
)
_SELECT = (
    select(
        client.c.id,
        client.c.name,
        client.c.mode,
        client.c.scopes.label("machine_scopes"),
        client.c.jwks,
        client.c.public,
        client.c.generation,
        client.c.secret_hash,
        client.c.previous_hash,
        client.c.previous_until,
        client.c.created_at,
        *(column for column in _PARTY if column.name not in {"council", "client"}),
        jwks_reading.c.read_at.label("jwks_read_at"),
    )
    .select_from(_JOINED)
    .where(*_OF_COUNCIL)
)
_GET = _SELECT.where(_THIS)
_LOCK = _GET.with_for_update(of=(client, relying_party))
_LIST_PAGE = (
    _SELECT.where(
        client.c.id > bindparam("after", type_=client.c.id.type),
        or_(
            bindparam("mode_", type_=client.c.mode.type).is_(None),
            client.c.mode == bindparam("mode_", type_=client.c.mode.type),
        ),
    )
    .order_by(client.c.id)
    .limit(bindparam("most"))
)
_COUNT = select(func.count()).select_from(_JOINED).where(*_OF_COUNCIL)
_EXISTS = select(_PARTY.client).where(
    _PARTY.council == bindparam("council_"), _PARTY.client == bindparam("id_")
)
_ADD = insert(relying_party)
_REGISTRATION_COLUMNS = (
    "profile", "first_party", "redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri",
    "id_token_alg", "jwks_uri", "par_required", "person_scopes", "identity_levels", "contacts", "name_cy",
    "identity_claims", "origins", "version", "updated_at",
)  # fmt: skip
_UPDATE_REGISTRATION = (
    update(relying_party)
    .where(_PARTY.council == bindparam("council_"), _PARTY.client == bindparam("id_"))
    .values({name: bindparam(name) for name in _REGISTRATION_COLUMNS})
)
_INCREMENT_VERSION = (
    update(relying_party)
    .where(_PARTY.council == bindparam("council_"), _PARTY.client == bindparam("id_"))
    .values(version=_PARTY.version + 1, updated_at=bindparam("at"))
    .returning(_PARTY.version)
)
_CLIENT_COLUMNS = ("name", "scopes", "jwks", "secret_hash", "generation", "previous_hash", "previous_until")
_UPDATE_CLIENT = (
    update(client)
    .where(*_OF_COUNCIL, _THIS)
    .values({name: bindparam(f"{name}_") for name in _CLIENT_COLUMNS})
)


async def lock_registrations(session: Session, council: str) -> None:
    """Lock the registration of services of a council until the transaction ends."""
    await session.execute(_LOCK_REGISTRATIONS, {"council": council})


async def count_services(session: ReadSession, council: str) -> int:
    """Count the council's services in use."""
    return int(await session.scalar(_COUNT, {"council_": council}))


async def add_registration(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Add the registration of an existing client."""
    await session.execute(_ADD, {**values, "council": council})


async def get(session: ReadSession, council: str, client_id: UUID) -> Row[Any] | None:
    """Get a service in use."""
    return await session.first(_GET, {"council_": council, "id_": client_id})


async def lock(session: Session, council: str, client_id: UUID) -> Row[Any] | None:
    """Lock a service in use until the transaction ends."""
    return await session.first(_LOCK, {"council_": council, "id_": client_id})


async def list_page(
    session: ReadSession, council: str, mode: str | None, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List services in use, in order of id, which is that of registration; at most ``fetch``."""
    return await session.all(_LIST_PAGE, {"council_": council, "mode_": mode, "after": after, "most": fetch})


async def exists(session: ReadSession, council: str, client_id: UUID) -> bool:
    """Whether this client is or was a service."""
    return await session.first(_EXISTS, {"council_": council, "id_": client_id}) is not None


async def update_registration(
    session: Session, council: str, client_id: UUID, values: Mapping[str, Any]
) -> None:
    """Update a registration: all of ``_REGISTRATION_COLUMNS``."""
    await session.execute(_UPDATE_REGISTRATION, {**values, "council_": council, "id_": client_id})


async def update_client(session: Session, council: str, client_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a client's name, scopes, keys and secrets. Raises IntegrityError for a name in use."""
    columns = {f"{name}_": values[name] for name in _CLIENT_COLUMNS}
    await session.execute(_UPDATE_CLIENT, {**columns, "council_": council, "id_": client_id})


async def increment_version(session: Session, council: str, client_id: UUID, at: datetime) -> int:
    """Increment the version of a service, and return it."""
    return int(await session.scalar(_INCREMENT_VERSION, {"council_": council, "id_": client_id, "at": at}))
