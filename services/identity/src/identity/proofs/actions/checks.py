"""Who may prove whom, and what a second member of staff must look at."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row

from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem
from identity.grants.actions import subjects, token_owner
from identity.issuer.actions.signing_keys import Issuer
from identity.mandates.store import mandates
from identity.proofs import rules
from identity.proofs.actions import standing
from identity.shared.tables import REGION


async def may_prove(session: Session, issuer: Issuer, council: str, caller: Caller, account: UUID) -> None:
    """Raises Problem 403 for one's own account, and for whom one acts for or who acts for one."""
    own = await token_owner.get_account(session, caller)
    if account == own or caller.subject in _subjects(issuer, council, account):
        raise Problem(403, "own-identity", "Nobody proves his own identity. Ask a colleague.")
    if own is None:
        return
    await session.across_councils()
    shared = await mandates.between(session, own, account, standing.now())
    await session.see(council)
    if shared:
        raise Problem(403, "shared-mandate", "One of you acts for the other. Ask a colleague.")


async def may_confirm(session: Session, issuer: Issuer, council: str, caller: Caller, made_by: str) -> None:
    """Raises Problem 403 for a machine, and for the one who made the proof, by whichever service he comes."""
    own = await must_be_signed_in(session, caller)
    if made_by in {caller.subject, *_subjects(issuer, council, own)}:
        raise Problem(403, "own-proof", "Somebody else must look at what you have proven.")


async def must_be_signed_in(session: Session, caller: Caller) -> UUID:
    """The caller's account. Raises Problem 403 for a credential that is not a person's.

    A second look is a second human being's. Two API keys, or a key and a member of staff, may be one and the
    same behind them, so neither a proof that waits for a second look nor the look itself is a machine's.
    """
    own = await token_owner.get_account(session, caller)
    if own is None:
        detail = "Two people must look at this. Sign in as a member of staff, and do it with that token."
        raise Problem(403, "person-needed", detail)
    return own


class Named(Protocol):
    """Who is proven."""

    @property
    def given_names(self) -> Sequence[str]: ...

    @property
    def family_name(self) -> str: ...

    @property
    def birth_date(self) -> date: ...


async def second_look(session: Session, account: UUID, level: str, person: Named) -> bool:
    """Whether a proof in person waits for somebody else to look.

    A high one does, and one of another name or birthday than is proven of the account, wherever that was.
    """
    if rules.needs_second_look(level):
        return True
    return any(
        _name(row) != _name(person)
        for row in await standing.shown(session, account)
        if row.status == "holds" and row.expires_at > standing.now()
    )


def _name(person: Named | Row[Any]) -> tuple[str, str, date]:
    """First and last name and birthday: middle names come and go."""
    return person.given_names[0].casefold(), person.family_name.casefold(), person.birth_date


def _subjects(issuer: Issuer, council: str, account: UUID) -> set[str]:
    """What services of the council and of the region call a person."""
    return {subjects.derive_subject(issuer, sector, account) for sector in (council, REGION)}
