"""Test people and testers of a council, managed by its developers."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.accounts.routes import TheAuthContext
from identity.clients.routes.dependencies import TheProvider
from identity.shared.dependencies import read_id_cursor
from identity.testers import actions
from identity.testers.schemas import NewTester, NewTestPerson, Tester, TestPerson, TestPersonAccount

router = APIRouter(prefix="/{council}/identity/v1", tags=["testers"])
Keeper = Annotated[Caller, permission("identity:clients")]
_TESTERS = "/services/{client_id}/testers"
_PEOPLE = "/test-people"


@router.post(_TESTERS, status_code=201, response_model=Tester, responses=document_problems(404, 409))
async def add_tester(
    council: Slug, client_id: ids.Id, body: NewTester, caller: Keeper, session: Writing,
    provider: TheProvider, once: OnlyOnce,
) -> Response:  # fmt: skip
    """Let somebody sign in to your service in the sandbox. A service can have 100 testers.

    They sign in with an account of their own, which has this email address, or by your directory, which gives
    it as theirs.
    """
    return await once.run(
        session,
        caller,
        body,
        lambda: actions.add_tester(session, provider.issuer, council, client_id, caller, body),
    )


@router.get(_TESTERS, responses=document_problems(404))
async def list_testers(
    council: Slug, client_id: ids.Id, _: Keeper, session: Reading, paging: Paging
) -> Page[Tester]:
    """List the testers of your service, in the order in which they were added."""
    rows = await actions.list_testers(session, council, client_id, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, actions.render_tester, lambda row: (ids.show(row.id),))


@router.delete(f"{_TESTERS}/{{tester_id}}", status_code=204, responses=document_problems(404))
async def remove_tester(
    council: Slug,
    client_id: ids.Id,
    tester_id: ids.Id,
    caller: Keeper,
    session: Writing,
    provider: TheProvider,
) -> None:
    """Remove a tester. They cannot sign in to your service again, and their refresh tokens no longer work."""
    await actions.remove_tester(session, provider.issuer, council, client_id, caller, tester_id)


@router.post(_PEOPLE, status_code=201, response_model=TestPersonAccount, responses=document_problems(409))
async def create_test_person(
    council: Slug,
    body: NewTestPerson,
    caller: Keeper,
    auth: TheAuthContext,
    provider: TheProvider,
    once: OnlyOnce,
) -> Response:
    """Make a person who does not exist, to sign in to your services in the sandbox. You can have 100.

    Sign in with the email address and the password of this response. Live services do not let them in.
    """
    issuer, account = provider.issuer, ids.new()
    password_hash = await auth.passwords.hash(actions.derive_password(issuer, ids.show(account)))

    async def restore(answer: dict[str, Any]) -> str:
        return actions.derive_password(issuer, answer["id"])

    async with provider.database.writing(council) as session:
        return await once.run(
            session,
            caller,
            body,
            lambda: actions.create_test_person(
                session, issuer, auth, council, caller, body, password_hash, account
            ),
            secret="password",  # noqa: S106 - the name of the member
            restore=restore,
        )


@router.get(_PEOPLE)
async def list_test_people(council: Slug, _: Keeper, session: Reading, paging: Paging) -> Page[TestPerson]:
    """List your council's test people, in the order in which they were made."""
    rows = await actions.list_test_people(session, council, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, actions.render_test_person, lambda row: (ids.show(row.id),))


@router.delete(f"{_PEOPLE}/{{person_id}}", status_code=204, responses=document_problems(404))
async def remove_test_person(
    council: Slug, person_id: ids.Id, _: Keeper, auth: TheAuthContext, session: Writing
) -> None:
    """Remove a test person. Their account is closed, with all that was granted by it."""
    await actions.remove_test_person(session, auth, council, person_id)
