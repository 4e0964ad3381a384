"""Proofs of identity: staff prove people in person; people see how they are proven."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import documents
from chassis.types import Slug
from identity.grants.actions import token_owner
from identity.issuer.routes import TheIssuer
from identity.proofs.actions import proofs
from identity.proofs.schemas import Access, DeskCode, NewProof, OwnProof, ProofRecord, ProofSeen
from identity.shared.dependencies import read_id_cursor

router = APIRouter(prefix="/{council}/identity/v1", tags=["proofs of identity"])
Prover = Annotated[Caller, permission("identity:prove")]
Person = Annotated[Caller, permission("identity:self")]


@router.post("/proofs", status_code=201, response_model=ProofRecord, responses=documents(404))
async def record_proof(
    council: Slug, body: NewProof, caller: Prover, session: Writing, issuer: TheIssuer, once: OnlyOnce
) -> Response:
    """Prove somebody's identity in person. P1 holds at once; P2 when a second member of staff confirms it.

    What needs a second look takes a token that a member of staff got by signing in, not a machine's.

    The desk code, which the person shows out of the account, says whose identity it is, and works once.
    """
    issuer.desk_code_limiter.take(caller.subject)
    return await once.run(
        session, caller, body, lambda: proofs.in_person(session, issuer, council, caller, body)
    )


@router.get("/proofs")
async def list_proofs(council: Slug, _: Prover, session: Reading, paging: Paging) -> Page[ProofRecord]:
    """The proofs this council made, the oldest first, without anything personal."""
    rows = await proofs.page(session, council, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, proofs.show, lambda row: (ids.show(row.id),))


@router.get("/proofs/{proof_id}", responses=documents(404))
async def read_proof(council: Slug, proof_id: ids.Id, caller: Prover, session: Writing) -> ProofSeen:
    """One with what it proved. Reading it is recorded, and the person can see that."""
    return await proofs.read(session, council, caller, proof_id)


@router.post("/proofs/{proof_id}/confirm", responses=documents(404, 409))
async def confirm_proof(
    council: Slug, proof_id: ids.Id, caller: Prover, session: Writing, issuer: TheIssuer
) -> ProofRecord:
    """The second look, by somebody else than who made it: with a token got by signing in, not a machine's."""
    return await proofs.confirm(session, issuer, council, caller, proof_id)


@router.delete("/proofs/{proof_id}", status_code=204, responses=documents(404))
async def withdraw_proof(council: Slug, proof_id: ids.Id, caller: Prover, session: Writing) -> None:
    """Refuse or withdraw a proof and erase what it proved. Doing it again is no error."""
    await proofs.withdraw(session, council, caller, proof_id)


@router.post("/own-identity/desk-code", status_code=201)
async def make_desk_code(council: Slug, caller: Person, session: Writing) -> DeskCode:
    """A code to show at a desk of the council, so that staff know whose account it is."""
    account = await token_owner.require_account(session, council, caller)
    code, ends = await proofs.new_desk_code(session, account)
    return DeskCode(code=code, expires_at=ends)


@router.get("/own-identity")
async def read_own_identity(council: Slug, caller: Person, session: Reading) -> OwnProof:
    """To which level your identity is proven, how, and until when."""
    found = await proofs.current(session, await token_owner.require_account(session, council, caller))
    if found is None:
        return OwnProof(level="P0")
    return OwnProof.model_validate(
        {
            "level": found.level,
            "route": found.route,
            "proved_at": found.at,
            "expires_at": found.expires_at,
        }
    )


@router.get("/own-identity/accesses")
async def list_own_accesses(council: Slug, caller: Person, session: Reading, paging: Paging) -> Page[Access]:
    """Who of this council did what with the proofs of your identity, and when."""
    account = await token_owner.require_account(session, council, caller)
    rows = await proofs.accesses(session, account, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, _access, lambda row: (ids.show(row.id),))


def _access(row: Row[Any]) -> Access:
    return Access.model_validate(row, from_attributes=True)
