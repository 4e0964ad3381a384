"""Add and remove testers, make and remove test people, and tell who may sign in to a service."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import conflict, not_found
from identity.accounts.actions import accounts
from identity.clients.actions import service_changes, services
from identity.closure import actions as closure
from identity.factors.actions import passwords
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.rules import email_addresses
from identity.staff.actions import members
from identity.testers import rules, store
from identity.testers.schemas import NewTester, NewTestPerson, Tester, TestPerson, TestPersonAccount
from identity.verification.actions.context import AuthContext

_NIL = UUID(int=0)
_FIRST = 1


async def is_admitted(session: Session, mode: str, council: str, client: UUID, account: UUID) -> bool:
    """Tell whether a service may sign in an account. The session sees every council afterwards."""
    await session.set_all_councils()
    test_council = await store.get_council(session, account)
    is_tester = False
    if mode != rules.LIVE and test_council is None:
        addresses = await _list_addresses(session, council, account)
        is_tester = await store.is_named(session, council, client, addresses)
    return rules.may_sign_in(mode, council, test_council, is_tester=is_tester)


async def _list_addresses(session: ReadSession, council: str, account: UUID) -> list[str]:
    """List the addresses a tester may be named by: their own, and the one the council's directory gives."""
    person = await accounts.get(session, account)
    addresses = [person.address if person is not None else None]
    addresses.append(await members.get_email(session, council, account))
    return [email_addresses.normalise(address) for address in addresses if address]


async def add_tester(
    session: Session, issuer: Issuer, council: str, client_id: UUID, caller: Caller, body: NewTester
) -> Tester:
    """Add a tester to a service of the sandbox. Raises Problem 404 and 409."""
    service = await service_changes.lock_service(session, council, client_id, caller)
    if service.mode == rules.LIVE:
        raise conflict("not-sandbox", "A live service has no testers: it signs in everybody but test people.")
    count = await store.count_testers(session, council, client_id)
    if count >= rules.MAX_TESTERS:
        detail = f"The service has {rules.MAX_TESTERS} testers, the most it may. Remove one first."
        raise conflict("too-many-testers", detail)
    values = {
        "id": ids.new(),
        "email": body.email,
        "added_by": caller.subject,
        "added_at": issuer.now(),
    }
    canonical = email_addresses.normalise(body.email)
    row = {**values, "council": council, "client": client_id, "canonical": canonical}
    if not await store.add_tester(session, row):
        raise conflict("tester-already", "This address is a tester's of the service already.")
    await _record_change(session, issuer, council, client_id, caller, (count, count + 1))
    return Tester.model_validate(values)


async def list_testers(
    session: ReadSession, council: str, client_id: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the testers of a service. Raises Problem 404."""
    await services.get_service(session, council, client_id)
    return await store.list_testers(session, council, client_id, after or _NIL, fetch)


async def remove_tester(
    session: Session, issuer: Issuer, council: str, client_id: UUID, caller: Caller, tester_id: UUID
) -> None:
    """Remove a tester, whose refresh tokens end with it. Raises Problem 404."""
    await service_changes.lock_service(session, council, client_id, caller)
    if not await store.remove_tester(session, council, client_id, tester_id):
        raise not_found("tester with this id")
    count = await store.count_testers(session, council, client_id)
    await _record_change(session, issuer, council, client_id, caller, (count + 1, count))


async def _record_change(
    session: Session, issuer: Issuer, council: str, client_id: UUID, caller: Caller, counts: tuple[int, int]
) -> None:
    """Record how many testers there were and are: not who, because the history stays."""
    changes = {"testers": list(counts)}
    await service_changes.record_change(session, council, client_id, "changed", caller, changes, issuer.now())


async def create_test_person(
    session: Session,
    issuer: Issuer,
    auth: AuthContext,
    council: str,
    caller: Caller,
    body: NewTestPerson,
    password_hash: str,
    account: UUID,
) -> TestPersonAccount:
    """Make a test person, with an account of this id. Raises Problem 409."""
    await store.lock(session, council)
    if await store.count_people(session, council) >= rules.MAX_TEST_PEOPLE:
        detail = f"{council} has {rules.MAX_TEST_PEOPLE} test people, the most it may. Remove one first."
        raise conflict("too-many-test-people", detail)
    email = rules.build_address(ids.show(account)[-16:])
    await accounts.create(session, auth, "en", email, account=account)
    await passwords.set_password(session, auth, account, password_hash)
    values = {
        "id": account,
        "name": body.name,
        "email": email,
        "created_by": caller.subject,
        "created_at": issuer.now(),
    }
    await store.add_person(session, {**values, "council": council})
    return TestPersonAccount(**values, password=derive_password(issuer, ids.show(account)))


def derive_password(issuer: Issuer, person_id: str) -> str:
    """Derive the first password of a test person, so that it need not be stored."""
    return issuer.derive_secret(person_id, _FIRST)


async def list_test_people(
    session: ReadSession, council: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the test people of a council."""
    return await store.list_people(session, council, after or _NIL, fetch)


def render_tester(row: Row[Any]) -> Tester:
    """Render a tester as the API shows them."""
    return Tester.model_validate(row, from_attributes=True)


def render_test_person(row: Row[Any]) -> TestPerson:
    """Render a test person as the API shows them."""
    return TestPerson.model_validate(row, from_attributes=True)


async def remove_test_person(session: Session, auth: AuthContext, council: str, account: UUID) -> None:
    """Remove a test person and close their account. Raises Problem 404."""
    if not await store.remove_person(session, council, account):
        raise not_found("test person with this id")
    await closure.close_account(session, auth, account)
