import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from chassis import ids
from chassis.testing import published
from identity.accounts.tables import account
from identity.clients.tables import client as clients
from identity.grants.actions import subjects
from identity.grants.tables import access_token, token_grant
from identity.proofs import rules
from identity.proofs.actions import proofs
from identity.shared.rate_limiters import RateLimiter
from identity.shared.rules import limits

URL = "/citytown/identity/v1"
FULL = ["original-seen", "in-date", "security-features", "photo-matches"]
PASSPORT = {"kind": "passport", "checks": FULL}
LICENCE = {"kind": "driving-licence", "checks": FULL}
BILL = {"kind": "council-tax-bill", "checks": ["original-seen"]}
HOME = {"uprn": 100121048421, "building_number": "1", "street_name": "High Street", "town": "Citytown",
        "postcode": "ba11lj"}  # fmt: skip


@pytest.fixture
async def clerk(mint, app, client, database):
    """The headers of a member of staff who proves identities, and has not proven any today."""
    app.state.issuer.desk_code_limiter = RateLimiter(limits.DESK_CODES_A_SECOND, limits.DESK_CODES_AT_ONCE)
    return await prover(database, mint, "clerk")


@pytest.fixture
async def colleague(mint, database, client):
    return await prover(database, mint, "colleague")


@pytest.fixture
def machine(mint):
    """The headers of a system of the council that may prove identities: nobody signed in for it."""
    return {"X-Api-Key": mint(scopes=["identity:prove"], sub="desk-system")}


async def prover(database, mint, subject, account_id=None, council="citytown"):
    """The headers of a token by which a member of staff who has signed in proves others' identities."""
    who = account_id or await resident(database)
    token = await token_of(database, who, council=council)
    shown = mint(scopes=["identity:prove"], jti=token, sub=subject, councils=[council])
    return {"Authorization": f"Bearer {shown}"}


async def resident(database):
    made = ids.new()
    values = {"id": made, "status": "active", "language": "en", "version": 1, "created_at": datetime.now(UTC)}
    async with database.writing() as session:
        await session.execute(insert(account), values)
    return made


async def code_of(database, who):
    async with database.writing() as session:
        return (await proofs.new_desk_code(session, who))[0]


def seen(code, level="P1", evidence=(BILL, LICENCE), **other):
    return {
        "desk_code": code,
        "level": level,
        "evidence": list(evidence),
        "given_names": ["Rosa", "Jane"],
        "family_name": "Canarysurname",
        "birth_date": "1980-02-29",
        "addresses": [HOME],
        **other,
    }


async def prove(client, headers, database, who, **other):
    body = seen(await code_of(database, who), **other)
    answer = await client.post(f"{URL}/proofs", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def current(database, who, council=""):
    async with database.reading(council) as session:
        return await proofs.current(session, who)


async def accesses(database, who, council="citytown"):
    async with database.reading(council) as session:
        return [(row.act, row.actor) for row in await proofs.accesses(session, who, None, 50)]


async def test_nobody_is_proven_at_first(database):
    assert await current(database, await resident(database)) is None


async def test_p1_holds_at_once_in_every_council(client, clerk, database):
    who = await resident(database)
    made = await prove(client, clerk, database, who)
    assert (made["level"], made["status"], made["proved_by"]) == ("P1", "holds", "clerk")
    for council in ("", "citytown", "hillshire"):
        found = await current(database, who, council)
        assert (found.level, found.by, found.route, found.council) == ("P1", "clerk", "in-person", "citytown")
    assert list(found.person.given_names) == ["Rosa", "Jane"]
    assert (found.person.family_name, found.person.birth_date) == ("Canarysurname", date(1980, 2, 29))
    [home] = found.person.addresses
    assert (home["uprn"], home["postalCode"], home["addressCountry"]) == (100121048421, "BA1 1LJ", "GB")
    assert found.expires_at == rules.expires("P1", found.at)
    assert [one["kind"] for one in found.evidence] == ["council-tax-bill", "driving-licence"]


async def test_p2_holds_when_somebody_else_has_looked(client, clerk, colleague, database):
    who = await resident(database)
    made = await prove(client, clerk, database, who, level="P2", evidence=[PASSPORT])
    assert made["status"] == "waiting"
    assert await current(database, who) is None
    url = f"{URL}/proofs/{made['id']}/confirm"
    answer = await client.post(url, headers=clerk)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-proof")
    assert await current(database, who) is None
    answer = await client.post(url, headers=colleague)
    assert (answer.status_code, answer.json()["status"], answer.json()["looked_by"]) == (
        200,
        "holds",
        "colleague",
    )
    assert (await current(database, who)).level == "P2"
    assert (await client.post(url, headers=colleague)).status_code == 409


async def test_of_two_colleagues_who_confirm_at_once_one_does(client, clerk, mint, database):
    who = await resident(database)
    made = await prove(client, clerk, database, who, level="P2", evidence=[PASSPORT])
    others = [await prover(database, mint, f"other-{number}") for number in range(3)]
    answers = await asyncio.gather(
        *(client.post(f"{URL}/proofs/{made['id']}/confirm", headers=headers) for headers in others)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_confirming_and_withdrawing_at_once_never_leaves_a_proof_without_a_person(
    client, clerk, colleague, database
):
    for _ in range(3):
        who = await resident(database)
        made = await prove(client, clerk, database, who, level="P2", evidence=[PASSPORT])
        url = f"{URL}/proofs/{made['id']}"
        await asyncio.gather(
            client.post(f"{url}/confirm", headers=colleague), client.delete(url, headers=clerk)
        )
        assert (await client.get(url, headers=clerk)).json()["status"] == "withdrawn"
        assert await current(database, who) is None


async def test_the_best_proof_counts_and_then_the_newest(client, clerk, colleague, database):
    who = await resident(database)
    best = await prove(client, clerk, database, who, level="P2", evidence=[LICENCE, BILL])
    await client.post(f"{URL}/proofs/{best['id']}/confirm", headers=colleague)
    later = await prove(client, clerk, database, who)
    assert (await current(database, who)).level == "P2"
    await client.delete(f"{URL}/proofs/{best['id']}", headers=clerk)
    assert ids.show((await current(database, who)).id) == later["id"]


async def test_a_proof_ends_by_time(client, clerk, database, postgres_url):
    who, now = await resident(database), datetime.now(UTC)
    made = await prove(client, clerk, database, who)
    past = {"id": ids.new(), "of": ids.read(made["id"]), "at": now - timedelta(days=1)}
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
    assert (await current(database, who)).level == "P1"


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
    who = await resident(database)
    body = seen(await code_of(database, who), level, evidence)
    answer = await client.post(f"{URL}/proofs", json=body, headers=clerk)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "not-enough")
    assert await current(database, who) is None


async def test_a_desk_code_works_once_however_it_is_typed_and_only_the_last_one(client, clerk, database):
    who = await resident(database)
    old, code = await code_of(database, who), await code_of(database, who)
    typed = f" {code.upper().replace('-', '').replace('1', 'I').replace('0', 'O')} "
    answers = [
        await client.post(f"{URL}/proofs", json=seen(one), headers=clerk) for one in (old, typed, code)
    ]
    assert [answer.status_code for answer in answers] == [404, 201, 404]
    assert answers[2].json()["code"] == "no-such-code"


async def test_of_many_who_use_a_desk_code_at_once_one_does(client, clerk, database):
    body = seen(await code_of(database, await resident(database)))
    answers = await asyncio.gather(
        *(client.post(f"{URL}/proofs", json=body, headers=clerk) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 404, 404, 404]


async def test_a_repeated_request_records_one_proof(client, clerk, database):
    who = await resident(database)
    body = seen(await code_of(database, who))
    headers = {**clerk, "Idempotency-Key": "again"}
    first, second = [await client.post(f"{URL}/proofs", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert await accesses(database, who) == [("recorded", "clerk")]


async def test_a_desk_code_ends_after_a_quarter_of_an_hour(client, clerk, database):
    code = await code_of(database, await resident(database))
    async with database.writing() as session:
        await session.execute(text("UPDATE desk_code SET expires_at = now()"))
    answer = await client.post(f"{URL}/proofs", json=seen(code), headers=clerk)
    assert answer.status_code == 404


async def test_nobody_proves_or_confirms_his_own_identity(client, clerk, database, app, mint):
    who = await resident(database)
    subject = subjects.derive_subject(app.state.issuer, "citytown", who)
    himself = {"Authorization": f"Bearer {mint(scopes=['identity:prove'], sub=subject)}"}
    body = seen(await code_of(database, who))
    answer = await client.post(f"{URL}/proofs", json=body, headers=himself)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-identity")
    made = await prove(client, clerk, database, who, level="P2", evidence=[PASSPORT])
    himself = await prover(database, mint, subject, who)
    answer = await client.post(f"{URL}/proofs/{made['id']}/confirm", headers=himself)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-identity")


async def test_every_read_and_write_is_recorded_and_published_without_personal_data(
    client, clerk, colleague, database
):
    who = await resident(database)
    made = await prove(client, clerk, database, who, level="P2", evidence=[PASSPORT])
    url = f"{URL}/proofs/{made['id']}"
    shown = await client.get(url, headers=colleague)
    assert shown.json()["family_name"] == "Canarysurname"
    await client.post(f"{url}/confirm", headers=colleague)
    await client.delete(url, headers=clerk)
    expected = [
        ("recorded", "clerk"),
        ("read", "colleague"),
        ("confirmed", "colleague"),
        ("withdrawn", "clerk"),
    ]
    assert await accesses(database, who) == expected
    mine = [event for event in await published(database) if event.data.get("account") == ids.show(who)]
    assert [(event.data["act"], event.data["actor"]) for event in mine] == expected
    assert {event.type for event in mine} == {"identity.access.recorded.v1"}
    everything = " ".join(event.model_dump_json() for event in mine)
    for personal in ("Canarysurname", "Rosa", "1980", "passport", "BA1"):
        assert personal not in everything


async def test_a_list_shows_nothing_personal_and_so_is_no_access(client, clerk, database):
    who = await resident(database)
    made = await prove(client, clerk, database, who)
    answer = await client.get(f"{URL}/proofs", params={"limit": 100}, headers=clerk)
    assert made["id"] in {one["id"] for one in answer.json()["items"]}
    assert "Canarysurname" not in answer.text
    assert await accesses(database, who) == [("recorded", "clerk")]


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
    await prove(client, clerk, database, await resident(database))
    with pytest.raises(Exception, match="kept as it was written"):
        async with database.writing("citytown") as session:
            await session.execute(text(statement))


async def test_what_is_withdrawn_is_erased_and_the_record_of_it_stays(client, clerk, database):
    made = await prove(client, clerk, database, await resident(database))
    url = f"{URL}/proofs/{made['id']}"
    for _ in range(2):
        assert (await client.delete(url, headers=clerk)).status_code == 204
    left = (await client.get(url, headers=clerk)).json()
    assert (left["status"], left["level"], left["family_name"], left["addresses"]) == (
        "withdrawn",
        "P1",
        None,
        None,
    )


async def test_closing_an_account_erases_what_was_proven_of_it(client, clerk, database):
    who = await resident(database)
    made = await prove(client, clerk, database, who)
    await code_of(database, who)
    async with database.writing() as session:
        await proofs.erase(session, who)
    assert await current(database, who) is None
    async with database.reading() as session:
        for table, column in (("proof_person", "proof"), ("desk_code", "account")):
            one = {"id": ids.read(made["id"]) if column == "proof" else who}
            count = text(f"SELECT count(*) FROM {table} WHERE {column} = :id")
            assert await session.scalar(count, one) == 0
        kept = text("SELECT status FROM proof WHERE account = :id")
        assert await session.scalar(kept, {"id": who}) == "withdrawn"
    assert (await accesses(database, who))[-1] == ("erased", "account closed")


async def test_an_account_that_is_closed_proves_nothing(client, clerk, database):
    who = await resident(database)
    await prove(client, clerk, database, who)
    async with database.writing() as session:
        await session.execute(text("UPDATE account SET status = 'closed' WHERE id = :id"), {"id": who})
    assert await current(database, who) is None


async def test_another_provider_may_have_proven_somebody(database):
    who = await resident(database)
    person = proofs.Person(["Rosa"], "Example", date(1980, 2, 29), [{"uprn": 1, "postalCode": "BA1 1LJ"}])
    async with database.writing() as session:
        await proofs.from_upstream(session, who, "P2", [{"kind": "upstream"}], person, "https://one.invalid/")
    found = await current(database, who, "citytown")
    assert (found.level, found.route, found.by, found.council) == (
        "P2",
        "upstream",
        "https://one.invalid/",
        "region",
    )


async def test_another_councils_proofs_and_accesses_are_not_there(client, clerk, database, mint):
    who = await resident(database)
    made = await prove(client, clerk, database, who)
    theirs = {"Authorization": f"Bearer {mint(scopes=['identity:prove'], councils=['hillshire'])}"}
    url = f"{URL}/proofs/{made['id']}"
    there = url.replace("citytown", "hillshire")
    for answer in (
        await client.get(there, headers=theirs),
        await client.delete(there, headers=theirs),
        await client.post(f"{there}/confirm", headers=theirs),
    ):
        assert answer.status_code == 404
    assert (await client.get(url, headers=theirs)).status_code == 403
    listed = await client.get(f"{URL}/proofs".replace("citytown", "hillshire"), headers=theirs)
    assert made["id"] not in {one["id"] for one in listed.json()["items"]}
    assert await accesses(database, who, "hillshire") == []


@pytest.mark.parametrize(
    "other",
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
async def test_what_cannot_have_been_seen_is_refused(client, clerk, other):
    answer = await client.post(f"{URL}/proofs", json=seen("4k7t-9wqd", **other), headers=clerk)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")


@pytest.mark.parametrize("code", ["4k7t-9wqd", "", " ", "%", "🦄", "'; DROP TABLE x"])
async def test_a_desk_code_that_is_nobodys_is_not_found(client, clerk, code):
    answer = await client.post(f"{URL}/proofs", json=seen(code), headers=clerk)
    assert answer.status_code == (404 if code else 400)


async def test_a_member_of_staff_who_tries_codes_is_slowed_down_and_a_colleague_is_not(
    client, clerk, colleague, database
):
    who = await resident(database)
    body = seen("4k7t-9wqd")
    for _ in range(limits.DESK_CODES_AT_ONCE):
        assert (await client.post(f"{URL}/proofs", json=body, headers=clerk)).status_code == 404
    answer = await client.post(f"{URL}/proofs", json=seen(await code_of(database, who)), headers=clerk)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 30
    await prove(client, colleague, database, who)


async def token_of(database, who, *, actor=None, council="citytown"):
    """The id of a token of a service that the person has signed in to."""
    now, token_id = datetime.now(UTC), ids.new()
    party = {
        "council": council, "id": ids.new(), "name": ids.show(ids.new()), "mode": "live", "scopes": [],
        "secret_hash": b"x", "generation": 1, "created_by": "test", "created_at": now,
    }  # fmt: skip
    grant = {
        "council": council, "id": ids.new(), "client": party["id"], "account": who, "session": ids.new(),
        "actor": actor, "scopes": [], "request": {}, "created_at": now,
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


async def own_headers(database, mint, who, *, actor=None, council="citytown"):
    """The headers of a service that the person has signed in to."""
    token = await token_of(database, who, actor=actor, council=council)
    scopes = ["identity:self", "identity:mandates"]
    made = mint(scopes=scopes, jti=token, sub="somebody", councils=["citytown", council])
    return {"Authorization": f"Bearer {made}"}


async def test_a_person_gets_a_desk_code_and_sees_who_looked(client, clerk, colleague, database, mint):
    who = await resident(database)
    himself = await own_headers(database, mint, who)
    assert (await client.get(f"{URL}/own-identity", headers=himself)).json()["level"] == "P0"
    code = (await client.post(f"{URL}/own-identity/desk-code", headers=himself)).json()["code"]
    made = (await client.post(f"{URL}/proofs", json=seen(code), headers=clerk)).json()
    await client.get(f"{URL}/proofs/{made['id']}", headers=colleague)
    assert (await client.get(f"{URL}/own-identity", headers=himself)).json()["level"] == "P1"
    listed = (await client.get(f"{URL}/own-identity/accesses", headers=himself)).json()["items"]
    assert [(one["act"], one["actor"]) for one in listed] == [("recorded", "clerk"), ("read", "colleague")]


@pytest.mark.parametrize("path", ["own-identity", "own-identity/accesses", "mandates"])
async def test_what_is_a_persons_own_is_for_himself_alone(client, database, mint, path):
    scopes = ["identity:self", "identity:mandates"]
    who = await resident(database)
    machine = {"Authorization": f"Bearer {mint(scopes=scopes)}"}
    odd = {"Authorization": f"Bearer {mint(scopes=scopes, jti='not an id')}"}
    delegate = await own_headers(database, mint, who, actor=await resident(database))
    elsewhere = await own_headers(database, mint, who, council="hillshire")
    for headers in (machine, odd, delegate, elsewhere):
        answer = await client.get(f"{URL}/{path}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "person-needed")


CHECKS = st.frozensets(st.sampled_from(FULL))
EVIDENCE = st.lists(st.builds(rules.Evidence, st.sampled_from(sorted(rules.KINDS)), CHECKS), max_size=6)


@given(EVIDENCE, EVIDENCE)
def test_more_evidence_never_proves_less(first, more):
    assert rules.level(first) <= rules.level([*first, *more])


@given(EVIDENCE)
def test_copies_prove_nothing(evidence):
    assert rules.level([rules.Evidence(e.kind, e.checks - {"original-seen"}) for e in evidence]) == "P0"


@given(EVIDENCE)
def test_p2_takes_a_photograph_that_was_compared(evidence):
    unseen = [rules.Evidence(one.kind, one.checks - {"photo-matches"}) for one in evidence]
    assert rules.level(unseen) < "P2"
