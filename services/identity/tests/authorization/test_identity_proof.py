"""The way to a proof of identity: from a service that asks for one, and back to it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from identity.proofs.actions import proofs
from identity.shared.oauth import claims as names
from services.identity.tests import provider
from services.identity.tests.proofs.test_proofs import headers_of_prover
from services.identity.tests.provider import ask, create_person, read_redirect, register, sign_in

RETURN_CODE_CLAIMS = f'{{"userinfo": {{"{names.CORE_IDENTITY}": null, "{names.RETURN_CODE}": null}}}}'
CORE = f'{{"userinfo": {{"{names.CORE_IDENTITY}": null}}}}'
URL = "/citytown/identity/v1/proofs"
WHO = proofs.ProvenPerson(["Ada"], "Byron", date(1980, 2, 29), [{"uprn": 100012345678}])
PASSPORT = {
    "kind": "passport",
    "checks": ["original-seen", "in-date", "security-features", "photo-matches"],
}


@pytest.fixture(params=["standard", "onelogin"])
async def school(database, client, request):
    """A service that asks for proofs, of either profile."""
    return await register(database, profile=request.param, identity_levels=["P1", "P2"])


@pytest.fixture
async def somebody(visitor, database):
    """A person without a proof, signed in in ``visitor`` with two factors."""
    account_id = await create_person(database)
    await sign_in(database, visitor, account_id, ["email", "totp"])
    return account_id


async def prove(database, account_id, level="P2"):
    async with database.writing() as session:
        return await proofs.add_upstream_proof(session, account_id, level, [], WHO, "https://one.invalid/")


async def get_proof_location(visitor, school, **overrides):
    """Return where the person is sent to prove their identity."""
    response = await ask(visitor, school, **{"vtr": '["P2.Cl.Cm"]', "claims": CORE, **overrides})
    assert response.status_code in {302, 303}, response.text
    assert response.headers["location"].startswith("/identity/prove?request=")
    return response.headers["location"]


async def post(visitor, page, path, **overrides):
    headers = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}
    form = {**provider.read_hidden_fields(page), **overrides}
    return await visitor.post(path, data=form, headers=headers)


async def decline(visitor, page, **overrides):
    """The person presses "Not now"."""
    return await post(visitor, page, "/identity/prove/back", **overrides)


async def go_on(visitor, location):
    """The person presses "Continue"; the answer to the page it leads to, or that page."""
    response = await visitor.get(f"{location}&looked=yes")
    if response.status_code == 303:
        assert response.headers["location"].startswith("/identity/authorize/continue?")
        response = await visitor.get(response.headers["location"])
    return response


async def test_the_page_names_the_service_and_offers_the_desk_and_the_way_back(visitor, somebody, school):
    page = await visitor.get(await get_proof_location(visitor, school))
    assert page.status_code == 200
    for expected in (
        "Prove who you are",
        "Bins ",
        "staff of Citytown Council",
        "Get a code",
        "Not now: go back to the service",
    ):
        assert expected in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "https://service.example" in page.headers["content-security-policy"]


async def test_declining_is_reported_to_the_service_as_an_error(visitor, somebody, school):
    location = await get_proof_location(visitor, school)
    parameters = read_redirect(await decline(visitor, await visitor.get(location)))
    assert (parameters["error"], parameters["state"]) == ("access_denied", "a-state")
    assert (await visitor.get(location)).status_code == 400, "the request is answered"


async def test_declining_is_reported_by_the_return_code_if_the_service_wants_it(visitor, somebody, school):
    page = await visitor.get(await get_proof_location(visitor, school, claims=RETURN_CODE_CLAIMS))
    response = await decline(visitor, page)
    assert response.status_code == 200
    code = read_redirect(await provider.answer_consent(visitor, response))["code"]
    body = (await school.redeem(visitor, code)).json()
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    claims = (await visitor.get("/identity/userinfo", headers=bearer)).json()
    assert claims[names.RETURN_CODE] == [{"code": "X"}]
    assert names.CORE_IDENTITY not in claims


async def test_another_person_in_the_browser_is_asked_again(visitor, somebody, school, database):
    """That one went on without a proof says nothing of the next."""
    location = await get_proof_location(visitor, school, claims=RETURN_CODE_CLAIMS)
    await decline(visitor, await visitor.get(location))
    await sign_in(database, visitor, await create_person(database), ["passkey"])
    response = await go_on(visitor, location)
    assert response.status_code == 200
    assert "Prove who you are" in response.text


async def test_declining_counts_only_from_the_person_who_was_asked(visitor, somebody, school, database):
    location = await get_proof_location(visitor, school)
    page = await visitor.get(location)
    await sign_in(database, visitor, await create_person(database), ["passkey"])
    response = await decline(visitor, page)
    assert response.headers["location"] == location, "asked anew, and the request goes on"


async def test_another_browser_cannot_answer(app, visitor, somebody, school, database):
    location = await get_proof_location(visitor, school)
    page = await visitor.get(location)
    async with provider.make_browser(app) as stranger:
        await sign_in(database, stranger, somebody, ["passkey"])
        assert (await stranger.get(location)).status_code == 400
        stranger.cookies.set("townhall-browser", "x" * 43, domain="test.invalid", path="/")
        assert (await decline(stranger, page)).status_code in {400, 403}
    assert (await visitor.get(location)).status_code == 200


async def test_a_form_of_another_site_is_refused(visitor, somebody, school):
    location = await get_proof_location(visitor, school)
    page = await visitor.get(location)
    for path in ("/identity/prove/back", location.replace("prove?", "prove/desk-code?")):
        form = {**provider.read_hidden_fields(page), "csrf": "x"}
        assert (await visitor.post(path, data=form)).status_code == 403


async def test_a_proof_made_meanwhile_lets_the_person_go_on(visitor, somebody, school, database):
    location = await get_proof_location(visitor, school)
    again = await go_on(visitor, location)
    assert "Your identity is not proven yet" in again.text
    await prove(database, somebody)
    prompted = await go_on(visitor, location)
    assert prompted.status_code == 200
    code = read_redirect(await provider.answer_consent(visitor, prompted))["code"]
    body = (await school.redeem(visitor, code)).json()
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert names.CORE_IDENTITY in (await visitor.get("/identity/userinfo", headers=bearer)).json()


async def test_a_proof_withdrawn_after_continue_does_not_count(visitor, somebody, school, database):
    location = await get_proof_location(visitor, school)
    proof = await prove(database, somebody)
    consent = await go_on(visitor, location)
    async with database.writing("region") as session:
        await session.execute(text("UPDATE proof SET status = 'withdrawn' WHERE id = :id"), {"id": proof})
    response = await provider.answer_consent(visitor, consent)
    assert response.headers["location"] == location


async def test_the_desk_code_of_the_page_proves_the_person(visitor, somebody, school, client, mint, database):
    location = await get_proof_location(visitor, school)
    page = await visitor.get(location)
    code_page = await post(visitor, page, location.replace("prove?", "prove/desk-code?"))
    code = re.search(r"[0-9a-z]{4}-[0-9a-z]{4}</p>", code_page.text)[0].removesuffix("</p>")
    clerk, colleague = [await headers_of_prover(database, mint, name) for name in ("clerk", "colleague")]
    proof = {
        "desk_code": code, "level": "P2", "evidence": [PASSPORT], "given_names": ["Ada"],
        "family_name": "Byron", "birth_date": "1980-02-29",
    }  # fmt: skip
    body = (await client.post(URL, json=proof, headers=clerk)).json()
    assert body["status"] == "waiting"
    assert "A second member of staff must confirm it" in (await go_on(visitor, location)).text
    await client.post(f"{URL}/{body['id']}/confirm", headers=colleague)
    assert "Share your details" in (await go_on(visitor, location)).text


async def test_an_expired_proof_is_shown_as_expired(visitor, somebody, school, database):
    past, proof = datetime.now(UTC) - timedelta(days=1), ids.new()
    old = text(
        "INSERT INTO proof SELECT :id, account, council, route, level, evidence, proved_by, proved_at, :at,"
        " 'holds' FROM proof WHERE id = :of"
    )
    of = await prove(database, somebody)
    async with database.writing() as session:
        await session.execute(old, {"id": proof, "at": past, "of": of})
        copied = "INSERT INTO proof_person SELECT :id, given_names, family_name, birth_date, addresses"
        await session.execute(text(f"{copied} FROM proof_person WHERE proof = :of"), {"id": proof, "of": of})
        await session.execute(text("UPDATE proof SET status = 'withdrawn' WHERE id = :of"), {"of": of})
    page = await visitor.get(await get_proof_location(visitor, school))
    assert "the proof ran out on" in page.text


async def test_a_lower_proof_is_shown_as_not_enough(visitor, somebody, school, database):
    await prove(database, somebody, "P1")
    page = await visitor.get(await get_proof_location(visitor, school))
    assert "more thorough proof" in page.text


@pytest.mark.parametrize(
    ("claims", "error"), [(CORE, "access_denied"), (RETURN_CODE_CLAIMS, "consent_required")]
)
async def test_a_silent_request_asks_nobody(visitor, somebody, school, claims, error):
    parameters = read_redirect(await ask(visitor, school, vtr='["P2.Cl.Cm"]', claims=claims, prompt="none"))
    assert parameters["error"] == error


async def test_a_person_not_signed_in_signs_in_first(visitor, somebody, school):
    location = await get_proof_location(visitor, school)
    visitor.cookies.delete("townhall-session")
    assert (await visitor.get(location)).status_code == 303
    assert provider.read_request_id(await go_on(visitor, location))


async def test_no_consent_is_accepted_before_the_proof(visitor, somebody, school, database):
    """A consent page that was open before the proof ended gives nothing."""
    proof = await prove(database, somebody)
    consent = await ask(visitor, school, vtr='["P2.Cl.Cm"]', claims=CORE)
    async with database.writing("region") as session:
        await session.execute(text("UPDATE proof SET status = 'withdrawn' WHERE id = :id"), {"id": proof})
    response = await provider.answer_consent(visitor, consent)
    assert response.headers["location"].startswith("/identity/prove?")
    async with database.reading("*") as session:
        agreed = text("SELECT count(*) FROM consent WHERE account = :who")
        assert await session.scalar(agreed, {"who": somebody}) == 0


@pytest.mark.parametrize("request_id", ["x" * 43, "0" * 20])
async def test_a_request_that_is_unknown_gets_a_page(visitor, somebody, request_id):
    page = await visitor.get("/identity/prove", params={"request": request_id})
    assert page.status_code == 400
    assert "too old" in page.text
