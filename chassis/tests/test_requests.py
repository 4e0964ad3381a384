"""Errors, bounds, pages, transactions and idempotency over HTTP."""

import asyncio
import time
from types import SimpleNamespace
from uuid import RFC_4122

import httpx
import pytest
from sqlalchemy import text

from chassis import ids
from chassis.app import create_app
from chassis.testing import published

NOTES = "/citytown/notes/v1/notes"


@pytest.fixture
def key(mint):
    return {"X-Api-Key": mint(scopes=["notes:read", "notes:write"])}


async def count_notes(database):
    async with database.reading("citytown") as session:
        return await session.scalar(text("SELECT count(*) FROM note"))


async def test_invalid_values_are_400_with_each_field(client):
    response = await client.get("/citytown/notes/v1/open/0", params={"postcode": "NONSENSE"})
    body = response.json()
    assert (response.status_code, body["code"]) == (400, "invalid-request")
    assert {error["field"] for error in body["errors"]} == {"path.uprn", "query.postcode"}
    assert body["type"] == "urn:townhall:problem:invalid-request"


@pytest.mark.parametrize("postcode", ["ba11lj", "BA1 1LJ", " bA1  1lJ"])
async def test_a_postcode_is_accepted_however_it_is_written(client, postcode):
    response = await client.get("/citytown/notes/v1/open/1", params={"postcode": postcode})
    assert response.json() == "1 BA1 1LJ"


async def test_an_unknown_path_and_method_are_problems(client):
    assert (await client.get("/nowhere/at/all")).json()["code"] == "unknown-path"
    response = await client.put("/citytown/notes/v1/fast")
    assert (response.status_code, response.json()["code"], response.headers["Allow"]) == (
        405,
        "method-not-allowed",
        "GET",
    )


async def test_a_refused_method_names_all_that_are_offered(client):
    response = await client.delete(NOTES)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "POST"}
    assert "GET, POST" in response.json()["detail"]


async def test_a_crash_shows_the_caller_no_internals(client):
    response = await client.get("/citytown/notes/v1/crash")
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert "secret detail" not in response.text


async def test_an_outside_contract_keeps_its_own_error_shape(client):
    assert (await client.get("/citytown/notes/v1/old/missing")).json() == {"wrong": "not-found"}
    assert (await client.get("/citytown/notes/v1/old/unheard-of")).json() == {"wrong": "unknown-path"}
    assert (await client.get("/citytown/notes/v1/older")).json()["code"] == "unknown-path"


async def test_a_body_over_the_limit_is_413_even_without_a_length(client, key):
    async def flood():
        for _ in range(40):
            yield b" " * 65_536

    response = await client.post(NOTES, headers=key, content=flood())
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(client, key):
    chunks_read = 0

    async def flood():
        nonlocal chunks_read
        for _ in range(40):
            chunks_read += 1
            yield b" " * 65_536

    response = await client.post(NOTES, headers={**key, "Content-Length": str(40 * 65_536)}, content=flood())
    assert (response.status_code, chunks_read) == (413, 0)


@pytest.mark.parametrize(
    "body", ["{", '{"text": "a\\u0000b"}', '{"text": ""}', "[]", '{"text": 5}', '"' + "x" * 999]
)
async def test_an_invalid_body_is_400(client, key, body):
    response = await client.post(NOTES, headers={**key, "Content-Type": "application/json"}, content=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


async def test_a_commit_that_fails_is_never_a_success(client, key):
    response = await client.post("/citytown/notes/v1/failing", headers=key)
    assert response.status_code == 500


async def test_the_fast_pool_cannot_write(client):
    assert (await client.get("/citytown/notes/v1/fast")).json() == "on"


async def test_a_read_session_cannot_write(database):
    async with database.reading("citytown") as session:
        with pytest.raises(Exception, match="read-only"):
            await session.all(
                text("INSERT INTO note VALUES ('citytown', gen_random_uuid(), 'x') RETURNING id")
            )


async def test_row_level_security_hides_other_councils_rows_from_a_forgotten_where(
    client, key, mint, database
):
    await client.post(NOTES, headers=key, json={"text": "citytown's own"})
    neighbour = {"X-Api-Key": mint(scopes=["notes:read"], councils=["hillshire"])}
    assert (await client.get("/hillshire/notes/v1/notes", headers=neighbour)).json()["items"] == []
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM note")) == 0
    async with database.writing("hillshire") as session:
        with pytest.raises(Exception, match="row-level security"):
            await session.execute(text("INSERT INTO note VALUES ('citytown', gen_random_uuid(), 'x')"))


async def test_a_connection_does_not_keep_the_council_of_the_last_session(database, client, key):
    await client.post(NOTES, headers=key, json={"text": "one"})
    for opening in (database.reading, database.writing):
        for council, has_rows in (("citytown", True), ("hillshire", False), ("citytown", True), ("", False)):
            async with opening(council) as session:
                assert bool(await session.scalar(text("SELECT count(*) FROM note"))) is has_rows


async def test_a_session_without_a_statement_leaves_no_council_to_the_next(database, client, key):
    await client.post(NOTES, headers=key, json={"text": "one"})
    async with database.writing("citytown"):
        pass
    async with database.writer.connect() as connection:  # the same connection: the last one in is out first
        assert await connection.scalar(text("SELECT count(*) FROM note")) == 0


@pytest.mark.parametrize("council", ["x'; SET app.council = '*", "citytown\n", "Citytown", "x" * 99])
async def test_what_is_no_slug_is_a_parameter_and_no_sql(database, client, key, council):
    await client.post(NOTES, headers=key, json={"text": "one"})
    async with database.writing(council) as session:
        assert await session.scalar(text("SELECT current_setting('app.council')")) == council
        assert await session.scalar(text("SELECT count(*) FROM note")) == 0


async def test_pages_show_every_row_once_and_link_onwards(client, key):
    for number in range(7):
        await client.post(NOTES, headers=key, json={"text": f"page {number}"})
    note_ids, url = [], f"{NOTES}?limit=3"
    while url:
        response = await client.get(url, headers=key)
        note_ids += [item["id"] for item in response.json()["items"]]
        assert len(response.json()["items"]) <= 3
        url = response.links["next"]["url"] if "next" in response.links else None
    assert len(note_ids) == len(set(note_ids)) >= 7
    assert note_ids == sorted(note_ids)


@pytest.mark.parametrize("after", ["nonsense", "W10", "WzFd", "bnVsbA", "e30", "é", "A" * 499])
async def test_a_cursor_of_another_list_is_400(client, key, after):
    response = await client.get(NOTES, headers=key, params={"after": after})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "query.after")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "9" * 30, "x"])
async def test_a_limit_out_of_bounds_is_400(client, key, limit):
    assert (await client.get(NOTES, headers=key, params={"limit": limit})).status_code == 400


async def test_the_same_key_and_body_give_the_same_answer(client, key, database):
    headers = {**key, "Idempotency-Key": "abc"}
    before = await count_notes(database)
    first = await client.post(NOTES, headers=headers, json={"text": "once"})
    second = await client.post(NOTES, headers=headers, json={"text": "once"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.json()["secret"] == "secret of once"
    assert first.headers["Location"] == second.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert await count_notes(database) == before + 1
    async with database.reading("citytown") as session:
        answers = await session.scalar(text("SELECT string_agg(answer::text, '') FROM idempotency"))
    assert "secret of once" not in answers


async def test_the_same_key_with_another_body_is_422(client, key):
    headers = {**key, "Idempotency-Key": "def"}
    await client.post(NOTES, headers=headers, json={"text": "one"})
    response = await client.post(NOTES, headers=headers, json={"text": "two"})
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_key_is_good_when_its_council_has_become_another(client, key, mint, database):
    headers = {**key, "Idempotency-Key": "merged"}
    first = await client.post(NOTES, headers=headers, json={"text": "before"})
    await set_stored("merged", database, "council = 'hillshire'")
    headers["X-Api-Key"] = mint(scopes=["notes:write"], councils=["hillshire"])
    again = await client.post(
        NOTES.replace("citytown", "hillshire"), headers=headers, json={"text": "before"}
    )
    assert (again.status_code, again.json()) == (201, first.json())


async def test_a_key_of_an_older_version_which_took_the_slug_in_is_good(client, key, database):
    headers = {**key, "Idempotency-Key": "older"}
    first = await client.post(NOTES, headers=headers, json={"text": "before"})
    older = f"sha256(convert_to(E'{NOTES}\\n{{\"text\":\"before\"}}', 'UTF8'))"
    await set_stored("older", database, f"fingerprint = {older}")
    again = await client.post(NOTES, headers=headers, json={"text": "before"})
    assert (again.status_code, again.json()) == (201, first.json())
    other = await client.post(NOTES, headers=headers, json={"text": "another"})
    assert other.status_code == 422


async def set_stored(key, database, change):
    async with database.writing("*") as session:
        statement = text(f"UPDATE idempotency SET {change} WHERE key = :key")
        assert await session.execute(statement, {"key": key}) == 1


async def test_a_race_of_the_same_key_does_the_work_once(client, key, database):
    headers = {**key, "Idempotency-Key": "race"}
    before = await count_notes(database)
    responses = await asyncio.gather(
        *(client.post(NOTES, headers=headers, json={"text": "raced"}) for _ in range(6))
    )
    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["id"] for response in responses}) == 1
    assert await count_notes(database) == before + 1


async def test_the_same_key_of_another_caller_is_another_key(client, key, mint):
    headers = {"Idempotency-Key": "mine"}
    first = await client.post(NOTES, headers={**key, **headers}, json={"text": "a"})
    other_caller = {"X-Api-Key": mint(scopes=["notes:write"], client_id="somebody-else"), **headers}
    second = await client.post(NOTES, headers=other_caller, json={"text": "b"})
    assert (first.status_code, second.status_code) == (201, 201)


async def test_the_same_key_of_another_person_at_the_same_client_is_another_key(client, mint):
    answers = []
    acting = {"sub": "one", "act": {"sub": "ben"}, "mandate": "m", "theme": "waste"}
    for claims in ({"sub": "one"}, {"sub": "another"}, acting, {"sub": "one"}):
        headers = {"X-Api-Key": mint(scopes=["notes:own"], **claims), "Idempotency-Key": "theirs"}
        bins = "/citytown/notes/v1/bins"
        answers.append((await client.post(bins, json={"text": "private"}, headers=headers)).json())
    assert len({answer["id"] for answer in answers}) == 3
    assert answers[0] == answers[3]


async def test_a_key_works_again_after_24_hours(client, key, database):
    headers = {**key, "Idempotency-Key": "old"}
    first = await client.post(NOTES, headers=headers, json={"text": "old"})
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE idempotency SET created_at = now() - interval '25 hours'"))
    second = await client.post(NOTES, headers=headers, json={"text": "new"})
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]


async def test_a_change_and_its_event_commit_together(client, key, database):
    created = (await client.post(NOTES, headers=key, json={"text": "new"})).json()
    (event,) = [event for event in await published(database) if event.subject == created["id"]]
    assert (event.type, event.council, event.sequence) == ("notes.note.written.v1", "citytown", 1)
    assert event.data == {"text": "new"}
    assert event.traceparent is not None


async def test_health_shows_the_state_of_each_part(client):
    assert (await client.get("/health/live")).json() == {"status": "live"}
    response = await client.get("/health/ready")
    assert response.status_code == 200
    assert {response.json()[part] for part in ("database", "migrations", "nats")} == {"ok"}


async def test_metrics_are_by_route_and_not_by_path(client):
    await client.get("/citytown/notes/v1/open/77", params={"postcode": "BA1 1LJ"})
    text_format = (await client.get("/metrics")).text
    assert 'http_route="/{council}/notes/v1/open/{uprn}"' in text_format
    assert "open/77" not in text_format


def test_ids_are_read_back_and_sort_by_time():
    uuids = [ids.new() for _ in range(5_000)]
    texts = [ids.show(uuid) for uuid in uuids]
    assert [ids.read(text) for text in texts] == uuids
    assert (sorted(uuids), sorted(texts)) == (uuids, texts)
    assert all(uuid.version == 7 and uuid.variant == RFC_4122 for uuid in uuids)
    assert abs((uuids[-1].int >> 80) / 1_000 - time.time()) < 1


@pytest.mark.parametrize("invalid", ["", "x", "8" + "0" * 25, "0" * 27, "u" * 26, "0" * 25 + "I"])
def test_a_text_that_is_no_id_is_refused(invalid):
    with pytest.raises(ValueError, match=r"id|occur"):
        ids.read(invalid)


async def test_a_database_that_is_away_is_503(service, settings, mint):
    app = create_app(service, settings.model_copy(update={"database_url": "postgresql://a:b@127.0.0.1:1/x"}))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        app.state.directory.councils = {"citytown": SimpleNamespace(suspended=False)}
        response = await client.get(NOTES, headers={"key": mint(scopes=["notes:read"])})
        ready = await client.get("/health/ready")
    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
    assert response.headers["Retry-After"] == "2"
    assert ready.status_code == 503
    assert ready.json()["database"].startswith("away")
