"""Proofs of identity, what they proved, and who looked at them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

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
# What proves nothing of anybody is no proof: without the person's data it is as if it were not there.
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
_ONE = select(proof, *_PERSON).join(proof_person, proof_person.c.proof == proof.c.id, isouter=True)
_ONE = _ONE.where(*_THIS)
_LOCKED = _ONE.with_for_update(of=proof)
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
_FORGET = delete(proof_person).where(proof_person.c.proof == bindparam("id_"))
_OF_ACCOUNT = (
    select(proof.c.council, proof.c.id, proof.c.status)
    .where(proof.c.account == bindparam("account_"))
    .order_by(proof.c.id)
    .with_for_update()
)
_STANDING = (
    select(proof, *_PERSON)
    .join(proof_person, proof_person.c.proof == proof.c.id)
    .where(proof.c.account == bindparam("account_"), proof.c.status != "withdrawn")
    .order_by(proof.c.proved_at.desc(), proof.c.id.desc())
    .limit(bindparam("most"))
)
_SEEN = insert(identity_access)
_SEEN_OF = (
    select(identity_access)
    .where(
        identity_access.c.account == bindparam("account_"),
        identity_access.c.id > bindparam("after", type_=identity_access.c.id.type),
    )
    .order_by(identity_access.c.id)
    .limit(bindparam("most"))
)
_NEWEST_SEEN = (
    select(identity_access)
    .where(
        identity_access.c.account == bindparam("account_"),
        identity_access.c.id < bindparam("before", type_=identity_access.c.id.type),
    )
    .order_by(identity_access.c.id.desc())
    .limit(bindparam("most"))
)
_CODE = upsert(desk_code)
_CODE = _CODE.on_conflict_do_update(
    index_elements=["account"],
    set_={"code_hash": _CODE.excluded.code_hash, "expires_at": _CODE.excluded.expires_at},
)
_USE_CODE = (
    delete(desk_code)
    .where(
        desk_code.c.code_hash == bindparam("hash"),
        desk_code.c.expires_at > bindparam("now", type_=desk_code.c.expires_at.type),
    )
    .returning(desk_code.c.account)
)
_SWEEP_CODES = delete(desk_code).where(
    desk_code.c.expires_at < bindparam("now", type_=desk_code.c.expires_at.type)
)
_DROP_CODE = delete(desk_code).where(desk_code.c.account == bindparam("account_"))


async def current(session: ReadSession, account_id: UUID, now: datetime) -> Row[Any] | None:
    """The best proof of an account that holds now, with what it proved."""
    return await session.first(_CURRENT, {"account_": account_id, "now": now})


async def add(session: Session, values: Mapping[str, Any], person: Mapping[str, Any]) -> None:
    await session.execute(_ADD, dict(values))
    await session.execute(_ADD_PERSON, {**person, "proof": values["id"]})


async def one(session: ReadSession, council: str, proof_id: UUID) -> Row[Any] | None:
    """A proof made by a council, with what it proved; that is null once it has been erased."""
    return await session.first(_ONE, {"council_": council, "id_": proof_id})


async def locked(session: Session, council: str, proof_id: UUID) -> Row[Any] | None:
    return await session.first(_LOCKED, {"council_": council, "id_": proof_id})


async def page(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """The proofs a council made, without anything personal; at most ``fetch``."""
    return await session.all(_PAGE, {"council_": council, "after": after, "most": fetch})


async def confirm(session: Session, council: str, proof_id: UUID, by: str, at: datetime) -> None:
    await session.execute(_CONFIRM, {"council_": council, "id_": proof_id, "by": by, "at": at})


async def withdraw(session: Session, council: str, proof_id: UUID, by: str, at: datetime) -> None:
    """It holds no longer, and what it proved is erased."""
    await session.execute(_WITHDRAW, {"council_": council, "id_": proof_id, "by": by, "at": at})
    await session.execute(_FORGET, {"id_": proof_id})


async def of_account(session: Session, account_id: UUID) -> Sequence[Row[Any]]:
    """Council, id and status of every proof of an account; locked."""
    return await session.all(_OF_ACCOUNT, {"account_": account_id})


async def standing(session: ReadSession, account_id: UUID, fetch: int) -> Sequence[Row[Any]]:
    """An account's proofs with what they proved, the newest first: they hold, wait or have run out."""
    return await session.all(_STANDING, {"account_": account_id, "most": fetch})


async def seen(session: Session, values: Mapping[str, Any]) -> None:
    """Write down who did what with a proof. The session must see the council."""
    await session.execute(_SEEN, dict(values))


async def seen_of(session: ReadSession, account_id: UUID, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """What was done with an account's proofs, the oldest first, as far as the session sees councils."""
    return await session.all(_SEEN_OF, {"account_": account_id, "after": after, "most": fetch})


async def newest_seen(session: ReadSession, account_id: UUID, before: UUID, fetch: int) -> Sequence[Row[Any]]:
    """As ``seen_of``, the newest first."""
    return await session.all(_NEWEST_SEEN, {"account_": account_id, "before": before, "most": fetch})


async def put_code(session: Session, account_id: UUID, code_hash: bytes, expires_at: datetime) -> None:
    """The desk code of an account; the one before is void."""
    values = {"account": account_id, "code_hash": code_hash, "expires_at": expires_at}
    await session.execute(_CODE, values)


async def use_code(session: Session, code_hash: bytes, now: datetime) -> UUID | None:
    """The account that shows a desk code, which is spent by it."""
    found: UUID | None = await session.scalar(_USE_CODE, {"hash": code_hash, "now": now})
    return found


async def drop_code(session: Session, account_id: UUID) -> None:
    await session.execute(_DROP_CODE, {"account_": account_id})


async def sweep(session: Session, now: datetime) -> None:
    """Forget desk codes whose time is over."""
    await session.execute(_SWEEP_CODES, {"now": now})
