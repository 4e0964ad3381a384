"""Proofs of identity: what is proven now, proving it in person, and the record of every access."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem, conflict, invalid, not_found
from identity.grants.actions import grants
from identity.issuer.actions.signing_keys import Issuer
from identity.mandates.actions import mandates
from identity.proofs import rules, store
from identity.proofs.actions import accesses, checks, desk_codes, emails
from identity.proofs.schemas import NewProof, ProofRecord, ProofSeen
from identity.shared.oauth import vectors
from identity.shared.tables import REGION

_NIL = UUID(int=0)
_ACCOUNT_CLOSED = "account closed"


@dataclass(frozen=True, slots=True)
class ProvenPerson:
    """What is proven of a person. ``addresses`` use the names of the address claim, ``uprn`` among them."""

    given_names: Sequence[str]
    family_name: str
    birth_date: date
    addresses: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds: its level, what it proves, its evidence, who made it and when."""

    id: UUID
    level: str
    person: ProvenPerson
    evidence: Sequence[Mapping[str, Any]]
    route: str
    council: str
    proved_by: str
    proved_at: datetime
    expires_at: datetime


async def get_current(session: ReadSession, account: UUID) -> Proof | None:
    """Get the best proof of an account that holds now, whichever council made it; None is P0.

    A caller that shows its personal data to anybody must record that with ``record_read``.
    """
    row = await store.get_current(session, account, _now())
    if row is None:
        return None
    person = ProvenPerson(row.given_names, row.family_name, row.birth_date, row.addresses)
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


async def add_upstream_proof(
    session: Session,
    account: UUID,
    level: str,
    evidence: Sequence[Mapping[str, Any]],
    person: ProvenPerson,
    issuer: str,
) -> UUID:
    """Add a proof that an upstream provider made. The session sees every council afterwards."""
    await session.set_all_councils()
    return await _add(session, REGION, account, "upstream", level, evidence, person, issuer)


async def prove_in_person(
    session: Session, issuer: Issuer, council: str, caller: Caller, body: NewProof
) -> ProofRecord:
    """Record a proof by a member of staff who has seen the person and their documents.

    P2 waits for a second member of staff, and so does a name or birthday other than proven already.
    Raises Problem 400 for evidence that is not enough, 403 for the caller's own account, for one they share a
    mandate with and for a machine where a second look is needed, 404 for an unknown desk code.
    """
    evidence_seen = [rules.Evidence(piece.kind, frozenset(piece.checks)) for piece in body.evidence]
    if (reached := rules.assess_level(evidence_seen)) < body.level:
        message = f"comes to {reached}, not to {body.level}: see which kinds and checks it takes"
        raise invalid("body.evidence", message, "not-enough")
    account = await desk_codes.use_desk_code(session, body.desk_code)
    if account is None:
        raise Problem(404, "no-such-code", "This desk code is nobody's. Ask the person for a new one.")
    await checks.check_may_prove(session, issuer, council, caller, account)
    evidence = [{"kind": piece.kind, "checks": sorted(set(piece.checks))} for piece in body.evidence]
    addresses = [address.claim() for address in body.addresses]
    person = ProvenPerson(body.given_names, body.family_name, body.birth_date, addresses)
    proof_id = await _add(
        session, council, account, "in-person", body.level, evidence, person, caller.subject
    )
    row = await _get_locked(session, council, proof_id)
    if row.status == "waiting":
        await checks.require_person(session, caller)
    return to_record(row)


async def list_proofs(
    session: ReadSession, council: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the proofs the council made, the oldest first, without personal data."""
    return await store.list_page(session, council, after or _NIL, fetch)


async def read_proof(session: Session, council: str, caller: Caller, proof_id: UUID) -> ProofSeen:
    """Get a proof with what it proved, and record that it was read. Raises Problem 404."""
    row = await _get_locked(session, council, proof_id)
    await accesses.record_access(session, council, row.account, proof_id, "read", caller.subject)
    return ProofSeen.model_validate(row, from_attributes=True)


async def confirm_proof(
    session: Session, issuer: Issuer, council: str, caller: Caller, proof_id: UUID
) -> ProofRecord:
    """Confirm a proof with a second look: from now on it holds.

    Raises Problem 403 for a machine's credential, for the one who made the proof and as ``prove_in_person``
    does, 404, 409.
    """
    row = await _get_locked(session, council, proof_id)
    if row.status != "waiting":
        raise conflict("not-waiting", "This proof does not wait for a second look.")
    await checks.check_may_confirm(session, issuer, council, caller, row.proved_by)
    await checks.check_may_prove(session, issuer, council, caller, row.account)
    await store.confirm_proof(session, council, proof_id, caller.subject, _now())
    await accesses.record_access(session, council, row.account, proof_id, "confirmed", caller.subject)
    await emails.notify_person(session, row.account, "identity proven", row, _now())
    return to_record(await _get_locked(session, council, proof_id))


async def withdraw_proof(session: Session, council: str, caller: Caller, proof_id: UUID) -> None:
    """Refuse a proof that waits, or withdraw one that holds, and erase what it proved. Raises Problem 404.

    Withdrawing revokes every grant that relied on the proof, unless another one is enough for it.
    """
    row = await _get_locked(session, council, proof_id)
    if row.status == "withdrawn":
        return
    act = "refused" if row.status == "waiting" else "withdrawn"
    await store.withdraw_proof(session, council, proof_id, caller.subject, _now())
    await accesses.record_access(session, council, row.account, proof_id, act, caller.subject)
    await emails.notify_person(session, row.account, f"identity {act}", row, _now())
    if act == "withdrawn":
        remaining = await get_current(session, row.account)
        remaining_level = remaining.level if remaining else vectors.NO_IDENTITY
        await session.set_all_councils()
        await grants.revoke_by_proof(session, row.account, row.level, remaining_level)
        await mandates.suspend_by_identity(session, row.account, remaining_level)
        await session.set_council(council)


async def erase_account(session: Session, account: UUID) -> None:
    """Erase what is proven of a closed account; the records of its proofs stay.

    The session sees every council afterwards.
    """
    await session.set_all_councils()
    await store.delete_desk_code(session, account)
    for row in await store.lock_by_account(session, account):
        await store.withdraw_proof(session, row.council, row.id, _ACCOUNT_CLOSED, _now())
        await accesses.record_access(session, row.council, account, row.id, "erased", _ACCOUNT_CLOSED)


def to_record(row: Row[Any]) -> ProofRecord:
    """Convert a row to the API's model."""
    return ProofRecord.model_validate(row, from_attributes=True)


async def _add(
    session: Session,
    council: str,
    account: UUID,
    route: str,
    level: str,
    evidence: Sequence[Mapping[str, Any]],
    person: ProvenPerson,
    proved_by: str,
) -> UUID:
    proof_id, now = ids.new(), _now()
    is_waiting = route == "in-person" and await checks.needs_second_look(session, account, level, person)
    values = {
        "id": proof_id,
        "account": account,
        "council": council,
        "route": route,
        "level": level,
        "evidence": list(evidence),
        "proved_by": proved_by,
        "proved_at": now,
        "expires_at": rules.get_expiry(level, now),
        "status": "waiting" if is_waiting else "holds",
    }
    person_values = {
        "given_names": list(person.given_names),
        "family_name": person.family_name,
        "birth_date": person.birth_date,
        "addresses": list(person.addresses),
    }
    await store.insert_proof(session, values, person_values)
    await accesses.record_access(session, council, account, proof_id, "recorded", proved_by)
    row, history_text = (
        await _get_locked(session, council, proof_id),
        "identity waiting" if is_waiting else "identity proven",
    )
    await emails.notify_person(session, account, history_text, row, now)
    return proof_id


async def _get_locked(session: Session, council: str, proof_id: UUID) -> Row[Any]:
    row = await store.get_locked(session, council, proof_id)
    if row is None:
        raise not_found("proof with this id")
    return row


def _now() -> datetime:
    return clock.now()
