"""SQL of links: which subject of an upstream signs in to which account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from identity.accounts.tables import upstream_account
from identity.upstreams.tables import upstream

_LINKED = (
    upstream_account.c.council == bindparam("council_"),
    upstream_account.c.upstream == bindparam("id_"),
)
_GET_ACCOUNT = select(upstream_account.c.account).where(
    *_LINKED, upstream_account.c.subject == bindparam("subject_")
)
_ADD = insert(upstream_account).on_conflict_do_nothing().returning(upstream_account.c.account)
_DELETE = delete(upstream_account).where(*_LINKED, upstream_account.c.account == bindparam("account_"))
_DELETE_BY_ACCOUNT = delete(upstream_account).where(upstream_account.c.account == bindparam("account_"))
_BY_ACCOUNT = (
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


async def get_account(session: ReadSession, council: str, upstream_id: UUID, subject: str) -> UUID | None:
    """Get the account that a subject of the upstream signs in to."""
    values = {"council_": council, "id_": upstream_id, "subject_": subject}
    account: UUID | None = await session.scalar(_GET_ACCOUNT, values)
    return account


async def list_by_account(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """List the upstreams an account is linked with, with their titles. The session must see every council."""
    return await session.all(_BY_ACCOUNT, {"account_": account})


async def insert_link(
    session: Session, council: str, upstream_id: UUID, subject: str, account: UUID, at: datetime
) -> bool:
    """Add a link; false when the subject or the account is linked there already, even with each other."""
    values = {"council": council, "upstream": upstream_id, "subject": subject, "account": account}
    return await session.scalar(_ADD, {**values, "linked_at": at}) is not None


async def delete_link(session: Session, council: str, upstream_id: UUID, account: UUID) -> bool:
    """Delete a link; false when there is none."""
    values = {"council_": council, "id_": upstream_id, "account_": account}
    return await session.execute(_DELETE, values) == 1


async def delete_by_account(session: Session, account: UUID) -> None:
    """Delete all links of an account. The session sees every council."""
    await session.execute(_DELETE_BY_ACCOUNT, {"account_": account})
