"""Proofs of identity: staff make them in person, and people see their own."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.accounts.routes import TheAuthContext
from identity.grants.actions import token_owner
from identity.issuer.routes import TheIssuer
from identity.proofs.actions import accesses, desk_codes, proofs
from identity.proofs.schemas import Access, DeskCode, NewProof, OwnProof, ProofRecord, ProofSeen
from identity.shared.dependencies import read_id_cursor

router = APIRouter(prefix="/{council}/identity/v1", tags=["proofs of identity"])
Prover = Annotated[Caller, permission("identity:prove")]
Resident = Annotated[Caller, permission("identity:self")]


async def _limit_desk_codes(request: Request, caller: Prover, auth: TheAuthContext) -> Caller:
    await desk_codes.check_rate(request.app.state.database, auth, caller)
    return caller


LimitedProver = Annotated[Caller, Depends(_limit_desk_codes)]
"""A prover who tries a desk code. It stands before the session, so that no second connection is taken."""


@router.post("/proofs", status_code=201, response_model=ProofRecord, responses=document_problems(404))
async def record_proof(
    council: Slug, body: NewProof, caller: LimitedProver, session: Writing, issuer: TheIssuer, once: OnlyOnce
) -> Response:
    """Record that you proved a person's identity. P1 holds at once, P2 once a colleague confirms it.

    A proof that needs a second look takes the token of a member of staff who signed in, not a machine's.

    The person shows you a desk code from their account. It says whose identity this is, and works once.
    """
    return await once.run(
        session, caller, body, lambda: proofs.prove_in_person(session, issuer, council, caller, body)
    )


@router.get("/proofs")
async def list_proofs(council: Slug, _: Prover, session: Reading, paging: Paging) -> Page[ProofRecord]:
    """List the proofs this council made, the oldest first, without personal data."""
    rows = await proofs.list_proofs(session, council, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, proofs.to_record, lambda row: (ids.show(row.id),))


@router.get("/proofs/{proof_id}", responses=document_problems(404))
async def read_proof(council: Slug, proof_id: ids.Id, caller: Prover, session: Writing) -> ProofSeen:
    """Get a proof with what it proved. The access is recorded, and the person can see it."""
    return await proofs.read_proof(session, council, caller, proof_id)


@router.post("/proofs/{proof_id}/confirm", responses=document_problems(404, 409))
async def confirm_proof(
    council: Slug, proof_id: ids.Id, caller: Prover, session: Writing, issuer: TheIssuer
) -> ProofRecord:
    """Confirm a proof that a colleague made. Use a token you got by signing in, not a machine's."""
    return await proofs.confirm_proof(session, issuer, council, caller, proof_id)


@router.delete("/proofs/{proof_id}", status_code=204, responses=document_problems(404))
async def withdraw_proof(council: Slug, proof_id: ids.Id, caller: Prover, session: Writing) -> None:
    """Refuse or withdraw a proof, and erase what it proved. Doing it again is no error."""
    await proofs.withdraw_proof(session, council, caller, proof_id)


@router.post("/own-identity/desk-code", status_code=201)
async def make_desk_code(council: Slug, caller: Resident, session: Writing) -> DeskCode:
    """Create a code to show at a council's desk, so that staff know which account is yours."""
    account = await token_owner.require_account(session, council, caller)
    code, expires_at = await desk_codes.create_desk_code(session, account)
    return DeskCode(code=code, expires_at=expires_at)


@router.get("/own-identity")
async def read_own_identity(council: Slug, caller: Resident, session: Reading) -> OwnProof:
    """Get the level to which your identity is proven, how it was proven, and until when."""
    proof = await proofs.get_current(session, await token_owner.require_account(session, council, caller))
    if proof is None:
        return OwnProof(level="P0")
    return OwnProof.model_validate(
        {
            "level": proof.level,
            "route": proof.route,
            "proved_at": proof.proved_at,
            "expires_at": proof.expires_at,
        }
    )


@router.get("/own-identity/accesses")
async def list_own_accesses(
    council: Slug, caller: Resident, session: Reading, paging: Paging
) -> Page[Access]:
    """List who at this council did what with the proofs of your identity, and when."""
    account = await token_owner.require_account(session, council, caller)
    rows = await accesses.list_accesses(session, account, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, _to_access, lambda row: (ids.show(row.id),))


def _to_access(row: Row[Any]) -> Access:
    return Access.model_validate(row, from_attributes=True)
