"""Letters about mandates: to who is asked, to who asked, and to the other side when one ends."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import Session
from identity.actions import mail
from identity.store import accounts, councils

# A name stands in a letter to somebody else: no addresses of web sites, no sentences.
_NOT_OF_NAMES = re.compile(r"[^\w\s'\u2019-]")
_LONGEST_NAME = 60


async def offered(session: Session, council: str, row: Row[Any], to: str) -> None:
    """To the address an offer is for, whoever has it; in the language of who offers."""
    principal = await accounts.one(session, row.principal)
    language = principal.language if principal is not None else "en"
    name = _name(row.principal_name)
    await mail.send(
        session, "mandate-offered", to, language, name=name, council=await _council(session, council)
    )


async def accepted(session: Session, council: str, row: Row[Any]) -> None:
    await _tell(session, "mandate-accepted", council, row.principal, row.delegate_name)


async def ended(session: Session, council: str, row: Row[Any]) -> None:
    """To the side that did not end it."""
    by_principal = row.ended_by == "principal"
    other, name = (row.delegate, row.principal_name) if by_principal else (row.principal, row.delegate_name)
    await _tell(session, "mandate-ended", council, other, name)


async def _tell(session: Session, letter: str, council: str, account: UUID, name: str | None) -> None:
    row = await accounts.one(session, account)
    if row is None or row.address is None:
        return
    values = {"name": _name(name), "council": await _council(session, council)}
    await mail.send(session, letter, row.address, row.language, **values)


async def _council(session: Session, slug: str) -> str:
    row = await councils.one(session, slug)
    return str(row.name) if row is not None else slug


def _name(written: str | None) -> str:
    """A person's name as it may stand in a letter."""
    return " ".join(_NOT_OF_NAMES.sub(" ", written or "").split())[:_LONGEST_NAME] or "?"
