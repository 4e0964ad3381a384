"""Mandates: what a person lets another do for him, by the person's own token."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import documents
from chassis.types import Slug
from identity.accounts.routes import TheAuthContext
from identity.grants.actions import subjects, token_owner
from identity.issuer.actions.signing_keys import Issuer
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.mandates import rules
from identity.mandates.actions import emails, mandates
from identity.mandates.schemas.mandates import Mandate, MandateMade, NewMandate, OfferCode
from identity.shared.dependencies import read_id_cursor

router = APIRouter(prefix="/{council}/identity/v1/mandates", tags=["mandates"])
Person = Annotated[Caller, permission("identity:mandates")]


@router.post("", status_code=201, response_model=MandateMade, responses=documents(409))
async def offer_mandate(
    council: Slug,
    body: NewMandate,
    caller: Person,
    session: Writing,
    issuer: TheIssuer,
    auth: TheAuthContext,
    once: OnlyOnce,
) -> Response:
    """Let somebody act for you in one theme for a time. It holds when he has accepted.

    The answer is the same whether anybody has this address or not: who has proven it finds the offer.
    """
    account = await token_owner.require_account(session, council, caller)

    def code_of(mandate_id: str) -> str:
        return rules.code_from(issuer.derive_secret(f"mandate {mandate_id}", 1).encode())

    async def make() -> MandateMade:
        letter = await emails.may_offer(session, auth, account, body.email)
        named = (body.my_name, body.their_name, body.email)
        given = mandates.Offer(body.theme, body.expires_at, *named, letter=letter)
        row, code = await mandates.offer(session, council, account, given, lambda one: code_of(ids.show(one)))
        return MandateMade(**dict(_show(row, account, issuer)), code=code)

    async def restore(stored: dict[str, Any]) -> str:
        return code_of(stored["id"])

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
    council: Slug, caller: Person, session: Reading, paging: Paging, issuer: TheIssuer
) -> Page[Mandate]:
    """What you gave, what you hold, and what you are offered; the oldest first."""
    account = await token_owner.require_account(session, council, caller)
    rows = await mandates.page(session, council, account, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, lambda row: _show(row, account, issuer), lambda row: (ids.show(row.id),))


@router.post("/accept", responses=documents(404, 409))
async def accept_mandate_by_code(
    council: Slug, body: OfferCode, caller: Person, session: Writing, issuer: TheIssuer
) -> Mandate:
    """Take up an offer by the code you were handed."""
    account = await token_owner.require_account(session, council, caller)
    return _show(await mandates.accept_by_code(session, council, account, body.code), account, issuer)


@router.post("/{mandate_id}/accept", responses=documents(404, 409))
async def accept_mandate(
    council: Slug, mandate_id: ids.Id, caller: Person, session: Writing, issuer: TheIssuer
) -> Mandate:
    """Take up an offer to your own address."""
    account = await token_owner.require_account(session, council, caller)
    return _show(await mandates.accept(session, council, account, mandate_id), account, issuer)


@router.post("/{mandate_id}/decline", responses=documents(404, 409))
async def decline_mandate(
    council: Slug, mandate_id: ids.Id, caller: Person, session: Writing, issuer: TheIssuer
) -> Mandate:
    """Refuse an offer to your own address."""
    account = await token_owner.require_account(session, council, caller)
    return _show(await mandates.decline(session, council, account, mandate_id), account, issuer)


@router.delete("/{mandate_id}", status_code=204, responses=documents(404))
async def revoke_mandate(
    council: Slug, mandate_id: ids.Id, caller: Person, _live: DirectoryRefresh, session: Writing
) -> None:
    """End a mandate from either side, or take an offer back: refused everywhere within a second."""
    account = await token_owner.require_account(session, council, caller)
    await mandates.revoke(session, council, account, mandate_id)


def _show(row: Row[Any], account: UUID, issuer: Issuer) -> Mandate:
    over = {"offered": row.offer_ends_at, "accepted": row.expires_at}.get(row.status)
    status = "expired" if over is not None and over <= datetime.now(UTC) else row.status
    may_act = status == "accepted" and row.delegate == account
    return Mandate(
        id=row.id,
        side="principal" if row.principal == account else "delegate",
        theme=row.theme,
        status=status,
        principal=subjects.derive_subject(issuer, row.council, row.principal) if may_act else None,
        principal_name=row.principal_name,
        delegate_name=row.delegate_name,
        offered_at=row.offered_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
    )
