"""What a service learns of a person's phone: the scope ``phone`` in both profiles, with consent."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from identity.accounts.tables import account_phone
from services.identity.tests.authorization.test_one_login_profile import school, tokens
from services.identity.tests.phones import reset_limits, settings
from services.identity.tests.provider import ask, read_request_id, register, sign_in, verify_claims

__all__ = ["reset_limits", "school", "settings"]

NUMBER = "+447700900601"
CLAIMS = {"phone_number": NUMBER, "phone_number_verified": True}


@pytest.fixture
async def caller(database, resident):
    """Somebody signed in who has a phone: the account."""
    async with database.writing() as session:
        values = {"account": resident, "number": NUMBER, "verified_at": datetime.now(UTC)}
        await session.execute(account_phone.insert(), values)
    return resident


async def userinfo(visitor, tokens_):
    bearer = {"Authorization": f"Bearer {tokens_['access_token']}"}
    return (await visitor.get("/identity/userinfo", headers=bearer)).json()


async def test_a_service_learns_the_number_it_asked_for_with_the_scope(visitor, caller, database):
    service = await register(database)
    tokens = await service.tokens(visitor, scope="openid phone")
    claims = await userinfo(visitor, tokens)
    assert {name: value for name, value in claims.items() if name != "sub"} == CLAIMS
    assert "phone_number" not in await verify_claims(visitor, tokens["id_token"])


async def test_a_service_written_for_one_login_learns_it_the_same_way(visitor, caller, school):
    claims = await userinfo(visitor, await tokens(visitor, school, scope="openid phone"))
    assert {name: value for name, value in claims.items() if name != "sub"} == CLAIMS


@pytest.mark.parametrize(
    ("methods", "level"), [(["email", "text"], "Cl.Cm"), (["password", "text"], "Cl.Cm")]
)
async def test_an_sms_counts_as_at_one_login(visitor, caller, school, database, methods, level):
    await sign_in(database, visitor, caller, methods)
    tokens_ = await tokens(visitor, school, vtr='["Cl.Cm"]')
    assert (await verify_claims(visitor, tokens_["id_token"]))["vot"] == level


async def test_an_sms_without_a_first_factor_does_not_count(visitor, caller, school, database):
    await sign_in(database, visitor, caller, ["text"])
    read_request_id(
        await ask(visitor, school, code_challenge=None, code_challenge_method=None, vtr='["Cl.Cm"]')
    )


async def test_a_service_that_did_not_ask_gets_no_phone_claims(visitor, caller, database):
    service = await register(database)
    tokens = await userinfo(visitor, await service.tokens(visitor, scope="openid email"))
    assert set(tokens) == {"sub", "email", "email_verified"}


async def test_the_claim_may_be_asked_for_by_name(visitor, caller, database):
    service = await register(database)
    requested = '{"id_token": {"phone_number": null}, "userinfo": {"phone_number_verified": null}}'
    tokens = await service.tokens(visitor, scope="openid", claims=requested)
    assert (await verify_claims(visitor, tokens["id_token"]))["phone_number"] == NUMBER
    assert set(await userinfo(visitor, tokens)) == {"sub", "phone_number_verified"}


async def test_a_person_without_a_phone_has_no_such_claims(visitor, caller, database):
    service = await register(database)
    tokens = await service.tokens(visitor, scope="openid phone")
    async with database.writing() as session:
        await session.execute(delete(account_phone).where(account_phone.c.account == caller))
    assert set(await userinfo(visitor, tokens)) == {"sub"}


async def test_the_person_is_asked_before_another_organisation_learns_the_number(visitor, caller, database):
    service = await register(database, first_party=False)
    page = await ask(visitor, service, scope="openid phone")
    assert page.status_code == 200
    assert "know your phone number" in page.text
    page = await ask(visitor, await register(database, first_party=False), scope="openid email")
    assert "know your phone number" not in page.text


async def test_a_service_that_did_not_register_the_scope_may_not_ask_for_it(visitor, caller, database):
    service = await register(database, person_scopes=["openid", "email"])
    response = await ask(visitor, service, scope="openid phone")
    assert "error=invalid_scope" in response.headers["location"]


async def test_discovery_names_the_scope_and_its_claims(visitor):
    metadata = (await visitor.get("/identity/.well-known/openid-configuration")).json()
    assert "phone" in metadata["scopes_supported"]
    assert {"phone_number", "phone_number_verified"} <= set(metadata["claims_supported"])
