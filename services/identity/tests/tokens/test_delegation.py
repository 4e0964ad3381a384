"""Tokens to act for somebody: how far they reach, to the second how long, and what ends them at once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import eventually
from identity.mandates.actions import offers
from identity.self_service.actions import close_account
from identity.shared.oauth import scopes
from identity.staff.actions import members
from services.identity.tests.provider import create_person, register, sign_in, subject_at, verify_claims
from services.identity.tests.tokens.test_security_acting import exchange, mail, refused, works

PEOPLE = ["openid", "identity:mandates", "identity:self", "casework:read"]
OWN_AFFAIRS = ("mandates", "own-identity", "council")


@pytest.fixture(scope="module")
async def shop(database, client):
    return await register(database, person_scopes=PEOPLE)


@pytest.fixture
def given(app, database, visitor, shop):
    """``await given(lasts)``: Rosa lets Ben act about waste: the subject, Ben's tokens, both ids."""

    async def give(until=None):
        rosa, ben = await create_person(database), await create_person(database)
        ends = until or datetime.now(UTC) + timedelta(days=30)
        offer = offers.OfferRequest("waste", ends, "Rosa", "Ben", await mail(database, ben))
        async with database.writing("citytown") as session:
            row, _ = await offers.offer_mandate(session, "citytown", rosa, offer)
        async with database.writing("citytown") as session:
            await offers.accept_mandate(session, "citytown", ben, row.id)
        await sign_in(database, visitor, ben)
        subject = await subject_at(app, "citytown", rosa)
        return subject, (await shop.tokens(visitor))["access_token"], rosa, ben

    return give


@pytest.mark.parametrize("seconds", [59.001, 59.5, 59.999])
async def test_a_token_to_act_ends_with_its_mandate_to_the_second(visitor, shop, given, seconds):
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    subject, own, _, _ = await given(until)
    body = (await exchange(visitor, shop, subject, own)).json()
    content = await verify_claims(visitor, body["access_token"])
    assert content["exp"] == int(until.timestamp())
    assert body["expires_in"] == content["exp"] - content["iat"]


async def test_in_the_last_second_of_a_mandate_there_is_no_token_more(visitor, database, shop, given):
    subject, own, rosa, _ = await given()
    async with database.writing("citytown") as session:
        ending = text("UPDATE mandate SET expires_at = date_trunc('second', now()) + interval '999 ms'"
                      " WHERE principal = :rosa")  # fmt: skip
        await session.execute(ending, {"rosa": rosa})
    refused(await exchange(visitor, shop, subject, own))


@pytest.mark.parametrize("asked", ["identity:mandates", "identity:self", "casework:read", "openid phone"])
async def test_a_delegate_gets_no_scope_that_people_keep_to_themselves_or_have_by_a_role(
    visitor, shop, given, asked
):
    subject, own, _, _ = await given()
    refused(await exchange(visitor, shop, subject, own, scope=asked), "invalid_scope")


async def test_scopes_people_may_delegate_must_be_the_services_too(
    visitor, database, shop, given, monkeypatch
):
    monkeypatch.setattr(scopes, "DELEGABLE", frozenset({"casework:read", "payments:read"}))
    subject, own, _, _ = await given()
    answer = await exchange(visitor, shop, subject, own, scope="openid casework:read")
    assert answer.json()["scope"] == "casework:read openid"
    content = await verify_claims(visitor, answer.json()["access_token"])
    assert (content["scope"], content["theme"]) == ("casework:read openid", "waste")
    refused(await exchange(visitor, shop, subject, own, scope="payments:read"), "invalid_scope")
    narrow = await register(database)
    refused(await exchange(visitor, narrow, subject, own, scope="casework:read"), "invalid_scope")


@pytest.mark.parametrize("path", OWN_AFFAIRS)
async def test_a_delegate_reaches_nothing_of_a_persons_own_affairs(client, mint, path):
    every = mint(
        scopes=["identity:mandates", "identity:self", "identity:read"],
        sub="rosa",
        act={"sub": "ben"},
        mandate=ids.show(ids.new()),
        theme="waste",
    )
    answer = await client.get(f"/citytown/identity/v1/{path}", headers={"X-Api-Key": every})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-for-delegates")


async def test_introspection_says_the_theme(visitor, shop, given):
    subject, own, _, _ = await given()
    token = (await exchange(visitor, shop, subject, own)).json()["access_token"]
    seen = (await visitor.post("/identity/introspect", data={"token": token, **shop.credentials})).json()
    assert (seen["active"], seen["theme"]) == (True, "waste")


@pytest.mark.parametrize("who", ["principal", "delegate"])
async def test_a_closed_account_on_either_side_ends_acting_within_a_second(
    app, visitor, database, shop, given, who
):
    subject, own, rosa, ben = await given()
    token = (await exchange(visitor, shop, subject, own)).json()["access_token"]
    assert await works(visitor, token)
    async with database.writing() as session:
        await close_account(session, app.state.auth, rosa if who == "principal" else ben)

    async def ended():
        return not await works(visitor, token)

    assert await eventually(ended, within=1)
    refused(await exchange(visitor, shop, subject, own))


async def test_a_delegate_who_left_the_councils_staff_acts_no_more_within_a_second(
    app, visitor, database, shop, given
):
    subject, own, _, ben = await given()
    token = (await exchange(visitor, shop, subject, own)).json()["access_token"]
    async with database.writing("citytown") as session:
        await members.revoke_access(session, app.state.issuer, "citytown", ben)

    async def ended():
        return not await works(visitor, token)

    assert await eventually(ended, within=1)
