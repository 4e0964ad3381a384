"""GOV.UK One Login proves who somebody is: the second step, of the very person who signed in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from identity.shared.oauth import claims as names
from services.identity.tests.provider import answer_consent, ask, read_redirect, register
from services.identity.tests.upstream import (
    accounts_of,
    journey,
    keeper_headers,
    one_login,
    parameters_of,
    register_upstream,
    running_simulator,
    settings,
    simulator,
)
from simulators.openid_provider.faults import IDENTITY, ONE_LOGIN

__all__ = [
    "journey",
    "keeper_headers",
    "one_login",
    "register_upstream",
    "running_simulator",
    "settings",
    "simulator",
]

CORE = f'{{"userinfo": {{"{names.CORE_IDENTITY}": null, "{names.ADDRESS}": null}}}}'


@pytest.fixture(autouse=True)
async def nobody(database):
    yield
    async with database.writing("*") as session:
        await session.execute(text("DELETE FROM account_email"))
        await session.execute(text("UPDATE proof SET status = 'withdrawn' WHERE status = 'holds'"))


@pytest.fixture
def proofs(database):
    """``await proofs(account)`` -> those that hold, with what they proved."""

    async def valid_proofs(account):
        statement = text(
            """SELECT * FROM proof JOIN proof_person ON proof_person.proof = proof.id
            WHERE account = :id AND status = 'holds'"""
        )
        async with database.reading("*") as session:
            return await session.all(statement, {"id": account})

    return valid_proofs


@pytest.fixture
async def mary(journey, one_login, database):
    """She has an account that One Login opens."""
    signed_up = await journey(one_login).sign_up("mary")
    [signed_up.account] = (await accounts_of(database, one_login)).values()
    return signed_up


async def test_an_identity_is_asked_for_in_a_second_step(mary):
    parameters = parameters_of(await mary.leave("prove"))
    assert parameters["vtr"] == '["Cl.Cm.P2"]'
    assert names.CORE_IDENTITY in parameters["claims"]


async def test_a_proof_is_recorded_with_its_level_evidence_end_and_address(mary, proofs, one_login):
    before = mary.tab.session
    response = await mary.go("mary", "prove")
    assert (response.status_code, response.headers["location"]) == (303, "/identity/account")
    [proof] = await proofs(mary.account)
    assert (proof.level, proof.route, proof.status) == ("P2", "upstream", "holds")
    assert proof.evidence == [{"kind": "GOV.UK One Login", "checks": []}]
    assert proof.proved_by == mary.simulator.onelogin.issuer
    assert timedelta(days=1090) < proof.expires_at - datetime.now(UTC) < timedelta(days=1100)
    assert (proof.given_names, proof.family_name) == (["Mary", "Ann"], "Watson")
    assert proof.birth_date.isoformat() == "1982-03-14"
    assert proof.addresses[0]["uprn"] == 907900000001
    assert mary.tab.session != before


async def test_a_service_that_asks_for_an_identity_gets_it(mary, database, proofs):
    school = await register(database, profile="onelogin", identity_levels=["P1", "P2"])
    response = await ask(mary.tab.client, school, vtr='["P2.Cl.Cm"]', claims=CORE)
    assert response.headers["location"].startswith("/identity/prove?request=")
    query = f"?{response.headers['location'].partition('?')[2]}"
    page = await mary.tab.get(response.headers["location"])
    assert f'action="{mary.path}{query}"' in page.text
    answer = await mary.go("mary", "prove", query)
    assert answer.headers["location"] == f"/identity/authorize/continue{query}"
    page = await mary.tab.get(answer.headers["location"])
    assert "code" in read_redirect(await answer_consent(mary.tab.client, page))
    assert len(await proofs(mary.account)) == 1


async def test_who_has_not_linked_it_confirms_that_first_and_goes_back_for_the_proof(
    journey, one_login, newcomer, proofs, database
):
    jo = journey(one_login, await newcomer("jo@people.example"))
    url = await jo.leave("prove")
    assert parameters_of(url)["vtr"] == '["Cl.Cm"]'
    response = await jo.follow(await jo.authenticate(url, "sion"))
    assert response.headers["location"].startswith("/identity/upstream/link/confirm")
    page = await jo.confirm()
    assert page.status_code == 200
    url = page.headers["refresh"].removeprefix("0; url=")
    assert parameters_of(url)["vtr"] == '["Cl.Cm.P2"]'
    [account] = (await accounts_of(database, one_login)).values()
    assert await proofs(account) == []
    response = await jo.follow(await jo.authenticate(url, "sion"))
    assert response.headers["location"] == "/identity/account"
    [proof] = await proofs(account)
    assert (proof.given_names, proof.family_name) == (["Siôn", "Ŵan"], "ap Llŷr-Gruffŷdd")


async def test_another_person_proves_nothing_of_this_one(mary, journey, one_login, proofs, database):
    """Peter is nobody here yet; Sion has an account."""
    sion = await journey(one_login).sign_up("sion")
    for person in ("peter", "sion"):
        response = await mary.go(person, "prove")
        assert response.status_code == 409, person
    assert await proofs(mary.account) == []
    accounts = await accounts_of(database, one_login)
    assert [await proofs(account) for account in accounts.values()] == [[], []]
    assert sion.tab.session


async def test_who_has_signed_out_meanwhile_proves_nothing(mary, proofs):
    url = await mary.authenticate(await mary.leave("prove"), "mary")
    await mary.tab.post("/identity/sign-out")
    assert (await mary.follow(url)).status_code == 409
    assert await proofs(mary.account) == []


async def test_nobody_proves_who_has_not_signed_in(journey, one_login):
    stranger = journey(one_login)
    for purpose in ("prove", "link"):
        response = await stranger.tab.post(stranger.path, purpose=purpose)
        assert response.headers["location"].startswith("/identity/sign-in")


@pytest.mark.parametrize("lang", ["en", "cy"])
async def test_who_cannot_be_proven_is_told_so_and_offered_other_ways(
    journey, one_login, proofs, database, lang
):
    nora = await journey(one_login).sign_up("nora")
    school = await register(database, profile="onelogin", identity_levels=["P1", "P2"])
    response = await ask(nora.tab.client, school, vtr='["P2.Cl.Cm"]', claims=CORE)
    query = f"?{response.headers['location'].partition('?')[2]}"
    await nora.tab.get(f"/identity/account?lang={lang}")
    answer = await nora.go("nora", "prove", query)
    message = (
        "could not prove who you are" if lang == "en" else "Ni allai GOV.UK One Login brofi pwy ydych chi"
    )
    assert answer.status_code == 200
    assert message in answer.text
    assert f'href="{response.headers["location"]}"' in answer.text
    [account] = (await accounts_of(database, one_login)).values()
    assert await proofs(account) == []


async def test_a_lower_level_than_asked_is_not_recorded(journey, one_login, proofs, database):
    peter = await journey(one_login).sign_up("peter")
    assert (await peter.go("peter", "prove")).status_code == 200
    [account] = (await accounts_of(database, one_login)).values()
    assert await proofs(account) == []


async def test_an_identity_that_does_not_hold_is_not_recorded(mary, proofs, subtests):
    for fault in sorted(IDENTITY):
        with subtests.test(fault):
            mary.simulator.faults = IDENTITY[fault]
            answer = await mary.go("mary", "prove")
            assert answer.status_code in {200, 400}
            assert ("does not hold" in answer.text) is (fault != "identity-lower-vot")
            assert await proofs(mary.account) == []


async def test_a_provider_that_fails_in_the_second_step_proves_nothing(mary, proofs, app, subtests):
    for fault in ("other-userinfo-sub", "userinfo-500", "did-503", "lower-vot", "no-vot"):
        with subtests.test(fault):
            app.state.providers._entries.clear()
            mary.simulator.faults = ONE_LOGIN[fault]
            answer = await mary.go("mary", "prove")
            assert answer.status_code in {400, 503}
            assert "Choose another way" in answer.text
            assert await proofs(mary.account) == []


async def test_the_statements_keys_are_read_again_when_they_change(mary, proofs):
    await mary.go("mary", "prove")
    mary.simulator.rotate()
    assert (await mary.go("mary", "prove")).status_code == 303
    assert len(await proofs(mary.account)) == 2


async def test_the_region_says_now_whose_proofs_it_takes(mary, proofs, monkeypatch):
    """The issuer was taken when the council registered it, and is not any more."""
    url = await mary.authenticate(await mary.leave("prove"), "mary")
    monkeypatch.setattr("identity.upstreams.rules.registration.get_did_url", lambda *_, **__: None)
    assert (await mary.follow(url)).status_code == 400
    assert await proofs(mary.account) == []
