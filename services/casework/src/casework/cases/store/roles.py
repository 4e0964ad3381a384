"""Statements of the roles in which staff act."""

from typing import Any

from sqlalchemy import Row, Text, any_, bindparam, select

from casework.cases.tables import role_holder
from chassis.database import ReadSession

_HOLDER = role_holder.c
_ONE = (_HOLDER.council == bindparam("council"), _HOLDER.subject == bindparam("subject"))
_FIND = select(_HOLDER.roles, _HOLDER.email, _HOLDER.version).where(*_ONE)
_EMAILS = (
    select(_HOLDER.email)
    .where(
        _HOLDER.council == bindparam("council"),
        bindparam("role", type_=Text) == any_(_HOLDER.roles),
        _HOLDER.email.isnot(None),
    )
    .order_by(_HOLDER.subject)
    .limit(bindparam("most"))
)


async def find_roles(session: ReadSession, council: str, subject: str) -> Row[Any] | None:
    """Find the roles that a member of staff acts in."""
    return await session.first(_FIND, {"council": council, "subject": subject})


async def list_emails(session: ReadSession, council: str, role: str, most: int) -> list[str]:
    """List the e-mail addresses of those who hold a role."""
    rows = await session.all(_EMAILS, {"council": council, "role": role, "most": most})
    return [row.email for row in rows]
