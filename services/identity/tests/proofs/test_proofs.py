import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from chassis import ids
from chassis.tables import rate_limit
from chassis.testing import published
from identity.accounts.tables import account
from identity.clients.tables import client as clients
from identity.grants.tables import access_token, token_grant
from identity.proofs import rules
from identity.proofs.actions import accesses, desk_codes, proofs
from services.identity.tests.provider import subject_at

URL = "/citytown/identity/v1"
FULL = ["original-seen", "in-date", "security-features", "photo-matches"]
PASSPORT = {"kind": "passport", "checks": FULL}
LICENCE = {"kind": "driving-licence", "checks": FULL}
BILL = {"kind": "council-tax-bill", "checks": ["original-seen"]}
HOME = {"uprn": 100121048421, "building_number": "1", "street_name": "High Street", "town": "Citytown",
        "postcode": "ba11lj"}  # fmt: skip


@pytest.fixture
async def clerk(mint, app, client, database):
    """The headers of a member of staff who proves identities, with a fresh rate limit."""
    async with database.writing() as session:
        await session.execute(rate_limit.delete())
    return await headers_of_prover(database, mint, "clerk")


@pytest.fixture
async def colleague(mint, database, client):
    return await headers_of_prover(database, mint, "colleague")


@pytest.fixture
def machine(mint):
    """The headers of a system of the council that may prove identities: nobody signed in for it."""
    return {"X-Api-Key": mint(scopes=["identity:prove"], sub="desk-system")}


async def headers_of_prover(database, mint, subject, account_id=None, council="citytown"):
    """The headers of a token by which a member of staff who has signed in proves others' identities."""
    member_id = account_id or await make_account(database)
    token = await token_of(database, member_id, council=council)
    signed = mint(scopes=["identity:prove"], jti=token, sub=subject, councils=[council])
    return {"Authorization": f"Bearer {signed}"}


async def make_account(database):
    account_id = ids.new()
    values = {
        "id": account_id,
        "status": "active",
        "language": "en",
        "version": 1,
        "created_at": datetime.now(UTC),
    }
    async with database.writing() as session:
        await session.execute(insert(account), values)
    return account_id


async def desk_code_of(database, account_id):
    async with database.writing() as session:
        return (await desk_codes.create_desk_code(session, account_id))[0]


def proof_body(code, level="P1", evidence=(BILL, LICENCE), **overrides):
    return {
        "desk_code": code,
        "level": level,
        "evidence": list(evidence),
        "given_names": ["Rosa", "Jane"],
        "family_name": "Canarysurname",
        "birth_date": "1980-02-29",
        "addresses": [HOME],
        **overrides,
    }


async def record_proof(client, headers, database, account_id, **overrides):
    body = proof_body(await desk_code_of(database, account_id), **overrides)
    response = await client.post(f"{URL}/proofs", json=body, headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


async def current_proof(database, account_id, council=""):
    async with database.reading(council) as session:
        return await proofs.get_current(session, account_id)


async def accesses_of(database, account_id, council="citytown"):
    async with database.reading(council) as session:
        return [(row.act, row.actor) for row in await accesses.list_accesses(session, account_id, None, 50)]


async def test_nobody_is_proven_at_first(database):
    assert await current_proof(database, await make_account(database)) is None


async def test_p1_holds_at_once_in_every_council(client, clerk, database):
    account_id = await make_account(database)
    record = await record_proof(client, clerk, database, account_id)
    assert (record["level"], record["status"], record["proved_by"]) == ("P1", "holds", "clerk")
    for council in ("", "citytown", "hillshire"):
        proof = await current_proof(database, account_id, council)
        assert (proof.level, proof.proved_by, proof.route, proof.council) == (
            "P1",
            "clerk",
            "in-person",
            "citytown",
        )
    assert list(proof.person.given_names) == ["Rosa", "Jane"]
    assert (proof.person.family_name, proof.person.birth_date) == ("Canarysurname", date(1980, 2, 29))
    [home] = proof.person.addresses
    assert (home["uprn"], home["postalCode"], home["addressCountry"]) == (100121048421, "BA1 1LJ", "GB")
    assert proof.expires_at == rules.get_expiry("P1", proof.proved_at)
    assert [piece["kind"] for piece in proof.evidence] == ["council-tax-bill", "driving-licence"]


async def test_p2_holds_when_a_second_member_of_staff_has_confirmed(client, clerk, colleague, database):
    account_id = await make_account(database)
    proof = await record_proof(client, clerk, database, account_id, level="P2", evidence=[PASSPORT])
    assert proof["status"] == "waiting"
    assert await current_proof(database, account_id) is None
    url = f"{URL}/proofs/{proof['id']}/confirm"
    response = await client.post(url, headers=clerk)
    assert (response.status_code, response.json()["code"]) == (403, "own-proof")
    assert await current_proof(database, account_id) is None
    response = await client.post(url, headers=colleague)
    assert (response.status_code, response.json()["status"], response.json()["looked_by"]) == (
        200,
        "holds",
        "colleague",
    )
    assert (await current_proof(database, account_id)).level == "P2"
    assert (await client.post(url, headers=colleague)).status_code == 409


async def test_of_two_colleagues_who_confirm_at_once_one_does(client, clerk, mint, database):
    account_id = await make_account(database)
    proof = await record_proof(client, clerk, database, account_id, level="P2", evidence=[PASSPORT])
    colleagues = [await headers_of_prover(database, mint, f"other-{number}") for number in range(3)]
    responses = await asyncio.gather(
        *(client.post(f"{URL}/proofs/{proof['id']}/confirm", headers=headers) for headers in colleagues)
    )
    assert sorted(response.status_code for response in responses) == [200, 409, 409]


async def test_confirming_and_withdrawing_at_once_never_leaves_a_proof_without_a_person(
    client, clerk, colleague, database
):
    for _ in range(3):
        account_id = await make_account(database)
        proof = await record_proof(client, clerk, database, account_id, level="P2", evidence=[PASSPORT])
        url = f"{URL}/proofs/{proof['id']}"
        await asyncio.gather(
            client.post(f"{url}/confirm", headers=colleague), client.delete(url, headers=clerk)
        )
        assert (await client.get(url, headers=clerk)).json()["status"] == "withdrawn"
        assert await current_proof(database, account_id) is None


async def test_the_best_proof_counts_and_then_the_newest(client, clerk, colleague, database):
    account_id = await make_account(database)
    best = await record_proof(client, clerk, database, account_id, level="P2", evidence=[LICENCE, BILL])
    await client.post(f"{URL}/proofs/{best['id']}/confirm", headers=colleague)
    later = await record_proof(client, clerk, database, account_id)
    assert (await current_proof(database, account_id)).level == "P2"
    await client.delete(f"{URL}/proofs/{best['id']}", headers=clerk)
    assert ids.show((await current_proof(database, account_id)).id) == later["id"]


async def test_a_proof_ends_by_time(client, clerk, database, postgres_url):
    account_id, now = await make_account(database), datetime.now(UTC)
    proof = await record_proof(client, clerk, database, account_id)
    past = {"id": ids.new(), "of": ids.read(proof["id"]), "at": now - timedelta(days=1)}
    copied = text(
        "INSERT INTO proof SELECT :id, account, council, route, 'P2', evidence, proved_by, proved_at, :at,"
        " status FROM proof WHERE id = :of"
    )
    person = text(
        "INSERT INTO proof_person SELECT :id, given_names, family_name, birth_date, addresses"
        " FROM proof_person WHERE proof = :of"
    )
    async with database.writing("citytown") as session:
        await session.execute(copied, past)
        await session.execute(person, past)
    assert (await current_proof(database, account_id)).level == "P1"


@pytest.mark.parametrize(
    ("level", "evidence"),
    [
        ("P1", [{"kind": "utility-bill", "checks": ["original-seen"]}]),
        ("P1", [BILL]),
        ("P1", [BILL, BILL]),
        ("P1", [{"kind": "passport", "checks": ["photo-matches", "in-date", "security-features"]}]),
        ("P2", [LICENCE]),
        ("P2", [LICENCE, LICENCE]),
        ("P2", [{"kind": "passport", "checks": FULL[:3]}]),
        ("P2", [BILL, {"kind": "birth-certificate", "checks": FULL}]),
        ("P2", [LICENCE, {"kind": "utility-bill", "checks": FULL}]),
    ],
    ids=str,
)
async def test_evidence_that_is_not_enough_proves_nothing(client, clerk, database, level, evidence):
    account_id = await make_account(database)
    body = proof_body(await desk_code_of(database, account_id), level, evidence)
    response = await client.post(f"{URL}/proofs", json=body, headers=clerk)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "not-enough")
    assert await current_proof(database, account_id) is None


async def test_a_desk_code_works_once_however_it_is_typed_and_only_the_last_one(client, clerk, database):
    account_id = await make_account(database)
    old, code = await desk_code_of(database, account_id), await desk_code_of(database, account_id)
    typed = f" {code.upper().replace('-', '').replace('1', 'I').replace('0', 'O')} "
    responses = [
        await client.post(f"{URL}/proofs", json=proof_body(code_), headers=clerk)
        for code_ in (old, typed, code)
    ]
    assert [response.status_code for response in responses] == [404, 201, 404]
    assert responses[2].json()["code"] == "no-such-code"


async def test_of_many_who_use_a_desk_code_at_once_one_does(client, clerk, database):
    body = proof_body(await desk_code_of(database, await make_account(database)))
    responses = await asyncio.gather(
        *(client.post(f"{URL}/proofs", json=body, headers=clerk) for _ in range(4))
    )
    assert sorted(response.status_code for response in responses) == [201, 404, 404, 404]


async def test_a_repeated_request_records_one_proof(client, clerk, database):
    account_id = await make_account(database)
    body = proof_body(await desk_code_of(database, account_id))
    headers = {**clerk, "Idempotency-Key": "again"}
    first, second = [await client.post(f"{URL}/proofs", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert await accesses_of(database, account_id) == [("recorded", "clerk")]


async def test_a_desk_code_ends_after_a_quarter_of_an_hour(client, clerk, database):
    code = await desk_code_of(database, await make_account(database))
    async with database.writing() as session:
        await session.execute(text("UPDATE desk_code SET expires_at = now()"))
    response = await client.post(f"{URL}/proofs", json=proof_body(code), headers=clerk)
    assert response.status_code == 404


async def test_nobody_proves_or_confirms_their_own_identity(client, clerk, database, app, mint):
    account_id = await make_account(database)
    subject = await subject_at(app, "citytown", account_id)
    own_headers = {"Authorization": f"Bearer {mint(scopes=['identity:prove'], sub=subject)}"}
    body = proof_body(await desk_code_of(database, account_id))
    response = await client.post(f"{URL}/proofs", json=body, headers=own_headers)
    assert (response.status_code, response.json()["code"]) == (403, "own-identity")
    proof = await record_proof(client, clerk, database, account_id, level="P2", evidence=[PASSPORT])
    own_headers = await headers_of_prover(database, mint, subject, account_id)
    response = await client.post(f"{URL}/proofs/{proof['id']}/confirm", headers=own_headers)
    assert (response.status_code, response.json()["code"]) == (403, "own-identity")


async def test_every_read_and_write_is_recorded_and_published_without_personal_data(
    client, clerk, colleague, database
):
    account_id = await make_account(database)
    proof = await record_proof(client, clerk, database, account_id, level="P2", evidence=[PASSPORT])
    url = f"{URL}/proofs/{proof['id']}"
    response = await client.get(url, headers=colleague)
    assert response.json()["family_name"] == "Canarysurname"
    await client.post(f"{url}/confirm", headers=colleague)
    await client.delete(url, headers=clerk)
    expected = [
        ("recorded", "clerk"),
        ("read", "colleague"),
        ("confirmed", "colleague"),
        ("withdrawn", "clerk"),
    ]
    assert await accesses_of(database, account_id) == expected
    mine = [event for event in await published(database) if event.data.get("account") == ids.show(account_id)]
    assert [(event.data["act"], event.data["actor"]) for event in mine] == expected
    assert {event.type for event in mine} == {"identity.access.recorded.v1"}
    # A trace's and an event's identifiers are random: any digits may stand in them.
    everything = " ".join(event.model_dump_json(include={"type", "council", "data"}) for event in mine)
    for personal in ("Canarysurname", "Rosa", "1980-02-29", "passport", "BA1 "):
        assert personal not in everything


async def test_a_list_shows_nothing_personal_and_so_is_no_access(client, clerk, database):
    account_id = await make_account(database)
    proof = await record_proof(client, clerk, database, account_id)
    response = await client.get(f"{URL}/proofs", params={"limit": 100}, headers=clerk)
    assert proof["id"] in {item["id"] for item in response.json()["items"]}
    assert "Canarysurname" not in response.text
    assert await accesses_of(database, account_id) == [("recorded", "clerk")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE identity_access SET actor = 'somebody else'",
        "DELETE FROM identity_access",
        "UPDATE proof SET level = 'P2'",
        "UPDATE proof SET proved_by = 'somebody else'",
        "DELETE FROM proof",
    ],
)
async def test_the_database_itself_keeps_the_record_as_it_was_written(client, clerk, database, statement):
    await record_proof(client, clerk, database, await make_account(database))
    with pytest.raises(Exception, match="kept as it was written"):
        async with database.writing("citytown") as session:
            await session.execute(text(statement))


async def test_what_is_withdrawn_is_erased_and_the_record_of_it_stays(client, clerk, database):
    proof = await record_proof(client, clerk, database, await make_account(database))
    url = f"{URL}/proofs/{proof['id']}"
    for _ in range(2):
        assert (await client.delete(url, headers=clerk)).status_code == 204
    withdrawn = (await client.get(url, headers=clerk)).json()
    assert (withdrawn["status"], withdrawn["level"], withdrawn["family_name"], withdrawn["addresses"]) == (
        "withdrawn",
        "P1",
        None,
        None,
    )


async def test_closing_an_account_erases_what_was_proven_of_it(client, clerk, database):
    account_id = await make_account(database)
    proof = await record_proof(client, clerk, database, account_id)
    await desk_code_of(database, account_id)
    async with database.writing() as session:
        await proofs.erase_account(session, account_id)
    assert await current_proof(database, account_id) is None
    async with database.reading() as session:
        for table, column in (("proof_person", "proof"), ("desk_code", "account")):
            key = {"id": ids.read(proof["id"]) if column == "proof" else account_id}
            count = text(f"SELECT count(*) FROM {table} WHERE {column} = :id")
            assert await session.scalar(count, key) == 0
        status = text("SELECT status FROM proof WHERE account = :id")
        assert await session.scalar(status, {"id": account_id}) == "withdrawn"
    assert (await accesses_of(database, account_id))[-1] == ("erased", "account closed")


async def test_an_account_that_is_closed_proves_nothing(client, clerk, database):
    account_id = await make_account(database)
    await record_proof(client, clerk, database, account_id)
    async with database.writing() as session:
        await session.execute(text("UPDATE account SET status = 'closed' WHERE id = :id"), {"id": account_id})
    assert await current_proof(database, account_id) is None


async def test_another_provider_may_have_proven_somebody(database):
    account_id = await make_account(database)
    person = proofs.ProvenPerson(
        ["Rosa"], "Example", date(1980, 2, 29), [{"uprn": 1, "postalCode": "BA1 1LJ"}]
    )
    async with database.writing() as session:
        await proofs.add_upstream_proof(
            session, account_id, "P2", [{"kind": "upstream"}], person, "https://one.invalid/"
        )
    proof = await current_proof(database, account_id, "citytown")
    assert (proof.level, proof.route, proof.proved_by, proof.council) == (
        "P2",
        "upstream",
        "https://one.invalid/",
        "region",
    )


async def test_another_councils_proofs_and_accesses_are_not_there(client, clerk, database, mint):
    account_id = await make_account(database)
    proof = await record_proof(client, clerk, database, account_id)
    hillshire_headers = {"Authorization": f"Bearer {mint(scopes=['identity:prove'], councils=['hillshire'])}"}
    url = f"{URL}/proofs/{proof['id']}"
    hillshire_url = url.replace("citytown", "hillshire")
    for response in (
        await client.get(hillshire_url, headers=hillshire_headers),
        await client.delete(hillshire_url, headers=hillshire_headers),
        await client.post(f"{hillshire_url}/confirm", headers=hillshire_headers),
    ):
        assert response.status_code == 404
    assert (await client.get(url, headers=hillshire_headers)).status_code == 403
    listed = await client.get(f"{URL}/proofs".replace("citytown", "hillshire"), headers=hillshire_headers)
    assert proof["id"] not in {item["id"] for item in listed.json()["items"]}
    assert await accesses_of(database, account_id, "hillshire") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"level": "P0"},
        {"level": "P3"},
        {"evidence": []},
        {"evidence": [{"kind": "library-card", "checks": FULL}]},
        {"evidence": [{"kind": "passport", "checks": ["said so"]}]},
        {"evidence": [PASSPORT] * 7},
        {"birth_date": "2999-01-01"},
        {"birth_date": "1980-02-30"},
        {"birth_date": "1789-07-14"},
        {"family_name": "x\x00"},
        {"family_name": ""},
        {"given_names": []},
        {"given_names": ["x" * 201]},
        {"addresses": [{**HOME, "uprn": 10**13}]},
        {"addresses": [{**HOME, "postcode": "not one"}]},
        {"addresses": [HOME] * 4},
        {"document_number": "123456789"},
        {"desk_code": "x" * 100},
    ],
    ids=lambda value: str(value)[:50],
)
async def test_what_cannot_have_been_seen_is_refused(client, clerk, fields):
    response = await client.post(f"{URL}/proofs", json=proof_body("4k7t-9wqd", **fields), headers=clerk)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


@pytest.mark.parametrize("code", ["4k7t-9wqd", "", " ", "%", "🦄", "'; DROP TABLE x"])
async def test_a_desk_code_that_is_nobodys_is_not_found(client, clerk, code):
    response = await client.post(f"{URL}/proofs", json=proof_body(code), headers=clerk)
    assert response.status_code == (404 if code else 400)


async def test_a_member_of_staff_who_tries_codes_is_slowed_down_and_a_colleague_is_not(
    client, clerk, colleague, database, set_limit
):
    account_id = await make_account(database)
    body = proof_body("4k7t-9wqd")
    set_limit("desk_codes_for_caller", 3, 90)
    for _ in range(3):
        assert (await client.post(f"{URL}/proofs", json=body, headers=clerk)).status_code == 404
    response = await client.post(
        f"{URL}/proofs", json=proof_body(await desk_code_of(database, account_id)), headers=clerk
    )
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) <= 30
    await record_proof(client, colleague, database, account_id)


async def token_of(database, account_id, *, actor=None, council="citytown"):
    """The id of a token of a service that the person has signed in to."""
    now, token_id = datetime.now(UTC), ids.new()
    party = {
        "council": council, "id": ids.new(), "name": ids.show(ids.new()), "mode": "live", "scopes": [],
        "secret_hash": b"x", "generation": 1, "created_by": "test", "created_at": now,
    }  # fmt: skip
    grant = {
        "council": council, "id": ids.new(), "client": party["id"], "account": account_id,
        "session": ids.new(), "actor": actor, "scopes": [], "request": {}, "created_at": now,
    }  # fmt: skip
    token = {
        "council": council,
        "id": token_id,
        "grant_id": grant["id"],
        "expires_at": now + timedelta(minutes=9),
    }
    async with database.writing(council) as session:
        for table, values in ((clients, party), (token_grant, grant), (access_token, token)):
            await session.execute(insert(table), values)
    return ids.show(token_id)


async def headers_of(database, mint, account_id, *, actor=None, council="citytown"):
    """The headers of a service that the person has signed in to."""
    token = await token_of(database, account_id, actor=actor, council=council)
    scopes = ["identity:self", "identity:mandates"]
    signed = mint(scopes=scopes, jti=token, sub="somebody", councils=["citytown", council])
    return {"Authorization": f"Bearer {signed}"}


async def test_a_person_gets_a_desk_code_and_sees_who_looked(client, clerk, colleague, database, mint):
    account_id = await make_account(database)
    own_headers = await headers_of(database, mint, account_id)
    assert (await client.get(f"{URL}/own-identity", headers=own_headers)).json()["level"] == "P0"
    code = (await client.post(f"{URL}/own-identity/desk-code", headers=own_headers)).json()["code"]
    proof = (await client.post(f"{URL}/proofs", json=proof_body(code), headers=clerk)).json()
    await client.get(f"{URL}/proofs/{proof['id']}", headers=colleague)
    assert (await client.get(f"{URL}/own-identity", headers=own_headers)).json()["level"] == "P1"
    listed = (await client.get(f"{URL}/own-identity/accesses", headers=own_headers)).json()["items"]
    assert [(access["act"], access["actor"]) for access in listed] == [
        ("recorded", "clerk"),
        ("read", "colleague"),
    ]


@pytest.mark.parametrize("path", ["own-identity", "own-identity/accesses", "mandates"])
async def test_what_is_a_persons_own_is_for_them_alone(client, database, mint, path):
    scopes = ["identity:self", "identity:mandates"]
    account_id = await make_account(database)
    machine = {"Authorization": f"Bearer {mint(scopes=scopes)}"}
    odd = {"Authorization": f"Bearer {mint(scopes=scopes, jti='not an id')}"}
    delegate = await headers_of(database, mint, account_id, actor=await make_account(database))
    elsewhere = await headers_of(database, mint, account_id, council="hillshire")
    for headers in (machine, odd, delegate, elsewhere):
        response = await client.get(f"{URL}/{path}", headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "person-needed")


CHECKS = st.frozensets(st.sampled_from(FULL))
EVIDENCE = st.lists(
    st.builds(rules.Evidence, st.sampled_from(sorted(rules.EVIDENCE_KINDS)), CHECKS), max_size=6
)


@given(EVIDENCE, EVIDENCE)
def test_more_evidence_never_proves_less(first, more):
    assert rules.assess_level(first) <= rules.assess_level([*first, *more])


@given(EVIDENCE)
def test_copies_prove_nothing(evidence):
    assert (
        rules.assess_level([rules.Evidence(e.kind, e.checks - {"original-seen"}) for e in evidence]) == "P0"
    )


@given(EVIDENCE)
def test_p2_takes_a_photograph_that_was_compared(evidence):
    unseen = [rules.Evidence(piece.kind, piece.checks - {"photo-matches"}) for piece in evidence]
    assert rules.assess_level(unseen) < "P2"
