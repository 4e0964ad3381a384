"""The page of a person's own proofs of identity, and of who has accessed them."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from identity.proofs import rules
from identity.proofs.actions import proofs
from identity.proofs.schemas import Access
from identity.self_service.routes.identity_proofs import ACTS, EVIDENCE, LEVELS
from identity.shared.oauth import claims as names
from services.identity.tests.proofs import test_proofs
from services.identity.tests.proofs.test_proofs import PASSPORT, URL, desk_code_of, proof_body, record_proof
from services.identity.tests.provider import create_person, read_hidden_fields, register, sign_in

clerk, colleague = test_proofs.clerk, test_proofs.colleague
PAGE = "/identity/account/identity"
WHO = proofs.ProvenPerson(["Ada"], "Byron", date(1980, 2, 29), [])


async def read_page(tab, path=PAGE):
    page = await tab.get(path)
    assert page.status_code == 200, page.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_every_kind_level_and_act_has_a_name():
    assert set(EVIDENCE) == set(rules.EVIDENCE_KINDS)
    assert set(LEVELS) == set(rules.VALID_YEARS)
    assert set(ACTS) == set(Access.model_fields["act"].annotation.__args__)


async def test_at_first_nothing_is_proven(visitor, resident):
    page_text = await read_page(visitor)
    assert "Nothing is proven of you." in page_text
    assert "Nobody has." in page_text


async def test_proofs_are_shown_with_evidence_council_and_time(
    client, clerk, colleague, visitor, resident, database
):
    proof = await record_proof(client, clerk, database, resident, level="P2", evidence=[PASSPORT])
    assert "Waits for a second member of staff" in await read_page(visitor)
    await client.post(f"{URL}/proofs/{proof['id']}/confirm", headers=colleague)
    page_text = await read_page(visitor)
    for expected in (
        "Thorough proof (P2)", "Holds until", "Rosa Jane Canarysurname", "29 February 1980",
        "1 High Street, Citytown, BA1 1LJ", "Passport", "Citytown Council", "Confirmed the proof",
    ):  # fmt: skip
        assert expected in page_text
    assert page_text.index("Confirmed the proof") < page_text.index("Recorded the proof"), "newest first"
    welsh = await read_page(visitor, f"{PAGE}?lang=cy")
    for expected in ("Prawf trylwyr (P2)", "29 Chwefror 1980", "Pasbort", "Cadarnhaodd y prawf"):
        assert expected in welsh


async def test_a_service_that_accessed_a_proof_is_named(client, clerk, visitor, database):
    account = await create_person(database)
    await sign_in(database, visitor, account, ["email", "totp"])
    await record_proof(client, clerk, database, account)
    school = await register(database, identity_levels=["P1"])
    core = f'{{"userinfo": {{"{names.CORE_IDENTITY}": null}}}}'
    tokens = await school.tokens(visitor, vtr='["P1.Cl.Cm"]', claims=core)
    await visitor.get("/identity/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert f"Looked at what was proven Bins {school.client_id[-6:]}, Citytown Council" in await read_page(
        visitor
    )


async def test_another_provider_is_named(visitor, resident, database):
    async with database.writing() as session:
        evidence = [{"kind": "GOV.UK One Login", "checks": []}]
        await proofs.add_upstream_proof(session, resident, "P1", evidence, WHO, "https://one.invalid/")
    page_text = await read_page(visitor)
    assert "GOV.UK One Login" in page_text
    assert "one.invalid" in page_text


async def test_an_expired_proof_is_shown_as_run_out(client, clerk, visitor, resident, database):
    proof = await record_proof(client, clerk, database, resident)
    past = {"id": ids.new(), "of": ids.read(proof["id"]), "at": datetime.now(UTC) - timedelta(days=1)}
    proof_row = (
        "SELECT :id, account, council, route, level, evidence, proved_by, proved_at, :at, status FROM proof"
    )
    person_row = "SELECT :id, given_names, 'Oldname', birth_date, addresses FROM proof_person"
    async with database.writing("citytown") as session:
        await session.execute(text(f"INSERT INTO proof {proof_row} WHERE id = :of"), past)
        await session.execute(text(f"INSERT INTO proof_person {person_row} WHERE proof = :of"), past)
    page_text = await read_page(visitor)
    assert "Ran out on" in page_text
    assert "Rosa Jane Oldname" in page_text


async def test_a_withdrawn_proof_is_hidden_but_its_withdrawal_is_shown(
    client, clerk, visitor, resident, database
):
    proof = await record_proof(client, clerk, database, resident)
    await client.delete(f"{URL}/proofs/{proof['id']}", headers=clerk)
    page_text = await read_page(visitor)
    assert "Canarysurname" not in page_text
    assert "Took the proof back" in page_text


async def test_a_desk_code_from_the_page_proves_the_person(client, clerk, visitor, resident, database):
    page = await visitor.get(PAGE)
    headers = {"Origin": "http://test.invalid"}
    response = await visitor.post(f"{PAGE}/desk-code", data=read_hidden_fields(page), headers=headers)
    code = re.search(r">\s*([0-9a-z]{4}-[0-9a-z]{4})\s*<", response.text)[1]
    proof = await client.post(f"{URL}/proofs", json=proof_body(code), headers=clerk)
    assert proof.status_code == 201
    assert "Basic proof (P1)" in await read_page(visitor)


async def test_only_the_pages_own_form_makes_a_code(visitor, resident):
    assert (await visitor.post(f"{PAGE}/desk-code", data={"csrf": "x"})).status_code == 403


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}?lang=cy"])
async def test_an_old_session_signs_in_again_first(visitor, database, path):
    await sign_in(database, visitor, await create_person(database), ago=700)
    response = await visitor.get(path)
    assert (response.status_code, response.headers["location"]) == (303, "/identity/sign-in?then=identity")


async def test_accesses_are_paged(client, clerk, visitor, resident, database):
    for _ in range(3):
        await record_proof(client, clerk, database, resident)
    page = await visitor.get(f"{PAGE}?limit=2")
    older = re.search(rf'href="({PAGE}\?after=[^"]+)"', page.text)[1]
    page_text = await read_page(visitor, older)
    assert page_text.count("Recorded the proof") == 1
    assert "Basic proof" not in page_text


async def test_the_proofs_of_another_person_are_not_shown(client, clerk, visitor, resident, database):
    await record_proof(client, clerk, database, await create_person(database))
    await desk_code_of(database, resident)
    page_text = await read_page(visitor)
    assert "Canarysurname" not in page_text
    assert "Recorded the proof" not in page_text
