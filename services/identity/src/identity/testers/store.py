"""SQL of testers and test people."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.testers.tables import test_person, tester

_LOCK = text("SELECT pg_advisory_xact_lock(7420504, hashtext(:council))")
_OF_CLIENT = (tester.c.council == bindparam("council_"), tester.c.client == bindparam("client_"))
_COUNT = select(func.count()).select_from(tester).where(*_OF_CLIENT)
_ADD = upsert(tester).on_conflict_do_nothing().returning(tester.c.id)
_LIST = (
    select(tester)
    .where(*_OF_CLIENT, tester.c.id > bindparam("after", type_=tester.c.id.type))
    .order_by(tester.c.id)
    .limit(bindparam("most"))
)
_REMOVE = delete(tester).where(*_OF_CLIENT, tester.c.id == bindparam("id_"))
_IS_NAMED = (
    select(tester.c.id)
    .where(*_OF_CLIENT, tester.c.canonical.in_(bindparam("addresses", expanding=True)))
    .limit(1)
)
_COUNT_PEOPLE = (
    select(func.count()).select_from(test_person).where(test_person.c.council == bindparam("council_"))
)
_ADD_PERSON = insert(test_person)
_LIST_PEOPLE = (
    select(test_person)
    .where(
        test_person.c.council == bindparam("council_"),
        test_person.c.id > bindparam("after", type_=test_person.c.id.type),
    )
    .order_by(test_person.c.id)
    .limit(bindparam("most"))
)
_REMOVE_PERSON = delete(test_person).where(
    test_person.c.council == bindparam("council_"), test_person.c.id == bindparam("id_")
)
_COUNCIL_OF = select(test_person.c.council).where(test_person.c.id == bindparam("id_")).limit(1)


async def lock(session: Session, council: str) -> None:
    """Lock the lists of a council until the transaction ends, so that they do not outgrow their limit."""
    await session.execute(_LOCK, {"council": council})


async def count_testers(session: ReadSession, council: str, client: UUID) -> int:
    """Count the testers of a service."""
    return int(await session.scalar(_COUNT, {"council_": council, "client_": client}))


async def add_tester(session: Session, values: Mapping[str, Any]) -> bool:
    """Add a tester; false when the address is there already."""
    return await session.scalar(_ADD, dict(values)) is not None


async def list_testers(
    session: ReadSession, council: str, client: UUID, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List the testers of a service, in the order in which they were added; at most ``fetch``."""
    values = {"council_": council, "client_": client, "after": after, "most": fetch}
    return await session.all(_LIST, values)


async def remove_tester(session: Session, council: str, client: UUID, tester_id: UUID) -> bool:
    """Remove a tester; false when there is none of this id."""
    values = {"council_": council, "client_": client, "id_": tester_id}
    return await session.execute(_REMOVE, values) == 1


async def is_named(session: ReadSession, council: str, client: UUID, addresses: Sequence[str]) -> bool:
    """Tell whether one of these addresses, as they are compared, is a tester's of the service."""
    values = {"council_": council, "client_": client, "addresses": list(addresses)}
    return bool(addresses) and await session.first(_IS_NAMED, values) is not None


async def count_people(session: ReadSession, council: str) -> int:
    """Count the test people of a council."""
    return int(await session.scalar(_COUNT_PEOPLE, {"council_": council}))


async def add_person(session: Session, values: Mapping[str, Any]) -> None:
    """Add a test person."""
    await session.execute(_ADD_PERSON, dict(values))


async def list_people(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List the test people of a council, in the order in which they were made; at most ``fetch``."""
    return await session.all(_LIST_PEOPLE, {"council_": council, "after": after, "most": fetch})


async def remove_person(session: Session, council: str, account: UUID) -> bool:
    """Remove a test person; false when there is none of this id."""
    return await session.execute(_REMOVE_PERSON, {"council_": council, "id_": account}) == 1


async def get_council(session: ReadSession, account: UUID) -> str | None:
    """Get the council whose test person an account is. The session must see every council."""
    council: str | None = await session.scalar(_COUNCIL_OF, {"id_": account})
    return council
