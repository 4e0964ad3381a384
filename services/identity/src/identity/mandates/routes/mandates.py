"""Mandates: what a person lets another do for them, by the person's own token."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import Row

from chassis import clock, ids
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
from identity.mandates.actions import emails, mandates, offers
from identity.mandates.rules import codes
from identity.mandates.rules import mandates as rules
from identity.mandates.schemas.mandates import Mandate, MandateMade, NewMandate, OfferCode
from identity.settings import Settings
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
    """Offer in the person's name that somebody acts for them in one theme for a time.

    Nobody hears of the offer, and its code does not work, until the person has confirmed it: send them to
    `confirm_url` within 24 hours. The answer is the same whether the address belongs to an account or not.
    """
    grant = await token_owner.require_grant(session, council, caller)
    derive_code = partial(_derive_code, issuer)

    async def make() -> MandateMade:
        await emails.check_offer_rate(session, auth, grant.account)
        names = (body.my_name, body.their_name, body.email)
        offer = offers.OfferRequest(body.theme, body.expires_at, *names, mode=caller.mode)
        row, code = await offers.offer_mandate(
            session, council, grant.account, offer, lambda new_id: derive_code(ids.show(new_id))
        )
        return MandateMade(**dict(_to_model(row, grant, issuer, auth.settings)), code=code)

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
    council: Slug,
    caller: Resident,
    session: Reading,
    paging: Paging,
    issuer: TheIssuer,
    auth: TheAuthContext,
) -> Page[Mandate]:
    """List the mandates the person gave, those they hold and the offers to them, the oldest first.

    A service of the sandbox sees those offered at services of the sandbox, a live one those of live ones.
    """
    grant = await token_owner.require_grant(session, council, caller)
    rows = await mandates.list_mandates(
        session, council, caller.mode, grant.account, read_id_cursor(paging), paging.fetch
    )
    return paging.page(
        rows, lambda row: _to_model(row, grant, issuer, auth.settings), lambda row: (ids.show(row.id),)
    )


@router.post("/accept", responses=document_problems(404, 409))
async def accept_mandate_by_code(
    council: Slug,
    body: OfferCode,
    caller: Resident,
    session: Writing,
    issuer: TheIssuer,
    auth: TheAuthContext,
) -> Mandate:
    """Enter the code of an offer, which works once. Then send the person to `confirm_url` to accept it."""
    grant = await token_owner.require_grant(session, council, caller)
    row = await offers.claim_by_code(session, grant.account, body.code, council, caller.mode)
    return _to_model(row, grant, issuer, auth.settings)


@router.post("/{mandate_id}/accept", responses=document_problems(404, 409))
async def accept_mandate(
    council: Slug,
    mandate_id: ids.Id,
    caller: Resident,
    session: Writing,
    issuer: TheIssuer,
    auth: TheAuthContext,
) -> Mandate:
    """Get the `confirm_url` of an offer to the person's own e-mail address, and send them there to accept it.

    The offer stays as it is: nobody acts for anybody until the person has accepted it on that page.
    """
    grant = await token_owner.require_grant(session, council, caller)
    row = await offers.get_offer(session, council, caller.mode, grant.account, mandate_id)
    return _to_model(row, grant, issuer, auth.settings)


@router.post("/{mandate_id}/decline", responses=document_problems(404, 409))
async def decline_mandate(
    council: Slug,
    mandate_id: ids.Id,
    caller: Resident,
    session: Writing,
    issuer: TheIssuer,
    auth: TheAuthContext,
) -> Mandate:
    """Decline an offer to the person."""
    grant = await token_owner.require_grant(session, council, caller)
    row = await offers.get_offer(session, council, caller.mode, grant.account, mandate_id)
    return _to_model(await offers.decline_mandate(session, council, row), grant, issuer, auth.settings)


@router.delete("/{mandate_id}", status_code=204, responses=document_problems(404))
async def revoke_mandate(
    council: Slug, mandate_id: ids.Id, caller: Resident, _refresh: DirectoryRefresh, session: Writing
) -> None:
    """End a mandate, from either side, or take back an offer. It is refused everywhere within a second."""
    account = await token_owner.require_account(session, council, caller)
    await mandates.revoke_mandate(session, council, account, mandate_id, caller.mode)


def _derive_code(issuer: Issuer, mandate_id: str) -> str:
    return codes.derive_code(issuer.derive_secret(f"mandate {mandate_id}", 1).encode())


def _to_model(row: Row[Any], grant: Row[Any], issuer: Issuer, settings: Settings) -> Mandate:
    """Convert a mandate to the API's model, for the person and the service of a grant."""
    account = grant.account
    is_principal = row.principal == account
    status = rules.describe_status(mandates.from_row(row), clock.now())
    may_act = status == "accepted" and row.delegate == account
    is_next = status == ("unconfirmed" if is_principal else "offered")
    return Mandate(
        id=row.id,
        side="principal" if is_principal else "delegate",
        theme=row.theme,
        status="offered" if status == "unconfirmed" else status,
        minimum_level=row.minimum_level,
        confirm_url=emails.build_url(settings, row.id) if is_next else None,
        principal=subjects.derive_subject(issuer, grant.sector, row.principal) if may_act else None,
        principal_name=row.principal_name,
        delegate_name=row.delegate_name,
        offered_at=row.offered_at,
        confirmed_at=row.confirmed_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
    )
