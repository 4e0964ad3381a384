"""Who may prove whose identity, and which proofs need a second member of staff."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem
from identity.grants.actions import subjects, token_owner
from identity.issuer.actions.signing_keys import Issuer
from identity.mandates.actions import mandates
from identity.proofs import rules
from identity.proofs.actions import proof_status
from identity.shared.tables import REGION


async def check_may_prove(
    session: Session, issuer: Issuer, council: str, caller: Caller, account: UUID
) -> None:
    """Check that the caller may prove this account.

    Raises Problem 403 for their own account, and for one they share a mandate with.
    """
    caller_account = await token_owner.get_account(session, caller)
    if account == caller_account or caller.subject in await _list_subjects(session, issuer, council, account):
        raise Problem(403, "own-identity", "You cannot prove your own identity. Ask a colleague.")
    if caller_account is None:
        return
    await session.set_all_councils()
    share_mandate = await mandates.exist_between(session, caller_account, account, clock.now())
    await session.set_council(council)
    if share_mandate:
        raise Problem(403, "shared-mandate", "One of you acts for the other. Ask a colleague.")


async def check_may_confirm(
    session: Session, issuer: Issuer, council: str, caller: Caller, proved_by: str
) -> None:
    """Check that the caller may confirm a proof, whichever service they use.

    Raises Problem 403 for a machine, and for the one who made the proof.
    """
    caller_account = await require_person(session, caller)
    if proved_by in {caller.subject, *await _list_subjects(session, issuer, council, caller_account)}:
        raise Problem(403, "own-proof", "Somebody else must look at what you have proven.")


async def require_person(session: Session, caller: Caller) -> UUID:
    """Get the caller's account. Raises Problem 403 for a credential that is not a person's.

    The second look must be another human being's. One person may hold two API keys, or a key and a staff
    account, so a machine can neither make a proof that needs a second look nor confirm it.
    """
    account = await token_owner.get_account(session, caller)
    if account is None:
        detail = "Two people must look at this. Sign in as a member of staff, and do it with that token."
        raise Problem(403, "person-needed", detail)
    return account


class NamedPerson(Protocol):
    """The name and birthday that a proof is about."""

    @property
    def given_names(self) -> Sequence[str]: ...

    @property
    def family_name(self) -> str: ...

    @property
    def birth_date(self) -> date: ...


async def needs_second_look(session: Session, account: UUID, level: str, person: NamedPerson) -> bool:
    """Tell whether a proof in person must wait for a second member of staff.

    One of a high level does, and one with a name or birthday other than is proven of the account anywhere.
    """
    if rules.needs_second_look(level):
        return True
    now = clock.now()
    return any(
        _name_key(row) != _name_key(person)
        for row in await proof_status.list_recent(session, account)
        if row.status == "holds" and row.expires_at > now
    )


def _name_key(person: NamedPerson | Row[Any]) -> tuple[str, str, date]:
    """Take first name, family name and birthday for comparison: documents often leave out middle names."""
    return person.given_names[0].casefold(), person.family_name.casefold(), person.birth_date


async def _list_subjects(session: Session, issuer: Issuer, council: str, account: UUID) -> list[str]:
    """List the pairwise subjects of a person for the council's and the region's services."""
    return await subjects.list_subjects(session, issuer, account, council, REGION)
