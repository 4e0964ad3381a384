"""Proofs in person, looked at by somebody who would cheat: who may prove whom, what a false proof leaves."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from chassis import ids
from identity.grants.actions import history
from identity.mandates.actions import mandates
from identity.proofs import rules
from identity.proofs.actions import accesses, proofs
from identity.shared.oauth import claims as names
from services.identity.tests import mandate_steps, provider
from services.identity.tests.proofs import test_proofs
from services.identity.tests.proofs.test_proofs import (
    BILL,
    FULL,
    LICENCE,
    PASSPORT,
    URL,
    current_proof,
    desk_code_of,
    headers_of_prover,
    proof_body,
    record_proof,
)
from services.identity.tests.provider import create_person, register, sign_in, subject_at

clerk, colleague, machine = test_proofs.clerk, test_proofs.colleague, test_proofs.machine
CORE = f'{{"userinfo": {{"{names.CORE_IDENTITY}": null}}}}'


@pytest.mark.parametrize(
    ("level", "proved_at", "expires_at"),
    [
        ("P1", "2024-02-29T10:00", "2026-02-28T10:00"),
        ("P2", "2024-02-29T10:00", "2027-02-28T10:00"),
        ("P1", "2026-02-28T23:59", "2028-02-28T23:59"),
        ("P2", "2025-03-01T00:00", "2028-03-01T00:00"),
        ("P1", "2027-12-31T12:00", "2029-12-31T12:00"),
        ("P1", "2098-02-28T12:00", "2100-02-28T12:00"),
    ],
)
def test_a_proof_holds_to_the_same_day_and_from_a_leap_day_to_the_last_of_february(
    level, proved_at, expires_at
):
    proved = datetime.fromisoformat(proved_at).replace(tzinfo=UTC)
    assert rules.get_expiry(level, proved) == datetime.fromisoformat(expires_at).replace(tzinfo=UTC)


def test_a_worse_look_at_the_same_document_takes_nothing_away():
    good = rules.Evidence("passport", frozenset(FULL))
    worse = rules.Evidence("passport", frozenset({"original-seen"}))
    assert rules.assess_level([good, worse]) == rules.assess_level([worse, good]) == "P2"


async def as_prover(database, mint, account_id, subject="somebody"):
    """The headers of a token by which the person proves others' identities."""
    return await headers_of_prover(database, mint, subject, account_id)


async def test_nobody_proves_their_own_identity_by_any_token(client, database, mint):
    """The account is that of the token's grant; a service could choose any subject."""
    account_id = await create_person(database)
    own_headers = await as_prover(database, mint, account_id, subject="another-name")
    response = await client.post(
        f"{URL}/proofs", json=proof_body(await desk_code_of(database, account_id)), headers=own_headers
    )
    assert (response.status_code, response.json()["code"]) == (403, "own-identity")


async def test_a_persons_subject_at_the_region_is_known_as_theirs(client, database, app, mint):
    account_id = await create_person(database)
    subject = await subject_at(app, "region", account_id)
    own_headers = {"Authorization": f"Bearer {mint(scopes=['identity:prove'], sub=subject)}"}
    response = await client.post(
        f"{URL}/proofs", json=proof_body(await desk_code_of(database, account_id)), headers=own_headers
    )
    assert (response.status_code, response.json()["code"]) == (403, "own-identity")


@pytest.mark.parametrize("gives", ["resident", "member"])
@pytest.mark.parametrize("where", ["citytown", "hillshire"])
async def test_nobody_proves_a_person_they_share_a_mandate_with_at_any_council(
    client, database, mint, clerk, gives, where
):
    resident, member = await create_person(database), await create_person(database)
    principal, delegate = (resident, member) if gives == "resident" else (member, resident)
    row = await mandate_steps.give(
        database, principal, delegate, await provider.address_of(database, delegate), council=where
    )
    headers = await as_prover(database, mint, member)
    response = await client.post(
        f"{URL}/proofs", json=proof_body(await desk_code_of(database, resident)), headers=headers
    )
    assert (response.status_code, response.json()["code"]) == (403, "shared-mandate")
    waiting = await record_proof(client, clerk, database, resident, level="P2", evidence=[PASSPORT])
    response = await client.post(f"{URL}/proofs/{waiting['id']}/confirm", headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "shared-mandate")
    async with database.writing(where) as session:
        await mandates.revoke_mandate(session, where, principal, row.id)
    response = await client.post(f"{URL}/proofs/{waiting['id']}/confirm", headers=headers)
    assert response.status_code == 200


async def test_p2_takes_two_people_not_two_names_of_one(client, database, app, mint):
    member, resident = await create_person(database), await create_person(database)
    names_of = [await subject_at(app, council, member) for council in ("citytown", "region")]
    first, second = [await as_prover(database, mint, member, subject=name) for name in names_of]
    proof = await record_proof(client, first, database, resident, level="P2", evidence=[PASSPORT])
    response = await client.post(f"{URL}/proofs/{proof['id']}/confirm", headers=second)
    assert (response.status_code, response.json()["code"]) == (403, "own-proof")
    assert await current_proof(database, resident) is None


async def test_a_machine_records_nothing_that_waits_for_a_second_look(
    client, machine, clerk, colleague, database
):
    account_id = await create_person(database)
    body = proof_body(await desk_code_of(database, account_id), "P2", [PASSPORT])
    answer = await client.post(f"{URL}/proofs", json=body, headers=machine)
    assert (answer.status_code, answer.json()["code"]) == (403, "person-needed")
    assert "Sign in" in answer.json()["detail"]
    response = await client.post(f"{URL}/proofs", json=body, headers=clerk)  # the code was not used up
    assert response.status_code == 201
    async with database.reading("citytown") as session:
        acts = [row.act for row in await accesses.list_accesses(session, account_id, None, 10)]
    assert acts == ["recorded"]


async def test_a_machine_cannot_confirm_a_proof(client, machine, clerk, colleague, database, mint):
    account_id = await create_person(database)
    proof = await record_proof(client, clerk, database, account_id, level="P2", evidence=[PASSPORT])
    url = f"{URL}/proofs/{proof['id']}/confirm"
    other_system = {"Authorization": f"Bearer {mint(scopes=['identity:prove'], sub='another-system')}"}
    for headers in (machine, other_system):
        response = await client.post(url, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "person-needed")
    assert await current_proof(database, account_id) is None
    assert (await client.post(url, headers=colleague)).status_code == 200


async def test_a_machine_may_record_what_holds_at_once_and_not_another_name(client, machine, database):
    """A desk's own system goes on recording P1; another name than is proven takes two people."""
    account_id = await create_person(database)
    proof = await record_proof(client, machine, database, account_id)
    assert (proof["status"], proof["proved_by"]) == ("holds", "desk-system")
    body = proof_body(await desk_code_of(database, account_id), family_name="Somebodyelse")
    response = await client.post(f"{URL}/proofs", json=body, headers=machine)
    assert (response.status_code, response.json()["code"]) == (403, "person-needed")
    assert (await current_proof(database, account_id)).person.family_name == "Canarysurname"


OTHERS = [{"family_name": "Somebodyelse"}, {"birth_date": "1980-03-01"}, {"given_names": ["Carla"]}]


@pytest.mark.parametrize("details", OTHERS, ids=str)
async def test_another_name_or_birthday_at_a_second_council_waits_for_a_second_look(
    client, clerk, database, mint, details
):
    """A marriage, a slip, or an account that changed hands: it takes two members of staff to tell."""
    account_id = await create_person(database)
    await record_proof(client, clerk, database, account_id)
    hillshire_headers = {
        name: await headers_of_prover(database, mint, name, council="hillshire")
        for name in ("their-clerk", "their-colleague")
    }
    url = "/hillshire/identity/v1/proofs"
    body = proof_body(await desk_code_of(database, account_id), **details)
    proof = (await client.post(url, json=body, headers=hillshire_headers["their-clerk"])).json()
    assert proof["status"] == "waiting"
    assert (await current_proof(database, account_id)).person.family_name == "Canarysurname"
    response = await client.post(f"{url}/{proof['id']}/confirm", headers=hillshire_headers["their-colleague"])
    assert response.status_code == 200
    assert ids.show((await current_proof(database, account_id)).id) == proof["id"], (
        "of two as good the newer counts"
    )


@pytest.mark.parametrize("same", [{}, {"given_names": ["ROSA"]}, {"family_name": "canarysurname"}], ids=str)
async def test_the_same_person_is_proven_again_at_once(client, clerk, database, same):
    account_id = await create_person(database)
    for _ in range(2):
        proof = await record_proof(client, clerk, database, account_id, **same)
        assert proof["status"] == "holds"


async def test_no_number_of_a_document_is_taken_or_kept(client, clerk, database):
    account_id = await create_person(database)
    for place in ("number", "document_number", "reference"):
        evidence = [{**PASSPORT, place: "CANARY123456789"}]
        body = proof_body(await desk_code_of(database, account_id), evidence=evidence)
        response = await client.post(f"{URL}/proofs", json=body, headers=clerk)
        assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
        assert "CANARY123456789" not in response.text
    proof = await record_proof(client, clerk, database, account_id, evidence=[LICENCE, BILL])
    async with database.reading("citytown") as session:
        pieces = await session.scalar(
            text("SELECT evidence FROM proof WHERE id = :id"), {"id": ids.read(proof["id"])}
        )
    assert {key for piece in pieces for key in piece} == {"kind", "checks"}


async def test_withdrawing_a_proof_revokes_every_grant_that_relied_on_it(client, clerk, visitor, database):
    """The claims at once; the tokens that were given for it too, but no others."""
    account_id = await create_person(database)
    await sign_in(database, visitor, account_id, ["email", "totp"])
    proof = await record_proof(client, clerk, database, account_id)
    school = await register(database, identity_levels=["P1"])
    plain = await school.tokens(visitor)
    proven = await school.tokens(visitor, vtr='["P1.Cl.Cm"]', claims=CORE)
    bearer, plain_bearer = (
        {"Authorization": f"Bearer {tokens['access_token']}"} for tokens in (proven, plain)
    )
    claims = (await visitor.get("/identity/userinfo", headers=bearer)).json()
    assert names.CORE_IDENTITY in claims
    assert (await client.delete(f"{URL}/proofs/{proof['id']}", headers=clerk)).status_code == 204
    assert (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 401
    assert (await visitor.get("/identity/userinfo", headers=plain_bearer)).status_code == 200
    again = await provider.ask(visitor, school, vtr='["P1.Cl.Cm"]', claims=CORE)
    assert again.headers["location"].startswith("/identity/prove?")
    async with database.reading("*") as session:
        refused = text("SELECT count(*) FROM revoked_token WHERE id = :jti")
        jti = (await provider.verify_claims(visitor, proven["access_token"]))["jti"]
        assert await session.scalar(refused, {"jti": jti}) == 1


async def test_another_proof_that_is_enough_keeps_what_was_given(client, clerk, visitor, database):
    account_id = await create_person(database)
    await sign_in(database, visitor, account_id, ["email", "totp"])
    first = await record_proof(client, clerk, database, account_id)
    await record_proof(client, clerk, database, account_id)
    school = await register(database, identity_levels=["P1"])
    tokens = await school.tokens(visitor, vtr='["P1.Cl.Cm"]', claims=CORE)
    await client.delete(f"{URL}/proofs/{first['id']}", headers=clerk)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert names.CORE_IDENTITY in (await visitor.get("/identity/userinfo", headers=bearer)).json()


async def emails_and_history(sent_emails, database, account_id):
    async with database.reading() as session:
        address = await session.scalar(
            text("SELECT address FROM account_email WHERE account = :who"), {"who": account_id}
        )
        entries = [row.what for row in await history.list_page(session, account_id, None, 20)]
    return [(email.template, dict(email.personalisation)) for email in await sent_emails(address)], entries


async def test_the_person_is_told_by_email_and_in_the_history(
    client, clerk, colleague, database, sent_emails
):
    account_id = await create_person(database)
    proof = await record_proof(client, clerk, database, account_id, level="P2", evidence=[PASSPORT])
    await client.post(f"{URL}/proofs/{proof['id']}/confirm", headers=colleague)
    await client.delete(f"{URL}/proofs/{proof['id']}", headers=clerk)
    refused = await record_proof(client, clerk, database, account_id, level="P2", evidence=[PASSPORT])
    await client.delete(f"{URL}/proofs/{refused['id']}", headers=colleague)
    emails, entries = await emails_and_history(sent_emails, database, account_id)
    assert [template for template, _ in emails] == [
        "identity-waiting", "identity-proven", "identity-ended", "identity-waiting", "identity-ended",
    ]  # fmt: skip
    assert {values["place"] for _, values in emails} == {"Citytown Council"}
    assert "Canarysurname" not in str(emails)
    assert str(datetime.now(UTC).year + 3) in emails[1][1]["until"]
    assert entries == [
        "identity refused",
        "identity waiting",
        "identity withdrawn",
        "identity proven",
        "identity waiting",
    ]


async def test_a_proof_by_another_provider_is_told_too(database, sent_emails):
    account_id = await create_person(database)
    proven = proofs.ProvenPerson(["Rosa"], "Example", date(1980, 2, 29), [])
    async with database.writing() as session:
        await proofs.add_upstream_proof(
            session, account_id, "P1", [{"kind": "upstream"}], proven, "https://one.invalid/"
        )
    emails, entries = await emails_and_history(sent_emails, database, account_id)
    assert [(template, values["place"]) for template, values in emails] == [
        ("identity-proven", "one.invalid")
    ]
    assert entries == ["identity proven"]


async def test_closing_an_account_sends_no_email_about_its_proofs(client, clerk, database, sent_emails):
    account_id = await create_person(database)
    await record_proof(client, clerk, database, account_id)
    async with database.writing() as session:
        await proofs.erase_account(session, account_id)
    emails, _ = await emails_and_history(sent_emails, database, account_id)
    assert [template for template, _ in emails] == ["identity-proven"]
