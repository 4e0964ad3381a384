"""A council's upstream counts at that council alone, whatever it claims; own means count everywhere."""

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from services.identity.tests.provider import ask, make_browser, read_redirect, register, sign_in
from services.identity.tests.upstream import (
    LAPTOP,
    accounts_of,
    directory,
    is_signed_in_at,
    journey,
    keeper_headers,
    nobody,
    one_login,
    register_upstream,
    running_simulator,
    simulator,
)

__all__ = [
    "directory",
    "journey",
    "keeper_headers",
    "nobody",
    "one_login",
    "register_upstream",
    "running_simulator",
    "simulator",
]

MARY = "mary.watson@people.example"
ACCOUNT = "/identity/account"
PAGES = [
    "", "/email", "/phone", "/text", "/password", "/passkeys", "/authenticator", "/recovery-codes", "/close",
    "/sessions", "/services", "/history", "/identity", "/upstreams", "/language", "/second-step",
]  # fmt: skip
CHANGES = [
    ("/email", {"email": "thief@people.example"}),
    ("/password", {"password": "a long enough password"}),
    ("/close", {"sure": "yes"}),
    ("/sessions/end", {}),
    ("/recovery-codes", {}),
    ("/language", {"language": "cy"}),
    ("/phone", {"phone": "07700 900345"}),
    ("/text", {"phone": "07700 900345"}),
]


@pytest.fixture(scope="module")
def settings(settings):
    """Settings as on a laptop, where phones are offered too."""
    return settings.model_copy(update={**LAPTOP, "texts": "sent-messages"})


@pytest.fixture
async def mary(journey, one_login, database):
    """She came by citytown's upstream, which claims two factors; her account has an address."""
    signed_up = await journey(one_login).sign_up("mary")
    [signed_up.account] = (await accounts_of(database, one_login)).values()
    return signed_up


@pytest.fixture
async def hillshire(client, database, operator):
    """A service of another council."""
    body = {"slug": "hillshire", "name": "Hillshire Council", "gss": "S12000030"}
    assert (await client.post("/identity/v1/councils", json=body, headers=operator)).status_code in {201, 409}
    return await register(database, "hillshire")


@pytest.mark.parametrize("parameters", [
    {}, {"acr_values": "Cl.Cm"}, {"acr_values": "Cl"}, {"vtr": '["Cl.Cm"]'}, {"max_age": "3600"},
    {"scope": "openid offline_access", "prompt": "none consent"},
])  # fmt: skip
async def test_at_another_council_nobody_is_signed_in(mary, hillshire, parameters):
    answer = read_redirect(await ask(mary.tab.client, hillshire, **{"prompt": "none", **parameters}))
    assert answer["error"] in {"login_required", "invalid_request"}
    assert "code" not in answer
    if "none" not in parameters.get("prompt", ""):
        location = (await ask(mary.tab.client, hillshire, **parameters)).headers["location"]
        assert location.startswith("/identity/sign-in?request=")


async def test_at_its_own_council_it_is_enough_for_two_factors(mary, database):
    bins = await register(database)
    assert "code" in read_redirect(await ask(mary.tab.client, bins, prompt="none", acr_values="Cl.Cm"))


async def test_no_page_of_the_account_opens_and_nothing_of_it_changes(mary):
    answers = {page: await mary.tab.get(f"{ACCOUNT}{page}") for page in PAGES}
    answers |= {path: await mary.tab.post(f"{ACCOUNT}{path}", **form) for path, form in CHANGES}
    for path, answer in answers.items():
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/identity/sign-in"), path
    assert await is_signed_in_at(mary.tab)


async def test_the_page_says_why_and_does_not_offer_a_first_address_to_who_has_one(mary):
    page = await mary.tab.get("/identity/sign-in")
    assert "counts at one council only" in page.text
    assert "Add an email address" not in page.text


async def test_the_code_to_the_own_address_opens_the_rest(mary, hillshire, signed_in_again):
    await signed_in_again(MARY, mary.tab)
    assert (await mary.tab.get(ACCOUNT)).status_code == 200
    assert "code" in read_redirect(await ask(mary.tab.client, hillshire, prompt="none"))
    # One factor of her own: what citytown's upstream claims adds nothing elsewhere.
    weak = await ask(mary.tab.client, hillshire, prompt="none", acr_values="Cl.Cm")
    assert read_redirect(weak)["error"] == "login_required"


async def test_an_upstream_after_the_own_means_adds_its_level_and_time_at_its_council_alone(
    journey, mary, one_login, database, hillshire, browser
):
    tab = browser()
    await sign_in(database, tab.client, mary.account, ["email"], ago=600)
    assert (await journey(one_login, tab).go("mary")).status_code == 303
    bins = await register(database)
    fresh = {"prompt": "none", "max_age": "60"}
    assert "code" in read_redirect(await ask(tab.client, bins, acr_values="Cl.Cm", **fresh))
    assert read_redirect(await ask(tab.client, hillshire, **fresh))["error"] == "login_required"
    assert "code" in read_redirect(await ask(tab.client, hillshire, prompt="none", max_age="900"))


async def test_a_sign_in_there_made_for_anothers_request_does_not_answer_it(mary, hillshire):
    """Whoever posts to citytown's upstream in a request of hillshire's comes back to the sign-in page."""
    location = (await ask(mary.tab.client, hillshire)).headers["location"]
    query = f"?{location.partition('?')[2]}"
    answer = await mary.go("mary", query=query)
    assert answer.headers["location"] == f"/identity/authorize/continue{query}"
    again = await mary.tab.get(answer.headers["location"])
    assert again.headers["location"].startswith("/identity/sign-in")


async def test_with_a_second_step_the_code_of_the_app_counts_only_beside_the_upstream(
    mary, database, hillshire
):
    """Own means that are not enough by themselves sign nobody in elsewhere."""
    await sign_in(database, mary.tab.client, mary.account, ["totp", "upstream"])
    async with database.writing() as session:
        await session.execute(text("UPDATE browser_session SET own_at = NULL WHERE methods = '{totp}'"))
    bins = await register(database)
    assert "code" in read_redirect(await ask(mary.tab.client, bins, prompt="none", acr_values="Cl.Cm"))
    assert not await is_signed_in_at(mary.tab, "hillshire")
    assert (await mary.tab.get(ACCOUNT)).status_code == 303


async def test_linking_needs_the_own_means(mary, register_upstream, database):
    """Citytown cannot link an upstream of its own with an account that another one of its opened."""
    answer = await mary.tab.get("/identity/upstream/link/confirm")
    assert answer.headers["location"].startswith("/identity/sign-in")


async def test_the_token_of_a_sign_in_there_buys_none_of_another_council(mary, database, hillshire, app):
    bins = await register(database)
    tokens = await bins.tokens(mary.tab.client)
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "theme": "council-tax",
        "subject_token": "somebody", "subject_token_type": "urn:townhall:token-type:subject",
        "actor_token": tokens["access_token"],
        "actor_token_type": "urn:ietf:params:oauth:token-type:access_token", **hillshire.credentials,
    }  # fmt: skip
    answer = await mary.tab.client.post("/identity/token", data=fields)
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_grant", "invalid_request"}
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    for path in ("mandates", "own-identity"):
        answer = await mary.tab.client.get(f"/hillshire/identity/v1/{path}", headers=headers)
        assert answer.status_code in {401, 403, 404}, path


# -------------------------------------------------------------------------------- when the upstream goes


async def test_when_the_upstream_is_removed_it_signs_nobody_in_at_once_and_their_sessions_end(
    mary, one_login, client, keeper_headers, database, signed_in_again, app, purge
):
    bins = await register(database)
    other = make_browser(app)
    await sign_in(database, other, mary.account)
    tokens = await bins.tokens(mary.tab.client, scope="openid offline_access", prompt="consent")
    path = f"/citytown/identity/v1/upstreams/{one_login['id']}"
    assert (await client.delete(path, headers=keeper_headers())).status_code == 204
    assert not await is_signed_in_at(mary.tab)
    assert (await bins.refresh(client, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert "code" in read_redirect(await ask(other, bins, prompt="none"))
    await purge()
    account = ids.show(mary.account)
    ended = [
        event.data["reason"] for event in await published(database)
        if event.type == "identity.session.ended.v1" and event.data["account"] == account
    ]  # fmt: skip
    assert ended == ["expired"]


async def test_who_unlinks_the_upstream_ends_what_it_signed_in_elsewhere_but_not_the_own_session(
    journey, mary, one_login, browser, database, signed_in_again
):
    elsewhere = journey(one_login)
    await elsewhere.go("mary")
    bins = await register(database)
    tokens = await bins.tokens(elsewhere.tab.client, scope="openid offline_access", prompt="consent")
    await signed_in_again(MARY, mary.tab)
    unlink = f"{ACCOUNT}/upstreams/citytown/{one_login['id']}/unlink"
    assert (await mary.tab.post(unlink)).headers["location"] == f"{ACCOUNT}/upstreams"
    assert (await mary.tab.get(ACCOUNT)).status_code == 200
    assert not await is_signed_in_at(elsewhere.tab)
    assert (await bins.refresh(mary.tab.client, tokens["refresh_token"])).json()["error"] == "invalid_grant"


# ------------------------------------------------------------------------------ accounts without own means


@pytest.fixture
async def priya(journey, directory, client, mint):
    """Citytown's directory signed her in first: her account has no means of its own."""
    return await journey(directory).sign_up("priya")


@pytest.fixture
def directory_options():
    return {"provisioning": "jit"}


@pytest.fixture
async def directory(register_upstream, database):  # noqa: F811 - provisioning as at sign-in
    yield await register_upstream("directory", provisioning="jit")
    async with database.writing("*") as session:
        for table in ("upstream_account", "upstream_visit", "upstream", "staff_person", "staff"):
            await session.execute(text(f"DELETE FROM {table}"))


async def test_a_first_address_opens_the_rest(priya, hillshire, sent_emails):
    tab = priya.tab
    location = (await ask(tab.client, hillshire)).headers["location"]
    query = location.partition("?")[2]
    page = await tab.get(location)
    assert f"{ACCOUNT}/email?{query}" in page.text
    assert (await tab.get(ACCOUNT)).headers["location"] == f"{ACCOUNT}/email"
    page = await tab.get(f"{ACCOUNT}/email?{query}")
    assert "Add an email address" in page.text
    answer = await tab.post(f"{ACCOUNT}/email?{query}", email="priya@people.example")
    assert answer.headers["location"] == f"{ACCOUNT}/email/code?{query}"
    code = (await sent_emails("priya@people.example"))[-1].personalisation["code"]
    answer = await tab.post(f"{ACCOUNT}/email/code?{query}", code=code)
    assert answer.headers["location"] == f"/identity/authorize/continue?{query}"
    assert "code" in read_redirect(await tab.get(answer.headers["location"]))
    assert (await tab.get(ACCOUNT)).status_code == 200


async def test_without_an_address_no_other_page_opens(priya):
    for page in set(PAGES) - {"/email"}:
        answer = await priya.tab.get(f"{ACCOUNT}{page}")
        assert answer.headers["location"].startswith(f"{ACCOUNT}/email"), page


async def test_a_council_cannot_add_its_address_to_an_account_that_another_council_opens_too(
    priya, directory, database, register_upstream, client, operator, hillshire
):
    """Its own upstream would otherwise be a key to what the person has at the other council."""
    [account] = (await accounts_of(database, directory)).values()
    other = await register_upstream("onelogin", council="hillshire")
    async with database.writing("*") as session:
        await session.execute(
            text("INSERT INTO upstream_account VALUES ('hillshire', :upstream, 'sub', :account, now())"),
            {"upstream": ids.read(other["id"]), "account": account},
        )
    answer = await priya.tab.post(f"{ACCOUNT}/email", email="thief@people.example")
    assert answer.headers["location"] == "/identity/sign-in?then=email"


async def test_a_council_cannot_add_its_address_to_an_account_with_a_passkey(priya, directory, database):
    [account] = (await accounts_of(database, directory)).values()
    key = ids.new()
    async with database.writing("*") as session:
        await session.execute(
            text(
                "INSERT INTO passkey (id, account, credential, public_key, sign_count, synced, name,"
                " created_at) VALUES (:id, :account, :credential, 'x', 0, false, 'Phone', now())"
            ),
            {"id": key, "account": account, "credential": key.bytes},
        )
    answer = await priya.tab.post(f"{ACCOUNT}/email", email="thief@people.example")
    assert answer.headers["location"] == "/identity/sign-in?then=email"


async def test_the_address_of_another_account_is_not_added(priya, newcomer, sent_emails):
    await newcomer("taken@people.example")
    await priya.tab.post(f"{ACCOUNT}/email", email="taken@people.example")
    assert (await sent_emails("taken@people.example"))[-1].template == "email-taken"
