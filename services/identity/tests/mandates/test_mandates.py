import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text

from chassis import ids
from chassis.problems import Problem
from chassis.testing import eventually, published
from identity.accounts.tables import account, account_email
from identity.clients.tables import client as client_table
from identity.grants.tables import access_token, token_grant
from identity.mandates.actions import mandates, offers
from identity.mandates.rules import mandates as mandate_rules
from identity.mandates.tables import mandate as mandate_table
from identity.mandates.tables import mandate_offer
from identity.shared.oauth import token_requests
from services.identity.tests import mandate_steps, provider

SOON = timedelta(days=30)


async def make_person(database, email=None):
    """Create an account with a verified address: its id and the address."""
    account_id, now = ids.new(), datetime.now(UTC)
    email = email or f"{ids.show(account_id)}@example.invalid"
    async with database.writing() as session:
        await session.execute(
            insert(account),
            {"id": account_id, "status": "active", "language": "en", "version": 1, "created_at": now},
        )
        values = {"account": account_id, "address": email, "canonical": email, "verified_at": now}
        await session.execute(insert(account_email), values)
    return account_id, email


async def run_in_council(database, work, council="citytown"):
    async with database.writing(council) as session:
        return await work(session)


async def make_offer(database, principal, **options):
    """Make an offer that its principal has confirmed: its row and the code."""
    row, code = await mandate_steps.offer(database, principal, **options)
    return await mandate_steps.confirm(database, principal, row.id), code


accept_offer = mandate_steps.accept


async def accept_code(database, delegate, code):
    """Enter a code and accept the offer."""
    row = await mandate_steps.enter_code(database, delegate, code)
    return await accept_offer(database, delegate, row.id)


async def find_mandate(database, actor, principal, theme="waste", council="citytown", mode="live", **more):
    async with database.reading(council) as session:
        return await mandates.find_mandate(session, council, mode, actor, principal, theme, **more)


async def make_mandate(database, **options):
    """Create two people and a mandate: principal, delegate and the mandate's id."""
    principal, _ = await make_person(database)
    delegate, email = await make_person(database)
    row, _ = await make_offer(database, principal, email=email, **options)
    await accept_offer(database, delegate, row.id)
    return principal, delegate, row.id


async def test_whoever_accepts_may_act_in_that_theme_alone(database):
    principal, delegate, mandate_id = await make_mandate(database)
    mandate = await find_mandate(database, delegate, principal)
    assert (mandate.id, mandate.principal, mandate.delegate) == (mandate_id, principal, delegate)
    assert mandate.claim == ids.show(mandate_id)
    assert await find_mandate(database, delegate, principal, "council-tax") is None
    assert await find_mandate(database, principal, delegate) is None


async def test_the_principal_may_be_named_by_the_subject_of_a_sector(database):
    principal, delegate, mandate_id = await make_mandate(database)
    mandate = await find_mandate(
        database, delegate, f"s{principal}", subject_of=lambda account: f"s{account}"
    )
    assert mandate.id == mandate_id
    assert (
        await find_mandate(database, delegate, f"x{principal}", subject_of=lambda account: f"s{account}")
        is None
    )


async def test_a_mandate_holds_at_the_council_it_was_given_at(database):
    principal, delegate, _ = await make_mandate(database)
    assert await find_mandate(database, delegate, principal, council="hillshire") is None
    async with database.reading("hillshire") as session:  # a forgotten WHERE shows nothing either
        assert await mandates.find_mandate(session, "citytown", "live", delegate, principal, "waste") is None


async def test_an_offer_alone_allows_nothing(database):
    principal, _ = await make_person(database)
    delegate, email = await make_person(database)
    await make_offer(database, principal, email=email)
    assert await find_mandate(database, delegate, principal) is None


async def test_there_are_no_chains(database):
    first, second, _ = await make_mandate(database)
    third, email = await make_person(database)
    row, _ = await make_offer(database, second, email=email)
    await accept_offer(database, third, row.id)
    assert await find_mandate(database, third, second) is not None
    assert await find_mandate(database, third, first) is None


async def test_nobody_is_their_own_delegate_by_their_own_address(database):
    principal, email = await make_person(database)
    with pytest.raises(Problem) as refused:
        await make_offer(database, principal, email=f" {email.upper()}")
    assert refused.value.errors[0].code == "own-mandate"


async def test_nobody_is_their_own_delegate_by_a_code(database):
    principal, _ = await make_person(database)
    _, code = await make_offer(database, principal)
    with pytest.raises(Problem) as refused:
        await accept_code(database, principal, code)
    assert refused.value.code == "own-mandate"
    assert await find_mandate(database, principal, principal) is None


async def test_the_database_itself_refuses_a_mandate_for_oneself(database):
    account_id, _ = await make_person(database)
    now = datetime.now(UTC)
    values = {
        "council": "citytown", "id": ids.new(), "principal": account_id, "delegate": account_id,
        "theme": "waste", "status": "accepted", "version": 1, "offered_at": now, "offer_ends_at": now,
        "expires_at": now,
    }  # fmt: skip
    with pytest.raises(Exception, match="nobody_grants_himself"):
        await run_in_council(database, lambda session: session.execute(insert(mandate_table), values))


async def test_an_address_nobody_has_is_answered_like_one_somebody_has(database):
    principal, _ = await make_person(database)
    _, email = await make_person(database)
    rows = [
        (await make_offer(database, principal, email=address))[0]
        for address in (email, "nobody@example.invalid")
    ]
    assert rows[0].status == rows[1].status == "offered"
    assert rows[0].delegate is rows[1].delegate is None


async def test_only_the_one_it_was_offered_to_finds_the_offer(database):
    principal, _ = await make_person(database)
    delegate, email = await make_person(database)
    stranger, _ = await make_person(database)
    row, _ = await make_offer(database, principal, email=email)

    async def sees(account_id):
        async with database.reading("citytown") as session:
            rows = await mandates.list_mandates(session, "citytown", "live", account_id, None, 50)
            return [row.id for row in rows]

    assert await sees(principal) == await sees(delegate) == [row.id]
    assert await sees(stranger) == []
    for action in (
        accept_offer(database, stranger, row.id),
        run_in_council(database, lambda s: offers.get_offer(s, "citytown", "live", stranger, row.id)),
        run_in_council(database, lambda s: mandates.revoke_mandate(s, "citytown", stranger, row.id)),
    ):
        with pytest.raises(Problem) as refused:
            await action
        assert refused.value.status_code == 404


async def test_a_code_works_once_and_however_it_is_typed(database):
    principal, _ = await make_person(database)
    delegate, _ = await make_person(database)
    other, _ = await make_person(database)
    _, code = await make_offer(database, principal)
    typed = f" {code.upper().replace('0', 'O').replace('-', ' ')} "
    await accept_code(database, delegate, typed)
    assert await find_mandate(database, delegate, principal)
    for again in (code, "0000-0000-0000-0000", "", "x" * 60, "\x00"):
        with pytest.raises(Problem) as refused:
            await accept_code(database, other, again)
        assert (refused.value.status_code, refused.value.code) == (404, "no-such-offer")


async def test_a_code_of_one_council_is_none_at_another(database):
    principal, _ = await make_person(database)
    delegate, _ = await make_person(database)
    _, code = await make_offer(database, principal)
    with pytest.raises(Problem):
        await run_in_council(
            database, lambda s: offers.claim_by_code(s, delegate, code, "hillshire", "live"), "hillshire"
        )


async def test_of_many_who_accept_a_code_at_once_one_may_act(database):
    principal, _ = await make_person(database)
    people = [(await make_person(database))[0] for _ in range(4)]
    _, code = await make_offer(database, principal)
    results = await asyncio.gather(
        *(accept_code(database, account_id, code) for account_id in people),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, Problem) for result in results) == 1
    assert sum([bool(await find_mandate(database, account_id, principal)) for account_id in people]) == 1


async def test_accepting_and_revoking_at_once_ends_revoked_or_accepted_and_never_both(database):
    for _ in range(5):
        principal, _ = await make_person(database)
        delegate, email = await make_person(database)
        row, _ = await make_offer(database, principal, email=email)
        await asyncio.gather(
            accept_offer(database, delegate, row.id),
            run_in_council(
                database, lambda s, p=principal, m=row.id: mandates.revoke_mandate(s, "citytown", p, m)
            ),
            return_exceptions=True,
        )
        assert await find_mandate(database, delegate, principal) is None


async def test_confirming_and_refusing_at_once_ends_confirmed_or_refused_and_never_both(database):
    for _ in range(5):
        principal, _ = await make_person(database)
        delegate, email = await make_person(database)
        row, _ = await mandate_steps.offer(database, principal, email=email)

        async def refuse(principal=principal, mandate_id=row.id):
            async with database.writing() as session:
                await offers.end_own(session, principal, mandate_id)

        confirmed, refused = await asyncio.gather(
            mandate_steps.confirm(database, principal, row.id), refuse(), return_exceptions=True
        )
        assert refused is None
        with pytest.raises(Problem):  # in either order the refusal holds
            await accept_offer(database, delegate, row.id)
        if isinstance(confirmed, Problem):
            assert confirmed.code == "offer-over"


@pytest.mark.parametrize("side", [0, 1])
async def test_either_side_revokes_at_once_and_the_mandates_tokens_are_refused(database, side):
    *sides, mandate_id = await make_mandate(database)
    for _ in range(2):
        await run_in_council(
            database, lambda s: mandates.revoke_mandate(s, "citytown", sides[side], mandate_id)
        )
    assert await find_mandate(database, sides[1], sides[0]) is None
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
    _, _, mandate_id = await make_mandate(database)
    [event] = [event for event in await published(database) if event.subject == ids.show(mandate_id)]
    assert set(event.data) == {"mandate", "principal", "delegate", "theme", "expires_at"}
    assert "example" not in event.model_dump_json().lower()


async def test_a_mandate_ends_by_time(database):
    principal, delegate, mandate_id = await make_mandate(database)
    past = {"id": mandate_id, "at": datetime.now(UTC) - timedelta(seconds=1)}
    await run_in_council(
        database, lambda s: s.execute(text("UPDATE mandate SET expires_at = :at WHERE id = :id"), past)
    )
    assert await find_mandate(database, delegate, principal) is None


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(days=-1), timedelta(days=800)])
async def test_a_mandate_lasts_into_the_future_and_two_years_at_most(database, lasts):
    principal, _ = await make_person(database)
    with pytest.raises(Problem) as refused:
        await make_offer(database, principal, ends=datetime.now(UTC) + lasts)
    assert refused.value.errors[0].field == "body.expires_at"


async def test_an_unknown_theme_is_named_with_those_there_are(database):
    principal, _ = await make_person(database)
    with pytest.raises(Problem) as refused:
        await make_offer(database, principal, theme="everything")
    assert "council-tax" in refused.value.errors[0].message


async def test_a_person_gives_twenty_at_most_also_when_all_are_asked_for_at_once(database):
    principal, _ = await make_person(database)
    for _ in range(mandate_rules.MAX_MANDATES - 2):
        await make_offer(database, principal)
    results = await asyncio.gather(
        *(make_offer(database, principal) for _ in range(5)), return_exceptions=True
    )
    assert sum(not isinstance(result, Problem) for result in results) == 2
    assert {result.code for result in results if isinstance(result, Problem)} == {"too-many-mandates"}


async def test_the_same_mandate_is_not_held_twice(database):
    principal, delegate, _ = await make_mandate(database)
    _, code = await make_offer(database, principal)
    with pytest.raises(Problem) as refused:
        await accept_code(database, delegate, code)
    assert refused.value.code == "already-holds"


@pytest.mark.parametrize("side", [0, 1])
async def test_a_closed_account_neither_acts_nor_is_acted_for(database, side):
    *sides, _ = await make_mandate(database)
    async with database.writing() as session:
        closing = text("UPDATE account SET status = 'closed' WHERE id = :id")
        await session.execute(closing, {"id": sides[side]})
    assert await find_mandate(database, sides[1], sides[0]) is None


@pytest.mark.parametrize("side", [0, 1])
async def test_closing_an_account_ends_its_mandates_and_erases_the_names(database, side):
    *sides, mandate_id = await make_mandate(database)
    async with database.writing() as session:
        await mandates.close_account(session, sides[side])
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT status FROM mandate WHERE id = :id"), {"id": mandate_id})
        offers_ = await session.all(
            text("SELECT 1 FROM mandate_offer WHERE mandate = :id"), {"id": mandate_id}
        )
    assert (row.status, offers_) == ("revoked", [])


async def insert_as_before(database, principal, status, delegate=None, email=None):
    """Insert a mandate as the version before 0020 does, which knows none of the new columns: its id."""
    mandate_id, now = ids.new(), datetime.now(UTC)
    columns = (
        "council, id, principal, delegate, theme, status, version, offered_at, offer_ends_at, expires_at"
    )
    values = {"id": mandate_id, "principal": principal, "delegate": delegate, "status": status, "now": now}
    async with database.writing("citytown") as session:
        await session.execute(
            text(
                f"INSERT INTO mandate ({columns}) VALUES ('citytown', :id, :principal, :delegate, 'benefits',"
                " :status, 1, :now, :offer_ends, :ends)"
            ),
            {**values, "offer_ends": now + timedelta(days=14), "ends": now + SOON},
        )
        offer = {"council": "citytown", "mandate": mandate_id, "email": email}
        names = {"principal_name": "Rosa Example", "delegate_name": "Ben Example"}
        await session.execute(mandate_offer.insert(), {**offer, **names})
    return mandate_id


async def test_a_mandate_accepted_before_people_confirmed_them_goes_on(database):
    principal, _ = await make_person(database)
    delegate, _ = await make_person(database)
    mandate_id = await insert_as_before(database, principal, "accepted", delegate)
    mandate = await find_mandate(database, delegate, principal, "benefits")
    assert (mandate.id, mandate.minimum_level) == (mandate_id, "Cl")


async def test_an_offer_from_before_waits_for_its_principal(database):
    principal, _ = await make_person(database)
    delegate, email = await make_person(database)
    mandate_id = await insert_as_before(database, principal, "offered", email=email)
    with pytest.raises(Problem) as refused:
        await accept_offer(database, delegate, mandate_id)
    assert refused.value.status_code == 404
    row = await mandate_steps.confirm(database, principal, mandate_id)
    assert row.minimum_level == "P2.Cl.Cm"
    assert (await accept_offer(database, delegate, mandate_id)).status == "accepted"


URL = "/citytown/identity/v1/mandates"


async def headers_of(database, mint, account_id, *, actor=None, mode="live"):
    """The headers of a service of the council that the person has signed in to."""
    now, token_id = datetime.now(UTC), ids.new()
    party = {
        "council": "citytown", "id": ids.new(), "name": ids.show(ids.new()), "mode": "live", "scopes": [],
        "secret_hash": b"x", "generation": 1, "created_by": "test", "created_at": now,
    }  # fmt: skip
    grant = {
        "council": "citytown", "id": ids.new(), "client": party["id"], "account": account_id,
        "session": ids.new(), "actor": actor, "scopes": [], "request": {}, "created_at": now,
    }  # fmt: skip
    token_row = {"council": "citytown", "id": token_id, "grant_id": grant["id"], "expires_at": now + SOON}
    async with database.writing("citytown") as session:
        for table, values in (
            (client_table, party), (token_grant, grant), (access_token, token_row)
        ):  # fmt: skip
            await session.execute(insert(table), values)
    token = mint(scopes=["identity:mandates"], jti=ids.show(token_id), sub=f"subject-{account_id}", mode=mode)
    return {"Authorization": f"Bearer {token}"}


def offer_body(**overrides):
    ends = (datetime.now(UTC) + SOON).isoformat()
    fields = {"theme": "waste", "expires_at": ends, "my_name": "Rosa Example", "their_name": "Ben Example"}
    return fields | overrides


@pytest.fixture
async def two_people(database, mint):
    """Two people: the account, address and headers of each."""
    people = [await make_person(database) for _ in range(2)]
    return [
        (*account_and_email, await headers_of(database, mint, account_and_email[0]))
        for account_and_email in people
    ]


async def offer_by_api(client, database, principal, headers, **fields):
    """Offer as a service, and confirm as the principal: the answer to the offer."""
    offered = (await client.post(URL, json=offer_body(**fields), headers=headers)).json()
    await mandate_steps.confirm(database, principal, ids.read(offered["id"]))
    return offered


async def test_a_service_alone_makes_nobody_a_delegate(client, database, two_people, sent_messages):
    (principal, _, principal_headers), (delegate, email, delegate_headers) = two_people
    response = await client.post(URL, json=offer_body(email=email.upper()), headers=principal_headers)
    offered = response.json()
    assert (response.status_code, offered["code"], offered["status"]) == (201, None, "offered")
    assert offered["confirmed_at"] is None
    url = f"{URL}/{offered['id']}"
    assert offered["confirm_url"].endswith(f"/identity/account/mandates/{offered['id']}")
    for headers in (principal_headers, delegate_headers):  # neither side's token confirms or accepts it
        assert (await client.post(f"{url}/accept", headers=headers)).status_code == 404
        assert (await client.post(f"{url}/decline", headers=headers)).status_code == 404
        assert (await client.post(f"{url}/confirm", headers=headers)).status_code in {404, 405}
    assert (await client.get(URL, headers=delegate_headers)).json()["items"] == []
    assert await sent_messages(email) == []
    await mandate_steps.confirm(database, principal, ids.read(offered["id"]))
    accepted = await client.post(f"{url}/accept", headers=delegate_headers)
    assert (accepted.status_code, accepted.json()["status"]) == (200, "offered")
    assert accepted.json()["confirm_url"] == offered["confirm_url"]
    assert await find_mandate(database, delegate, principal) is None


async def test_people_give_take_up_and_end_a_mandate_themselves(client, database, two_people):
    (principal, _, principal_headers), (delegate, email, delegate_headers) = two_people
    await offer_by_api(client, database, principal, principal_headers, email=email.upper())
    [offered] = (await client.get(URL, headers=delegate_headers)).json()["items"]
    assert (offered["side"], offered["principal_name"]) == ("delegate", "Rosa Example")
    url = f"{URL}/{offered['id']}"
    await accept_offer(database, delegate, ids.read(offered["id"]))
    assert (await client.post(f"{url}/accept", headers=delegate_headers)).json()["code"] == "offer-over"
    assert await find_mandate(database, delegate, principal)
    [mandate] = (await client.get(URL, headers=delegate_headers)).json()["items"]
    assert (mandate["status"], mandate["confirm_url"]) == ("accepted", None)
    assert (await client.delete(url, headers=delegate_headers)).status_code == 204
    assert await find_mandate(database, delegate, principal) is None
    [ended] = (await client.get(URL, headers=principal_headers)).json()["items"]
    assert (ended["side"], ended["status"]) == ("principal", "revoked")


async def test_an_offer_is_declined(client, database, two_people):
    (principal, _, principal_headers), (delegate, email, delegate_headers) = two_people
    mandate = await offer_by_api(client, database, principal, principal_headers, email=email)
    declined = await client.post(f"{URL}/{mandate['id']}/decline", headers=delegate_headers)
    assert declined.json()["status"] == "declined"
    assert (await client.post(f"{URL}/{mandate['id']}/accept", headers=delegate_headers)).status_code == 409
    with pytest.raises(Problem):
        await accept_offer(database, delegate, ids.read(mandate["id"]))
    assert await find_mandate(database, delegate, principal) is None


async def test_a_code_works_once_the_principal_has_confirmed_and_leads_to_the_page(
    client, database, two_people
):
    (principal, _, principal_headers), (delegate, _, delegate_headers) = two_people
    offered = (await client.post(URL, json=offer_body(), headers=principal_headers)).json()
    code = {"json": {"code": offered["code"]}}
    assert offered["code"] not in (await client.get(URL, headers=principal_headers)).text
    early = await client.post(f"{URL}/accept", **code, headers=delegate_headers)
    assert (early.status_code, early.json()["code"]) == (404, "no-such-offer")
    await mandate_steps.confirm(database, principal, ids.read(offered["id"]))
    by_principal = await client.post(f"{URL}/accept", **code, headers=principal_headers)
    assert (by_principal.status_code, by_principal.json()["code"]) == (409, "own-mandate")
    entered = await client.post(f"{URL}/accept", **code, headers=delegate_headers)
    assert (entered.status_code, entered.json()["status"]) == (200, "offered")
    assert entered.json()["confirm_url"].endswith(offered["id"])
    assert await find_mandate(database, delegate, principal) is None
    again = await client.post(f"{URL}/accept", **code, headers=delegate_headers)
    assert again.status_code == 404
    await accept_offer(database, delegate, ids.read(offered["id"]))
    assert await find_mandate(database, delegate, principal)


async def test_what_is_offered_in_the_sandbox_counts_there_alone(client, database, two_people, mint):
    (principal, _, live), (delegate, email, live_delegate) = two_people
    sandbox, sandbox_delegate = [
        await headers_of(database, mint, account_id, mode="sandbox") for account_id in (principal, delegate)
    ]
    offered = await offer_by_api(client, database, principal, sandbox, email=email)
    url = f"{URL}/{offered['id']}"
    assert (await client.get(URL, headers=live)).json()["items"] == []
    assert (await client.delete(url, headers=live)).status_code == 404
    for action in ("accept", "decline"):
        assert (await client.post(f"{url}/{action}", headers=live_delegate)).status_code == 404
    assert (await client.post(f"{url}/accept", headers=sandbox_delegate)).status_code == 200
    await accept_offer(database, delegate, ids.read(offered["id"]))
    assert await find_mandate(database, delegate, principal, mode="sandbox")
    assert await find_mandate(database, delegate, principal) is None
    await mandate_steps.give(database, principal, delegate, email)  # the same, live
    assert await find_mandate(database, delegate, principal)


@pytest.mark.parametrize("by_email", [True, False])
async def test_a_repeated_offer_is_one_offer_with_the_same_code(client, two_people, by_email):
    (_, _, principal_headers), (_, email, _) = two_people
    request = {
        "json": offer_body(email=email if by_email else None),
        "headers": {**principal_headers, "Idempotency-Key": "k"},
    }
    first, second = [await client.post(URL, **request) for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert (first.json()["code"] is None) == by_email
    assert len((await client.get(URL, headers=principal_headers)).json()["items"]) == 1


async def test_names_and_addresses_are_purged_long_after_the_end(database):
    *_, old = await make_mandate(database)
    *_, new = await make_mandate(database)
    async with database.writing("citytown") as session:
        past = text("UPDATE mandate SET expires_at = now() - interval '91 days' WHERE id = :id")
        await session.execute(past, {"id": old})
        assert await mandates.purge_offers(session, 10) == 1
    async with database.reading("citytown") as session:
        rows = await session.all(text("SELECT mandate FROM mandate_offer"))
    assert old not in {row.mandate for row in rows}
    assert new in {row.mandate for row in rows}


async def test_the_answer_does_not_tell_whether_an_address_is_anybodys(client, two_people):
    (_, _, principal_headers), (_, email, _) = two_people
    responses = [
        await client.post(URL, json=offer_body(email=address), headers=principal_headers)
        for address in (email, "nobody@example.invalid")
    ]
    first, second = (
        {
            k: v
            for k, v in response.json().items()
            if k not in {"id", "offered_at", "expires_at", "confirm_url"}
        }
        for response in responses
    )
    assert first == second
    assert responses[0].headers.keys() == responses[1].headers.keys()


async def test_a_delegates_token_is_refused_within_a_second_of_the_revocation(
    client, database, two_people, mint_delegate
):
    (principal, _, principal_headers), (delegate, email, _) = two_people
    mandate = await offer_by_api(client, database, principal, principal_headers, email=email)
    await accept_offer(database, delegate, ids.read(mandate["id"]))
    url = "/citytown/identity/v1/council"
    acting = mint_delegate(scopes=["identity:read"], mandate=mandate["id"])
    headers = {"Authorization": f"Bearer {acting}"}
    assert (await client.get(url, headers=headers)).json()["code"] == "not-for-delegates"
    await client.delete(f"{URL}/{mandate['id']}", headers=principal_headers)

    async def refused():
        response = await client.get(url, headers=headers)
        return (response.status_code, response.json().get("code")) == (401, "revoked-credential")

    assert await eventually(refused, within=1)


async def test_a_delegate_gives_no_mandate_in_the_principals_name(client, database, two_people, mint):
    (principal, _, principal_headers), (delegate, email, _) = two_people
    mandate = await offer_by_api(client, database, principal, principal_headers, email=email)
    await accept_offer(database, delegate, ids.read(mandate["id"]))
    by_grant = await headers_of(database, mint, principal, actor=delegate)
    by_claim = {"Authorization": f"Bearer {mint(scopes=['identity:mandates'], mandate=mandate['id'])}"}
    for headers, code in ((by_grant, "person-needed"), (by_claim, "not-for-delegates")):
        response = await client.post(URL, json=offer_body(), headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, code)


async def token_of(app, database, service, scope="openid identity:mandates"):
    """Sign a new person in at a service: account, subject there, access token, headers with it."""
    browser, account_id = provider.make_browser(app), await provider.create_person(database)
    await provider.sign_in(database, browser, account_id)
    tokens = await service.tokens(browser, scope=scope)
    assert tokens["scope"] == "identity:mandates openid"  # a person's own scopes, but none of a role
    claims = await provider.verify_claims(browser, tokens["access_token"])
    await browser.aclose()
    return (
        account_id,
        claims["sub"],
        tokens["access_token"],
        {"Authorization": f"Bearer {tokens['access_token']}"},
    )


@pytest.fixture
async def shop(database, client):
    """A service of the council at which people see to their mandates."""
    return await provider.register(
        database,
        scopes=["identity:mandates", "identity:staff"],
        person_scopes=["openid", "identity:mandates", "identity:staff"],
    )


async def exchange_token(client, shop, principal, token, theme="waste"):
    """Ask for a token with which one person acts for another, as a service."""
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
    scope = "openid identity:mandates identity:staff"
    principal, subject, _, principal_headers = await token_of(app, database, shop, scope)
    delegate, acting_as, token, delegate_headers = await token_of(app, database, shop)
    assert (await exchange_token(client, shop, subject, token)).json()["error"] == "invalid_grant"
    offered = await offer_by_api(client, database, principal, principal_headers)
    await client.post(f"{URL}/accept", json={"code": offered["code"]}, headers=delegate_headers)
    assert (await exchange_token(client, shop, subject, token)).json()["error"] == "invalid_grant"
    await accept_offer(database, delegate, ids.read(offered["id"]))
    [mandate] = (await client.get(URL, headers=delegate_headers)).json()["items"]
    assert mandate["principal"] == subject
    assert (await client.get(URL, headers=principal_headers)).json()["items"][0]["principal"] is None
    response = await exchange_token(client, shop, subject, token)
    assert response.status_code == 200, response.text
    claims = await provider.verify_claims(client, response.json()["access_token"])
    assert (claims["sub"], claims["act"]["sub"]) == (subject, acting_as)
    assert (claims["mandate"], claims["theme"]) == (mandate["id"], "waste")
    other_theme = await exchange_token(client, shop, subject, token, "council-tax")
    assert other_theme.json()["error"] == "invalid_grant"

    async def error_code():
        headers = {"Authorization": f"Bearer {response.json()['access_token']}"}
        return (await client.get(URL, headers=headers)).json()["code"]

    assert await error_code() == "not-for-delegates"
    await client.delete(f"{URL}/{mandate['id']}", headers=principal_headers)

    async def refused():
        return await error_code() == "revoked-credential"

    assert await eventually(refused, within=1)
    assert (await exchange_token(client, shop, subject, token)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "fields",
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
async def test_an_offer_that_cannot_be_is_refused(client, two_people, fields):
    response = await client.post(URL, json=offer_body(**fields), headers=two_people[0][2])
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


async def test_another_councils_mandates_are_not_there(client, two_people, mint):
    (_, _, principal_headers), (_, email, _) = two_people
    mandate = (await client.post(URL, json=offer_body(email=email), headers=principal_headers)).json()
    hillshire_headers = {
        "Authorization": f"Bearer {mint(scopes=['identity:mandates'], councils=['hillshire'])}"
    }
    hillshire_url = URL.replace("citytown", "hillshire")
    assert (await client.get(hillshire_url, headers=hillshire_headers)).status_code == 403
    assert (await client.get(hillshire_url, headers=principal_headers)).json()["code"] == "wrong-council"
    assert (
        await client.delete(f"{hillshire_url}/{mandate['id']}", headers=principal_headers)
    ).status_code == 403
