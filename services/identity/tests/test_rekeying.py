"""Two councils become one: every row of theirs is the successor's, and nobody who uses them notices.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

import json
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis import ids
from chassis.testing import published
from identity.grants.actions import subjects
from identity.logout.actions import backchannel_logout
from services.identity.tests import provider
from services.identity.tests.council_data import (
    SIGN_IN_SCOPE,
    create_data,
    keeper_headers,
    prover_headers,
    read_all,
    rename,
)
from services.identity.tests.logout.test_logout import Recorder
from services.identity.tests.upstream import Journey, running_simulator, settings, simulator
from simulators.openid_provider.clients import Client
from tests.rekeying import find_collisions, find_slugs, rekey

__all__ = ["running_simulator", "settings", "simulator"]

COUNCILS, SUCCESSOR = {"citytown": "north", "hillshire": "south"}, "mergeshire"
DOCUMENT = json.loads((Path(__file__).parents[3] / "contracts/openapi/identity.json").read_text())
READS = [
    path for path, operations in DOCUMENT["paths"].items()
    if "get" in operations and path.startswith("/{council}/identity") and not path.endswith("/v1/council")
    and not {"ResourceTypes", "Schemas", "ServiceProviderConfig"} & set(path.split("/"))
]  # fmt: skip
# Where a council's slug stays in a value, each with its reason.
SLUGS_LEFT = {
    "council.slug": "the council stays, with its successor",
    "token_grant.sector": "a sector from before sectors: an opaque id that looks like a slug",
    "upstream.url_slug": "the provider has the URL on file",
    "upstream_visit.redirect_uri": "what the provider was sent, for a quarter of an hour",
    "idempotency.answer": "what was answered, for a day",
}


@pytest.fixture(scope="module")
async def merged(app, client, database, mint, running_simulator):
    """Two councils with data, read, and then merged: what was there before."""
    operator = {"Authorization": "Bearer " + mint(scopes=["identity:operate"], councils=["*"], mode="live")}
    body = {"slug": SUCCESSOR, "name": "Mergeshire Council", "gss": "E06000066"}
    answer = await client.post("/identity/v1/councils", json=body, headers=operator)
    assert answer.status_code == 201, answer.text
    rosa, ben = [await provider.create_person(database) for _ in range(2)]
    before = SimpleNamespace(rosa=rosa, ben=ben, data=[], answers=[], visitor=provider.make_browser(app))
    for council, label in COUNCILS.items():
        data = await create_data(app, client, database, mint, council, label, rosa, ben)
        data.upstream = await register_one_login(client, running_simulator, mint, council)
        data.objects["upstream_id"] = data.upstream["id"]
        before.data.append(data)
    for data in before.data:
        token = data.tokens["access_token"]
        before.answers.append(await read_all(client, mint, READS, data, data.council, token))
        data.before = dict(data.tokens)
    before.page = await read_page(client, mint, "citytown", limit=2)
    before.request = provider.read_request_id(await provider.ask(before.visitor, before.data[0].service))
    before.once = await create_client(client, mint, "citytown")
    await rekey(database, COUNCILS, SUCCESSOR)
    yield before
    for browser in (before.visitor, *(data.browser for data in before.data)):
        await browser.aclose()


def copy(table, where="true", **changed):
    """SQL that copies rows of the successor to another council, with these columns changed."""
    members = "".join(f", '{name}', {value}" for name, value in changed.items())
    row = f"jsonb_populate_record(t, jsonb_build_object('council', CAST(:council AS text){members}))"
    return f"INSERT INTO {table} SELECT ({row}).* FROM {table} t WHERE council = :of AND {where}"


SAME_NAMES = [
    copy("role", "name = 'north-desk'"),
    copy("theme", "name = 'north-allotments'"),
    copy("client", "name LIKE 'Machine 0%'", id="gen_random_uuid()"),
    copy("staff_group", "display_name = 'south Desk'", id="gen_random_uuid()"),
    copy("staff", "id = :jo", id="CAST(:new AS uuid)"),
    copy("staff_person", "staff = :jo", staff="CAST(:new AS uuid)"),
    copy("mandate", "status = 'accepted'", id="gen_random_uuid()"),
]


async def register_one_login(client, simulator, mint, council):
    """Register GOV.UK One Login with a council; the simulator knows our keys and URLs from then on."""
    body = {
        "kind": "onelogin", "audience": "residents", "issuer": simulator.onelogin.issuer,
        "title": "GOV.UK One Login", "title_cy": "GOV.UK One Login", "identity_level": "P2",
        "client_id": ids.show(ids.new()),
    }  # fmt: skip
    answer = await client.post(
        f"/{council}/identity/v1/upstreams", json=body, headers=keeper_headers(mint, council)
    )
    assert answer.status_code == 201, answer.text
    upstream = answer.json()
    keys = (await client.get(urlsplit(upstream["jwks_uri"]).path)).json()
    simulator.register(Client(
        "onelogin", client_id=upstream["client_id"], redirect_uris=(upstream["redirect_uri"],), jwks=keys,
        secret="", tenant="",
    ))  # fmt: skip
    return upstream


async def read_page(client, mint, council, **query):
    headers = keeper_headers(mint, council)
    answer = await client.get(f"/{council}/identity/v1/clients", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def create_client(client, mint, council):
    """Create a client with a key that makes it once."""
    headers = {**keeper_headers(mint, council), "Idempotency-Key": "made-before-the-merge"}
    body = {"name": "Made once", "mode": "live", "scopes": ["address:read"]}
    return await client.post(f"/{council}/identity/v1/clients", json=body, headers=headers)


def items_of(answer):
    """The items of a list, as comparable texts."""
    items = answer.get("items", answer.get("Resources"))
    return {json.dumps(item, sort_keys=True) for item in items}


async def refreshed(data):
    """A person's token after the merge: the service refreshes, and signs nobody in again."""
    answer = await data.service.refresh(data.browser, data.tokens["refresh_token"])
    assert answer.status_code == 200, answer.text
    data.tokens |= answer.json()
    return data.tokens


async def test_every_read_of_both_answers_under_the_successor(client, mint, merged):
    for data, answers in zip(merged.data, merged.answers, strict=True):
        token = (await refreshed(data))["access_token"]
        after = await read_all(client, mint, READS, data, SUCCESSOR, token)
        for path, answer in answers.items():
            expected = rename(answer, data.council, SUCCESSOR)
            if "items" in answer or "Resources" in answer:
                assert items_of(expected) <= items_of(after[path]), path
                assert len(items_of(expected)) > 0 or path.endswith("own-identity/accesses"), path
            else:
                assert after[path] == expected, path


async def test_no_subject_and_no_session_id_changes(database, merged):
    for data in merged.data:
        before = await provider.verify_claims(data.browser, data.tokens["id_token"])
        refreshed_claims = await provider.verify_claims(data.browser, (await refreshed(data))["id_token"])
        again = await data.service.tokens(data.browser, scope=SIGN_IN_SCOPE)
        signed_in = await provider.verify_claims(data.browser, again["id_token"])
        assert {claims["sub"] for claims in (before, refreshed_claims, signed_in)} == {before["sub"]}
        assert {claims["sid"] for claims in (before, refreshed_claims, signed_in)} == {before["sid"]}
        access = await provider.verify_claims(data.browser, again["access_token"])
        assert (access["sub"], access["councils"]) == (before["sub"], [SUCCESSOR])
        data.subject = before["sub"]
    first, second = merged.data
    assert first.subject != second.subject  # the two councils' services still cannot compare their people
    new = await provider.register(database, SUCCESSOR)
    claims_of_new = await provider.verify_claims(first.browser, (await new.tokens(first.browser))["id_token"])
    assert claims_of_new["sub"] not in {first.subject, second.subject}


async def test_a_sign_in_that_waited_goes_on_to_its_service(database, merged):
    service, visitor = merged.data[0].service, merged.visitor
    await provider.sign_in(database, visitor, merged.rosa)
    answer = await provider.continue_request(visitor, merged.request)
    tokens = await service.redeem(visitor, provider.read_redirect(answer)["code"])
    claims = await provider.verify_claims(visitor, tokens.json()["id_token"])
    claims_before = await provider.verify_claims(visitor, merged.data[0].tokens["id_token"])
    assert claims["sub"] == claims_before["sub"]


async def test_a_session_that_ends_is_told_under_the_subject_that_each_service_knows(
    app, database, run_jobs, monkeypatch, merged
):
    async with provider.make_browser(app) as browser:
        person = await provider.create_person(database)
        await provider.sign_in(database, browser, person)
        expected = {}
        for data in merged.data:
            tokens = await data.service.tokens(browser, scope="openid", prompt="consent")
            claims = await provider.verify_claims(browser, tokens["id_token"])
            expected[data.service.client_id] = (claims["sub"], claims["sid"])
        hint = {"id_token_hint": tokens["id_token"]}
        assert (await browser.get("/identity/logout", params=hint)).status_code == 200
        services = Recorder()
        monkeypatch.setattr(backchannel_logout, "Outbound", services)
        await run_jobs()
        logout_claims = [await provider.verify_claims(browser, token) for _, token in services.notices]
    assert {claims["aud"]: (claims["sub"], claims["sid"]) for claims in logout_claims} == expected


async def test_a_service_learns_for_whom_a_person_may_act_by_its_own_subject(app, database, client, merged):
    async with provider.make_browser(app) as browser:
        await provider.sign_in(database, browser, merged.ben)
        for data in merged.data:
            rosa = await provider.verify_claims(browser, (await refreshed(data))["id_token"])
            tokens = await data.service.tokens(browser, scope=SIGN_IN_SCOPE, prompt="consent")
            headers = {"Authorization": f"Bearer {tokens['access_token']}"}
            answer = await client.get(f"/{SUCCESSOR}/identity/v1/mandates", headers=headers)
            accepted = [item for item in answer.json()["items"] if item["status"] == "accepted"]
            assert {item["principal"] for item in accepted} == {rosa["sub"]}


async def test_what_is_sealed_opens_and_a_provider_sends_people_back_where_it_did(
    browser, client, simulator, merged
):
    data = merged.data[0]
    keys = await client.get(urlsplit(data.upstream["jwks_uri"]).path)
    assert (keys.status_code, len(keys.json()["keys"])) == (200, 1)
    journey = Journey(browser(), simulator, data.upstream, council=SUCCESSOR)
    url = await journey.leave()
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == [data.upstream["redirect_uri"]]
    await journey.follow(await journey.authenticate(url, "mary"))  # our key signs for the code's redemption
    answer = await journey.choose("new")
    assert answer.headers["location"] == "/identity/account", answer.text
    logout_response = await client.post(
        urlsplit(data.upstream["backchannel_logout_uri"]).path, data={"logout_token": "x"}
    )
    assert logout_response.status_code == 400  # known, and the token is not good


async def test_a_cursor_from_before_goes_on_where_it_stopped(client, mint, merged):
    first, headers = merged.page, keeper_headers(mint, SUCCESSOR)
    rest = await read_page(client, mint, SUCCESSOR, after=first["next"], limit=100)
    listed = [item["client_id"] for item in first["items"] + rest["items"]]
    everything = await client.get(f"/{SUCCESSOR}/identity/v1/clients", params={"limit": 100}, headers=headers)
    of_citytown = {item["client_id"] for item in everything.json()["items"] if "north" in item["name"]}
    assert len(listed) == len(set(listed))
    assert of_citytown <= set(listed)


async def test_a_request_repeated_after_the_merge_is_not_done_twice(client, mint, merged):
    assert merged.once.status_code == 201, merged.once.text
    again = await create_client(client, mint, SUCCESSOR)
    assert (again.status_code, again.json()) == (201, merged.once.json())


async def test_a_proof_that_waited_is_confirmed_by_a_colleague(client, mint, merged):
    data = merged.data[1]
    headers = prover_headers(mint, SUCCESSOR, data.colleague, "colleague")
    answer = await client.post(
        f"/{SUCCESSOR}/identity/v1/proofs/{data.objects['proof_id']}/confirm", headers=headers
    )
    assert (answer.status_code, answer.json().get("status")) == (200, "holds"), answer.text


async def test_an_event_after_the_merge_is_the_successors_and_the_aggregates_next(client, database, merged):
    data = merged.data[0]
    mandate = data.objects["mandate_id"]
    events = [event for event in await published(database) if event.subject == mandate]
    headers = {"Authorization": f"Bearer {(await refreshed(data))['access_token']}"}
    answer = await client.delete(f"/{SUCCESSOR}/identity/v1/mandates/{mandate}", headers=headers)
    assert answer.status_code == 204, answer.text
    *_, last = [event for event in await published(database) if event.subject == mandate]
    assert (events[-1].council, last.council) == ("citytown", SUCCESSOR)
    assert (last.type, last.sequence) == ("identity.mandate.revoked.v1", events[-1].sequence + 1)


async def test_a_leaver_is_refused_at_the_services_of_every_predecessor(app, client, mint, database, merged):
    person = merged.data[0].objects["user_id"]
    async with database.reading(SUCCESSOR) as session:
        statement = text("SELECT account FROM staff WHERE council = :council AND id = :id")
        account = await session.scalar(statement, {"council": SUCCESSOR, "id": ids.read(person)})
    headers = keeper_headers(mint, SUCCESSOR)
    answer = await client.delete(f"/{SUCCESSOR}/identity/scim/v2/Users/{person}", headers=headers)
    assert answer.status_code == 204, answer.text
    async with database.reading() as session:
        expected = await subjects.list_subjects(session, app.state.issuer, account, SUCCESSOR)
        rows = await session.all(text("SELECT id FROM revoked_token WHERE claim = 'sub'"))
    assert len(expected) == 3
    assert set(expected) <= {row.id for row in rows}


async def test_a_token_from_before_the_merge_is_for_a_council_without_rows(client, mint, merged):
    """Today's answer. The directory of predecessors, which will mean the successor, is not built yet."""
    before = mint(scopes=["identity:clients"], councils=["citytown"], mode="live")
    headers = {"Authorization": f"Bearer {before}"}
    assert (await client.get(f"/{SUCCESSOR}/identity/v1/clients", headers=headers)).status_code == 403
    answer = await client.get("/citytown/identity/v1/clients", headers=headers)
    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_a_persons_token_from_before_still_names_them_until_it_is_refreshed(visitor, merged):
    data = merged.data[0]
    claims = await provider.verify_claims(visitor, data.before["id_token"])
    token = data.before["access_token"]
    answer = await visitor.get("/identity/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["sub"]) == (200, claims["sub"])
    form = {"token": token, **data.service.credentials}
    assert (await visitor.post("/identity/introspect", data=form)).json() == {"active": False}
    form["token"] = (await refreshed(data))["access_token"]
    introspected = (await visitor.post("/identity/introspect", data=form)).json()
    assert (introspected["active"], introspected["sub"]) == (True, claims["sub"])


async def test_no_value_but_the_known_ones_has_a_slug(database, merged):
    async with database.reading() as session:
        assert await find_slugs(session, COUNCILS) - set(SLUGS_LEFT) == set()


async def test_only_what_a_council_or_its_directory_named_collides(client, database, mint, merged):
    """The next one to join has the same names, and somebody who works in both."""
    theirs = "sleepton"
    values = {"jo": ids.read(merged.data[1].objects["user_id"]), "new": ids.new()}
    async with database.writing() as session:
        await session.set_all_councils()
        for statement in SAME_NAMES:
            await session.execute(text(statement), {**values, "council": theirs, "of": SUCCESSOR})
        collisions = await find_collisions(session, [theirs, SUCCESSOR])
    assert set(collisions) == {
        "pk_role", "pk_theme", "uq_client_name_in_use", "uq_staff_group_council_display_name",
        "uq_staff_person_council_user_key", "uq_staff_person_council_external_id", "uq_staff_council_account",
        "uq_mandate_holding",
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="uq_client_name_in_use"):
        await rekey(database, [theirs], SUCCESSOR)
    async with database.writing() as session:  # nothing of it happened
        await session.set_all_councils()
        for table in ("mandate", "theme", "role", "client", "staff_group", "staff"):
            assert await session.execute(text(f"DELETE FROM {table} WHERE council = :c"), {"c": theirs}) > 0
