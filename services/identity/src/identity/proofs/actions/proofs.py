"""Proofs of identity: what is proven now, proving it in person, and the record of every look at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids, outbox
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem, conflict, invalid, not_found
from identity.events import IdentityAccess
from identity.grants.actions import grants
from identity.issuer.actions.signing_keys import Issuer
from identity.proofs import rules, store
from identity.proofs.actions import checks, emails
from identity.proofs.schemas import NewProof, ProofRecord, ProofSeen
from identity.shared.oauth import vectors
from identity.shared.tables import REGION

_NIL = UUID(int=0)
_FIRST = 1
_ACCOUNT_CLOSED = "account closed"


@dataclass(frozen=True, slots=True)
class Person:
    """What is proven of somebody. ``addresses`` by the names of the address claim, ``uprn`` among them."""

    given_names: Sequence[str]
    family_name: str
    birth_date: date
    addresses: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds: to which level, of what, by which evidence, by whom and when."""

    id: UUID
    level: str
    person: Person
    evidence: Sequence[Mapping[str, Any]]
    route: str
    council: str
    by: str
    at: datetime
    expires_at: datetime


async def current(session: ReadSession, account: UUID) -> Proof | None:
    """The best proof of an account that holds now; None is P0. Whichever council made it.

    Who shows what it proved to somebody writes that down with ``read_by``.
    """
    row = await store.current(session, account, _now())
    if row is None:
        return None
    person = Person(row.given_names, row.family_name, row.birth_date, row.addresses)
    return Proof(
        row.id,
        row.level,
        person,
        row.evidence,
        row.route,
        row.council,
        row.proved_by,
        row.proved_at,
        row.expires_at,
    )


async def read_by(session: Session, council: str, account: UUID, proof_id: UUID, actor: str) -> None:
    """Write down that ``actor`` (a client, a subject) was shown what a proof proved.

    The session must see the council.
    """
    await _record(session, council, account, proof_id, "read", actor)


async def from_upstream(
    session: Session,
    account: UUID,
    level: str,
    evidence: Sequence[Mapping[str, Any]],
    person: Person,
    by: str,
) -> UUID:
    """Another provider (``by``: its issuer) has proven the person. The session sees every council after."""
    await session.across_councils()
    return await _add(session, REGION, account, "upstream", level, evidence, person, by)


async def new_desk_code(session: Session, account: UUID) -> tuple[str, datetime]:
    """A code for the person to show at a desk, and until when; the one before is void."""
    code, ends = rules.new_desk_code(), _now() + rules.DESK_CODE
    await store.put_code(session, account, rules.desk_code_hash(code), ends)
    return code, ends


async def in_person(
    session: Session, issuer: Issuer, council: str, caller: Caller, body: NewProof
) -> ProofRecord:
    """A member of staff has seen the person and his documents.

    P2 waits for a second member of staff, and so does another name or birthday than is proven already.
    Raises Problem 400 for evidence that is not enough, 403 for one's own account and those one has a mandate
    with, and where a second look is needed for a machine's credential, 404 for a desk code that is nobody's.
    """
    seen = [rules.Evidence(one.kind, frozenset(one.checks)) for one in body.evidence]
    if rules.level(seen) < body.level:
        message = f"comes to {rules.level(seen)}, not to {body.level}: see which kinds and checks it takes"
        raise invalid("body.evidence", message, "not-enough")
    account = await store.use_code(session, rules.desk_code_hash(body.desk_code), _now())
    if account is None:
        raise Problem(404, "no-such-code", "This desk code is nobody's. Ask the person for a new one.")
    await checks.may_prove(session, issuer, council, caller, account)
    evidence = [{"kind": one.kind, "checks": sorted(set(one.checks))} for one in body.evidence]
    addresses = [one.claim() for one in body.addresses]
    person = Person(body.given_names, body.family_name, body.birth_date, addresses)
    made = await _add(session, council, account, "in-person", body.level, evidence, person, caller.subject)
    row = await _locked(session, council, made)
    if row.status == "waiting":
        await checks.must_be_signed_in(session, caller)
    return show(row)


async def page(session: ReadSession, council: str, after: UUID | None, fetch: int) -> Sequence[Row[Any]]:
    """The proofs the council made, the oldest first; nothing personal."""
    return await store.page(session, council, after or _NIL, fetch)


async def read(session: Session, council: str, caller: Caller, proof_id: UUID) -> ProofSeen:
    """One with what it proved; that it was read is recorded. Raises Problem 404."""
    row = await _locked(session, council, proof_id)
    await _record(session, council, row.account, proof_id, "read", caller.subject)
    return ProofSeen.model_validate(row, from_attributes=True)


async def confirm(
    session: Session, issuer: Issuer, council: str, caller: Caller, proof_id: UUID
) -> ProofRecord:
    """The second look: from now on it holds.

    Raises Problem 403 for a machine's credential, for who made it and as ``in_person`` does, 404, 409.
    """
    row = await _locked(session, council, proof_id)
    if row.status != "waiting":
        raise conflict("not-waiting", "This proof does not wait for a second look.")
    await checks.may_confirm(session, issuer, council, caller, row.proved_by)
    await checks.may_prove(session, issuer, council, caller, row.account)
    await store.confirm(session, council, proof_id, caller.subject, _now())
    await _record(session, council, row.account, proof_id, "confirmed", caller.subject)
    await emails.tell(session, row.account, "identity proven", row, _now())
    return show(await _locked(session, council, proof_id))


async def withdraw(session: Session, council: str, caller: Caller, proof_id: UUID) -> None:
    """Refuse one that waits, or withdraw one that holds; what it proved is erased. Raises Problem 404.

    What services were given for it ends too, unless another proof that holds is enough.
    """
    row = await _locked(session, council, proof_id)
    if row.status == "withdrawn":
        return
    act = "refused" if row.status == "waiting" else "withdrawn"
    await store.withdraw(session, council, proof_id, caller.subject, _now())
    await _record(session, council, row.account, proof_id, act, caller.subject)
    await emails.tell(session, row.account, f"identity {act}", row, _now())
    if act == "withdrawn":
        left = await current(session, row.account)
        await session.across_councils()
        await grants.revoke_by_proof(
            session, row.account, row.level, left.level if left else vectors.NO_IDENTITY
        )
        await session.see(council)


async def accesses(session: ReadSession, account: UUID, after: UUID | None, fetch: int) -> Sequence[Row[Any]]:
    """Who did what with a person's proofs, the oldest first, as far as the session sees councils."""
    return await store.seen_of(session, account, after or _NIL, fetch)


async def erase(session: Session, account: UUID) -> None:
    """The account is closed: what was proven goes, that it was proven stays.

    The session sees every council afterwards.
    """
    await session.across_councils()
    await store.drop_code(session, account)
    for row in await store.of_account(session, account):
        await store.withdraw(session, row.council, row.id, _ACCOUNT_CLOSED, _now())
        await _record(session, row.council, account, row.id, "erased", _ACCOUNT_CLOSED)


def show(row: Row[Any]) -> ProofRecord:
    """A row as the API lists it."""
    return ProofRecord.model_validate(row, from_attributes=True)


async def _add(
    session: Session,
    council: str,
    account: UUID,
    route: str,
    level: str,
    evidence: Sequence[Mapping[str, Any]],
    person: Person,
    by: str,
) -> UUID:
    made, now = ids.new(), _now()
    waits = route == "in-person" and await checks.second_look(session, account, level, person)
    values = {
        "id": made,
        "account": account,
        "council": council,
        "route": route,
        "level": level,
        "evidence": list(evidence),
        "proved_by": by,
        "proved_at": now,
        "expires_at": rules.expires(level, now),
        "status": "waiting" if waits else "holds",
    }
    proven = {
        "given_names": list(person.given_names),
        "family_name": person.family_name,
        "birth_date": person.birth_date,
        "addresses": list(person.addresses),
    }
    await store.add(session, values, proven)
    await _record(session, council, account, made, "recorded", by)
    row, what = await _locked(session, council, made), "identity waiting" if waits else "identity proven"
    await emails.tell(session, account, what, row, now)
    return made


async def _record(
    session: Session, council: str, account: UUID, proof_id: UUID, act: str, actor: str
) -> None:
    """In the record that nobody changes, and as an event."""
    entry, now = ids.new(), _now()
    values = {"council": council, "id": entry, "account": account, "proof": proof_id, "act": act}
    await store.seen(session, {**values, "actor": actor, "at": now})
    event = IdentityAccess.model_validate(
        {"account": ids.show(account), "proof": ids.show(proof_id), "act": act, "actor": actor, "at": now}
    )
    await outbox.add(session, event, council=council, subject=ids.show(entry), sequence=_FIRST)


async def _locked(session: Session, council: str, proof_id: UUID) -> Row[Any]:
    row = await store.locked(session, council, proof_id)
    if row is None:
        raise not_found("proof with this id")
    return row


def _now() -> datetime:
    return datetime.now(UTC)
