"""SQL of upstreams: their registrations, and those that were removed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, literal, select, text, update

from chassis.database import ReadSession, Session
from chassis.tables import audit
from identity.accounts.tables import upstream_account
from identity.grants.tables import account_history
from identity.upstreams.rules.upstream import Upstream
from identity.upstreams.tables import upstream

AGGREGATE = "identity.upstream"  # in the audit
_LOCK = text("SELECT pg_advisory_xact_lock(7420503, hashtext(:council))")
_COUNCIL = upstream.c.council == bindparam("council_")
_THIS = (_COUNCIL, upstream.c.id == bindparam("id_"))
_GET = select(upstream).where(*_THIS)
_GET_LOCKED = _GET.with_for_update()
_FIND_COUNCIL = select(upstream.c.council).where(
    upstream.c.url_slug == bindparam("slug_"), upstream.c.id == bindparam("id_")
)
_ENABLED = (
    select(upstream)
    .where(_COUNCIL, upstream.c.audience == bindparam("audience_"), upstream.c.enabled)
    .order_by(upstream.c.id)
)
_PAGE = (
    select(upstream)
    .where(_COUNCIL, upstream.c.id > bindparam("after", type_=upstream.c.id.type))
    .order_by(upstream.c.id)
    .limit(bindparam("most"))
)
_COUNCILS = (
    select(upstream.c.council)
    .where(upstream.c.enabled, upstream.c.audience == "residents")
    .distinct()
    .order_by(upstream.c.council)
    .limit(500)
)
_ADD = insert(upstream)
_COLUMNS = (
    "title", "title_cy", "client_id", "authentication", "secret_sealed", "scopes", "acr_values",
    "groups_claim", "provisioning", "session_hours", "identity_level", "did_url", "enabled", "updated_by",
    "updated_at",
)  # fmt: skip
_UPDATE = (
    update(upstream)
    .where(*_THIS)
    .values({name: bindparam(f"p_{name}") for name in _COLUMNS})
    .values(version=upstream.c.version + 1)
)
_DELETE = delete(upstream).where(*_THIS)
_LINKED = (
    upstream_account.c.council == bindparam("council_"),
    upstream_account.c.upstream == bindparam("id_"),
)
_COUNT_LINKS = select(func.count()).select_from(upstream_account).where(*_LINKED)
_HIST = account_history.c
_RECORD_REMOVAL = insert(account_history).from_select(
    [_HIST.account, _HIST.id, _HIST.what, _HIST.at, _HIST.council, _HIST.about],
    select(
        upstream_account.c.account,
        func.uuidv7(),
        literal("upstream removed"),
        bindparam("at", type_=_HIST.at.type),
        upstream_account.c.council,
        bindparam("title_", type_=_HIST.about.type),
    ).where(*_LINKED),
)
_CHANGES = audit.c.changes
_REMOVED = (
    select(_CHANGES["title"][0].astext.label("title"), _CHANGES["title_cy"][0].astext.label("title_cy"))
    .where(
        audit.c.council == bindparam("council_"),
        audit.c.aggregate == AGGREGATE,
        audit.c.act == "removed",
        audit.c.at > bindparam("since", type_=audit.c.at.type),
        _CHANGES["linked_accounts"][0].astext != "0",
    )
    .distinct()
    .limit(10)
)


def _from_row(row: Row[Any]) -> Upstream:
    members = row._asdict()
    return Upstream(**{**members, "scopes": tuple(members["scopes"])})


async def get_upstream(session: ReadSession, council: str, upstream_id: UUID) -> Upstream | None:
    """Get an upstream, enabled or not."""
    row = await session.first(_GET, {"council_": council, "id_": upstream_id})
    return _from_row(row) if row is not None else None


async def find_council(session: ReadSession, url_slug: str, upstream_id: UUID) -> str | None:
    """Find the council of an upstream by its URLs. The session must see every council."""
    council: str | None = await session.scalar(_FIND_COUNCIL, {"slug_": url_slug, "id_": upstream_id})
    return council


async def get_locked(session: Session, council: str, upstream_id: UUID) -> Upstream | None:
    """Get an upstream, locked."""
    row = await session.first(_GET_LOCKED, {"council_": council, "id_": upstream_id})
    return _from_row(row) if row is not None else None


async def list_enabled(session: ReadSession, council: str, audience: str) -> list[Upstream]:
    """List the enabled upstreams for ``residents`` or ``staff``, in order of registration."""
    rows = await session.all(_ENABLED, {"council_": council, "audience_": audience})
    return [_from_row(row) for row in rows]


async def list_page(session: ReadSession, council: str, after: UUID, fetch: int) -> list[Upstream]:
    """List the council's upstreams, enabled or not, in order of registration; at most ``fetch``."""
    rows = await session.all(_PAGE, {"council_": council, "after": after, "most": fetch})
    return [_from_row(row) for row in rows]


async def list_councils(session: ReadSession) -> Sequence[str]:
    """List the councils with an enabled upstream for residents. The session must see every council."""
    return [row.council for row in await session.all(_COUNCILS, {})]


async def lock_registrations(session: Session, council: str) -> None:
    """Lock a council's registrations until the transaction ends: nobody else adds or changes one."""
    await session.execute(_LOCK, {"council": council})


async def insert_upstream(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Add an upstream, at version 1."""
    await session.execute(_ADD, {**values, "council": council, "url_slug": council, "version": 1})


async def update_upstream(
    session: Session, council: str, upstream_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change an upstream: ``values`` has all of ``_COLUMNS``. Its version rises."""
    bound = {f"p_{name}": values[name] for name in _COLUMNS}
    await session.execute(_UPDATE, {**bound, "council_": council, "id_": upstream_id})


async def delete_upstream(session: Session, council: str, upstream_id: UUID) -> None:
    """Delete an upstream, with its keys and links."""
    await session.execute(_DELETE, {"council_": council, "id_": upstream_id})


async def count_links(session: ReadSession, council: str, upstream_id: UUID) -> int:
    """Count the accounts that are linked to an upstream."""
    return int(await session.scalar(_COUNT_LINKS, {"council_": council, "id_": upstream_id}))


async def record_removal(session: Session, removed: Upstream, at: datetime) -> None:
    """Record in the history of every linked account that the upstream was removed."""
    values = {"council_": removed.council, "id_": removed.id, "title_": removed.title, "at": at}
    await session.execute(_RECORD_REMOVAL, values)


async def list_removed(session: ReadSession, council: str, since: datetime) -> Sequence[Row[Any]]:
    """List the titles of upstreams removed since that had links, unless one of this title is there again."""
    titles = {registered.title for registered in await list_page(session, council, UUID(int=0), 1_000)}
    rows = await session.all(_REMOVED, {"council_": council, "since": since})
    return [row for row in rows if row.title not in titles]
