"""The issuer's keys rotate, both kinds at once, and what the old ones signed is known on."""

import asyncio

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import text

from chassis.testing import eventually
from identity.shared.rules import core_identity, crypto, tokens
from services.identity.tests.provider import AFTER_LOGOUT, create_person, read_header, register, sign_in

ALGORITHMS = ["ES256", "RS256"]


@pytest.fixture
async def issuer(app, database):
    """The running app's issuer, with a clock the test can set; no next key waits before or after."""
    issuer = app.state.issuer
    usual = issuer.clock
    yield issuer
    issuer.clock = usual
    async with database.writing() as session:
        await session.set_all_councils()
        await session.execute(text("DELETE FROM signing_key WHERE signs_from > now()"))
        await issuer.load_keys(session)


async def jwks(browser):
    return (await browser.get("/identity/.well-known/jwks.json")).json()["keys"]


async def kids(browser, algorithm):
    return {key["kid"] for key in await jwks(browser) if key["alg"] == algorithm}


async def holds(browser, token, algorithm):
    """Whether a relying party that reads the keys now can check it."""
    published = KeySet.import_key_set({"keys": await jwks(browser)})
    try:
        return jwt.decode(token, published, algorithms=[algorithm]).claims["iss"] is not None
    except JoseError:  # no key of this id
        return False


async def rotate(issuer, database, browser):
    """The next keys are published and have begun to sign."""
    before = {key["kid"] for key in await jwks(browser)}
    start = issuer.clock()
    async with database.writing() as session:
        assert await issuer.rotate_keys(session)

    async def published():
        return {key["alg"] for key in await jwks(browser) if key["kid"] not in before} == set(
            crypto.ALGORITHMS
        )

    await asyncio.sleep(4 * issuer.settings.key_poll)  # who was just reading the keys has read them again
    assert await eventually(published)
    issuer.clock = lambda: start + issuer.settings.key_lead + 1
    return start


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_both_kinds_of_keys_rotate_and_the_old_signatures_hold_on(
    visitor, resident, database, issuer, algorithm
):
    service = await register(database, id_token_alg=algorithm)
    old = await service.tokens(visitor)
    start = await rotate(issuer, database, visitor)
    new = await service.tokens(visitor)
    first, second = read_header(old["id_token"]), read_header(new["id_token"])
    assert (first["alg"], second["alg"]) == (algorithm, algorithm)
    assert first["kid"] != second["kid"]
    assert {first["kid"], second["kid"]} <= await kids(visitor, algorithm)
    assert await holds(visitor, old["id_token"], algorithm)
    assert await holds(visitor, new["id_token"], algorithm)
    bearer = {"Authorization": f"Bearer {old['access_token']}"}
    assert (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 200
    end = start + issuer.settings.key_lead + 600 + crypto.GRACE_SECONDS + 2
    issuer.clock = lambda: end
    assert first["kid"] not in await kids(visitor, algorithm)
    assert not await holds(visitor, old["id_token"], algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("later", [0, 3_600], ids=["in the overlap", "when the key is published no more"])
async def test_an_id_token_of_the_old_key_signs_out_without_a_question(
    visitor, database, issuer, algorithm, later
):
    await sign_in(database, visitor, await create_person(database))
    service = await register(database, id_token_alg=algorithm)
    token = (await service.tokens(visitor))["id_token"]
    await rotate(issuer, database, visitor)
    now = issuer.clock() + later
    issuer.clock = lambda: now
    parameters = {"id_token_hint": token, "post_logout_redirect_uri": AFTER_LOGOUT}
    response = await visitor.get("/identity/logout", params=parameters)
    assert (response.status_code, response.headers.get("location")) == (302, AFTER_LOGOUT)


async def test_an_id_token_signed_by_another_key_is_no_hint(visitor, resident, database, issuer):
    service = await register(database)
    token = (await service.tokens(visitor))["id_token"]
    claims = jwt.decode(token, KeySet.import_key_set({"keys": await jwks(visitor)})).claims
    key = ECKey.generate_key("P-256", {"kid": read_header(token)["kid"]})
    forged = jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "JWT"}, claims, key)
    page = await visitor.get("/identity/logout", params={"id_token_hint": forged})
    assert (page.status_code, "Do you want to sign out?" in page.text) == (200, True)


async def test_statements_of_identity_live_no_longer_than_their_keys_are_published(settings):

    assert core_identity.STATEMENT_SECONDS <= tokens.ACCESS_SECONDS
