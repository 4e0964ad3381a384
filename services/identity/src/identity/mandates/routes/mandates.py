"""Mandates: what a person lets another do for them, by the person's own token."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.accounts.routes import TheAuthContext
from identity.grants.actions import subjects, token_owner
from identity.issuer.actions.signing_keys import Issuer
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.mandates import rules
from identity.mandates.actions import emails, mandates, offers
from identity.mandates.schemas.mandates import Mandate, MandateMade, NewMandate, OfferCode
from identity.shared.dependencies import read_id_cursor

router = APIRouter(prefix="/{council}/identity/v1/mandates", tags=["mandates"])
Resident = Annotated[Caller, permission("identity:mandates")]


@router.post("", status_code=201, response_model=MandateMade, responses=document_problems(409))
async def offer_mandate(
    council: Slug,
    body: NewMandate,
    caller: Resident,
    session: Writing,
    issuer: TheIssuer,
    auth: TheAuthContext,
    once: OnlyOnce,
) -> Response:
    """Let somebody act for you in one theme for a time. The mandate holds once they have accepted.

    The answer is the same whether the address belongs to an account or not. An account that has verified the
    address sees the offer.
    """
    grant = await token_owner.require_grant(session, council, caller)

    def derive_code(mandate_id: str) -> str:
        return rules.derive_code(issuer.derive_secret(f"mandate {mandate_id}", 1).encode())

    async def make() -> MandateMade:
        send_email = await emails.check_offer_rate(session, auth, grant.account, body.email)
        names = (body.my_name, body.their_name, body.email)
        offer = offers.OfferRequest(body.theme, body.expires_at, *names, send_email=send_email)
        row, code = await offers.offer_mandate(
            session, council, grant.account, offer, lambda new_id: derive_code(ids.show(new_id))
        )
        return MandateMade(**dict(_to_model(row, grant, issuer)), code=code)

    async def restore(stored: dict[str, Any]) -> str:
        return derive_code(stored["id"])

    return await once.run(
        session,
        caller,
        body,
        make,
        secret="" if body.email else "code",
        restore=None if body.email else restore,
    )


@router.get("")
async def list_mandates(
    council: Slug, caller: Resident, session: Reading, paging: Paging, issuer: TheIssuer
) -> Page[Mandate]:
    """List the mandates you gave, those you hold and the offers to you, the oldest first."""
    grant = await token_owner.require_grant(session, council, caller)
    rows = await mandates.list_mandates(session, council, grant.account, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, lambda row: _to_model(row, grant, issuer), lambda row: (ids.show(row.id),))


@router.post("/accept", responses=document_problems(404, 409))
async def accept_mandate_by_code(
    council: Slug, body: OfferCode, caller: Resident, session: Writing, issuer: TheIssuer
) -> Mandate:
    """Accept an offer with the code you were given."""
    grant = await token_owner.require_grant(session, council, caller)
    return _to_model(await offers.accept_by_code(session, council, grant.account, body.code), grant, issuer)


@router.post("/{mandate_id}/accept", responses=document_problems(404, 409))
async def accept_mandate(
    council: Slug, mandate_id: ids.Id, caller: Resident, session: Writing, issuer: TheIssuer
) -> Mandate:
    """Accept an offer to your own e-mail address."""
    grant = await token_owner.require_grant(session, council, caller)
    return _to_model(await offers.accept_mandate(session, council, grant.account, mandate_id), grant, issuer)


@router.post("/{mandate_id}/decline", responses=document_problems(404, 409))
async def decline_mandate(
    council: Slug, mandate_id: ids.Id, caller: Resident, session: Writing, issuer: TheIssuer
) -> Mandate:
    """Decline an offer to your own e-mail address."""
    grant = await token_owner.require_grant(session, council, caller)
    return _to_model(await offers.decline_mandate(session, council, grant.account, mandate_id), grant, issuer)


@router.delete("/{mandate_id}", status_code=204, responses=document_problems(404))
async def revoke_mandate(
    council: Slug, mandate_id: ids.Id, caller: Resident, _refresh: DirectoryRefresh, session: Writing
) -> None:
    """End a mandate, from either side, or take back an offer. It is refused everywhere within a second."""
    account = await token_owner.require_account(session, council, caller)
    await mandates.revoke_mandate(session, council, account, mandate_id)


def _to_model(row: Row[Any], grant: Row[Any], issuer: Issuer) -> Mandate:
    """Convert a mandate to the API's model, for the person and the service of a grant."""
    account = grant.account
    ends_at = {"offered": row.offer_ends_at, "accepted": row.expires_at}.get(row.status)
    status = "expired" if ends_at is not None and ends_at <= datetime.now(UTC) else row.status
    may_act = status == "accepted" and row.delegate == account
    return Mandate(
        id=row.id,
        side="principal" if row.principal == account else "delegate",
        theme=row.theme,
        status=status,
        principal=subjects.derive_subject(issuer, grant.sector, row.principal) if may_act else None,
        principal_name=row.principal_name,
        delegate_name=row.delegate_name,
        offered_at=row.offered_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
    )
