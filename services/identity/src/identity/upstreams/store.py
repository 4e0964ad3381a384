"""Upstreams, their keys, and whose account a provider's subject is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.accounts.tables import upstream_account
from identity.grants.tables import account_history
from identity.upstreams.tables import upstream, upstream_history, upstream_key


@dataclass(frozen=True, slots=True)
class Upstream:
    """An OpenID provider as a council registered it; see ``tables.upstreams``. The secret is still sealed."""

    council: str
    id: UUID
    kind: str
    audience: str
    title: str
    title_cy: str
    issuer: str
    client_id: str
    authentication: str
    secret_sealed: bytes | None
    scopes: tuple[str, ...]
    acr_values: str | None
    tenant: str | None
    subject_claim: str
    groups_claim: str | None
    provisioning: str
    session_hours: int
    identity_level: str | None
    did_url: str | None
    enabled: bool
    version: int
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7420503, hashtext(:council))")
_COUNCIL = upstream.c.council == bindparam("council_")
_THIS = (_COUNCIL, upstream.c.id == bindparam("id_"))
_ONE = select(upstream).where(*_THIS)
_LOCKED = _ONE.with_for_update()
_OFFERED = (
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
_ADD = insert(upstream)
_CHANGED = (
    "title", "title_cy", "client_id", "authentication", "secret_sealed", "scopes", "acr_values",
    "groups_claim", "provisioning", "session_hours", "identity_level", "did_url", "enabled", "updated_by",
    "updated_at",
)  # fmt: skip
_CHANGE = (
    update(upstream)
    .where(*_THIS)
    .values({name: bindparam(f"p_{name}") for name in _CHANGED})
    .values(version=upstream.c.version + 1)
)
_REMOVE = delete(upstream).where(*_THIS)
_NOW = bindparam("now", type_=upstream_key.c.created_at.type)
_PUBLISHED = (
    select(upstream_key)
    .where(
        upstream_key.c.council == bindparam("council_"),
        upstream_key.c.retired_at.is_(None) | (upstream_key.c.retired_at > _NOW),
    )
    .order_by(upstream_key.c.signs_from, upstream_key.c.kid)
)
_KEYS = _PUBLISHED.where(upstream_key.c.upstream == bindparam("id_"))
_ADD_KEY = insert(upstream_key)
_RETIRE = (
    update(upstream_key)
    .where(
        upstream_key.c.council == bindparam("council_"),
        upstream_key.c.upstream == bindparam("id_"),
        upstream_key.c.retired_at.is_(None) | (upstream_key.c.retired_at > bindparam("at")),
    )
    .values(retired_at=bindparam("at"))
)
_SWEEP_KEYS = delete(upstream_key).where(upstream_key.c.retired_at < _NOW)
_LINKED = (
    upstream_account.c.council == bindparam("council_"),
    upstream_account.c.upstream == bindparam("id_"),
)
_ACCOUNT_OF = select(upstream_account.c.account).where(
    *_LINKED, upstream_account.c.subject == bindparam("subject_")
)
_LINK = upsert(upstream_account).on_conflict_do_nothing().returning(upstream_account.c.account)
_UNLINK = delete(upstream_account).where(*_LINKED, upstream_account.c.account == bindparam("account_"))
_FORGET = delete(upstream_account).where(upstream_account.c.account == bindparam("account_"))
_OF_ACCOUNT = (
    select(
        upstream_account.c.council,
        upstream_account.c.upstream,
        upstream_account.c.subject,
        upstream_account.c.linked_at,
        upstream.c.kind,
        upstream.c.audience,
        upstream.c.title,
        upstream.c.title_cy,
        upstream.c.enabled,
    )
    .join(
        upstream,
        (upstream.c.council == upstream_account.c.council) & (upstream.c.id == upstream_account.c.upstream),
    )
    .where(upstream_account.c.account == bindparam("account_"))
    .order_by(upstream_account.c.linked_at, upstream_account.c.upstream)
    .limit(100)
)
_COUNT_LINKED = select(func.count()).select_from(upstream_account).where(*_LINKED)
_HIST = account_history.c
_TELL = insert(account_history).from_select(
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
_RECORD = insert(upstream_history)
_BEFORE = upstream_history.c.changes
_REMOVED = (
    select(_BEFORE["title"][0].astext.label("title"), _BEFORE["title_cy"][0].astext.label("title_cy"))
    .where(
        upstream_history.c.council == bindparam("council_"),
        upstream_history.c.act == "removed",
        upstream_history.c.at > bindparam("since", type_=upstream_history.c.at.type),
        _BEFORE["linked_accounts"][0].astext != "0",
    )
    .distinct()
    .limit(10)
)
_HISTORY = (
    select(upstream_history)
    .where(
        upstream_history.c.council == bindparam("council_"),
        upstream_history.c.upstream == bindparam("id_"),
        upstream_history.c.id > bindparam("after", type_=upstream_history.c.id.type),
    )
    .order_by(upstream_history.c.id)
    .limit(bindparam("most"))
)


def _read(row: Row[Any]) -> Upstream:
    members = row._asdict()
    return Upstream(**{**members, "scopes": tuple(members["scopes"])})


async def one(session: ReadSession, council: str, upstream_id: UUID) -> Upstream | None:
    row = await session.first(_ONE, {"council_": council, "id_": upstream_id})
    return _read(row) if row is not None else None


async def locked(session: Session, council: str, upstream_id: UUID) -> Upstream | None:
    """The upstream, which nobody else changes until the transaction ends."""
    row = await session.first(_LOCKED, {"council_": council, "id_": upstream_id})
    return _read(row) if row is not None else None


async def offered(session: ReadSession, council: str, audience: str) -> list[Upstream]:
    """Those in use for ``residents`` or ``staff``, in order of registration: the buttons of a page."""
    rows = await session.all(_OFFERED, {"council_": council, "audience_": audience})
    return [_read(row) for row in rows]


async def page(session: ReadSession, council: str, after: UUID, fetch: int) -> list[Upstream]:
    """The council's upstreams, in use or not, in order of registration; at most ``fetch``."""
    rows = await session.all(_PAGE, {"council_": council, "after": after, "most": fetch})
    return [_read(row) for row in rows]


async def one_at_a_time(session: Session, council: str) -> None:
    """Wait until nobody else adds an upstream of the council; held to the end of the transaction."""
    await session.execute(_ONE_AT_A_TIME, {"council": council})


async def add(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """A new upstream, at version 1."""
    await session.execute(_ADD, {**values, "council": council, "version": 1})


async def change(session: Session, council: str, upstream_id: UUID, values: Mapping[str, Any]) -> None:
    """The upstream as it stands from now on: all of ``_CHANGED``. Its version rises."""
    bound = {f"p_{name}": values[name] for name in _CHANGED}
    await session.execute(_CHANGE, {**bound, "council_": council, "id_": upstream_id})


async def remove(session: Session, council: str, upstream_id: UUID) -> None:
    """Its keys and links go with it."""
    await session.execute(_REMOVE, {"council_": council, "id_": upstream_id})


async def keys(session: ReadSession, council: str, upstream_id: UUID, now: datetime) -> Sequence[Row[Any]]:
    """The keys that are published, in the order in which they sign."""
    return await session.all(_KEYS, {"council_": council, "id_": upstream_id, "now": now})


async def all_keys(session: ReadSession, council: str, now: datetime) -> Sequence[Row[Any]]:
    """The same of all the council's upstreams."""
    return await session.all(_PUBLISHED, {"council_": council, "now": now})


async def add_key(session: Session, council: str, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD_KEY, {**values, "council": council, "retired_at": None})


async def retire_keys(session: Session, council: str, upstream_id: UUID, at: datetime) -> None:
    """Publish the keys there are until ``at`` and no longer."""
    await session.execute(_RETIRE, {"council_": council, "id_": upstream_id, "at": at})


async def sweep_keys(session: Session, now: datetime) -> None:
    """Forget the keys that are no longer published. The session sees every council."""
    await session.execute(_SWEEP_KEYS, {"now": now})


async def account_of(session: ReadSession, council: str, upstream_id: UUID, subject: str) -> UUID | None:
    """The account that this subject of the provider signs in to."""
    wanted = {"council_": council, "id_": upstream_id, "subject_": subject}
    found: UUID | None = await session.scalar(_ACCOUNT_OF, wanted)
    return found


async def of_account(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """The upstreams an account is linked with, with their titles. The session must see every council."""
    return await session.all(_OF_ACCOUNT, {"account_": account})


async def link(
    session: Session, council: str, upstream_id: UUID, subject: str, account: UUID, at: datetime
) -> bool:
    """Link; false when the subject or the account is linked there already, be it with one another."""
    values = {"council": council, "upstream": upstream_id, "subject": subject, "account": account}
    return await session.scalar(_LINK, {**values, "linked_at": at}) is not None


async def unlink(session: Session, council: str, upstream_id: UUID, account: UUID) -> bool:
    """Whether there was a link."""
    wanted = {"council_": council, "id_": upstream_id, "account_": account}
    return await session.execute(_UNLINK, wanted) == 1


async def forget(session: Session, account: UUID) -> None:
    """No provider's subject is this account's any more. The session sees every council."""
    await session.execute(_FORGET, {"account_": account})


async def count_linked(session: ReadSession, council: str, upstream_id: UUID) -> int:
    return int(await session.scalar(_COUNT_LINKED, {"council_": council, "id_": upstream_id}))


async def tell_linked(session: Session, gone: Upstream, at: datetime) -> None:
    """Keep, for everybody who is linked, that this way to sign in has gone."""
    await session.execute(_TELL, {"council_": gone.council, "id_": gone.id, "title_": gone.title, "at": at})


async def removed(session: ReadSession, council: str, since: datetime) -> Sequence[Row[Any]]:
    """Those removed since that somebody was linked with, and that are not there again: their titles."""
    there = {one.title for one in await page(session, council, UUID(int=0), 1_000)}
    rows = await session.all(_REMOVED, {"council_": council, "since": since})
    return [row for row in rows if row.title not in there]


async def record(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """What was done, by whom: it stays as written."""
    await session.execute(_RECORD, {**values, "council": council})


async def history(
    session: ReadSession, council: str, upstream_id: UUID, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """What was done to an upstream, oldest first; at most ``fetch``."""
    wanted = {"council_": council, "id_": upstream_id, "after": after, "most": fetch}
    return await session.all(_HISTORY, wanted)
