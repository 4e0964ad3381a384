"""Acting for somebody by token exchange (RFC 8693): what a mandate allows, and all that it does not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.testing import eventually
from identity.mandates.actions import mandates
from identity.proofs import rules as proof_rules
from identity.proofs.actions import proofs
from services.identity.tests import mandate_steps
from services.identity.tests.provider import create_person, register, sign_in, subject_at, verify_claims

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
SUBJECT = "urn:townhall:token-type:subject"


@pytest.fixture
async def mandate(app, database, visitor, bins):
    """Rosa lets Ben act for her about waste; Ben is signed in: (Rosa's subject, Ben's tokens, ids)."""
    rosa, ben = await create_person(database), await create_person(database)
    row = await mandate_steps.give(database, rosa, ben, await mail(database, ben))
    await sign_in(database, visitor, ben)
    return (
        await subject_at(app, "citytown", rosa),
        await bins.tokens(visitor),
        (rosa, row.id),
    )


async def mail(database, account_id):
    async with database.reading() as session:
        return await session.scalar(
            text("SELECT address FROM account_email WHERE account = :a"), {"a": account_id}
        )


async def exchange(visitor, service, subject, token, **overrides):
    form = {"grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": SUBJECT,
            "actor_token": token, "actor_token_type": ACCESS, "theme": "waste",
            **service.credentials, **overrides}  # fmt: skip
    return await visitor.post("/identity/token", data={k: v for k, v in form.items() if v is not None})


def refused(response, error="invalid_grant"):
    assert (response.status_code, response.json()["error"]) == (400, error), response.text


async def works(visitor, token):
    bearer = {"Authorization": f"Bearer {token}"}
    return (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 200


async def test_a_delegate_gets_a_token_that_names_the_person_they_act_for(visitor, bins, mandate):
    subject, actor_tokens, _ = mandate
    response = await exchange(visitor, bins, subject, actor_tokens["access_token"])
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["issued_token_type"], body["token_type"], body["scope"]) == (ACCESS, "Bearer", "openid")
    assert "refresh_token" not in body
    content = await verify_claims(visitor, body["access_token"])
    delegate = (await verify_claims(visitor, actor_tokens["id_token"]))["sub"]
    assert (content["sub"], content["act"], content["theme"]) == (subject, {"sub": delegate}, "waste")
    form = {"token": body["access_token"], **bins.credentials}
    introspection = (await visitor.post("/identity/introspect", data=form)).json()
    assert (introspection["active"], introspection["act"]) == (True, {"sub": delegate})


async def test_a_delegated_token_gives_no_claims_of_the_principal(visitor, bins, mandate):
    subject, actor_tokens, _ = mandate
    token = (await exchange(visitor, bins, subject, actor_tokens["access_token"])).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await visitor.get("/identity/userinfo", headers=bearer)).json() == {"sub": subject}


async def test_a_revoked_mandate_ends_its_tokens_and_gives_no_more(app, visitor, database, bins, mandate):
    subject, actor_tokens, (rosa, mandate_id) = mandate
    token = (await exchange(visitor, bins, subject, actor_tokens["access_token"])).json()["access_token"]
    assert await works(visitor, token)
    async with database.writing("citytown") as session:
        await mandates.revoke_mandate(session, "citytown", rosa, mandate_id)
    await app.state.table_copies.refresh()
    assert not await works(visitor, token)
    assert await works(visitor, actor_tokens["access_token"])  # the delegate's own goes on
    refused(await exchange(visitor, bins, subject, actor_tokens["access_token"]))


async def test_nobody_acts_for_a_person_without_their_mandate(app, visitor, database, bins, mandate):
    _, actor_tokens, _ = mandate
    stranger = await subject_at(app, "citytown", await create_person(database))
    refused(await exchange(visitor, bins, stranger, actor_tokens["access_token"]))
    refused(await exchange(visitor, bins, "x" * 43, actor_tokens["access_token"]))


async def test_nobody_makes_a_mandate_for_themselves(visitor, bins, mandate):
    _, actor_tokens, _ = mandate
    own_subject = (await verify_claims(visitor, actor_tokens["id_token"]))["sub"]
    refused(await exchange(visitor, bins, own_subject, actor_tokens["access_token"]))


@pytest.mark.parametrize("theme", ["council-tax", "", None, "waste "])
async def test_a_mandate_is_for_its_theme_alone(visitor, bins, mandate, theme):
    subject, actor_tokens, _ = mandate
    refused(await exchange(visitor, bins, subject, actor_tokens["access_token"], theme=theme))


async def test_a_token_to_act_is_not_passed_on(visitor, bins, mandate):
    """No chains: a delegate cannot act for those who act for them."""
    subject, actor_tokens, _ = mandate
    acting = (await exchange(visitor, bins, subject, actor_tokens["access_token"])).json()["access_token"]
    refused(await exchange(visitor, bins, subject, acting))


async def test_another_clients_token_is_no_actor(visitor, database, bins, mandate):
    subject, actor_tokens, _ = mandate
    refused(await exchange(visitor, await register(database), subject, actor_tokens["access_token"]))


async def test_another_councils_service_gets_no_token_to_act(visitor, database, mandate):
    subject, _, _ = mandate
    elsewhere = await register(database, "hillshire")
    tokens = await elsewhere.tokens(visitor)
    refused(await exchange(visitor, elsewhere, subject, tokens["access_token"]))


@pytest.mark.parametrize("token", ["", "x", None, "id_token"])
async def test_an_actor_token_must_be_a_good_access_token(visitor, bins, mandate, token):
    subject, actor_tokens, _ = mandate
    refused(
        await exchange(visitor, bins, subject, actor_tokens["id_token"] if token == "id_token" else token)
    )


@pytest.mark.parametrize(
    "fields",
    [{"subject_token_type": ACCESS}, {"actor_token_type": None}, {"requested_token_type": "urn:x"}],
)
async def test_a_plain_exchange_of_tokens_fails(visitor, bins, mandate, fields):
    subject, actor_tokens, _ = mandate
    refused(await exchange(visitor, bins, subject, actor_tokens["access_token"], **fields), "invalid_request")


async def test_an_exchange_cannot_escalate_scopes(visitor, bins, mandate):
    subject, actor_tokens, _ = mandate
    refused(
        await exchange(visitor, bins, subject, actor_tokens["access_token"], scope="openid email"),
        "invalid_scope",
    )


async def test_an_ended_session_ends_acting_too(app, visitor, bins, mandate):
    subject, actor_tokens, _ = mandate
    token = (await exchange(visitor, bins, subject, actor_tokens["access_token"])).json()["access_token"]
    await visitor.get("/identity/logout", params={"id_token_hint": actor_tokens["id_token"]})
    await app.state.table_copies.refresh()
    assert not await works(visitor, token)


async def prove(database, account):
    person = proofs.ProvenPerson(["Rosa"], "Example", date(1980, 2, 29), [])
    async with database.writing() as session:
        await proofs.add_upstream_proof(session, account, "P1", [], person, "https://one.invalid/")


@pytest.mark.parametrize("side", ["principal", "delegate"])
async def test_a_withdrawn_proof_suspends_a_mandate_within_a_second_until_it_is_proven_again(
    app, mint, database, visitor, bins, side
):
    rosa, ben = await create_person(database), await create_person(database)
    for account in (rosa, ben):
        await prove(database, account)
    await mandate_steps.give(database, rosa, ben, await mail(database, ben), theme="schools")
    await sign_in(database, visitor, ben)
    subject, actor_token = (
        await subject_at(app, "citytown", rosa),
        (await bins.tokens(visitor))["access_token"],
    )
    token = (await exchange(visitor, bins, subject, actor_token, theme="schools")).json()["access_token"]
    assert await works(visitor, token)
    loser = rosa if side == "principal" else ben
    async with database.writing() as session:
        proof = await session.first(text("SELECT id, council FROM proof WHERE account = :a"), {"a": loser})
    async with database.writing(proof.council) as session:
        officer = await app.state.verifier.check(mint(sub="officer"))
        await proofs.withdraw_proof(session, proof.council, officer, proof.id)

    async def is_refused():
        return not await works(visitor, token)

    assert await eventually(is_refused, within=1)
    refused(await exchange(visitor, bins, subject, actor_token, theme="schools"))
    await prove(database, loser)
    again = await exchange(visitor, bins, subject, actor_token, theme="schools")
    assert again.status_code == 200, again.text
    assert await works(visitor, actor_token)


async def test_a_proof_that_ran_out_suspends_a_mandate(app, database, visitor, bins, monkeypatch):
    rosa, ben = await create_person(database), await create_person(database)
    await prove(database, rosa)
    seconds = datetime.now(UTC) + timedelta(seconds=3)
    with monkeypatch.context() as patch:
        patch.setattr(proof_rules, "get_expiry", lambda _level, _at: seconds)
        await prove(database, ben)
    await mandate_steps.give(database, rosa, ben, await mail(database, ben), theme="schools")
    await sign_in(database, visitor, ben)
    subject, actor_token = (
        await subject_at(app, "citytown", rosa),
        (await bins.tokens(visitor))["access_token"],
    )
    assert (await exchange(visitor, bins, subject, actor_token, theme="schools")).status_code == 200

    async def is_suspended():
        return (await exchange(visitor, bins, subject, actor_token, theme="schools")).status_code == 400

    assert await eventually(is_suspended, within=5)


async def test_a_mandate_of_the_sandbox_gives_no_token_at_a_live_service(app, database, visitor, bins):
    rosa, ben = await create_person(database), await create_person(database)
    await mandate_steps.give(database, rosa, ben, await mail(database, ben), mode="sandbox")
    await sign_in(database, visitor, ben)
    subject, actor_token = (
        await subject_at(app, "citytown", rosa),
        (await bins.tokens(visitor))["access_token"],
    )
    refused(await exchange(visitor, bins, subject, actor_token))
