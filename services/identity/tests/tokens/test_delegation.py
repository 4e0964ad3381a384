"""Tokens to act for somebody: how far they reach, to the second how long, and what ends them at once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.testing import eventually
from identity.closure.actions import close_account
from identity.shared.oauth import scopes
from identity.staff.actions import members
from services.identity.tests import mandate_steps
from services.identity.tests.provider import create_person, register, sign_in, subject_at, verify_claims
from services.identity.tests.tokens.test_security_acting import exchange, mail, refused, works

PEOPLE = ["openid", "identity:mandates", "identity:self", "casework:read"]
OWN_AFFAIRS = ("mandates", "own-identity", "council")


@pytest.fixture(scope="module")
async def shop(database, client):
    return await register(database, person_scopes=PEOPLE)


@pytest.fixture
def make_delegation(app, database, visitor, shop):
    """``await make_delegation(until)``: Rosa lets Ben act about waste: subject, Ben's tokens, both ids."""

    async def make(until=None):
        rosa, ben = await create_person(database), await create_person(database)
        await mandate_steps.give(database, rosa, ben, await mail(database, ben), ends=until)
        await sign_in(database, visitor, ben)
        subject = await subject_at(app, "citytown", rosa)
        return subject, (await shop.tokens(visitor))["access_token"], rosa, ben

    return make


@pytest.mark.parametrize("seconds", [59.001, 59.5, 59.999])
async def test_a_token_to_act_ends_with_its_mandate_to_the_second(visitor, shop, make_delegation, seconds):
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    subject, actor_token, _, _ = await make_delegation(until)
    body = (await exchange(visitor, shop, subject, actor_token)).json()
    content = await verify_claims(visitor, body["access_token"])
    assert content["exp"] == int(until.timestamp())
    assert body["expires_in"] == content["exp"] - content["iat"]


async def test_in_the_last_second_of_a_mandate_there_is_no_token_more(
    visitor, database, shop, make_delegation
):
    subject, actor_token, rosa, _ = await make_delegation()
    async with database.writing("citytown") as session:
        ending = text("UPDATE mandate SET expires_at = date_trunc('second', now()) + interval '999 ms'"
                      " WHERE principal = :rosa")  # fmt: skip
        await session.execute(ending, {"rosa": rosa})
    refused(await exchange(visitor, shop, subject, actor_token))


@pytest.mark.parametrize("scope", ["identity:mandates", "identity:self", "casework:read", "openid phone"])
async def test_a_delegate_gets_no_scope_that_people_keep_to_themselves_or_have_by_a_role(
    visitor, shop, make_delegation, scope
):
    subject, actor_token, _, _ = await make_delegation()
    refused(await exchange(visitor, shop, subject, actor_token, scope=scope), "invalid_scope")


async def test_scopes_people_may_delegate_must_be_the_services_too(
    visitor, database, shop, make_delegation, monkeypatch
):
    monkeypatch.setattr(scopes, "DELEGABLE", frozenset({"casework:read", "payments:read"}))
    subject, actor_token, _, _ = await make_delegation()
    response = await exchange(visitor, shop, subject, actor_token, scope="openid casework:read")
    assert response.json()["scope"] == "casework:read openid"
    content = await verify_claims(visitor, response.json()["access_token"])
    assert (content["scope"], content["theme"]) == ("casework:read openid", "waste")
    refused(await exchange(visitor, shop, subject, actor_token, scope="payments:read"), "invalid_scope")
    narrow = await register(database)
    refused(await exchange(visitor, narrow, subject, actor_token, scope="casework:read"), "invalid_scope")


@pytest.mark.parametrize("path", OWN_AFFAIRS)
async def test_a_delegate_reaches_nothing_of_a_persons_own_affairs(client, mint_delegate, path):
    delegated = mint_delegate(scopes=["identity:mandates", "identity:self", "identity:read"])
    response = await client.get(f"/citytown/identity/v1/{path}", headers={"X-Api-Key": delegated})
    assert (response.status_code, response.json()["code"]) == (403, "not-for-delegates")


async def test_introspection_says_the_theme(visitor, shop, make_delegation):
    subject, actor_token, _, _ = await make_delegation()
    token = (await exchange(visitor, shop, subject, actor_token)).json()["access_token"]
    introspection = (
        await visitor.post("/identity/introspect", data={"token": token, **shop.credentials})
    ).json()
    assert (introspection["active"], introspection["theme"]) == (True, "waste")


@pytest.mark.parametrize("side", ["principal", "delegate"])
async def test_a_closed_account_on_either_side_ends_acting_within_a_second(
    app, visitor, database, shop, make_delegation, side
):
    subject, actor_token, rosa, ben = await make_delegation()
    token = (await exchange(visitor, shop, subject, actor_token)).json()["access_token"]
    assert await works(visitor, token)
    async with database.writing() as session:
        await close_account(session, app.state.auth, rosa if side == "principal" else ben)

    async def ended():
        return not await works(visitor, token)

    assert await eventually(ended, within=1)
    refused(await exchange(visitor, shop, subject, actor_token))


async def test_a_delegate_who_left_the_councils_staff_acts_no_more_within_a_second(
    app, visitor, database, shop, make_delegation
):
    subject, actor_token, _, ben = await make_delegation()
    token = (await exchange(visitor, shop, subject, actor_token)).json()["access_token"]
    async with database.writing("citytown") as session:
        await members.revoke_access(session, app.state.issuer, "citytown", ben)

    async def ended():
        return not await works(visitor, token)

    assert await eventually(ended, within=1)
