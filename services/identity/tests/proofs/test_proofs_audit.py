"""Proofs in person, looked at by somebody who would cheat: who may prove whom, what a false proof leaves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from identity.grants.actions import history, subjects
from identity.mandates.actions import mandates
from identity.proofs import rules
from identity.proofs.actions import proofs
from identity.shared.oauth import claims as names
from services.identity.tests import provider
from services.identity.tests.proofs import test_proofs
from services.identity.tests.proofs.test_proofs import (
    BILL,
    FULL,
    LICENCE,
    PASSPORT,
    URL,
    code_of,
    current,
    prove,
    prover,
    seen,
)
from services.identity.tests.provider import person, register, sign_in

clerk, colleague, machine = test_proofs.clerk, test_proofs.colleague, test_proofs.machine
CORE = f'{{"userinfo": {{"{names.CORE_IDENTITY}": null}}}}'


@pytest.mark.parametrize(
    ("level", "made", "ends"),
    [
        ("P1", "2024-02-29T10:00", "2026-02-28T10:00"),
        ("P2", "2024-02-29T10:00", "2027-02-28T10:00"),
        ("P1", "2026-02-28T23:59", "2028-02-28T23:59"),
        ("P2", "2025-03-01T00:00", "2028-03-01T00:00"),
        ("P1", "2027-12-31T12:00", "2029-12-31T12:00"),
        ("P1", "2098-02-28T12:00", "2100-02-28T12:00"),
    ],
)
def test_a_proof_holds_to_the_same_day_and_from_a_leap_day_to_the_last_of_february(level, made, ends):
    at = datetime.fromisoformat(made).replace(tzinfo=UTC)
    assert rules.expires(level, at) == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def test_a_worse_look_at_the_same_document_takes_nothing_away():
    good = rules.Evidence("passport", frozenset(FULL))
    worse = rules.Evidence("passport", frozenset({"original-seen"}))
    assert rules.level([good, worse]) == rules.level([worse, good]) == "P2"


async def as_prover(database, mint, account_id, subject="somebody"):
    """The headers of a token by which the person proves others' identities."""
    return await prover(database, mint, subject, account_id)


async def test_nobody_proves_himself_by_whichever_token(client, database, mint):
    """What a token calls him is another service's word; whose grant it is counts."""
    who = await person(database)
    himself = await as_prover(database, mint, who, subject="another-name")
    answer = await client.post(f"{URL}/proofs", json=seen(await code_of(database, who)), headers=himself)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-identity")


async def test_the_region_s_name_for_him_is_his_too(client, database, app, mint):
    who = await person(database)
    subject = subjects.derive_subject(app.state.issuer, "region", who)
    himself = {"Authorization": f"Bearer {mint(scopes=['identity:prove'], sub=subject)}"}
    answer = await client.post(f"{URL}/proofs", json=seen(await code_of(database, who)), headers=himself)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-identity")


@pytest.mark.parametrize("gives", ["resident", "member"])
@pytest.mark.parametrize("where", ["citytown", "hillshire"])
async def test_nobody_proves_whom_he_has_a_mandate_with_at_any_council(
    client, database, mint, clerk, gives, where
):
    resident, member = await person(database), await person(database)
    principal, delegate = (resident, member) if gives == "resident" else (member, resident)
    offer = mandates.Offer("council-tax", datetime.now(UTC) + timedelta(days=30), "Rosa", "Sam")
    async with database.writing(where) as session:
        row, code = await mandates.offer(session, where, principal, offer)
        await mandates.accept_by_code(session, where, delegate, code)
    headers = await as_prover(database, mint, member)
    answer = await client.post(f"{URL}/proofs", json=seen(await code_of(database, resident)), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "shared-mandate")
    waiting = await prove(client, clerk, database, resident, level="P2", evidence=[PASSPORT])
    answer = await client.post(f"{URL}/proofs/{waiting['id']}/confirm", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "shared-mandate")
    async with database.writing(where) as session:
        await mandates.revoke(session, where, principal, row.id)
    answer = await client.post(f"{URL}/proofs/{waiting['id']}/confirm", headers=headers)
    assert answer.status_code == 200


async def test_p2_takes_two_people_not_two_names_of_one(client, database, app, mint):
    member, resident = await person(database), await person(database)
    names_of = [
        subjects.derive_subject(app.state.issuer, sector, member) for sector in ("citytown", "region")
    ]
    first, second = [await as_prover(database, mint, member, subject=name) for name in names_of]
    made = await prove(client, first, database, resident, level="P2", evidence=[PASSPORT])
    answer = await client.post(f"{URL}/proofs/{made['id']}/confirm", headers=second)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-proof")
    assert await current(database, resident) is None


async def test_a_machine_records_nothing_that_waits_for_a_second_look(
    client, machine, clerk, colleague, database
):
    who = await person(database)
    body = seen(await code_of(database, who), "P2", [PASSPORT])
    answer = await client.post(f"{URL}/proofs", json=body, headers=machine)
    assert (answer.status_code, answer.json()["code"]) == (403, "person-needed")
    assert "Sign in" in answer.json()["detail"]
    made = await client.post(f"{URL}/proofs", json=body, headers=clerk)  # the code was not used up
    assert made.status_code == 201
    async with database.reading("citytown") as session:
        acts = [row.act for row in await proofs.accesses(session, who, None, 10)]
    assert acts == ["recorded"]


async def test_a_machine_is_nobody_s_colleague(client, machine, clerk, colleague, database, mint):
    who = await person(database)
    made = await prove(client, clerk, database, who, level="P2", evidence=[PASSPORT])
    url = f"{URL}/proofs/{made['id']}/confirm"
    other = {"Authorization": f"Bearer {mint(scopes=['identity:prove'], sub='another-system')}"}
    for headers in (machine, other):
        answer = await client.post(url, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "person-needed")
    assert await current(database, who) is None
    assert (await client.post(url, headers=colleague)).status_code == 200


async def test_a_machine_may_record_what_holds_at_once_and_not_another_name(client, machine, database):
    """A desk's own system goes on recording P1; another name than is proven takes two people."""
    who = await person(database)
    made = await prove(client, machine, database, who)
    assert (made["status"], made["proved_by"]) == ("holds", "desk-system")
    body = seen(await code_of(database, who), family_name="Somebodyelse")
    answer = await client.post(f"{URL}/proofs", json=body, headers=machine)
    assert (answer.status_code, answer.json()["code"]) == (403, "person-needed")
    assert (await current(database, who)).person.family_name == "Canarysurname"


OTHERS = [{"family_name": "Somebodyelse"}, {"birth_date": "1980-03-01"}, {"given_names": ["Carla"]}]


@pytest.mark.parametrize("other", OTHERS, ids=str)
async def test_another_name_or_birthday_at_a_second_council_waits_for_a_second_look(
    client, clerk, database, mint, other
):
    """A marriage, a slip, or an account that changed hands: one member of staff alone does not say which."""
    who = await person(database)
    await prove(client, clerk, database, who)
    there = {
        name: await prover(database, mint, name, council="hillshire")
        for name in ("their-clerk", "their-colleague")
    }
    url = "/hillshire/identity/v1/proofs"
    body = seen(await code_of(database, who), **other)
    made = (await client.post(url, json=body, headers=there["their-clerk"])).json()
    assert made["status"] == "waiting"
    assert (await current(database, who)).person.family_name == "Canarysurname"
    answer = await client.post(f"{url}/{made['id']}/confirm", headers=there["their-colleague"])
    assert answer.status_code == 200
    assert ids.show((await current(database, who)).id) == made["id"], "of two as good the newer counts"


@pytest.mark.parametrize("same", [{}, {"given_names": ["ROSA"]}, {"family_name": "canarysurname"}], ids=str)
async def test_the_same_person_is_proven_again_at_once(client, clerk, database, same):
    who = await person(database)
    for _ in range(2):
        made = await prove(client, clerk, database, who, **same)
        assert made["status"] == "holds"


async def test_no_number_of_a_document_is_taken_or_kept(client, clerk, database):
    who = await person(database)
    for place in ("number", "document_number", "reference"):
        evidence = [{**PASSPORT, place: "CANARY123456789"}]
        body = seen(await code_of(database, who), evidence=evidence)
        answer = await client.post(f"{URL}/proofs", json=body, headers=clerk)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
        assert "CANARY123456789" not in answer.text
    made = await prove(client, clerk, database, who, evidence=[LICENCE, BILL])
    async with database.reading("citytown") as session:
        kept = await session.scalar(
            text("SELECT evidence FROM proof WHERE id = :id"), {"id": ids.read(made["id"])}
        )
    assert {key for one in kept for key in one} == {"kind", "checks"}


async def test_a_proof_found_false_takes_what_it_gave_with_it(client, clerk, visitor, database):
    """The claims at once; the tokens that were given for it too, but no others."""
    who = await person(database)
    await sign_in(database, visitor, who, ["email", "totp"])
    made = await prove(client, clerk, database, who)
    school = await register(database, identity_levels=["P1"])
    plain = await school.tokens(visitor)
    found = await school.tokens(visitor, vtr='["P1.Cl.Cm"]', claims=CORE)
    bearer, other = ({"Authorization": f"Bearer {one['access_token']}"} for one in (found, plain))
    shown = (await visitor.get("/identity/userinfo", headers=bearer)).json()
    assert names.CORE_IDENTITY in shown
    assert (await client.delete(f"{URL}/proofs/{made['id']}", headers=clerk)).status_code == 204
    assert (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 401
    assert (await visitor.get("/identity/userinfo", headers=other)).status_code == 200
    again = await provider.ask(visitor, school, vtr='["P1.Cl.Cm"]', claims=CORE)
    assert again.headers["location"].startswith("/identity/prove?")
    async with database.reading("*") as session:
        refused = text("SELECT count(*) FROM revoked_token WHERE id = :jti")
        jti = (await provider.claims_of(visitor, found["access_token"]))["jti"]
        assert await session.scalar(refused, {"jti": jti}) == 1


async def test_another_proof_that_is_enough_keeps_what_was_given(client, clerk, visitor, database):
    who = await person(database)
    await sign_in(database, visitor, who, ["email", "totp"])
    first = await prove(client, clerk, database, who)
    await prove(client, clerk, database, who)
    school = await register(database, identity_levels=["P1"])
    found = await school.tokens(visitor, vtr='["P1.Cl.Cm"]', claims=CORE)
    await client.delete(f"{URL}/proofs/{first['id']}", headers=clerk)
    bearer = {"Authorization": f"Bearer {found['access_token']}"}
    assert names.CORE_IDENTITY in (await visitor.get("/identity/userinfo", headers=bearer)).json()


async def heard(sent_emails, database, who):
    async with database.reading() as session:
        address = await session.scalar(
            text("SELECT address FROM account_email WHERE account = :who"), {"who": who}
        )
        kept = [row.what for row in await history.page(session, who, None, 20)]
    return [(one.template, dict(one.personalisation)) for one in await sent_emails(address)], kept


async def test_the_person_is_told_by_letter_and_in_the_history(
    client, clerk, colleague, database, sent_emails
):
    who = await person(database)
    made = await prove(client, clerk, database, who, level="P2", evidence=[PASSPORT])
    await client.post(f"{URL}/proofs/{made['id']}/confirm", headers=colleague)
    await client.delete(f"{URL}/proofs/{made['id']}", headers=clerk)
    refused = await prove(client, clerk, database, who, level="P2", evidence=[PASSPORT])
    await client.delete(f"{URL}/proofs/{refused['id']}", headers=colleague)
    sent, kept = await heard(sent_emails, database, who)
    assert [template for template, _ in sent] == [
        "identity-waiting", "identity-proven", "identity-ended", "identity-waiting", "identity-ended",
    ]  # fmt: skip
    assert {values["place"] for _, values in sent} == {"Citytown Council"}
    assert "Canarysurname" not in str(sent)
    assert str(datetime.now(UTC).year + 3) in sent[1][1]["until"]
    assert kept == [
        "identity refused",
        "identity waiting",
        "identity withdrawn",
        "identity proven",
        "identity waiting",
    ]


async def test_a_proof_by_another_provider_is_told_too(database, sent_emails):
    who = await person(database)
    him = proofs.Person(["Rosa"], "Example", date(1980, 2, 29), [])
    async with database.writing() as session:
        await proofs.from_upstream(session, who, "P1", [{"kind": "upstream"}], him, "https://one.invalid/")
    sent, kept = await heard(sent_emails, database, who)
    assert [(template, values["place"]) for template, values in sent] == [("identity-proven", "one.invalid")]
    assert kept == ["identity proven"]


async def test_closing_an_account_writes_no_letter_of_its_proofs(client, clerk, database, sent_emails):
    who = await person(database)
    await prove(client, clerk, database, who)
    async with database.writing() as session:
        await proofs.erase(session, who)
    sent, _ = await heard(sent_emails, database, who)
    assert [template for template, _ in sent] == ["identity-proven"]
