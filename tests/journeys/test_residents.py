"""A resident's own case through the gateway: the person, who acts for them, and all who do neither."""

import base64
import json
import secrets
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from services.identity.tests import mandate_steps, provider
from tests.journeys.test_refusals import bearer, check_refused_within_a_second, database, make_person
from tests.waiting import eventually

__all__ = ["database", "make_person"]
OWN = "/citytown/casework/v1/own-cases"
LOOKUPS = "/citytown/casework/v1/case-lookups"
PEOPLE = ["openid", "identity:mandates", "casework:own"]
SCOPE = "openid casework:own"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ADD_TESTER = text("""INSERT INTO tester (council, client, id, email, canonical, added_by, added_at)
    SELECT 'citytown', :client, :id, address, canonical, 'tests', now() FROM account_email
    WHERE account = :account""")
_ADDRESS = text("SELECT address FROM account_email WHERE account = :account")


@pytest.fixture
async def shop(database):
    return await provider.register(database, person_scopes=PEOPLE)


@pytest.fixture
async def web(platform):
    async with httpx.AsyncClient(base_url=platform.gateway, timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def let_act(database, web, shop):
    """Let one person act for another, and return the mandate and the token of who acts."""

    async def let_act(rosa, ben, theme="waste", ends=None):
        async with database.reading() as session:
            email = await session.scalar(_ADDRESS, {"account": ben.account})
        row = await mandate_steps.give(database, rosa.account, ben.account, email, theme=theme, ends=ends)
        form = {
            "grant_type": EXCHANGE,
            "subject_token": read_subject(await rosa.token(SCOPE)),
            "subject_token_type": "urn:townhall:token-type:subject",
            "actor_token": await ben.token(SCOPE),
            "actor_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "theme": theme,
            "scope": SCOPE,
            **shop.credentials,
        }
        response = await web.post("/identity/token", data=form)
        assert response.status_code == 200, response.text
        return row, response.json()["access_token"]

    return let_act


def read_subject(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["sub"]


async def open_case(web, token):
    today = datetime.now(UTC).date().isoformat()
    uprn = str(100_000_000_000 + secrets.randbelow(10**9))  # whose bin nobody has reported
    fields = {"uprn": uprn, "bin": "food", "collection_day": today}
    body = {"case_type": "missed-bin", "fields": fields, "contact": {"email": "rosa@example.org"}}
    response = await web.post(OWN, json=body, headers=bearer(token))
    assert response.status_code == 201, response.text
    return response.json()


async def ask(web, token, case, council="citytown"):
    path = f"{OWN.replace('citytown', council)}/{case['reference']}"
    return await web.get(path, headers=bearer(token))


async def test_a_resident_sees_their_case_and_so_does_who_acts_for_them(
    platform, web, database, make_person, let_act
):
    rosa, ben = await make_person(), await make_person()
    rosa_token = await rosa.token(SCOPE)
    case = await open_case(web, rosa_token)
    assert (case["status"], case["move"]) == ("We have your report", "council")
    _, token = await let_act(rosa, ben)
    assert (await ask(web, token, case)).json()["reference"] == case["reference"]
    path = f"{OWN}/{case['reference']}/messages"
    message = await web.post(path, json={"text": "The gate is open"}, headers=bearer(token))
    assert message.status_code == 201, message.text
    after = await web.get(
        f"{OWN}/{case['reference']}", headers=bearer(rosa_token) | {"Accept-Language": "cy"}
    )
    assert after.json()["messages"][0]["by"] == "delegate"
    assert after.json()["status"] == "Rydym wedi cael eich adroddiad"
    ben_token = await ben.token(SCOPE)
    assert (await ask(web, ben_token, case)).status_code == 404


async def test_a_mandate_that_ends_is_refused_at_once(platform, web, make_person, let_act, shop):
    rosa, ben = await make_person(), await make_person()
    case = await open_case(web, await rosa.token(SCOPE))
    row, token = await let_act(rosa, ben)
    assert (await ask(web, token, case)).status_code == 200
    headers = bearer(await rosa.token("openid identity:mandates"))
    path = f"/citytown/identity/v1/mandates/{provider.ids.show(row.id)}"
    assert (await web.delete(path, headers=headers)).status_code == 204
    check_refused_within_a_second(platform, token)
    assert (await ask(web, token, case)).status_code == 401


async def test_a_mandate_that_has_run_out_is_refused(platform, web, make_person, let_act):
    rosa, ben = await make_person(), await make_person()
    case = await open_case(web, await rosa.token(SCOPE))
    ends = datetime.now(UTC) + timedelta(seconds=8)
    _, token = await let_act(rosa, ben, ends=ends)
    url = f"{platform.gateway}{OWN}/{case['reference']}"

    def is_refused():
        return httpx.get(url, headers=bearer(token), trust_env=False).status_code == 401

    eventually(is_refused, within=12, every=0.2)
    assert time.time() >= int(ends.timestamp())


async def test_who_is_somebody_else_somewhere_else_or_of_another_theme_is_refused(
    web, database, make_person, let_act, shop
):
    rosa, ben = await make_person(), await make_person()
    case = await open_case(web, await rosa.token(SCOPE))
    _, other_theme = await let_act(rosa, ben, theme="parking")
    assert (await ask(web, other_theme, case)).status_code == 404
    response = await web.post(OWN, json={"case_type": "missed-bin"}, headers=bearer(other_theme))
    assert (response.status_code, response.json()["code"]) == (403, "wrong-theme")
    trial = await provider.register(database, person_scopes=PEOPLE, mode="sandbox")
    async with database.writing("citytown") as session:
        ids = {"client": provider.ids.read(trial.client_id), "id": provider.ids.new()}
        await session.execute(_ADD_TESTER, {**ids, "account": rosa.account})
    abroad = await provider.register(database, "hillshire", person_scopes=PEOPLE)
    for service, council, status in (
        (trial, "citytown", 404),
        (abroad, "hillshire", 404),
        (abroad, "citytown", 403),
    ):
        token = (await service.tokens(rosa.browser, scope=SCOPE))["access_token"]
        assert (await ask(web, token, case, council)).status_code == status
    assert (await ask(web, await ben.token(SCOPE), case)).status_code == 404
    assert (await web.get(f"{OWN}/{case['reference']}")).status_code == 401


async def test_a_guest_looks_a_case_up_without_an_account(web, make_person):
    rosa = await make_person()
    case = await open_case(web, await rosa.token(SCOPE))
    body = {"reference": case["reference"], "proof": "rosa@example.org"}
    lookup = await web.post(LOOKUPS, json=body)
    assert lookup.status_code == 200, lookup.text
    assert lookup.json()["status"] == "We have your report"
    wrong = await web.post(LOOKUPS, json=body | {"proof": "eve@example.org"})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "unknown-case")
