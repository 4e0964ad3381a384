"""SQL of case types' versions."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, select, text, update

from casework.case_types.tables import case_type_version
from chassis.database import ReadSession, Session
from chassis.tables import council

_C = case_type_version.c
_OF_COUNCIL = _C.council == bindparam("council_")
_OF_CODE = _OF_COUNCIL & (_C.code == bindparam("code_"))
_SHORT = [column for column in _C if column.key not in {"source", "welsh"}]
_LOCK = text("SELECT pg_advisory_xact_lock(7420614, hashtext(:council || ' ' || :code))")
_COUNCILS = select(council.c.slug).order_by(council.c.slug)
_GET = select(case_type_version).where(_OF_CODE, _C.number == bindparam("number_"))
_GET_BY_ID = select(case_type_version).where(_OF_COUNCIL, _C.id == bindparam("id_"))
_WITH_GSS = select(_C.id, _C.state, council.c.gss).outerjoin(council, council.c.slug == _C.council)
_FIND_PUBLISHED = _WITH_GSS.where(_OF_CODE, _C.state == "published")
_FIND_STATE = _WITH_GSS.where(_OF_COUNCIL, _C.id == bindparam("id_"))
_LIST_PUBLISHED = (
    select(*_SHORT)
    .where(_OF_COUNCIL, _C.state == "published", _C.id > bindparam("after", type_=_C.id.type))
    .order_by(_C.id)
    .limit(bindparam("most"))
)
_LIST_VERSIONS = (
    select(*_SHORT)
    .where(_OF_CODE, _C.id > bindparam("after", type_=_C.id.type))
    .order_by(_C.id)
    .limit(bindparam("most"))
)
_COUNT = select(func.count()).select_from(case_type_version).where(_OF_COUNCIL)
_INSERT = insert(case_type_version)
_CONTENT = ("name", "source", "welsh", "parameters", "prices", "digest", "updated_by", "updated_at")
_UPDATE = (
    update(case_type_version)
    .where(_OF_COUNCIL, _C.id == bindparam("id_"))
    .values(
        {name: bindparam(f"p_{name}", type_=_C[name].type) for name in _CONTENT} | {"version": _C.version + 1}
    )
)
_SET_STATE = (
    update(case_type_version)
    .where(_OF_COUNCIL, _C.id == bindparam("id_"))
    .values(
        state=bindparam("state_"),
        updated_by=bindparam("by_"),
        updated_at=bindparam("at_", type_=_C.updated_at.type),
        version=_C.version + 1,
    )
)
_NIL = UUID(int=0)


async def lock_case_type(session: Session, slug: str, code: str) -> None:
    """Lock a council's versions of a case type until the transaction ends."""
    await session.execute(_LOCK, {"council": slug, "code": code})


async def list_councils(session: ReadSession) -> list[str]:
    """List the councils that this service knows."""
    return [row.slug for row in await session.all(_COUNCILS, {})]


async def get_version(session: ReadSession, slug: str, code: str, number: str) -> Row[Any] | None:
    """Get a version by the number its YAML names."""
    return await session.first(_GET, {"council_": slug, "code_": code, "number_": number})


async def get_by_id(session: ReadSession, slug: str, version: UUID) -> Row[Any] | None:
    """Get a version by its id."""
    return await session.first(_GET_BY_ID, {"council_": slug, "id_": version})


async def find_published(session: ReadSession, slug: str, code: str) -> Row[Any] | None:
    """Find the version that new cases of a type begin with: its id, state, and the council's GSS code."""
    return await session.first(_FIND_PUBLISHED, {"council_": slug, "code_": code})


async def find_state(session: ReadSession, slug: str, version: UUID) -> Row[Any] | None:
    """Find the state of a version, and the council's GSS code."""
    return await session.first(_FIND_STATE, {"council_": slug, "id_": version})


async def list_published(
    session: ReadSession, slug: str, after: UUID | None, most: int
) -> Sequence[Row[Any]]:
    """List the published version of each type, without its text."""
    return await session.all(_LIST_PUBLISHED, {"council_": slug, "after": after or _NIL, "most": most})


async def list_versions(
    session: ReadSession, slug: str, code: str, after: UUID | None, most: int
) -> Sequence[Row[Any]]:
    """List the versions of a type in the order in which they were made, without their texts."""
    values = {"council_": slug, "code_": code, "after": after or _NIL, "most": most}
    return await session.all(_LIST_VERSIONS, values)


async def count_versions(session: ReadSession, slug: str) -> int:
    """Count a council's versions of all types."""
    return int(await session.scalar(_COUNT, {"council_": slug}) or 0)


async def insert_version(session: Session, slug: str, values: Mapping[str, Any]) -> None:
    """Insert a draft."""
    await session.execute(_INSERT, {**values, "council": slug, "state": "draft", "version": 1})


async def update_draft(session: Session, slug: str, version: UUID, values: Mapping[str, Any]) -> None:
    """Replace a draft's content."""
    changed = {f"p_{name}": values[name] for name in _CONTENT}
    await session.execute(_UPDATE, {"council_": slug, "id_": version, **changed})


async def set_state(session: Session, slug: str, version: UUID, state: str, by: str, at: object) -> None:
    """Publish or retire a version."""
    values = {"council_": slug, "id_": version, "state_": state, "by_": by, "at_": at}
    await session.execute(_SET_STATE, values)
