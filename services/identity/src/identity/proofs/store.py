"""SQL of proofs of identity, the personal data they proved, accesses to them, and desk codes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.accounts.tables import account
from identity.proofs.tables import desk_code, identity_access, proof, proof_person

_PERSON = (
    proof_person.c.given_names,
    proof_person.c.family_name,
    proof_person.c.birth_date,
    proof_person.c.addresses,
)
_NOW = bindparam("now", type_=proof.c.expires_at.type)
# The inner join leaves out a proof whose personal data was erased: it proves nothing any more.
_CURRENT = (
    select(proof, *_PERSON)
    .join(proof_person, proof_person.c.proof == proof.c.id)
    .join(account, account.c.id == proof.c.account)
    .where(
        proof.c.account == bindparam("account_"),
        proof.c.status == "holds",
        proof.c.expires_at > _NOW,
        account.c.status == "active",
    )
    .order_by(proof.c.level.desc(), proof.c.proved_at.desc(), proof.c.id.desc())
    .limit(1)
)
_ADD = insert(proof)
_ADD_PERSON = insert(proof_person)
_THIS = (proof.c.council == bindparam("council_"), proof.c.id == bindparam("id_"))
_GET = select(proof, *_PERSON).join(proof_person, proof_person.c.proof == proof.c.id, isouter=True)
_GET = _GET.where(*_THIS)
_LOCKED = _GET.with_for_update(of=proof)
_PAGE = (
    select(proof)
    .where(proof.c.council == bindparam("council_"), proof.c.id > bindparam("after", type_=proof.c.id.type))
    .order_by(proof.c.id)
    .limit(bindparam("most"))
)
_CONFIRM = (
    update(proof).where(*_THIS).values(status="holds", looked_by=bindparam("by"), looked_at=bindparam("at"))
)
_WITHDRAW = (
    update(proof)
    .where(*_THIS)
    .values(status="withdrawn", withdrawn_by=bindparam("by"), withdrawn_at=bindparam("at"))
)
_ERASE_PERSON = delete(proof_person).where(proof_person.c.proof == bindparam("id_"))
_LOCK_BY_ACCOUNT = (
    select(proof.c.council, proof.c.id, proof.c.status)
    .where(proof.c.account == bindparam("account_"))
    .order_by(proof.c.id)
    .with_for_update()
)
_BY_ACCOUNT = (
    select(proof, *_PERSON)
    .join(proof_person, proof_person.c.proof == proof.c.id)
    .where(proof.c.account == bindparam("account_"), proof.c.status != "withdrawn")
    .order_by(proof.c.proved_at.desc(), proof.c.id.desc())
    .limit(bindparam("most"))
)
_ADD_ACCESS = insert(identity_access)
_ACCESSES = (
    select(identity_access)
    .where(
        identity_access.c.account == bindparam("account_"),
        identity_access.c.id > bindparam("after", type_=identity_access.c.id.type),
    )
    .order_by(identity_access.c.id)
    .limit(bindparam("most"))
)
_NEWEST_ACCESSES = (
    select(identity_access)
    .where(
        identity_access.c.account == bindparam("account_"),
        identity_access.c.id < bindparam("before", type_=identity_access.c.id.type),
    )
    .order_by(identity_access.c.id.desc())
    .limit(bindparam("most"))
)
_PUT_CODE = upsert(desk_code)
_PUT_CODE = _PUT_CODE.on_conflict_do_update(
    index_elements=["account"],
    set_={"code_hash": _PUT_CODE.excluded.code_hash, "expires_at": _PUT_CODE.excluded.expires_at},
)
_USE_CODE = (
    delete(desk_code)
    .where(
        desk_code.c.code_hash == bindparam("hash"),
        desk_code.c.expires_at > bindparam("now", type_=desk_code.c.expires_at.type),
    )
    .returning(desk_code.c.account)
)
_PURGE_CODES = delete_batch(
    desk_code, desk_code.c.expires_at < bindparam("now", type_=desk_code.c.expires_at.type)
)
_DELETE_CODE = delete(desk_code).where(desk_code.c.account == bindparam("account_"))


async def get_current(session: ReadSession, account_id: UUID, now: datetime) -> Row[Any] | None:
    """Get the best proof of an account that holds now, with what it proved."""
    return await session.first(_CURRENT, {"account_": account_id, "now": now})


async def insert_proof(session: Session, values: Mapping[str, Any], person: Mapping[str, Any]) -> None:
    """Add a proof with the personal data it proved."""
    await session.execute(_ADD, dict(values))
    await session.execute(_ADD_PERSON, {**person, "proof": values["id"]})


async def get_proof(session: ReadSession, council: str, proof_id: UUID) -> Row[Any] | None:
    """Get a proof made by a council, with what it proved, which is null once erased."""
    return await session.first(_GET, {"council_": council, "id_": proof_id})


async def get_locked(session: Session, council: str, proof_id: UUID) -> Row[Any] | None:
    """Get a proof as ``get_proof`` does, locked."""
    return await session.first(_LOCKED, {"council_": council, "id_": proof_id})


async def list_page(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List the proofs a council made, without personal data; at most ``fetch``."""
    return await session.all(_PAGE, {"council_": council, "after": after, "most": fetch})


async def confirm_proof(
    session: Session, council: str, proof_id: UUID, confirmed_by: str, at: datetime
) -> None:
    """Mark a proof as confirmed: it holds."""
    await session.execute(_CONFIRM, {"council_": council, "id_": proof_id, "by": confirmed_by, "at": at})


async def withdraw_proof(
    session: Session, council: str, proof_id: UUID, withdrawn_by: str, at: datetime
) -> None:
    """Withdraw a proof, and erase what it proved."""
    await session.execute(_WITHDRAW, {"council_": council, "id_": proof_id, "by": withdrawn_by, "at": at})
    await session.execute(_ERASE_PERSON, {"id_": proof_id})


async def lock_by_account(session: Session, account_id: UUID) -> Sequence[Row[Any]]:
    """List council, id and status of an account's proofs, and lock them."""
    return await session.all(_LOCK_BY_ACCOUNT, {"account_": account_id})


async def list_by_account(session: ReadSession, account_id: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List an account's proofs with what they proved, the newest first; not those withdrawn."""
    return await session.all(_BY_ACCOUNT, {"account_": account_id, "most": fetch})


async def insert_access(session: Session, values: Mapping[str, Any]) -> None:
    """Record an access to a proof. The session must see the council."""
    await session.execute(_ADD_ACCESS, dict(values))


async def list_accesses(
    session: ReadSession, account_id: UUID, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List accesses to an account's proofs at the councils the session sees, the oldest first."""
    return await session.all(_ACCESSES, {"account_": account_id, "after": after, "most": fetch})


async def list_newest_accesses(
    session: ReadSession, account_id: UUID, before: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List accesses as ``list_accesses`` does, the newest first."""
    return await session.all(_NEWEST_ACCESSES, {"account_": account_id, "before": before, "most": fetch})


async def put_desk_code(session: Session, account_id: UUID, code_hash: bytes, expires_at: datetime) -> None:
    """Set the desk code of an account; the one before is void."""
    values = {"account": account_id, "code_hash": code_hash, "expires_at": expires_at}
    await session.execute(_PUT_CODE, values)


async def use_desk_code(session: Session, code_hash: bytes, now: datetime) -> UUID | None:
    """Spend a desk code, and get its account; None for a code that is unknown or has expired."""
    account_id: UUID | None = await session.scalar(_USE_CODE, {"hash": code_hash, "now": now})
    return account_id


async def delete_desk_code(session: Session, account_id: UUID) -> None:
    """Delete the desk code of an account."""
    await session.execute(_DELETE_CODE, {"account_": account_id})


async def purge_desk_codes(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of desk codes that have expired."""
    return await session.execute(_PURGE_CODES, {"now": now, "most": most})
