import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import insert, text

from chassis import ids
from chassis.problems import Problem
from chassis.testing import eventually, published
from identity.accounts.tables import account, account_email
from identity.clients.tables import client as client_table
from identity.grants.tables import access_token, token_grant
from identity.mandates import rules as mandate_rules
from identity.mandates.actions import mandates
from identity.mandates.tables import mandate as mandate_table
from identity.shared.oauth import token_requests
from services.identity.tests import provider

SOON = timedelta(days=30)


async def person(database, email=None):
    """An account with a proven address."""
    made, now = ids.new(), datetime.now(UTC)
    email = email or f"{ids.show(made)}@example.invalid"
    async with database.writing() as session:
        await session.execute(
            insert(account),
            {"id": made, "status": "active", "language": "en", "version": 1, "created_at": now},
        )
        values = {"account": made, "address": email, "canonical": email, "verified_at": now}
        await session.execute(insert(account_email), values)
    return made, email


def offered(email=None, theme="waste", lasts=SOON):
    return mandates.Offer(theme, datetime.now(UTC) + lasts, "Rosa Example", "Ben Example", email)


async def in_council(database, work, council="citytown"):
    async with database.writing(council) as session:
        return await work(session)


async def offer(database, principal, **given):
    return await in_council(
        database, lambda session: mandates.offer(session, "citytown", principal, offered(**given))
    )


async def accept(database, delegate, mandate_id):
    return await in_council(
        database, lambda session: mandates.accept(session, "citytown", delegate, mandate_id)
    )


async def may(database, actor, principal, theme="waste", council="citytown", **more):
    async with database.reading(council) as session:
        return await mandates.may_act(session, council, actor, principal, theme, **more)


async def held(database, **given):
    """Two people and a mandate from the first to the second."""
    principal, _ = await person(database)
    delegate, email = await person(database)
    row, _ = await offer(database, principal, email=email, **given)
    await accept(database, delegate, row.id)
    return principal, delegate, row.id


async def test_whoever_accepts_may_act_in_that_theme_alone(database):
    principal, delegate, mandate_id = await held(database)
    found = await may(database, delegate, principal)
    assert (found.id, found.principal, found.delegate) == (mandate_id, principal, delegate)
    assert found.claim == ids.show(mandate_id)
    assert await may(database, delegate, principal, "council-tax") is None
    assert await may(database, principal, delegate) is None


async def test_the_principal_may_be_named_by_the_subject_of_a_sector(database):
    principal, delegate, mandate_id = await held(database)
    found = await may(database, delegate, f"s{principal}", subject_of=lambda account: f"s{account}")
    assert found.id == mandate_id
    assert await may(database, delegate, f"x{principal}", subject_of=lambda account: f"s{account}") is None


async def test_a_mandate_holds_at_the_council_it_was_given_at(database):
    principal, delegate, _ = await held(database)
    assert await may(database, delegate, principal, council="hillshire") is None
    async with database.reading("hillshire") as session:  # a forgotten WHERE shows nothing either
        assert await mandates.may_act(session, "citytown", delegate, principal, "waste") is None


async def test_an_offer_alone_allows_nothing(database):
    principal, _ = await person(database)
    delegate, email = await person(database)
    await offer(database, principal, email=email)
    assert await may(database, delegate, principal) is None


async def test_there_are_no_chains(database):
    first, second, _ = await held(database)
    third, email = await person(database)
    row, _ = await offer(database, second, email=email)
    await accept(database, third, row.id)
    assert await may(database, third, second) is not None
    assert await may(database, third, first) is None


async def test_nobody_grants_himself_by_his_own_address(database):
    principal, email = await person(database)
    with pytest.raises(Problem) as refused:
        await offer(database, principal, email=f" {email.upper()}")
    assert refused.value.errors[0].code == "own-mandate"


async def test_nobody_grants_himself_by_a_code(database):
    principal, _ = await person(database)
    _, code = await offer(database, principal)
    with pytest.raises(Problem) as refused:
        await in_council(database, lambda s: mandates.accept_by_code(s, "citytown", principal, code))
    assert refused.value.code == "own-mandate"
    assert await may(database, principal, principal) is None


async def test_the_database_itself_refuses_a_mandate_for_oneself(database):
    made, _ = await person(database)
    now = datetime.now(UTC)
    values = {
        "council": "citytown", "id": ids.new(), "principal": made, "delegate": made, "theme": "waste",
        "status": "accepted", "version": 1, "offered_at": now, "offer_ends_at": now, "expires_at": now,
    }  # fmt: skip
    with pytest.raises(Exception, match="nobody_grants_himself"):
        await in_council(database, lambda session: session.execute(insert(mandate_table), values))


async def test_an_address_nobody_has_is_answered_like_one_somebody_has(database):
    principal, _ = await person(database)
    _, email = await person(database)
    rows = [(await offer(database, principal, email=one))[0] for one in (email, "nobody@example.invalid")]
    assert rows[0].status == rows[1].status == "offered"
    assert rows[0].delegate is rows[1].delegate is None


async def test_only_the_one_it_was_offered_to_finds_the_offer(database):
    principal, _ = await person(database)
    delegate, email = await person(database)
    stranger, _ = await person(database)
    row, _ = await offer(database, principal, email=email)

    async def sees(who):
        async with database.reading("citytown") as session:
            found = await mandates.page(session, "citytown", who, None, 50)
            return [one.id for one in found]

    assert await sees(principal) == await sees(delegate) == [row.id]
    assert await sees(stranger) == []
    for act in (mandates.accept, mandates.decline, mandates.revoke):
        with pytest.raises(Problem) as refused:
            await in_council(database, lambda session, act=act: act(session, "citytown", stranger, row.id))
        assert refused.value.status_code == 404


async def test_a_code_works_once_and_however_it_is_typed(database):
    principal, _ = await person(database)
    delegate, _ = await person(database)
    other, _ = await person(database)
    _, code = await offer(database, principal)
    typed = f" {code.upper().replace('0', 'O').replace('-', ' ')} "
    await in_council(database, lambda s: mandates.accept_by_code(s, "citytown", delegate, typed))
    assert await may(database, delegate, principal)
    for again in (code, "0000-0000-0000-0000", "", "x" * 60, "\x00"):
        with pytest.raises(Problem) as refused:
            await in_council(
                database, lambda s, again=again: mandates.accept_by_code(s, "citytown", other, again)
            )
        assert (refused.value.status_code, refused.value.code) == (404, "no-such-offer")


async def test_a_code_of_one_council_is_none_at_another(database):
    principal, _ = await person(database)
    delegate, _ = await person(database)
    _, code = await offer(database, principal)
    with pytest.raises(Problem):
        await in_council(
            database, lambda s: mandates.accept_by_code(s, "hillshire", delegate, code), "hillshire"
        )


async def test_of_many_who_accept_a_code_at_once_one_may_act(database):
    principal, _ = await person(database)
    people = [(await person(database))[0] for _ in range(4)]
    _, code = await offer(database, principal)
    tried = await asyncio.gather(
        *(
            in_council(database, lambda s, who=who: mandates.accept_by_code(s, "citytown", who, code))
            for who in people
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(one, Problem) for one in tried) == 1
    assert sum([bool(await may(database, who, principal)) for who in people]) == 1


async def test_accepting_and_revoking_at_once_ends_revoked_or_accepted_and_never_both(database):
    for _ in range(5):
        principal, _ = await person(database)
        delegate, email = await person(database)
        row, _ = await offer(database, principal, email=email)
        await asyncio.gather(
            accept(database, delegate, row.id),
            in_council(database, lambda s, p=principal, m=row.id: mandates.revoke(s, "citytown", p, m)),
            return_exceptions=True,
        )
        assert await may(database, delegate, principal) is None


@pytest.mark.parametrize("side", [0, 1])
async def test_either_side_revokes_at_once_and_the_mandates_tokens_are_refused(database, side):
    *sides, mandate_id = await held(database)
    for _ in range(2):
        await in_council(database, lambda s: mandates.revoke(s, "citytown", sides[side], mandate_id))
    assert await may(database, sides[1], sides[0]) is None
    events = [event for event in await published(database) if event.subject == ids.show(mandate_id)]
    assert [event.type for event in events] == [
        "identity.mandate.accepted.v1",
        "identity.token.revoked.v1",
        "identity.mandate.revoked.v1",
    ]
    assert events[1].data["id"] == ids.show(mandate_id)
    assert events[0].sequence < events[2].sequence
    async with database.reading("citytown") as session:
        refused = await session.scalar(
            text("SELECT expires_at FROM revoked_token WHERE id = :id"), {"id": ids.show(mandate_id)}
        )
    assert refused > datetime.now(UTC) + timedelta(seconds=600)


async def test_events_carry_ids_and_nothing_personal(database):
    _, _, mandate_id = await held(database)
    [event] = [event for event in await published(database) if event.subject == ids.show(mandate_id)]
    assert set(event.data) == {"mandate", "principal", "delegate", "theme", "expires_at"}
    assert "example" not in event.model_dump_json().lower()


async def test_a_mandate_ends_by_time(database):
    principal, delegate, mandate_id = await held(database)
    past = {"id": mandate_id, "at": datetime.now(UTC) - timedelta(seconds=1)}
    await in_council(
        database, lambda s: s.execute(text("UPDATE mandate SET expires_at = :at WHERE id = :id"), past)
    )
    assert await may(database, delegate, principal) is None


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(days=-1), timedelta(days=800)])
async def test_a_mandate_lasts_into_the_future_and_two_years_at_most(database, lasts):
    principal, _ = await person(database)
    with pytest.raises(Problem) as refused:
        await offer(database, principal, lasts=lasts)
    assert refused.value.errors[0].field == "body.expires_at"


async def test_an_unknown_theme_is_named_with_those_there_are(database):
    principal, _ = await person(database)
    with pytest.raises(Problem) as refused:
        await offer(database, principal, theme="everything")
    assert "council-tax" in refused.value.errors[0].message


async def test_a_person_gives_twenty_at_most_also_when_all_are_asked_for_at_once(database):
    principal, _ = await person(database)
    for _ in range(mandate_rules.MOST - 2):
        await offer(database, principal)
    tried = await asyncio.gather(*(offer(database, principal) for _ in range(5)), return_exceptions=True)
    assert sum(not isinstance(one, Problem) for one in tried) == 2
    assert {one.code for one in tried if isinstance(one, Problem)} == {"too-many-mandates"}


async def test_the_same_mandate_is_not_held_twice(database):
    principal, delegate, _ = await held(database)
    _, code = await offer(database, principal)
    with pytest.raises(Problem) as refused:
        await in_council(database, lambda s: mandates.accept_by_code(s, "citytown", delegate, code))
    assert refused.value.code == "already-holds"


@pytest.mark.parametrize("side", [0, 1])
async def test_a_closed_account_neither_acts_nor_is_acted_for(database, side):
    *sides, _ = await held(database)
    async with database.writing() as session:
        closing = text("UPDATE account SET status = 'closed' WHERE id = :id")
        await session.execute(closing, {"id": sides[side]})
    assert await may(database, sides[1], sides[0]) is None


@pytest.mark.parametrize("side", [0, 1])
async def test_closing_an_account_ends_its_mandates_and_forgets_the_names(database, side):
    *sides, mandate_id = await held(database)
    async with database.writing() as session:
        await mandates.close(session, sides[side])
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT status FROM mandate WHERE id = :id"), {"id": mandate_id})
        left = await session.all(text("SELECT 1 FROM mandate_offer WHERE mandate = :id"), {"id": mandate_id})
    assert (row.status, left) == ("revoked", [])


URL = "/citytown/identity/v1/mandates"


async def own_headers(database, mint, who, *, actor=None):
    """The headers of a service of the council that the person has signed in to."""
    now, token_id = datetime.now(UTC), ids.new()
    party = {
        "council": "citytown", "id": ids.new(), "name": ids.show(ids.new()), "mode": "live", "scopes": [],
        "secret_hash": b"x", "generation": 1, "created_by": "test", "created_at": now,
    }  # fmt: skip
    grant = {
        "council": "citytown", "id": ids.new(), "client": party["id"], "account": who, "session": ids.new(),
        "actor": actor, "scopes": [], "request": {}, "created_at": now,
    }  # fmt: skip
    token = {"council": "citytown", "id": token_id, "grant_id": grant["id"], "expires_at": now + SOON}
    async with database.writing("citytown") as session:
        for table, values in (
            (client_table, party), (token_grant, grant), (access_token, token)
        ):  # fmt: skip
            await session.execute(insert(table), values)
    made = mint(scopes=["identity:mandates"], jti=ids.show(token_id), sub=f"subject-{who}")
    return {"Authorization": f"Bearer {made}"}


def body(**other):
    ends = (datetime.now(UTC) + SOON).isoformat()
    given = {"theme": "waste", "expires_at": ends, "my_name": "Rosa Example", "their_name": "Ben Example"}
    return given | other


@pytest.fixture
async def two(database, mint):
    """Two people: the account, address and headers of each."""
    people = [await person(database) for _ in range(2)]
    return [(*one, await own_headers(database, mint, one[0])) for one in people]


async def test_people_give_take_up_and_end_a_mandate_themselves(client, database, two):
    (principal, _, giving), (delegate, email, taking) = two
    made = await client.post(URL, json=body(email=email.upper()), headers=giving)
    assert (made.status_code, made.json()["code"], made.json()["status"]) == (201, None, "offered")
    [offered] = (await client.get(URL, headers=taking)).json()["items"]
    assert (offered["side"], offered["principal_name"]) == ("delegate", "Rosa Example")
    url = f"{URL}/{offered['id']}"
    accepted = await client.post(f"{url}/accept", headers=taking)
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    assert (await client.post(f"{url}/accept", headers=taking)).json()["code"] == "offer-over"
    assert await may(database, delegate, principal)
    assert (await client.delete(url, headers=taking)).status_code == 204
    assert await may(database, delegate, principal) is None
    [ended] = (await client.get(URL, headers=giving)).json()["items"]
    assert (ended["side"], ended["status"]) == ("principal", "revoked")


async def test_an_offer_is_declined(client, database, two):
    (principal, _, giving), (delegate, email, taking) = two
    made = (await client.post(URL, json=body(email=email), headers=giving)).json()
    declined = await client.post(f"{URL}/{made['id']}/decline", headers=taking)
    assert declined.json()["status"] == "declined"
    assert (await client.post(f"{URL}/{made['id']}/accept", headers=taking)).status_code == 409
    assert await may(database, delegate, principal) is None


async def test_an_offer_is_taken_up_by_its_code(client, database, two):
    (principal, _, giving), (delegate, _, taking) = two
    code = (await client.post(URL, json=body(), headers=giving)).json()["code"]
    assert code not in (await client.get(URL, headers=giving)).text
    assert (await client.post(f"{URL}/accept", json={"code": code}, headers=giving)).status_code == 409
    assert (await client.post(f"{URL}/accept", json={"code": code}, headers=taking)).status_code == 200
    assert await may(database, delegate, principal)


@pytest.mark.parametrize("by_email", [True, False])
async def test_a_repeated_offer_is_one_offer_with_the_same_code(client, two, by_email):
    (_, _, giving), (_, email, _) = two
    asked = {"json": body(email=email if by_email else None), "headers": {**giving, "Idempotency-Key": "k"}}
    first, second = [await client.post(URL, **asked) for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert (first.json()["code"] is None) == by_email
    assert len((await client.get(URL, headers=giving)).json()["items"]) == 1


async def test_names_and_addresses_are_forgotten_when_it_has_long_been_over(database):
    *_, old = await held(database)
    *_, new = await held(database)
    async with database.writing("citytown") as session:
        past = text("UPDATE mandate SET expires_at = now() - interval '91 days' WHERE id = :id")
        await session.execute(past, {"id": old})
        await mandates.sweep(session)
    async with database.reading("citytown") as session:
        rows = await session.all(text("SELECT mandate FROM mandate_offer"))
    assert old not in {row.mandate for row in rows}
    assert new in {row.mandate for row in rows}


async def test_the_answer_does_not_tell_whether_an_address_is_anybodys(client, two):
    (_, _, giving), (_, email, _) = two
    answers = [
        await client.post(URL, json=body(email=one), headers=giving)
        for one in (email, "nobody@example.invalid")
    ]
    first, second = (
        {k: v for k, v in answer.json().items() if k not in {"id", "offered_at", "expires_at"}}
        for answer in answers
    )
    assert first == second
    assert answers[0].headers.keys() == answers[1].headers.keys()


async def test_a_delegates_token_is_refused_within_a_second_of_the_revocation(client, two, mint):
    (_, _, giving), (_, email, taking) = two
    made = (await client.post(URL, json=body(email=email), headers=giving)).json()
    await client.post(f"{URL}/{made['id']}/accept", headers=taking)
    read = "/citytown/identity/v1/council"
    acting = mint(scopes=["identity:read"], mandate=made["id"], act={"sub": "the delegate"}, theme="waste")
    headers = {"Authorization": f"Bearer {acting}"}
    assert (await client.get(read, headers=headers)).json()["code"] == "not-for-delegates"
    await client.delete(f"{URL}/{made['id']}", headers=giving)

    async def refused():
        answer = await client.get(read, headers=headers)
        return (answer.status_code, answer.json().get("code")) == (401, "revoked-credential")

    assert await eventually(refused, within=1)


async def test_whoever_acts_for_a_person_gives_no_mandate_in_his_name(client, database, two, mint):
    (principal, _, giving), (delegate, email, taking) = two
    made = (await client.post(URL, json=body(email=email), headers=giving)).json()
    await client.post(f"{URL}/{made['id']}/accept", headers=taking)
    by_grant = await own_headers(database, mint, principal, actor=delegate)
    by_claim = {"Authorization": f"Bearer {mint(scopes=['identity:mandates'], mandate=made['id'])}"}
    for headers, said in ((by_grant, "person-needed"), (by_claim, "not-for-delegates")):
        answer = await client.post(URL, json=body(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, said)


async def own_token(app, database, service, asked="openid identity:mandates"):
    """Somebody who has signed in at a service: account, subject there, access token, headers with it."""
    browser, who = provider.browser_of(app), await provider.person(database)
    await provider.sign_in(database, browser, who)
    tokens = await service.tokens(browser, scope=asked)
    assert tokens["scope"] == "identity:mandates openid"  # everybody's own, but of no role
    claims = await provider.claims_of(browser, tokens["access_token"])
    await browser.aclose()
    return who, claims["sub"], tokens["access_token"], {"Authorization": f"Bearer {tokens['access_token']}"}


@pytest.fixture
async def shop(database, client):
    """A service of the council at which people see to their mandates."""
    return await provider.register(
        database,
        scopes=["identity:mandates", "identity:staff"],
        person_scopes=["openid", "identity:mandates", "identity:staff"],
    )


async def exchanged(client, shop, principal, token, theme="waste"):
    """The answer to a service that asks for a token with which one person acts for another."""
    form = {
        "grant_type": token_requests.TOKEN_EXCHANGE,
        "subject_token": principal,
        "subject_token_type": token_requests.SUBJECT_TYPE,
        "actor_token": token,
        "actor_token_type": token_requests.ACCESS_TOKEN_TYPE,
        "theme": theme,
    }
    return await client.post("/identity/token", data={**form, **shop.credentials})


async def test_from_an_offer_to_a_token_that_acts_and_is_refused_when_it_ends(app, client, database, shop):
    asked = "openid identity:mandates identity:staff"
    _, subject, _, giving = await own_token(app, database, shop, asked)
    _, acting_as, token, taking = await own_token(app, database, shop)
    assert (await exchanged(client, shop, subject, token)).json()["error"] == "invalid_grant"
    code = (await client.post(URL, json=body(), headers=giving)).json()["code"]
    held_ = (await client.post(f"{URL}/accept", json={"code": code}, headers=taking)).json()
    assert held_["principal"] == subject
    assert (await client.get(URL, headers=giving)).json()["items"][0]["principal"] is None
    answer = await exchanged(client, shop, subject, token)
    assert answer.status_code == 200, answer.text
    claims = await provider.claims_of(client, answer.json()["access_token"])
    assert (claims["sub"], claims["act"]["sub"]) == (subject, acting_as)
    assert (claims["mandate"], claims["theme"]) == (held_["id"], "waste")
    other_theme = await exchanged(client, shop, subject, token, "council-tax")
    assert other_theme.json()["error"] == "invalid_grant"

    async def told():
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return (await client.get(URL, headers=headers)).json()["code"]

    assert await told() == "not-for-delegates"
    await client.delete(f"{URL}/{held_['id']}", headers=giving)

    async def refused():
        return await told() == "revoked-credential"

    assert await eventually(refused, within=1)
    assert (await exchanged(client, shop, subject, token)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "other",
    [
        {"theme": "everything"},
        {"theme": "x" * 41},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2999-01-01T00:00:00Z"},
        {"expires_at": "2027-01-01T00:00:00"},
        {"my_name": ""},
        {"my_name": "x\x00"},
        {"their_name": "x" * 201},
        {"email": "nobody"},
        {"email": "a@b\n.example"},
        {"email": "x" * 255 + "@example.org"},
        {"principal": "somebody else"},
    ],
    ids=lambda value: str(value)[:40],
)
async def test_an_offer_that_cannot_be_is_refused(client, two, other):
    answer = await client.post(URL, json=body(**other), headers=two[0][2])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")


async def test_another_councils_mandates_are_not_there(client, two, mint):
    (_, _, giving), (_, email, _) = two
    made = (await client.post(URL, json=body(email=email), headers=giving)).json()
    theirs = {"Authorization": f"Bearer {mint(scopes=['identity:mandates'], councils=['hillshire'])}"}
    there = URL.replace("citytown", "hillshire")
    assert (await client.get(there, headers=theirs)).status_code == 403
    assert (await client.get(there, headers=giving)).json()["code"] == "wrong-council"
    assert (await client.delete(f"{there}/{made['id']}", headers=giving)).status_code == 403


class Life(RuleBasedStateMachine):
    """Whatever order things happen in, only an accepted, unended, unexpired mandate lets anybody act."""

    def __init__(self):
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.principal, self.delegate = ids.new(), ids.new()
        self.mandate = mandate_rules.offer(self.principal, "waste", self.now + SOON, self.now)
        self.accepted = self.ended = False

    def tried(self, step, *given):
        before = self.mandate
        try:
            self.mandate = step(before, *given, self.now)
        except mandate_rules.RefusedError:
            assert self.mandate is before
            return False
        return self.mandate is not before

    @rule(days=st.integers(min_value=1, max_value=20))
    def wait(self, days):
        self.now += timedelta(days=days)

    @rule(own=st.booleans())
    def accept(self, own):
        who = self.principal if own else self.delegate
        if self.tried(mandate_rules.accept, who):
            assert not own
            assert not self.ended
            self.accepted = True

    @rule()
    def decline(self):
        if self.tried(mandate_rules.decline):
            assert not self.accepted
            self.ended = True

    @rule(side=st.sampled_from(["principal", "delegate"]))
    def revoke(self, side):
        if self.tried(mandate_rules.revoke, side):
            self.ended = True
            assert self.mandate.ended_by == side

    @precondition(lambda self: self.ended)
    @rule()
    def nothing_comes_back(self):
        assert mandate_rules.revoke(self.mandate, "principal", self.now) is self.mandate
        with pytest.raises(mandate_rules.RefusedError):
            mandate_rules.accept(self.mandate, self.delegate, self.now)

    @invariant()
    def only_what_was_accepted_holds(self):
        allowed = self.accepted and not self.ended and self.now < self.mandate.expires_at
        assert mandate_rules.holds(self.mandate, self.now) == allowed
        assert self.mandate.delegate in (None, self.delegate)
        given = dataclasses.astuple(self.mandate)
        assert given[0] == self.principal


TestLife = Life.TestCase
